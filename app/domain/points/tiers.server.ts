/** Reads of tiers: which there are, and where customers stand. */
import { Prisma } from "../../generated/prisma/client";
import { prisma, type Tx } from "../../lib/db.server";
import { standingOf, TIER_LIMIT, yearBefore, type Standing, type Tier } from "./tier";

/** The shop's tiers, the lowest first. */
export function listTiers(db: Tx | typeof prisma, shopId: number): Promise<Tier[]> {
  return db.tier.findMany({ where: { shopId }, orderBy: { fromPoints: "asc" }, take: TIER_LIMIT, select: { id: true, name: true, fromPoints: true, multiplierMilli: true } });
}

/** A customer at an instant: at their order, or now. */
export interface Moment {
  customerId: bigint;
  at: Date;
  /** The order that they earn with; it does not count for itself. Null: none. */
  orderGid: string | null;
}

/**
 * What each of these customers, and whoever was merged into them, had earned in the 12 months until their moment, less what was
 * taken back by then; whoever earned nothing is left out. At most one moment of each customer. One query.
 */
export async function earnedBefore(db: Tx | typeof prisma, shopId: number, moments: readonly Moment[]): Promise<Map<bigint, number>> {
  if (moments.length === 0) return new Map();
  const customerIds = moments.map(({ customerId }) => customerId);
  const rows = await db.$queryRaw<{ customerId: bigint; points: number }[]>`
    SELECT m."customerId", sum(e."points")::float8 AS "points"
    FROM unnest(${customerIds}::bigint[], ${moments.map(({ at }) => yearBefore(at))}::timestamptz[], ${moments.map(({ at }) => at)}::timestamptz[],
      ${moments.map(({ orderGid }) => orderGid)}::text[]) AS m("customerId", "after", "until", "orderGid")
    JOIN (
      SELECT id AS "customerId", id FROM unnest(${customerIds}::bigint[]) AS id
      UNION SELECT k."mergedIntoId", k."id" FROM "Customer" k WHERE k."shopId" = ${shopId} AND k."mergedIntoId" IN (${Prisma.join(customerIds)})) w USING ("customerId")
    JOIN "PointsEntry" e ON e."shopId" = ${shopId} AND e."customerId" = w."id"
    WHERE e."kind" IN ('earned', 'earning_reversed') AND e."occurredAt" > m."after" AND e."occurredAt" <= m."until"
      AND (m."orderGid" IS NULL OR e."orderGid" IS DISTINCT FROM m."orderGid")
    GROUP BY m."customerId"`;
  return new Map(rows.map(({ customerId, points }) => [customerId, points]));
}

/** What these customers had earned in the 12 months until this instant; as `earnedBefore`. */
export function earnedInYear(db: Tx | typeof prisma, shopId: number, customerIds: readonly bigint[], at: Date): Promise<Map<bigint, number>> {
  return earnedBefore(db, shopId, [...new Set(customerIds)].map((customerId) => ({ customerId, at, orderGid: null })));
}

/** Where each of these customers stands; null for a shop without tiers. */
export async function readStandings(shopId: number, customerIds: readonly bigint[], at: Date): Promise<Map<bigint, Standing> | null> {
  const tiers = await listTiers(prisma, shopId);
  if (tiers.length === 0) return null;
  const earned = await earnedInYear(prisma, shopId, customerIds, at);
  return new Map(customerIds.map((id) => [id, standingOf(tiers, earned.get(id) ?? 0)]));
}

/** Where a customer stands; null for a shop without tiers. */
export async function readStanding(shopId: number, customerId: bigint, at: Date): Promise<Standing | null> {
  return (await readStandings(shopId, [customerId], at))?.get(customerId) ?? null;
}
