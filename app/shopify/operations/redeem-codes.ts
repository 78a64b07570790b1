/** Codes of a parent discount: add many, follow the bulk creation, take some away, follow the job. */
import { z } from "zod";
import { UserError, type Operation } from "../operation";

/** Shopify takes at most this many codes, or ids, in one call. */
export const MAX_PER_CALL = 250;

const AddResult = z.object({ bulkCreation: z.object({ id: z.string() }).nullable(), userErrors: z.array(UserError) });

export const addCodes: Operation<{ discountId: string; codes: { code: string }[] }, z.infer<typeof AddResult>> = {
  name: "addCodes",
  document: `mutation addCodes($discountId: ID!, $codes: [DiscountRedeemCodeInput!]!) {
    discountRedeemCodeBulkAdd(discountId: $discountId, codes: $codes) {
      bulkCreation { id }
      userErrors { field message code }
    }
  }`,
  cost: 10,
  answer: z.object({ discountRedeemCodeBulkAdd: AddResult }).transform((data) => data.discountRedeemCodeBulkAdd),
  userErrors: (answer) => answer.userErrors,
};

const Progress = z.object({ done: z.boolean() }).nullable();

/** Null: Shopify does not know this bulk creation (any more). */
export const creationProgress: Operation<{ id: string }, z.infer<typeof Progress>> = {
  name: "creationProgress",
  document: `query creationProgress($id: ID!) { discountRedeemCodeBulkCreation(id: $id) { done } }`,
  cost: 1,
  answer: z.object({ discountRedeemCodeBulkCreation: Progress }).transform((data) => data.discountRedeemCodeBulkCreation),
  userErrors: () => [],
};

const CreatedCode = z.object({
  code: z.string(),
  errors: z.array(z.object({ message: z.string() })),
  discountRedeemCode: z.object({ id: z.string() }).nullable(),
});
export type CreatedCode = z.infer<typeof CreatedCode>;
const Result = z.object({ done: z.boolean(), codes: z.object({ nodes: z.array(CreatedCode) }) }).nullable();

/** What became of every code, once the creation is done. */
export const creationResult: Operation<{ id: string }, z.infer<typeof Result>> = {
  name: "creationResult",
  document: `query creationResult($id: ID!) {
    discountRedeemCodeBulkCreation(id: $id) {
      done
      codes(first: ${MAX_PER_CALL}) { nodes { code errors { message } discountRedeemCode { id } } }
    }
  }`,
  cost: 36,
  answer: z.object({ discountRedeemCodeBulkCreation: Result }).transform((data) => data.discountRedeemCodeBulkCreation),
  userErrors: () => [],
};

const Job = z.object({ id: z.string(), done: z.boolean() });
const DeleteResult = z.object({ job: Job.nullable(), userErrors: z.array(UserError) });

export const deleteCodes: Operation<{ discountId: string; ids: string[] }, z.infer<typeof DeleteResult>> = {
  name: "deleteCodes",
  document: `mutation deleteCodes($discountId: ID!, $ids: [ID!]) {
    discountCodeRedeemCodeBulkDelete(discountId: $discountId, ids: $ids) {
      job { id done }
      userErrors { field message code }
    }
  }`,
  cost: 10,
  answer: z.object({ discountCodeRedeemCodeBulkDelete: DeleteResult }).transform((data) => data.discountCodeRedeemCodeBulkDelete),
  userErrors: (answer) => answer.userErrors,
};

export const jobProgress: Operation<{ id: string }, z.infer<typeof Job> | null> = {
  name: "jobProgress",
  document: `query jobProgress($id: ID!) { job(id: $id) { id done } }`,
  cost: 1,
  answer: z.object({ job: Job.nullable() }).transform((data) => data.job),
  userErrors: () => [],
};
