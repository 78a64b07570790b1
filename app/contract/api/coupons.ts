/** Calls about coupons: give one, validate, lock, burn, release, look. */
import { z } from "zod";
import { Instant, NamedCustomer, RuleId } from "./fields";
import { operation } from "./operation";

const NONE = z.object({});

/** POST /coupons/predefined */
export const predefined = operation({
  method: "POST",
  path: "/coupons/predefined",
  tag: "Coupons",
  summary: "Generate a coupon",
  description: "Gives the customer a coupon of an award and spends its points price in the same moment. A customer who already holds one gets that one again where the award says so; nothing is charged then. With an Idempotency-Key, a repetition gives no second coupon.",
  scope: "coupons:write",
  writes: true,
  params: NONE,
  query: NONE,
  body: z.object({
    ...NamedCustomer,
    ruleId: RuleId,
    points: z.int().min(1).max(1_000_000_000).nullish().describe("Of an award with a variable amount: how many points to spend."),
  }),
  answer: z.object({
    code: z.string().describe("What the customer uses, in upper case."),
    startDate: Instant.nullable().describe("From when it can be used."),
    expiryDate: Instant.nullable().describe("Until when; null: without end."),
    url: z.string().nullable().describe("Opens the shop with the coupon applied to the cart; null for a coupon that your own till applies."),
    pin: z.string().optional().describe("Never set: no coupon of ours needs one."),
    outcome: z.enum(["issued", "existing_sent"]).describe("existing_sent: the customer had it already."),
    ruleId: RuleId,
    couponId: z.string().describe("Ours: cpn_…"),
    pointsSpent: z.int(),
  }),
  errors: ["customer_unknown", "customer_ambiguous", "award_unknown", "insufficient_points", "coupon_expired", "customer_max_reached", "coupon_max_reached", "award_inactive", "not_started", "not_eligible", "too_soon", "out_of_codes", "error"],
});
