-- A bulk creation of codes in one statement at each end: claimed and written down before the call, every fate written after it.

-- Claims up to p_size planned codes of a discount for a new submission, the oldest first; no row if none is planned.
CREATE FUNCTION open_submission(p_shop int, p_parent bigint, p_size int, p_now timestamptz) RETURNS TABLE ("id" bigint, "codes" text[]) LANGUAGE plpgsql
-- A plan made while the table was small must not be kept when it is large.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_sort = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
  v_ids bigint[];
  v_codes text[];
  v_submission bigint;
  v_marked int;
BEGIN
  SELECT array_agg(c."id"), array_agg(c."code") INTO v_ids, v_codes FROM (
    SELECT c."id", c."code" FROM "Coupon" c WHERE c."shopId" = p_shop AND c."parentId" = p_parent AND c."codeState" = 'planned'
    ORDER BY c."id" LIMIT p_size FOR UPDATE SKIP LOCKED) c;
  IF v_ids IS NULL THEN
    RETURN;
  END IF;
  INSERT INTO "CodeSubmission" ("shopId", "parentId", "codesCount", "createdAt") VALUES (p_shop, p_parent, cardinality(v_ids), p_now)
  RETURNING "CodeSubmission"."id" INTO v_submission;
  UPDATE "Coupon" c SET "codeState" = 'submitted', "submissionId" = v_submission
  FROM unnest(v_ids) AS taken WHERE c."shopId" = p_shop AND c."id" = taken AND c."codeState" = 'planned';
  GET DIAGNOSTICS v_marked = ROW_COUNT;
  IF v_marked <> cardinality(v_ids) THEN
    RAISE EXCEPTION '% codes were locked, % marked', cardinality(v_ids), v_marked;
  END IF;
  RETURN QUERY SELECT v_submission, v_codes;
END $$;

-- Writes the fates of a submission's codes and closes it. Codes without one (refused as not unique, yet nobody has them, or
-- left out of the list) are planned again; answers how many they are.
CREATE FUNCTION close_submission(p_shop int, p_submission bigint, p_live text[], p_gids text[], p_failed text[], p_problems text[], p_now timestamptz) RETURNS int LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  v_without int;
BEGIN
  UPDATE "Coupon" c SET "codeState" = 'live', "redeemCodeGid" = fate.gid, "problem" = NULL
  FROM unnest(p_live, p_gids) AS fate(code, gid)
  WHERE c."shopId" = p_shop AND c."code" = fate.code AND c."submissionId" = p_submission AND c."codeState" = 'submitted';
  UPDATE "Coupon" c SET "codeState" = 'failed', "problem" = fate.problem
  FROM unnest(p_failed, p_problems) AS fate(code, problem)
  WHERE c."shopId" = p_shop AND c."code" = fate.code AND c."submissionId" = p_submission AND c."codeState" = 'submitted';
  UPDATE "Coupon" c SET "codeState" = 'planned', "submissionId" = NULL
  WHERE c."shopId" = p_shop AND c."submissionId" = p_submission AND c."codeState" = 'submitted';
  GET DIAGNOSTICS v_without = ROW_COUNT;
  UPDATE "CodeSubmission" s SET "state" = 'done', "doneAt" = p_now WHERE s."shopId" = p_shop AND s."id" = p_submission;
  RETURN v_without;
END $$;
