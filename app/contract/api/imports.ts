/** Calls of a back office about imports: a file's rows, each with its fate, applied and undone; and the same for a list of customers. */
import { z } from "zod";
import type { ApiErrorReason } from "./errors";
import { Instant, PageEnd, PageQuery, RuleId, text } from "./fields";
import { operation } from "./operation";

const NONE = z.object({});
const Params = z.object({ importId: text(40).describe("As POST /imports answered it: imp_…") });
const yes = z.enum(["true", "false"]).default("false").transform((value) => value === "true");

const Import = z.object({
  importId: z.string(),
  kind: z.enum(["codes", "customer_codes", "issue", "revoke", "points", "eligible"]),
  ruleId: z.int().nullable(),
  fileName: z.string(),
  status: z.enum(["staging", "staged", "previewed", "applying", "applied", "undoing", "undone", "cancelled", "failed"]),
  rowsCount: z.int(),
  validCount: z.int().describe("Rows that do not fail, as far as the preview has come."),
  appliedCount: z.int(),
  fates: z.record(z.string(), z.int()).describe("How many rows fail in which way."),
  problem: z.string().nullable(),
  createdAt: Instant,
  appliedAt: Instant.nullable(),
  undoneAt: Instant.nullable(),
});
export type ApiImport = z.input<typeof Import>;
const UNKNOWN = ["import_unknown"] as const satisfies ApiErrorReason[];

export const createImport = operation({
  method: "POST", path: "/imports", tag: "Imports", summary: "Upload a file",
  description: "Stores every row of a CSV, up to 1,000,000, and works out what would become of each; nothing is applied yet. One file of a shop is read at a time. The body is the file (Content-Type: text/csv). Columns: code, customer, points, note, as the kind needs them; a customer is named by Shopify's id, your id, e-mail or phone.",
  scope: "imports:write", writes: true, params: NONE,
  query: z.object({
    kind: Import.shape.kind.describe("codes: more codes for the award · customer_codes: each for one customer · issue: a coupon for each row's customer · revoke: coupons of each row's customer · points · eligible: who may have the award."),
    ruleId: z.coerce.number().pipe(RuleId).optional().describe("The award; every kind but points needs it."),
    fileName: text(255).default("upload.csv"),
    distributed: z.enum(["true", "false"]).default("true").transform((value) => value === "true").describe("issue: for nothing; false: for the price in points."),
    returnPoints: yes.describe("revoke: whether points that were paid go back."),
    understood: yes.describe("revoke: I understand that revoking coupons will make them unredeemable."),
    repeat: yes.describe("The same file once more, on purpose."),
  }),
  body: null, file: true, answer: Import, errors: ["import_refused", "import_repeated", "busy"],
});

export const listImports = operation({
  method: "GET", path: "/imports", tag: "Imports", summary: "List imports", description: "Newest first.",
  scope: "imports:read", writes: false, params: NONE, query: PageQuery, body: null, answer: z.object({ imports: z.array(Import), ...PageEnd }), errors: [],
});

export const importDetail = operation({
  method: "GET", path: "/imports/{importId}", tag: "Imports", summary: "See an import", description: "How far it is, and how many rows fail in which way.",
  scope: "imports:read", writes: false, params: Params, query: NONE, body: null, answer: Import, errors: UNKNOWN,
});

export const importIssues = operation({
  method: "GET", path: "/imports/{importId}/issues", tag: "Imports", summary: "Download the rows that fail",
  description: "A CSV of the rows that fail, as they were uploaded, with a code and a text each. Corrected it can be uploaded as it is.",
  scope: "imports:read", writes: false, params: Params, query: NONE, body: null, csv: true, answer: z.string(), errors: UNKNOWN,
});

export const applyImport = operation({
  method: "POST", path: "/imports/{importId}/apply", tag: "Imports", summary: "Apply an import",
  description: "Applies all rows that do not fail, or, with all_or_nothing, only if none fails. Long work goes on by itself: ask for the import again.",
  scope: "imports:write", writes: true, params: Params, query: NONE, body: z.object({ mode: z.enum(["valid_rows", "all_or_nothing"]).default("valid_rows") }),
  answer: Import, errors: [...UNKNOWN, "import_not_ready", "import_over", "import_rows_fail"],
});

export const undoImport = operation({
  method: "POST", path: "/imports/{importId}/undo", tag: "Imports", summary: "Undo an import",
  description: "Takes back what it did and nobody has used, within 7 days; codes and customers that another import names too stay until that is undone. Repeated it answers the same.",
  scope: "imports:write", writes: true, params: Params, query: NONE, body: null, answer: Import, errors: [...UNKNOWN, "import_over", "import_not_ready"],
});

export const distributeToMany = operation({
  method: "POST", path: "/awards/{ruleId}/distribute", tag: "Awards", summary: "Give an award to many customers",
  description: "Gives everybody on the list, or in the segment, a coupon who may have one: an import of one row each, applied at once. Ask for the import to see what became of each. The members of a segment are asked from Shopify first: until then the import is `staging`.",
  scope: "imports:write", writes: true, params: z.object({ ruleId: z.coerce.number().pipe(RuleId) }), query: NONE,
  body: z
    .object({
      customers: z.array(text(255)).min(1).max(5_000).optional().describe("Shopify's ids, your ids, e-mail addresses or phone numbers."),
      segmentId: z.string().regex(/^(gid:\/\/shopify\/Segment\/)?[1-9]\d{0,19}$/).optional().describe("Everybody in this segment of the shop's customers: Shopify's id of it."),
      name: text(100).default("API"), distributed: z.boolean().default(true).describe("For nothing; false: for the price in points."),
    })
    .refine(({ customers, segmentId }) => (customers == null) !== (segmentId == null), { path: ["customers"], message: "Send exactly one of customers and segmentId." }),
  answer: Import, errors: ["import_refused"],
});
