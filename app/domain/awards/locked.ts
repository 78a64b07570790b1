/** What nobody may change once a customer holds a coupon of the award: it would change what was bought. Pure. */
import type { AwardDraft } from "./award";

export const LOCKED_ONCE_ISSUED = ["kind", "value", "minOrderMinor"] as const satisfies (keyof AwardDraft)[];
export type LockedField = (typeof LOCKED_ONCE_ISSUED)[number];
