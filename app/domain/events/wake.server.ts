/** The jobs that bring events to their listeners, woken without a word from those who record events: hot paths stay free of it. */
import { inTransaction, prisma, type Tx } from "../../lib/db.server";

const SHOPS_AT_ONCE = 500;
const ENDPOINTS_AT_ONCE = 1000;

/** One dispatch of a shop at a time, and at most one waiting. */
export async function wakeDispatch(tx: Tx, shopId: number): Promise<void> {
  await tx.$queryRaw`
    SELECT 1 FROM graphile_worker.add_job('dispatch_events', json_build_object('shopId', ${shopId}::int),
      queue_name := ${`events:${shopId}`}, job_key := ${`events:${shopId}`})`;
}

/** One run of an endpoint's deliveries at a time, and at most one waiting. */
export async function wakeDelivery(tx: Tx, shopId: number, endpointId: bigint, runAt?: Date): Promise<void> {
  const key = `deliver:${shopId}:${endpointId}`;
  await tx.$queryRaw`
    SELECT 1 FROM graphile_worker.add_job('deliver_events', json_build_object('shopId', ${shopId}::int, 'endpointId', ${String(endpointId)}::text),
      queue_name := ${key}, job_key := ${key}, run_at := ${runAt ?? null}::timestamptz)`;
}

/** Wakes the dispatch of every installed shop that has events waiting and somebody who listens; returns how many. Cheap: asked each second. */
export async function wakeListening(): Promise<number> {
  const shops = await prisma.$queryRaw<{ id: number }[]>`
    SELECT s."id" FROM "Shop" s
    WHERE s."uninstalledAt" IS NULL
      AND s."id" IN (SELECT p."shopId" FROM "WebhookEndpoint" p WHERE p."disabledAt" IS NULL)
      AND EXISTS (SELECT 1 FROM "Event" e WHERE e."shopId" = s."id" AND e."seq" IS NULL)
    LIMIT ${SHOPS_AT_ONCE}`;
  for (const { id } of shops) await inTransaction((tx) => wakeDispatch(tx, id));
  return shops.length;
}

/** The safety net of deliveries: whatever should have woken them, one that is due is never left lying. Returns how many endpoints it woke. */
export async function wakeDueDeliveries(now: Date): Promise<number> {
  const endpoints = await prisma.$queryRaw<{ shopId: number; id: bigint }[]>`
    SELECT p."shopId", p."id" FROM "WebhookEndpoint" p
    JOIN "Shop" s ON s."id" = p."shopId" AND s."uninstalledAt" IS NULL
    WHERE p."disabledAt" IS NULL AND (p."retryAt" IS NULL OR p."retryAt" <= ${now}::timestamptz)
      AND EXISTS (SELECT 1 FROM "WebhookDelivery" d
        WHERE d."shopId" = p."shopId" AND d."endpointId" = p."id" AND d."status" = 'pending' AND d."nextAttemptAt" <= ${now}::timestamptz)
    ORDER BY p."retryAt" NULLS FIRST LIMIT ${ENDPOINTS_AT_ONCE}`;
  for (const { shopId, id } of endpoints) await inTransaction((tx) => wakeDelivery(tx, shopId, id));
  return endpoints.length;
}
