/** What nobody may change of an award: its money terms once a customer holds a coupon, for that is what was bought, and from the start who takes the discount off. Pure. */
import type { AwardDraft } from "./award";

export const LOCKED_ONCE_ISSUED = [
  "kind", "value", "currency", "capMinor", "giftVariantGid", "minPoints", "maxPoints", "stepPoints", "stepMinor",
  "minOrderMinor", "maxOrderMinor", "productGids", "variantGids", "collectionGids", "duration", "durationMonths",
] as const satisfies (keyof AwardDraft)[];
export type LockedField = (typeof LOCKED_ONCE_ISSUED)[number];

export type LockedTerms = Pick<AwardDraft, LockedField>;

/** The locked terms in which two versions of an award differ; the order of a list's items is no difference. */
export function changedTerms(before: LockedTerms, after: LockedTerms): LockedField[] {
  return LOCKED_ONCE_ISSUED.filter((field) => settled(before[field]) !== settled(after[field]));
}

function settled(term: LockedTerms[LockedField]): unknown {
  return Array.isArray(term) ? [...term].sort().join(" ") : term;
}
