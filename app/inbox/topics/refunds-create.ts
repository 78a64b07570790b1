/** https://shopify.dev/docs/api/admin-rest/latest/resources/refund */
import { z } from "zod";
import type { RefundFacts } from "../../domain/orders/order";
import { recordRefund } from "../../domain/orders/refund.server";
import { gid } from "../../lib/gid";
import { exactMinor, toMinor } from "../../lib/money";
import { CurrencyCode, DecimalText, MoneySet, shopMinor } from "./order-payload";
import { gidOf } from "./payload";
import { topic } from "./topic";

/** Order ids above 2^53 would lose digits as numbers: such a payload is refused rather than booked on another order. */
const NumericId = z.union([z.int(), z.string().regex(/^\d+$/)]);

const RefundPayload = z.object({
  admin_graphql_api_id: gidOf("Refund"),
  order_id: NumericId,
  created_at: z.iso.datetime({ offset: true }),
  processed_at: z.iso.datetime({ offset: true }).nullish(),
  refund_line_items: z
    .array(z.object({ subtotal_set: MoneySet, total_tax_set: MoneySet.optional(), line_item: z.object({ gift_card: z.boolean().default(false) }).optional() }))
    .default([]),
  order_adjustments: z.array(z.object({ kind: z.string(), amount_set: MoneySet })).default([]),
  transactions: z.array(z.object({ kind: z.string(), status: z.string(), amount: DecimalText, currency: CurrencyCode })).default([]),
});
type RefundPayload = z.infer<typeof RefundPayload>;

/** A refund was made. It has no customer in it and may come before its order. */
export const refundsCreate = topic(RefundPayload, async (tx, { shopId }, payload, now) => {
  await recordRefund(tx, shopId, refundFacts(payload), now);
});

function refundFacts(payload: RefundPayload): RefundFacts {
  const lines = payload.refund_line_items.filter(({ line_item }) => !line_item?.gift_card);
  const ofLines = lines.reduce((sum, { subtotal_set }) => sum + shopMinor(subtotal_set), 0);
  const tax = lines.reduce((sum, { total_tax_set }) => sum + (total_tax_set ? shopMinor(total_tax_set) : 0), 0);
  // Money given back beyond the lines (or held back from them) stands here, with the opposite sign.
  const beyond = payload.order_adjustments.filter(({ kind }) => kind === "refund_discrepancy").reduce((sum, { amount_set }) => sum - shopMinor(amount_set), 0);
  return {
    gid: payload.admin_graphql_api_id,
    orderGid: gid("Order", payload.order_id),
    earningMinor: exactMinor(Math.max(0, ofLines + beyond)),
    taxMinor: tax,
    refundedMinor: refundedMinor(payload),
    refundedAt: new Date(payload.processed_at ?? payload.created_at),
  };
}

function refundedMinor({ transactions, refund_line_items, order_adjustments }: RefundPayload): number {
  const paidBack = transactions.filter(({ kind, status }) => kind === "refund" && status === "success");
  const [lines, adjustments] = [refund_line_items.map(({ subtotal_set }) => subtotal_set), order_adjustments.map(({ amount_set }) => amount_set)];
  const currency = [...lines, ...adjustments][0]?.shop_money.currency_code;
  if (currency !== undefined && paidBack.some((transaction) => transaction.currency !== currency)) {
    // A transaction is in the currency the shopper paid in; only these amounts are in the shop's too.
    const sum = (sets: z.infer<typeof MoneySet>[]) => sets.reduce((minor, set) => minor + shopMinor(set), 0);
    return exactMinor(Math.max(0, sum(lines) - sum(adjustments)));
  }
  return paidBack.reduce((sum, { amount, currency }) => sum + toMinor(amount, currency), 0);
}
