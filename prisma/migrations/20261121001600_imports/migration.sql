CREATE TYPE "ImportStatus" AS ENUM ('staging', 'staged', 'previewed', 'applying', 'applied', 'undoing', 'undone', 'cancelled', 'failed');

CREATE TABLE "Import" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "awardNumber" INTEGER,
    "options" JSONB NOT NULL DEFAULT '{}',
    "fileName" TEXT NOT NULL,
    "requestKey" TEXT NOT NULL,
    "fileHash" BYTEA,
    "header" TEXT NOT NULL DEFAULT '',
    "status" "ImportStatus" NOT NULL DEFAULT 'staging',
    "rowsCount" INTEGER NOT NULL DEFAULT 0,
    "fates" JSONB NOT NULL DEFAULT '{}',
    "appliedUntil" INTEGER NOT NULL DEFAULT 0,
    "appliedCount" INTEGER NOT NULL DEFAULT 0,
    "jobId" BIGINT,
    "problem" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "appliedAt" TIMESTAMPTZ(3),
    "undoneAt" TIMESTAMPTZ(3),

    CONSTRAINT "Import_pkey" PRIMARY KEY ("shopId","id")
);

CREATE TABLE "ImportRow" (
    "shopId" INTEGER NOT NULL,
    "importId" BIGINT NOT NULL,
    "line" INTEGER NOT NULL,
    "input" TEXT NOT NULL,
    "code" TEXT,
    "namedBy" TEXT,
    "name" TEXT,
    "points" INTEGER,
    "note" TEXT,
    "customerId" BIGINT,
    "fate" TEXT,

    CONSTRAINT "ImportRow_pkey" PRIMARY KEY ("shopId","importId","line")
);

CREATE UNIQUE INDEX "Import_shopId_requestKey_key" ON "Import"("shopId", "requestKey");

-- One import of a file at a time, and one that stands: the same file again is told.
CREATE UNIQUE INDEX "Import_file" ON "Import" ("shopId", "kind", coalesce("awardNumber", 0), "fileHash")
  WHERE "fileHash" IS NOT NULL AND "status" IN ('staged', 'previewed', 'applying', 'applied', 'undoing');
-- The rows that fail, for the issues file: the others are many and not looked up by their fate.
CREATE INDEX "ImportRow_fate" ON "ImportRow" ("shopId", "importId", "fate", "line") WHERE "fate" IS NOT NULL;
-- What an import gave out, for its undoing.
CREATE INDEX "Issuance_import" ON "Issuance" ("shopId", "importId", "id") WHERE "importId" IS NOT NULL;
