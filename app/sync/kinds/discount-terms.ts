/** What one parent discount of an award says: the award's terms and what its bucket says instead. Pure. */
import { usesOfOneCode } from "../../domain/awards/award";
import { needsFunction } from "../../domain/awards/enforcement";
import type { Award, ParentDiscount } from "../../domain/awards/parents.server";

/** Shopify binds a discount to so many customers at most. */
export const MAX_CUSTOMERS = 100;

export type ParentTerms = Pick<ParentDiscount, "expiresAt" | "valueMinor" | "usesPerCode" | "minOrderMinor" | "customerGid" | "firstOrderOnly">;

export interface DiscountTerms extends Omit<Award, "endsAt"> {
  endsAt: Date | null;
  /** How often one code is accepted; null: without limit. */
  usageLimit: number | null;
  /** Only these customers; null: whoever has the code. */
  customerGids: string[] | null;
  /** The award's currency is not the shop's, whose amounts are all that Shopify's own discounts know. */
  foreignCurrency: boolean;
}

/** `listed`: the customers of an award whose audience is listed; null if there are more than Shopify binds. */
export function discountTerms(award: Award, parent: ParentTerms, { shopCurrency, listed }: { shopCurrency: string; listed: string[] | null }): DiscountTerms {
  return {
    ...award,
    value: parent.valueMinor ?? award.value,
    minOrderMinor: parent.minOrderMinor ?? award.minOrderMinor,
    firstOrderOnly: award.firstOrderOnly || parent.firstOrderOnly,
    startsAt: latest(award.startsAt, award.redeemableFrom),
    endsAt: earliest([award.endsAt, parent.expiresAt, award.expiryRule === "date" ? award.expiresOn : null]),
    usageLimit: parent.usesPerCode ?? usesOfAnyCode(award),
    customerGids: parent.customerGid ? [parent.customerGid] : award.shareable ? null : listed,
    foreignCurrency: award.currency !== shopCurrency,
  };
}

/** Where everybody shares one code, the code's uses are the award's: Shopify can count those too. */
function usesOfAnyCode(award: Award): number | null {
  const uses = usesOfOneCode(award);
  if (award.codeSource !== "single" || award.usesTotal === null) return uses;
  return Math.min(uses ?? award.usesTotal, award.usesTotal);
}

function latest(startsAt: Date, redeemableFrom: Date | null): Date {
  return redeemableFrom && redeemableFrom > startsAt ? redeemableFrom : startsAt;
}

function earliest(ends: (Date | null)[]): Date | null {
  return ends.reduce((first, end) => (end && (!first || end < first) ? end : first), null);
}

export type DiscountForm = "basic" | "free_shipping" | "function";

/** The plainest of Shopify's discounts that can say all of it. */
export function discountForm(terms: DiscountTerms): DiscountForm {
  if (needsFunction(terms, terms.foreignCurrency)) return "function";
  return terms.kind === "free_shipping" ? "free_shipping" : "basic";
}
