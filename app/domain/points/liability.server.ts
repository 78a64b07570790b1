/** What a shop owes its customers in points, now or at any instant before. */
import { prisma } from "../../lib/db.server";

export interface Liability {
  /** Sum of the customers' balances, each from zero up. */
  points: number;
  /** Sum of those below zero, 0 or less: earnings reversed after they were spent. They make nobody else's points less. */
  negativePoints: number;
  /** Earned by then and pending, as far as no refund has taken it back since; not part of `points`. */
  pendingPoints: number;
  /** What `points` are worth by the shop's present value of 100 points, minor units of its currency, rounded down; null: not valued. */
  moneyMinor: number | null;
}

/** The liability as the entries recorded until `instant` say. Costs a look at every account and at what was recorded since. */
export async function liabilityAt(shopId: number, instant: Date): Promise<Liability> {
  const [row] = await prisma.$queryRaw<(Omit<Liability, "moneyMinor"> & { moneyMinor: number | null })[]>`
    SELECT l."points"::float8 AS "points", l."negativePoints"::float8 AS "negativePoints",
      (SELECT coalesce(sum(p."points"), 0) FROM "PendingEarning" p
        WHERE p."shopId" = ${shopId} AND p."occurredAt" <= ${instant}::timestamptz AND (p."endedAt" IS NULL OR p."endedAt" > ${instant}::timestamptz))::float8 AS "pendingPoints",
      floor(l."points"::numeric * s."hundredMinor" / 100)::float8 AS "moneyMinor"
    FROM "Shop" s CROSS JOIN (
      SELECT coalesce(sum(greatest(0, b."balance")), 0) AS "points", coalesce(sum(least(0, b."balance")), 0) AS "negativePoints"
      FROM (
        -- The balance is the sum of all entries: what was recorded since is taken off.
        SELECT a."balance" - coalesce(since."points", 0) AS "balance"
        FROM "PointsAccount" a
        LEFT JOIN (
          SELECT e."customerId", sum(e."points") AS "points" FROM "PointsEntry" e
          WHERE e."shopId" = ${shopId} AND e."recordedAt" > ${instant}::timestamptz GROUP BY e."customerId") since ON since."customerId" = a."customerId"
        WHERE a."shopId" = ${shopId}) b) l
    WHERE s."id" = ${shopId}`;
  if (!row) throw new Error("a shop has one liability");
  return row;
}
