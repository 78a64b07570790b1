-- The few among many: what a merchant looks for in an award of a million codes is found without walking past the rest.
CREATE INDEX "Coupon_failed" ON "Coupon" ("shopId", "awardNumber", "id") WHERE "codeState" = 'failed';
CREATE INDEX "Coupon_used" ON "Coupon" ("shopId", "awardNumber", "status", "id") WHERE "status" <> 'available';
