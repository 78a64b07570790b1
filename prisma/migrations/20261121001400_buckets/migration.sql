ALTER TABLE "Award" ADD COLUMN "bucketsDueAt" TIMESTAMPTZ(3);

-- Awards whose buckets follow the calendar, by when they must be looked at.
CREATE INDEX "Award_buckets" ON "Award" ("shopId", "bucketsDueAt") WHERE "expiryRule" IN ('days', 'month_ends') AND "status" = 'active';
-- Codes that nobody may use any more and that are still on Shopify.
CREATE INDEX "Coupon_withdrawing" ON "Coupon" ("shopId", "parentId", "id") WHERE "codeState" = 'live' AND "status" IN ('revoked', 'expired', 'archived');
