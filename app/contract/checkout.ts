/**
 * What the checkout extension and the app promise each other. The extensions import the types only; the schemas are
 * for the app's door. Who is asking comes from the session token alone: no field here names a customer or a shop.
 */
import { z } from "zod";
import { ISSUE_OUTCOMES } from "./outcomes";

/** z.int() ends at 2^53: a large cart in a currency of small units must not lose its rewards. */
const Minor = z.int().min(0);

/** The checkout as the extension sees it. Hints for texts and early refusals; never trusted for money or identity. */
export const CheckoutHints = z.object({
  /** BCP 47 language of the shopper. */
  locale: z.string().max(20).default("en"),
  /** Subtotal before the coupon, minor units of `currency`. */
  subtotalMinor: Minor.optional(),
  currency: z.string().length(3).optional(),
  /** Discount codes that are on the checkout. */
  codes: z.array(z.string().max(255)).max(25).optional(),
});
export type CheckoutHints = z.infer<typeof CheckoutHints>;

/** Why an award cannot be redeemed now, and the smallest thing that would change it. */
export const Obstacle = z.object({
  outcome: z.enum(ISSUE_OUTCOMES).exclude(["issued", "existing_sent", "error"]).or(z.enum(["below_minimum", "above_maximum", "not_usable_now", "cannot_combine"])),
  /** One sentence for the shopper, in the shopper's language. */
  message: z.string(),
  /** insufficient_points: how many are missing. */
  missingPoints: z.int().optional(),
  /** below_minimum: how much is missing, minor units of the award's currency. */
  missingMinor: z.int().optional(),
  /** above_maximum: how much is too much, minor units of the award's currency. */
  excessMinor: z.int().optional(),
  /** not_started, too_soon, not_usable_now: from when; ISO instant. */
  availableAt: z.string().optional(),
  /** cannot_combine: the codes to remove from the checkout. */
  codes: z.array(z.string()).optional(),
});
export type Obstacle = z.infer<typeof Obstacle>;

export const AwardOffer = z.object({
  awardNumber: z.int(),
  name: z.string(),
  /** Plain-language terms, e.g. "10.00 EUR off, orders from 30.00 EUR, once per customer". */
  terms: z.string(),
  /** The merchant's own terms and conditions. */
  conditions: z.string().optional(),
  pointsPrice: z.int(),
  /** The shopper chooses how many points to spend, from the least (which is the price) to the most, each step worth so much. */
  choice: z.object({ minPoints: z.int(), maxPoints: z.int(), stepPoints: z.int(), stepMinor: z.int(), currency: z.string() }).optional(),
  /** Empty: redeem will work, as far as can be known before it is tried. */
  obstacles: z.array(Obstacle),
});
export type AwardOffer = z.infer<typeof AwardOffer>;

/** A coupon the shopper already holds and no order has used. */
export const HeldCoupon = z.object({
  issuanceId: z.string(),
  code: z.string(),
  awardName: z.string(),
  terms: z.string(),
  /** The merchant's own terms and conditions. */
  conditions: z.string().optional(),
  points: z.int(),
  /** ISO instant, or null: it ends with nothing but its use. */
  expiresAt: z.string().nullable(),
  /** Codes on this checkout beside which Shopify will not take it. Left out: none is known. */
  obstacles: z.array(Obstacle).optional(),
});
export type HeldCoupon = z.infer<typeof HeldCoupon>;

/** GET /checkout/rewards?locale=…&subtotalMinor=…&currency=…&code=…&code=… */
export const RewardsAnswer = z.discriminatedUnion("state", [
  /** The token names no customer: points need a log-in. */
  z.object({ state: z.literal("guest"), pointsName: z.string() }),
  z.object({
    state: z.literal("member"),
    pointsName: z.string(),
    /** Spendable now: the balance less what is held for coupons. */
    points: z.int(),
    heldPoints: z.int(),
    /** Earned and not spendable yet: all of them, and when the first of them are. Left out: none wait. */
    pending: z.object({ points: z.int(), firstPoints: z.int(), firstAt: z.string() }).optional(),
    /** What lapses first unless it is spent, and when; ISO instants. Left out: nothing lapses. */
    lapsing: z.object({ points: z.int(), at: z.string() }).optional(),
    /** The tier that was reached (null: none yet), and what is missing for the next one (null: none above). Left out: the shop has no tiers. */
    tier: z.object({ name: z.string().nullable(), next: z.object({ name: z.string(), missingPoints: z.int() }).nullable() }).optional(),
    /** What can be redeemed first, cheapest first; then the rest. */
    awards: z.array(AwardOffer),
    coupons: z.array(HeldCoupon),
  }),
]);
export type RewardsAnswer = z.infer<typeof RewardsAnswer>;

/** POST /checkout/redeem */
export const RedeemRequest = CheckoutHints.extend({
  /** 32 bits: a larger one would fail the batch that it is issued in, with everybody else's requests. */
  awardNumber: z.int().min(1).max(2_147_483_647),
  /** How many points to spend, where the award lets the shopper choose; left out: its price. */
  points: z.int().min(1).max(2_147_483_647).optional(),
  /** Made by the extension once per press of the button; a retry sends the same and gets the same coupon. */
  requestKey: z.string().min(8).max(100).regex(/^[A-Za-z0-9_-]+$/),
});
export type RedeemRequest = z.infer<typeof RedeemRequest>;

export const RedeemAnswer = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("issued"), coupon: HeldCoupon, points: z.int(), heldPoints: z.int() }),
  z.object({
    outcome: z.enum(ISSUE_OUTCOMES).exclude(["issued"]),
    /** For the shopper: what happened and what to do. */
    message: z.string(),
    missingPoints: z.int().optional(),
    /** not_started, too_soon: from when it can be had; ISO instant. */
    availableAt: z.string().optional(),
    /** existing_sent: the coupon the customer holds. */
    coupon: HeldCoupon.optional(),
    points: z.int(),
    heldPoints: z.int(),
  }),
]);
export type RedeemAnswer = z.infer<typeof RedeemAnswer>;

/** POST /checkout/applied: the checkout shows the discount. May be told any number of times. */
export const AppliedRequest = z.object({ issuanceId: z.string().regex(/^iss_\d{1,18}$/) });
export type AppliedRequest = z.infer<typeof AppliedRequest>;

export const AppliedAnswer = z.object({ outcome: z.enum(["noted", "not_found"]) });
export type AppliedAnswer = z.infer<typeof AppliedAnswer>;

/** POST /checkout/return: the code did not apply, or the shopper gave it up. */
export const ReturnRequest = z.object({
  issuanceId: z.string().regex(/^iss_\d{1,18}$/),
  reason: z.enum(["not_applied", "given_up"]),
  locale: z.string().max(20).default("en"),
});
export type ReturnRequest = z.infer<typeof ReturnRequest>;

export const ReturnAnswer = z.object({
  outcome: z.enum([
    /** The code is being withdrawn at Shopify; the points follow. */
    "returning",
    "returned",
    /** An order used it first: nothing to give back. */
    "already_redeemed",
    /** A till is using it at this moment: it can be given back once the till is done. */
    "locked",
    "not_found",
  ]),
  message: z.string(),
  points: z.int(),
  heldPoints: z.int(),
});
export type ReturnAnswer = z.infer<typeof ReturnAnswer>;

/** Every refusal at the door (token missing, expired, of another app; body not of this form). */
export const DoorError = z.object({ error: z.object({ code: z.string(), message: z.string(), requestId: z.string() }) });
export type DoorError = z.infer<typeof DoorError>;
