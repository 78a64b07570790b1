/** The calls about orders. */
import type * as calls from "../../contract/api/orders";
import { cancelPlaced } from "../../domain/orders/cancel-placed.server";
import { placeOrder as place } from "../../domain/orders/place.server";
import { knownCustomer } from "./caller-customer.server";
import { cartOf, minorOf } from "./cart";
import { ApiRefusal } from "./door.server";
import type { Handler } from "./handler";
import { useRefusal } from "./reasons";

/** POST /orders */
export const placeOrder: Handler<typeof calls.placeOrder> = async ({ body }, { shop, now }) => {
  const customerId = await knownCustomer(shop.id, body);
  const currency = body.currency ?? shop.currency;
  const minor = (amount: number | null | undefined) => minorOf(amount ?? 0, currency);
  const { couponsLockReference, couponCodes } = body.redemption ?? {};
  const placed = await place(shop.id, {
    orderId: body.orderId,
    customerId,
    totalMinor: minor(body.totalPaid),
    earningMinor: Math.max(0, minor(body.totalPaid) - minor(body.totalShipping) - minor(body.totalTax)),
    discountMinor: minor(body.totalDiscount),
    currency,
    placedAt: placedAt(body.orderDate, now),
    channel: body.channel ?? "api",
    what: couponsLockReference != null ? { reference: couponsLockReference } : couponCodes?.length ? { codes: couponCodes } : null,
    cart: cartOf({
      totalPurchaseAmount: body.totalPrice ?? null, currency: body.currency ?? null, lineItems: body.lineItems ?? null,
      merchantId: body.merchant?.branch?.uniqueId ?? body.merchant?.uniqueId ?? null, channel: body.channel == null ? null : body.channel === "pos" ? "pos" : "online",
    }),
  }, now);
  if (placed.outcome === "refused") throw useRefusal(placed);
  const { redeemedPoints, rewardedPoints, codes } = placed;
  return { customerId: body.customerId, orderId: body.orderId, redeemedPoints, rewardedPoints, burnedCoupons: codes, lineItems: [] };
};

/** POST /orders/{orderId}/cancel */
export const cancelOrder: Handler<typeof calls.cancelOrder> = async ({ params }, { shop, now }) => {
  const cancelled = await cancelPlaced(shop.id, params.orderId, now);
  if (cancelled.outcome === "order_unknown") throw new ApiRefusal("order_unknown");
  return { success: true, cancelledAt: cancelled.cancelledAt.toISOString(), reversedCoupons: cancelled.codes };
};

function placedAt(orderDate: string | null | undefined, now: Date): Date {
  const told = orderDate ? new Date(orderDate) : now;
  return told > now ? now : told;
}
