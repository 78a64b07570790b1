/**
 * Shopify's refund payload, as far as we read it, and what it says in our words: the body of refunds/create, and what an order
 * carries of its refunds. https://shopify.dev/docs/api/admin-rest/latest/resources/refund
 */
import { z } from "zod";
import { SHIPPING_LINE, type RefundedLine, type RefundFacts } from "../../domain/orders/order";
import { gid } from "../../lib/gid";
import { exactMinor, toMinor } from "../../lib/money";
import { CurrencyCode, DecimalText, gidOf, Instant, MoneySet, NumericId, shopMinor } from "./payload";

const Adjustment = z.object({ kind: z.string(), amount_set: MoneySet, tax_amount_set: MoneySet.optional() });

export const RefundPayload = z.object({
  admin_graphql_api_id: gidOf("Refund"),
  order_id: NumericId,
  created_at: Instant,
  processed_at: Instant.nullish(),
  refund_line_items: z
    .array(z.object({ line_item_id: NumericId, quantity: z.int().min(0), subtotal_set: MoneySet, total_tax_set: MoneySet.optional() }))
    .default([]),
  refund_shipping_lines: z.array(z.object({ subtotal_amount_set: MoneySet.optional(), tax_amount_set: MoneySet.optional() })).default([]),
  order_adjustments: z.array(Adjustment).default([]),
  transactions: z.array(z.object({ kind: z.string(), status: z.string(), amount: DecimalText, currency: CurrencyCode })).default([]),
});
export type RefundPayload = z.infer<typeof RefundPayload>;

/** The refund in the domain's words. It has no customer in it, and may come before its order. */
export function refundFacts(payload: RefundPayload): RefundFacts {
  return {
    gid: payload.admin_graphql_api_id,
    orderGid: gid("Order", payload.order_id),
    lines: [...linesOf(payload), ...shippingOf(payload)],
    beyondMinor: 0 - sumOf(adjustments(payload, "refund_discrepancy")),
    beyondTaxMinor: 0 - sumOf(adjustments(payload, "refund_discrepancy", "tax_amount_set")),
    ...refundedOf(payload),
    refundedAt: payload.processed_at ?? payload.created_at,
  };
}

function linesOf({ refund_line_items }: RefundPayload): RefundedLine[] {
  return refund_line_items.map(({ line_item_id, quantity, subtotal_set, total_tax_set }) => ({
    lineId: String(line_item_id), quantity, netMinor: shopMinor(subtotal_set), taxMinor: total_tax_set ? shopMinor(total_tax_set) : 0,
  }));
}

/** Shipping stands among the refund's shipping lines or, in payloads of old, among its adjustments with the opposite sign. */
function shippingOf(payload: RefundPayload): RefundedLine[] {
  const lines = payload.refund_shipping_lines.filter(({ subtotal_amount_set }) => subtotal_amount_set !== undefined);
  const netMinor = lines.length > 0 ? sumOf(lines.map(({ subtotal_amount_set }) => subtotal_amount_set)) : 0 - sumOf(adjustments(payload, "shipping_refund"));
  const taxMinor = lines.length > 0 ? sumOf(lines.map(({ tax_amount_set }) => tax_amount_set)) : 0 - sumOf(adjustments(payload, "shipping_refund", "tax_amount_set"));
  return netMinor > 0 ? [{ lineId: SHIPPING_LINE, quantity: 0, netMinor, taxMinor }] : [];
}

function adjustments({ order_adjustments }: RefundPayload, kind: "shipping_refund" | "refund_discrepancy", amount: "amount_set" | "tax_amount_set" = "amount_set") {
  return order_adjustments.filter((one) => one.kind === kind).map((one) => one[amount]);
}

function sumOf(sets: (z.infer<typeof MoneySet> | undefined)[]): number {
  return exactMinor(sets.reduce((minor, set) => minor + (set ? shopMinor(set) : 0), 0));
}

/** How a payment back stands that has arrived, or is on its way: a refund is recorded once, as it is first told. */
const UNDER_WAY = ["success", "pending"];

/** What was paid back. A refund does not say whether its prices contain the taxes, its order does: here are both, where it matters. */
function refundedOf(payload: RefundPayload): Pick<RefundFacts, "refundedMinor" | "refundedOnTopMinor"> {
  const paidBack = payload.transactions.filter(({ kind, status }) => kind === "refund" && UNDER_WAY.includes(status.toLowerCase()));
  const paidMinor = exactMinor(paidBack.reduce((sum, { amount, currency }) => sum + toMinor(amount, currency), 0));
  const { amounts, taxes } = partsOf(payload);
  const currency = amounts[0]?.set.shop_money.currency_code;
  if (currency === undefined || paidBack.every((transaction) => transaction.currency === currency)) return { refundedMinor: paidMinor };
  // A transaction is in the currency the shopper paid in; only the parts are in the shop's too.
  return { refundedMinor: Math.max(0, totalOf(amounts)), refundedOnTopMinor: Math.max(0, totalOf([...amounts, ...taxes])) };
}

interface Part {
  set: z.infer<typeof MoneySet>;
  /** -1: adjustments are written with the opposite sign. */
  sign: 1 | -1;
}

interface Parts {
  amounts: Part[];
  /** What stands beside them: on top of them, or part of them. */
  taxes: Part[];
}

/** Every amount that a refund consists of. */
function partsOf(payload: RefundPayload): Parts {
  const { refund_line_items, refund_shipping_lines } = payload;
  const parts = (sets: (Part["set"] | undefined)[], sign: Part["sign"]) => sets.flatMap((set) => (set ? [{ set, sign }] : []));
  const shipping = refund_shipping_lines.filter(({ subtotal_amount_set }) => subtotal_amount_set !== undefined);
  const adjusted = (amount: "amount_set" | "tax_amount_set") => [
    ...parts(adjustments(payload, "refund_discrepancy", amount), -1),
    ...(shipping.length > 0 ? [] : parts(adjustments(payload, "shipping_refund", amount), -1)),
  ];
  return {
    amounts: [...parts([...refund_line_items.map(({ subtotal_set }) => subtotal_set), ...shipping.map(({ subtotal_amount_set }) => subtotal_amount_set)], 1), ...adjusted("amount_set")],
    taxes: [...parts([...refund_line_items.map(({ total_tax_set }) => total_tax_set), ...shipping.map(({ tax_amount_set }) => tax_amount_set)], 1), ...adjusted("tax_amount_set")],
  };
}

function totalOf(parts: Part[]): number {
  return exactMinor(parts.reduce((sum, { set, sign }) => sum + sign * shopMinor(set), 0));
}
