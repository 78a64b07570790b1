-- What nobody gives is not asked for: every caller read the issuances of all accounts, and ended no locks with the uses. Otherwise as they were.
DROP FUNCTION read_order_uses(int, jsonb, bigint[], timestamptz);
CREATE FUNCTION read_order_uses(p_shop int, p_uses jsonb, p_now timestamptz)
RETURNS TABLE ("i" int, "couponId" bigint, "code" text, "awardNumber" int, "shared" boolean, "codeState" text, "usesCount" int, "usesPerCode" int,
  "expiresAt" timestamptz, "issuance" jsonb, "recorded" boolean, "ofCustomer" int, "ofAward" int, "locks" jsonb) LANGUAGE plpgsql STABLE
SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT q."i", c."id", c."code", c."awardNumber", c."shared", c."codeState"::text, c."usesCount", c."usesPerCode", c."expiresAt",
    CASE WHEN g."id" IS NOT NULL THEN jsonb_build_object('id', g."id"::text, 'customerId', g."customerId"::text, 'holdId', g."holdId"::text,
      'points', g."points", 'status', g."status", 'expiresAt', g."expiresAt") END,
    EXISTS (SELECT 1 FROM "Redemption" r WHERE r."shopId" = p_shop AND r."orderGid" = q."orderGid" AND r."couponId" = c."id"
      AND NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = p_shop AND v."redemptionId" = r."id")),
    CASE WHEN a."usesPerCustomer" IS NOT NULL AND q."customerId" IS NOT NULL
      THEN customer_uses(p_shop, q."customerId", a."number", a."usesPerCustomer") ELSE 0 END,
    t."used",
    (SELECT jsonb_agg(jsonb_build_object('reference', l."reference", 'customerId', l."customerId"::text) ORDER BY l."lockedAt", l."reference")
      FROM "CouponLock" l WHERE l."shopId" = p_shop AND l."couponId" = c."id" AND l."status" = 'held' AND l."endsAt" > p_now)
  FROM jsonb_to_recordset(p_uses) AS q("i" int, "couponId" bigint, "orderGid" text, "customerId" bigint)
  CROSS JOIN LATERAL (SELECT c.* FROM "Coupon" c WHERE c."shopId" = p_shop AND c."id" = q."couponId" OFFSET 0) c
  CROSS JOIN LATERAL (SELECT a.* FROM "Award" a WHERE a."shopId" = p_shop AND a."number" = c."awardNumber" OFFSET 0) a
  CROSS JOIN LATERAL (SELECT t.* FROM "AwardTally" t WHERE t."shopId" = p_shop AND t."awardNumber" = c."awardNumber" OFFSET 0) t
  -- The issuance that a use belongs to: the coupon's last one, or the customer's own of a shared code; first one that is open.
  LEFT JOIN LATERAL (
    (SELECT i.* FROM "Issuance" i WHERE NOT c."shared" AND i."shopId" = p_shop AND i."couponId" = c."id"
      ORDER BY i."status" IN ('open', 'returning') DESC, CASE WHEN i."status" IN ('open', 'returning') THEN i."id" ELSE -i."id" END LIMIT 1)
    UNION ALL
    (SELECT i.* FROM "Issuance" i WHERE c."shared" AND i."shopId" = p_shop AND i."customerId" = q."customerId"
      AND i."awardNumber" = c."awardNumber" AND i."couponId" = c."id"
      ORDER BY i."status" IN ('open', 'returning') DESC, CASE WHEN i."status" IN ('open', 'returning') THEN i."id" ELSE -i."id" END LIMIT 1)
  ) g ON true
  ORDER BY q."i", c."id";
END $$;

DROP FUNCTION record_order_uses(int, jsonb, jsonb, jsonb, timestamptz);
CREATE FUNCTION record_order_uses(p_shop int, p_uses jsonb, p_coupons jsonb, p_now timestamptz) RETURNS void LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  v_proven int;
  v_withdrawn text[];
BEGIN
  UPDATE "Issuance" i SET "status" = 'redeemed', "endedAt" = p_now
  FROM (SELECT p_shop AS "shopId", u.* FROM jsonb_to_recordset(p_uses) AS u("issuanceId" bigint, "proves" boolean) WHERE u."proves" OFFSET 0) u
  WHERE i."shopId" = u."shopId" AND i."id" = u."issuanceId" AND i."status" <> 'redeemed';
  GET DIAGNOSTICS v_proven = ROW_COUNT;
  IF v_proven <> (SELECT count(*) FROM jsonb_to_recordset(p_uses) AS u("proves" boolean) WHERE u."proves") THEN
    RAISE EXCEPTION 'an issuance was redeemed by somebody else while its account was locked';
  END IF;

  WITH recorded AS (
    INSERT INTO "Redemption" ("shopId", "awardNumber", "couponId", "issuanceId", "customerId", "orderGid", "orderName", "channel",
      "discountMinor", "currency", "flags", "redeemedAt", "recordedAt", "again")
    SELECT p_shop, u."awardNumber", u."couponId", u."issuanceId", u."customerId", u."orderGid", u."orderName", u."channel",
      u."discountMinor", u."currency", ARRAY(SELECT jsonb_array_elements_text(u."flags")), u."redeemedAt", p_now,
      (SELECT count(*) FROM "Redemption" r WHERE r."shopId" = p_shop AND r."orderGid" = u."orderGid" AND r."couponId" = u."couponId")
    FROM ROWS FROM (jsonb_to_recordset(p_uses) AS ("awardNumber" int, "couponId" bigint, "issuanceId" bigint, "customerId" bigint, "orderGid" text,
      "orderName" text, "channel" text, "discountMinor" bigint, "currency" text, "flags" jsonb, "redeemedAt" timestamptz)) WITH ORDINALITY AS u
    ORDER BY u."ordinality"
    RETURNING *
  )
  INSERT INTO "Event" ("shopId", "kind", "data", "occurredAt", "recordedAt")
  SELECT p_shop, 'coupon.redeemed', redeemed_event(r, c."code"), r."redeemedAt", p_now
  FROM recorded r CROSS JOIN LATERAL (SELECT c."code" FROM "Coupon" c WHERE c."shopId" = p_shop AND c."id" = r."couponId" OFFSET 0) c ORDER BY r."id";

  UPDATE "Coupon" c SET "usesCount" = c."usesCount" + u."uses",
    "status" = CASE WHEN u."over" THEN 'redeemed' ELSE c."status" END, "statusAt" = CASE WHEN u."over" THEN p_now ELSE c."statusAt" END
  FROM (SELECT p_shop AS "shopId", u.* FROM jsonb_to_recordset(p_coupons) AS u("id" bigint, "uses" int, "over" boolean) OFFSET 0) u
  WHERE c."shopId" = u."shopId" AND c."id" = u."id";

  SELECT array_agg(u."id"::text) INTO v_withdrawn FROM jsonb_to_recordset(p_coupons) AS u("id" bigint, "withdraw" boolean) WHERE u."withdraw";
  IF v_withdrawn IS NOT NULL THEN
    PERFORM record_changes(p_shop, 'withdraw_code', v_withdrawn, p_now);
  END IF;
END $$;
