/** Why an award cannot be redeemed now: every reason at once, each with the smallest thing that would change it. Pure. */
import type { Obstacle } from "../../contract/checkout";
import { formatMoney } from "../../lib/money";
import { sentence, writtenDay } from "./sentences";

/** What is known of an award and a customer before anything is tried. */
export interface OfferFacts {
  currency: string;
  pointsPrice: number;
  minOrderMinor: number | null;
  startsAt: Date;
  issuesPerCustomer: number | null;
  usesPerCustomer: number | null;
  issuesTotal: number | null;
  usesTotal: number | null;
  /** Issuances that were not given back: the customer's, and everybody's. */
  customerIssuances: number;
  allIssuances: number;
  hasCode: boolean;
}

export interface Shopper {
  /** The balance less what is held. Below zero: that must be earned back first, so it is missing too. */
  freePoints: number;
  /** The checkout's subtotal; counts only in the shop's own currency, others are Shopify's to judge. */
  subtotalMinor?: number | undefined;
  currency?: string | undefined;
  locale: string;
  timeZone: string;
  pointsName: string;
}

/** Every obstacle; empty: redeeming will work, as far as can be known. */
export function obstacles(offer: OfferFacts, shopper: Shopper, now: Date): Obstacle[] {
  const { locale, pointsName } = shopper;
  const found: Obstacle[] = [];
  const add = (outcome: Obstacle["outcome"], values: { missingPoints?: number; missingMinor?: number; day?: string } = {}) => {
    const { missingPoints, missingMinor, day } = values;
    const message = sentence(outcome, locale, {
      pointsName,
      ...(missingPoints !== undefined && { missingPoints: missingPoints.toLocaleString(locale) }),
      ...(missingMinor !== undefined && { missingMoney: formatMoney(missingMinor, offer.currency, locale) }),
      ...(day !== undefined && { day }),
    });
    found.push({ outcome, message, ...(missingPoints !== undefined && { missingPoints }), ...(missingMinor !== undefined && { missingMinor }) });
  };

  if (offer.startsAt > now) add("not_started", { day: writtenDay(offer.startsAt, locale, shopper.timeZone) });
  if (isReached(offer.customerIssuances, offer.issuesPerCustomer, offer.usesPerCustomer)) add("customer_max_reached");
  if (isReached(offer.allIssuances, offer.issuesTotal, offer.usesTotal)) add("coupon_max_reached");
  if (!offer.hasCode) add("out_of_codes");
  const missingPoints = offer.pointsPrice - shopper.freePoints;
  if (missingPoints > 0) add("insufficient_points", { missingPoints });
  const missingMinor = missingForMinimum(offer, shopper);
  if (missingMinor > 0) add("below_minimum", { missingMinor });
  return found;
}

function isReached(count: number, ...limits: (number | null)[]): boolean {
  return limits.some((limit) => limit !== null && count >= limit);
}

function missingForMinimum({ minOrderMinor, currency }: OfferFacts, shopper: Shopper): number {
  if (minOrderMinor === null || shopper.subtotalMinor === undefined || shopper.currency !== currency) return 0;
  return Math.max(0, minOrderMinor - shopper.subtotalMinor);
}
