/** The codes of discounts as Shopify has them, with how often each was used: counted with a delay, so never proof of non-use. */
import { z } from "zod";
import { ChangedOrder } from "./orders";
import type { Operation } from "../operation";

export const CODES_PER_PAGE = 250;

const Code = z.object({ id: z.string(), code: z.string(), asyncUsageCount: z.int() });
const Page = z.object({ nodes: z.array(Code), pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }) });
const Answer = z.object({ discountNode: z.object({ discount: z.object({ codes: Page.optional() }) }).nullable() });

const FORMS = ["DiscountCodeBasic", "DiscountCodeFreeShipping", "DiscountCodeApp"];
const CODE = "id code asyncUsageCount";

/** One page of a discount's codes; null: there is no such discount. */
export const discountCodes: Operation<{ id: string; after: string | null }, z.infer<typeof Page> | null> = {
  name: "discountCodes",
  document: `query discountCodes($id: ID!, $after: String) {
    discountNode(id: $id) {
      discount {
        ${FORMS.map((form) => `... on ${form} { codes(first: ${CODES_PER_PAGE}, after: $after) { nodes { ${CODE} } pageInfo { hasNextPage endCursor } } }`).join("\n        ")}
      }
    }
  }`,
  cost: 20,
  answer: Answer.transform(({ discountNode }) => discountNode && (discountNode.discount.codes ?? { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } })),
  userErrors: () => [],
};

/** All codes of all discounts as one bulk query: a line for each discount, and one for each code that names its discount. */
export const ALL_CODES_IN_BULK = `{
  discountNodes { edges { node { id discount {
    ${FORMS.map((form) => `... on ${form} { codes { edges { node { ${CODE} } } } }`).join("\n    ")}
  } } } }
}`;

/** A line of that result. */
export const BulkCodeLine = z.union([Code.extend({ __parentId: z.string() }), z.object({ id: z.string() })]);

const WithCode = z.object({ orders: z.object({ nodes: z.array(ChangedOrder) }) });

/** The newest orders that used a code, at most 50. */
export const ordersWithCode: Operation<{ query: string }, ChangedOrder[]> = {
  name: "ordersWithCode",
  document: `query ordersWithCode($query: String!) {
    orders(first: 50, sortKey: CREATED_AT, reverse: true, query: $query) { nodes { id updatedAt cancelledAt refunds(first: 50) { id } } }
  }`,
  cost: 20,
  answer: WithCode.transform((data) => data.orders.nodes),
  userErrors: () => [],
};
