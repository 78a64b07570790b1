-- A discount that was switched off or deleted in Shopify's admin: none of its codes is given out until it is back.
ALTER TABLE "ParentDiscount" ADD COLUMN "offAt" TIMESTAMPTZ(3);

-- When a difference was last found: one that the next look finds no more is over.
ALTER TABLE "Drift" ADD COLUMN "seenAt" TIMESTAMPTZ(3);
UPDATE "Drift" SET "seenAt" = "foundAt";
ALTER TABLE "Drift" ALTER COLUMN "seenAt" SET NOT NULL;

-- Whether codes of this discount work at all.
CREATE FUNCTION discount_is_off(p_shop int, p_parent bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM "ParentDiscount" d WHERE d."shopId" = p_shop AND d."id" = p_parent AND d."offAt" IS NOT NULL);
$$;

-- Adds the condition wherever a code to give is looked for, and leaves the rest of the functions as they stand.
CREATE FUNCTION pg_temp.amend(p_function regproc, p_before text, p_after text, p_times int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_definition text := pg_get_functiondef(p_function);
BEGIN
  IF (length(v_definition) - length(replace(v_definition, p_before, ''))) / length(p_before) <> p_times THEN
    RAISE EXCEPTION '% no longer says % times: %', p_function, p_times, p_before;
  END IF;
  EXECUTE replace(v_definition, p_before, p_after);
END $$;

SELECT pg_temp.amend('buckets_of', 'AND p."retiredAt" IS NULL', 'AND p."retiredAt" IS NULL AND p."offAt" IS NULL', 1);
-- The one code for everybody.
SELECT pg_temp.amend('issue_candidates', 'AND c."status" = ''available'' AND c."codeState" IN (''live'', ''local'')
      ORDER BY c."id" DESC LIMIT 1', 'AND c."status" = ''available'' AND c."codeState" IN (''live'', ''local'') AND NOT discount_is_off(c."shopId", c."parentId")
      ORDER BY c."id" DESC LIMIT 1', 1);
-- Codes asked for by name, and those bound to a customer.
SELECT pg_temp.amend('claim_codes', 'AND (c."expiresAt" IS NULL OR c."expiresAt" > q."at")',
  'AND (c."expiresAt" IS NULL OR c."expiresAt" > q."at") AND NOT discount_is_off(c."shopId", c."parentId")', 2);
SELECT pg_temp.amend('has_code', 'AND c."status" = ''available'' AND c."codeState" IN (''live'', ''local''));',
  'AND c."status" = ''available'' AND c."codeState" IN (''live'', ''local'') AND NOT discount_is_off(c."shopId", c."parentId"));', 1);
SELECT pg_temp.amend('has_code', 'AND (c."expiresAt" IS NULL OR c."expiresAt" > p_at)',
  'AND (c."expiresAt" IS NULL OR c."expiresAt" > p_at) AND NOT discount_is_off(c."shopId", c."parentId")', 1);
