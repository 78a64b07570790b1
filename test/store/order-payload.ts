/** Orders and refunds in the shape of Shopify's webhooks. */
import { gidTail } from "../../app/lib/gid";
import { toDecimal } from "../../app/lib/money";
import { localTime } from "../../app/lib/zone";
import { refundableMinor } from "./orders";
import type { ShopState, StoreCustomer, StoreOrder, StoreOrderLine, StoreRefund } from "./state";

/** The body of orders/create, orders/updated and orders/cancelled. */
export function orderPayload(state: ShopState, order: StoreOrder): Record<string, unknown> {
  const write = writerOf(state);
  const customer = order.customerGid === null ? undefined : state.customers.get(order.customerGid);
  const current = currentTotals(order);
  return {
    id: numeric(order.gid),
    admin_graphql_api_id: order.gid,
    app_id: 580111,
    browser_ip: "203.0.113.24",
    buyer_accepts_marketing: false,
    cancel_reason: order.cancelReason,
    cancelled_at: write.instant(order.cancelledAt),
    cart_token: order.cartToken,
    checkout_token: order.checkoutToken,
    client_details: { accept_language: "en", browser_height: null, browser_ip: "203.0.113.24", browser_width: null, session_hash: null, user_agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36" },
    closed_at: null,
    confirmation_number: order.confirmation,
    confirmed: true,
    contact_email: order.email,
    created_at: write.instant(order.createdAt),
    currency: order.currency,
    current_shipping_price_set: write.set(current.shippingMinor),
    ...write.priced("current_subtotal_price", current.subtotalMinor),
    current_total_additional_fees_set: null,
    ...write.priced("current_total_discounts", current.discountMinor),
    current_total_duties_set: null,
    ...write.priced("current_total_price", current.totalMinor),
    ...write.priced("current_total_tax", current.taxMinor),
    customer_locale: customer?.locale ?? "en",
    device_id: null,
    discount_codes: order.applications.map((one) => ({
      code: one.code,
      amount: write.decimal(one.minor),
      type: one.target === "shipping_line" ? "shipping" : one.valueType,
    })),
    duties_included: false,
    email: order.email,
    estimated_taxes: false,
    financial_status: financialStatus(order),
    fulfillment_status: null,
    landing_site: "/",
    landing_site_ref: null,
    location_id: null,
    merchant_business_entity_id: "MTU0ODM4MDAwOQ",
    merchant_of_record_app_id: null,
    name: order.name,
    note: order.note,
    note_attributes: order.attributes,
    number: order.number - 1000,
    order_number: order.number,
    order_status_url: `https://${state.domain}/91740864812/orders/${order.token}/authenticate?key=${order.token}`,
    original_total_additional_fees_set: null,
    original_total_duties_set: null,
    payment_gateway_names: [order.test ? "bogus" : "shopify_payments"],
    phone: null,
    po_number: null,
    presentment_currency: order.currency,
    processed_at: write.instant(order.processedAt),
    reference: null,
    referring_site: null,
    source_identifier: null,
    source_name: "web",
    source_url: null,
    ...write.priced("subtotal_price", order.subtotalMinor),
    tags: "",
    tax_exempt: false,
    tax_lines: taxLines(state, order.taxMinor),
    taxes_included: order.taxesIncluded,
    test: order.test,
    token: order.token,
    total_cash_rounding_payment_adjustment_set: write.set(0),
    total_cash_rounding_refund_adjustment_set: write.set(0),
    ...write.priced("total_discounts", order.discountMinor),
    ...write.priced("total_line_items_price", order.itemsMinor),
    total_outstanding: write.decimal(0),
    ...write.priced("total_price", order.totalMinor),
    total_shipping_price_set: write.set(order.shippingMinor),
    ...write.priced("total_tax", order.taxMinor),
    total_tip_received: write.decimal(0),
    total_weight: order.lines.reduce((sum, line) => sum + (line.giftCard ? 0 : 250 * line.quantity), 0),
    updated_at: write.instant(order.updatedAt),
    user_id: null,
    billing_address: null,
    customer: customer ? customerPayload(state, customer) : null,
    discount_applications: order.applications.map((one) => ({
      target_type: one.target,
      type: "discount_code",
      value: one.value.includes(".") ? one.value : `${one.value}.0`,
      value_type: one.valueType,
      allocation_method: one.method,
      target_selection: one.selection,
      code: one.code,
    })),
    fulfillments: [],
    line_items: order.lines.map((line) => linePayload(state, line)),
    payment_terms: null,
    refunds: order.refunds.map((refund) => refundPayload(state, order, refund)),
    shipping_address: null,
    shipping_lines: order.lines.every((line) => line.giftCard) ? [] : [shippingLine(state, order)],
    returns: [],
    line_item_groups: [],
  };
}

/** The body of refunds/create: it names the order, and no customer. */
export function refundPayload(state: ShopState, order: StoreOrder, refund: StoreRefund): Record<string, unknown> {
  const write = writerOf(state);
  const at = write.instant(refund.createdAt);
  return {
    id: numeric(refund.gid),
    order_id: numeric(order.gid),
    created_at: at,
    note: refund.note,
    user_id: 42,
    processed_at: at,
    duties: [],
    total_duties_set: write.set(0),
    return: null,
    refund_shipping_lines: [],
    restock: refund.lines.length > 0,
    admin_graphql_api_id: refund.gid,
    order_adjustments: adjustments(state, order, refund),
    refund_line_items: refund.lines.map((refunded) => {
      const line = order.lines.find((one) => one.gid === refunded.lineGid);
      return {
        id: numeric(refunded.gid),
        quantity: refunded.quantity,
        line_item_id: numeric(refunded.lineGid),
        location_id: 103709376812,
        restock_type: "return",
        // Numbers here, strings in the sets: so Shopify sends it.
        subtotal: Number(write.decimal(refunded.subtotalMinor)),
        total_tax: Number(write.decimal(refunded.taxMinor)),
        subtotal_set: write.set(refunded.subtotalMinor),
        total_tax_set: write.set(refunded.taxMinor),
        line_item: line ? linePayload(state, line) : null,
      };
    }),
    transactions: refund.totalMinor === 0 ? [] : [transaction(state, order, refund)],
  };
}

function adjustments(state: ShopState, order: StoreOrder, refund: StoreRefund): Record<string, unknown>[] {
  const write = writerOf(state);
  const adjustment = (kind: "shipping_refund" | "refund_discrepancy", minor: number, taxMinor: number) => ({
    id: numeric(refund.gid) * 10 + (kind === "shipping_refund" ? 1 : 2),
    order_id: numeric(order.gid),
    refund_id: numeric(refund.gid),
    amount: write.decimal(-minor),
    tax_amount: write.decimal(-taxMinor),
    kind,
    reason: kind === "shipping_refund" ? "Shipping refund" : "Refund discrepancy",
    amount_set: write.set(-minor),
    tax_amount_set: write.set(-taxMinor),
  });
  return [
    ...(refund.shippingMinor > 0 ? [adjustment("shipping_refund", refund.shippingMinor, refund.shippingTaxMinor)] : []),
    ...(refund.adjustmentMinor > 0 ? [adjustment("refund_discrepancy", refund.adjustmentMinor, 0)] : []),
  ];
}

function transaction(state: ShopState, order: StoreOrder, refund: StoreRefund): Record<string, unknown> {
  const write = writerOf(state);
  const at = write.instant(refund.createdAt);
  const unsettled = { amount: "0.0", currency: order.currency };
  return {
    id: numeric(refund.transactionGid),
    order_id: numeric(order.gid),
    kind: "refund",
    gateway: order.test ? "bogus" : "shopify_payments",
    status: "success",
    message: null,
    created_at: at,
    test: order.test,
    authorization: null,
    location_id: null,
    user_id: 42,
    parent_id: numeric(order.gid) + 1,
    processed_at: at,
    device_id: null,
    error_code: null,
    source_name: "1830279",
    receipt: {},
    amount: write.decimal(refund.totalMinor),
    currency: order.currency,
    payment_id: `${order.name}.1`,
    total_unsettled_set: { presentment_money: unsettled, shop_money: unsettled },
    manual_payment_gateway: false,
    amount_rounding: null,
    admin_graphql_api_id: refund.transactionGid,
  };
}

/** A customer as the order carries it: no tags, no totals. */
export function customerPayload(state: ShopState, customer: StoreCustomer): Record<string, unknown> {
  const write = writerOf(state);
  return {
    id: numeric(customer.gid),
    created_at: write.instant(customer.createdAt),
    updated_at: write.instant(customer.updatedAt),
    first_name: customer.firstName,
    last_name: customer.lastName,
    state: "enabled",
    note: null,
    verified_email: true,
    multipass_identifier: null,
    tax_exempt: false,
    email: customer.email,
    phone: customer.phone,
    currency: state.currency,
    tax_exemptions: [],
    admin_graphql_api_id: customer.gid,
    default_address: null,
  };
}

function linePayload(state: ShopState, line: StoreOrderLine): Record<string, unknown> {
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

function shippingLine(state: ShopState, order: StoreOrder): Record<string, unknown> {
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

function taxLines(state: ShopState, minor: number): Record<string, unknown>[] {
  if (minor === 0) return [];
  return [{ ...writerOf(state).priced("price", minor), rate: state.taxRate, title: state.taxTitle, channel_liable: false }];
}

function financialStatus(order: StoreOrder): "paid" | "partially_refunded" | "refunded" {
  const left = refundableMinor(order);
  if (left === order.totalMinor) return "paid";
  return left === 0 ? "refunded" : "partially_refunded";
}

/** What the order is worth after refunds. */
function currentTotals(order: StoreOrder) {
  const lines = order.refunds.flatMap((refund) => refund.lines);
  const backMinor = lines.reduce((sum, line) => sum + line.subtotalMinor, 0);
  const shippingBack = order.refunds.reduce((sum, refund) => sum + refund.shippingMinor, 0);
  const taxBack = lines.reduce((sum, line) => sum + line.taxMinor, 0) + order.refunds.reduce((sum, refund) => sum + refund.shippingTaxMinor, 0);
  const discountBack = order.lines.reduce((sum, line) => {
    const off = line.allocations.reduce((total, one) => total + one.minor, 0);
    return sum + Math.round((off * line.refundedQuantity) / line.quantity);
  }, 0);
  const cancelled = order.cancelledAt !== null;
  const shippingMinor = cancelled ? 0 : order.shippingMinor - order.shippingDiscountMinor - shippingBack;
  const subtotalMinor = cancelled ? 0 : order.subtotalMinor - backMinor;
  const taxMinor = cancelled ? 0 : order.taxMinor - taxBack;
  return {
    shippingMinor,
    subtotalMinor,
    taxMinor,
    discountMinor: cancelled ? 0 : order.discountMinor - discountBack,
    totalMinor: subtotalMinor + shippingMinor + (order.taxesIncluded ? 0 : taxMinor),
  };
}

function writerOf(state: ShopState) {
  const decimal = (minor: number) => toDecimal(minor, state.currency);
  const set = (minor: number) => {
    const money = { amount: decimal(minor), currency_code: state.currency };
    return { shop_money: money, presentment_money: money };
  };
  return {
    decimal,
    set,
    /** `price` and `price_set`. */
    priced: (name: string, minor: number) => ({ [name]: decimal(minor), [`${name}_set`]: set(minor) }),
    /** In the shop's time zone with its offset: "2026-11-20T15:04:05-05:00". */
    instant: (iso: string | null) => (iso === null ? null : withOffset(iso, state.timeZone)),
  };
}

function withOffset(iso: string, timeZone: string): string {
  const local = localTime(new Date(iso), timeZone);
  const minutes = Math.round((Date.parse(`${local}Z`) - Date.parse(iso)) / 60_000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `${local}${minutes < 0 ? "-" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

function numeric(gid: string): number {
  return Number(gidTail(gid));
}
