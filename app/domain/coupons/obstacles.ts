/** Why an award cannot be redeemed now: every reason at once, each with the smallest thing that would change it. Pure. */
import { z } from "zod";
import type { Obstacle } from "../../contract/checkout";
import type { IssueOutcome, IssueProblem } from "../../contract/outcomes";
import type { UseRefusal } from "../../contract/refusals";
import { formatMoney } from "../../lib/money";
import { TermsJson } from "../awards/award";
import { storedCode } from "../codes/list";
import { codesInTheWay, unmetConditions, type AppliedCode, type Combining } from "./conditions";
import { couponExpiresAt } from "./expiry";
import { sentence, writtenDay, writtenMoment, type SentenceKey, type SentenceValues } from "./sentences";
import { UseAward, type CodeFacts } from "./use";
import { gapEndsAt } from "./windows";

/** An award with every rule that decides whether it can be had and used. */
export const OfferAward = UseAward.extend(TermsJson.shape).extend({
  pointsPrice: z.int(),
  issuesPerCustomer: z.int().nullable(),
  issueGapDays: z.int().nullable(),
  matchAgain: z.enum(["another", "existing", "none"]),
});
export type OfferAward = z.infer<typeof OfferAward>;

/** What is known of an award and a customer before anything is tried. */
export interface OfferFacts {
  award: OfferAward;
  /** Issuances to the customer that were neither returned nor revoked, and the last of them. */
  issuedCount: number;
  lastIssuedAt: Date | null;
  /** How many more may be given to anybody; null: without limit. */
  remaining: number | null;
  /** The customer was given an award in the past 6 months that rules this one out. */
  hadExcluded: boolean;
  hasCode: boolean;
  /** A discount of the award is switched off or deleted in Shopify: its codes wait until staff decide. */
  isOff: boolean;
  customerUses: number;
  lastUsedAt: Date | null;
}

export interface Shopper {
  /** Null: a customer we have not met. */
  customerId: bigint | null;
  registeredAt: Date | null;
  ordersCount: number;
  /** The balance less what is held. Below zero: that must be earned back first, so it is missing too. */
  freePoints: number;
  /** The checkout's subtotal; counts only in the award's own currency, others are Shopify's to judge. */
  subtotalMinor?: number | undefined;
  currency?: string | undefined;
  /** Codes that are on the checkout already. */
  applied: readonly AppliedCode[];
  locale: string;
  timeZone: string;
  pointsName: string;
}

/** How giving a coupon can end that gives none, if nothing of ours fails. */
export type IssueRefusal = Exclude<IssueOutcome, "issued" | "existing_sent" | "error">;

/** One obstacle before it is written out. */
interface Found<Outcome = Obstacle["outcome"]> {
  outcome: Outcome;
  sentence: SentenceKey;
  problem?: IssueProblem;
  missingPoints?: number;
  missingMinor?: number;
  excessMinor?: number;
  availableAt?: Date | null;
  codes?: string[];
}

/** Every obstacle; empty: redeeming will work, and so will the coupon, as far as can be known. */
export function obstacles(offer: OfferFacts, shopper: Shopper, now: Date): Obstacle[] {
  return [...issueObstacles(offer, shopper, now), ...useObstacles(offer, shopper, now)].map((found) => written(found, offer.award, shopper));
}

/** What stands against being given a coupon. */
export function issueObstacles({ award, ...facts }: OfferFacts, { freePoints, timeZone }: Pick<Shopper, "freePoints" | "timeZone">, now: Date): Found<IssueRefusal>[] {
  const found: Found<IssueRefusal>[] = [];
  const add = (outcome: IssueRefusal & SentenceKey, more: Partial<Found<IssueRefusal>> = {}) => void found.push({ outcome, sentence: outcome, ...more });
  if (award.startsAt > now) add("not_started", { availableAt: award.startsAt });
  if (facts.hadExcluded) add("not_eligible", { sentence: "had_excluded_award", problem: "had_excluded_award" });
  if (hadAsMany(award, facts)) add("customer_max_reached");
  const gapEnds = award.issueGapDays !== null && facts.lastIssuedAt ? gapEndsAt(facts.lastIssuedAt, award.issueGapDays, timeZone) : null;
  if (gapEnds && gapEnds > now) add("too_soon", { availableAt: gapEnds });
  if (facts.remaining !== null && facts.remaining <= 0) add("coupon_max_reached");
  const expiresAt = couponExpiresAt(award, timeZone, now);
  if (expiresAt && expiresAt <= now) add("coupon_expired");
  if (!facts.hasCode) add("out_of_codes", facts.isOff ? { sentence: "off_for_now" } : {});
  const missingPoints = award.pointsPrice - freePoints;
  if (missingPoints > 0) add("insufficient_points", { missingPoints });
  return found;
}

function hadAsMany({ matchAgain, issuesPerCustomer, usesPerCustomer }: OfferAward, { issuedCount }: Pick<OfferFacts, "issuedCount">): boolean {
  if (matchAgain !== "another" && issuedCount > 0) return true;
  return [issuesPerCustomer, usesPerCustomer].some((limit) => limit !== null && issuedCount >= limit);
}

/** A code as it would be given: nobody else knows it, and nothing but its award decides about it. */
const NEW_CODE: CodeFacts = {
  couponId: 0n, code: "", awardNumber: 0, status: "issued", codeState: "live", shared: false, usesCount: 0, expiresAt: null, valueMinor: null,
  usesPerCode: null, minOrderMinor: null, boundCustomerId: null, firstOrderOnly: false, issuance: null, issuedToSomebody: true, codeLocks: 0,
  lockedUntil: null, customerUses: 0, customerLocks: 0, lastUsedAt: null, awardUsed: 0, awardLocks: 0, registeredAt: null, ordersCount: null,
  zone: null, concept: null, placeKnown: false, redemption: null, orderCancelled: false,
};
/** Whoever is not known owns what they are given all the same. */
const NOBODY = 0n;

/** What would stand against using it on this checkout. */
function useObstacles({ award, customerUses, lastUsedAt }: OfferFacts, shopper: Shopper, now: Date): Found[] {
  const customerId = shopper.customerId ?? NOBODY;
  const issuance = { id: 0n, customerId, status: "open", expiresAt: null, valueMinor: null } as const;
  const facts = { ...NEW_CODE, issuance, customerUses, lastUsedAt, registeredAt: shopper.registeredAt, ordersCount: shopper.ordersCount };
  const isJudged = shopper.subtotalMinor !== undefined && shopper.currency === award.currency;
  const cart = { customerId, channel: "online" as const, ...(isJudged && { totalMinor: shopper.subtotalMinor }) };
  return [...unmetConditions({ facts, award }, cart, now).flatMap((refusal) => useObstacle(refusal) ?? []), ...clash(award, shopper.applied)];
}

function clash(award: Combining, applied: readonly AppliedCode[]): Found<"cannot_combine">[] {
  const codes = codesInTheWay(award, applied);
  return codes.length > 0 ? [{ outcome: "cannot_combine", sentence: "cannot_combine", codes }] : [];
}

/** What stands against a coupon that the shopper holds; empty: nothing, or it is on the checkout itself. */
export function heldObstacles({ code, award }: { code: string; award: Combining & Pick<OfferAward, "currency"> }, shopper: Shopper): Obstacle[] {
  if (shopper.applied.some((other) => storedCode(other.code) === code)) return [];
  return clash(award, shopper.applied).map((found) => written(found, award, shopper));
}

/** Null: it is told as what stands against being given one, or cannot be so of a code that is given here. */
function useObstacle(refusal: UseRefusal): Found | null {
  switch (refusal.reason) {
    case "minimum_order":
      return { outcome: "below_minimum", sentence: "below_minimum", missingMinor: refusal.missingMinor };
    case "maximum_order":
      return { outcome: "above_maximum", sentence: "above_maximum", excessMinor: refusal.excessMinor };
    case "not_redeemable_yet":
      return { outcome: "not_usable_now", sentence: "opens_later", availableAt: new Date(refusal.redeemableFrom) };
    case "wrong_weekday":
    case "wrong_month_day":
    case "wrong_hour":
      return { outcome: "not_usable_now", sentence: "opens_later", availableAt: refusal.opensAt === null ? null : new Date(refusal.opensAt) };
    case "too_soon":
      return { outcome: "not_usable_now", sentence: "opens_later", availableAt: new Date(refusal.from) };
    case "registered_outside":
    case "too_many_orders":
      return { outcome: "not_eligible", sentence: "new_customers_only" };
    case "not_first_order":
      return { outcome: "not_eligible", sentence: "first_order_only" };
    case "wrong_channel":
      return { outcome: "not_eligible", sentence: "in_stores_only" };
    case "customer_limit_reached":
      return { outcome: "customer_max_reached", sentence: "customer_max_reached" };
    case "award_limit_reached":
    case "award_inactive":
    case "award_ended":
    case "not_started":
    case "coupon_expired":
    case "coupon_unknown":
    case "not_issued":
    case "not_owner":
    case "coupon_revoked":
    case "coupon_archived":
    case "coupon_redeemed":
    case "code_limit_reached":
    case "locked_by_another":
    case "wrong_currency":
    case "nothing_in_scope":
    case "wrong_location":
    case "location_unknown":
    case "cannot_combine":
    case "customer_needed":
      return null;
    default:
      return refusal satisfies never;
  }
}

function written({ outcome, sentence: key, missingPoints, missingMinor, excessMinor, availableAt, codes }: Found, { currency }: Pick<OfferAward, "currency">, shopper: Shopper): Obstacle {
  const { locale, timeZone, pointsName } = shopper;
  const values: SentenceValues = {
    pointsName,
    ...(missingPoints !== undefined && { missingPoints: missingPoints.toLocaleString(locale) }),
    ...(missingMinor !== undefined && { money: formatMoney(missingMinor, currency, locale) }),
    ...(excessMinor !== undefined && { money: formatMoney(excessMinor, currency, locale) }),
    ...(codes && { codes: new Intl.ListFormat(locale).format(codes) }),
    ...(availableAt && { day: writtenDay(availableAt, locale, timeZone), moment: writtenMoment(availableAt, locale, timeZone) }),
  };
  return {
    outcome, message: sentence(key, locale, values),
    ...(missingPoints !== undefined && { missingPoints }),
    ...(missingMinor !== undefined && { missingMinor }),
    ...(excessMinor !== undefined && { excessMinor }),
    ...(availableAt && { availableAt: availableAt.toISOString() }),
    ...(codes && { codes }),
  };
}
