/** What a coupon cost goes back to whom it cost: held points are free again, spent ones return to the lots they came from. */
import type { Tx } from "../../lib/db.server";
import { keptOf } from "../customers/merge.server";
import { endHold } from "../points/end-hold.server";
import { postEntry } from "../points/post.server";

/** An issuance as far as its price goes. No hold and points: the price was spent when it was issued. */
export interface Paid {
  id: bigint;
  customerId: bigint;
  holdId: bigint | null;
  points: number;
}

/** The reason of the entry by which an issuance was paid for at once. */
function prepaymentKey(issuanceId: bigint): string {
  return `spend:issue:${issuanceId}`;
}

interface SpendReturn {
  note: string;
  orderGid?: string;
  occurredAt: Date;
}

/** What these issuances cost at this instant: what was spent on each, less what came back; nothing: it is left out. Their owners' accounts are locked. */
export async function paidFor(tx: Tx, shopId: number, issuanceIds: bigint[]): Promise<Map<bigint, number>> {
  if (issuanceIds.length === 0) return new Map();
  const where = { shopId, issuanceId: { in: issuanceIds }, kind: { in: ["spent" as const, "spending_returned" as const] } };
  const sums = await tx.pointsEntry.groupBy({ by: ["issuanceId"], where, _sum: { points: true } });
  return new Map(sums.flatMap(({ issuanceId, _sum }) => (issuanceId === null ? [] : [[issuanceId, -(_sum.points ?? 0)]])));
}

async function costOf(tx: Tx, shopId: number, issuanceId: bigint): Promise<number> {
  return (await paidFor(tx, shopId, [issuanceId])).get(issuanceId) ?? 0;
}

/**
 * Gives back what is left of what was spent on an issuance, by an order or when it was issued; false: nothing ever was. It
 * costs again only after what it had cost went back, so the last spend is the one that stands.
 */
export async function returnSpent(tx: Tx, shopId: number, issuanceId: bigint, entry: SpendReturn, now: Date): Promise<boolean> {
  const spent = await tx.pointsEntry.findFirst({ where: { shopId, issuanceId, kind: "spent" }, orderBy: { id: "desc" } });
  if (!spent) return false;
  const points = await costOf(tx, shopId, issuanceId);
  if (points > 0) {
    const customerId = await keptOf(tx, shopId, spent.customerId);
    await postEntry(tx, shopId, { ...entry, customerId, kind: "spending_returned", points, reasonKey: `return:${spent.reasonKey}`, issuanceId }, now);
  }
  return true;
}

/** Whether a part of its price, but not the whole, came back. */
export async function isPartlyReturned(tx: Tx, shopId: number, { id, points }: Pick<Paid, "id" | "points">): Promise<boolean> {
  return points > 0 && (await costOf(tx, shopId, id)) < points;
}

/** Gives back so much that `returned` of the price `points` came back in all; nothing if as much did before. */
export async function returnSpentUpTo(tx: Tx, shopId: number, issuanceId: bigint, { points, returned, ...entry }: SpendReturn & { points: number; returned: number; reasonKey: string }, now: Date): Promise<void> {
  const missing = (await costOf(tx, shopId, issuanceId)) - (points - returned);
  if (missing <= 0) return;
  const { customerId } = await tx.issuance.findUniqueOrThrow({ where: { shopId_id: { shopId, id: issuanceId } }, select: { customerId: true } });
  await postEntry(tx, shopId, { ...entry, customerId, kind: "spending_returned", points: missing, issuanceId }, now);
}

/**
 * Spends again what an edit of its order put back: so much that `returned` of the price is back in all, and no more than `putBack`, for
 * what was not covered before that is not asked for again. False: the owner's spendable points do not cover it, and nothing was spent.
 */
export async function spendAgain(
  tx: Tx, shopId: number, issuanceId: bigint, { points, returned, putBack, ...entry }: SpendReturn & { points: number; returned: number; putBack: number; reasonKey: string }, now: Date,
): Promise<boolean> {
  const owed = Math.min(putBack, points - returned - (await costOf(tx, shopId, issuanceId)));
  if (owed <= 0) return true;
  const { customerId } = await tx.issuance.findUniqueOrThrow({ where: { shopId_id: { shopId, id: issuanceId } }, select: { customerId: true } });
  const { outcome } = await postEntry(tx, shopId, { ...entry, customerId, kind: "spent", points: -owed, issuanceId }, now);
  return outcome !== "insufficient";
}

/** Gives the price back once; false: the hold had ended before, so an order or an earlier return has decided over it. */
export async function givePointsBack(tx: Tx, shopId: number, { id, customerId, holdId, points }: Paid, now: Date): Promise<boolean> {
  if (holdId !== null) return endHold(tx, shopId, { customerId, holdId, status: "returned" }, now);
  if (points === 0) return true;
  if (!(await returnSpent(tx, shopId, id, { note: "Points of a coupon returned", occurredAt: now }, now))) throw new Error(`issuance ${id} has a price that nobody paid`);
  return true;
}

/** Keeps the price of a coupon that is taken back: what was only held is spent. */
export async function keepPoints(tx: Tx, shopId: number, { id, customerId, holdId, points }: Paid, now: Date): Promise<void> {
  if (holdId === null || !(await endHold(tx, shopId, { customerId, holdId, status: "spent" }, now))) return;
  await postEntry(tx, shopId, {
    customerId, kind: "spent", points: -points, reasonKey: prepaymentKey(id), note: "Coupon taken back", issuanceId: id, occurredAt: now, overdraft: true,
  }, now);
}
