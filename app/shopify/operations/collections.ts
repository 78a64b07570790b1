/** What products a collection has. */
import { z } from "zod";
import type { Operation } from "../operation";

/** Products of one page; Shopify gives no more at once. */
export const COLLECTION_PAGE = 250;

const Collection = z
  .object({
    title: z.string(),
    products: z.object({ nodes: z.array(z.object({ id: z.string() })), pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }) }),
  })
  .nullable();

/** One page, in the order of the products' ids: those that are added or moved meanwhile shift no others. Null: there is no such collection. */
export const collectionProducts: Operation<{ id: string; after: string | null }, z.infer<typeof Collection>> = {
  name: "collectionProducts",
  document: `query collectionProducts($id: ID!, $after: String) {
    collection(id: $id) {
      title
      products(first: ${COLLECTION_PAGE}, after: $after, sortKey: ID) {
        nodes { id }
        pageInfo { hasNextPage endCursor }
      }
    }
  }`,
  cost: 60,
  answer: z.object({ collection: Collection }).transform((data) => data.collection),
  userErrors: () => [],
};
