-- Points that mature, lapse and depend on rules and tiers; orders by line; what reconciliation finds.

-- CreateEnum
CREATE TYPE "ReconciliationStatus" AS ENUM ('running', 'done', 'failed');

-- CreateEnum
CREATE TYPE "DriftStatus" AS ENUM ('queued', 'healed', 'closed');

-- AlterEnum
ALTER TYPE "PointsEntryKind" ADD VALUE 'merged';

-- DropIndex
DROP INDEX "PointsLot_shopId_entryId_key";

-- AlterTable
ALTER TABLE "Shop" ADD COLUMN     "birthdayPoints" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "earnOnShipping" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "earnOnTax" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "expiryMonths" INTEGER,
ADD COLUMN     "expiryNoticeDays" INTEGER NOT NULL DEFAULT 30,
ADD COLUMN     "hundredMinor" INTEGER,
ADD COLUMN     "pendingDays" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "signupPoints" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "Customer" ADD COLUMN     "birthDay" INTEGER,
ADD COLUMN     "birthMonth" INTEGER,
ADD COLUMN     "mergedIntoId" BIGINT;

-- AlterTable
ALTER TABLE "PointsLot" ADD COLUMN     "noticedAt" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "Issuance" ADD COLUMN     "appliedAt" TIMESTAMPTZ(3);

-- Orders of before are one line, which earned at their rate.
ALTER TABLE "Order" ADD COLUMN     "lines" JSONB NOT NULL DEFAULT '[]';
UPDATE "Order" SET "lines" = jsonb_build_array(jsonb_build_object('id', 'total', 'quantity', 1, 'earningMinor', "earningMinor", 'rateMilli', "earnRate" * 1000, 'codes', '{}'::jsonb));
ALTER TABLE "Order" DROP COLUMN "earnRate";

-- CreateTable
CREATE TABLE "PendingEarning" (
    "shopId" INTEGER NOT NULL,
    "orderGid" TEXT NOT NULL,
    "customerId" BIGINT NOT NULL,
    "points" INTEGER NOT NULL,
    "note" TEXT,
    "occurredAt" TIMESTAMPTZ(3) NOT NULL,
    "maturesAt" TIMESTAMPTZ(3) NOT NULL,
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "PendingEarning_pkey" PRIMARY KEY ("shopId","orderGid")
);

-- CreateTable
CREATE TABLE "EarnRule" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "multiplierMilli" INTEGER NOT NULL,
    "productGids" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "variantGids" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "collectionGids" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "EarnRule_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "CollectionProduct" (
    "shopId" INTEGER NOT NULL,
    "collectionGid" TEXT NOT NULL,
    "productGid" TEXT NOT NULL,

    CONSTRAINT "CollectionProduct_pkey" PRIMARY KEY ("shopId","collectionGid","productGid")
);

-- CreateTable
CREATE TABLE "Tier" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "fromPoints" INTEGER NOT NULL,
    "multiplierMilli" INTEGER NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Tier_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "Reconciliation" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "status" "ReconciliationStatus" NOT NULL DEFAULT 'running',
    "cursor" JSONB NOT NULL DEFAULT '{}',
    "fromAt" TIMESTAMPTZ(3),
    "untilAt" TIMESTAMPTZ(3),
    "looked" INTEGER NOT NULL DEFAULT 0,
    "healed" INTEGER NOT NULL DEFAULT 0,
    "queued" INTEGER NOT NULL DEFAULT 0,
    "problem" TEXT,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Reconciliation_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateTable
CREATE TABLE "SeenCode" (
    "shopId" INTEGER NOT NULL,
    "reconciliationId" BIGINT NOT NULL,
    "code" TEXT NOT NULL,
    "gid" TEXT NOT NULL,
    "parentGid" TEXT NOT NULL,
    "uses" INTEGER NOT NULL,

    CONSTRAINT "SeenCode_pkey" PRIMARY KEY ("shopId","reconciliationId","code")
);

-- CreateTable
CREATE TABLE "Drift" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "details" JSONB NOT NULL DEFAULT '{}',
    "status" "DriftStatus" NOT NULL,
    "reason" TEXT NOT NULL,
    "foundAt" TIMESTAMPTZ(3) NOT NULL,
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Drift_pkey" PRIMARY KEY ("shopId","id")
);

-- CreateIndex
CREATE INDEX "PendingEarning_shopId_customerId_idx" ON "PendingEarning"("shopId", "customerId");

-- CreateIndex
CREATE INDEX "CollectionProduct_shopId_productGid_idx" ON "CollectionProduct"("shopId", "productGid");

-- CreateIndex
CREATE UNIQUE INDEX "Tier_shopId_fromPoints_key" ON "Tier"("shopId", "fromPoints");

-- CreateIndex
CREATE INDEX "Reconciliation_shopId_kind_startedAt_idx" ON "Reconciliation"("shopId", "kind", "startedAt");

-- CreateIndex
CREATE INDEX "Drift_shopId_status_foundAt_idx" ON "Drift"("shopId", "status", "foundAt");

-- CreateIndex
CREATE INDEX "PointsLot_shopId_entryId_idx" ON "PointsLot"("shopId", "entryId");


-- What matures, what lapses and what is to be told, for the sweeps.
CREATE INDEX "PendingEarning_due" ON "PendingEarning" ("shopId", "maturesAt") WHERE "endedAt" IS NULL;
CREATE INDEX "PointsLot_lapses" ON "PointsLot" ("shopId", "expiresAt") WHERE "remaining" > 0 AND "expiresAt" IS NOT NULL;
CREATE UNIQUE INDEX "Drift_open" ON "Drift" ("shopId", "kind", "subject") WHERE "status" = 'queued';
