/** Refunds in the shape of Shopify's webhooks. */
import { linePayload, shippingLine } from "./line-payload";
import type { StoreOrder, StoreOrderLine, StoreRefund } from "./order-records";
import { numeric, writerOf } from "./payload-writer";
import type { ShopState } from "./state";

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
    refund_shipping_lines: refund.shippingMinor > 0 ? [refundedShipping(state, order, refund)] : [],
    restock: refund.lines.length > 0 && refund.restock !== "no_restock",
    admin_graphql_api_id: refund.gid,
    order_adjustments: adjustments(state, order, refund),
    refund_line_items: refund.lines.map((refunded) => {
      const line = order.lines.find((one) => one.gid === refunded.lineGid);
      return {
        id: numeric(refunded.gid),
        quantity: refunded.quantity,
        line_item_id: numeric(refunded.lineGid),
        location_id: 103709376812,
        restock_type: refund.restock === "edit" ? "cancel" : refund.restock,
        // Numbers here, strings in the sets: so Shopify sends it.
        subtotal: Number(write.decimal(refunded.subtotalMinor)),
        total_tax: Number(write.decimal(refunded.taxMinor)),
        subtotal_set: write.set(refunded.subtotalMinor),
        total_tax_set: write.set(refunded.taxMinor),
        line_item: line ? refundedLine(state, line) : null,
      };
    }),
    transactions: refund.totalMinor === 0 ? [] : [transaction(state, order, refund)],
  };
}

function refundedShipping(state: ShopState, order: StoreOrder, refund: StoreRefund): Record<string, unknown> {
  const write = writerOf(state);
  return {
    id: numeric(refund.gid) * 10 + 3,
    shipping_line: shippingLine(state, order),
    subtotal_amount_set: write.set(refund.shippingMinor),
    tax_amount_set: write.set(refund.shippingTaxMinor),
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
    ...(refund.adjustmentMinor !== 0 ? [adjustment("refund_discrepancy", refund.adjustmentMinor, 0)] : []),
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

/** The line as a refund carries it: as it was sold, with less beside it. */
function refundedLine(state: ShopState, line: StoreOrderLine): Record<string, unknown> {
  const { attributed_staffs: _staffs, current_quantity: _quantity, sales_line_item_group_id: _group, ...sold } = linePayload(state, line);
  return sold;
}
