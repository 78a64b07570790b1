/** Orders as the Admin API shows them: what reconciliation reads. */
import { gidTail } from "../../../app/lib/gid";
import { currentTotals, financialStatus, refundableMinor } from "../orders";
import type { StoreDiscountApplication, StoreOrder, StoreOrderLine, StoreRefund } from "../order-records";
import { isoSeconds } from "../state";
import { exactCount, page, type PageArgs } from "./connection";
import type { AdminContext, Presented, RootResolvers } from "./context";
import { presentCustomer } from "./customers";
import { type ListArgs, type Listing, listPage, listRows } from "./list";
import { moneyBag, moneyV2 } from "./money";
import type { SearchFields } from "./search-terms";

export const orderQueries: RootResolvers = {
  order: (_source: unknown, { id }: { id: string }, context: AdminContext) => {
    const order = context.state.orders.get(id);
    return order ? presentOrder(order, context) : null;
  },
  refund: (_source: unknown, { id }: { id: string }, context: AdminContext) => {
    for (const order of context.state.orders.values()) {
      const refund = order.refunds.find((one) => one.gid === id);
      if (refund) return presentRefund(order, refund, context);
    }
    return null;
  },
  orders: (_source: unknown, args: ListArgs, context: AdminContext) => listPage(listing(context), args),
  ordersCount: (_source: unknown, args: ListArgs, context: AdminContext) => exactCount(listRows(listing(context), { query: args.query ?? null }).length),
};

export function presentOrder(order: StoreOrder, context: AdminContext): Presented {
  const bag = (minor: number) => moneyBag(minor, order.currency);
  const customer = order.customerGid === null ? undefined : context.state.customers.get(order.customerGid);
  const refunded = order.refunds.reduce((sum, refund) => sum + refund.totalMinor, 0);
  const current = currentTotals(order);
  return {
    __typename: "Order",
    id: order.gid,
    legacyResourceId: gidTail(order.gid),
    name: order.name,
    number: order.number,
    email: order.email,
    test: order.test,
    note: order.note,
    tags: [],
    sourceName: "web",
    cartToken: order.cartToken,
    checkoutToken: order.checkoutToken,
    currencyCode: order.currency,
    taxesIncluded: order.taxesIncluded,
    createdAt: isoSeconds(order.createdAt),
    processedAt: isoSeconds(order.processedAt),
    updatedAt: isoSeconds(order.updatedAt),
    cancelledAt: order.cancelledAt === null ? null : isoSeconds(order.cancelledAt),
    cancelReason: order.cancelReason?.toUpperCase() ?? null,
    displayFinancialStatus: financialStatus(order).toUpperCase(),
    displayFulfillmentStatus: "UNFULFILLED",
    customer: () => (customer ? presentCustomer(customer, context) : null),
    customAttributes: order.attributes.map(({ name, value }) => ({ __typename: "Attribute", key: name, value })),
    discountCodes: order.applications.map((one) => one.code),
    discountCode: order.applications[0]?.code ?? null,
    subtotalPriceSet: bag(order.subtotalMinor),
    totalPriceSet: bag(order.totalMinor),
    totalDiscountsSet: bag(order.discountMinor),
    totalShippingPriceSet: bag(order.shippingMinor),
    totalTaxSet: bag(order.taxMinor),
    totalRefundedSet: bag(refunded),
    currentSubtotalPriceSet: bag(current.subtotalMinor),
    currentTotalDiscountsSet: bag(current.discountMinor),
    currentTotalTaxSet: bag(current.taxMinor),
    currentTotalPriceSet: bag(refundableMinor(order)),
    discountApplications: (args: PageArgs) => {
      const rows = order.applications.map((one, index) => ({ one, index }));
      const gidOf = ({ index }: { index: number }) => `gid://shopify/DiscountApplication/${index + 1}`;
      return page("DiscountApplicationConnection", rows, args, gidOf, ({ one, index }) => presentApplication(one, index, order.currency));
    },
    lineItems: (args: PageArgs) => page("LineItemConnection", order.lines, args, (line) => line.gid, (line) => presentLine(order, line, context)),
    shippingLines: (args: PageArgs) => page("ShippingLineConnection", order.lines.every((line) => line.giftCard) ? [] : [order], args, () => order.shippingLineGid, () => presentShippingLine(order, context)),
    refunds: ({ first }: { first?: number | null }) => order.refunds.slice(0, first ?? undefined).map((refund) => presentRefund(order, refund, context)),
  };
}

/** The shipping line's discount stands in its allocations, as a code's on an item's line does. */
function presentShippingLine(order: StoreOrder, context: AdminContext): Presented {
  const bag = (minor: number) => moneyBag(minor, order.currency);
  const index = order.applications.findIndex((one) => one.target === "shipping_line");
  const application = order.applications[index];
  const allocation = application && { __typename: "DiscountAllocation", allocatedAmountSet: bag(order.shippingDiscountMinor), discountApplication: presentApplication(application, index, order.currency) };
  return {
    __typename: "ShippingLine",
    id: order.shippingLineGid,
    title: "Standard",
    originalPriceSet: bag(order.shippingMinor),
    discountedPriceSet: bag(order.shippingMinor - order.shippingDiscountMinor),
    discountAllocations: allocation && order.shippingDiscountMinor > 0 ? [allocation] : [],
    taxLines: presentTax(order, order.shippingTaxMinor, context),
  };
}

function presentTax(order: StoreOrder, minor: number, { state }: AdminContext): Presented[] {
  return minor === 0 ? [] : [{ __typename: "TaxLine", title: state.taxTitle, rate: state.taxRate, priceSet: moneyBag(minor, order.currency) }];
}

function presentRefund(order: StoreOrder, refund: StoreRefund, context: AdminContext): Presented {
  const bag = (minor: number) => moneyBag(minor, order.currency);
  const presentRefundLine = (line: StoreRefund["lines"][number]) => {
    const sold = order.lines.find((one) => one.gid === line.lineGid);
    return {
      __typename: "RefundLineItem",
      id: line.gid,
      quantity: line.quantity,
      restockType: refund.restock === "edit" ? "CANCEL" : refund.restock.toUpperCase(),
      restocked: refund.restock !== "no_restock",
      subtotalSet: bag(line.subtotalMinor),
      totalTaxSet: bag(line.taxMinor),
      lineItem: sold ? presentLine(order, sold, context) : null,
    };
  };
  return {
    __typename: "Refund",
    id: refund.gid,
    createdAt: isoSeconds(refund.createdAt),
    updatedAt: isoSeconds(refund.createdAt),
    note: refund.note,
    processedAt: isoSeconds(refund.createdAt),
    order: () => presentOrder(order, context),
    totalRefundedSet: bag(refund.totalMinor),
    refundShippingLines: (args: PageArgs) => {
      const lines = refund.shippingMinor > 0 ? [refund] : [];
      return page("RefundShippingLineConnection", lines, args, ({ gid }) => gid, () => ({ __typename: "RefundShippingLine", id: `${refund.gid}/shipping`, subtotalAmountSet: bag(refund.shippingMinor), taxAmountSet: bag(refund.shippingTaxMinor) }));
    },
    // Given back beyond the lines, with the opposite sign, as in the webhook.
    orderAdjustments: (args: PageArgs) => {
      const adjustments = refund.adjustmentMinor !== 0 ? [refund] : [];
      return page("OrderAdjustmentConnection", adjustments, args, ({ gid }) => gid, () => ({ __typename: "OrderAdjustment", id: `${refund.gid}/adjustment`, reason: "REFUND_DISCREPANCY", amountSet: bag(-refund.adjustmentMinor), taxAmountSet: bag(0) }));
    },
    refundLineItems: (args: PageArgs) => page("RefundLineItemConnection", refund.lines, args, (line) => line.gid, presentRefundLine),
  };
}

function presentLine(order: StoreOrder, line: StoreOrderLine, context: AdminContext): Presented {
  const bag = (minor: number) => moneyBag(minor, order.currency);
  const off = line.allocations.reduce((sum, one) => sum + one.minor, 0);
  return {
    __typename: "LineItem",
    id: line.gid,
    title: line.title,
    name: line.variantTitle ? `${line.title} - ${line.variantTitle}` : line.title,
    variantTitle: line.variantTitle,
    sku: line.sku,
    quantity: line.quantity,
    currentQuantity: line.quantity - line.refundedQuantity,
    isGiftCard: line.giftCard,
    product: { __typename: "Product", id: line.productGid },
    variant: { __typename: "ProductVariant", id: line.variantGid },
    originalUnitPriceSet: bag(line.unitMinor),
    originalTotalSet: bag(line.unitMinor * line.quantity),
    discountedTotalSet: bag(line.unitMinor * line.quantity - off),
    totalDiscountSet: bag(off),
    taxLines: presentTax(order, line.taxMinor, context),
    discountAllocations: line.allocations.map((one) => {
      const application = order.applications[one.application];
      const discountApplication = application ? presentApplication(application, one.application, order.currency) : null;
      return { __typename: "DiscountAllocation", allocatedAmountSet: bag(one.minor), discountApplication };
    }),
  };
}

function presentApplication(one: StoreDiscountApplication, index: number, currency: string): Presented {
  return {
    __typename: "DiscountCodeApplication",
    index,
    code: one.code,
    allocationMethod: one.method.toUpperCase(),
    targetSelection: one.selection.toUpperCase(),
    targetType: one.target.toUpperCase(),
    value: one.valueType === "percentage" ? { __typename: "PricingPercentageValue", percentage: Number(one.value) } : moneyV2(one.value, currency),
  };
}

function listing(context: AdminContext): Listing<StoreOrder> {
  return {
    typename: "OrderConnection",
    noun: "orders",
    rows: context.state.orders.values(),
    fieldsOf,
    sortBy: {
      PROCESSED_AT: (order) => order.processedAt,
      CREATED_AT: (order) => order.createdAt,
      UPDATED_AT: (order) => order.updatedAt,
      ORDER_NUMBER: (order) => order.number,
      TOTAL_PRICE: (order) => order.totalMinor,
    },
    gidOf: (order) => order.gid,
    present: (order) => presentOrder(order, context),
  };
}

function fieldsOf(order: StoreOrder): SearchFields {
  return {
    text: [order.name, order.email ?? ""],
    exact: {
      id: gidTail(order.gid),
      name: order.name,
      email: order.email,
      customer_id: order.customerGid && gidTail(order.customerGid),
      status: order.cancelledAt === null ? "open" : "cancelled",
      financial_status: financialStatus(order),
      test: String(order.test),
      checkout_token: order.checkoutToken,
    },
    many: { discount_code: order.applications.map((one) => one.code) },
    instants: { created_at: order.createdAt, processed_at: order.processedAt, updated_at: order.updatedAt },
  };
}
