-- A refund does not say whether its amounts contain the taxes: its order does, whichever comes first. Of refunds of before it was guessed.
ALTER TABLE "Refund" ADD COLUMN     "beyondTaxMinor" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "refundedOnTopMinor" BIGINT;
