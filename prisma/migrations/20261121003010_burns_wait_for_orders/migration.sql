-- An order that is cancelled while one of its uses is burned: the use is reversed, or it is refused.

-- Waits for news of these orders that is being worked at this moment (lockOrder, app/domain/orders): a cancellation would not
-- see the uses that are burned beside it. Burns do not wait for each other.
CREATE FUNCTION lock_orders(p_requests jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(key) FROM (
    SELECT DISTINCT hashtextextended((q->>'shopId') || ':' || (q->>'orderGid'), 0) AS key
    FROM jsonb_array_elements(p_requests) q ORDER BY 1) keys;
END $$;

-- Looks at each use under the locks of lock_for_use: why it is refused, or how much room each limit leaves (null: no limit).
CREATE OR REPLACE FUNCTION judge_uses(p_uses jsonb) RETURNS wanted_use[] LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  RETURN ARRAY(
    -- What an award has left is the same for all its uses of one instant.
    WITH taken AS MATERIALIZED (
      SELECT k."shopId", k."awardNumber", k."at", t."used", award_locks(k."shopId", k."awardNumber", k."at") AS "locked"
      FROM (SELECT DISTINCT u."shopId", u."awardNumber", u."at" FROM jsonb_populate_recordset(NULL::wanted_use, p_uses) u WHERE u."awardLimit" IS NOT NULL) k
      JOIN "AwardTally" t ON t."shopId" = k."shopId" AND t."awardNumber" = k."awardNumber")
    SELECT ROW(u."i", u."shopId", u."couponId", u."awardNumber", u."issuanceId", u."customerId", u."codeLimit", u."customerLimit", u."awardLimit",
      u."gapSince", u."tallyFirst", u."discountMinor", u."currency", u."lockedBy", u."orderGid", u."at",
      CASE
        WHEN u."lockedBy" IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM "CouponLock" l WHERE l."shopId" = u."shopId" AND l."reference" = u."lockedBy" AND l."couponId" = u."couponId"
            AND l."status" = 'held' AND l."endsAt" > u."at") THEN 'lock_over'
        WHEN u."orderGid" IS NOT NULL AND EXISTS (
          SELECT 1 FROM "Order" o WHERE o."shopId" = u."shopId" AND o."gid" = u."orderGid" AND o."cancelledAt" IS NOT NULL) THEN 'order_cancelled'
        WHEN c."status" = 'revoked' OR g."status" IN ('returning', 'returned', 'revoked') THEN 'coupon_revoked'
        WHEN c."status" = 'archived' THEN 'coupon_archived'
        WHEN c."status" = 'available' AND NOT c."shared" THEN 'not_issued'
        WHEN c."status" = 'redeemed' OR c."usesCount" >= u."codeLimit" THEN 'coupon_redeemed'
        WHEN room.code <= 0 THEN 'locked_by_another'
        WHEN room.customer <= 0 THEN 'customer_limit_reached'
        WHEN room.award <= 0 THEN 'award_limit_reached'
        WHEN u."gapSince" IS NOT NULL AND (
          (u."lockedBy" IS NULL AND customer_locks(u."shopId", u."customerId", u."awardNumber", 1, NULL, u."at") > 0)
          OR EXISTS (
            SELECT 1 FROM "Redemption" r
            WHERE r."shopId" = u."shopId" AND r."customerId" = u."customerId" AND r."awardNumber" = u."awardNumber" AND r."redeemedAt" >= u."gapSince"
              AND NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = r."shopId" AND v."redemptionId" = r."id")))
          THEN 'too_soon'
      END,
      room.code, CASE WHEN u."gapSince" IS NOT NULL THEN 1 ELSE room.customer END, room.award,
      u."orderGid" IS NOT NULL AND EXISTS (
        SELECT 1 FROM "Redemption" r WHERE r."shopId" = u."shopId" AND r."orderGid" = u."orderGid" AND r."couponId" = u."couponId"))::wanted_use
    FROM jsonb_populate_recordset(NULL::wanted_use, p_uses) u
    JOIN "Coupon" c ON c."shopId" = u."shopId" AND c."id" = u."couponId"
    LEFT JOIN "Issuance" g ON g."shopId" = u."shopId" AND g."id" = u."issuanceId"
    LEFT JOIN taken k ON k."shopId" = u."shopId" AND k."awardNumber" = u."awardNumber" AND k."at" = u."at"
    CROSS JOIN LATERAL (SELECT
      CASE WHEN u."codeLimit" IS NOT NULL THEN u."codeLimit" - c."usesCount"
        - CASE WHEN u."lockedBy" IS NULL THEN code_locks(u."shopId", u."couponId", u."codeLimit", NULL, u."at") ELSE 0 END END AS code,
      CASE WHEN u."customerLimit" IS NOT NULL AND u."customerId" IS NOT NULL
        THEN u."customerLimit" - customer_uses(u."shopId", u."customerId", u."awardNumber", u."customerLimit")
        - CASE WHEN u."lockedBy" IS NULL THEN customer_locks(u."shopId", u."customerId", u."awardNumber", u."customerLimit", NULL, u."at") ELSE 0 END END AS customer,
      u."awardLimit" - k."used" - CASE WHEN u."lockedBy" IS NULL THEN k."locked" ELSE 0 END AS award
      -- Worked out once for each use, however often it is looked at.
      OFFSET 0) room
    ORDER BY u."i", u."couponId");
END $$;

-- A batch of burns. p_requests: [{i, shopId, reference, transactionId, orderGid, orderName, channel, locationId, redeemedAt, at}].
-- Outcomes: claimed (burnedAt: when; the first time, if this transaction had burned them all) · refused · contended.
CREATE OR REPLACE FUNCTION burn_coupons(p_requests jsonb, p_uses jsonb)
RETURNS TABLE ("i" int, "outcome" text, "refused" jsonb, "burnedAt" timestamptz) LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
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

  WITH burned AS (
    INSERT INTO "Redemption" ("shopId", "awardNumber", "couponId", "issuanceId", "customerId", "orderGid", "orderName", "channel", "locationId",
      "discountMinor", "currency", "flags", "redeemedAt", "recordedAt")
    SELECT u."shopId", u."awardNumber", u."couponId", u."issuanceId", u."customerId", q."orderGid", q."orderName", q."channel", q."locationId",
      coalesce(u."discountMinor", 0), u."currency", '{}', q."redeemedAt", q."at"
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

  -- A code that is used up here is taken off Shopify, where it could still be entered.
  FOR v_change IN
    WITH used AS (
      UPDATE "Coupon" c SET "usesCount" = c."usesCount" + d."uses",
        "status" = CASE WHEN NOT c."shared" AND c."usesCount" + d."uses" >= d."codeLimit" THEN 'redeemed' ELSE c."status" END,
        "statusAt" = CASE WHEN NOT c."shared" AND c."usesCount" + d."uses" >= d."codeLimit" THEN d."at" ELSE c."statusAt" END
      FROM (SELECT u."shopId", u."couponId", count(*)::int AS "uses", min(u."codeLimit") AS "codeLimit", max(u."at") AS "at"
        FROM unnest(v_new) u GROUP BY u."shopId", u."couponId") d
      WHERE c."shopId" = d."shopId" AND c."id" = d."couponId"
      RETURNING c."shopId", c."id", c."codeState" = 'live' AND c."usesCount" >= d."codeLimit" AS "gone", d."at"
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
