/** A draft as a merchant would write it, for tests that create awards. */
import { NO_RULES, type AwardDraft } from "#app/domain/awards/award.ts";

/** Before the NOON of the factories, and before any day on which these tests run. */
const BEGAN = new Date("2026-11-19T12:00:00Z");

/** Five off for 100 points, begun long ago, without limits. */
export function draftOf(wish: Partial<AwardDraft> = {}): AwardDraft {
  return {
    ...NO_RULES, name: "Five off", kind: "fixed_amount", value: 500, pointsPrice: 100, minOrderMinor: null,
    startsAt: BEGAN, endsAt: null,
    usesPerCode: null, usesPerCustomer: null, usesTotal: null, issuesPerCustomer: null, issuesTotal: null,
    combinesOrder: false, combinesProduct: false, combinesShipping: false,
    ...wish,
  };
}
