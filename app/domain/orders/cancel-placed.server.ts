/** An integrator takes back an order that they told of. */
import { orderGidOf } from "../coupons/burn.server";
import { inTransaction } from "../../lib/db.server";
import { cancelOrder } from "./cancel.server";

export type CancelPlaced =
  /** cancelledAt: the first time, however often it is told. codes: whose uses were undone. */
  | { outcome: "cancelled"; repeated: boolean; cancelledAt: Date; codes: string[] }
  | { outcome: "order_unknown" };

/** Cancels an order: the uses it made of coupons are undone as their awards say, and what it earned goes. */
export function cancelPlaced(shopId: number, orderId: string, now: Date): Promise<CancelPlaced> {
  return inTransaction(async (tx) => {
    const orderGid = orderGidOf(orderId);
    const { outcome } = await cancelOrder(tx, shopId, { orderGid, cancelledAt: now }, now);
    const order = await tx.order.findUnique({ where: { shopId_gid: { shopId, gid: orderGid } }, select: { cancelledAt: true } });
    if (!order) return { outcome: "order_unknown" };
    const redemptions = await tx.redemption.findMany({ where: { shopId, orderGid }, select: { couponId: true } });
    const coupons = await tx.coupon.findMany({ where: { shopId, id: { in: redemptions.map(({ couponId }) => couponId) } }, select: { code: true }, orderBy: { id: "asc" } });
    return { outcome: "cancelled", repeated: outcome === "already_cancelled", cancelledAt: order.cancelledAt ?? now, codes: coupons.map(({ code }) => code) };
  });
}
