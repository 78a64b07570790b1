-- A till's use of a coupon whose price came back in part is charged for that part by the burn itself, or flagged `partly_paid` as an order's
-- is: redemptions are append-only, so a charge that came after them could tell nobody that it was not covered.
CREATE OR REPLACE FUNCTION burn_coupons(p_requests jsonb, p_uses jsonb)
RETURNS TABLE ("i" int, "outcome" text, "refused" jsonb, "burnedAt" timestamptz) LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  v_uses wanted_use[];
  v_claimed wanted_use[];
  v_new wanted_use[];
  v_shops int[];
  v_awards int[];
  v_used int[];
  v_locked int[];
  v_settled jsonb;
  v_again record;
  v_owed int;
  v_short bigint[] := '{}';
  v_spent record;
  v_change record;
BEGIN
  PERFORM lock_references(p_requests);
  PERFORM lock_orders(p_requests);
  PERFORM lock_for_use(p_uses, true);
  v_uses := judge_uses(p_uses);
  SELECT jsonb_agg(t) INTO v_settled FROM settle_uses(v_uses) t;
  v_claimed := ARRAY(
    SELECT u FROM unnest(v_uses) u JOIN jsonb_to_recordset(v_settled) AS t("i" int, "outcome" text) ON t."i" = u."i" AND t."outcome" = 'claimed');
  v_new := ARRAY(SELECT u FROM unnest(v_claimed) u WHERE NOT u."repeated");

  -- One price buys every use: what came back of it is charged again now, as far as points can be spent. Before any hold is proven, so that
  -- only coupons that were used before are looked at, and before the uses are written: each says at once whether it was paid for.
  FOR v_again IN
    SELECT i."shopId", i."id", i."customerId", i."points", q."orderGid", q."orderName", q."redeemedAt", q."at"
    FROM unnest(v_new) u
    CROSS JOIN LATERAL (SELECT i.* FROM "Issuance" i WHERE i."shopId" = u."shopId" AND i."id" = u."issuanceId" AND i."status" = 'redeemed' AND i."points" > 0 OFFSET 0) i
    JOIN jsonb_to_recordset(p_requests) AS q("i" int, "orderGid" text, "orderName" text, "redeemedAt" timestamptz, "at" timestamptz) ON q."i" = u."i"
    ORDER BY i."shopId", i."customerId", u."i", u."couponId"
  LOOP
    SELECT v_again."points" + coalesce(sum(e."points"), 0) INTO v_owed FROM "PointsEntry" e
    WHERE e."shopId" = v_again."shopId" AND e."issuanceId" = v_again."id" AND e."kind" IN ('spent', 'spending_returned');
    IF v_owed > 0 AND 'insufficient' = (SELECT p."outcome" FROM post_points_entry(v_again."shopId", v_again."customerId", 'spent', -v_owed,
      'spend:' || v_again."id" || ':' || v_again."orderGid", 'Coupon used again on order ' || v_again."orderName", v_again."orderGid",
      v_again."id", v_again."redeemedAt", v_again."at", false) p) THEN
      v_short := v_short || v_again."id";
    END IF;
  END LOOP;

  WITH burned AS (
    INSERT INTO "Redemption" ("shopId", "awardNumber", "couponId", "issuanceId", "customerId", "orderGid", "orderName", "channel", "locationId",
      "discountMinor", "currency", "flags", "redeemedAt", "recordedAt")
    SELECT u."shopId", u."awardNumber", u."couponId", u."issuanceId", u."customerId", q."orderGid", q."orderName", q."channel", q."locationId",
      coalesce(u."discountMinor", 0), u."currency", CASE WHEN u."issuanceId" = ANY (v_short) THEN '{partly_paid}' ELSE '{}' END::text[], q."redeemedAt", q."at"
    FROM unnest(v_new) u
    JOIN jsonb_to_recordset(p_requests) AS q("i" int, "orderGid" text, "orderName" text, "channel" text, "locationId" text,
      "redeemedAt" timestamptz, "at" timestamptz) ON q."i" = u."i"
    ORDER BY u."i", u."couponId"
    RETURNING *
  )
  INSERT INTO "Event" ("shopId", "kind", "data", "occurredAt", "recordedAt")
  SELECT b."shopId", 'coupon.redeemed', redeemed_event(b, c."code"), b."redeemedAt", b."recordedAt"
  FROM burned b JOIN "Coupon" c ON c."shopId" = b."shopId" AND c."id" = b."couponId" ORDER BY b."id";

  -- The points that a coupon of the checkout was held for are spent now; elsewhere they were spent when it was issued.
  FOR v_spent IN
    WITH proven AS (
      UPDATE "Issuance" i SET "status" = 'redeemed', "endedAt" = u."at" FROM unnest(v_new) u
      WHERE i."shopId" = u."shopId" AND i."id" = u."issuanceId" AND i."status" = 'open'
      RETURNING i."shopId", i."id", i."customerId", i."holdId", i."points", u."i", u."at"
    )
    SELECT p.*, q."orderGid", q."orderName", q."redeemedAt" FROM proven p
    JOIN jsonb_to_recordset(p_requests) AS q("i" int, "orderGid" text, "orderName" text, "redeemedAt" timestamptz) ON q."i" = p."i"
    WHERE p."holdId" IS NOT NULL ORDER BY p."shopId", p."customerId"
  LOOP
    IF NOT end_points_hold(v_spent."shopId", v_spent."customerId", v_spent."holdId", 'spent', v_spent."at") THEN
      RAISE EXCEPTION 'hold % ended before its issuance', v_spent."holdId";
    END IF;
    PERFORM 1 FROM post_points_entry(v_spent."shopId", v_spent."customerId", 'spent', -v_spent."points",
      'spend:' || v_spent."id" || ':' || v_spent."orderGid", 'Coupon used on order ' || v_spent."orderName", v_spent."orderGid",
      v_spent."id", v_spent."redeemedAt", v_spent."at", true);
  END LOOP;

  -- A code that is used up here is taken off Shopify, where it could still be entered, or never gets there.
  FOR v_change IN
    WITH used AS (
      UPDATE "Coupon" c SET "usesCount" = c."usesCount" + d."uses",
        "status" = CASE WHEN NOT c."shared" AND c."usesCount" + d."uses" >= d."codeLimit" THEN 'redeemed' ELSE c."status" END,
        "statusAt" = CASE WHEN NOT c."shared" AND c."usesCount" + d."uses" >= d."codeLimit" THEN d."at" ELSE c."statusAt" END
      FROM (SELECT u."shopId", u."couponId", count(*)::int AS "uses", min(u."codeLimit") AS "codeLimit", max(u."at") AS "at"
        FROM unnest(v_new) u GROUP BY u."shopId", u."couponId") d
      WHERE c."shopId" = d."shopId" AND c."id" = d."couponId"
      RETURNING c."shopId", c."id", c."codeState" IN ('planned', 'submitted', 'live') AND c."usesCount" >= d."codeLimit" AS "gone", d."at"
    )
    SELECT d."shopId", array_agg(d."id"::text) AS subjects, max(d."at") AS at FROM used d WHERE d."gone" GROUP BY d."shopId" ORDER BY 1
  LOOP
    PERFORM record_changes(v_change."shopId", 'withdraw_code', v_change.subjects, v_change.at);
  END LOOP;

  -- The lock of a code that this transaction had used without it has become that use too.
  WITH burned AS (
    UPDATE "CouponLock" l SET "status" = 'burned', "endedAt" = u."at", "transactionId" = q."transactionId"
    FROM unnest(v_claimed) u JOIN jsonb_to_recordset(p_requests) AS q("i" int, "transactionId" text) ON q."i" = u."i"
    WHERE l."shopId" = u."shopId" AND l."reference" = u."lockedBy" AND l."couponId" = u."couponId" AND l."status" = 'held'
    RETURNING l."shopId", l."awardNumber"
  ), counted AS (
    SELECT u."shopId", u."awardNumber", 1 AS used, 0 AS locked FROM unnest(v_new) u
    UNION ALL
    SELECT b."shopId", b."awardNumber", 0, -1 FROM burned b
  )
  SELECT array_agg(c."shopId"), array_agg(c."awardNumber"), array_agg(c.used), array_agg(c.locked) INTO v_shops, v_awards, v_used, v_locked FROM counted c;
  PERFORM add_to_tallies(v_shops, v_awards, v_used, v_locked);
  PERFORM withdraw_rest_if_full(u."shopId", u."awardNumber", max(u."at")) FROM unnest(v_new) u GROUP BY u."shopId", u."awardNumber" HAVING min(u."awardLimit") IS NOT NULL;

  RETURN QUERY
  SELECT t."i", t."outcome", t."refused", CASE WHEN t."outcome" = 'claimed' THEN coalesce(
    (SELECT max(u."at") FROM unnest(v_new) u WHERE u."i" = t."i"),
    (SELECT max(r."recordedAt") FROM unnest(v_uses) u JOIN "Redemption" r
      ON r."shopId" = u."shopId" AND r."orderGid" = u."orderGid" AND r."couponId" = u."couponId" WHERE u."i" = t."i")) END
  FROM jsonb_to_recordset(v_settled) AS t("i" int, "outcome" text, "refused" jsonb);
END $$;
