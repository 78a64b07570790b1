/** Holds that an integrator left behind: their points are free again. */
import { inTransaction, prisma } from "../../lib/db.server";
import { sweepEach } from "../../lib/sweep.server";

const SHOPS_AT_ONCE = 500;
const CUSTOMERS_PER_SHOP = 500;

/** Ends integrators' holds that are past their end; answers how many. Bounded: what is left over is found by the next run. */
export async function releaseOverdueHolds(now: Date): Promise<number> {
  const shops = await prisma.$queryRaw<{ shopId: number }[]>`
    SELECT s."id" AS "shopId" FROM "Shop" s
    WHERE EXISTS (SELECT 1 FROM "PointsHold" h
      WHERE h."shopId" = s."id" AND h."status" = 'held' AND h."requestKey" IS NOT NULL AND h."endsAt" <= ${now}::timestamptz)
    ORDER BY s."id" LIMIT ${SHOPS_AT_ONCE}`;
  return sweepEach(shops, "ending holds", ({ shopId }) => releaseIn(shopId, now));
}

async function releaseIn(shopId: number, now: Date): Promise<number> {
  const [row] = await inTransaction((tx) => tx.$queryRaw<{ ended: number }[]>`
    SELECT end_overdue_holds(${shopId}::int, ARRAY(
      SELECT "customerId" FROM "PointsHold"
      WHERE "shopId" = ${shopId} AND "status" = 'held' AND "requestKey" IS NOT NULL AND "endsAt" <= ${now}::timestamptz
      ORDER BY "endsAt" LIMIT ${CUSTOMERS_PER_SHOP}), ${now}::timestamptz) AS ended`);
  return row?.ended ?? 0;
}
