/** One line of an order, as orders and refunds carry it. */
import type { StoreOrder, StoreOrderLine } from "./order-records";
import { numeric, writerOf } from "./payload-writer";
import type { ShopState } from "./state";

export function linePayload(state: ShopState, line: StoreOrderLine): Record<string, unknown> {
  const write = writerOf(state);
  const left = line.quantity - line.refundedQuantity;
  return {
    id: numeric(line.gid),
    admin_graphql_api_id: line.gid,
    attributed_staffs: [],
    current_quantity: left,
    fulfillable_quantity: left,
    fulfillment_service: "manual",
    fulfillment_status: null,
    gift_card: line.giftCard,
    grams: line.giftCard ? 0 : 250,
    name: line.variantTitle ? `${line.title} - ${line.variantTitle}` : line.title,
    ...write.priced("price", line.unitMinor),
    product_exists: true,
    product_id: numeric(line.productGid),
    properties: [],
    quantity: line.quantity,
    requires_shipping: !line.giftCard,
    sales_line_item_group_id: null,
    sku: line.sku,
    taxable: !line.giftCard,
    title: line.title,
    // Stays zero for discount codes; what counts are the allocations.
    ...write.priced("total_discount", 0),
    variant_id: numeric(line.variantGid),
    variant_inventory_management: "shopify",
    variant_title: line.variantTitle,
    vendor: line.vendor,
    tax_lines: taxLines(state, line.taxMinor),
    duties: [],
    discount_allocations: line.allocations.map((one) => ({ amount: write.decimal(one.minor), amount_set: write.set(one.minor), discount_application_index: one.application })),
  };
}

export function taxLines(state: ShopState, minor: number): Record<string, unknown>[] {
  if (minor === 0) return [];
  return [{ ...writerOf(state).priced("price", minor), rate: state.taxRate, title: state.taxTitle, channel_liable: false }];
}

/** The one way of shipping, as an order and a refund of it carry it. */
export function shippingLine(state: ShopState, order: StoreOrder): Record<string, unknown> {
  const write = writerOf(state);
  const discounted = order.shippingMinor - order.shippingDiscountMinor;
  return {
    id: numeric(order.shippingLineGid),
    carrier_identifier: null,
    code: "Standard",
    current_discounted_price_set: write.set(discounted),
    ...write.priced("discounted_price", discounted),
    is_removed: false,
    phone: null,
    ...write.priced("price", order.shippingMinor),
    requested_fulfillment_service_id: null,
    source: "shopify",
    title: "Standard",
    tax_lines: taxLines(state, order.shippingTaxMinor),
    discount_allocations: order.applications.flatMap((one, index) =>
      one.target === "shipping_line" && one.minor > 0 ? [{ amount: write.decimal(one.minor), amount_set: write.set(one.minor), discount_application_index: index }] : [],
    ),
  };
}
