-- Who is on a list says which import put them there, so that undoing it takes nobody off who was there before.
ALTER TABLE "AwardCustomer" ADD COLUMN "importId" BIGINT;
UPDATE "AwardCustomer" c SET "importId" = r."importId"
FROM "Import" i JOIN "ImportRow" r ON r."shopId" = i."shopId" AND r."importId" = i."id"
WHERE i."kind" = 'eligible' AND i."status" IN ('applying', 'applied', 'cancelled', 'undoing') AND r."fate" IS NULL AND r."line" <= i."appliedUntil"
  AND c."shopId" = i."shopId" AND c."awardNumber" = i."awardNumber" AND c."customerId" = r."customerId";

-- As it was, but that a place on a list keeps the import it came by; of two places the older counts.
CREATE OR REPLACE FUNCTION move_customer(p_shop int, p_from bigint, p_to bigint, p_now timestamptz) RETURNS int LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_from_gid text;
  v_to_gid text;
  v_held int;
  v_awards int[];
  v_parents text[];
BEGIN
  -- Orders before accounts: whoever works an order has locked it first.
  PERFORM 1 FROM "Order" WHERE "shopId" = p_shop AND "customerId" = p_from ORDER BY "gid" FOR UPDATE;
  UPDATE "Order" SET "customerId" = p_to WHERE "shopId" = p_shop AND "customerId" = p_from;
  PERFORM open_points_accounts(p_shop, ARRAY[p_from, p_to]);
  PERFORM lapse_points(p_shop, c, p_now) FROM unnest(ARRAY[p_from, p_to]) c;

  -- The request key of a hold or an issuance names its customer: asked again, the same is answered.
  UPDATE "PointsHold" h SET "customerId" = p_to,
    "requestKey" = CASE WHEN EXISTS (
      SELECT 1 FROM "PointsHold" o WHERE o."shopId" = p_shop AND o."requestKey" = regexp_replace(h."requestKey", '^hold:' || p_from || ':', 'hold:' || p_to || ':'))
      THEN h."requestKey" ELSE regexp_replace(h."requestKey", '^hold:' || p_from || ':', 'hold:' || p_to || ':') END
  WHERE h."shopId" = p_shop AND h."customerId" = p_from;
  UPDATE "Issuance" i SET "customerId" = p_to,
    "requestKey" = CASE WHEN EXISTS (
      SELECT 1 FROM "Issuance" o WHERE o."shopId" = p_shop AND o."requestKey" = regexp_replace(i."requestKey", '^([a-z_]+):' || p_from || ':', '\1:' || p_to || ':'))
      THEN i."requestKey" ELSE regexp_replace(i."requestKey", '^([a-z_]+):' || p_from || ':', '\1:' || p_to || ':') END
  WHERE i."shopId" = p_shop AND i."customerId" = p_from;
  UPDATE "PointsAccount" SET "held" = 0 FROM (
    SELECT "held" AS was FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = p_from) a
  WHERE "shopId" = p_shop AND "customerId" = p_from RETURNING a.was INTO v_held;
  UPDATE "PointsAccount" SET "held" = "held" + v_held WHERE "shopId" = p_shop AND "customerId" = p_to;
  UPDATE "PendingEarning" SET "customerId" = p_to WHERE "shopId" = p_shop AND "customerId" = p_from;

  PERFORM 1 FROM "Coupon" WHERE "shopId" = p_shop AND "id" IN (
    SELECT "id" FROM "Coupon" WHERE "shopId" = p_shop AND "customerId" = p_from UNION SELECT "id" FROM "Coupon" WHERE "shopId" = p_shop AND "boundCustomerId" = p_from)
  ORDER BY "id" FOR UPDATE;
  UPDATE "Coupon" SET "customerId" = p_to WHERE "shopId" = p_shop AND "customerId" = p_from;
  UPDATE "Coupon" SET "boundCustomerId" = p_to WHERE "shopId" = p_shop AND "boundCustomerId" = p_from;
  UPDATE "CouponLock" SET "customerId" = p_to WHERE "shopId" = p_shop AND "customerId" = p_from AND "status" = 'held';
  UPDATE "Redemption" SET "customerId" = p_to WHERE "shopId" = p_shop AND "customerId" = p_from;

  WITH listed AS (
    DELETE FROM "AwardCustomer" l USING "Award" a
    WHERE a."shopId" = p_shop AND a."audience" = 'listed' AND l."shopId" = p_shop AND l."awardNumber" = a."number" AND l."customerId" = p_from
    RETURNING l."awardNumber", l."importId"),
  kept AS (
    INSERT INTO "AwardCustomer" AS l ("shopId", "awardNumber", "customerId", "importId") SELECT p_shop, "awardNumber", p_to, "importId" FROM listed
    ON CONFLICT ("shopId", "awardNumber", "customerId")
    DO UPDATE SET "importId" = CASE WHEN l."importId" IS NOT NULL AND EXCLUDED."importId" IS NOT NULL THEN least(l."importId", EXCLUDED."importId") END)
  SELECT array_agg("awardNumber") INTO v_awards FROM listed;
  SELECT "gid" INTO v_from_gid FROM "Customer" WHERE "shopId" = p_shop AND "id" = p_from;
  SELECT "gid" INTO v_to_gid FROM "Customer" WHERE "shopId" = p_shop AND "id" = p_to;
  -- Shopify asks its own customer at the checkout: discounts that name the other are told anew.
  UPDATE "ParentDiscount" SET "customerGid" = v_to_gid, "updatedAt" = p_now WHERE "shopId" = p_shop AND "customerGid" = v_from_gid;
  SELECT array_agg("id"::text) INTO v_parents FROM "ParentDiscount"
  WHERE "shopId" = p_shop AND "state" <> 'local' AND "retiredAt" IS NULL AND (("customerGid" = v_to_gid AND "updatedAt" = p_now) OR "awardNumber" = ANY (v_awards));
  IF v_parents IS NOT NULL THEN
    PERFORM record_changes(p_shop, 'put_discount', v_parents, p_now);
  END IF;

  RETURN move_points(p_shop, p_from, p_to, p_now);
END $$;
