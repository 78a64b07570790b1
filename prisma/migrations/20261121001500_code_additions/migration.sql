-- One addition of codes to an award, so that the same request sent twice, or after a crash half way, adds them once.
CREATE TABLE "CodeAddition" (
    "shopId" INTEGER NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "awardNumber" INTEGER NOT NULL,
    "requestKey" TEXT NOT NULL,
    "total" INTEGER NOT NULL,
    "done" INTEGER NOT NULL DEFAULT 0,
    "added" INTEGER NOT NULL DEFAULT 0,
    "failedCount" INTEGER NOT NULL DEFAULT 0,
    "failed" JSONB NOT NULL DEFAULT '[]',
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "CodeAddition_pkey" PRIMARY KEY ("shopId","id")
);

CREATE UNIQUE INDEX "CodeAddition_shopId_requestKey_key" ON "CodeAddition"("shopId", "requestKey");

-- Every pool can make codes where a list leaves one blank.
UPDATE "CodePool" SET "alphabet" = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789', "length" = 10 WHERE "length" = 0;

-- What the sweep looks for among all pools: codes to be replaced, stocks that follow demand, stocks that staff watch.
CREATE INDEX "CodePool_rotating" ON "CodePool" ("shopId", "id") WHERE "rotateDays" IS NOT NULL;
CREATE INDEX "CodePool_sizing" ON "CodePool" ("shopId", "id") WHERE "selfSizing";
