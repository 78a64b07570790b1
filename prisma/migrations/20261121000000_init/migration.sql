-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "PointsEntryKind" AS ENUM ('earned', 'earning_reversed', 'spent', 'spending_returned', 'adjusted', 'imported', 'expired');

-- CreateEnum
CREATE TYPE "HoldStatus" AS ENUM ('held', 'spent', 'returned');

-- CreateEnum
CREATE TYPE "AwardKind" AS ENUM ('fixed_amount', 'percentage');

-- CreateEnum
CREATE TYPE "AwardStatus" AS ENUM ('active', 'inactive', 'archived');

-- CreateEnum
CREATE TYPE "CodeSource" AS ENUM ('generated', 'single', 'pasted', 'uploaded');

-- CreateEnum
CREATE TYPE "DiscountState" AS ENUM ('pending', 'live', 'failed');

-- CreateEnum
CREATE TYPE "CouponStatus" AS ENUM ('available', 'issued', 'locked', 'redeemed', 'expired', 'revoked', 'archived');

-- CreateEnum
CREATE TYPE "CodeState" AS ENUM ('planned', 'submitted', 'live', 'failed', 'withdrawn');

-- CreateEnum
CREATE TYPE "SubmissionState" AS ENUM ('sending', 'polling', 'done');

-- CreateEnum
CREATE TYPE "IssuanceStatus" AS ENUM ('open', 'redeemed', 'returning', 'returned');

-- CreateEnum
CREATE TYPE "ChangeStatus" AS ENUM ('pending', 'done', 'failed');

-- CreateEnum
CREATE TYPE "InboxStatus" AS ENUM ('received', 'done', 'failed', 'ignored');

-- CreateTable
CREATE TABLE "Session" (
    "id" TEXT NOT NULL,
    "shop" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "isOnline" BOOLEAN NOT NULL DEFAULT false,
    "scope" TEXT,
    "expires" TIMESTAMP(3),
    "accessToken" TEXT NOT NULL,
    "userId" BIGINT,
    "firstName" TEXT,
    "lastName" TEXT,
    "email" TEXT,
    "accountOwner" BOOLEAN NOT NULL DEFAULT false,
    "locale" TEXT,
    "collaborator" BOOLEAN DEFAULT false,
    "emailVerified" BOOLEAN DEFAULT false,
    "refreshToken" TEXT,
    "refreshTokenExpires" TIMESTAMP(3),

    CONSTRAINT "Session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Shop" (
    "id" SERIAL NOT NULL,
    "domain" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "timeZone" TEXT NOT NULL,
    "pointsName" TEXT NOT NULL DEFAULT 'points',
    "earnRate" INTEGER NOT NULL DEFAULT 1,
    "holdMinutes" INTEGER NOT NULL DEFAULT 60,
    "codeKey" BYTEA NOT NULL,
    "nextAwardNumber" INTEGER NOT NULL DEFAULT 1,
    "installedAt" TIMESTAMPTZ(3) NOT NULL,
    "uninstalledAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Shop_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Customer" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "gid" TEXT NOT NULL,
    "firstName" TEXT,
    "lastName" TEXT,
    "email" TEXT,
    "phone" TEXT,
    "erasedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Customer_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "PointsAccount" (
    "shopId" INTEGER NOT NULL,
    "customerId" BIGINT NOT NULL,
    "balance" INTEGER NOT NULL DEFAULT 0,
    "held" INTEGER NOT NULL DEFAULT 0,
    "lastSeq" INTEGER NOT NULL DEFAULT 0,
    "lastHash" BYTEA,

    CONSTRAINT "PointsAccount_pkey" PRIMARY KEY ("shopId","customerId")
);

-- CreateTable
CREATE TABLE "PointsEntry" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "customerId" BIGINT NOT NULL,
    "seq" INTEGER NOT NULL,
    "kind" "PointsEntryKind" NOT NULL,
    "points" INTEGER NOT NULL,
    "balanceAfter" INTEGER NOT NULL,
    "reasonKey" TEXT NOT NULL,
    "note" TEXT,
    "orderGid" TEXT,
    "issuanceId" BIGINT,
    "hash" BYTEA NOT NULL,
    "occurredAt" TIMESTAMPTZ(3) NOT NULL,
    "recordedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "PointsEntry_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "PointsLot" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "customerId" BIGINT NOT NULL,
    "entryId" BIGINT NOT NULL,
    "points" INTEGER NOT NULL,
    "remaining" INTEGER NOT NULL,
    "expiresAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "PointsLot_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "PointsLotUse" (
    "shopId" INTEGER NOT NULL,
    "entryId" BIGINT NOT NULL,
    "lotId" BIGINT NOT NULL,
    "points" INTEGER NOT NULL,

    CONSTRAINT "PointsLotUse_pkey" PRIMARY KEY ("shopId","entryId","lotId")
);

-- CreateTable
CREATE TABLE "PointsHold" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "customerId" BIGINT NOT NULL,
    "points" INTEGER NOT NULL,
    "status" "HoldStatus" NOT NULL DEFAULT 'held',
    "heldAt" TIMESTAMPTZ(3) NOT NULL,
    "endsAt" TIMESTAMPTZ(3) NOT NULL,
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "PointsHold_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "Award" (
    "shopId" INTEGER NOT NULL,
    "number" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "AwardKind" NOT NULL,
    "value" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    "pointsPrice" INTEGER,
    "minOrderMinor" INTEGER,
    "startsAt" TIMESTAMPTZ(3) NOT NULL,
    "endsAt" TIMESTAMPTZ(3),
    "status" "AwardStatus" NOT NULL DEFAULT 'active',
    "codeSource" "CodeSource" NOT NULL,
    "usesPerCode" INTEGER,
    "usesPerCustomer" INTEGER,
    "usesTotal" INTEGER,
    "issuesPerCustomer" INTEGER,
    "issuesTotal" INTEGER,
    "combinesOrder" BOOLEAN NOT NULL DEFAULT false,
    "combinesProduct" BOOLEAN NOT NULL DEFAULT false,
    "combinesShipping" BOOLEAN NOT NULL DEFAULT false,
    "requestKey" TEXT,
    "firstIssuedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Award_pkey" PRIMARY KEY ("shopId","number")
);

-- CreateTable
CREATE TABLE "CodePool" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "awardNumber" INTEGER NOT NULL,
    "source" "CodeSource" NOT NULL,
    "prefix" TEXT NOT NULL DEFAULT '',
    "alphabet" TEXT NOT NULL DEFAULT '',
    "length" INTEGER NOT NULL DEFAULT 0,
    "groupSize" INTEGER NOT NULL DEFAULT 0,
    "nextSlot" BIGINT NOT NULL DEFAULT 0,
    "stockTarget" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "CodePool_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "ParentDiscount" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "awardNumber" INTEGER NOT NULL,
    "bucket" TEXT NOT NULL DEFAULT '',
    "state" "DiscountState" NOT NULL DEFAULT 'pending',
    "gid" TEXT,
    "seedCode" TEXT NOT NULL,
    "problem" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ParentDiscount_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "Coupon" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "awardNumber" INTEGER NOT NULL,
    "poolId" BIGINT NOT NULL,
    "parentId" BIGINT NOT NULL,
    "code" TEXT NOT NULL,
    "status" "CouponStatus" NOT NULL DEFAULT 'available',
    "codeState" "CodeState" NOT NULL DEFAULT 'planned',
    "shared" BOOLEAN NOT NULL DEFAULT false,
    "submissionId" BIGINT,
    "redeemCodeGid" TEXT,
    "problem" TEXT,
    "customerId" BIGINT,
    "usesCount" INTEGER NOT NULL DEFAULT 0,
    "issuedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Coupon_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "CodeSubmission" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "parentId" BIGINT NOT NULL,
    "state" "SubmissionState" NOT NULL DEFAULT 'sending',
    "gid" TEXT,
    "codesCount" INTEGER NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "doneAt" TIMESTAMPTZ(3),

    CONSTRAINT "CodeSubmission_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "Issuance" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "awardNumber" INTEGER NOT NULL,
    "couponId" BIGINT NOT NULL,
    "customerId" BIGINT NOT NULL,
    "holdId" BIGINT,
    "points" INTEGER NOT NULL,
    "status" "IssuanceStatus" NOT NULL DEFAULT 'open',
    "requestKey" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "issuedAt" TIMESTAMPTZ(3) NOT NULL,
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Issuance_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "Redemption" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "awardNumber" INTEGER NOT NULL,
    "couponId" BIGINT NOT NULL,
    "issuanceId" BIGINT,
    "customerId" BIGINT,
    "orderGid" TEXT NOT NULL,
    "orderName" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "discountMinor" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "flags" TEXT[],
    "redeemedAt" TIMESTAMPTZ(3) NOT NULL,
    "recordedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Redemption_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "RedemptionReversal" (
    "shopId" INTEGER NOT NULL,
    "redemptionId" BIGINT NOT NULL,
    "reason" TEXT NOT NULL,
    "reversedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "RedemptionReversal_pkey" PRIMARY KEY ("shopId","redemptionId")
);

-- CreateTable
CREATE TABLE "Order" (
    "shopId" INTEGER NOT NULL,
    "gid" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "customerId" BIGINT,
    "currency" TEXT NOT NULL,
    "earningMinor" BIGINT NOT NULL,
    "taxesIncluded" BOOLEAN NOT NULL DEFAULT false,
    "totalMinor" BIGINT NOT NULL,
    "discountMinor" BIGINT NOT NULL,
    "earnRate" INTEGER NOT NULL,
    "test" BOOLEAN NOT NULL DEFAULT false,
    "cancelledAt" TIMESTAMPTZ(3),
    "refundedMinor" BIGINT NOT NULL DEFAULT 0,
    "processedAt" TIMESTAMPTZ(3) NOT NULL,
    "sourceUpdatedAt" TIMESTAMPTZ(3) NOT NULL,
    "recordedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Order_pkey" PRIMARY KEY ("shopId","gid")
);

-- CreateTable
CREATE TABLE "Refund" (
    "shopId" INTEGER NOT NULL,
    "gid" TEXT NOT NULL,
    "orderGid" TEXT NOT NULL,
    "earningMinor" BIGINT NOT NULL,
    "taxMinor" BIGINT NOT NULL DEFAULT 0,
    "refundedMinor" BIGINT NOT NULL,
    "appliedAt" TIMESTAMPTZ(3),
    "refundedAt" TIMESTAMPTZ(3) NOT NULL,
    "recordedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Refund_pkey" PRIMARY KEY ("shopId","gid")
);

-- CreateTable
CREATE TABLE "Change" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "status" "ChangeStatus" NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "nextAttemptAt" TIMESTAMPTZ(3) NOT NULL,
    "problem" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "doneAt" TIMESTAMPTZ(3),

    CONSTRAINT "Change_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "InboxEvent" (
    "shopDomain" TEXT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "webhookId" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "apiVersion" TEXT NOT NULL,
    "triggeredAt" TIMESTAMPTZ(3),
    "body" BYTEA NOT NULL,
    "status" "InboxStatus" NOT NULL DEFAULT 'received',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "problem" TEXT,
    "receivedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "workedAt" TIMESTAMPTZ(3),

    CONSTRAINT "InboxEvent_pkey" PRIMARY KEY ("shopDomain","id")
);

-- CreateTable
CREATE TABLE "ComplianceRequest" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "topic" TEXT NOT NULL,
    "customerGid" TEXT,
    "webhookId" TEXT NOT NULL,
    "export" JSONB,
    "handledAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ComplianceRequest_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateIndex
CREATE INDEX "Session_shop_idx" ON "Session"("shop");

-- CreateIndex
CREATE UNIQUE INDEX "Shop_domain_key" ON "Shop"("domain");

-- CreateIndex
CREATE INDEX "Customer_shopId_email_idx" ON "Customer"("shopId", "email");

-- CreateIndex
CREATE UNIQUE INDEX "Customer_shopId_gid_key" ON "Customer"("shopId", "gid");

-- CreateIndex
CREATE UNIQUE INDEX "PointsEntry_shopId_reasonKey_key" ON "PointsEntry"("shopId", "reasonKey");

-- CreateIndex
CREATE UNIQUE INDEX "PointsEntry_shopId_customerId_seq_key" ON "PointsEntry"("shopId", "customerId", "seq");

-- CreateIndex
CREATE INDEX "PointsLot_shopId_customerId_idx" ON "PointsLot"("shopId", "customerId");

-- CreateIndex
CREATE UNIQUE INDEX "PointsLot_shopId_entryId_key" ON "PointsLot"("shopId", "entryId");

-- CreateIndex
CREATE INDEX "PointsHold_shopId_customerId_idx" ON "PointsHold"("shopId", "customerId");

-- CreateIndex
CREATE INDEX "Award_shopId_status_number_idx" ON "Award"("shopId", "status", "number");

-- CreateIndex
CREATE UNIQUE INDEX "Award_shopId_requestKey_key" ON "Award"("shopId", "requestKey");

-- CreateIndex
CREATE INDEX "CodePool_shopId_awardNumber_idx" ON "CodePool"("shopId", "awardNumber");

-- CreateIndex
CREATE UNIQUE INDEX "ParentDiscount_shopId_awardNumber_bucket_key" ON "ParentDiscount"("shopId", "awardNumber", "bucket");

-- CreateIndex
CREATE UNIQUE INDEX "ParentDiscount_shopId_seedCode_key" ON "ParentDiscount"("shopId", "seedCode");

-- CreateIndex
CREATE UNIQUE INDEX "Coupon_shopId_code_key" ON "Coupon"("shopId", "code");

-- CreateIndex
CREATE INDEX "CodeSubmission_shopId_state_idx" ON "CodeSubmission"("shopId", "state");

-- CreateIndex
CREATE INDEX "Issuance_shopId_customerId_awardNumber_idx" ON "Issuance"("shopId", "customerId", "awardNumber");

-- CreateIndex
CREATE INDEX "Issuance_shopId_awardNumber_issuedAt_idx" ON "Issuance"("shopId", "awardNumber", "issuedAt");

-- CreateIndex
CREATE INDEX "Issuance_shopId_couponId_idx" ON "Issuance"("shopId", "couponId");

-- CreateIndex
CREATE UNIQUE INDEX "Issuance_shopId_requestKey_key" ON "Issuance"("shopId", "requestKey");

-- CreateIndex
CREATE INDEX "Redemption_shopId_awardNumber_redeemedAt_idx" ON "Redemption"("shopId", "awardNumber", "redeemedAt");

-- CreateIndex
CREATE INDEX "Redemption_shopId_couponId_idx" ON "Redemption"("shopId", "couponId");

-- CreateIndex
CREATE INDEX "Redemption_shopId_customerId_idx" ON "Redemption"("shopId", "customerId");

-- CreateIndex
CREATE INDEX "Redemption_shopId_redeemedAt_idx" ON "Redemption"("shopId", "redeemedAt");

-- CreateIndex
CREATE UNIQUE INDEX "Redemption_shopId_orderGid_couponId_key" ON "Redemption"("shopId", "orderGid", "couponId");

-- CreateIndex
CREATE INDEX "Order_shopId_customerId_idx" ON "Order"("shopId", "customerId");

-- CreateIndex
CREATE INDEX "Order_shopId_processedAt_idx" ON "Order"("shopId", "processedAt");

-- CreateIndex
CREATE INDEX "Refund_shopId_orderGid_idx" ON "Refund"("shopId", "orderGid");

-- CreateIndex
CREATE INDEX "Change_shopId_status_nextAttemptAt_idx" ON "Change"("shopId", "status", "nextAttemptAt");

-- CreateIndex
CREATE INDEX "InboxEvent_shopDomain_status_idx" ON "InboxEvent"("shopDomain", "status");

-- CreateIndex
CREATE UNIQUE INDEX "InboxEvent_shopDomain_webhookId_key" ON "InboxEvent"("shopDomain", "webhookId");

-- CreateIndex
CREATE UNIQUE INDEX "ComplianceRequest_shopId_webhookId_key" ON "ComplianceRequest"("shopId", "webhookId");

