/** A draft as a merchant would write it, for tests that create awards. */
import { NO_RULES, type AwardDraft } from "#app/domain/awards/award.ts";

/** Five off for 100 points, from yesterday on, without limits. */
export function draftOf(wish: Partial<AwardDraft> = {}): AwardDraft {
  return {
    ...NO_RULES, name: "Five off", kind: "fixed_amount", value: 500, pointsPrice: 100, minOrderMinor: null,
    startsAt: new Date(Date.now() - 86_400_000), endsAt: null,
    usesPerCode: null, usesPerCustomer: null, usesTotal: null, issuesPerCustomer: null, issuesTotal: null,
    combinesOrder: false, combinesProduct: false, combinesShipping: false,
    ...wish,
  };
}
