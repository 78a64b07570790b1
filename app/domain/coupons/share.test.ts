import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALL, lesserShare, meanShare, NOTHING, shareIn, shareOf } from "./share";

describe("a share", () => {
  it.each([
    [1, 3, 100, 33],
    [2, 3, 100, 66],
    [3, 3, 100, 100],
    [4, 3, 100, 100],
    [0, 3, 100, 0],
    [-1, 3, 100, 0],
    [1, 0, 100, 0],
    [1, 3, 1_000_000_000, 333_333_333],
    [9_007_199_254_740_990, 9_007_199_254_740_991, 2_000_000_000, 1_999_999_999],
  ])("%i of %i, in %i points, is %i", (part, whole, points, expected) => expect(shareIn(points, shareOf(part, whole))).toBe(expected));

  it("is weighed by what each line had of it", () => {
    expect(shareIn(800, meanShare([{ weight: 300, share: shareOf(1, 2) }, { weight: 100, share: ALL }]) ?? NOTHING)).toBe(500);
    expect(meanShare([{ weight: 0, share: ALL }])).toBeNull();
    expect(meanShare([])).toBeNull();
  });

  it("of thirds, sevenths and elevenths is exact where floating point is not", () => {
    const parts = [3, 7, 11].map((whole) => ({ weight: 1, share: shareOf(1, whole) }));
    const mean = meanShare(parts) ?? NOTHING;
    expect(mean.numerator * (3n * 231n)).toBe(mean.denominator * (77n + 33n + 21n));
  });

  it("is everything only if every part that weighs is", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ weight: fc.nat(1000), part: fc.nat(20), whole: fc.integer({ min: 1, max: 20 }) }), { minLength: 1 }), (parts) => {
        const mean = meanShare(parts.map(({ weight, part, whole }) => ({ weight, share: shareOf(part, whole) })));
        const weighty = parts.filter(({ weight }) => weight > 0);
        expect(mean === null).toBe(weighty.length === 0);
        if (mean) expect(shareIn(1_000_000_007, mean) === 1_000_000_007).toBe(weighty.every(({ part, whole }) => part >= whole));
      }),
    );
  });

  it("is compared across denominators", () => {
    expect(lesserShare(shareOf(1, 3), shareOf(2, 7))).toEqual(shareOf(2, 7));
    expect(lesserShare(NOTHING, ALL)).toBe(NOTHING);
  });
});
