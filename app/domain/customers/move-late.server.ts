/** What was under way while two customers were merged may still come to the one who is gone: it follows the rest. */
import { inTransaction, prisma } from "../../lib/db.server";
import { sweepEach } from "../../lib/sweep.server";

const SHOPS_AT_ONCE = 500;
const CUSTOMERS_AT_ONCE = 200;
/** News of Shopify's is retried for hours, and an hour of downtime more. */
const WATCHED_MS = 86_400_000;

/** Moves what came to customers after they were merged, within the last day; answers of how many. Bounded: the next run finds the rest. */
export async function moveLate(now: Date): Promise<number> {
  const since = new Date(now.getTime() - WATCHED_MS);
  const shops = await prisma.$queryRaw<{ shopId: number }[]>`
    SELECT s."id" AS "shopId" FROM "Shop" s
    WHERE EXISTS (SELECT 1 FROM "Customer" k WHERE k."shopId" = s."id" AND k."mergedAt" > ${since}::timestamptz) ORDER BY s."id" LIMIT ${SHOPS_AT_ONCE}`;
  return sweepEach(shops, "moving what came late to merged customers", ({ shopId }) => moveIn(shopId, since, now));
}

async function moveIn(shopId: number, since: Date, now: Date): Promise<number> {
  const late = await prisma.$queryRaw<{ id: bigint; mergedIntoId: bigint }[]>`
    SELECT k."id", k."mergedIntoId" FROM "Customer" k
    WHERE k."shopId" = ${shopId} AND k."mergedAt" > ${since}::timestamptz AND k."mergedIntoId" IS NOT NULL AND (
      EXISTS (SELECT 1 FROM "PointsAccount" p WHERE p."shopId" = k."shopId" AND p."customerId" = k."id" AND (p."balance" <> 0 OR p."held" <> 0))
      OR EXISTS (SELECT 1 FROM "Issuance" i WHERE i."shopId" = k."shopId" AND i."customerId" = k."id")
      OR EXISTS (SELECT 1 FROM "Redemption" r WHERE r."shopId" = k."shopId" AND r."customerId" = k."id")
      OR EXISTS (SELECT 1 FROM "Order" o WHERE o."shopId" = k."shopId" AND o."customerId" = k."id")
      OR EXISTS (SELECT 1 FROM "PendingEarning" e WHERE e."shopId" = k."shopId" AND e."customerId" = k."id"))
    ORDER BY k."id" LIMIT ${CUSTOMERS_AT_ONCE}`;
  for (const { id, mergedIntoId } of late) {
    await inTransaction((tx) => tx.$queryRaw`SELECT 1 FROM move_customer(${shopId}::int, ${id}::bigint, ${mergedIntoId}::bigint, ${now}::timestamptz)`);
  }
  return late.length;
}
