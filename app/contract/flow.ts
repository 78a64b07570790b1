/** What Shopify Flow and the app promise each other: the action "Distribute coupon". */
import { z } from "zod";
import { ISSUE_OUTCOMES } from "./outcomes";

/** A step of a workflow, as Flow posts it: https://shopify.dev/docs/apps/build/flow/actions/endpoints */
export const FlowAction = z.object({
  shopify_domain: z.string().max(255),
  /** The same for every try of one step. */
  action_run_id: z.string().min(1).max(150),
  properties: z.object({
    customer_id: z.union([z.int().positive(), z.string().regex(/^\d{1,20}$/)]),
    /** An award's id or its number alone. */
    award: z.string().trim().regex(/^(awd_)?[1-9]\d{0,8}$/, "Name the award by its id, such as awd_7."),
  }),
});
export type FlowAction = z.infer<typeof FlowAction>;

/** The answer to a step that was worked; the workflow goes on with it. */
export const FlowAnswer = z.object({
  return_value: z.object({
    /** Never `error`: that is answered with 503, and Flow tries the step again. */
    outcome: z.enum(ISSUE_OUTCOMES).exclude(["error"]),
    code: z.string().nullable(),
    /** ISO instant. */
    expiresAt: z.string().nullable(),
  }),
});
export type FlowAnswer = z.infer<typeof FlowAnswer>;

/** The answer to a step that cannot be worked: Flow shows the message in the workflow's log. */
export const FlowProblem = z.object({ message: z.string() });
export type FlowProblem = z.infer<typeof FlowProblem>;
