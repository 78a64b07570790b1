/** What an order has earned follows its money: down when money goes back, up when an edit adds to it. */
import type { Tx } from "../../lib/db.server";
import { lockAccounts } from "./lock-accounts.server";
import { postEntry } from "./post.server";

export interface OrderPoints {
  customerId: bigint;
  orderGid: string;
  /** What the order is to have earned, all refunds and edits so far taken into account. */
  points: number;
  /** Why it changes; the same reason changes it once. */
  reasonKey: string;
  note: string;
  occurredAt: Date;
}

/**
 * Brings what an order has earned to `points`; does nothing if it is there already. What is still pending changes without an
 * entry. The balance may fall below zero: points that were spent before their order was refunded. The order is locked by the caller.
 */
export async function setEarning(tx: Tx, shopId: number, order: OrderPoints, now: Date): Promise<void> {
  const { points, ...entry } = order;
  // Before what is pending, as they are locked where it matures.
  await lockAccounts(tx, shopId, [order.customerId]);
  const { count } = await tx.pendingEarning.updateMany({ where: { shopId, orderGid: order.orderGid, endedAt: null }, data: { points: Math.max(0, points) } });
  if (count > 0) return;

  const earned = await tx.pointsEntry.aggregate({
    where: { shopId, orderGid: order.orderGid, kind: { in: ["earned", "earning_reversed"] } },
    _sum: { points: true },
  });
  const missing = points - (earned._sum.points ?? 0);
  if (missing === 0) return;
  await postEntry(tx, shopId, { ...entry, kind: missing > 0 ? "earned" : "earning_reversed", points: missing, overdraft: true }, now);
}
