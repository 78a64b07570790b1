-- What decides about uses says which product is free, and whose a use is that was locked for nobody.
CREATE OR REPLACE FUNCTION read_uses(p_requests jsonb) RETURNS TABLE ("uses" json, "awards" json, "locks" json) LANGUAGE plpgsql STABLE
SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH requests AS MATERIALIZED (
    SELECT q."i", q."shopId", q."codes", q."merchantId", q."reference", q."orderGid", q."at",
      -- Whose a lock is stands in the lock; one that was made for nobody is used by who is named now.
      CASE WHEN jsonb_typeof(q."codes") = 'array' THEN q."customerId" ELSE coalesce((
        SELECT l."customerId" FROM "CouponLock" l WHERE l."shopId" = q."shopId" AND l."reference" = q."reference" AND l."status" = 'held' LIMIT 1), q."customerId") END AS "customerId"
    FROM jsonb_to_recordset(p_requests)
      AS q("i" int, "shopId" int, "codes" jsonb, "customerId" bigint, "merchantId" text, "reference" text, "orderGid" text, "at" timestamptz)
  ), locks AS MATERIALIZED (
    SELECT q."i", l.* FROM requests q JOIN "CouponLock" l ON l."shopId" = q."shopId" AND l."reference" = q."reference"
  ), coupons AS MATERIALIZED (
    SELECT q."i", c.* FROM requests q CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(q."codes") WHEN 'array' THEN q."codes" ELSE '[]' END) AS wanted(code)
    CROSS JOIN LATERAL (SELECT c.* FROM "Coupon" c WHERE c."shopId" = q."shopId" AND c."code" = wanted.code OFFSET 0) c
    UNION ALL
    SELECT q."i", c.* FROM requests q JOIN locks l ON l."i" = q."i"
    CROSS JOIN LATERAL (SELECT c.* FROM "Coupon" c WHERE c."shopId" = q."shopId" AND c."id" = l."couponId" OFFSET 0) c
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
      'codeLocks', (SELECT count(*)::int FROM (SELECT 1 FROM "CouponLock" l
        WHERE l."shopId" = c."shopId" AND l."couponId" = c."id" AND l."status" = 'held' AND l."endsAt" > q."at" AND l."reference" IS DISTINCT FROM q."reference"
        LIMIT coalesce(c."usesPerCode", a."usesPerCode", 1)) counted),
      'lockedUntil', (SELECT min(l."endsAt") FROM "CouponLock" l WHERE l."shopId" = c."shopId" AND l."couponId" = c."id" AND l."status" = 'held'
        AND l."endsAt" > q."at" AND l."reference" IS DISTINCT FROM q."reference" AND coalesce(c."usesPerCode", a."usesPerCode", 1) <= 1000),
      'customerUses', CASE WHEN a."usesPerCustomer" IS NOT NULL AND q."customerId" IS NOT NULL
        THEN (SELECT count(*)::int FROM (SELECT 1 FROM "Redemption" r
          WHERE r."shopId" = c."shopId" AND r."customerId" = q."customerId" AND r."awardNumber" = a."number"
            AND NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = r."shopId" AND v."redemptionId" = r."id")
          LIMIT a."usesPerCustomer") counted) ELSE 0 END,
      'customerLocks', CASE WHEN (a."usesPerCustomer" IS NOT NULL OR a."redeemGapDays" IS NOT NULL) AND q."customerId" IS NOT NULL
        THEN (SELECT count(*)::int FROM (SELECT 1 FROM "CouponLock" l
          WHERE l."shopId" = c."shopId" AND l."customerId" = q."customerId" AND l."awardNumber" = a."number" AND l."status" = 'held' AND l."endsAt" > q."at" AND l."reference" IS DISTINCT FROM q."reference"
          LIMIT coalesce(a."usesPerCustomer", 1)) counted) ELSE 0 END,
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
    LEFT JOIN LATERAL (SELECT k.* FROM "Customer" k WHERE k."shopId" = c."shopId" AND k."id" = q."customerId" OFFSET 0) k ON true
    LEFT JOIN LATERAL (SELECT p.* FROM "Location" p WHERE p."shopId" = c."shopId" AND p."id" = q."merchantId" OFFSET 0) p ON true
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
      'giftVariantGid', a."giftVariantGid",
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
