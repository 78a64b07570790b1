-- The points ledger. Every change of a balance goes through post_points_entry, which keeps, for each customer:
--   balance = sum of entries = sum of lots' remaining - overdraft   (overdraft = what the balance is below zero)
--   remaining of a lot = its points - sum of its uses
--   each entry's hash = sha-256(hash of the one before, this entry)

-- Returns find their lots by the issuance that was paid for; reversals find the lot of their order.
CREATE INDEX "PointsEntry_issuance" ON "PointsEntry" ("shopId", "issuanceId") WHERE "issuanceId" IS NOT NULL;
CREATE INDEX "PointsEntry_order" ON "PointsEntry" ("shopId", "orderGid") WHERE "orderGid" IS NOT NULL;
-- A hold belongs to one issuance.
CREATE UNIQUE INDEX "Issuance_hold" ON "Issuance" ("shopId", "holdId") WHERE "holdId" IS NOT NULL;

-- A JSON array cannot be read in two ways, whatever stands in a note.
CREATE FUNCTION points_entry_hash(
  p_previous bytea, p_shop int, p_customer bigint, p_seq int, p_kind text, p_points int, p_balance_after int,
  p_reason text, p_note text, p_order text, p_issuance bigint, p_occurred timestamptz
) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(coalesce(p_previous, ''::bytea) || convert_to(jsonb_build_array(
    p_shop, p_customer, p_seq, p_kind, p_points, p_balance_after, p_reason, p_note, p_order, p_issuance,
    (extract(epoch FROM p_occurred) * 1000)::bigint)::text, 'UTF8'));
$$;

-- Takes p_need points out of a customer's lots, the lot of p_order's earning first, then the oldest. What the lots do not
-- hold is overdraft and leaves no use. The account row is locked by the caller.
CREATE FUNCTION use_points_lots(p_shop int, p_customer bigint, p_entry bigint, p_need int, p_order text) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_lot record;
  v_need int := p_need;
  v_taken int;
BEGIN
  FOR v_lot IN
    SELECT l."id", l."remaining" FROM "PointsLot" l
    WHERE l."shopId" = p_shop AND l."customerId" = p_customer AND l."remaining" > 0
    ORDER BY (p_order IS NOT NULL AND EXISTS (
      SELECT 1 FROM "PointsEntry" e
      WHERE e."shopId" = p_shop AND e."id" = l."entryId" AND e."orderGid" = p_order AND e."kind" = 'earned')) DESC, l."id"
  LOOP
    EXIT WHEN v_need = 0;
    v_taken := least(v_need, v_lot."remaining");
    UPDATE "PointsLot" SET "remaining" = "remaining" - v_taken WHERE "shopId" = p_shop AND "id" = v_lot."id";
    INSERT INTO "PointsLotUse" ("shopId", "entryId", "lotId", "points") VALUES (p_shop, p_entry, v_lot."id", v_taken);
    v_need := v_need - v_taken;
  END LOOP;
END $$;

-- Gives points back to the lots that paid for an issuance, the last used first, and answers how many found no lot
-- (they had been overdraft).
CREATE FUNCTION refill_points_lots(p_shop int, p_entry bigint, p_points int, p_issuance bigint) RETURNS int
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_lot record;
  v_left int := p_points;
  v_given int;
BEGIN
  FOR v_lot IN
    SELECT u."lotId" AS id, sum(u."points")::int AS used
    FROM "PointsEntry" e JOIN "PointsLotUse" u ON u."shopId" = p_shop AND u."entryId" = e."id"
    WHERE e."shopId" = p_shop AND e."issuanceId" = p_issuance AND e."kind" IN ('spent', 'spending_returned')
      -- A lot that an earlier return made is not one that paid.
      AND u."points" <> 0
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

-- Posts one entry, once per reason key. Outcomes: posted · already_posted · insufficient (the entry would take more than
-- is spendable and p_overdraft is false) · full (the balance, an int, cannot count so many). Answers the account after it.
-- What Shopify has told is never refused for its size: it is cut to what the balance can still count. What staff ask for is.
CREATE FUNCTION post_points_entry(
  p_shop int, p_customer bigint, p_kind "PointsEntryKind", p_points int, p_reason text, p_note text, p_order text,
  p_issuance bigint, p_occurred timestamptz, p_now timestamptz, p_overdraft boolean
) RETURNS TABLE ("outcome" text, "balance" int, "held" int) LANGUAGE plpgsql AS $$
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

  IF EXISTS (SELECT 1 FROM "PointsEntry" WHERE "shopId" = p_shop AND "reasonKey" = p_reason) THEN
    RETURN QUERY SELECT 'already_posted', v_account."balance", v_account."held";
    RETURN;
  END IF;
  IF p_points < 0 AND NOT p_overdraft AND v_account."balance"::bigint + p_points < v_account."held" THEN
    RETURN QUERY SELECT 'insufficient', v_account."balance", v_account."held";
    RETURN;
  END IF;
  v_points := greatest(least(p_points, 2147483647 - v_account."balance"::bigint), -2147483647 - v_account."balance"::bigint);
  IF v_points = 0 OR (v_points <> p_points AND p_kind IN ('adjusted', 'imported')) THEN
    RETURN QUERY SELECT 'full', v_account."balance", v_account."held";
    RETURN;
  END IF;
  v_balance := v_account."balance" + v_points;

  v_hash := points_entry_hash(v_account."lastHash", p_shop, p_customer, v_account."lastSeq" + 1, p_kind::text, v_points,
    v_balance, p_reason, p_note, p_order, p_issuance, p_occurred);
  INSERT INTO "PointsEntry" ("shopId", "customerId", "seq", "kind", "points", "balanceAfter", "reasonKey", "note",
    "orderGid", "issuanceId", "hash", "occurredAt", "recordedAt")
  VALUES (p_shop, p_customer, v_account."lastSeq" + 1, p_kind, v_points, v_balance, p_reason, p_note,
    p_order, p_issuance, v_hash, p_occurred, p_now)
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
      v_left := refill_points_lots(p_shop, v_entry, v_left, p_issuance);
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
  RETURN QUERY SELECT 'posted', v_balance, v_account."held";
END $$;

-- Ends a hold exactly once. True: this call ended it. The account is locked before the hold, as everywhere.
CREATE FUNCTION end_points_hold(p_shop int, p_customer bigint, p_hold bigint, p_status "HoldStatus", p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_points int;
BEGIN
  PERFORM 1 FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = p_customer FOR UPDATE;
  UPDATE "PointsHold" SET "status" = p_status, "endedAt" = p_now
  WHERE "shopId" = p_shop AND "id" = p_hold AND "customerId" = p_customer AND "status" = 'held'
  RETURNING "points" INTO v_points;
  IF v_points IS NULL THEN
    RETURN false;
  END IF;
  UPDATE "PointsAccount" SET "held" = "held" - v_points WHERE "shopId" = p_shop AND "customerId" = p_customer;
  RETURN true;
END $$;
