/** Refunds give back what their part of the order had cost, and take what it had earned, at the rate of the time of the order. */
import type { Tx } from "../../lib/db.server";
import { settleOrder } from "./settle.server";

/** Applies every refund of the order that waits. Without the order they go on waiting. The order is locked by the caller. */
export async function applyRefunds(tx: Tx, shopId: number, orderGid: string, now: Date): Promise<void> {
  if (!(await tx.order.findUnique({ where: { shopId_gid: { shopId, gid: orderGid } }, select: { gid: true } }))) return;
  const waiting = await tx.refund.findMany({ where: { shopId, orderGid, appliedAt: null }, orderBy: [{ refundedAt: "asc" }, { gid: "asc" }], select: { gid: true, refundedAt: true } });
  for (const { gid, refundedAt } of waiting) {
    const { count } = await tx.refund.updateMany({ where: { shopId, gid, appliedAt: null }, data: { appliedAt: now } });
    if (count === 1) await settleOrder(tx, shopId, orderGid, { key: gid, what: "refunded", at: refundedAt }, now);
  }
}
