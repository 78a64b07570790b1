-- A note can be erased when a person is to be forgotten, and the chain still holds: it covers a digest of the note, salted by the entry so that
-- a short note cannot be guessed from what is left. What was written before this is covered as it stands, and stays.
ALTER TABLE "PointsEntry" ADD COLUMN "noteSalt" BYTEA, ADD COLUMN "noteDigest" BYTEA;

CREATE FUNCTION points_note_digest(p_note text, p_salt bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(p_salt || convert_to(p_note, 'UTF8'));
$$;

-- What the chain covers of a note. An object is no text: what was covered as it stands cannot be passed off as a digest. A note without the
-- salt it had, or with a digest beside it, is in no state that the app leaves it in: false never fits.
CREATE FUNCTION points_note_in_chain(p_note text, p_salt bytea, p_digest bytea) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN p_salt IS NULL AND p_digest IS NULL THEN to_jsonb(p_note)
    WHEN p_note IS NOT NULL AND p_salt IS NOT NULL AND p_digest IS NULL THEN jsonb_build_object('sha256', encode(points_note_digest(p_note, p_salt), 'hex'))
    WHEN p_note IS NULL AND p_salt IS NULL THEN jsonb_build_object('sha256', encode(p_digest, 'hex'))
    ELSE 'false'::jsonb END;
$$;

-- The hash of an entry as before, but that its note comes as the chain covers it.
DROP FUNCTION points_entry_hash(bytea, int, bigint, bigint, int, text, int, int, text, text, text, bigint, bigint, timestamptz, timestamptz);
CREATE FUNCTION points_entry_hash(
  p_previous bytea, p_shop int, p_id bigint, p_customer bigint, p_seq int, p_kind text, p_points int, p_balance_after int,
  p_reason text, p_note jsonb, p_order text, p_issuance bigint, p_returns bigint, p_occurred timestamptz, p_recorded timestamptz
) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(coalesce(p_previous, ''::bytea) || convert_to(jsonb_build_array(
    p_shop, p_id, p_customer, p_seq, p_kind, p_points, p_balance_after, p_reason, p_note, p_order, p_issuance, p_returns,
    (extract(epoch FROM p_occurred) * 1000)::bigint, (extract(epoch FROM p_recorded) * 1000)::bigint)::text, 'UTF8'));
$$;

-- A line of the ledger stays as it was written; all that may ever happen to it is that its note gives way to the note's digest.
CREATE FUNCTION refuse_change_of_points_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD."note" IS NOT NULL AND OLD."noteSalt" IS NOT NULL AND NEW."note" IS NULL AND NEW."noteSalt" IS NULL
    AND NEW."noteDigest" = points_note_digest(OLD."note", OLD."noteSalt")
    AND to_jsonb(NEW) - ARRAY['note', 'noteSalt', 'noteDigest'] = to_jsonb(OLD) - ARRAY['note', 'noteSalt', 'noteDigest'] THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
DROP TRIGGER "PointsEntry_append_only" ON "PointsEntry";
CREATE TRIGGER "PointsEntry_append_only" BEFORE UPDATE OR DELETE ON "PointsEntry" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_points_entry();

-- As it was, but that a note is salted.
CREATE OR REPLACE FUNCTION post_points_entry(
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
  v_salt bytea := CASE WHEN p_note IS NOT NULL THEN uuid_send(gen_random_uuid()) END;
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
    v_balance, p_reason, points_note_in_chain(p_note, v_salt, NULL), p_order, p_issuance, p_returns, v_occurred, v_recorded);
  INSERT INTO "PointsEntry" ("shopId", "id", "customerId", "seq", "kind", "points", "balanceAfter", "reasonKey", "note", "noteSalt",
    "orderGid", "issuanceId", "returnsEntryId", "hash", "occurredAt", "recordedAt")
  VALUES (p_shop, v_entry, p_customer, v_account."lastSeq" + 1, p_kind, v_points, v_balance, p_reason, p_note, v_salt,
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
