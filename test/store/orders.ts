/** Orders are placed, cancelled and refunded. Each of the three changes the state and says which webhooks it causes. */
import { randomBytes } from "node:crypto";
import { isGid } from "../../app/lib/gid";
import { toDecimal } from "../../app/lib/money";
import type { ReleasedFunction } from "./functions/released";
import { priceCart, type Cart, type CodeRefusal, type PricedCart } from "./pricing";
import type { StoreDiscountApplication, StoreOrder, StoreOrderLine, StoreRefund } from "./order-records";
import type { ShopState } from "./state";
import { nextGid } from "./state";

export interface PlaceOrder {
  customerGid: string | null;
  /** For a guest. */
  email?: string | null;
  lines: readonly { variantGid: string; quantity: number }[];
  discountCodes: readonly string[];
  test?: boolean;
  /** When it happened, for orders of the past; now otherwise. */
  processedAt?: Date;
  checkoutToken?: string;
  note?: string | null;
  attributes?: { name: string; value: string }[];
  /** Writes no webhooks: history that the app did not see. */
  silent?: boolean;
}

export interface OrderRefusal {
  refused: { code: string; reason: CodeRefusal }[];
}

/** Places an order, or refuses it when one of its codes does not apply: the shopper sees that before paying. */
export function placeOrder(state: ShopState, now: Date, request: PlaceOrder, functions: readonly ReleasedFunction[]): { order: StoreOrder } | OrderRefusal {
  if (request.customerGid !== null && !state.customers.has(request.customerGid)) throw new Error(`the shop has no customer ${request.customerGid}`);
  const at = request.processedAt ?? now;
  const cart: Cart = { customerGid: request.customerGid, email: request.email ?? null, lines: request.lines, discountCodes: request.discountCodes };
  const priced = priceCart(state, at, cart, functions);
  const refused = priced.codes.flatMap((code) => (code.applicable ? [] : [{ code: code.code, reason: code.reason }]));
  if (refused.length) return { refused };
  const order = writeOrder(state, at, now, request, priced);
  state.orders.set(order.gid, order);
  // A use counts when the order is made, and no cancellation gives it back.
  for (const { code } of priced.applied) {
    code.uses += 1;
    const buyer = request.customerGid ?? request.email?.toLowerCase();
    if (buyer) code.usedBy.push(buyer);
  }
  return { order };
}

function writeOrder(state: ShopState, at: Date, now: Date, request: PlaceOrder, priced: PricedCart): StoreOrder {
  const customer = request.customerGid === null ? undefined : state.customers.get(request.customerGid);
  const number = state.nextOrderNumber;
  state.nextOrderNumber += 1;
  return {
    gid: nextGid(state, "Order"),
    number,
    name: `#${number}`,
    token: randomBytes(16).toString("hex"),
    cartToken: randomBytes(18).toString("base64url"),
    checkoutToken: request.checkoutToken ?? randomBytes(16).toString("hex"),
    confirmation: randomBytes(5).toString("hex").toUpperCase().slice(0, 9),
    customerGid: customer?.gid ?? null,
    email: customer?.email ?? request.email ?? null,
    currency: state.currency,
    test: request.test ?? false,
    createdAt: at.toISOString(),
    processedAt: at.toISOString(),
    updatedAt: (request.processedAt ? at : now).toISOString(),
    cancelledAt: null,
    cancelReason: null,
    lines: priced.lines.map((line): StoreOrderLine => ({
      gid: nextGid(state, "LineItem"),
      productGid: line.product.gid,
      variantGid: line.variant.gid,
      title: line.product.title,
      variantTitle: line.product.variants.length > 1 ? line.variant.title : null,
      sku: line.variant.sku,
      vendor: line.product.vendor,
      giftCard: line.variant.giftCard,
      quantity: line.quantity,
      refundedQuantity: 0,
      unitMinor: line.unitMinor,
      taxMinor: line.taxMinor,
      allocations: line.allocations,
    })),
    applications: priced.applied.map((one) => toApplication(state.currency, one)),
    shippingLineGid: nextGid(state, "ShippingLine"),
    shippingMinor: priced.shippingMinor,
    shippingDiscountMinor: priced.shippingDiscountMinor,
    shippingTaxMinor: priced.shippingTaxMinor,
    itemsMinor: priced.itemsMinor,
    subtotalMinor: priced.subtotalMinor,
    discountMinor: priced.discountMinor,
    taxMinor: priced.taxMinor,
    totalMinor: priced.totalMinor,
    taxesIncluded: state.taxesIncluded,
    refunds: [],
    note: request.note ?? null,
    attributes: request.attributes ?? [],
  };
}

function toApplication(currency: string, { code, discount, effect, minor }: PricedCart["applied"][number]): StoreDiscountApplication {
  const shared = { code: code.code, discountGid: discount.gid, minor };
  if (effect.target === "shipping") return { ...shared, target: "shipping_line", valueType: "percentage", value: effect.percentage.toFixed(1), method: "each", selection: "all" };
  const { worth } = effect;
  return {
    ...shared,
    target: "line_item",
    valueType: "percentage" in worth ? "percentage" : "fixed_amount",
    value: "percentage" in worth ? percent(worth.percentage) : toDecimal(worth.minor, currency),
    method: "onEach" in worth && worth.onEach ? "each" : "across",
    selection: effect.target === "order" ? "all" : "entitled",
  };
}

const percent = (percentage: number) => String(Math.round(percentage * 100) / 100);

export type RefundRequest =
  | { full: true; note?: string }
  | { lines: readonly { lineGid: string; quantity: number }[]; note?: string }
  /** So much money back, with no line named: what a merchant does out of courtesy. */
  | { amountMinor: number; note?: string };

export type RefundAnswer = { refund: StoreRefund } | { refused: "nothing_to_refund" | "more_than_is_left" };

/** Gives money back. Refuses what was given back before. Throws on a line the order does not have. */
export function refundOrder(state: ShopState, now: Date, orderGid: string, request: RefundRequest): RefundAnswer {
  const order = getOrder(state, orderGid);
  const wanted = wantedLines(order, request);
  if (wanted.some(({ line, quantity }) => quantity > line.quantity - line.refundedQuantity)) return { refused: "more_than_is_left" };
  const lines = wanted.filter(({ quantity }) => quantity > 0).map(({ line, quantity }) => refundLine(state, order, line, quantity));
  const full = "full" in request;
  const given = order.refunds.reduce((sum, refund) => sum + refund.shippingMinor, 0);
  const shippingMinor = full ? order.shippingMinor - order.shippingDiscountMinor - given : 0;
  const shippingTaxMinor = full && shippingMinor > 0 ? order.shippingTaxMinor : 0;
  const adjustmentMinor = "amountMinor" in request ? request.amountMinor : 0;
  const tax = order.taxesIncluded ? 0 : lines.reduce((sum, line) => sum + line.taxMinor, 0) + shippingTaxMinor;
  const left = refundableMinor(order);
  const worth = lines.reduce((sum, line) => sum + line.subtotalMinor, 0) + shippingMinor + adjustmentMinor + tax;
  if (adjustmentMinor > left) return { refused: "more_than_is_left" };
  if (lines.length === 0 && worth <= 0) return { refused: "nothing_to_refund" };
  const refund: StoreRefund = {
    gid: nextGid(state, "Refund"),
    transactionGid: nextGid(state, "OrderTransaction"),
    createdAt: now.toISOString(),
    note: request.note ?? null,
    lines,
    shippingMinor,
    shippingTaxMinor,
    adjustmentMinor,
    // After a refund by amount, the lines are worth more than is left to pay out.
    totalMinor: Math.min(worth, left),
  };
  for (const { line, quantity } of wanted) line.refundedQuantity += quantity;
  order.refunds.push(refund);
  order.updatedAt = now.toISOString();
  return { refund };
}

/** What has been paid and not been given back. */
export function refundableMinor(order: StoreOrder): number {
  return order.totalMinor - order.refunds.reduce((sum, refund) => sum + refund.totalMinor, 0);
}

function wantedLines(order: StoreOrder, request: RefundRequest): { line: StoreOrderLine; quantity: number }[] {
  if ("amountMinor" in request) return [];
  if ("full" in request) return order.lines.map((line) => ({ line, quantity: line.quantity - line.refundedQuantity }));
  return request.lines.map(({ lineGid, quantity }) => {
    const line = order.lines.find((one) => one.gid === lineGid);
    if (!line) throw new Error(`order ${order.name} has no line ${lineGid}`);
    if (!Number.isInteger(quantity) || quantity < 1) throw new Error(`a quantity is a whole number from 1, not ${quantity}`);
    return { line, quantity };
  });
}

/** The line's share after discounts; cumulative rounding, so that the units together give back exactly what the line cost. */
function refundLine(state: ShopState, order: StoreOrder, line: StoreOrderLine, quantity: number): StoreRefund["lines"][number] {
  const net = line.unitMinor * line.quantity - line.allocations.reduce((sum, allocation) => sum + allocation.minor, 0);
  const upTo = (minor: number, units: number) => Math.round((minor * units) / line.quantity);
  const between = (minor: number) => upTo(minor, line.refundedQuantity + quantity) - upTo(minor, line.refundedQuantity);
  return { gid: nextGid(state, "RefundLineItem"), lineGid: line.gid, quantity, subtotalMinor: between(net), taxMinor: between(line.taxMinor) };
}

/** Cancels an order and refunds what is left of it, as the admin does by default. Twice is the same as once. */
export function cancelOrder(state: ShopState, now: Date, orderGid: string, reason = "customer"): { order: StoreOrder; refund: StoreRefund | null; cancelled: boolean } {
  const order = getOrder(state, orderGid);
  if (order.cancelledAt) return { order, refund: null, cancelled: false };
  order.cancelledAt = now.toISOString();
  order.cancelReason = reason;
  order.updatedAt = now.toISOString();
  const answer = refundOrder(state, now, orderGid, { full: true });
  return { order, refund: "refund" in answer ? answer.refund : null, cancelled: true };
}

/** Throws when the shop has no such order. */
export function getOrder(state: ShopState, orderGid: string): StoreOrder {
  const order = isGid("Order", orderGid) ? state.orders.get(orderGid) : undefined;
  if (!order) throw new Error(`the shop has no order ${orderGid}`);
  return order;
}
