/** Events are kept for a month. */
import { prisma } from "../../lib/db.server";

const KEEP_DAYS = 30;
const SHOPS_AT_ONCE = 1000;
const BATCH = 10_000;
/** A shop that records more than this in an hour keeps its events a little longer. */
const BATCHES_PER_SHOP = 100;

/** Deletes events that were recorded more than 30 days ago, with their deliveries; answers how many. Bounded: the next run finds the rest. */
export async function pruneOldEvents(now: Date): Promise<number> {
  const before = new Date(now.getTime() - KEEP_DAYS * 86_400_000);
  const shops = await prisma.$queryRaw<{ id: number }[]>`
    SELECT s."id" FROM "Shop" s
    CROSS JOIN LATERAL (SELECT e."recordedAt" FROM "Event" e WHERE e."shopId" = s."id" ORDER BY e."id" LIMIT 1) oldest
    WHERE oldest."recordedAt" < ${before}::timestamptz
    ORDER BY s."id" LIMIT ${SHOPS_AT_ONCE}`;
  let pruned = 0;
  for (const { id } of shops) {
    for (let batch = 0; batch < BATCHES_PER_SHOP; batch++) {
      const count = await pruneBatch(id, before);
      pruned += count;
      if (count < BATCH) break;
    }
  }
  return pruned;
}

function pruneBatch(id: number, before: Date): Promise<number> {
  return prisma.$executeRaw`
    WITH old AS (
      -- Ids grow with time: nothing behind the first rows is older.
      SELECT "id" FROM (SELECT "id", "recordedAt" FROM "Event" WHERE "shopId" = ${id} ORDER BY "id" LIMIT ${BATCH}) first
      WHERE "recordedAt" < ${before}::timestamptz),
    deliveries AS (
      DELETE FROM "WebhookDelivery" d USING "WebhookEndpoint" p, old
      WHERE p."shopId" = ${id} AND d."shopId" = ${id} AND d."endpointId" = p."id" AND d."eventId" = old."id")
    DELETE FROM "Event" e USING old WHERE e."shopId" = ${id} AND e."id" = old."id"`;
}
