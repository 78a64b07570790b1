/** Calls about orders that are placed outside Shopify. */
import { z } from "zod";
import { CALL_REASONS, USE_REASONS } from "./errors";
import { Code, NamedCustomer, Amount, Instant, OutsideId, text, HappenedAt } from "./fields";
import { Cart } from "./coupons";
import { operation } from "./operation";

const NONE = z.object({});
const OrderId = z.union([text(200), z.int().min(0)]).transform(String).describe("Your number of the order, or Shopify's gid of it. It is recorded once.");
const Merchant = z.object({ uniqueId: OutsideId.nullish(), name: z.string().max(255).nullish(), branch: z.object({ uniqueId: OutsideId, name: z.string().max(255).nullish() }).nullish() });

/** POST /orders */
export const placeOrder = operation({
  method: "POST",
  path: "/orders",
  tag: "Orders",
  summary: "Record an order",
  description: "Burns the coupons that the order used, and earns points for what was paid. If a coupon cannot be used, nothing is recorded: an order with a lock that was released is refused. Told again, it is answered with what it was the first time. Orders placed in Shopify's checkout reach us by themselves.",
  scope: "orders:write",
  writes: true,
  params: NONE,
  query: NONE,
  body: z.object({
    ...NamedCustomer,
    orderId: OrderId,
    orderDate: HappenedAt.nullish().describe("When it was placed; left out, or to come: now."),
    totalPaid: Amount.describe("What the customer paid, with discounts taken off. Points are earned on it, less totalShipping and totalTax where they are sent."),
    totalPrice: Amount.nullish().describe("Before discounts; minimums and percentages of the coupons are judged on it."),
    totalDiscount: Amount.nullish(),
    totalShipping: Amount.nullish(),
    totalTax: Amount.nullish(),
    currency: z.string().regex(/^[A-Z]{3}$/).nullish().describe("Left out: the shop's."),
    exchangeRate: z.number().positive().max(1e6).nullish().describe("Where currency is not the shop's: what one unit of it is worth in the shop's. The order then earns points and is counted by what it is worth there; without it, it earns none. Coupons are judged by the amounts as sent."),
    lineItems: Cart.shape.lineItems,
    merchant: Merchant.nullish().describe("Where the order was placed: the branch's uniqueId, else the merchant's, is the location."),
    channel: z.enum(["pos", "web", "mobile", "callcenter", "online"]).nullish(),
    redemption: z
      .object({ couponsLockReference: text(100).nullish(), couponCodes: z.array(Code).max(50).nullish() })
      .refine(({ couponsLockReference, couponCodes }) => couponsLockReference == null || !couponCodes?.length, { message: "Send one of couponsLockReference and couponCodes." })
      .nullish(),
  }),
  answer: z.object({
    customerId: z.string(),
    orderId: z.string(),
    redeemedPoints: z.int().describe("What the order's coupons had cost."),
    rewardedPoints: z.int().describe("What the order earned."),
    burnedCoupons: z.array(z.string()),
    lineItems: z.array(z.object({})).describe("Always empty: points are earned on the whole order."),
  }),
  errors: ["customer_unknown", "customer_ambiguous", ...USE_REASONS, ...CALL_REASONS],
});

/** POST /orders/{orderId}/cancel */
export const cancelOrder = operation({
  method: "POST",
  path: "/orders/{orderId}/cancel",
  tag: "Orders",
  summary: "Cancel an order",
  description: "Undoes what an order did: its coupons can be used again or their points come back, as their awards say, and what it earned goes. Repeated it answers the same.",
  scope: "orders:write",
  writes: true,
  params: z.object({ orderId: text(200) }),
  query: NONE,
  body: null,
  answer: z.object({ success: z.literal(true), cancelledAt: Instant, reversedCoupons: z.array(z.string()) }),
  errors: ["order_unknown"],
});
