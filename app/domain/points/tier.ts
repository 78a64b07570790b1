/** Levels that customers reach by what they earned in the past 12 months. Pure. */
import { z } from "zod";
import { MAX_MULTIPLIER_MILLI, ONE_MILLI } from "./earn-rule";

/** Tiers of a shop at most. */
export const TIER_LIMIT = 20;

export const TierDraft = z.object({
  name: z.string().trim().min(1, "Give the tier a name.").max(30, "At most 30 characters."),
  fromPoints: z.int("Enter a whole number.").min(1, "Enter 1 or more: everybody has earned 0.").max(1_000_000_000, "At most 1,000,000,000."),
  multiplierMilli: z
    .int("Enter a number with at most three digits after the point, e.g. 2 or 1.5.")
    .min(ONE_MILLI, "Enter 1 or more: who reaches a tier does not earn less.")
    .max(MAX_MULTIPLIER_MILLI, "At most 100 times."),
});
export type TierDraft = z.infer<typeof TierDraft>;

export interface Tier extends TierDraft {
  id: bigint;
}

/** Where a customer stands among the tiers. */
export interface Standing {
  /** Earned in the past 12 months; what was taken back is taken off. */
  earnedPoints: number;
  /** Null: none reached yet. */
  tier: Tier | null;
  /** The next one, and how many points are missing for it. Null: there is none above. */
  next: { tier: Tier; missingPoints: number } | null;
}

/** The highest tier that so many points reach; null: none. In any order of the tiers. */
export function tierReached<T extends { fromPoints: number }>(tiers: readonly T[], earnedPoints: number): T | null {
  return tiers.filter(({ fromPoints }) => fromPoints <= earnedPoints).reduce<T | null>((best, tier) => (best === null || tier.fromPoints > best.fromPoints ? tier : best), null);
}

/** Where somebody stands who has earned so many points. */
export function standingOf(tiers: readonly Tier[], earnedPoints: number): Standing {
  const above = tiers.filter(({ fromPoints }) => fromPoints > earnedPoints).sort((left, right) => left.fromPoints - right.fromPoints)[0];
  return { earnedPoints, tier: tierReached(tiers, earnedPoints), next: above ? { tier: above, missingPoints: above.fromPoints - earnedPoints } : null };
}

/** The same moment a year before: from there on it counts what was earned. 29 February follows 28 February. */
export function yearBefore(at: Date): Date {
  const before = new Date(at);
  before.setUTCFullYear(at.getUTCFullYear() - 1);
  return before.getUTCMonth() === at.getUTCMonth() ? before : new Date(Date.UTC(at.getUTCFullYear() - 1, at.getUTCMonth() + 1, 0, at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds(), at.getUTCMilliseconds()));
}
