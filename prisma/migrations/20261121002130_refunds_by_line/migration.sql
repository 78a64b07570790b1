-- Refunds are kept by line, and orders know when everything about them was undone.

ALTER TABLE "Order" ADD COLUMN     "undoneAt" TIMESTAMPTZ(3);
UPDATE "Order" SET "undoneAt" = "cancelledAt";

ALTER TABLE "Refund" ADD COLUMN     "beyondMinor" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "lines" JSONB NOT NULL DEFAULT '[]';
-- Orders of before are one line, so what their refunds name of it is an amount.
UPDATE "Refund" r SET "beyondMinor" = r."earningMinor" - CASE WHEN EXISTS (
  SELECT 1 FROM "Order" o WHERE o."shopId" = r."shopId" AND o."gid" = r."orderGid" AND o."taxesIncluded") THEN r."taxMinor" ELSE 0 END;
ALTER TABLE "Refund" DROP COLUMN "earningMinor",
DROP COLUMN "taxMinor";
