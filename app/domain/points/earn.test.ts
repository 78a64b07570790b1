import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pointsFor, pointsKept } from "./earn";

describe("points for money", () => {
  it.each([
    [9999, 1, "EUR", 99],
    [29, 100, "EUR", 29],
    [0, 5, "EUR", 0],
    [-500, 5, "EUR", 0],
    [1999, 1, "JPY", 1999],
    [1999, 3, "KWD", 5],
  ])("%i minor at %i in %s is %i", (minor, rate, currency, points) => expect(pointsFor([{ earningMinor: minor, rateMilli: rate * 1000 }], currency)).toBe(points));
});

describe("a refund in parts", () => {
  it("takes back in all what it takes back at once", () => {
    const Parts = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(Parts, fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: 1, max: 20 }), (parts, rest, earnRate) => {
        const refunded = parts.reduce((sum, part) => sum + part, 0);
        const earnings = [{ earningMinor: refunded + rest, rateMilli: earnRate * 1000 }];
        let kept = pointsFor(earnings, "EUR");
        let taken = 0;
        let sofar = 0;
        for (const part of parts) {
          sofar += part;
          const now = pointsKept(earnings, sofar, "EUR");
          taken += kept - now;
          kept = now;
        }
        expect(taken).toBe(pointsFor(earnings, "EUR") - pointsKept(earnings, refunded, "EUR"));
        expect(pointsKept(earnings, refunded + rest, "EUR")).toBe(0);
      }),
    );
  });
});
