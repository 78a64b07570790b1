/** An order was cancelled: its redemptions are reversed and what it earned goes. */
import type { Tx } from "../../lib/db.server";
import { reverseRedemptions } from "../coupons/reverse.server";
import { setEarning } from "../points/set-earning.server";
import { lockOrder } from "./lock-order.server";
import type { CancellationFacts } from "./order";

/** Cancels a recorded order once. `already_cancelled` also where we do not know the order: record it first. */
export async function cancelOrder(tx: Tx, shopId: number, { orderGid, cancelledAt }: CancellationFacts, now: Date): Promise<{ outcome: "cancelled" | "already_cancelled" }> {
  await lockOrder(tx, shopId, orderGid);
  const { count } = await tx.order.updateMany({ where: { shopId, gid: orderGid, cancelledAt: null }, data: { cancelledAt } });
  if (count === 0) return { outcome: "already_cancelled" };

  const { customerId, name } = await tx.order.findUniqueOrThrow({ where: { shopId_gid: { shopId, gid: orderGid } } });
  await reverseRedemptions(tx, shopId, { orderGid, customerId, reason: "cancelled", reversedAt: cancelledAt }, now);
  if (customerId !== null) {
    await setEarning(tx, shopId, {
      customerId, orderGid, points: 0, reasonKey: `unearn:${orderGid}:cancelled`, note: `Order ${name} cancelled`, occurredAt: cancelledAt,
    }, now);
  }
  return { outcome: "cancelled" };
}
