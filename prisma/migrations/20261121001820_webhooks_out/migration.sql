ALTER TABLE "Shop" ADD COLUMN     "lastEventSeq" INTEGER NOT NULL DEFAULT 0;

ALTER TABLE "WebhookEndpoint" ADD COLUMN     "failingSince" TIMESTAMPTZ(3),
ADD COLUMN     "failures" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "listensFrom" TIMESTAMPTZ(3) NOT NULL,
ADD COLUMN     "previousSecret" TEXT,
ADD COLUMN     "previousSecretEndsAt" TIMESTAMPTZ(3),
ADD COLUMN     "retryAt" TIMESTAMPTZ(3);

ALTER TABLE "WebhookDelivery" ADD COLUMN     "answer" TEXT,
ADD COLUMN     "attemptedAt" TIMESTAMPTZ(3),
ADD COLUMN     "giveUpAt" TIMESTAMPTZ(3) NOT NULL;

-- What an endpoint still waits for, oldest first; what it never got, newest first.
CREATE INDEX "WebhookDelivery_pending" ON "WebhookDelivery" ("shopId", "endpointId", "id") WHERE "status" = 'pending';
CREATE INDEX "WebhookDelivery_failed" ON "WebhookDelivery" ("shopId", "endpointId", "eventId") WHERE "status" = 'failed';
