/** What Shopify was told is kept for a week. */
import { prisma } from "../../lib/db.server";

const KEEP_DAYS = 7;
const SHOPS_AT_ONCE = 1000;
const BATCH = 10_000;
/** A shop that has more done changes than this in an hour keeps them a little longer. */
const BATCHES_PER_SHOP = 100;

/** Deletes changes that were done more than 7 days ago; answers how many. What is open or was given up stays. Bounded: the next run finds the rest. */
export async function pruneChanges(now: Date): Promise<number> {
  const before = new Date(now.getTime() - KEEP_DAYS * 86_400_000);
  const shops = await prisma.$queryRaw<{ id: number }[]>`
    SELECT s."id" FROM "Shop" s
    CROSS JOIN LATERAL (
      SELECT h."nextAttemptAt" FROM "Change" h WHERE h."shopId" = s."id" AND h."status" = 'done' AND h."nextAttemptAt" < ${before}::timestamptz
      ORDER BY h."nextAttemptAt" LIMIT 1) oldest
    ORDER BY oldest."nextAttemptAt" LIMIT ${SHOPS_AT_ONCE}`;
  let pruned = 0;
  for (const { id } of shops) pruned += await pruneShop(id, before);
  return pruned;
}

async function pruneShop(shopId: number, before: Date): Promise<number> {
  const kept = await findLastAfterFailed(shopId);
  let pruned = 0;
  for (let batch = 0; batch < BATCHES_PER_SHOP; batch++) {
    // By when it was due, which has an index, and never is after when it was done.
    const count = await prisma.$executeRaw`
      DELETE FROM "Change" WHERE "shopId" = ${shopId} AND ctid = ANY (ARRAY(
        SELECT h.ctid FROM "Change" h
        WHERE h."shopId" = ${shopId} AND h."status" = 'done' AND h."nextAttemptAt" < ${before}::timestamptz AND h."doneAt" < ${before}::timestamptz
          AND h."id" <> ALL(${kept}::bigint[])
        LIMIT ${BATCH}))`;
    pruned += count;
    if (count < BATCH) break;
  }
  return pruned;
}

/** The last done change of each subject of which one was given up before: it alone says that the failure is past. */
async function findLastAfterFailed(shopId: number): Promise<bigint[]> {
  const rows = await prisma.$queryRaw<{ id: bigint }[]>`
    SELECT max(h."id") AS "id" FROM "Change" f
    JOIN "Change" h ON h."shopId" = ${shopId} AND h."status" = 'done' AND h."kind" = f."kind" AND h."subject" = f."subject" AND h."id" > f."id"
    WHERE f."shopId" = ${shopId} AND f."status" = 'failed'
    GROUP BY f."kind", f."subject"`;
  return rows.map(({ id }) => id);
}
