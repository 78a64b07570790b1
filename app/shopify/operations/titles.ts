/** What products, variants and collections are called. */
import { z } from "zod";
import type { Operation } from "../operation";

/** Shopify looks up at most this many ids in one call. */
export const MAX_TITLES = 250;

const Nodes = z.array(z.object({ id: z.string(), title: z.string().optional(), displayName: z.string().optional() }).nullable());

/** A node that is no longer there is null. */
export const titles: Operation<{ ids: string[] }, z.infer<typeof Nodes>> = {
  name: "titles",
  document: `query titles($ids: [ID!]!) {
    nodes(ids: $ids) {
      id
      ... on Product { title }
      ... on ProductVariant { displayName }
      ... on Collection { title }
    }
  }`,
  cost: 100,
  answer: z.object({ nodes: Nodes }).transform((data) => data.nodes),
  userErrors: () => [],
};
