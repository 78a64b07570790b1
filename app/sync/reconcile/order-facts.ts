/** What the Admin API says of an order and of a refund, in the domain's words: the same facts as the webhooks carry. Pure. */
import { storedCode } from "../../domain/codes/list";
import { SHIPPING_LINE, type OrderFacts, type OrderLine, type OrderNews, type RefundedLine, type RefundFacts } from "../../domain/orders/order";
import { gid, gidTail, isGid, type Gid } from "../../lib/gid";
import { exactMinor, toMinor } from "../../lib/money";
import type { FoundLine, FoundOrder, FoundRefund, ShopMoney } from "../../shopify/operations/orders";

/** The order with what became of it; `lines`: all of them, whatever pages they came in; `refunds`: all of them too. */
export function orderNewsOf(order: FoundOrder, found: FoundLine[], refunds: RefundFacts[]): OrderNews {
  const lines = [...found.map((line) => lineOf(line, refunds)), ...shippingOf(order)];
  return {
    gid: gidOf("Order", order.id),
    name: order.name,
    customer: customerOf(order),
    currency: order.currencyCode,
    lines,
    // As in the webhook: the total stays as it was when the order was placed; what an edit added stands in the lines only.
    totalMinor: Math.max(minor(order.totalPriceSet), lines.reduce((sum, { netMinor, taxMinor }) => sum + netMinor + (order.taxesIncluded ? 0 : taxMinor), 0)),
    discountMinor: order.totalDiscountsSet ? minor(order.totalDiscountsSet) : 0,
    taxesIncluded: order.taxesIncluded,
    test: order.test,
    channel: order.sourceName ?? "unknown",
    processedAt: order.processedAt,
    updatedAt: order.updatedAt,
    codes: codesOf(order, found),
    refunds,
    cancelledAt: order.cancelledAt,
  };
}

function customerOf({ customer }: FoundOrder): OrderFacts["customer"] {
  if (!customer) return null;
  return {
    gid: gidOf("Customer", customer.id),
    firstName: customer.firstName,
    lastName: customer.lastName,
    email: customer.defaultEmailAddress?.emailAddress ?? null,
    phone: customer.defaultPhoneNumber?.phoneNumber ?? null,
    registeredAt: customer.createdAt,
    updatedAt: customer.updatedAt,
  };
}

function lineOf(line: FoundLine, refunds: RefundFacts[]): OrderLine {
  const id = gidTail(line.id);
  const refunded = refunds.flatMap((refund) => refund.lines).filter(({ lineId }) => lineId === id).reduce((sum, { quantity }) => sum + quantity, 0);
  // Units that are neither there any more nor refunded: an edit took them away.
  const removed = line.quantity - line.currentQuantity - refunded;
  return {
    id,
    kind: line.isGiftCard ? "gift_card" : "product",
    productGid: line.product && gidOf("Product", line.product.id),
    variantGid: line.variant && gidOf("ProductVariant", line.variant.id),
    quantity: line.quantity,
    ...(removed > 0 && { removed }),
    ...amountsOf(minor(line.originalUnitPriceSet) * line.quantity, line),
  };
}

/** All shipping lines are one line, as in the webhook. */
function shippingOf({ shippingLines: { nodes } }: FoundOrder): OrderLine[] {
  if (nodes.length === 0) return [];
  const price = nodes.reduce((sum, { originalPriceSet }) => sum + minor(originalPriceSet), 0);
  const priced = { discountAllocations: nodes.flatMap((line) => line.discountAllocations), taxLines: nodes.flatMap((line) => line.taxLines) };
  return [{ id: SHIPPING_LINE, kind: "shipping", productGid: null, variantGid: null, quantity: 1, ...amountsOf(price, priced) }];
}

type Priced = Pick<FoundLine, "discountAllocations" | "taxLines">;

function amountsOf(priceMinor: number, { discountAllocations, taxLines }: Priced): Pick<OrderLine, "netMinor" | "taxMinor" | "codes"> {
  const codes: Record<string, number> = {};
  let netMinor = priceMinor;
  for (const { allocatedAmountSet, discountApplication } of discountAllocations) {
    const off = minor(allocatedAmountSet);
    netMinor -= off;
    const code = discountApplication.code && storedCode(discountApplication.code);
    if (code) codes[code] = (codes[code] ?? 0) + off;
  }
  const taxMinor = taxLines.reduce((sum, { priceSet }) => sum + minor(priceSet), 0);
  return { netMinor: exactMinor(netMinor), taxMinor: exactMinor(taxMinor), codes };
}

/** Only an application that is a discount code's has a code; manual and automatic ones have none. */
function codesOf({ discountApplications, shippingLines }: FoundOrder, lines: FoundLine[]): OrderFacts["codes"] {
  const allocations = [...lines, ...shippingLines.nodes].flatMap((line) => line.discountAllocations);
  const codes = new Map<string, number>();
  for (const { code, index } of discountApplications.nodes) {
    if (!code) continue;
    const off = allocations.filter(({ discountApplication }) => discountApplication.index === index).reduce((sum, { allocatedAmountSet }) => sum + minor(allocatedAmountSet), 0);
    codes.set(storedCode(code), (codes.get(storedCode(code)) ?? 0) + off);
  }
  return [...codes].map(([code, discountMinor]) => ({ code, discountMinor }));
}

type FoundRefundLine = FoundRefund["refundLineItems"]["nodes"][number];

/** The refund; `lines`: all of them, whatever pages they came in. */
export function refundFactsOf(refund: FoundRefund, lines: FoundRefundLine[]): RefundFacts {
  // Money given back beyond the lines (or held back from them) stands here, with the opposite sign.
  const discrepancies = refund.orderAdjustments.nodes.filter(({ reason }) => reason === "REFUND_DISCREPANCY");
  return {
    gid: gidOf("Refund", refund.id),
    orderGid: gidOf("Order", refund.order.id),
    lines: [...lines.map(refundedLine), ...refundedShipping(refund)],
    beyondMinor: exactMinor(0 - discrepancies.reduce((sum, { amountSet }) => sum + minor(amountSet), 0)),
    beyondTaxMinor: exactMinor(0 - discrepancies.reduce((sum, { taxAmountSet }) => sum + minor(taxAmountSet), 0)),
    refundedMinor: minor(refund.totalRefundedSet),
    refundedAt: refund.processedAt,
  };
}

function refundedLine({ lineItem, quantity, subtotalSet, totalTaxSet }: FoundRefundLine): RefundedLine {
  return { lineId: gidTail(lineItem.id), quantity, netMinor: minor(subtotalSet), taxMinor: minor(totalTaxSet) };
}

function refundedShipping({ refundShippingLines: { nodes } }: FoundRefund): RefundedLine[] {
  const netMinor = exactMinor(nodes.reduce((sum, { subtotalAmountSet }) => sum + minor(subtotalAmountSet), 0));
  const taxMinor = exactMinor(nodes.reduce((sum, { taxAmountSet }) => sum + minor(taxAmountSet), 0));
  return netMinor > 0 ? [{ lineId: SHIPPING_LINE, quantity: 0, netMinor, taxMinor }] : [];
}

function minor({ shopMoney }: ShopMoney): number {
  return toMinor(shopMoney.amount, shopMoney.currencyCode);
}

function gidOf<T extends string>(type: T, text: string): Gid<T> {
  return isGid(type, text) ? text : gid(type, gidTail(text));
}
