-- What earned how much before staff changed it: an order that is found late earns by the rules of its day.
CREATE TABLE "FormerEarning" (
    "shopId" INTEGER NOT NULL,
    "part" TEXT NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,
    "terms" JSONB NOT NULL,

    CONSTRAINT "FormerEarning_pkey" PRIMARY KEY ("shopId","part","until")
);
ALTER TABLE "FormerEarning" ALTER COLUMN "shopId" SET STATISTICS 0;
