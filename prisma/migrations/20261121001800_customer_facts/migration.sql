ALTER TABLE "Customer" ADD COLUMN     "sourceUpdatedAt" TIMESTAMPTZ(3);

-- One spelling of each: what is looked for is spelled so too.
UPDATE "Customer" SET "email" = lower(trim("email")) WHERE "email" <> lower(trim("email"));
