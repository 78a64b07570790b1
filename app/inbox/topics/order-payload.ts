/**
 * Shopify's order payload, as far as we read it, and what it says in our words. The same for orders/create and
 * orders/cancelled. https://shopify.dev/docs/api/admin-rest/latest/resources/order
 */
import { z } from "zod";
import type { OrderFacts, OrderLine } from "../../domain/orders/order";
import { gid } from "../../lib/gid";
import { exactMinor, toMinor } from "../../lib/money";
import { customerFacts, CustomerPayload } from "./customer-payload";
import { gidOf, Instant } from "./payload";

/** An amount as Shopify writes it. */
export const DecimalText = z.string().regex(/^-?\d{1,16}(\.\d+)?$/, "not a decimal amount");
export const CurrencyCode = z.string().regex(/^[A-Z]{3}$/, "not a currency code");

/** Both currencies come with every amount; ours is always the shop's. */
export const MoneySet = z.object({ shop_money: z.object({ amount: DecimalText, currency_code: CurrencyCode }) });

const Allocation = z.object({ amount_set: MoneySet, discount_application_index: z.int().min(0) });

const NumericId = z.union([z.int(), z.string().regex(/^\d+$/)]);

const Line = z.object({
  id: NumericId,
  product_id: NumericId.nullish(),
  variant_id: NumericId.nullish(),
  quantity: z.int().min(0),
  gift_card: z.boolean().default(false),
  price_set: MoneySet,
  discount_allocations: z.array(Allocation).default([]),
  tax_lines: z.array(z.object({ price_set: MoneySet })).default([]),
});

const ShippingLine = z.object({
  price_set: MoneySet.optional(),
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
  shipping_lines: z.array(ShippingLine).default([]),
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
    lines: linesOf(payload),
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
function linesOf(payload: OrderPayload): OrderLine[] {
  const lines = payload.line_items.map((line): OrderLine => ({
    id: String(line.id),
    kind: line.gift_card ? "gift_card" : "product",
    productGid: line.product_id == null ? null : gid("Product", line.product_id),
    variantGid: line.variant_id == null ? null : gid("ProductVariant", line.variant_id),
    quantity: line.quantity,
    ...amountsOf(payload, shopMinor(line.price_set) * line.quantity, line),
  }));
  if (payload.shipping_lines.length === 0) return lines;
  const shipping = {
    discount_allocations: payload.shipping_lines.flatMap((line) => line.discount_allocations),
    tax_lines: payload.shipping_lines.flatMap((line) => line.tax_lines),
  };
  const price = payload.shipping_lines.reduce((sum, { price_set }) => sum + (price_set ? shopMinor(price_set) : 0), 0);
  return [...lines, { id: "shipping", kind: "shipping", productGid: null, variantGid: null, quantity: 1, ...amountsOf(payload, price, shipping) }];
}

function amountsOf({ discount_applications }: OrderPayload, priceMinor: number, { discount_allocations, tax_lines }: Pick<z.infer<typeof Line>, "discount_allocations" | "tax_lines">) {
  const codes: Record<string, number> = {};
  let netMinor = priceMinor;
  for (const { amount_set, discount_application_index } of discount_allocations) {
    const minor = shopMinor(amount_set);
    netMinor -= minor;
    const code = codeOf(discount_applications[discount_application_index]);
    if (code) codes[code] = (codes[code] ?? 0) + minor;
  }
  const taxMinor = tax_lines.reduce((sum, { price_set }) => sum + shopMinor(price_set), 0);
  return { netMinor: exactMinor(netMinor), taxMinor: exactMinor(taxMinor), codes };
}

/** `discount_codes` also lists manual discounts of draft and POS orders by their title; only an application of type discount_code is a code. */
function codeOf(application: OrderPayload["discount_applications"][number] | undefined): string | null {
  return application?.type === "discount_code" && application.code ? application.code.toUpperCase() : null;
}

/** The codes the shopper entered, with what each took off the whole order. */
function codesOf({ discount_applications, line_items, shipping_lines }: OrderPayload): OrderFacts["codes"] {
  const allocations = [...line_items, ...shipping_lines].flatMap((line) => line.discount_allocations);
  const codes = new Map<string, number>();
  discount_applications.forEach((application, index) => {
    const code = codeOf(application);
    if (!code) return;
    const taken = allocations.filter((allocation) => allocation.discount_application_index === index);
    codes.set(code, (codes.get(code) ?? 0) + taken.reduce((sum, { amount_set }) => sum + shopMinor(amount_set), 0));
  });
  return [...codes].map(([code, discountMinor]) => ({ code, discountMinor }));
}
