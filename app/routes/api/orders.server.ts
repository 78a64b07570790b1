/** The calls about orders. */
import { MAX_AMOUNT } from "../../contract/api/fields";
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
  const { currency, minor } = worth(body.currency ?? shop.currency, body.exchangeRate ?? null, shop.currency);
  const { couponsLockReference, couponCodes } = body.redemption ?? {};
  const placed = await place(shop.id, {
    orderId: body.orderId,
    customerId,
    totalMinor: minor(body.totalPaid),
    // Points are earned on the shop's money: what 10,000 yen are worth, nobody has said.
    earningMinor: currency === shop.currency ? Math.max(0, minor(body.totalPaid) - minor(body.totalShipping) - minor(body.totalTax)) : 0,
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

/** The currency that the order is kept in, and its amounts in minor units of it: the shop's wherever that is known, as Shopify's own orders are. */
function worth(currency: string, exchangeRate: number | null, shopCurrency: string) {
  const rate = currency === shopCurrency ? 1 : exchangeRate;
  const kept = rate === null ? currency : shopCurrency;
  return { currency: kept, minor: (amount: number | null | undefined) => minorOf(Math.min((amount ?? 0) * (rate ?? 1), MAX_AMOUNT), kept) };
}

function placedAt(orderDate: string | null | undefined, now: Date): Date {
  const told = orderDate ? new Date(orderDate) : now;
  return told > now ? now : told;
}
