-- A lock is looked up by its reference. The planner took the index of held locks by their ends instead, and each call of a till walked over
-- all that the shop holds: a status that is compared as text lets it take none of the indexes of held locks.
CREATE OR REPLACE FUNCTION end_locks_of_references(p_requests jsonb) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_shops int[];
  v_awards int[];
  v_used int[];
  v_locked int[];
BEGIN
  WITH ended AS (
    UPDATE "CouponLock" l SET "status" = 'released', "endedAt" = l."endsAt"
    FROM jsonb_to_recordset(p_requests) AS q("shopId" int, "reference" text, "at" timestamptz)
    WHERE l."shopId" = q."shopId" AND l."reference" = q."reference" AND l."status"::text = 'held' AND l."endsAt" <= q."at"
    RETURNING l."shopId", l."awardNumber"
  )
  SELECT array_agg(e."shopId"), array_agg(e."awardNumber"), array_agg(0), array_agg(-1) INTO v_shops, v_awards, v_used, v_locked FROM ended e;
  PERFORM add_to_tallies(v_shops, v_awards, v_used, v_locked);
END $$;

CREATE OR REPLACE FUNCTION release_lock(p_shop int, p_reference text, p_now timestamptz) RETURNS SETOF bigint LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  v_coupons bigint[];
  v_shops int[];
  v_awards int[];
  v_used int[];
  v_locked int[];
BEGIN
  PERFORM lock_references(jsonb_build_array(jsonb_build_object('shopId', p_shop, 'reference', p_reference)));
  PERFORM 1 FROM "AwardTally" t JOIN "Award" a ON a."shopId" = t."shopId" AND a."number" = t."awardNumber" AND coalesce(a."usesTotal", a."issuesTotal") IS NOT NULL
  WHERE t."shopId" = p_shop AND t."awardNumber" IN (SELECT l."awardNumber" FROM "CouponLock" l WHERE l."shopId" = p_shop AND l."reference" = p_reference)
  ORDER BY t."awardNumber" FOR UPDATE OF t;
  WITH released AS (
    UPDATE "CouponLock" l SET "status" = 'released', "endedAt" = p_now
    WHERE l."shopId" = p_shop AND l."reference" = p_reference AND l."status"::text = 'held' AND l."endsAt" > p_now
    RETURNING l."awardNumber", l."couponId"
  )
  SELECT array_agg(r."couponId"), array_agg(p_shop), array_agg(r."awardNumber"), array_agg(0), array_agg(-1)
  INTO v_coupons, v_shops, v_awards, v_used, v_locked FROM released r;
  PERFORM add_to_tallies(v_shops, v_awards, v_used, v_locked);
  RETURN QUERY SELECT unnest(v_coupons);
END $$;
