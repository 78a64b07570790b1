CREATE TYPE "SaleChannel" AS ENUM ('online', 'pos');

CREATE TYPE "AwardApplier" AS ENUM ('shopify', 'integrator');

CREATE TYPE "AwardAudience" AS ENUM ('anyone', 'listed');

CREATE TYPE "MatchAgain" AS ENUM ('another', 'existing', 'none');

CREATE TYPE "ExpiryRule" AS ENUM ('with_award', 'days', 'month_ends', 'date');

CREATE TYPE "AwardDuration" AS ENUM ('once', 'forever', 'months');

CREATE TYPE "ReversalPolicy" AS ENUM ('return_points', 'reuse');

CREATE TYPE "LockStatus" AS ENUM ('held', 'burned', 'released');

CREATE TYPE "DeliveryStatus" AS ENUM ('pending', 'delivered', 'failed');

CREATE TYPE "JobStatus" AS ENUM ('waiting', 'running', 'done', 'failed', 'cancelled');

ALTER TABLE "Shop" ADD COLUMN     "alertEmail" TEXT,
ADD COLUMN     "lockMinutes" INTEGER NOT NULL DEFAULT 10;

ALTER TABLE "Customer" ADD COLUMN     "externalId" TEXT,
ADD COLUMN     "ordersCount" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "registeredAt" TIMESTAMPTZ(3);

ALTER TABLE "Award" ADD COLUMN     "alertRemaining" INTEGER,
ADD COLUMN     "appliedBy" "AwardApplier" NOT NULL DEFAULT 'shopify',
ADD COLUMN     "audience" "AwardAudience" NOT NULL DEFAULT 'anyone',
ADD COLUMN     "capMinor" INTEGER,
ADD COLUMN     "channels" "SaleChannel"[],
ADD COLUMN     "collectionGids" TEXT[],
ADD COLUMN     "concepts" TEXT[],
ADD COLUMN     "duration" "AwardDuration" NOT NULL DEFAULT 'once',
ADD COLUMN     "durationMonths" INTEGER,
ADD COLUMN     "excludedAwards" INTEGER[],
ADD COLUMN     "expiresOn" TIMESTAMPTZ(3),
ADD COLUMN     "expiryCount" INTEGER,
ADD COLUMN     "expiryRule" "ExpiryRule" NOT NULL DEFAULT 'with_award',
ADD COLUMN     "firstOrderOnly" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "fromMinute" INTEGER,
ADD COLUMN     "giftVariantGid" TEXT,
ADD COLUMN     "issueGapDays" INTEGER,
ADD COLUMN     "locationIds" TEXT[],
ADD COLUMN     "matchAgain" "MatchAgain" NOT NULL DEFAULT 'another',
ADD COLUMN     "maxOrderMinor" INTEGER,
ADD COLUMN     "maxOrders" INTEGER,
ADD COLUMN     "maxPoints" INTEGER,
ADD COLUMN     "minPoints" INTEGER,
ADD COLUMN     "monthDays" INTEGER[],
ADD COLUMN     "onReversal" "ReversalPolicy" NOT NULL DEFAULT 'return_points',
ADD COLUMN     "predecessor" INTEGER,
ADD COLUMN     "productGids" TEXT[],
ADD COLUMN     "redeemGapDays" INTEGER,
ADD COLUMN     "redeemableFrom" TIMESTAMPTZ(3),
ADD COLUMN     "registeredFrom" TIMESTAMPTZ(3),
ADD COLUMN     "registeredUntil" TIMESTAMPTZ(3),
ADD COLUMN     "shareable" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "stepMinor" INTEGER,
ADD COLUMN     "stepPoints" INTEGER,
ADD COLUMN     "untilMinute" INTEGER,
ADD COLUMN     "variantGids" TEXT[],
ADD COLUMN     "weekdays" INTEGER[],
ADD COLUMN     "zones" TEXT[];

ALTER TABLE "CodePool" ADD COLUMN     "lowStockAt" INTEGER,
ADD COLUMN     "rotateDays" INTEGER,
ADD COLUMN     "rotatedAt" TIMESTAMPTZ(3),
ADD COLUMN     "selfSizing" BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE "ParentDiscount" ADD COLUMN     "customerGid" TEXT,
ADD COLUMN     "expiresAt" TIMESTAMPTZ(3),
ADD COLUMN     "firstOrderOnly" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "minOrderMinor" INTEGER,
ADD COLUMN     "retiredAt" TIMESTAMPTZ(3),
ADD COLUMN     "usesPerCode" INTEGER,
ADD COLUMN     "valueMinor" INTEGER;

ALTER TABLE "Coupon" ADD COLUMN     "boundCustomerId" BIGINT,
ADD COLUMN     "expiresAt" TIMESTAMPTZ(3),
ADD COLUMN     "firstOrderOnly" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "minOrderMinor" INTEGER,
ADD COLUMN     "statusAt" TIMESTAMPTZ(3),
ADD COLUMN     "usesPerCode" INTEGER,
ADD COLUMN     "valueMinor" INTEGER;

ALTER TABLE "Issuance" ADD COLUMN     "expiresAt" TIMESTAMPTZ(3),
ADD COLUMN     "importId" BIGINT,
ADD COLUMN     "jobId" BIGINT,
ADD COLUMN     "valueMinor" INTEGER;

ALTER TABLE "Redemption" ADD COLUMN     "locationId" TEXT;

CREATE TABLE "AwardTally" (
    "shopId" INTEGER NOT NULL,
    "awardNumber" INTEGER NOT NULL,
    "issued" INTEGER NOT NULL DEFAULT 0,
    "used" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "AwardTally_pkey" PRIMARY KEY ("shopId","awardNumber")
);

CREATE TABLE "AwardCustomer" (
    "shopId" INTEGER NOT NULL,
    "awardNumber" INTEGER NOT NULL,
    "customerId" BIGINT NOT NULL,

    CONSTRAINT "AwardCustomer_pkey" PRIMARY KEY ("shopId","awardNumber","customerId")
);

CREATE TABLE "AwardText" (
    "shopId" INTEGER NOT NULL,
    "awardNumber" INTEGER NOT NULL,
    "locale" TEXT NOT NULL,
    "displayName" TEXT,
    "conditions" TEXT,

    CONSTRAINT "AwardText_pkey" PRIMARY KEY ("shopId","awardNumber","locale")
);

CREATE TABLE "Location" (
    "shopId" INTEGER NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "zone" TEXT,
    "concept" TEXT,

    CONSTRAINT "Location_pkey" PRIMARY KEY ("shopId","id")
);

CREATE TABLE "CouponLock" (
    "shopId" INTEGER NOT NULL,
    "reference" TEXT NOT NULL,
    "couponId" BIGINT NOT NULL,
    "awardNumber" INTEGER NOT NULL,
    "customerId" BIGINT,
    "issuanceId" BIGINT,
    "status" "LockStatus" NOT NULL DEFAULT 'held',
    "merchantId" TEXT,
    "lockedAt" TIMESTAMPTZ(3) NOT NULL,
    "endsAt" TIMESTAMPTZ(3) NOT NULL,
    "endedAt" TIMESTAMPTZ(3),
    "transactionId" TEXT,

    CONSTRAINT "CouponLock_pkey" PRIMARY KEY ("shopId","reference","couponId")
);

CREATE TABLE "Event" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "seq" INTEGER,
    "occurredAt" TIMESTAMPTZ(3) NOT NULL,
    "recordedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Event_pkey" PRIMARY KEY ("shopId","id")
);

CREATE TABLE "WebhookEndpoint" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "url" TEXT NOT NULL,
    "secret" TEXT NOT NULL,
    "kinds" TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "disabledAt" TIMESTAMPTZ(3),

    CONSTRAINT "WebhookEndpoint_pkey" PRIMARY KEY ("shopId","id")
);

CREATE TABLE "WebhookDelivery" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "endpointId" BIGINT NOT NULL,
    "eventId" BIGINT NOT NULL,
    "status" "DeliveryStatus" NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "nextAttemptAt" TIMESTAMPTZ(3) NOT NULL,
    "httpStatus" INTEGER,
    "problem" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "doneAt" TIMESTAMPTZ(3),

    CONSTRAINT "WebhookDelivery_pkey" PRIMARY KEY ("shopId","id")
);

CREATE TABLE "ApiKey" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "secretHash" BYTEA NOT NULL,
    "scopes" TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "lastUsedAt" TIMESTAMPTZ(3),
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "ApiKey_pkey" PRIMARY KEY ("shopId","id")
);

CREATE TABLE "ApiAnswer" (
    "shopId" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "requestHash" BYTEA NOT NULL,
    "status" INTEGER NOT NULL DEFAULT 0,
    "body" TEXT NOT NULL DEFAULT '',
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ApiAnswer_pkey" PRIMARY KEY ("shopId","key")
);

CREATE TABLE "BulkJob" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "request" JSONB NOT NULL,
    "requestKey" TEXT NOT NULL,
    "status" "JobStatus" NOT NULL DEFAULT 'waiting',
    "cursor" TEXT,
    "total" INTEGER,
    "done" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "outcomes" JSONB NOT NULL DEFAULT '{}',
    "problem" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "BulkJob_pkey" PRIMARY KEY ("shopId","id")
);

CREATE TABLE "StaffAlert" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "nextAttemptAt" TIMESTAMPTZ(3) NOT NULL,
    "problem" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "sentAt" TIMESTAMPTZ(3),
    "closedAt" TIMESTAMPTZ(3),

    CONSTRAINT "StaffAlert_pkey" PRIMARY KEY ("shopId","id")
);

CREATE UNIQUE INDEX "Event_shopId_seq_key" ON "Event"("shopId", "seq");

CREATE INDEX "WebhookDelivery_shopId_status_nextAttemptAt_idx" ON "WebhookDelivery"("shopId", "status", "nextAttemptAt");

CREATE UNIQUE INDEX "WebhookDelivery_shopId_endpointId_eventId_key" ON "WebhookDelivery"("shopId", "endpointId", "eventId");

CREATE UNIQUE INDEX "ApiKey_key_key" ON "ApiKey"("key");

CREATE INDEX "ApiAnswer_shopId_createdAt_idx" ON "ApiAnswer"("shopId", "createdAt");

CREATE UNIQUE INDEX "BulkJob_shopId_requestKey_key" ON "BulkJob"("shopId", "requestKey");

CREATE INDEX "Customer_shopId_phone_idx" ON "Customer"("shopId", "phone");

CREATE UNIQUE INDEX "Customer_shopId_externalId_key" ON "Customer"("shopId", "externalId");

-- An award that has been there before begins with what it has issued and used.
INSERT INTO "AwardTally" ("shopId", "awardNumber", "issued", "used")
SELECT a."shopId", a."number",
  (SELECT count(*) FROM "Issuance" i WHERE i."shopId" = a."shopId" AND i."awardNumber" = a."number" AND i."status" <> 'returned'),
  (SELECT count(*) FROM "Redemption" r WHERE r."shopId" = a."shopId" AND r."awardNumber" = a."number"
    AND NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = r."shopId" AND v."redemptionId" = r."id"))
FROM "Award" a;

ALTER TABLE "AwardTally" ADD CONSTRAINT "AwardTally_counts" CHECK ("issued" >= 0 AND "used" >= 0);
ALTER TABLE "Award" DROP CONSTRAINT "Award_value",
  ADD CONSTRAINT "Award_value" CHECK (CASE "kind"
    WHEN 'fixed_amount' THEN "value" > 0
    WHEN 'percentage' THEN "value" BETWEEN 1 AND 100
    ELSE "value" = 0 END),
  ADD CONSTRAINT "Award_variable" CHECK (num_nulls("minPoints", "maxPoints", "stepPoints", "stepMinor") IN (0, 4)),
  ADD CONSTRAINT "Award_gift" CHECK (("kind" = 'free_product') = ("giftVariantGid" IS NOT NULL)),
  ADD CONSTRAINT "Award_cap" CHECK ("capMinor" IS NULL OR ("kind" = 'percentage' AND "capMinor" > 0));

-- The fixed part of a sample code belongs to one pool of the shop.
CREATE UNIQUE INDEX "CodePool_pattern" ON "CodePool" ("shopId", "prefix") WHERE "source" = 'pattern';
-- Locks that may still hold, by what they reserve; and those that ran out, for the sweep.
CREATE INDEX "CouponLock_coupon" ON "CouponLock" ("shopId", "couponId") WHERE "status" = 'held';
CREATE INDEX "CouponLock_award" ON "CouponLock" ("shopId", "awardNumber", "endsAt") WHERE "status" = 'held';
CREATE INDEX "CouponLock_customer" ON "CouponLock" ("shopId", "customerId", "awardNumber") WHERE "status" = 'held';
-- Coupons that expire, for the sweep.
CREATE INDEX "Coupon_expiry" ON "Coupon" ("shopId", "expiresAt") WHERE "status" = 'issued' AND "expiresAt" IS NOT NULL;
-- Events that wait for their number.
CREATE INDEX "Event_waiting" ON "Event" ("shopId", "id") WHERE "seq" IS NULL;
-- One open alert per matter.
CREATE UNIQUE INDEX "StaffAlert_open" ON "StaffAlert" ("shopId", "kind", "subject") WHERE "closedAt" IS NULL;
CREATE INDEX "StaffAlert_due" ON "StaffAlert" ("shopId", "nextAttemptAt") WHERE "sentAt" IS NULL;
CREATE INDEX "BulkJob_open" ON "BulkJob" ("shopId", "id") WHERE "status" IN ('waiting', 'running');
