/**
 * Shopify's order payload, as far as we read it, and what it says in our words. The same for orders/create, orders/updated and
 * orders/cancelled. https://shopify.dev/docs/api/admin-rest/latest/resources/order
 */
import { z } from "zod";
import { storedCode } from "../../domain/codes/list";
import { SHIPPING_LINE, type OrderFacts, type OrderLine, type OrderNews } from "../../domain/orders/order";
import { gid } from "../../lib/gid";
import { exactMinor } from "../../lib/money";
import { customerFacts, CustomerPayload } from "./customer-payload";
import { CurrencyCode, gidOf, Instant, MoneySet, NumericId, shopMinor } from "./payload";
import { refundFacts, RefundPayload } from "./refund-payload";

const Allocation = z.object({ amount_set: MoneySet, discount_application_index: z.int().min(0) });

const Line = z.object({
  id: NumericId,
  product_id: NumericId.nullish(),
  variant_id: NumericId.nullish(),
  quantity: z.int().min(0),
  current_quantity: z.int().min(0).nullish(),
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
  refunds: z.array(RefundPayload).default([]),
});
export type OrderPayload = z.infer<typeof OrderPayload>;

/** The order in the domain's words. */
export function orderFacts(payload: OrderPayload): OrderFacts {
  const { customer } = payload;
  const lines = linesOf(payload);
  return {
    gid: payload.admin_graphql_api_id,
    name: payload.name,
    customer: customer ? customerFacts(customer) : null,
    currency: payload.currency,
    lines,
    // The total stays as it was when the order was placed; what an edit added stands in the lines only.
    totalMinor: Math.max(shopMinor(payload.total_price_set), lines.reduce((sum, { netMinor, taxMinor }) => sum + netMinor + (payload.taxes_included ? 0 : taxMinor), 0)),
    discountMinor: shopMinor(payload.total_discounts_set),
    taxesIncluded: payload.taxes_included,
    test: payload.test ?? false,
    channel: payload.source_name ?? "unknown",
    processedAt: payload.processed_at ?? payload.created_at,
    updatedAt: payload.updated_at ?? payload.created_at,
    codes: codesOf(payload),
  };
}

/** The same, with what became of the order since it was placed. */
export function orderNews(payload: OrderPayload): OrderNews {
  return { ...orderFacts(payload), refunds: payload.refunds.map(refundFacts), cancelledAt: payload.cancelled_at ?? null };
}

/** A line's `total_discount` stays 0 for codes: what was taken off stands in its allocations. */
function linesOf(payload: OrderPayload): OrderLine[] {
  const lines = payload.line_items.map((line): OrderLine => ({
    id: String(line.id),
    kind: line.gift_card ? "gift_card" : "product",
    productGid: line.product_id == null ? null : gid("Product", line.product_id),
    variantGid: line.variant_id == null ? null : gid("ProductVariant", line.variant_id),
    quantity: line.quantity,
    ...removedOf(payload, line),
    ...amountsOf(payload, shopMinor(line.price_set) * line.quantity, line),
  }));
  if (payload.shipping_lines.length === 0) return lines;
  const shipping = {
    discount_allocations: payload.shipping_lines.flatMap((line) => line.discount_allocations),
    tax_lines: payload.shipping_lines.flatMap((line) => line.tax_lines),
  };
  const price = payload.shipping_lines.reduce((sum, { price_set }) => sum + (price_set ? shopMinor(price_set) : 0), 0);
  return [...lines, { id: SHIPPING_LINE, kind: "shipping", productGid: null, variantGid: null, quantity: 1, ...amountsOf(payload, price, shipping) }];
}

/** Units that are neither there any more nor refunded: an edit took them away. */
function removedOf({ refunds }: OrderPayload, { id, quantity, current_quantity }: z.infer<typeof Line>): Pick<OrderLine, "removed"> {
  const refunded = refunds.flatMap((refund) => refund.refund_line_items).filter(({ line_item_id }) => String(line_item_id) === String(id));
  const removed = quantity - (current_quantity ?? quantity) - refunded.reduce((sum, line) => sum + line.quantity, 0);
  return current_quantity != null && removed > 0 ? { removed } : {};
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
  return application?.type === "discount_code" && application.code ? storedCode(application.code) : null;
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
