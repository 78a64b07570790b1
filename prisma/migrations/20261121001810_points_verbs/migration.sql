-- Points for an integrator's own use: set aside for a while, spent, given back. And every entry tells whoever listens.

ALTER TABLE "PointsHold" ADD COLUMN     "note" TEXT,
ADD COLUMN     "requestKey" TEXT;

ALTER TABLE "PointsEntry" ADD COLUMN     "returnsEntryId" BIGINT;

CREATE UNIQUE INDEX "PointsHold_shopId_requestKey_key" ON "PointsHold"("shopId", "requestKey");

-- Holds that no issuance will end, for the sweep.
CREATE INDEX "PointsHold_asked" ON "PointsHold" ("shopId", "endsAt") WHERE "status" = 'held' AND "requestKey" IS NOT NULL;
-- What was given back of a spend.
CREATE INDEX "PointsEntry_returns" ON "PointsEntry" ("shopId", "returnsEntryId") WHERE "returnsEntryId" IS NOT NULL;

-- Gives points back to the lots that paid for an issuance (p_issuance) or for one spend (p_spend), the last used first, and
-- answers how many found no lot (they had been overdraft).
DROP FUNCTION refill_points_lots(int, bigint, int, bigint);
CREATE FUNCTION refill_points_lots(p_shop int, p_entry bigint, p_points int, p_issuance bigint, p_spend bigint) RETURNS int
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_lot record;
  v_left int := p_points;
  v_given int;
BEGIN
  FOR v_lot IN
    SELECT u."lotId" AS id, sum(u."points")::int AS used
    FROM (
      SELECT "id" FROM "PointsEntry" WHERE "shopId" = p_shop AND "issuanceId" = p_issuance AND "kind" IN ('spent', 'spending_returned')
      UNION SELECT p_spend WHERE p_spend IS NOT NULL
      UNION SELECT "id" FROM "PointsEntry" WHERE "shopId" = p_shop AND "returnsEntryId" = p_spend) e
    JOIN "PointsLotUse" u ON u."shopId" = p_shop AND u."entryId" = e."id"
    -- A lot that an earlier return made is not one that paid.
    WHERE u."points" <> 0
    GROUP BY u."lotId" HAVING sum(u."points") > 0
    ORDER BY u."lotId" DESC
  LOOP
    EXIT WHEN v_left = 0;
    v_given := least(v_left, v_lot.used);
    UPDATE "PointsLot" SET "remaining" = "remaining" + v_given WHERE "shopId" = p_shop AND "id" = v_lot.id;
    INSERT INTO "PointsLotUse" ("shopId", "entryId", "lotId", "points") VALUES (p_shop, p_entry, v_lot.id, -v_given);
    v_left := v_left - v_given;
  END LOOP;
  RETURN v_left;
END $$;

-- As before, and: p_returns names the spend whose points return; the entry's id is answered; the entry is told as an event.
DROP FUNCTION post_points_entry(int, bigint, "PointsEntryKind", int, text, text, text, bigint, timestamptz, timestamptz, boolean);
CREATE FUNCTION post_points_entry(
  p_shop int, p_customer bigint, p_kind "PointsEntryKind", p_points int, p_reason text, p_note text, p_order text,
  p_issuance bigint, p_occurred timestamptz, p_now timestamptz, p_overdraft boolean, p_returns bigint DEFAULT NULL
) RETURNS TABLE ("outcome" text, "balance" int, "held" int, "entryId" bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_account "PointsAccount";
  v_points int;
  v_balance int;
  v_hash bytea;
  v_entry bigint;
  v_repaid int;
  v_left int;
BEGIN
  -- An account with nothing on it is locked as any other.
  INSERT INTO "PointsAccount" ("shopId", "customerId") VALUES (p_shop, p_customer) ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT v_account FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = p_customer FOR UPDATE;

  SELECT "id" INTO v_entry FROM "PointsEntry" WHERE "shopId" = p_shop AND "reasonKey" = p_reason;
  IF FOUND THEN
    RETURN QUERY SELECT 'already_posted', v_account."balance", v_account."held", v_entry;
    RETURN;
  END IF;
  IF p_points < 0 AND NOT p_overdraft AND v_account."balance"::bigint + p_points < v_account."held" THEN
    RETURN QUERY SELECT 'insufficient', v_account."balance", v_account."held", NULL::bigint;
    RETURN;
  END IF;
  v_points := greatest(least(p_points, 2147483647 - v_account."balance"::bigint), -2147483647 - v_account."balance"::bigint);
  IF v_points = 0 OR (v_points <> p_points AND p_kind IN ('adjusted', 'imported')) THEN
    RETURN QUERY SELECT 'full', v_account."balance", v_account."held", NULL::bigint;
    RETURN;
  END IF;
  v_balance := v_account."balance" + v_points;

  v_hash := points_entry_hash(v_account."lastHash", p_shop, p_customer, v_account."lastSeq" + 1, p_kind::text, v_points,
    v_balance, p_reason, p_note, p_order, p_issuance, p_occurred);
  INSERT INTO "PointsEntry" ("shopId", "customerId", "seq", "kind", "points", "balanceAfter", "reasonKey", "note",
    "orderGid", "issuanceId", "returnsEntryId", "hash", "occurredAt", "recordedAt")
  VALUES (p_shop, p_customer, v_account."lastSeq" + 1, p_kind, v_points, v_balance, p_reason, p_note,
    p_order, p_issuance, p_returns, v_hash, p_occurred, p_now)
  RETURNING "id" INTO v_entry;
  UPDATE "PointsAccount" SET "balance" = v_balance, "lastSeq" = "lastSeq" + 1, "lastHash" = v_hash
  WHERE "shopId" = p_shop AND "customerId" = p_customer;

  IF v_points < 0 THEN
    PERFORM use_points_lots(p_shop, p_customer, v_entry, -v_points, CASE WHEN p_kind = 'earning_reversed' THEN p_order END);
  ELSE
    -- What comes in first pays back what the account is below zero.
    v_repaid := least(v_points, greatest(0, -v_account."balance"));
    v_left := v_points - v_repaid;
    IF p_kind = 'spending_returned' THEN
      v_left := refill_points_lots(p_shop, v_entry, v_left, p_issuance, p_returns);
      v_repaid := 0;
    END IF;
    IF v_left + v_repaid > 0 THEN
      INSERT INTO "PointsLot" ("shopId", "customerId", "entryId", "points", "remaining", "createdAt")
      VALUES (p_shop, p_customer, v_entry, v_left + v_repaid, v_left, p_now);
    END IF;
    IF v_repaid > 0 THEN
      INSERT INTO "PointsLotUse" ("shopId", "entryId", "lotId", "points")
      SELECT p_shop, v_entry, "id", v_repaid FROM "PointsLot" WHERE "shopId" = p_shop AND "entryId" = v_entry;
    END IF;
  END IF;

  INSERT INTO "Event" ("shopId", "kind", "data", "occurredAt", "recordedAt")
  VALUES (p_shop, 'points.changed', jsonb_build_object('customerId', 'cus_' || p_customer, 'entryId', 'pte_' || v_entry, 'kind', p_kind,
    'points', v_points, 'balance', v_balance, 'issuanceId', 'iss_' || p_issuance,
    'orderId', regexp_replace(p_order, '^transaction:', '')), p_occurred, p_now);
  RETURN QUERY SELECT 'posted', v_balance, v_account."held", v_entry;
END $$;

-- Ends every hold of these customers that was asked for by an integrator and is past its end; answers how many those were.
-- Holds of issuances are not touched: their codes leave Shopify first.
CREATE FUNCTION end_overdue_holds(p_shop int, p_customers bigint[], p_now timestamptz) RETURNS int LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_ended int;
BEGIN
  PERFORM 1 FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = ANY (p_customers) ORDER BY "customerId" FOR UPDATE;
  WITH ended AS (
    UPDATE "PointsHold" SET "status" = 'returned', "endedAt" = p_now
    WHERE "shopId" = p_shop AND "customerId" = ANY (p_customers) AND "status" = 'held' AND "requestKey" IS NOT NULL AND "endsAt" <= p_now
    RETURNING "customerId", "points"),
  freed AS (
    UPDATE "PointsAccount" a SET "held" = a."held" - e."points"
    FROM (SELECT "customerId", sum("points")::int AS "points" FROM ended GROUP BY 1) e
    WHERE a."shopId" = p_shop AND a."customerId" = e."customerId")
  SELECT count(*) INTO v_ended FROM ended;
  RETURN v_ended;
END $$;

-- Sets points aside, once per request key. Answers the hold of this key (repeated: an earlier call made it), or none where
-- the account has not so many to spend.
CREATE FUNCTION hold_points(p_shop int, p_customer bigint, p_points int, p_key text, p_note text, p_ends timestamptz, p_now timestamptz)
RETURNS TABLE ("repeated" boolean, "holdId" bigint, "points" int, "endsAt" timestamptz, "balance" int, "held" int) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_account "PointsAccount";
  v_hold "PointsHold";
  v_repeated boolean;
BEGIN
  INSERT INTO "PointsAccount" ("shopId", "customerId") VALUES (p_shop, p_customer) ON CONFLICT DO NOTHING;
  PERFORM end_overdue_holds(p_shop, ARRAY[p_customer], p_now);
  SELECT * INTO STRICT v_account FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = p_customer;

  SELECT * INTO v_hold FROM "PointsHold" WHERE "shopId" = p_shop AND "requestKey" = p_key;
  v_repeated := FOUND;
  IF NOT v_repeated AND v_account."balance"::bigint - v_account."held" >= p_points THEN
    INSERT INTO "PointsHold" ("shopId", "customerId", "points", "requestKey", "note", "heldAt", "endsAt")
    VALUES (p_shop, p_customer, p_points, p_key, p_note, p_now, p_ends) RETURNING * INTO v_hold;
    UPDATE "PointsAccount" SET "held" = "held" + p_points
    WHERE "shopId" = p_shop AND "customerId" = p_customer RETURNING * INTO v_account;
  END IF;
  RETURN QUERY SELECT v_repeated, v_hold."id", v_hold."points", v_hold."endsAt", v_account."balance", v_account."held";
END $$;
