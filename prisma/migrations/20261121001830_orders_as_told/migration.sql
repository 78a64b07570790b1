-- As before, but an integrator's order is told by the id that the integrator gave it.
CREATE OR REPLACE FUNCTION post_points_entry(
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
