-- Two customers whom Shopify merged: the one who stays gets everything of the other, and whatever still names the other leads to them.

ALTER TABLE "Customer" ADD COLUMN "mergedAt" TIMESTAMPTZ(3);
ALTER TABLE "PointsLot" ADD COLUMN "movedToId" BIGINT;

CREATE INDEX "Customer_merged" ON "Customer" ("shopId", "mergedIntoId") WHERE "mergedIntoId" IS NOT NULL;
-- Who was merged of late: news that was under way may still come to them.
CREATE INDEX "Customer_merged_at" ON "Customer" ("shopId", "mergedAt") WHERE "mergedAt" IS NOT NULL;
CREATE INDEX "Coupon_bound_customer" ON "Coupon" ("shopId", "boundCustomerId") WHERE "boundCustomerId" IS NOT NULL;
CREATE INDEX "PointsLot_moved" ON "PointsLot" ("shopId", "movedToId") WHERE "movedToId" IS NOT NULL;

-- Where the lot of a merged customer moved, what was spent of it before returns too: it may then hold more than moved.
ALTER TABLE "PointsLot" DROP CONSTRAINT "PointsLot_remaining", ADD CONSTRAINT "PointsLot_remaining" CHECK ("remaining" >= 0);

-- The fact stays as it was recorded; only who it is about may change, and only from a merged customer to whom they were merged into.
CREATE FUNCTION refuse_change_of_redemption() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'customerId' = to_jsonb(OLD) - 'customerId' AND EXISTS (
    SELECT 1 FROM "Customer" k WHERE k."shopId" = OLD."shopId" AND k."id" = OLD."customerId" AND k."mergedIntoId" = NEW."customerId") THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
DROP TRIGGER "Redemption_append_only" ON "Redemption";
CREATE TRIGGER "Redemption_append_only" BEFORE UPDATE OR DELETE ON "Redemption" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_redemption();

-- Moves a balance with its lots: one entry takes all of it, then one entry for each lot brings it, with the end that the lot had. Debt moves
-- too. Answers how many points moved. Both accounts are locked, what has lapsed by now has lapsed, and the holds have moved.
CREATE FUNCTION move_points(p_shop int, p_from bigint, p_to bigint, p_now timestamptz) RETURNS int LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_account "PointsAccount";
  v_key text;
  v_lots jsonb;
  v_lot record;
  v_entry bigint;
  v_heir bigint;
BEGIN
  SELECT * INTO STRICT v_account FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = p_from;
  IF v_account."balance" = 0 THEN
    RETURN 0;
  END IF;
  -- Another number each time: news that was under way may bring points to the merged customer once more.
  v_key := 'merge:' || p_from || ':' || v_account."lastSeq" + 1;
  v_lots := (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', l."id", 'remaining', l."remaining", 'expiresAt', l."expiresAt", 'noticedAt', l."noticedAt",
      'orderGid', CASE WHEN e."kind" IN ('earned', 'merged') THEN e."orderGid" END) ORDER BY l."expiresAt", l."id"), '[]')
    FROM "PointsLot" l JOIN "PointsEntry" e ON e."shopId" = l."shopId" AND e."id" = l."entryId"
    WHERE l."shopId" = p_shop AND l."customerId" = p_from AND l."remaining" > 0);
  -- What a hold had kept from lapsing goes along with the hold.
  UPDATE "PointsAccount" SET "lapsesAt" = NULL WHERE "shopId" = p_shop AND "customerId" = p_from;
  PERFORM post_points_entry(p_shop, p_from, 'merged', -v_account."balance", v_key, 'Moved to the account this one was merged into', NULL, NULL, p_now, p_now, true);
  IF v_account."balance" < 0 THEN
    PERFORM post_points_entry(p_shop, p_to, 'merged', v_account."balance", v_key || ':debt', 'Owed by an account merged into this one', NULL, NULL, p_now, p_now, true);
    RETURN v_account."balance";
  END IF;
  FOR v_lot IN
    SELECT * FROM jsonb_to_recordset(v_lots) AS l("id" bigint, "remaining" int, "expiresAt" timestamptz, "noticedAt" timestamptz, "orderGid" text)
  LOOP
    SELECT p."entryId" INTO v_entry FROM post_points_entry(p_shop, p_to, 'merged', v_lot."remaining", v_key || ':' || v_lot."id", 'From an account merged into this one',
      v_lot."orderGid", NULL, p_now, p_now, true, NULL, NULL, v_lot."expiresAt") p;
    UPDATE "PointsLot" SET "noticedAt" = v_lot."noticedAt" WHERE "shopId" = p_shop AND "entryId" = v_entry RETURNING "id" INTO v_heir;
    UPDATE "PointsLot" SET "movedToId" = v_heir WHERE "shopId" = p_shop AND ("id" = v_lot."id" OR "movedToId" = v_lot."id");
  END LOOP;
  RETURN v_account."balance";
END $$;

-- Gives one customer everything of another: points with their holds, orders, coupons, their locks and uses, places on lists. Does it again
-- without harm, and then moves what came to the other meanwhile. Answers how many points moved.
CREATE FUNCTION move_customer(p_shop int, p_from bigint, p_to bigint, p_now timestamptz) RETURNS int LANGUAGE plpgsql AS $$
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
    RETURNING l."awardNumber"),
  kept AS (
    INSERT INTO "AwardCustomer" ("shopId", "awardNumber", "customerId") SELECT p_shop, "awardNumber", p_to FROM listed ON CONFLICT DO NOTHING)
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

-- Shopify has merged p_deleted into p_kept, known to us or not. Outcomes: merged · already_merged · same (they are one already, the other
-- way round). Merges of merges end at the last who stays.
CREATE FUNCTION merge_customers(p_shop int, p_kept text, p_deleted text, p_now timestamptz)
RETURNS TABLE ("outcome" text, "keptId" bigint, "deletedId" bigint, "points" int) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_kept "Customer";
  v_deleted "Customer";
  v_points int := 0;
  v_moved record;
BEGIN
  -- In the order of their gids, as whoever remembers customers locks them.
  INSERT INTO "Customer" ("shopId", "gid", "updatedAt") SELECT p_shop, g, p_now FROM unnest(ARRAY[p_kept, p_deleted]) g ORDER BY g ON CONFLICT DO NOTHING;
  PERFORM 1 FROM "Customer" WHERE "shopId" = p_shop AND "gid" IN (p_kept, p_deleted) ORDER BY "gid" FOR UPDATE;
  SELECT * INTO STRICT v_kept FROM "Customer" WHERE "shopId" = p_shop AND "gid" = p_kept;
  SELECT * INTO STRICT v_deleted FROM "Customer" WHERE "shopId" = p_shop AND "gid" = p_deleted;
  IF v_kept."mergedIntoId" IS NOT NULL THEN
    SELECT * INTO STRICT v_kept FROM "Customer" WHERE "shopId" = p_shop AND "id" = v_kept."mergedIntoId" FOR UPDATE;
  END IF;
  IF v_kept."id" = v_deleted."id" THEN
    RETURN QUERY SELECT 'same', v_kept."id", v_deleted."id", 0;
    RETURN;
  END IF;
  IF v_deleted."mergedIntoId" IS NOT NULL THEN
    RETURN QUERY SELECT 'already_merged', v_deleted."mergedIntoId", v_deleted."id", move_customer(p_shop, v_deleted."id", v_deleted."mergedIntoId", p_now);
    RETURN;
  END IF;

  UPDATE "Customer" SET "mergedIntoId" = v_kept."id", "mergedAt" = p_now, "externalId" = CASE WHEN v_kept."externalId" IS NOT NULL THEN "externalId" END, "updatedAt" = p_now
  WHERE "shopId" = p_shop AND "id" = v_deleted."id";
  UPDATE "Customer" SET "mergedIntoId" = v_kept."id" WHERE "shopId" = p_shop AND "mergedIntoId" = v_deleted."id";
  UPDATE "Customer" SET
    "firstName" = coalesce("firstName", v_deleted."firstName"), "lastName" = coalesce("lastName", v_deleted."lastName"),
    "email" = coalesce("email", v_deleted."email"), "phone" = coalesce("phone", v_deleted."phone"), "externalId" = coalesce("externalId", v_deleted."externalId"),
    "registeredAt" = least("registeredAt", v_deleted."registeredAt"), "ordersCount" = "ordersCount" + v_deleted."ordersCount",
    "birthMonth" = coalesce("birthMonth", v_deleted."birthMonth"), "birthDay" = CASE WHEN "birthMonth" IS NULL THEN v_deleted."birthDay" ELSE "birthDay" END, "updatedAt" = p_now
  WHERE "shopId" = p_shop AND "id" = v_kept."id" AND "erasedAt" IS NULL;
  v_points := move_customer(p_shop, v_deleted."id", v_kept."id", p_now);
  -- What came late to those who were merged into the other before.
  FOR v_moved IN SELECT "id" FROM "Customer" WHERE "shopId" = p_shop AND "mergedIntoId" = v_kept."id" AND "id" <> v_deleted."id" ORDER BY "id" LOOP
    PERFORM move_customer(p_shop, v_moved."id", v_kept."id", p_now);
  END LOOP;
  RETURN QUERY SELECT 'merged', v_kept."id", v_deleted."id", v_points;
END $$;
