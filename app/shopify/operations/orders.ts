/** Orders as the Admin API has them: which have changed, how many, and all that is read of one. Amounts are in shopMoney. */
import { z } from "zod";
import type { Operation } from "../operation";

/** Orders of one page of `changedOrders`. */
export const ORDERS_PER_PAGE = 250;

const Instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const PageInfo = z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() });

/** Just enough of an order to know whether there is news of it. */
export const ChangedOrder = z.object({ id: z.string(), updatedAt: Instant, cancelledAt: Instant.nullable(), refunds: z.array(z.object({ id: z.string() })) });
export type ChangedOrder = z.infer<typeof ChangedOrder>;

const REFUNDS = 50;
const CHANGED = `id updatedAt cancelledAt refunds(first: ${REFUNDS}) { id }`;
const ChangedOrders = z.object({ orders: z.object({ nodes: z.array(ChangedOrder), pageInfo: PageInfo }) });

/** The search text for orders that changed in a span; its end is not part of it. */
export function changedBetween(from: Date, until: Date): string {
  return `updated_at:>='${from.toISOString()}' updated_at:<'${until.toISOString()}'`;
}

/** One page of the orders that changed, those that changed first first. */
export const changedOrders: Operation<{ query: string; after: string | null }, z.infer<typeof ChangedOrders>["orders"]> = {
  name: "changedOrders",
  document: `query changedOrders($query: String!, $after: String) {
    orders(first: ${ORDERS_PER_PAGE}, after: $after, sortKey: UPDATED_AT, query: $query) {
      nodes { ${CHANGED} }
      pageInfo { hasNextPage endCursor }
    }
  }`,
  cost: 30,
  answer: ChangedOrders.transform((data) => data.orders),
  userErrors: () => [],
};

/** The same as one bulk query; each line of its result is a ChangedOrder. */
export function changedOrdersInBulk(query: string): string {
  return `{ orders(query: ${JSON.stringify(query)}, sortKey: UPDATED_AT) { edges { node { ${CHANGED} } } } }`;
}

const Count = z.object({ ordersCount: z.object({ count: z.int() }) });

/** How many orders fit, counted no further than `limit`. */
export const countOrders: Operation<{ query: string; limit: number }, number> = {
  name: "countOrders",
  document: `query countOrders($query: String!, $limit: Int!) { ordersCount(query: $query, limit: $limit) { count } }`,
  cost: 10,
  answer: Count.transform((data) => data.ordersCount.count),
  userErrors: () => [],
};

const Money = z.object({ shopMoney: z.object({ amount: z.string(), currencyCode: z.string() }) });
export type ShopMoney = z.infer<typeof Money>;
const Application = z.object({ index: z.int(), code: z.string().optional() });
const Priced = {
  taxLines: z.array(z.object({ priceSet: Money })),
  discountAllocations: z.array(z.object({ allocatedAmountSet: Money, discountApplication: Application })),
};
const Line = z.object({
  id: z.string(), quantity: z.int(), currentQuantity: z.int(), isGiftCard: z.boolean(), originalUnitPriceSet: Money,
  product: z.object({ id: z.string() }).nullable(), variant: z.object({ id: z.string() }).nullable(), ...Priced,
});
export type FoundLine = z.infer<typeof Line>;
const Customer = z.object({
  id: z.string(), firstName: z.string().nullable(), lastName: z.string().nullable(), createdAt: Instant, updatedAt: Instant,
  defaultEmailAddress: z.object({ emailAddress: z.string() }).nullable(), defaultPhoneNumber: z.object({ phoneNumber: z.string() }).nullable(),
});
const Order = z.object({
  id: z.string(), name: z.string(), currencyCode: z.string(), taxesIncluded: z.boolean(), test: z.boolean(), sourceName: z.string().nullable(),
  processedAt: Instant, updatedAt: Instant, cancelledAt: Instant.nullable(), totalPriceSet: Money, totalDiscountsSet: Money.nullable(), customer: Customer.nullable(),
  discountApplications: z.object({ nodes: z.array(Application) }),
  shippingLines: z.object({ nodes: z.array(z.object({ originalPriceSet: Money, ...Priced })) }),
  lineItems: z.object({ nodes: z.array(Line), pageInfo: PageInfo }),
  refunds: z.array(z.object({ id: z.string() })),
});
export type FoundOrder = z.infer<typeof Order>;

const MONEY = "{ shopMoney { amount currencyCode } }";
const APPLICATION = "{ index ... on DiscountCodeApplication { code } }";
const PRICED = `taxLines { priceSet ${MONEY} } discountAllocations { allocatedAmountSet ${MONEY} discountApplication ${APPLICATION} }`;
const LINES_PER_PAGE = 100;
const LINES = `nodes { id quantity currentQuantity isGiftCard originalUnitPriceSet ${MONEY} product { id } variant { id } ${PRICED} } pageInfo { hasNextPage endCursor }`;

/** All that is read of one order; null: Shopify has none of this id, or shows it no more. Its lines may go on: `moreLines`. */
export const readOrder: Operation<{ id: string }, FoundOrder | null> = {
  name: "readOrder",
  document: `query readOrder($id: ID!) {
    order(id: $id) {
      id name currencyCode taxesIncluded test sourceName processedAt updatedAt cancelledAt totalPriceSet ${MONEY} totalDiscountsSet ${MONEY}
      customer { id firstName lastName createdAt updatedAt defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber } }
      discountApplications(first: 50) { nodes ${APPLICATION} }
      shippingLines(first: 20) { nodes { originalPriceSet ${MONEY} ${PRICED} } }
      lineItems(first: ${LINES_PER_PAGE}) { ${LINES} }
      refunds(first: ${REFUNDS}) { id }
    }
  }`,
  cost: 136,
  answer: z.object({ order: Order.nullable() }).transform((data) => data.order),
  userErrors: () => [],
};

const MoreLines = z.object({ order: z.object({ lineItems: z.object({ nodes: z.array(Line), pageInfo: PageInfo }) }).nullable() });

/** The lines that follow; null: the order is gone. */
export const moreLines: Operation<{ id: string; after: string | null }, FoundOrder["lineItems"] | null> = {
  name: "moreLines",
  document: `query moreLines($id: ID!, $after: String) { order(id: $id) { lineItems(first: ${LINES_PER_PAGE}, after: $after) { ${LINES} } } }`,
  cost: 84,
  answer: MoreLines.transform((data) => data.order?.lineItems ?? null),
  userErrors: () => [],
};

const RefundLine = z.object({ quantity: z.int(), subtotalSet: Money, totalTaxSet: Money, lineItem: z.object({ id: z.string() }) });
const RefundParts = z.object({
  id: z.string(), processedAt: Instant, totalRefundedSet: Money,
  order: z.object({ id: z.string() }),
  refundLineItems: z.object({ nodes: z.array(RefundLine), pageInfo: PageInfo }),
  refundShippingLines: z.object({ nodes: z.array(z.object({ subtotalAmountSet: Money, taxAmountSet: Money })) }),
  orderAdjustments: z.object({ nodes: z.array(z.object({ reason: z.string().nullable(), amountSet: Money, taxAmountSet: Money })) }),
});
export type FoundRefund = z.infer<typeof RefundParts>;
const REFUND_LINES_PER_PAGE = 100;

/** One refund with a page of its lines; null: there is none of this id. */
export const readRefund: Operation<{ id: string; after: string | null }, FoundRefund | null> = {
  name: "readRefund",
  document: `query readRefund($id: ID!, $after: String) {
    refund(id: $id) {
      id processedAt totalRefundedSet ${MONEY}
      order { id }
      refundLineItems(first: ${REFUND_LINES_PER_PAGE}, after: $after) {
        nodes { quantity subtotalSet ${MONEY} totalTaxSet ${MONEY} lineItem { id } }
        pageInfo { hasNextPage endCursor }
      }
      refundShippingLines(first: 20) { nodes { subtotalAmountSet ${MONEY} taxAmountSet ${MONEY} } }
      orderAdjustments(first: 20) { nodes { reason amountSet ${MONEY} taxAmountSet ${MONEY} } }
    }
  }`,
  cost: 75,
  answer: z.object({ refund: RefundParts.nullable() }).transform((data) => data.refund),
  userErrors: () => [],
};

const Existing = z.object({ nodes: z.array(z.object({ id: z.string() }).nullable()) });

/** Which of these orders Shopify has and shows: at most 250 ids. */
export const existingOrders: Operation<{ ids: string[] }, Set<string>> = {
  name: "existingOrders",
  document: `query existingOrders($ids: [ID!]!) { nodes(ids: $ids) { id } }`,
  cost: 50,
  answer: Existing.transform(({ nodes }) => new Set(nodes.flatMap((node) => node?.id ?? []))),
  userErrors: () => [],
};
