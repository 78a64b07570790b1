/** Bulk queries: Shopify reads a whole list by itself and leaves the result as a file of JSON lines. */
import { z } from "zod";
import { UserError, type Operation } from "../operation";

const Started = z.object({ bulkOperation: z.object({ id: z.string() }).nullable(), userErrors: z.array(UserError) });

/** Begins one; refused with OPERATION_IN_PROGRESS while too many others run. */
export const runBulkQuery: Operation<{ query: string }, z.infer<typeof Started>> = {
  name: "runBulkQuery",
  document: `mutation runBulkQuery($query: String!) {
    bulkOperationRunQuery(query: $query, groupObjects: false) {
      bulkOperation { id }
      userErrors { field message code }
    }
  }`,
  cost: 10,
  answer: z.object({ bulkOperationRunQuery: Started }).transform((data) => data.bulkOperationRunQuery),
  userErrors: (answer) => answer.userErrors,
};

const Progress = z.object({
  status: z.enum(["CREATED", "RUNNING", "COMPLETED", "FAILED", "CANCELING", "CANCELED", "EXPIRED"]),
  errorCode: z.string().nullable(),
  /** Null where nothing was found. */
  url: z.string().nullable(),
});
export type BulkProgress = z.infer<typeof Progress>;

/** How far it has come; null: Shopify does not know it (any more). */
export const bulkProgress: Operation<{ id: string }, BulkProgress | null> = {
  name: "bulkProgress",
  document: `query bulkProgress($id: ID!) { bulkOperation(id: $id) { status errorCode url } }`,
  cost: 1,
  answer: z.object({ bulkOperation: Progress.nullable() }).transform((data) => data.bulkOperation),
  userErrors: () => [],
};
