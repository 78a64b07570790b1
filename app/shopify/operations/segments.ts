/** Who is in a customer segment. */
import { z } from "zod";
import type { Operation } from "../operation";

const PAGE = 250;

const Members = z.object({
  edges: z.array(z.object({ node: z.object({ id: z.string() }) })),
  pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
});

/** One page of a segment's members; the last part of a member's id is the customer's. https://shopify.dev/docs/api/admin-graphql/2026-07/queries/customerSegmentMembers */
export const segmentMembers: Operation<{ segmentId: string; after: string | null }, z.infer<typeof Members>> = {
  name: "segmentMembers",
  document: `query segmentMembers($segmentId: ID!, $after: String) {
    customerSegmentMembers(segmentId: $segmentId, first: ${PAGE}, after: $after) {
      edges { node { id } }
      pageInfo { hasNextPage endCursor }
    }
  }`,
  cost: 30,
  answer: z.object({ customerSegmentMembers: Members }).transform((data) => data.customerSegmentMembers),
  userErrors: () => [],
};
