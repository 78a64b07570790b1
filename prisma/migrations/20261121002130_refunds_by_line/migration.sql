-- Refunds are kept by line, and orders know when everything about them was undone.

ALTER TABLE "Order" ADD COLUMN     "undoneAt" TIMESTAMPTZ(3);
UPDATE "Order" SET "undoneAt" = "cancelledAt";

ALTER TABLE "Refund" ADD COLUMN     "beyondMinor" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "lines" JSONB NOT NULL DEFAULT '[]';
-- Orders of before are one line, so what their refunds name of it is an amount.
UPDATE "Refund" r SET "beyondMinor" = r."earningMinor" - CASE WHEN EXISTS (
  SELECT 1 FROM "Order" o WHERE o."shopId" = r."shopId" AND o."gid" = r."orderGid" AND o."taxesIncluded") THEN r."taxMinor" ELSE 0 END;
ALTER TABLE "Refund" DROP COLUMN "earningMinor",
DROP COLUMN "taxMinor";

-- An order that was cancelled or went back as a whole burns nothing more. Both functions as they stand but for that condition.
DO $$
DECLARE
  v_name text;
  v_function text;
BEGIN
  FOREACH v_name IN ARRAY ARRAY['read_uses(jsonb)', 'judge_uses(jsonb)'] LOOP
    v_function := pg_get_functiondef(v_name::regprocedure);
    IF v_function NOT LIKE '%o."cancelledAt" IS NOT NULL%' THEN
      RAISE EXCEPTION '% asks for no cancelled order', v_name;
    END IF;
    EXECUTE replace(v_function, 'o."cancelledAt" IS NOT NULL', 'o."undoneAt" IS NOT NULL');
  END LOOP;
END $$;
