/** Judges a cart with discount codes as Shopify's checkout does. Money in minor units of the shop's currency. */
import { toMinor } from "../../app/lib/money";
import { isEntitled } from "./admin-api/discounts/items";
import { statusOf } from "./admin-api/discounts/status";
import type { DiscountClass, RedeemCode, StoreDiscount } from "./discount-records";
import { type Effect, functionEffect, nativeEffect, type Reach, type Worth } from "./effects";
import type { ReleasedFunction } from "./functions/released";
import { isMember } from "./segment-members";
import type { ShopState, StoreProduct, StoreVariant } from "./state";
import { codeKey } from "./state";

export interface Cart {
  customerGid: string | null;
  /** For a guest: what once-per-customer is counted by. */
  email?: string | null;
  lines: readonly { variantGid: string; quantity: number }[];
  discountCodes: readonly string[];
}

/** Why a code is not applied. */
export type CodeRefusal =
  | "unknown_code"
  | "not_started"
  | "expired"
  | "usage_limit_reached"
  | "used_by_customer"
  | "customer_not_eligible"
  | "no_entitled_items"
  | "minimum_not_met"
  | "does_not_combine"
  /** An app's Function gives this cart nothing. */
  | "function_gave_nothing"
  | "not_supported";

export type PricedCode =
  | { code: string; applicable: true; discountGid: string; minor: number; target: "line_item" | "shipping_line" }
  | { code: string; applicable: false; reason: CodeRefusal };

export interface PricedLine {
  product: StoreProduct;
  variant: StoreVariant;
  quantity: number;
  unitMinor: number;
  totalMinor: number;
  taxMinor: number;
  /** By index into `applied`. */
  allocations: { application: number; minor: number }[];
}

export interface AppliedDiscount {
  code: RedeemCode;
  discount: StoreDiscount;
  effect: Effect;
  minor: number;
}

export interface PricedCart {
  currency: string;
  codes: PricedCode[];
  applied: AppliedDiscount[];
  lines: PricedLine[];
  /** Before discounts. */
  itemsMinor: number;
  /** Items after discounts, before shipping. */
  subtotalMinor: number;
  discountMinor: number;
  /** Before and after discounts on shipping. */
  shippingMinor: number;
  shippingDiscountMinor: number;
  shippingTaxMinor: number;
  taxMinor: number;
  totalMinor: number;
}

const MAX_LINES = 500;
const MAX_ITEM_CODES = 5;

/** Prices the cart; codes are judged in the order they were entered. Throws on a cart no shop could have, and on a Function's run that fails. */
export function priceCart(state: ShopState, now: Date, cart: Cart, functions: readonly ReleasedFunction[]): PricedCart {
  if (cart.lines.length === 0 || cart.lines.length > MAX_LINES) throw new Error(`a cart has 1 to ${MAX_LINES} lines, not ${cart.lines.length}`);
  const lines = cart.lines.map((line) => toLine(state, line));
  const requiresShipping = lines.some((line) => !line.variant.giftCard);
  const shippingMinor = requiresShipping ? state.shippingMinor : 0;
  const { codes, applied } = judgeCodes(state, now, { ...cart, functions, shippingMinor }, lines);
  const amounts = applyInOrder(applied, lines, shippingMinor);
  const withMinor = codes.map((code): PricedCode => {
    const index = code.applicable ? applied.findIndex((one) => one.discount.gid === code.discountGid && codeKey(one.code.code) === codeKey(code.code)) : -1;
    return code.applicable ? { ...code, minor: amounts[index] ?? 0 } : code;
  });
  const discounts = applied.map((one, index) => ({ ...one, minor: amounts[index] ?? 0 }));
  return total(state, withMinor, discounts, lines, shippingMinor);
}

/** One line at its price, without any discount. Throws when the shop has no such variant. */
export function priceLine(state: ShopState, line: Cart["lines"][number]): PricedLine {
  const priced = toLine(state, line);
  return { ...priced, taxMinor: priced.variant.giftCard ? 0 : taxOf(state, priced.totalMinor) };
}

function toLine(state: ShopState, { variantGid, quantity }: Cart["lines"][number]): PricedLine {
  if (!Number.isInteger(quantity) || quantity < 1) throw new Error(`a quantity is a whole number from 1, not ${quantity}`);
  for (const product of state.products.values()) {
    const variant = product.variants.find((one) => one.gid === variantGid);
    if (variant) return { product, variant, quantity, unitMinor: variant.priceMinor, totalMinor: variant.priceMinor * quantity, taxMinor: 0, allocations: [] };
  }
  throw new Error(`the shop has no variant ${variantGid}`);
}

/** A cart with what its discounts can do. */
interface JudgedCart extends Cart {
  functions: readonly ReleasedFunction[];
  shippingMinor: number;
}

function judgeCodes(state: ShopState, now: Date, cart: JudgedCart, lines: readonly PricedLine[]): { codes: PricedCode[]; applied: AppliedDiscount[] } {
  const codes: PricedCode[] = [];
  const applied: AppliedDiscount[] = [];
  const entered = new Map(cart.discountCodes.map((code) => [codeKey(code), code]));
  for (const [key, text] of entered) {
    const code = state.codes.get(key);
    const discount = code && state.discounts.get(code.discountGid);
    if (!code || !discount) {
      codes.push({ code: text, applicable: false, reason: "unknown_code" });
      continue;
    }
    const reason = refusalOf(state, now, cart, lines, code, discount) ?? combinationRefusal(discount, applied);
    const effect = reason ?? effectOn(state, now, cart, lines, discount);
    if (typeof effect === "string") {
      codes.push({ code: code.code, applicable: false, reason: effect });
      continue;
    }
    applied.push({ code, discount, effect, minor: 0 });
    codes.push({ code: code.code, applicable: true, discountGid: discount.gid, minor: 0, target: effect.target === "shipping" ? "shipping_line" : "line_item" });
  }
  return { codes, applied };
}

function effectOn(state: ShopState, now: Date, { customerGid, functions, shippingMinor }: JudgedCart, lines: readonly PricedLine[], discount: StoreDiscount): Effect | CodeRefusal {
  if (discount.kind !== "app") return nativeEffect(state, discount, lines, shippingMinor);
  const handle = state.functions.find(({ id }) => id === discount.functionId)?.handle;
  const released = functions.find((one) => one.handle === handle);
  if (!released) return "not_supported";
  return functionEffect(state, now, released, discount, { customerGid, lines }) ?? "function_gave_nothing";
}

function refusalOf(state: ShopState, now: Date, cart: Cart, lines: readonly PricedLine[], code: RedeemCode, discount: StoreDiscount): CodeRefusal | null {
  const status = statusOf(discount, now);
  if (status !== "ACTIVE") return status === "EXPIRED" ? "expired" : "not_started";
  if (discount.kind === "bxgy") return "not_supported";
  if (discount.usageLimit !== null && code.uses >= discount.usageLimit) return "usage_limit_reached";
  if (!isForCustomer(state, discount, cart.customerGid)) return "customer_not_eligible";
  const buyer = cart.customerGid ?? cart.email?.toLowerCase();
  if (discount.oncePerCustomer && buyer && code.usedBy.includes(buyer)) return "used_by_customer";
  const entitled = lines.filter((line) => isEntitledLine(state, discount, line));
  if (entitled.length === 0) return "no_entitled_items";
  return meetsMinimum(state, discount, entitled) ? null : "minimum_not_met";
}

function isForCustomer(state: ShopState, discount: StoreDiscount, customerGid: string | null): boolean {
  switch (discount.context.type) {
    case "all":
      return true;
    case "customers":
      return customerGid !== null && discount.context.customerGids.includes(customerGid);
    case "segments": {
      const customer = customerGid === null ? undefined : state.customers.get(customerGid);
      const segments = discount.context.segmentGids.flatMap((gid) => state.segments.get(gid) ?? []);
      return customer !== undefined && segments.some((segment) => isMember(segment, customer));
    }
  }
}

function isEntitledLine(state: ShopState, discount: StoreDiscount, line: PricedLine): boolean {
  return isEntitled(state, discount.gets?.items ?? { type: "all" }, line.product, line.variant);
}

function meetsMinimum(state: ShopState, discount: StoreDiscount, entitled: readonly PricedLine[]): boolean {
  switch (discount.minimum?.type) {
    case undefined:
      return true;
    case "subtotal":
      return entitled.reduce((sum, line) => sum + line.totalMinor, 0) >= toMinor(discount.minimum.subtotal, state.currency);
    case "quantity":
      return entitled.reduce((sum, line) => sum + line.quantity, 0) >= Number(discount.minimum.quantity);
  }
}

/** Both sides must allow the other's class; five codes on items and one on shipping at most. */
function combinationRefusal(discount: StoreDiscount, applied: readonly AppliedDiscount[]): CodeRefusal | null {
  const onItems = applied.filter((one) => !one.discount.classes.includes("SHIPPING"));
  if (discount.classes.includes("SHIPPING") ? applied.length > onItems.length : onItems.length >= MAX_ITEM_CODES) return "does_not_combine";
  const agree = applied.every((one) => one.discount.classes.every((name) => allows(discount, name)) && discount.classes.every((name) => allows(one.discount, name)));
  return agree ? null : "does_not_combine";
}

function allows(discount: StoreDiscount, name: DiscountClass): boolean {
  switch (name) {
    case "ORDER":
      return discount.combinesWith.orderDiscounts;
    case "PRODUCT":
      return discount.combinesWith.productDiscounts;
    case "SHIPPING":
      return discount.combinesWith.shippingDiscounts;
  }
}

/** Product discounts first, then order discounts, then shipping. Writes the lines' allocations; returns the amount of each. */
function applyInOrder(applied: readonly AppliedDiscount[], lines: PricedLine[], shippingMinor: number): number[] {
  const amounts = applied.map(() => 0);
  applyProductDiscounts(applied, lines, amounts);
  // Order discounts that combine are each computed on the same subtotal, after product discounts.
  const before = lines.map(remaining);
  for (const [index, { effect }] of applied.entries()) {
    if (effect.target === "shipping") amounts[index] = Math.round((shippingMinor * effect.percentage) / 100);
    if (effect.target !== "order") continue;
    const base = before.reduce((sum, minor) => sum + minor, 0);
    const left = lines.reduce((sum, line) => sum + remaining(line), 0);
    const minor = Math.min(left, offMinor(effect.worth, base, lines.length));
    allocate(lines, before, index, minor);
    amounts[index] = minor;
  }
  return amounts;
}

/** Each line takes the best product discount that reaches it; a fixed amount is spread over the lines it won. */
function applyProductDiscounts(applied: readonly AppliedDiscount[], lines: PricedLine[], amounts: number[]): void {
  const rivals = applied.flatMap(({ effect }, index) => (effect.target === "lines" ? [{ ...effect, index, off: offReached(effect, effect.reaches) }] : []));
  const shareOf = ({ off, reaches }: (typeof rivals)[number]) => off / Math.max(1, reaches.reduce((sum, { line }) => sum + line.totalMinor, 0));
  const winners = new Map(lines.map((line) => [line, rivals.filter(({ reaches }) => reaches.some((reach) => reach.line === line)).sort((a, b) => shareOf(b) - shareOf(a))[0]]));
  for (const rival of rivals) {
    const won = rival.reaches.filter(({ line }) => winners.get(line) === rival);
    const minor = offReached(rival, won);
    allocate(won.map(({ line }) => line), won.map(reachedMinor), rival.index, minor);
    amounts[rival.index] = minor;
  }
}

const reachedMinor = ({ line, units }: Reach) => line.unitMinor * units;

function offReached({ worth }: { worth: Worth }, reaches: readonly Reach[]): number {
  const base = reaches.reduce((sum, reach) => sum + reachedMinor(reach), 0);
  return Math.min(base, offMinor(worth, base, reaches.reduce((sum, { units }) => sum + units, 0)));
}

function offMinor(worth: Worth, baseMinor: number, units: number): number {
  return "percentage" in worth ? Math.round((baseMinor * worth.percentage) / 100) : worth.minor * (worth.onEach ? units : 1);
}

/** Spreads an amount over lines in proportion to their weights, exactly: the cents that rounding leaves go to the largest remainders. */
export function spread(minor: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum === 0) return weights.map(() => 0);
  // BigInt: amount times weight leaves the safe integers long before money does.
  const exact = weights.map((weight) => BigInt(minor) * BigInt(weight));
  const parts = exact.map((product) => Number(product / BigInt(sum)));
  const rest = minor - parts.reduce((total, part) => total + part, 0);
  const byRemainder = exact.map((product, index) => ({ index, remainder: product % BigInt(sum) }));
  byRemainder.sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const { index } of byRemainder.slice(0, rest)) parts[index] = (parts[index] ?? 0) + 1;
  return parts;
}

function allocate(lines: PricedLine[], weights: readonly number[], application: number, minor: number): void {
  if (minor === 0) return;
  for (const [index, part] of spread(minor, weights).entries()) {
    const line = lines[index];
    if (line && part > 0) line.allocations.push({ application, minor: part });
  }
}

function remaining(line: PricedLine): number {
  return line.totalMinor - line.allocations.reduce((sum, allocation) => sum + allocation.minor, 0);
}

function total(state: ShopState, codes: PricedCode[], applied: AppliedDiscount[], lines: PricedLine[], shippingMinor: number): PricedCart {
  const itemsMinor = lines.reduce((sum, line) => sum + line.totalMinor, 0);
  const shippingDiscountMinor = Math.min(shippingMinor, applied.filter((one) => one.effect.target === "shipping").reduce((sum, one) => sum + one.minor, 0));
  for (const line of lines) line.taxMinor = line.variant.giftCard ? 0 : taxOf(state, remaining(line));
  const shippingTaxMinor = taxOf(state, shippingMinor - shippingDiscountMinor);
  const subtotalMinor = lines.reduce((sum, line) => sum + remaining(line), 0);
  const taxMinor = lines.reduce((sum, line) => sum + line.taxMinor, 0) + shippingTaxMinor;
  return {
    currency: state.currency,
    codes,
    applied,
    lines,
    itemsMinor,
    subtotalMinor,
    discountMinor: itemsMinor - subtotalMinor + shippingDiscountMinor,
    shippingMinor,
    shippingDiscountMinor,
    shippingTaxMinor,
    taxMinor,
    totalMinor: subtotalMinor + shippingMinor - shippingDiscountMinor + (state.taxesIncluded ? 0 : taxMinor),
  };
}

/** Tax within the amount where prices include it, on top of it where they do not. */
function taxOf(state: ShopState, minor: number): number {
  return Math.round(state.taxesIncluded ? minor - minor / (1 + state.taxRate) : minor * state.taxRate);
}
