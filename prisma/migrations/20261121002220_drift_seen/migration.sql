-- When a difference was last found: one that the next look finds no more is over.
ALTER TABLE "Drift" ADD COLUMN "seenAt" TIMESTAMPTZ(3);
UPDATE "Drift" SET "seenAt" = "foundAt";
ALTER TABLE "Drift" ALTER COLUMN "seenAt" SET NOT NULL;
