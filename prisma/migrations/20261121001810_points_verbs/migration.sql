-- Points for an integrator's own use: set aside for a while, spent, given back. And every entry tells whoever listens.

ALTER TABLE "PointsHold" ADD COLUMN     "note" TEXT,
ADD COLUMN     "requestKey" TEXT;

ALTER TABLE "PointsEntry" ADD COLUMN     "returnsEntryId" BIGINT;

CREATE UNIQUE INDEX "PointsHold_shopId_requestKey_key" ON "PointsHold"("shopId", "requestKey");

-- Holds that no issuance will end, for the sweep.
CREATE INDEX "PointsHold_asked" ON "PointsHold" ("shopId", "endsAt") WHERE "status" = 'held' AND "requestKey" IS NOT NULL;
-- What was given back of a spend.
CREATE INDEX "PointsEntry_returns" ON "PointsEntry" ("shopId", "returnsEntryId") WHERE "returnsEntryId" IS NOT NULL;

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
