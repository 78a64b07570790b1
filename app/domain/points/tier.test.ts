import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { standingOf, TierDraft, tierReached, yearBefore, type Tier } from "./tier";

const silver: Tier = { id: 1n, name: "Silver", fromPoints: 500, multiplierMilli: 1250 };
const gold: Tier = { id: 2n, name: "Gold", fromPoints: 2000, multiplierMilli: 1500 };

describe("where a customer stands", () => {
  it.each([
    [0, null, silver, 500],
    [499, null, silver, 1],
    [500, silver, gold, 1500],
    [1999, silver, gold, 1],
    [2000, gold, null, null],
    [-40, null, silver, 540],
  ])("with %d points earned", (earned, tier, next, missing) => {
    const standing = standingOf([gold, silver], earned);
    expect(standing.tier).toBe(tier);
    expect(standing.next?.tier ?? null).toBe(next);
    expect(standing.next?.missingPoints ?? null).toBe(missing);
  });

  it("never falls by earning more, in whatever order the tiers are listed", () => {
    const tiers = fc.uniqueArray(fc.record({ fromPoints: fc.integer({ min: 1, max: 5000 }) }), { selector: ({ fromPoints }) => fromPoints, maxLength: 6 });
    fc.assert(
      fc.property(tiers, fc.integer({ min: -100, max: 6000 }), fc.integer({ min: 0, max: 6000 }), (listed, earned, more) => {
        const from = (points: number) => tierReached(listed, points)?.fromPoints ?? 0;
        expect(from(earned)).toBe(Math.max(0, ...listed.map(({ fromPoints }) => fromPoints).filter((each) => each <= earned)));
        expect(from(earned + more)).toBeGreaterThanOrEqual(from(earned));
        expect(tierReached(listed.toReversed(), earned)?.fromPoints ?? 0).toBe(from(earned));
      }),
    );
  });
});

describe("the year that counts", () => {
  it.each([
    ["2026-11-20T12:00:00.000Z", "2025-11-20T12:00:00.000Z"],
    ["2028-02-29T08:30:00.001Z", "2027-02-28T08:30:00.001Z"],
    ["2027-02-28T23:59:59.999Z", "2026-02-28T23:59:59.999Z"],
    ["2026-12-31T23:59:59.999Z", "2025-12-31T23:59:59.999Z"],
  ])("until %s begins after %s", (at, expected) => {
    expect(yearBefore(new Date(at)).toISOString()).toBe(expected);
  });
});

it.each([
  [{ fromPoints: 0 }, "Enter 1 or more: everybody has earned 0."],
  [{ multiplierMilli: 999 }, "Enter 1 or more: who reaches a tier does not earn less."],
  [{ multiplierMilli: 100_001 }, "At most 100 times."],
  [{ name: "" }, "Give the tier a name."],
])("a tier with %j is refused", (change, message) => {
  const parsed = TierDraft.safeParse({ name: "Silver", fromPoints: 500, multiplierMilli: 1250, ...change });
  expect(parsed.error?.issues[0]?.message).toBe(message);
});
