-- What Prisma cannot say: partial indexes for the paths that must not slow down with millions of codes, and checks that
-- hold whatever the code above them does.

-- Claiming: among the codes that can be handed out and nothing else, in the order of a hash. A claim starts anywhere, so
-- claims neither queue at the head of a pool nor walk over the codes already given; and no other index offers this order,
-- so the planner cannot walk the primary key instead.
CREATE INDEX "Coupon_claim" ON "Coupon" ("shopId", "poolId", hashint8("id")) WHERE "status" = 'available' AND "codeState" = 'live';
-- The one code of an award that everybody shares.
CREATE INDEX "Coupon_shared" ON "Coupon" ("shopId", "awardNumber", "id") WHERE "shared";
-- Pushing: what of a parent discount Shopify has not been told yet.
CREATE INDEX "Coupon_planned" ON "Coupon" ("shopId", "parentId", "id") WHERE "codeState" = 'planned';
CREATE INDEX "Coupon_submission" ON "Coupon" ("shopId", "submissionId") WHERE "codeState" = 'submitted';
-- The codes table of an award, newest first.
CREATE INDEX "Coupon_award" ON "Coupon" ("shopId", "awardNumber", "id");
-- A customer's coupons.
CREATE INDEX "Coupon_customer" ON "Coupon" ("shopId", "customerId", "id") WHERE "customerId" IS NOT NULL;

-- One open change per subject: the second coalesces into the first.
CREATE UNIQUE INDEX "Change_open" ON "Change" ("shopId", "kind", "subject") WHERE "status" = 'pending';

-- Open holds and issuances, for the sweep that gives abandoned points back.
CREATE INDEX "PointsHold_open" ON "PointsHold" ("shopId", "endsAt") WHERE "status" = 'held';
CREATE INDEX "Issuance_open" ON "Issuance" ("shopId", "issuedAt") WHERE "status" IN ('open', 'returning');
-- Lots that still hold something, oldest first.
CREATE INDEX "PointsLot_open" ON "PointsLot" ("shopId", "customerId", "id") WHERE "remaining" > 0;

ALTER TABLE "Award"
  ADD CONSTRAINT "Award_price" CHECK ("pointsPrice" IS NULL OR "pointsPrice" > 0),
  ADD CONSTRAINT "Award_period" CHECK ("endsAt" IS NULL OR "endsAt" > "startsAt"),
  ADD CONSTRAINT "Award_value" CHECK ("value" > 0 AND ("kind" <> 'percentage' OR "value" <= 100));
ALTER TABLE "Coupon" ADD CONSTRAINT "Coupon_upper" CHECK ("code" = upper("code") AND "code" <> '');
ALTER TABLE "PointsAccount" ADD CONSTRAINT "PointsAccount_held" CHECK ("held" >= 0);
ALTER TABLE "PointsHold" ADD CONSTRAINT "PointsHold_points" CHECK ("points" > 0);
ALTER TABLE "PointsLot" ADD CONSTRAINT "PointsLot_remaining" CHECK ("remaining" >= 0 AND "remaining" <= "points");
ALTER TABLE "PointsEntry" ADD CONSTRAINT "PointsEntry_points" CHECK ("points" <> 0);

-- Append-only: the database itself refuses to change a line of the ledger or a recorded redemption.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER "PointsEntry_append_only" BEFORE UPDATE OR DELETE ON "PointsEntry" FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "Redemption_append_only" BEFORE UPDATE OR DELETE ON "Redemption" FOR EACH ROW EXECUTE FUNCTION refuse_change();
