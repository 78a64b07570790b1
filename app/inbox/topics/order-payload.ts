/**
 * Shopify's order payload, as far as we read it, and what it says in our words. The same for orders/create and
 * orders/cancelled. https://shopify.dev/docs/api/admin-rest/latest/resources/order
 */
import { z } from "zod";
import type { OrderFacts } from "../../domain/orders/order";
import { exactMinor, toMinor } from "../../lib/money";
import { customerFacts, CustomerPayload } from "./customer-payload";
import { gidOf, Instant } from "./payload";

/** An amount as Shopify writes it. */
export const DecimalText = z.string().regex(/^-?\d{1,16}(\.\d+)?$/, "not a decimal amount");
export const CurrencyCode = z.string().regex(/^[A-Z]{3}$/, "not a currency code");

/** Both currencies come with every amount; ours is always the shop's. */
export const MoneySet = z.object({ shop_money: z.object({ amount: DecimalText, currency_code: CurrencyCode }) });

const Allocation = z.object({ amount_set: MoneySet, discount_application_index: z.int().min(0) });

const Line = z.object({
  quantity: z.int().min(0),
  gift_card: z.boolean().default(false),
  price_set: MoneySet,
  discount_allocations: z.array(Allocation).default([]),
  tax_lines: z.array(z.object({ price_set: MoneySet })).default([]),
});

export const OrderPayload = z.object({
  admin_graphql_api_id: gidOf("Order"),
  name: z.string(),
  currency: CurrencyCode,
  taxes_included: z.boolean().default(false),
  test: z.boolean().nullish(),
  source_name: z.string().nullish(),
  created_at: Instant,
  processed_at: Instant.nullish(),
  updated_at: Instant.nullish(),
  cancelled_at: Instant.nullish(),
  total_price_set: MoneySet,
  total_discounts_set: MoneySet,
  customer: CustomerPayload.nullish(),
  discount_applications: z.array(z.object({ type: z.string(), code: z.string().nullish() })).default([]),
  line_items: z.array(Line).default([]),
  shipping_lines: z.array(z.object({ discount_allocations: z.array(Allocation).default([]) })).default([]),
});
export type OrderPayload = z.infer<typeof OrderPayload>;

/** The shop's own amount of a money set, in minor units. */
export function shopMinor({ shop_money }: z.infer<typeof MoneySet>): number {
  return toMinor(shop_money.amount, shop_money.currency_code);
}

/** The order in the domain's words. */
export function orderFacts(payload: OrderPayload): OrderFacts {
  const { customer } = payload;
  return {
    gid: payload.admin_graphql_api_id,
    name: payload.name,
    customer: customer ? customerFacts(customer) : null,
    currency: payload.currency,
    earningMinor: earningMinor(payload),
    totalMinor: shopMinor(payload.total_price_set),
    discountMinor: shopMinor(payload.total_discounts_set),
    taxesIncluded: payload.taxes_included,
    test: payload.test ?? false,
    channel: payload.source_name ?? "unknown",
    processedAt: payload.processed_at ?? payload.created_at,
    updatedAt: payload.updated_at ?? payload.created_at,
    codes: codesOf(payload),
  };
}

/** A line's `total_discount` stays 0 for codes: what was taken off stands in its allocations. */
function earningMinor({ line_items, taxes_included }: OrderPayload): number {
  let sum = 0;
  for (const line of line_items) {
    if (line.gift_card) continue;
    sum += shopMinor(line.price_set) * line.quantity;
    for (const { amount_set } of line.discount_allocations) sum -= shopMinor(amount_set);
    if (taxes_included) for (const { price_set } of line.tax_lines) sum -= shopMinor(price_set);
  }
  return exactMinor(Math.max(0, sum));
}

/**
 * The codes the shopper entered. `discount_codes` also lists manual discounts of draft and POS orders by their title; only
 * an application of type discount_code is a code.
 */
function codesOf({ discount_applications, line_items, shipping_lines }: OrderPayload): OrderFacts["codes"] {
  const allocations = [...line_items, ...shipping_lines].flatMap((line) => line.discount_allocations);
  const codes = new Map<string, number>();
  discount_applications.forEach(({ type, code }, index) => {
    if (type !== "discount_code" || !code) return;
    const taken = allocations.filter((allocation) => allocation.discount_application_index === index);
    const amount = taken.reduce((sum, { amount_set }) => sum + shopMinor(amount_set), 0);
    codes.set(code.toUpperCase(), (codes.get(code.toUpperCase()) ?? 0) + amount);
  });
  return [...codes].map(([code, discountMinor]) => ({ code, discountMinor }));
}
