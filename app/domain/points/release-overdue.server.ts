/** Holds that an integrator left behind: their points are free again. */
import { prisma } from "../../lib/db.server";

const SHOPS_AT_ONCE = 500;
const CUSTOMERS_PER_SHOP = 500;

/** Ends integrators' holds that are past their end; answers how many. Bounded: what is left over is found by the next run. */
export async function releaseOverdueHolds(now: Date): Promise<number> {
  const shops = await prisma.$queryRaw<{ id: number }[]>`
    SELECT s."id" FROM "Shop" s
    WHERE EXISTS (SELECT 1 FROM "PointsHold" h
      WHERE h."shopId" = s."id" AND h."status" = 'held' AND h."requestKey" IS NOT NULL AND h."endsAt" <= ${now}::timestamptz)
    ORDER BY s."id" LIMIT ${SHOPS_AT_ONCE}`;
  let ended = 0;
  for (const { id } of shops) {
    const [row] = await prisma.$queryRaw<{ ended: number }[]>`
      SELECT end_overdue_holds(${id}::int, ARRAY(
        SELECT "customerId" FROM "PointsHold"
        WHERE "shopId" = ${id} AND "status" = 'held' AND "requestKey" IS NOT NULL AND "endsAt" <= ${now}::timestamptz
        ORDER BY "endsAt" LIMIT ${CUSTOMERS_PER_SHOP}), ${now}::timestamptz) AS ended`;
    ended += row?.ended ?? 0;
  }
  return ended;
}
