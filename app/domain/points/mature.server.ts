/** Points of orders whose pending days are over become the customer's. */
import { inTransaction, prisma } from "../../lib/db.server";
import { sweepEach } from "../../lib/sweep.server";

const SHOPS_AT_ONCE = 500;
const ORDERS_AT_ONCE = 200;
const PAGES_PER_SHOP = 50;

/** Posts what has matured by now, once however many run; answers how many entries. Bounded: what is left over is found by the next run. */
export async function maturePoints(now: Date): Promise<number> {
  const shops = await prisma.$queryRaw<{ shopId: number }[]>`
    SELECT s."id" AS "shopId" FROM "Shop" s
    WHERE EXISTS (SELECT 1 FROM "PendingEarning" p WHERE p."shopId" = s."id" AND p."endedAt" IS NULL AND p."maturesAt" <= ${now}::timestamptz)
    ORDER BY s."id" LIMIT ${SHOPS_AT_ONCE}`;
  return sweepEach(shops, "maturing points", ({ shopId }) => matureIn(shopId, now));
}

async function matureIn(shopId: number, now: Date): Promise<number> {
  let matured = 0;
  for (let page = 0; page < PAGES_PER_SHOP; page++) {
    const due = await prisma.pendingEarning.findMany({
      where: { shopId, endedAt: null, maturesAt: { lte: now } }, orderBy: { maturesAt: "asc" }, take: ORDERS_AT_ONCE, select: { orderGid: true },
    });
    if (due.length === 0) break;
    // Tried again after a deadlock: an order of the same customer may be refunded beside it.
    matured += await inTransaction(async (tx) => {
      const [row] = await tx.$queryRaw<{ count: number }[]>`
        SELECT mature_points(${shopId}::int, ${due.map(({ orderGid }) => orderGid)}::text[], ${now}::timestamptz) AS "count"`;
      return row?.count ?? 0;
    });
    if (due.length < ORDERS_AT_ONCE) break;
  }
  return matured;
}
