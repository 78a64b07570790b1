/** Reads about points: what a customer has, and how it came about. */
import type { PointsEntryKind } from "../../generated/prisma/client";
import { prisma, type Tx } from "../../lib/db.server";
import { cutPage, PAGE_SIZE, type Page, type Position } from "../../lib/page";
import { toBalance, type PointsBalance } from "./balance";
import { earningKey } from "./earn-from-orders.server";

/** A customer's points now, without those that have lapsed, swept or not; zeros for one who never had any. */
export async function findBalance(shopId: number, customerId: bigint, now: Date): Promise<PointsBalance> {
  const account = await prisma.pointsAccount.findUnique({ where: { shopId_customerId: { shopId, customerId } } });
  if (!account) return toBalance(0, 0);
  if (account.lapsesAt === null || account.lapsesAt > now) return toBalance(account.balance, account.held);
  const [row] = await prisma.$queryRaw<{ balance: number; held: number }[]>`
    SELECT (a."balance" - (SELECT coalesce(sum(l."points"), 0) FROM lapses_of(${shopId}::int, ${customerId}::bigint, ${now}::timestamptz) l))::int AS "balance", a."held"
    FROM "PointsAccount" a WHERE a."shopId" = ${shopId} AND a."customerId" = ${customerId}`;
  return toBalance(row?.balance ?? 0, row?.held ?? 0);
}

/** A customer's points to come and to go. */
export interface Outlook {
  /** Earned, and not to be spent before they mature. */
  pending: number;
  /** Those of them that mature first. */
  nextPending: DatedPoints | null;
  /** What lapses first if it is not spent: all of one day. */
  nextLapse: DatedPoints | null;
}

export interface DatedPoints {
  points: number;
  at: Date;
}

/** What is to come of a customer's points, and what is to go. */
export async function findOutlook(shopId: number, customerId: bigint, now: Date): Promise<Outlook> {
  const [pending, lapse] = await Promise.all([
    prisma.$queryRaw<(DatedPoints & { total: number })[]>`
      SELECT "maturesAt" AS "at", sum("points")::float8 AS "points", (sum(sum("points")) OVER ())::float8 AS "total"
      FROM "PendingEarning" WHERE "shopId" = ${shopId} AND "customerId" = ${customerId} AND "endedAt" IS NULL AND "points" > 0
      GROUP BY "maturesAt" ORDER BY "maturesAt" LIMIT 1`,
    prisma.$queryRaw<DatedPoints[]>`
      SELECT "expiresAt" AS "at", sum("remaining")::float8 AS "points"
      FROM "PointsLot" WHERE "shopId" = ${shopId} AND "customerId" = ${customerId} AND "remaining" > 0 AND "expiresAt" > ${now}::timestamptz
      GROUP BY "expiresAt" ORDER BY "expiresAt" LIMIT 1`,
  ]);
  const [first] = pending;
  return { pending: first?.total ?? 0, nextPending: first ? { points: first.points, at: first.at } : null, nextLapse: lapse[0] ?? null };
}

/** What an order has earned its customer, pending or not: when it was recorded or, while pending, what is left of it. */
export async function findEarned(shopId: number, orderGid: string): Promise<number> {
  const [pending, entry] = await Promise.all([
    prisma.pendingEarning.findUnique({ where: { shopId_orderGid: { shopId, orderGid } }, select: { points: true } }),
    prisma.pointsEntry.findUnique({ where: { shopId_reasonKey: { shopId, reasonKey: earningKey(orderGid) } }, select: { points: true } }),
  ]);
  return entry?.points ?? pending?.points ?? 0;
}

export interface StatementLine {
  id: bigint;
  seq: number;
  kind: PointsEntryKind;
  points: number;
  balanceAfter: number;
  note: string | null;
  orderGid: string | null;
  issuanceId: bigint | null;
  occurredAt: Date;
  /** When what is left of these points lapses; null: nothing is left, or it does not. */
  expiresAt: Date | null;
  /** How many of them are left. */
  remaining: number;
}

/** A page of a customer's statement, newest first. The key of a page is the entry's number. */
export async function listStatement(shopId: number, customerId: bigint, position: Position, size = PAGE_SIZE): Promise<Page<StatementLine>> {
  const key = Number(position?.key[0] ?? 0) || 0;
  const backwards = position?.direction === "before";
  const read = await prisma.pointsEntry.findMany({
    where: { shopId, customerId, ...(position && { seq: backwards ? { gt: key } : { lt: key } }) },
    orderBy: { seq: backwards ? "asc" : "desc" },
    take: size + 1,
    select: { id: true, seq: true, kind: true, points: true, balanceAfter: true, note: true, orderGid: true, issuanceId: true, occurredAt: true },
  });
  const lots = await prisma.pointsLot.findMany({ where: { shopId, entryId: { in: read.map(({ id }) => id) }, remaining: { gt: 0 } }, select: { entryId: true, remaining: true, expiresAt: true } });
  const lines = read.map((entry): StatementLine => {
    const lot = lots.find(({ entryId }) => entryId === entry.id);
    return { ...entry, remaining: lot?.remaining ?? 0, expiresAt: lot?.expiresAt ?? null };
  });
  return cutPage(lines, position, ({ seq }) => [String(seq)], size);
}

/** A hold that an integrator asked for; null: there is none, or it belongs to a coupon. */
export function findHold(db: Tx | typeof prisma, shopId: number, holdId: bigint) {
  return db.pointsHold.findFirst({ where: { shopId, id: holdId, requestKey: { not: null } } });
}
