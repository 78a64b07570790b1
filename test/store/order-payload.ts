/** Orders and customers in the shape of Shopify's webhooks. */
import { linePayload, shippingLine, taxLines } from "./line-payload";
import { currentTotals, financialStatus, type OrderEdit, owedMinor } from "./orders";
import { numeric, writerOf } from "./payload-writer";
import { refundPayload } from "./refund-payload";
import type { StoreOrder } from "./order-records";
import type { ShopState, StoreCustomer } from "./state";

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
    client_details: {
      accept_language: "en",
      browser_height: null,
      browser_ip: "203.0.113.24",
      browser_width: null,
      session_hash: null,
      user_agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    },
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
    total_outstanding: write.decimal(-owedMinor(order)),
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

/** The body of orders/edited: what changed, and nothing of the order itself. */
export function editPayload(state: ShopState, order: StoreOrder, edit: OrderEdit): Record<string, unknown> {
  const write = writerOf(state);
  const at = write.instant(edit.at);
  const deltas = (changes: OrderEdit["additions"]) => changes.map(({ lineGid, quantity }) => ({ id: numeric(lineGid), delta: quantity }));
  return {
    order_edit: {
      id: numeric(edit.gid),
      app_id: null,
      created_at: at,
      committed_at: at,
      notify_customer: false,
      order_id: numeric(order.gid),
      staff_note: edit.note ?? "",
      user_id: 42,
      line_items: { additions: deltas(edit.additions), removals: deltas(edit.removals) },
      discounts: { line_item: { additions: [], removals: [] } },
      shipping_lines: { additions: [], removals: [] },
    },
  };
}
