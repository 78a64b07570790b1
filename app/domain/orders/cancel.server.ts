/** An order was cancelled: its redemptions are reversed and what it earned goes. */
import type { Tx } from "../../lib/db.server";
import { lockOrder } from "./lock-order.server";
import type { CancellationFacts } from "./order";
import { settleOrder } from "./settle.server";

/** Cancels a recorded order once. `already_cancelled` also where we do not know the order: record it first. */
export async function cancelOrder(tx: Tx, shopId: number, { orderGid, cancelledAt }: CancellationFacts, now: Date): Promise<{ outcome: "cancelled" | "already_cancelled" }> {
  await lockOrder(tx, shopId, orderGid);
  const { count } = await tx.order.updateMany({ where: { shopId, gid: orderGid, cancelledAt: null }, data: { cancelledAt } });
  if (count === 0) return { outcome: "already_cancelled" };

  await settleOrder(tx, shopId, orderGid, { key: `${orderGid}:cancelled`, what: "cancelled", at: cancelledAt }, now);
  return { outcome: "cancelled" };
}
