/** An integrator tells of an order: its coupons are burned and it earns points, as an order of Shopify's does. */
import { burnCoupons, orderGidOf, type BurnRequest } from "../coupons/burn.server";
import type { Cart } from "../coupons/use";
import type { RefusedUse } from "../coupons/validate.server";
import { findEarned } from "../points/queries.server";
import { inTransaction, prisma } from "../../lib/db.server";
import { gid, gidTail } from "../../lib/gid";
import { recordOrder } from "./record.server";

export interface PlacedOrder {
  orderId: string;
  customerId: bigint;
  /** What was paid, what of it earns, and what was taken off: minor units of `currency`. */
  totalMinor: number;
  earningMinor: number;
  discountMinor: number;
  currency: string;
  placedAt: Date;
  channel: string;
  /** The coupons it used; null: none. */
  what: BurnRequest["what"] | null;
  cart: Omit<Cart, "customerId">;
}

export type PlaceOrder =
  /** Told again, it is answered with what it was the first time. Points: what its coupons cost, and what it earned. */
  | { outcome: "placed"; repeated: boolean; codes: string[]; redeemedPoints: number; rewardedPoints: number }
  /** Its coupons cannot be used, or it was told for another customer: nothing was recorded. */
  | RefusedUse;

/**
 * Burns the order's coupons, then records it. Each is done once for an order, so that a call that was cut off between the two
 * is finished by its repetition.
 */
export async function placeOrder(shopId: number, order: PlacedOrder, now: Date): Promise<PlaceOrder> {
  const { orderId, customerId, currency, placedAt, channel, what, cart, totalMinor, earningMinor, discountMinor } = order;
  const orderGid = orderGidOf(orderId);
  if (await isOfAnother(shopId, orderGid, customerId)) return { outcome: "refused", call: { reason: "order_of_another" }, codes: [] };
  if (what) {
    const burning = await burnCoupons(shopId, { ...cart, customerId, what, transactionId: orderId, transactionTime: placedAt }, now);
    if (burning.outcome === "refused") return burning;
  }
  const customer = await prisma.customer.findUniqueOrThrow({ where: { shopId_id: { shopId, id: customerId } }, select: { gid: true } });
  const facts = {
    gid: orderGid, name: orderId, customer: { gid: gid("Customer", gidTail(customer.gid)) }, currency, totalMinor, discountMinor,
    lines: [{ id: "total", kind: "product" as const, productGid: null, variantGid: null, quantity: 1, netMinor: earningMinor, taxMinor: 0, codes: {} }],
    taxesIncluded: false, test: false, channel, processedAt: placedAt, updatedAt: placedAt, codes: [],
  };
  const { outcome } = await inTransaction((tx) => recordOrder(tx, shopId, facts, now));
  return { outcome: "placed", repeated: outcome === "already_recorded", ...(await whatItDid(shopId, orderGid)) };
}

/** Whether the order stands recorded for somebody else: its number names another order than the caller means. */
async function isOfAnother(shopId: number, orderGid: string, customerId: bigint): Promise<boolean> {
  const told = await prisma.order.findUnique({ where: { shopId_gid: { shopId, gid: orderGid } }, select: { customerId: true } });
  return told !== null && told.customerId !== null && told.customerId !== customerId;
}

async function whatItDid(shopId: number, orderGid: string) {
  const redemptions = await prisma.redemption.findMany({ where: { shopId, orderGid }, select: { couponId: true, issuanceId: true } });
  const [coupons, issuances, earned] = await Promise.all([
    prisma.coupon.findMany({ where: { shopId, id: { in: redemptions.map(({ couponId }) => couponId) } }, select: { code: true }, orderBy: { id: "asc" } }),
    prisma.issuance.findMany({ where: { shopId, id: { in: redemptions.flatMap(({ issuanceId }) => issuanceId ?? []) } }, select: { points: true } }),
    findEarned(shopId, orderGid),
  ]);
  return { codes: coupons.map(({ code }) => code), redeemedPoints: issuances.reduce((sum, { points }) => sum + points, 0), rewardedPoints: earned };
}
