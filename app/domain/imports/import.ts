/** What can be imported, and what stands in the file. Pure. */
import { z } from "zod";

export const IMPORT_KINDS = ["codes", "customer_codes", "issue", "revoke", "points", "eligible"] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** What is wanted, beside the rows. */
export const NewImport = z.intersection(
  z.object({
    fileName: z.string().trim().min(1).max(255),
    /** Made once per upload: sending it twice makes one import. */
    requestKey: z.string().min(1).max(200),
    /** The same file once more on purpose; else it is told that it was imported before. */
    repeat: z.boolean().default(false),
  }),
  z.discriminatedUnion("kind", [
    /** More codes for the award. */
    z.object({ kind: z.literal("codes"), awardNumber: z.int() }),
    /** The same, each for one customer alone. */
    z.object({ kind: z.literal("customer_codes"), awardNumber: z.int() }),
    /** A coupon of the award for each row's customer: for nothing, or for its price in points. applyAtOnce: nobody looks at the preview. */
    z.object({ kind: z.literal("issue"), awardNumber: z.int(), distributed: z.boolean(), applyAtOnce: z.boolean().default(false) }),
    /** All active coupons of the award that each row's customer holds are revoked; `understood` is the tick. */
    z.object({ kind: z.literal("revoke"), awardNumber: z.int(), returnPoints: z.boolean(), understood: z.boolean() }),
    /** Points for each row's customer, or away from them. */
    z.object({ kind: z.literal("points") }),
    /** Who may have the award. */
    z.object({ kind: z.literal("eligible"), awardNumber: z.int() }),
  ]),
);
export type NewImport = z.input<typeof NewImport>;

/** What the steps of an import need to know beside its rows, as it is stored. */
export const Options = z.object({
  distributed: z.boolean().default(true), applyAtOnce: z.boolean().default(false), returnPoints: z.boolean().default(false),
  /** issue: to whom, where a segment says it, and Shopify's cursor of the page of members that comes next. */
  segmentGid: z.string().optional(), after: z.string().nullish(),
});
export type Options = z.infer<typeof Options>;

/** What each kind reads from a row. */
export const READS: Record<ImportKind, { code: boolean; customer: boolean; points: boolean }> = {
  codes: { code: true, customer: false, points: false },
  customer_codes: { code: true, customer: true, points: false },
  issue: { code: false, customer: true, points: false },
  revoke: { code: false, customer: true, points: false },
  points: { code: false, customer: true, points: true },
  eligible: { code: false, customer: true, points: false },
};

export const UNDO_DAYS = 7;
