/** Calls of a back office about coupons that are out: revoke, transfer, archive, resend; and the long work that they begin. */
import { z } from "zod";
import type { ApiErrorReason } from "./errors";
import { Code, CustomerId, Email, Instant, Mobile, RuleId } from "./fields";
import { operation } from "./operation";

const NONE = z.object({});
const WHO = ["customer_unknown", "customer_ambiguous"] as const satisfies ApiErrorReason[];
const Params = z.object({ code: Code });

const Job = z.object({
  jobId: z.string(),
  kind: z.string(),
  status: z.enum(["waiting", "running", "done", "failed", "cancelled"]),
  total: z.int().nullable(),
  done: z.int(),
  failed: z.int(),
  outcomes: z.record(z.string(), z.int()).describe("How many ended in which way."),
  problem: z.string().nullable(),
});

export const revokeCoupons = operation({
  method: "POST", path: "/coupons/revoke", tag: "Coupons", summary: "Revoke coupons of an award",
  description: "Takes coupons back: all that are not redeemed, only those given to nobody, or those of some customers. Redeemed ones stay. Codes are withdrawn from Shopify, and only after that points return, if they are to. Long work goes on by itself: ask for the job.",
  scope: "coupons:write", writes: true, params: NONE, query: NONE,
  body: z
    .object({
      ruleId: RuleId,
      mode: z.enum(["unredeemed", "not_issued", "customers"]),
      customerIds: z.array(CustomerId).max(1000).nullish().describe("Whose; with mode customers, and with no other."),
      understood: z.boolean().describe("I understand that revoking coupons will make them unredeemable."),
      returnPoints: z.boolean().nullish().describe("Whether points that were paid go back; left out: no."),
    })
    // Whoever names customers means theirs alone, whatever mode they took.
    .refine(({ mode, customerIds }) => (mode === "customers") === (customerIds ?? []).length > 0, { path: ["customerIds"], message: "Send customerIds with mode customers, and with no other." }),
  answer: Job, errors: [...WHO, "award_unknown", "not_understood"],
});

export const jobDetail = operation({
  method: "GET", path: "/jobs/{jobId}", tag: "Coupons", summary: "See how far long work is", description: "What a call that began long work answered, as it stands now.",
  scope: "coupons:read", writes: false, params: z.object({ jobId: z.string().max(40) }), query: NONE, body: null, answer: Job, errors: ["job_unknown"],
});

export const transferCoupon = operation({
  method: "POST", path: "/coupons/{code}/transfer", tag: "Coupons", summary: "Give a customer's coupon to another",
  description: "Takes the coupon from the one and gives it to the other with the same code, at once. No points move.",
  scope: "coupons:write", writes: true, params: Params, query: NONE, body: z.object({ customerId: CustomerId, email: Email, mobile: Mobile }),
  answer: z.object({ success: z.literal(true), code: z.string(), issuanceId: z.string(), transferredAt: Instant }),
  errors: [...WHO, "coupon_unknown", "not_issued", "coupon_shared", "coupon_redeemed", "coupon_expired", "coupon_revoked", "coupon_archived", "coupon_locked", "coupon_bound", "points_held", "already_theirs", "award_inactive", "not_eligible", "customer_max_reached", "too_soon"],
});

const Archived = z.object({ success: z.literal(true), code: z.string(), archived: z.boolean() });

export const archiveCoupon = operation({
  method: "POST", path: "/coupons/{code}/archive", tag: "Coupons", summary: "Put a coupon away, or bring it back",
  description: "An archived coupon is neither given nor redeemed. Repeated it answers the same.",
  scope: "coupons:write", writes: true, params: Params, query: NONE, body: z.object({ archived: z.boolean().default(true) }), answer: Archived,
  errors: ["coupon_unknown", "coupon_locked", "coupon_over", "coupon_withdrawing", "coupon_expired"],
});

export const resendCoupon = operation({
  method: "POST", path: "/coupons/{code}/resend", tag: "Coupons", summary: "Have a customer told of their coupon again",
  description: "Scrip sends no messages to customers itself: the webhook coupon.resent tells your system that does which coupon to send to whom, and its id is the answer's eventId. The coupon, its points and its limits stay as they are. Each request is another event; the same Idempotency-Key is the same one.",
  scope: "coupons:write", writes: true, params: Params, query: NONE,
  body: z.object({ customerId: CustomerId.nullish().describe("Who is to be told. Left out: who holds it; a code that everybody has needs it."), email: Email, mobile: Mobile }),
  answer: z.object({ success: z.literal(true), code: z.string(), issuanceId: z.string(), eventId: z.string().describe("The id of the webhook."), resentAt: Instant }),
  errors: [...WHO, "coupon_unknown", "not_issued", "coupon_redeemed", "coupon_expired", "coupon_revoked", "coupon_archived", "award_inactive", "not_started", "customer_limit_reached", "award_limit_reached", "not_owner", "customer_needed"],
});
