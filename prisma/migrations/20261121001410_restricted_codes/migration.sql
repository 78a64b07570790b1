-- Codes with restrictions of their own that nobody has: few among many, and no part of the index of what anybody can be given.
CREATE INDEX "Coupon_restricted" ON "Coupon" ("shopId", "parentId", "id")
  WHERE "status" = 'available' AND "codeState" = 'live'
    AND ("boundCustomerId" IS NOT NULL OR "firstOrderOnly" OR "usesPerCode" IS NOT NULL OR "minOrderMinor" IS NOT NULL);
