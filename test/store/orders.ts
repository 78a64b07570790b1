/** Orders are placed, cancelled and refunded. Each of the three changes the state and says which webhooks it causes. */
import { randomBytes } from "node:crypto";
import { isGid } from "../../app/lib/gid";
import { toDecimal } from "../../app/lib/money";
import type { ReleasedFunction } from "./functions/released";
import { priceCart, type Cart, type CodeRefusal, type PricedCart, type PricedLine, priceLine } from "./pricing";
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
    lines: priced.lines.map((line) => toOrderLine(state, line)),
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
    addedMinor: 0,
    taxesIncluded: state.taxesIncluded,
    refunds: [],
    note: request.note ?? null,
    attributes: request.attributes ?? [],
  };
}

function toOrderLine(state: ShopState, line: PricedLine): StoreOrderLine {
  return {
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
    added: false,
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
  | {
      lines: readonly { lineGid: string; quantity: number }[];
      /** Of the shipping, before its tax. */
      shippingMinor?: number;
      /** What is paid out, when that is not what lines and shipping are worth. 0: taken back without money. */
      paidMinor?: number;
      /** What happens with the goods. */
      restock?: StoreRefund["restock"];
      note?: string;
    }
  /** So much money back, with no line named: what a merchant does out of courtesy. */
  | { amountMinor: number; note?: string };

export type RefundAnswer = { refund: StoreRefund } | { refused: "nothing_to_refund" | "more_than_is_left" };

/** Gives money back. Refuses what was given back before. Throws on a line the order does not have. */
export function refundOrder(state: ShopState, now: Date, orderGid: string, request: RefundRequest): RefundAnswer {
  const order = getOrder(state, orderGid);
  const wanted = wantedLines(order, request);
  const shippingLeft = shippingRefundable(order);
  const shippingMinor = "full" in request ? shippingLeft : "lines" in request ? (request.shippingMinor ?? 0) : 0;
  if (wanted.some(({ line, quantity }) => quantity > line.quantity - line.refundedQuantity) || shippingMinor > shippingLeft) return { refused: "more_than_is_left" };
  const lines = wanted.filter(({ quantity }) => quantity > 0).map(({ line, quantity }) => refundLine(state, order, line, quantity));
  const shippingTaxMinor = shippingTaxOf(order, shippingMinor);
  const tax = order.taxesIncluded ? 0 : lines.reduce((sum, line) => sum + line.taxMinor, 0) + shippingTaxMinor;
  const worth = lines.reduce((sum, line) => sum + line.subtotalMinor, 0) + shippingMinor + tax;
  const left = refundableMinor(order);
  // After a refund by amount, the lines are worth more than is left to pay out.
  const paidMinor = "amountMinor" in request ? request.amountMinor : ("lines" in request ? request.paidMinor : undefined) ?? Math.min(worth, left);
  if (paidMinor > left) return { refused: "more_than_is_left" };
  if (lines.length === 0 && paidMinor <= 0) return { refused: "nothing_to_refund" };
  const owed = owedMinor(order);
  const discrepancy = paidMinor - worth;
  const refund: StoreRefund = {
    gid: nextGid(state, "Refund"),
    transactionGid: nextGid(state, "OrderTransaction"),
    createdAt: now.toISOString(),
    note: request.note ?? null,
    lines,
    restock: "lines" in request ? (request.restock ?? "return") : lines.length ? "return" : "no_restock",
    shippingMinor,
    shippingTaxMinor,
    // What an edit left to be given back is no discrepancy.
    adjustmentMinor: "full" in request ? 0 : discrepancy > 0 ? Math.max(0, discrepancy - owed) : "lines" in request && request.paidMinor !== undefined ? discrepancy : 0,
    totalMinor: paidMinor,
  };
  addRefund(order, refund, wanted, now);
  return { refund };
}

function addRefund(order: StoreOrder, refund: StoreRefund, wanted: readonly { line: StoreOrderLine; quantity: number }[], now: Date): void {
  for (const { line, quantity } of wanted) line.refundedQuantity += quantity;
  order.refunds.push(refund);
  order.updatedAt = now.toISOString();
}

/** What has been paid and not been given back. */
export function refundableMinor(order: StoreOrder): number {
  return paidMinor(order) - order.refunds.reduce((sum, refund) => sum + refund.totalMinor, 0);
}

/** What the customer has paid: the order as it was placed, and lines that an edit added. */
function paidMinor(order: StoreOrder): number {
  return order.totalMinor + order.addedMinor;
}

/** What edits have taken off the order and nobody has paid out yet. */
export function owedMinor(order: StoreOrder): number {
  const taken = order.refunds.filter((refund) => refund.restock === "edit");
  const worth = taken.flatMap((refund) => refund.lines).reduce((sum, line) => sum + line.subtotalMinor + (order.taxesIncluded ? 0 : line.taxMinor), 0);
  const paidForIt = order.refunds.filter((refund) => refund.lines.length === 0).reduce((sum, refund) => sum + refund.totalMinor - refund.adjustmentMinor - refund.shippingMinor, 0);
  return Math.max(0, worth - paidForIt);
}

function shippingRefundable(order: StoreOrder): number {
  return order.shippingMinor - order.shippingDiscountMinor - order.refunds.reduce((sum, refund) => sum + refund.shippingMinor, 0);
}

/** The tax on a part of the shipping; cumulative, so that the parts together give back exactly the tax there was. */
function shippingTaxOf(order: StoreOrder, minor: number): number {
  const whole = order.shippingMinor - order.shippingDiscountMinor;
  if (minor === 0 || whole === 0) return 0;
  const before = whole - shippingRefundable(order);
  const upTo = (part: number) => Math.round((order.shippingTaxMinor * part) / whole);
  return upTo(before + minor) - upTo(before);
}

function wantedLines(order: StoreOrder, request: RefundRequest): { line: StoreOrderLine; quantity: number }[] {
  if ("amountMinor" in request) return [];
  if ("full" in request) return order.lines.map((line) => ({ line, quantity: line.quantity - line.refundedQuantity }));
  return request.lines.map(({ lineGid, quantity }) => {
    if (!Number.isInteger(quantity) || quantity < 1) throw new Error(`a quantity is a whole number from 1, not ${quantity}`);
    return { line: getLine(order, lineGid), quantity };
  });
}

function getLine(order: StoreOrder, lineGid: string): StoreOrderLine {
  const line = order.lines.find((one) => one.gid === lineGid);
  if (!line) throw new Error(`order ${order.name} has no line ${lineGid}`);
  return line;
}

/** The line's share after discounts; cumulative rounding, so that the units together give back exactly what the line cost. */
function refundLine(state: ShopState, order: StoreOrder, line: StoreOrderLine, quantity: number): StoreRefund["lines"][number] {
  const net = line.unitMinor * line.quantity - line.allocations.reduce((sum, allocation) => sum + allocation.minor, 0);
  const upTo = (minor: number, units: number) => Math.round((minor * units) / line.quantity);
  const between = (minor: number) => upTo(minor, line.refundedQuantity + quantity) - upTo(minor, line.refundedQuantity);
  return { gid: nextGid(state, "RefundLineItem"), lineGid: line.gid, quantity, subtotalMinor: between(net), taxMinor: between(line.taxMinor) };
}

export interface EditRequest {
  /** Put on the order at their price, without its discounts; the customer pays for them at once. */
  add?: readonly { variantGid: string; quantity: number }[];
  /** Taken off: the money is owed until a refund by amount gives it back. */
  remove?: readonly { lineGid: string; quantity: number }[];
  note?: string;
}

export interface OrderEdit {
  gid: string;
  at: string;
  note: string | null;
  additions: { lineGid: string; quantity: number }[];
  removals: { lineGid: string; quantity: number }[];
}

export type EditAnswer = { edit: OrderEdit } | { refused: "more_than_is_left" | "nothing_to_edit" };

/**
 * Edits an order: lines are added and taken off. What is taken off stands in the order's refunds without money, as Shopify keeps it.
 * Throws on a line or variant that does not exist.
 */
export function editOrder(state: ShopState, now: Date, orderGid: string, { add = [], remove = [], note }: EditRequest): EditAnswer {
  const order = getOrder(state, orderGid);
  const wanted = wantedLines(order, { lines: remove });
  if (add.length === 0 && wanted.length === 0) return { refused: "nothing_to_edit" };
  if (wanted.some(({ line, quantity }) => quantity > line.quantity - line.refundedQuantity)) return { refused: "more_than_is_left" };
  const added = add.map(({ variantGid, quantity }) => addedLine(state, variantGid, quantity));
  order.lines.push(...added);
  order.addedMinor += added.reduce((sum, line) => sum + line.unitMinor * line.quantity + (order.taxesIncluded ? 0 : line.taxMinor), 0);
  if (wanted.length) {
    const lines = wanted.map(({ line, quantity }) => refundLine(state, order, line, quantity));
    const gid = nextGid(state, "Refund");
    const taken: StoreRefund = { gid, transactionGid: nextGid(state, "OrderTransaction"), createdAt: now.toISOString(), note: null, lines, restock: "edit", shippingMinor: 0, shippingTaxMinor: 0, adjustmentMinor: 0, totalMinor: 0 };
    addRefund(order, taken, wanted, now);
  }
  order.updatedAt = now.toISOString();
  const edit: OrderEdit = {
    gid: nextGid(state, "OrderEdit"),
    at: now.toISOString(),
    note: note ?? null,
    additions: added.map((line) => ({ lineGid: line.gid, quantity: line.quantity })),
    removals: wanted.map(({ line, quantity }) => ({ lineGid: line.gid, quantity })),
  };
  return { edit };
}

function addedLine(state: ShopState, variantGid: string, quantity: number): StoreOrderLine {
  return { ...toOrderLine(state, priceLine(state, { variantGid, quantity })), added: true };
}

/** What the order is worth after edits and refunds. */
export function currentTotals(order: StoreOrder) {
  const lines = order.refunds.flatMap((refund) => refund.lines);
  const added = order.lines.filter((line) => line.added);
  const addedMinor = added.reduce((sum, line) => sum + line.unitMinor * line.quantity, 0);
  const addedTax = added.reduce((sum, line) => sum + line.taxMinor, 0);
  const backMinor = lines.reduce((sum, line) => sum + line.subtotalMinor, 0);
  const shippingBack = order.refunds.reduce((sum, refund) => sum + refund.shippingMinor, 0);
  const taxBack = lines.reduce((sum, line) => sum + line.taxMinor, 0) + order.refunds.reduce((sum, refund) => sum + refund.shippingTaxMinor, 0);
  const discountBack = order.lines.reduce((sum, line) => {
    const off = line.allocations.reduce((total, one) => total + one.minor, 0);
    return sum + Math.round((off * line.refundedQuantity) / line.quantity);
  }, 0);
  const cancelled = order.cancelledAt !== null;
  const shippingMinor = cancelled ? 0 : order.shippingMinor - order.shippingDiscountMinor - shippingBack;
  const subtotalMinor = cancelled ? 0 : order.subtotalMinor + addedMinor - backMinor;
  const taxMinor = cancelled ? 0 : order.taxMinor + addedTax - taxBack;
  return {
    shippingMinor,
    subtotalMinor,
    taxMinor,
    discountMinor: cancelled ? 0 : order.discountMinor - discountBack,
    totalMinor: subtotalMinor + shippingMinor + (order.taxesIncluded ? 0 : taxMinor),
  };
}

/** How Shopify names what has been paid and given back. */
export function financialStatus(order: StoreOrder): "paid" | "partially_refunded" | "refunded" {
  const left = refundableMinor(order);
  if (left === paidMinor(order)) return "paid";
  return left === 0 ? "refunded" : "partially_refunded";
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
