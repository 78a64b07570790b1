-- Using coupons: a batch of requests in one round trip to read, and one to lock or burn. Rules that look at facts alone are
-- TypeScript's (app/domain/coupons/conditions.ts); what others may take meanwhile (a limit's room, a lock) is decided here,
-- under locks taken in the order tallies of limited awards, accounts, coupons, the rest, other tallies.

-- Locks that were neither burned, released nor swept; those past their end are taken off when they are counted.
ALTER TABLE "AwardTally" ADD COLUMN "locked" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "AwardTally" DROP CONSTRAINT "AwardTally_counts",
  ADD CONSTRAINT "AwardTally_counts" CHECK ("issued" >= 0 AND "used" >= 0 AND "locked" >= 0);

-- A customer's uses of one award, the newest at an end: for the limit per customer and the gap between two uses.
DROP INDEX "Redemption_shopId_customerId_idx";
CREATE INDEX "Redemption_shopId_customerId_awardNumber_redeemedAt_idx" ON "Redemption" ("shopId", "customerId", "awardNumber", "redeemedAt");

-- Uses of an award by a customer that were not reversed; counted no further than p_limit.
CREATE FUNCTION customer_uses(p_shop int, p_customer bigint, p_award int, p_limit int) RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT count(*) FROM (
    SELECT 1 FROM "Redemption" r
    WHERE r."shopId" = p_shop AND r."customerId" = p_customer AND r."awardNumber" = p_award
      AND NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = p_shop AND v."redemptionId" = r."id")
    LIMIT p_limit) counted);
END $$;

CREATE FUNCTION customer_locks(p_shop int, p_customer bigint, p_award int, p_limit int, p_own text, p_now timestamptz) RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT count(*) FROM (
    SELECT 1 FROM "CouponLock" l
    WHERE l."shopId" = p_shop AND l."customerId" = p_customer AND l."awardNumber" = p_award AND l."status" = 'held'
      AND l."endsAt" > p_now AND l."reference" IS DISTINCT FROM p_own
    LIMIT p_limit) counted);
END $$;

CREATE FUNCTION code_locks(p_shop int, p_coupon bigint, p_limit int, p_own text, p_now timestamptz) RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT count(*) FROM (
    SELECT 1 FROM "CouponLock" l
    WHERE l."shopId" = p_shop AND l."couponId" = p_coupon AND l."status" = 'held' AND l."endsAt" > p_now
      AND l."reference" IS DISTINCT FROM p_own
    LIMIT p_limit) counted);
END $$;

-- Locks of the award that hold now. The sweep goes by every minute, so few of the held ones are over.
CREATE FUNCTION award_locks(p_shop int, p_award int, p_now timestamptz) RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT t."locked" - (SELECT count(*) FROM "CouponLock" l
      WHERE l."shopId" = p_shop AND l."awardNumber" = p_award AND l."status" = 'held' AND l."endsAt" <= p_now)
    FROM "AwardTally" t WHERE t."shopId" = p_shop AND t."awardNumber" = p_award);
END $$;

-- Everything that decides about uses, without a lock.
-- p_requests: [{i, shopId, codes | null, customerId, merchantId, reference, orderGid, at}]; without codes, those under the reference.
-- uses: one for each code that is ours; awards: each once; locks: what stands under the references.
CREATE FUNCTION read_uses(p_requests jsonb) RETURNS TABLE ("uses" json, "awards" json, "locks" json) LANGUAGE plpgsql STABLE
SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH requests AS MATERIALIZED (
    SELECT q."i", q."shopId", q."codes", q."merchantId", q."reference", q."orderGid", q."at",
      -- Whose a lock is stands in the lock.
      CASE WHEN jsonb_typeof(q."codes") = 'array' THEN q."customerId" ELSE (
        SELECT l."customerId" FROM "CouponLock" l WHERE l."shopId" = q."shopId" AND l."reference" = q."reference" AND l."status" = 'held' LIMIT 1) END AS "customerId"
    FROM jsonb_to_recordset(p_requests)
      AS q("i" int, "shopId" int, "codes" jsonb, "customerId" bigint, "merchantId" text, "reference" text, "orderGid" text, "at" timestamptz)
  ), locks AS MATERIALIZED (
    SELECT q."i", l.* FROM requests q JOIN "CouponLock" l ON l."shopId" = q."shopId" AND l."reference" = q."reference"
  ), coupons AS MATERIALIZED (
    SELECT q."i", c.* FROM requests q CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(q."codes") WHEN 'array' THEN q."codes" ELSE '[]' END) AS wanted(code)
    JOIN "Coupon" c ON c."shopId" = q."shopId" AND c."code" = wanted.code
    UNION ALL
    SELECT q."i", c.* FROM requests q JOIN locks l ON l."i" = q."i" JOIN "Coupon" c ON c."shopId" = q."shopId" AND c."id" = l."couponId"
    WHERE coalesce(jsonb_typeof(q."codes"), 'null') <> 'array'
  ), awards AS MATERIALIZED (
    SELECT a.* FROM "Award" a WHERE (a."shopId", a."number") IN (SELECT c."shopId", c."awardNumber" FROM coupons c)
  ), taken AS MATERIALIZED (
    SELECT k.*, award_locks(k."shopId", k."number", k."at") AS "locked"
    FROM (SELECT DISTINCT a."shopId", a."number", q."at" FROM coupons c JOIN requests q ON q."i" = c."i"
      JOIN awards a ON a."shopId" = c."shopId" AND a."number" = c."awardNumber" AND a."usesTotal" IS NOT NULL) k
  )
  SELECT
    (SELECT json_agg(json_build_object(
      'i', c."i", 'couponId', c."id"::text, 'code', c."code", 'awardNumber', c."awardNumber", 'status', c."status", 'codeState', c."codeState",
      'shared', c."shared", 'usesCount', c."usesCount", 'expiresAt', c."expiresAt", 'valueMinor', c."valueMinor",
      'usesPerCode', c."usesPerCode", 'minOrderMinor', c."minOrderMinor", 'boundCustomerId', c."boundCustomerId"::text, 'firstOrderOnly', c."firstOrderOnly",
      'issuance', CASE WHEN g."id" IS NOT NULL THEN json_build_object('id', g."id"::text, 'customerId', g."customerId"::text, 'status', g."status",
        'expiresAt', g."expiresAt", 'valueMinor', g."valueMinor", 'held', g."holdId" IS NOT NULL) END,
      'issuedToSomebody', (NOT c."shared" AND c."status" <> 'available') OR (c."shared" AND EXISTS (
        SELECT 1 FROM "Issuance" i WHERE i."shopId" = c."shopId" AND i."couponId" = c."id" AND i."status" IN ('open', 'redeemed'))),
      'codeLocks', code_locks(c."shopId", c."id", coalesce(c."usesPerCode", a."usesPerCode", 1), q."reference", q."at"),
      'lockedUntil', (SELECT min(l."endsAt") FROM "CouponLock" l WHERE l."shopId" = c."shopId" AND l."couponId" = c."id" AND l."status" = 'held'
        AND l."endsAt" > q."at" AND l."reference" IS DISTINCT FROM q."reference" AND coalesce(c."usesPerCode", a."usesPerCode", 1) <= 1000),
      'customerUses', CASE WHEN a."usesPerCustomer" IS NOT NULL AND q."customerId" IS NOT NULL
        THEN customer_uses(c."shopId", q."customerId", a."number", a."usesPerCustomer") ELSE 0 END,
      'customerLocks', CASE WHEN (a."usesPerCustomer" IS NOT NULL OR a."redeemGapDays" IS NOT NULL) AND q."customerId" IS NOT NULL
        THEN customer_locks(c."shopId", q."customerId", a."number", coalesce(a."usesPerCustomer", 1), q."reference", q."at") ELSE 0 END,
      'lastUsedAt', CASE WHEN a."redeemGapDays" IS NOT NULL THEN (
        SELECT r."redeemedAt" FROM "Redemption" r
        WHERE r."shopId" = c."shopId" AND r."customerId" = q."customerId" AND r."awardNumber" = a."number"
          AND NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = r."shopId" AND v."redemptionId" = r."id")
        ORDER BY r."redeemedAt" DESC LIMIT 1) END,
      'awardUsed', t."used",
      'awardLocks', coalesce(x."locked", 0),
      'registeredAt', k."registeredAt",
      'ordersCount', CASE WHEN a."firstOrderOnly" OR c."firstOrderOnly" OR a."maxOrders" IS NOT NULL THEN greatest(k."ordersCount", (
        SELECT count(*) FROM (SELECT 1 FROM "Order" o WHERE o."shopId" = c."shopId" AND o."customerId" = q."customerId" AND NOT o."test"
          AND o."gid" IS DISTINCT FROM q."orderGid" LIMIT coalesce(a."maxOrders", 0) + 1) counted)) END,
      'zone', p."zone", 'concept', p."concept", 'placeKnown', p."id" IS NOT NULL,
      'redemption', (SELECT json_build_object('id', r."id"::text, 'recordedAt', r."recordedAt") FROM "Redemption" r
        WHERE r."shopId" = c."shopId" AND r."orderGid" = q."orderGid" AND r."couponId" = c."id"),
      'orderCancelled', q."orderGid" IS NOT NULL AND EXISTS (
        SELECT 1 FROM "Order" o WHERE o."shopId" = c."shopId" AND o."gid" = q."orderGid" AND o."undoneAt" IS NOT NULL)
    ))
    FROM coupons c
    JOIN requests q ON q."i" = c."i"
    JOIN awards a ON a."shopId" = c."shopId" AND a."number" = c."awardNumber"
    JOIN "AwardTally" t ON t."shopId" = c."shopId" AND t."awardNumber" = c."awardNumber"
    LEFT JOIN taken x ON x."shopId" = c."shopId" AND x."number" = c."awardNumber" AND x."at" = q."at"
    LEFT JOIN "Customer" k ON k."shopId" = c."shopId" AND k."id" = q."customerId"
    LEFT JOIN "Location" p ON p."shopId" = c."shopId" AND p."id" = q."merchantId"
    -- The issuance that the use belongs to: of a shared code the customer's own, else the coupon's last.
    LEFT JOIN LATERAL (
      (SELECT i.* FROM "Issuance" i WHERE NOT c."shared" AND i."shopId" = c."shopId" AND i."couponId" = c."id"
        ORDER BY i."status" <> 'open', i."id" DESC LIMIT 1)
      UNION ALL
      (SELECT i.* FROM "Issuance" i WHERE c."shared" AND i."shopId" = c."shopId" AND i."customerId" = q."customerId"
        AND i."awardNumber" = c."awardNumber" AND i."couponId" = c."id" ORDER BY i."status" <> 'open', i."id" DESC LIMIT 1)
    ) g ON true),
    (SELECT json_agg(json_build_object(
      'shopId', a."shopId", 'number', a."number", 'name', a."name", 'kind', a."kind", 'value', a."value", 'currency', a."currency", 'capMinor', a."capMinor",
      'codeSource', a."codeSource", 'status', a."status", 'startsAt', a."startsAt", 'endsAt', a."endsAt", 'redeemableFrom', a."redeemableFrom",
      'usesPerCode', a."usesPerCode", 'usesPerCustomer', a."usesPerCustomer", 'usesTotal', a."usesTotal", 'issuesTotal', a."issuesTotal", 'shareable', a."shareable",
      'minOrderMinor', a."minOrderMinor", 'maxOrderMinor', a."maxOrderMinor",
      'productGids', a."productGids", 'variantGids', a."variantGids", 'collectionGids', a."collectionGids",
      'redeemGapDays', a."redeemGapDays", 'weekdays', a."weekdays", 'monthDays', a."monthDays", 'fromMinute', a."fromMinute", 'untilMinute', a."untilMinute",
      'registeredFrom', a."registeredFrom", 'registeredUntil', a."registeredUntil", 'maxOrders', a."maxOrders", 'firstOrderOnly', a."firstOrderOnly",
      'channels', a."channels", 'locationIds', a."locationIds", 'zones', a."zones", 'concepts', a."concepts",
      'combinesOrder', a."combinesOrder", 'combinesProduct', a."combinesProduct", 'combinesShipping', a."combinesShipping",
      'timeZone', s."timeZone", 'lockMinutes', s."lockMinutes"))
    FROM awards a JOIN "Shop" s ON s."id" = a."shopId"),
    (SELECT json_agg(json_build_object('i', l."i", 'couponId', l."couponId"::text, 'code', c."code", 'customerId', l."customerId"::text, 'issuanceId', l."issuanceId"::text,
      'merchantId', l."merchantId", 'status', l."status", 'lockedAt', l."lockedAt", 'endsAt', l."endsAt", 'endedAt', l."endedAt", 'transactionId', l."transactionId"))
    FROM locks l JOIN "Coupon" c ON c."shopId" = l."shopId" AND c."id" = l."couponId");
END $$;

-- One code that a request wants to use, and what came of it.
CREATE TYPE wanted_use AS (
  "i" int,
  "shopId" int,
  "couponId" bigint,
  "awardNumber" int,
  "issuanceId" bigint,
  "customerId" bigint,
  -- Nulls: no limit. gapSince: a use of the customer's at or after this instant is too near.
  "codeLimit" int,
  "customerLimit" int,
  "awardLimit" int,
  "gapSince" timestamptz,
  -- Whether the award has a total of any kind: its tally is locked before everything else.
  "tallyFirst" boolean,
  "discountMinor" bigint,
  "currency" text,
  -- The reference whose lock reserved it: its room is not taken by other locks.
  "lockedBy" text,
  -- The transaction that burns it; null: it is only locked.
  "orderGid" text,
  "at" timestamptz,
  "refusal" text,
  "codeRoom" int,
  "customerRoom" int,
  "awardRoom" int,
  -- This transaction has used the code before: nothing to do.
  "repeated" boolean
);

-- Locks what the uses are decided by. p_owners: whether those whose points a use may spend are locked too.
CREATE FUNCTION lock_for_use(p_uses jsonb, p_owners boolean) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_uses wanted_use[] := ARRAY(SELECT u FROM jsonb_populate_recordset(NULL::wanted_use, p_uses) u);
  v_shops int[];
  v_customers bigint[];
BEGIN
  PERFORM 1 FROM "AwardTally" t
  WHERE (t."shopId", t."awardNumber") IN (SELECT u."shopId", u."awardNumber" FROM unnest(v_uses) u WHERE u."tallyFirst")
  ORDER BY t."shopId", t."awardNumber" FOR UPDATE;

  SELECT array_agg(who."shopId" ORDER BY who."shopId", who."customerId"), array_agg(who."customerId" ORDER BY who."shopId", who."customerId")
  INTO v_shops, v_customers
  FROM (
    SELECT u."shopId", u."customerId" FROM unnest(v_uses) u
    WHERE u."customerId" IS NOT NULL AND (p_owners OR u."customerLimit" IS NOT NULL OR u."gapSince" IS NOT NULL)
    UNION
    SELECT i."shopId", i."customerId" FROM unnest(v_uses) u JOIN "Issuance" i ON i."shopId" = u."shopId" AND i."id" = u."issuanceId"
    WHERE p_owners) who;
  IF v_shops IS NOT NULL THEN
    INSERT INTO "PointsAccount" ("shopId", "customerId")
    SELECT * FROM unnest(v_shops, v_customers) AS who("shopId", "customerId")
    WHERE NOT EXISTS (SELECT 1 FROM "PointsAccount" p WHERE p."shopId" = who."shopId" AND p."customerId" = who."customerId")
    ON CONFLICT DO NOTHING;
    PERFORM 1 FROM "PointsAccount" p
    WHERE (p."shopId", p."customerId") IN (SELECT * FROM unnest(v_shops, v_customers))
    ORDER BY p."shopId", p."customerId" FOR UPDATE;
  END IF;

  PERFORM 1 FROM "Coupon" c
  WHERE (c."shopId", c."id") IN (SELECT u."shopId", u."couponId" FROM unnest(v_uses) u)
  ORDER BY c."shopId", c."id" FOR UPDATE;
END $$;

-- Looks at each use under the locks of lock_for_use: why it is refused, or how much room each limit leaves (null: no limit).
CREATE FUNCTION judge_uses(p_uses jsonb) RETURNS wanted_use[] LANGUAGE plpgsql AS $$
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
          SELECT 1 FROM "Order" o WHERE o."shopId" = u."shopId" AND o."gid" = u."orderGid" AND o."undoneAt" IS NOT NULL) THEN 'order_cancelled'
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

-- Which requests of a batch may go through together: all their uses are allowed, and no limit is overrun by the requests
-- before them. One that only those before it stand in the way of is 'contended': it is looked at again after them. The
-- first that nothing refuses always goes through, so that looking again comes to an end.
CREATE FUNCTION settle_uses(p_uses wanted_use[]) RETURNS TABLE ("i" int, "outcome" text, "refused" jsonb) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH alone AS (
    SELECT u.*,
      row_number() OVER (PARTITION BY u."i", u."awardNumber", u."repeated" ORDER BY u."couponId") AS "nth"
    FROM unnest(p_uses) u
  ), judged AS (
    SELECT a.*, CASE
      WHEN a."repeated" THEN NULL
      WHEN a."refusal" IS NOT NULL THEN a."refusal"
      WHEN a."nth" > a."customerRoom" THEN CASE WHEN a."gapSince" IS NULL THEN 'customer_limit_reached' ELSE 'too_soon' END
      WHEN a."nth" > a."awardRoom" THEN 'award_limit_reached'
    END AS "reason"
    FROM alone a
  ), allowed AS (
    SELECT j."i", bool_and(j."reason" IS NULL) AS "ok",
      jsonb_agg(jsonb_build_object('couponId', j."couponId"::text, 'reason', j."reason")) FILTER (WHERE j."reason" IS NOT NULL) AS "refused"
    FROM judged j GROUP BY j."i"
  ), ranked AS (
    SELECT j."i",
      row_number() OVER (PARTITION BY j."shopId", j."couponId" ORDER BY j."i") <= coalesce(j."codeRoom", 2147483647)
      AND (j."customerRoom" IS NULL OR row_number() OVER (PARTITION BY j."shopId", j."awardNumber", j."customerId" ORDER BY j."i", j."couponId") <= j."customerRoom")
      AND row_number() OVER (PARTITION BY j."shopId", j."awardNumber" ORDER BY j."i", j."couponId") <= coalesce(j."awardRoom", 2147483647)
      -- The same transaction twice in one batch.
      AND (j."orderGid" IS NULL OR row_number() OVER (PARTITION BY j."shopId", j."orderGid", j."couponId" ORDER BY j."i") = 1) AS "fits"
    FROM judged j JOIN allowed a ON a."i" = j."i" AND a."ok"
    WHERE NOT j."repeated"
  )
  SELECT a."i", CASE
    WHEN NOT a."ok" THEN 'refused'
    WHEN EXISTS (SELECT 1 FROM ranked r WHERE r."i" = a."i" AND NOT r."fits") THEN 'contended'
    ELSE 'claimed' END, a."refused"
  FROM allowed a;
END $$;

-- Adds to the tallies of the awards, in key order.
CREATE FUNCTION add_to_tallies(p_shops int[], p_awards int[], p_used int[], p_locked int[]) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM 1 FROM "AwardTally" t
  WHERE (t."shopId", t."awardNumber") IN (SELECT * FROM unnest(p_shops, p_awards))
  ORDER BY t."shopId", t."awardNumber" FOR UPDATE;
  UPDATE "AwardTally" t SET "used" = t."used" + d.used, "locked" = t."locked" + d.locked
  FROM (SELECT shop, award, sum(used)::int AS used, sum(locked)::int AS locked
    FROM unnest(p_shops, p_awards, p_used, p_locked) AS x(shop, award, used, locked) GROUP BY shop, award) d
  WHERE t."shopId" = d.shop AND t."awardNumber" = d.award AND (d.used <> 0 OR d.locked <> 0);
END $$;

-- Waits for news of these orders that is being worked at this moment (lockOrder, app/domain/orders): a cancellation would not
-- see the uses that are burned beside it. Burns do not wait for each other.
CREATE FUNCTION lock_orders(p_requests jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(key) FROM (
    SELECT DISTINCT hashtextextended((q->>'shopId') || ':' || (q->>'orderGid'), 0) AS key
    FROM jsonb_array_elements(p_requests) q ORDER BY 1) keys;
END $$;

-- One at a time may change what stands under a reference.
CREATE FUNCTION lock_references(p_requests jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(key) FROM (
    SELECT DISTINCT hashtextextended('lock:' || (q->>'shopId') || ':' || (q->>'reference'), 0) AS key
    FROM jsonb_array_elements(p_requests) q WHERE q->>'reference' IS NOT NULL ORDER BY 1) keys;
END $$;

-- "Shopify is out of date about these": as recordChange does (app/domain/changes), for many subjects of one shop.
CREATE FUNCTION record_changes(p_shop int, p_kind text, p_subjects text[], p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO "Change" ("shopId", "kind", "subject", "nextAttemptAt", "createdAt")
  SELECT p_shop, p_kind, subject, p_now, p_now FROM unnest(p_subjects) AS subject ORDER BY subject
  ON CONFLICT ("shopId", "kind", "subject") WHERE "status" = 'pending'
  DO UPDATE SET "revision" = "Change"."revision" + 1, "nextAttemptAt" = least("Change"."nextAttemptAt", EXCLUDED."nextAttemptAt");
  PERFORM graphile_worker.add_job('push_changes', json_build_object('shopId', p_shop), queue_name := 'push:' || p_shop, job_key := 'push:' || p_shop);
END $$;

-- Locks under these references that are over make room, and leave the tally.
CREATE FUNCTION end_locks_of_references(p_requests jsonb) RETURNS void LANGUAGE plpgsql AS $$
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
    WHERE l."shopId" = q."shopId" AND l."reference" = q."reference" AND l."status" = 'held' AND l."endsAt" <= q."at"
    RETURNING l."shopId", l."awardNumber"
  )
  SELECT array_agg(e."shopId"), array_agg(e."awardNumber"), array_agg(0), array_agg(-1) INTO v_shops, v_awards, v_used, v_locked FROM ended e;
  PERFORM add_to_tallies(v_shops, v_awards, v_used, v_locked);
END $$;

-- Once a limited award is used up, every other code of it that can still be entered at Shopify is withdrawn.
CREATE FUNCTION withdraw_rest_if_full(p_shop int, p_award int, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF EXISTS (
    SELECT 1 FROM "Award" a JOIN "AwardTally" t ON t."shopId" = a."shopId" AND t."awardNumber" = a."number"
    WHERE a."shopId" = p_shop AND a."number" = p_award AND a."appliedBy" = 'shopify' AND t."used" >= a."usesTotal") THEN
    PERFORM record_changes(p_shop, 'withdraw_rest', ARRAY[p_award::text], p_now);
  END IF;
END $$;

-- What is told of a redemption (app/contract/events.ts).
CREATE FUNCTION redeemed_event(p_redemption "Redemption", p_code text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('couponId', 'cpn_' || p_redemption."couponId", 'code', p_code, 'awardId', 'awd_' || p_redemption."awardNumber",
    'issuanceId', 'iss_' || p_redemption."issuanceId", 'customerId', 'cus_' || p_redemption."customerId", 'redemptionId', 'red_' || p_redemption."id",
    'orderId', regexp_replace(p_redemption."orderGid", '^transaction:', ''), 'channel', p_redemption."channel",
    'discountMinor', p_redemption."discountMinor", 'currency', p_redemption."currency", 'flags', to_jsonb(p_redemption."flags"));
$$;

-- A batch of locks. p_requests: [{i, shopId, reference, merchantId, at, endsAt}], p_uses: rows of wanted_use.
-- Outcomes: claimed · repeated (these codes stand under the reference: the first answer again) · reference_in_use ·
-- refused (with each refused coupon and why) · contended (ask again).
CREATE FUNCTION lock_coupons(p_requests jsonb, p_uses jsonb)
RETURNS TABLE ("i" int, "outcome" text, "refused" jsonb, "lockedAt" timestamptz, "endsAt" timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_uses wanted_use[];
  v_claimed int[];
  v_shops int[];
  v_awards int[];
  v_used int[];
  v_locked int[];
  v_verdicts jsonb;
BEGIN
  PERFORM lock_references(p_requests);
  PERFORM lock_for_use(p_uses, false);
  PERFORM end_locks_of_references(p_requests);
  v_uses := judge_uses(p_uses);

  WITH requests AS (
    SELECT q.*, row_number() OVER (PARTITION BY q."shopId", q."reference" ORDER BY q."i") AS "nth"
    FROM jsonb_to_recordset(p_requests) AS q("i" int, "shopId" int, "reference" text, "at" timestamptz, "endsAt" timestamptz)
  ), standing AS (
    SELECT q."i", bool_or(l."status" = 'burned') AS "burned", array_agg(l."couponId" ORDER BY l."couponId") AS "coupons",
      min(l."lockedAt") AS "lockedAt", min(l."endsAt") AS "endsAt"
    FROM requests q JOIN "CouponLock" l ON l."shopId" = q."shopId" AND l."reference" = q."reference" AND l."status" <> 'released'
    GROUP BY q."i"
  ), settled AS (
    SELECT * FROM settle_uses(ARRAY(
      SELECT u FROM unnest(v_uses) u JOIN requests q ON q."i" = u."i" AND q."nth" = 1
      WHERE NOT EXISTS (SELECT 1 FROM standing s WHERE s."i" = u."i")))
  )
  SELECT jsonb_agg(jsonb_build_object('i', q."i", 'refused', t."refused",
    'lockedAt', coalesce(s."lockedAt", q."at"), 'endsAt', coalesce(s."endsAt", q."endsAt"),
    'outcome', CASE
      WHEN s."i" IS NULL THEN coalesce(t."outcome", 'contended')
      WHEN s."burned" OR s."coupons" <> ARRAY(SELECT u."couponId" FROM unnest(v_uses) u WHERE u."i" = q."i" ORDER BY 1) THEN 'reference_in_use'
      ELSE 'repeated' END))
  INTO v_verdicts
  FROM requests q LEFT JOIN standing s ON s."i" = q."i" LEFT JOIN settled t ON t."i" = q."i";
  v_claimed := ARRAY(SELECT v."i" FROM jsonb_to_recordset(v_verdicts) AS v("i" int, "outcome" text) WHERE v."outcome" = 'claimed');

  -- A row of an earlier lock of this reference that is over makes room for the new one.
  WITH locked AS (
    INSERT INTO "CouponLock" ("shopId", "reference", "couponId", "awardNumber", "customerId", "issuanceId", "merchantId", "lockedAt", "endsAt")
    SELECT q."shopId", q."reference", u."couponId", u."awardNumber", u."customerId", u."issuanceId", q."merchantId", q."at", q."endsAt"
    FROM jsonb_to_recordset(p_requests) AS q("i" int, "shopId" int, "reference" text, "merchantId" text, "at" timestamptz, "endsAt" timestamptz)
    JOIN unnest(v_uses) u ON u."i" = q."i"
    WHERE q."i" = ANY (v_claimed)
    ON CONFLICT ("shopId", "reference", "couponId") DO UPDATE SET "status" = 'held', "customerId" = EXCLUDED."customerId",
      "issuanceId" = EXCLUDED."issuanceId", "merchantId" = EXCLUDED."merchantId", "lockedAt" = EXCLUDED."lockedAt", "endsAt" = EXCLUDED."endsAt", "endedAt" = NULL
    RETURNING "shopId", "awardNumber"
  )
  SELECT array_agg(l."shopId"), array_agg(l."awardNumber"), array_agg(0), array_agg(1) INTO v_shops, v_awards, v_used, v_locked FROM locked l;
  PERFORM add_to_tallies(v_shops, v_awards, v_used, v_locked);

  RETURN QUERY SELECT v.* FROM jsonb_to_recordset(v_verdicts) AS v("i" int, "outcome" text, "refused" jsonb, "lockedAt" timestamptz, "endsAt" timestamptz);
END $$;

-- A batch of burns. p_requests: [{i, shopId, reference, transactionId, orderGid, orderName, channel, locationId, redeemedAt, at}].
-- Outcomes: claimed (burnedAt: when; the first time, if this transaction had burned them all) · refused · contended.
CREATE FUNCTION burn_coupons(p_requests jsonb, p_uses jsonb)
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

-- Releases what is held under a reference and answers those codes' ids; what is over already is left as it ended.
CREATE FUNCTION release_lock(p_shop int, p_reference text, p_now timestamptz) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
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
    WHERE l."shopId" = p_shop AND l."reference" = p_reference AND l."status" = 'held' AND l."endsAt" > p_now
    RETURNING l."awardNumber", l."couponId"
  )
  SELECT array_agg(r."couponId"), array_agg(p_shop), array_agg(r."awardNumber"), array_agg(0), array_agg(-1)
  INTO v_coupons, v_shops, v_awards, v_used, v_locked FROM released r;
  PERFORM add_to_tallies(v_shops, v_awards, v_used, v_locked);
  RETURN QUERY SELECT unnest(v_coupons);
END $$;

-- Ends up to p_limit locks of one award that are over, so that its tally counts what holds; answers how many. Locks in use
-- at this moment are passed by.
CREATE FUNCTION end_locks(p_shop int, p_award int, p_now timestamptz, p_limit int) RETURNS int LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_ended int;
BEGIN
  PERFORM 1 FROM "AwardTally" t WHERE t."shopId" = p_shop AND t."awardNumber" = p_award FOR UPDATE;
  WITH due AS (
    SELECT l."reference", l."couponId" FROM "CouponLock" l
    WHERE l."shopId" = p_shop AND l."awardNumber" = p_award AND l."status" = 'held' AND l."endsAt" <= p_now
    ORDER BY l."endsAt" LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), ended AS (
    UPDATE "CouponLock" l SET "status" = 'released', "endedAt" = l."endsAt" FROM due
    WHERE l."shopId" = p_shop AND l."reference" = due."reference" AND l."couponId" = due."couponId" RETURNING 1
  )
  SELECT count(*) INTO v_ended FROM ended;
  UPDATE "AwardTally" SET "locked" = "locked" - v_ended WHERE "shopId" = p_shop AND "awardNumber" = p_award AND v_ended > 0;
  RETURN v_ended;
END $$;

-- A batch is small and every table may be large: plans go by index, whatever the planner guesses of the size of a JSON array,
-- none is worth compiling, and they are kept: making the plan of code_locks again for each use took longer than all else together.
ALTER FUNCTION lock_coupons(jsonb, jsonb) SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION release_lock(int, text, timestamptz) SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan;

-- Uses that are reversed no longer count; those of earlier reversals are taken off.
UPDATE "Coupon" c SET "usesCount" = greatest(0, c."usesCount" - v."reversed")
FROM (SELECT r."shopId", r."couponId", count(*)::int AS "reversed"
  FROM "RedemptionReversal" v JOIN "Redemption" r ON r."shopId" = v."shopId" AND r."id" = v."redemptionId" GROUP BY 1, 2) v
WHERE c."shopId" = v."shopId" AND c."id" = v."couponId";
