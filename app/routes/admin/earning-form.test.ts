import { expect, it } from "vitest";
import { multiplierText, multiplierWords, readMultiplier, readWhole } from "./earning-form";

it.each([
  ["2", 2000],
  [" 1.5 ", 1500],
  ["0", 0],
  ["0.125", 125],
  ["100", 100_000],
  ["9999.999", 9_999_999],
])("%j is %d thousandths", (text, milli) => {
  expect(readMultiplier(text)).toBe(milli);
  expect(readMultiplier(multiplierText(milli))).toBe(milli);
});

it.each(["", "-1", "1,5", "1.2345", ".5", "1e3", "two", "12345"])("%j is no multiplier", (text) => {
  expect(readMultiplier(text)).toBeNaN();
});

it("says what a multiplier means", () => {
  expect([0, 1000, 1250].map(multiplierWords)).toEqual(["Earns nothing", "1×", "1.25×"]);
});

it.each([["500", 500], [" 7 ", 7], ["1.5", Number.NaN], ["", Number.NaN], ["-1", Number.NaN]])("%j is %d points", (text, points) => {
  expect(readWhole(text)).toBe(points);
});
