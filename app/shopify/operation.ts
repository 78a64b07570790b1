/** One call of the Admin API, as data: its document, what it costs, and the schema its answer is checked by. */
import { z } from "zod";

export const UserError = z.object({ field: z.array(z.string()).nullable(), message: z.string(), code: z.string().nullish() });
export type UserError = z.infer<typeof UserError>;

export interface Operation<Variables, Answer> {
  name: string;
  document: string;
  /** Points Shopify asks up front for it, or more, until an answer has told the true number. */
  cost: number;
  /** Reads `data` of the answer. */
  answer: z.ZodType<Answer>;
  /** What Shopify refused, if this is a mutation. */
  userErrors(answer: Answer): UserError[];
  /** Only for the compiler: which variables belong to the document. */
  variables?: Variables;
}

/** What a call has cost and what is left, as Shopify's own bucket counts it. */
export const QueryCost = z.object({
  requestedQueryCost: z.number(),
  actualQueryCost: z.number().nullish(),
  throttleStatus: z.object({ maximumAvailable: z.number(), currentlyAvailable: z.number(), restoreRate: z.number() }),
});
export type QueryCost = z.infer<typeof QueryCost>;

export type AdminResult<Answer> =
  | { outcome: "ok"; answer: Answer; cost: QueryCost | null }
  /** The bucket is empty: nothing was done. */
  | { outcome: "throttled"; waitMs: number; cost: QueryCost | null }
  /** Shopify understood and said no: trying again changes nothing. */
  | { outcome: "refused"; userErrors: UserError[]; cost: QueryCost | null }
  /** No answer, or none of use: the work may have been done or not. */
  | { outcome: "unavailable"; reason: string; retryAfterMs: number | null }
  /** The shop does not let us in: uninstalled, frozen, closed, or its token cannot be renewed. `retryAfterMs`: it may be over sooner. */
  | { outcome: "gone"; reason: string; retryAfterMs: number | null };

/** One shop's Admin API. */
export interface AdminPort {
  call<Variables, Answer>(operation: Operation<Variables, Answer>, variables: Variables): Promise<AdminResult<Answer>>;
}
export type OpenAdmin = (domain: string) => AdminPort;
