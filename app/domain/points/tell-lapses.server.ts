/** Customers are told some days before their points lapse. */
import { prisma } from "../../lib/db.server";
import { sweepEach } from "../../lib/sweep.server";

const SHOPS_AT_ONCE = 500;
const LOTS_AT_ONCE = 1000;
const PAGES_PER_SHOP = 10;

/**
 * Records `points.expiring` for lots that end within the shop's days of notice, each lot once: one event for all points of a customer that
 * lapse on the same day. Answers how many events. Bounded: what is left over is found by the next run.
 */
export async function tellLapses(now: Date): Promise<number> {
  const shops = await prisma.$queryRaw<{ shopId: number; until: Date }[]>`
    SELECT s."id" AS "shopId", ${now}::timestamptz + make_interval(days => s."expiryNoticeDays") AS "until" FROM "Shop" s
    WHERE s."expiryNoticeDays" > 0 AND EXISTS (SELECT 1 FROM "PointsLot" l
      WHERE l."shopId" = s."id" AND l."remaining" > 0 AND l."noticedAt" IS NULL
        AND l."expiresAt" > ${now}::timestamptz AND l."expiresAt" <= ${now}::timestamptz + make_interval(days => s."expiryNoticeDays"))
    ORDER BY s."id" LIMIT ${SHOPS_AT_ONCE}`;
  return sweepEach(shops, "telling of points that lapse", ({ shopId, until }) => tellIn(shopId, until, now));
}

async function tellIn(shopId: number, until: Date, now: Date): Promise<number> {
  let told = 0;
  for (let page = 0; page < PAGES_PER_SHOP; page++) {
    const { looked, count } = await tellPage(shopId, until, now);
    told += count;
    if (looked < LOTS_AT_ONCE) break;
  }
  return told;
}

/** Lots that somebody spends at this moment are passed by: nobody waits for a notice, and it waits for nobody. */
async function tellPage(shopId: number, until: Date, now: Date): Promise<{ looked: number; count: number }> {
  const [row] = await prisma.$queryRaw<{ looked: number; count: number }[]>`
    WITH due AS MATERIALIZED (
      SELECT l."id", l."customerId", l."expiresAt" FROM "PointsLot" l
      WHERE l."shopId" = ${shopId} AND l."remaining" > 0 AND l."noticedAt" IS NULL AND l."expiresAt" > ${now}::timestamptz AND l."expiresAt" <= ${until}::timestamptz
      ORDER BY l."expiresAt" LIMIT ${LOTS_AT_ONCE} FOR UPDATE SKIP LOCKED),
    -- All that lapses then, so that the lots of one day are told together. Looked up by the customer: on one day those of all may lapse.
    days AS MATERIALIZED (
      SELECT d."customerId", d."expiresAt", theirs."points" FROM (SELECT DISTINCT "customerId", "expiresAt" FROM due) d
      CROSS JOIN LATERAL (
        SELECT sum(l."remaining") FILTER (WHERE l."expiresAt" = d."expiresAt")::bigint AS "points" FROM "PointsLot" l
        WHERE l."shopId" = ${shopId} AND l."customerId" = d."customerId" AND l."remaining" > 0) theirs),
    marked AS (
      UPDATE "PointsLot" l SET "noticedAt" = ${now}::timestamptz FROM due WHERE l."shopId" = ${shopId} AND l."id" = due."id" RETURNING 1),
    told AS (
      INSERT INTO "Event" ("shopId", "kind", "data", "occurredAt", "recordedAt")
      SELECT ${shopId}, 'points.expiring', jsonb_build_object('customerId', 'cus_' || d."customerId", 'points', d."points",
        'expiresAt', to_char(d."expiresAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')), ${now}::timestamptz, ${now}::timestamptz
      FROM days d ORDER BY d."expiresAt", d."customerId" RETURNING 1)
    SELECT (SELECT count(*)::int FROM marked) AS "looked", (SELECT count(*)::int FROM told) AS "count"`;
  return row ?? { looked: 0, count: 0 };
}
