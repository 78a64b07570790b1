/** Points whose time is over leave the balances. */
import { inTransaction, prisma } from "../../lib/db.server";
import { sweepEach } from "../../lib/sweep.server";

const SHOPS_AT_ONCE = 500;
const CUSTOMERS_AT_ONCE = 200;
const PAGES_PER_SHOP = 20;

/**
 * Lets points lapse whose lots have ended, an entry for each lot, once however many run; answers how many points. Held ones wait until
 * the hold is over. Bounded: what is left over is found by the next run, and cannot be spent meanwhile.
 */
export async function lapsePoints(now: Date): Promise<number> {
  const shops = await prisma.$queryRaw<{ shopId: number }[]>`
    SELECT s."id" AS "shopId" FROM "Shop" s
    WHERE EXISTS (SELECT 1 FROM "PointsLot" l
      WHERE l."shopId" = s."id" AND l."remaining" > 0 AND l."expiresAt" IS NOT NULL AND l."expiresAt" <= ${now}::timestamptz
        -- Something lapses of it: shops in which all is held must not fill the list.
        AND EXISTS (SELECT 1 FROM lapses_of(s."id", l."customerId", ${now}::timestamptz)))
    ORDER BY s."id" LIMIT ${SHOPS_AT_ONCE}`;
  return sweepEach(shops, "letting points lapse", ({ shopId }) => lapseIn(shopId, now));
}

async function lapseIn(shopId: number, now: Date): Promise<number> {
  let lapsed = 0;
  for (let page = 0; page < PAGES_PER_SHOP; page++) {
    // Those of whom something lapses: a page full of held points would hide them.
    const due = await prisma.$queryRaw<{ customerId: bigint }[]>`
      SELECT DISTINCT d."customerId" FROM (
        SELECT l."customerId" FROM "PointsLot" l
        WHERE l."shopId" = ${shopId} AND l."remaining" > 0 AND l."expiresAt" IS NOT NULL AND l."expiresAt" <= ${now}::timestamptz
          AND EXISTS (SELECT 1 FROM lapses_of(${shopId}::int, l."customerId", ${now}::timestamptz))
        ORDER BY l."expiresAt" LIMIT ${CUSTOMERS_AT_ONCE}) d`;
    if (due.length === 0) break;
    const points = await inTransaction(async (tx) => {
      const [row] = await tx.$queryRaw<{ points: bigint }[]>`
        SELECT lapse_points_of(${shopId}::int, ${due.map(({ customerId }) => customerId)}::bigint[], ${now}::timestamptz) AS "points"`;
      return Number(row?.points ?? 0);
    });
    lapsed += points;
  }
  return lapsed;
}
