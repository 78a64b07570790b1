/** Whether a shopper could get and use a coupon of an award now, and if not, why: in a merchant's words. Pure. */
import type { AwardState } from "./award";

export interface ValidityFacts {
  state: AwardState;
  pointsPrice: number | null;
  usesTotal: number | null;
  issuesTotal: number | null;
  discountState: "pending" | "live" | "failed" | "local" | "off";
  readyCount: number;
  redemptionsCount: number;
  issuedCount: number;
}

const STATES: Record<AwardState, string | null> = {
  active: null,
  inactive: "it is inactive",
  archived: "it is archived",
  scheduled: "its period has not begun",
  expired: "its period is over",
};

const DISCOUNTS = {
  live: null,
  local: null,
  pending: "its discount is not on Shopify yet",
  failed: "its discount could not be put on Shopify",
  off: "its discount was switched off or deleted in Shopify",
} satisfies Record<ValidityFacts["discountState"], string | null>;

/** Every reason why the award gives nothing now; empty when it does. */
export function whyInvalid(facts: ValidityFacts): string[] {
  const reasons = [STATES[facts.state], DISCOUNTS[facts.discountState]];
  if (facts.usesTotal !== null && facts.redemptionsCount >= facts.usesTotal) reasons.push("all its redemptions are used");
  if (facts.issuesTotal !== null && facts.issuedCount >= facts.issuesTotal) reasons.push("all its coupons are given out");
  if (facts.readyCount === 0 && facts.discountState === "live") reasons.push("no code is ready on Shopify");
  if (facts.readyCount === 0 && facts.discountState === "local") reasons.push("no code is left");
  return reasons.filter((reason) => reason !== null);
}
