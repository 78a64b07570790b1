-- Points that lapse. A lot ends with the shop's day, so many months after its points came; what is left of it then leaves the
-- balance as an entry of its own. Whoever decides about a customer's points lets first lapse what has lapsed: nothing depends on
-- how soon a sweep comes by.

-- Not later than the end of the first lot that still holds something; null: none ends. Kept in the row that is locked anyway,
-- so that asking costs nothing while nothing lapses.
ALTER TABLE "PointsAccount" ADD COLUMN "lapsesAt" TIMESTAMPTZ(3);

-- In the order in which they are spent.
DROP INDEX "PointsLot_open";
CREATE INDEX "PointsLot_open" ON "PointsLot" ("shopId", "customerId", "expiresAt", "id") WHERE "remaining" > 0;
-- Whose customer is still to be told.
CREATE INDEX "PointsLot_untold" ON "PointsLot" ("shopId", "expiresAt") WHERE "remaining" > 0 AND "expiresAt" IS NOT NULL AND "noticedAt" IS NULL;
CREATE INDEX "PointsHold_asked_of" ON "PointsHold" ("shopId", "customerId") WHERE "status" = 'held' AND "requestKey" IS NOT NULL;
-- What was recorded since an instant: the liability then is the balances now without it.
CREATE INDEX "PointsEntry_recorded" ON "PointsEntry" ("shopId", "recordedAt") INCLUDE ("customerId", "points");

-- The last millisecond of the shop's day that comes so many months after p_at; null: points do not lapse. 31 January and a month is
-- the last of February.
CREATE FUNCTION points_expire_at(p_months int, p_zone text, p_at timestamptz) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN
  RETURN day_start(date_trunc('day', p_at AT TIME ZONE p_zone) + make_interval(months => p_months) + interval '1 day', p_zone) - interval '1 millisecond';
END $$;

-- Points of a customer that were held at p_at or before and still are.
CREATE FUNCTION held_since(p_shop int, p_customer bigint, p_at timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(sum(h."points"), 0) FROM (
    SELECT h."points" FROM "PointsHold" h
    WHERE h."shopId" = p_shop AND h."customerId" = p_customer AND h."status" = 'held' AND h."requestKey" IS NOT NULL AND h."heldAt" <= p_at
    UNION ALL
    -- Those of coupons are found by their issuances: an index of them by customer would cost every issuance.
    SELECT h."points" FROM "Issuance" i JOIN "PointsHold" h ON h."shopId" = i."shopId" AND h."id" = i."holdId"
    WHERE i."shopId" = p_shop AND i."customerId" = p_customer AND i."status" IN ('open', 'returning') AND h."status" = 'held' AND h."heldAt" <= p_at) h);
END $$;

-- What of a customer's lots has lapsed by p_now and is to leave the balance. Held points are those that lapse first: a lot keeps what was
-- held before its end, until the hold is over. Nothing lapses that the holds need.
CREATE FUNCTION lapses_of(p_shop int, p_customer bigint, p_now timestamptz) RETURNS TABLE ("lotId" bigint, "points" int, "expiresAt" timestamptz)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
  v_account "PointsAccount";
  v_lot record;
  v_room int;
  v_keeps bigint;
  v_kept bigint := 0;
BEGIN
  SELECT * INTO v_account FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = p_customer AND "lapsesAt" <= p_now;
  v_room := greatest(0, v_account."balance"::bigint - v_account."held");
  IF v_room IS NULL OR v_room = 0 THEN
    RETURN;
  END IF;
  FOR v_lot IN
    SELECT l."id", l."remaining", l."expiresAt" FROM "PointsLot" l
    WHERE l."shopId" = p_shop AND l."customerId" = p_customer AND l."remaining" > 0 AND l."expiresAt" <= p_now
    ORDER BY l."expiresAt", l."id"
  LOOP
    v_keeps := CASE WHEN v_account."held" = 0 THEN 0
      ELSE least(v_lot."remaining", greatest(0, held_since(p_shop, p_customer, v_lot."expiresAt") - v_kept)) END;
    v_kept := v_kept + v_keeps;
    "lotId" := v_lot."id";
    "points" := least(v_lot."remaining" - v_keeps, v_room);
    "expiresAt" := v_lot."expiresAt";
    IF "points" > 0 THEN
      v_room := v_room - "points";
      RETURN NEXT;
    END IF;
  END LOOP;
END $$;

-- Every column of an entry, its id and the instant it was recorded too. A JSON array cannot be read in two ways, whatever stands
-- in a note.
DROP FUNCTION points_entry_hash(bytea, int, bigint, int, text, int, int, text, text, text, bigint, timestamptz);
CREATE FUNCTION points_entry_hash(
  p_previous bytea, p_shop int, p_id bigint, p_customer bigint, p_seq int, p_kind text, p_points int, p_balance_after int,
  p_reason text, p_note text, p_order text, p_issuance bigint, p_returns bigint, p_occurred timestamptz, p_recorded timestamptz
) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(coalesce(p_previous, ''::bytea) || convert_to(jsonb_build_array(
    p_shop, p_id, p_customer, p_seq, p_kind, p_points, p_balance_after, p_reason, p_note, p_order, p_issuance, p_returns,
    (extract(epoch FROM p_occurred) * 1000)::bigint, (extract(epoch FROM p_recorded) * 1000)::bigint)::text, 'UTF8'));
$$;

-- Entries of before are chained anew: this once, since nothing of it has left the house.
ALTER TABLE "PointsEntry" DISABLE TRIGGER "PointsEntry_append_only";
DO $$
DECLARE
  v_entry record;
  v_hash bytea;
BEGIN
  FOR v_entry IN SELECT * FROM "PointsEntry" ORDER BY "shopId", "customerId", "seq" LOOP
    v_hash := points_entry_hash(CASE WHEN v_entry."seq" > 1 THEN v_hash END, v_entry."shopId", v_entry."id", v_entry."customerId", v_entry."seq",
      v_entry."kind"::text, v_entry."points", v_entry."balanceAfter", v_entry."reasonKey", v_entry."note", v_entry."orderGid", v_entry."issuanceId",
      v_entry."returnsEntryId", v_entry."occurredAt", v_entry."recordedAt");
    UPDATE "PointsEntry" SET "hash" = v_hash WHERE "shopId" = v_entry."shopId" AND "id" = v_entry."id";
    UPDATE "PointsAccount" SET "lastHash" = v_hash WHERE "shopId" = v_entry."shopId" AND "customerId" = v_entry."customerId" AND "lastSeq" = v_entry."seq";
  END LOOP;
END $$;
ALTER TABLE "PointsEntry" ENABLE TRIGGER "PointsEntry_append_only";

-- Takes p_need points out of a customer's lots: out of p_lot alone, or the lot of p_order's earning first, then those that lapse first.
-- Lots that ended by p_spare come last: what is left of them is held. What the lots do not hold is overdraft and leaves no use. The account
-- row is locked by the caller.
DROP FUNCTION use_points_lots(int, bigint, bigint, int, text);
CREATE FUNCTION use_points_lots(p_shop int, p_customer bigint, p_entry bigint, p_need int, p_order text, p_lot bigint, p_spare timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_lot record;
  v_need int := p_need;
  v_taken int;
BEGIN
  FOR v_lot IN
    SELECT l."id", l."remaining" FROM "PointsLot" l
    WHERE l."shopId" = p_shop AND l."customerId" = p_customer AND l."remaining" > 0 AND (p_lot IS NULL OR l."id" = p_lot)
    ORDER BY (p_order IS NOT NULL AND EXISTS (
      SELECT 1 FROM "PointsEntry" e
      WHERE e."shopId" = p_shop AND e."id" = l."entryId" AND e."orderGid" = p_order AND e."kind" IN ('earned', 'merged'))) DESC,
      coalesce(l."expiresAt" <= p_spare, false), l."expiresAt" NULLS LAST, l."id"
  LOOP
    EXIT WHEN v_need = 0;
    v_taken := least(v_need, v_lot."remaining");
    UPDATE "PointsLot" SET "remaining" = "remaining" - v_taken WHERE "shopId" = p_shop AND "id" = v_lot."id";
    INSERT INTO "PointsLotUse" ("shopId", "entryId", "lotId", "points") VALUES (p_shop, p_entry, v_lot."id", v_taken);
    v_need := v_need - v_taken;
  END LOOP;
END $$;

DROP FUNCTION refill_points_lots(int, bigint, int, bigint);
-- Gives points back to the lots that paid for an issuance (p_issuance) or for one spend (p_spend), the last used first, and answers
-- how many found no lot (they had been overdraft). A lot keeps its end: what returns to one that is over lapses again. The lot of a
-- customer who was merged is followed to where it moved; one that had nothing left to move gets an heir when the first points return.
CREATE FUNCTION refill_points_lots(p_shop int, p_entry bigint, p_points int, p_issuance bigint, p_spend bigint) RETURNS int
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_customer bigint;
  v_lot record;
  v_heir bigint;
  v_left int := p_points;
  v_given int;
  v_ends timestamptz;
BEGIN
  SELECT "customerId" INTO STRICT v_customer FROM "PointsEntry" WHERE "shopId" = p_shop AND "id" = p_entry;
  FOR v_lot IN
    SELECT l."id", l."customerId", l."expiresAt", u.used
    FROM (
      SELECT coalesce(l."movedToId", l."id") AS id, sum(u."points")::int AS used
      FROM (
        SELECT "id" FROM "PointsEntry" WHERE "shopId" = p_shop AND "issuanceId" = p_issuance AND "kind" IN ('spent', 'spending_returned')
        UNION SELECT p_spend WHERE p_spend IS NOT NULL
        UNION SELECT "id" FROM "PointsEntry" WHERE "shopId" = p_shop AND "returnsEntryId" = p_spend) e
      JOIN "PointsLotUse" u ON u."shopId" = p_shop AND u."entryId" = e."id"
      JOIN "PointsLot" l ON l."shopId" = p_shop AND l."id" = u."lotId"
      -- A lot that an earlier return made is not one that paid.
      WHERE u."points" <> 0
      GROUP BY 1 HAVING sum(u."points") > 0) u
    JOIN "PointsLot" l ON l."shopId" = p_shop AND l."id" = u.id
    ORDER BY l."expiresAt" DESC NULLS FIRST, l."id" DESC
  LOOP
    EXIT WHEN v_left = 0;
    v_given := least(v_left, v_lot.used);
    IF v_lot."customerId" = v_customer THEN
      v_heir := v_lot."id";
      UPDATE "PointsLot" SET "remaining" = "remaining" + v_given WHERE "shopId" = p_shop AND "id" = v_heir;
    ELSE
      INSERT INTO "PointsLot" ("shopId", "customerId", "entryId", "points", "remaining", "expiresAt", "createdAt")
      SELECT p_shop, v_customer, p_entry, 0, v_given, v_lot."expiresAt", e."recordedAt" FROM "PointsEntry" e WHERE e."shopId" = p_shop AND e."id" = p_entry
      RETURNING "id" INTO v_heir;
      UPDATE "PointsLot" SET "movedToId" = v_heir WHERE "shopId" = p_shop AND ("id" = v_lot."id" OR "movedToId" = v_lot."id");
    END IF;
    INSERT INTO "PointsLotUse" ("shopId", "entryId", "lotId", "points") VALUES (p_shop, p_entry, v_heir, -v_given);
    v_left := v_left - v_given;
    v_ends := least(v_ends, v_lot."expiresAt");
    IF v_ends IS NOT NULL THEN
      UPDATE "PointsAccount" SET "lapsesAt" = v_ends
      WHERE "shopId" = p_shop AND "customerId" = v_customer AND ("lapsesAt" IS NULL OR "lapsesAt" > v_ends);
    END IF;
  END LOOP;
  RETURN v_left;
END $$;

-- Posts one entry, once per reason key. Outcomes: posted · already_posted · insufficient (the entry would take more than is
-- spendable and p_overdraft is false) · full (the balance, an int, cannot count so many). Answers the account after it, and the entry's id.
-- What Shopify has told is never refused for its size: it is cut to what the balance can still count. What staff ask for is.
-- p_returns names the spend whose points return; p_lot the lot that lapses. Points that are `merged` bring their end (p_expires); others
-- end by the shop's rule, counted from p_occurred.
DROP FUNCTION post_points_entry(int, bigint, "PointsEntryKind", int, text, text, text, bigint, timestamptz, timestamptz, boolean);
CREATE FUNCTION post_points_entry(
  p_shop int, p_customer bigint, p_kind "PointsEntryKind", p_points int, p_reason text, p_note text, p_order text,
  p_issuance bigint, p_occurred timestamptz, p_now timestamptz, p_overdraft boolean, p_returns bigint DEFAULT NULL,
  p_lot bigint DEFAULT NULL, p_expires timestamptz DEFAULT NULL
) RETURNS TABLE ("outcome" text, "balance" int, "held" int, "entryId" bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  -- A hold was proven and ended a moment ago: its points may be some that lapsed meanwhile.
  v_was_held boolean := p_kind = 'spent' AND p_overdraft;
  v_occurred timestamptz(3) := p_occurred;
  v_recorded timestamptz(3) := p_now;
  v_account "PointsAccount";
  v_points int;
  v_balance int;
  v_hash bytea;
  v_entry bigint;
  v_repaid int;
  v_left int;
  v_expires timestamptz := p_expires;
BEGIN
  -- An account with nothing on it is locked as any other.
  INSERT INTO "PointsAccount" ("shopId", "customerId") VALUES (p_shop, p_customer) ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT v_account FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = p_customer FOR UPDATE;

  SELECT "id" INTO v_entry FROM "PointsEntry" WHERE "shopId" = p_shop AND "reasonKey" = p_reason;
  IF FOUND THEN
    RETURN QUERY SELECT 'already_posted', v_account."balance", v_account."held", v_entry;
    RETURN;
  END IF;
  IF v_account."lapsesAt" <= p_now AND NOT v_was_held AND p_kind <> 'expired' THEN
    PERFORM lapse_points(p_shop, p_customer, p_now);
    SELECT * INTO STRICT v_account FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = p_customer;
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

  v_entry := nextval('"PointsEntry_id_seq"');
  v_hash := points_entry_hash(v_account."lastHash", p_shop, v_entry, p_customer, v_account."lastSeq" + 1, p_kind::text, v_points,
    v_balance, p_reason, p_note, p_order, p_issuance, p_returns, v_occurred, v_recorded);
  INSERT INTO "PointsEntry" ("shopId", "id", "customerId", "seq", "kind", "points", "balanceAfter", "reasonKey", "note",
    "orderGid", "issuanceId", "returnsEntryId", "hash", "occurredAt", "recordedAt")
  VALUES (p_shop, v_entry, p_customer, v_account."lastSeq" + 1, p_kind, v_points, v_balance, p_reason, p_note,
    p_order, p_issuance, p_returns, v_hash, v_occurred, v_recorded);
  UPDATE "PointsAccount" SET "balance" = v_balance, "lastSeq" = "lastSeq" + 1, "lastHash" = v_hash
  WHERE "shopId" = p_shop AND "customerId" = p_customer;

  IF v_points < 0 THEN
    PERFORM use_points_lots(p_shop, p_customer, v_entry, -v_points, CASE WHEN p_kind = 'earning_reversed' THEN p_order END, p_lot,
      CASE WHEN NOT v_was_held AND p_lot IS NULL THEN p_now END);
  ELSE
    -- What comes in first pays back what the account is below zero.
    v_repaid := least(v_points, greatest(0, -v_account."balance"));
    v_left := v_points - v_repaid;
    IF p_kind = 'spending_returned' THEN
      v_left := refill_points_lots(p_shop, v_entry, v_left, p_issuance, p_returns);
      v_repaid := 0;
    END IF;
    IF v_left + v_repaid > 0 THEN
      IF p_kind <> 'merged' THEN
        SELECT points_expire_at(s."expiryMonths", s."timeZone", v_occurred) INTO v_expires FROM "Shop" s WHERE s."id" = p_shop;
      END IF;
      INSERT INTO "PointsLot" ("shopId", "customerId", "entryId", "points", "remaining", "expiresAt", "createdAt")
      VALUES (p_shop, p_customer, v_entry, v_left + v_repaid, v_left, v_expires, p_now);
      IF v_left > 0 AND v_expires IS NOT NULL THEN
        UPDATE "PointsAccount" SET "lapsesAt" = least("lapsesAt", v_expires) WHERE "shopId" = p_shop AND "customerId" = p_customer;
      END IF;
    END IF;
    IF v_repaid > 0 THEN
      INSERT INTO "PointsLotUse" ("shopId", "entryId", "lotId", "points")
      SELECT p_shop, v_entry, "id", v_repaid FROM "PointsLot" WHERE "shopId" = p_shop AND "entryId" = v_entry;
    END IF;
  END IF;

  INSERT INTO "Event" ("shopId", "kind", "data", "occurredAt", "recordedAt")
  VALUES (p_shop, 'points.changed', jsonb_build_object('customerId', 'cus_' || p_customer, 'entryId', 'pte_' || v_entry, 'kind', p_kind,
    'points', v_points, 'balance', v_balance, 'issuanceId', 'iss_' || p_issuance,
    'orderId', regexp_replace(p_order, '^transaction:', '')), v_occurred, p_now);

  -- What came to a lot whose day is over already is gone again at once, and so is what was kept only because the holds needed it: a hold of
  -- today must not spend it.
  IF v_points > 0 AND (p_kind = 'spending_returned' OR v_expires <= p_now OR v_account."lapsesAt" <= p_now) THEN
    PERFORM lapse_points(p_shop, p_customer, p_now) FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = p_customer AND "lapsesAt" <= p_now;
    SELECT * INTO STRICT v_account FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = p_customer;
    v_balance := v_account."balance";
  END IF;
  RETURN QUERY SELECT 'posted', v_balance, v_account."held", v_entry;
END $$;

-- Lets lapse what has lapsed of a customer's points by p_now, an entry for each lot; answers how many points. The account is locked by the caller.
-- A lot to which points return may lapse again: the entry's number makes its reason unique, what the lot still holds makes it happen once.
CREATE FUNCTION lapse_points(p_shop int, p_customer bigint, p_now timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_lapse record;
  v_last record;
  v_points bigint := 0;
BEGIN
  FOR v_lapse IN SELECT * FROM lapses_of(p_shop, p_customer, p_now) LOOP
    -- Dated when its time came, but never before the entry that it follows.
    SELECT a."lastSeq", e."occurredAt" INTO v_last
    FROM "PointsAccount" a LEFT JOIN "PointsEntry" e ON e."shopId" = a."shopId" AND e."customerId" = a."customerId" AND e."seq" = a."lastSeq"
    WHERE a."shopId" = p_shop AND a."customerId" = p_customer;
    PERFORM post_points_entry(p_shop, p_customer, 'expired', -v_lapse."points", 'expire:' || v_lapse."lotId" || ':' || v_last."lastSeq" + 1,
      'Not used in time', NULL, NULL, least(p_now, greatest(v_lapse."expiresAt", v_last."occurredAt")), p_now, true, NULL, v_lapse."lotId");
    v_points := v_points + v_lapse."points";
  END LOOP;
  UPDATE "PointsAccount" SET "lapsesAt" = (
    SELECT min(l."expiresAt") FROM "PointsLot" l WHERE l."shopId" = p_shop AND l."customerId" = p_customer AND l."remaining" > 0)
  WHERE "shopId" = p_shop AND "customerId" = p_customer AND "lapsesAt" <= p_now;
  RETURN v_points;
END $$;

-- The same for many customers, whose accounts it locks.
CREATE FUNCTION lapse_points_of(p_shop int, p_customers bigint[], p_now timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM 1 FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = ANY (p_customers) ORDER BY "customerId" FOR UPDATE;
  RETURN (SELECT coalesce(sum(lapse_points(p_shop, "customerId", p_now)), 0) FROM unnest(p_customers) AS c("customerId"));
END $$;

-- Ends a hold exactly once. True: this call ended it. The account is locked before the hold, as everywhere. Points that only the hold
-- had kept from lapsing lapse when it ends unspent.
CREATE OR REPLACE FUNCTION end_points_hold(p_shop int, p_customer bigint, p_hold bigint, p_status "HoldStatus", p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_points int;
  v_lapses_at timestamptz;
BEGIN
  PERFORM 1 FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = p_customer FOR UPDATE;
  UPDATE "PointsHold" SET "status" = p_status, "endedAt" = p_now
  WHERE "shopId" = p_shop AND "id" = p_hold AND "customerId" = p_customer AND "status" = 'held'
  RETURNING "points" INTO v_points;
  IF v_points IS NULL THEN
    RETURN false;
  END IF;
  UPDATE "PointsAccount" SET "held" = "held" - v_points WHERE "shopId" = p_shop AND "customerId" = p_customer RETURNING "lapsesAt" INTO v_lapses_at;
  IF p_status = 'returned' AND v_lapses_at <= p_now THEN
    PERFORM lapse_points(p_shop, p_customer, p_now);
  END IF;
  RETURN true;
END $$;

-- Ends every hold of these customers that was asked for by an integrator and is past its end, and lets lapse what has lapsed; answers how many
-- holds those were. Holds of issuances are not touched: their codes leave Shopify first.
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
  PERFORM lapse_points(p_shop, a."customerId", p_now) FROM "PointsAccount" a
  WHERE a."shopId" = p_shop AND a."customerId" = ANY (p_customers) AND a."lapsesAt" <= p_now;
  RETURN v_ended;
END $$;

-- Locks the accounts of the requests in key order and lets lapse what has lapsed of their points; answers how many accounts there are.
CREATE FUNCTION lock_accounts(p_requests issue_request[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_count int;
  v_lapses boolean;
BEGIN
  SELECT count(*), bool_or(p."lapsesAt" <= q."at") INTO v_count, v_lapses
  FROM (SELECT q."shopId", q."customerId", max(q."at") AS "at" FROM unnest(p_requests) q GROUP BY 1, 2 ORDER BY 1, 2) q
  CROSS JOIN LATERAL (
    SELECT p."lapsesAt" FROM "PointsAccount" p WHERE p."shopId" = q."shopId" AND p."customerId" = q."customerId" FOR UPDATE) p;
  IF v_lapses THEN
    PERFORM lapse_points(q."shopId", q."customerId", q."at") FROM unnest(p_requests) q;
  END IF;
  RETURN v_count;
END $$;

-- Points of these orders that may be spent from now on become entries; answers how many did. One that was refunded meanwhile
-- altogether leaves none. Accounts are locked before what is pending, as everywhere.
CREATE FUNCTION mature_points(p_shop int, p_orders text[], p_now timestamptz) RETURNS int LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_customers bigint[] := ARRAY(SELECT DISTINCT "customerId" FROM "PendingEarning" WHERE "shopId" = p_shop AND "orderGid" = ANY (p_orders) ORDER BY 1);
  v_pending "PendingEarning";
  v_count int := 0;
BEGIN
  INSERT INTO "PointsAccount" ("shopId", "customerId") SELECT p_shop, c FROM unnest(v_customers) c ON CONFLICT DO NOTHING;
  PERFORM 1 FROM "PointsAccount" WHERE "shopId" = p_shop AND "customerId" = ANY (v_customers) ORDER BY "customerId" FOR UPDATE;
  FOR v_pending IN
    WITH ended AS (
      UPDATE "PendingEarning" SET "endedAt" = p_now
      -- A customer who was merged meanwhile is not locked: the next run finds the rest.
      WHERE "shopId" = p_shop AND "orderGid" = ANY (p_orders) AND "customerId" = ANY (v_customers) AND "endedAt" IS NULL AND "maturesAt" <= p_now
      RETURNING *)
    SELECT * FROM ended ORDER BY "customerId", "maturesAt", "orderGid"
  LOOP
    CONTINUE WHEN v_pending."points" = 0;
    PERFORM post_points_entry(p_shop, v_pending."customerId", 'earned', v_pending."points", 'earn:' || v_pending."orderGid", v_pending."note",
      v_pending."orderGid", NULL, v_pending."maturesAt", p_now, false);
    v_count := v_count + 1;
  END LOOP;
  RETURN v_count;
END $$;

-- What a walk over a shop's whole ledger has found.
CREATE TABLE "LedgerCheck" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,
    "endedAt" TIMESTAMPTZ(3),
    "afterCustomerId" BIGINT NOT NULL DEFAULT 0,
    "customersCount" INTEGER NOT NULL DEFAULT 0,
    "entriesCount" BIGINT NOT NULL DEFAULT 0,
    "brokenCount" INTEGER NOT NULL DEFAULT 0,
    "brokenCustomerId" BIGINT,
    "brokenSeq" INTEGER,

    CONSTRAINT "LedgerCheck_pkey" PRIMARY KEY ("shopId","id")
);
-- One at a time.
CREATE UNIQUE INDEX "LedgerCheck_open" ON "LedgerCheck" ("shopId") WHERE "endedAt" IS NULL;
