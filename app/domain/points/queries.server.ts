/** Reads about points: what a customer has, and how it came about. */
import type { PointsEntryKind } from "../../generated/prisma/client";
import { prisma, type Tx } from "../../lib/db.server";
import { cutPage, PAGE_SIZE, type Page, type Position } from "../../lib/page";
import { toBalance, type PointsBalance } from "./balance";

/** A customer's points; zeros for one who never had any. */
export async function findBalance(shopId: number, customerId: bigint): Promise<PointsBalance> {
  const account = await prisma.pointsAccount.findUnique({ where: { shopId_customerId: { shopId, customerId } } });
  return toBalance(account?.balance ?? 0, account?.held ?? 0);
}

export interface StatementLine {
  id: bigint;
  seq: number;
  kind: PointsEntryKind;
  points: number;
  balanceAfter: number;
  note: string | null;
  orderGid: string | null;
  occurredAt: Date;
}

/** A page of a customer's statement, newest first. The key of a page is the entry's number. */
export async function listStatement(shopId: number, customerId: bigint, position: Position, size = PAGE_SIZE): Promise<Page<StatementLine>> {
  const key = Number(position?.key[0] ?? 0) || 0;
  const backwards = position?.direction === "before";
  const read = await prisma.pointsEntry.findMany({
    where: { shopId, customerId, ...(position && { seq: backwards ? { gt: key } : { lt: key } }) },
    orderBy: { seq: backwards ? "asc" : "desc" },
    take: size + 1,
    select: { id: true, seq: true, kind: true, points: true, balanceAfter: true, note: true, orderGid: true, occurredAt: true },
  });
  return cutPage(read, position, ({ seq }) => [String(seq)], size);
}

/** A hold that an integrator asked for; null: there is none, or it belongs to a coupon. */
export function findHold(db: Tx | typeof prisma, shopId: number, holdId: bigint) {
  return db.pointsHold.findFirst({ where: { shopId, id: holdId, requestKey: { not: null } } });
}
