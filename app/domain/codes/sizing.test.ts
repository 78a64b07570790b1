import { describe, expect, it } from "vitest";
import { perDay, runsDryAt, stockTargetFor } from "./sizing";

const NOW = new Date("2026-11-20T12:00:00Z");
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe("the stock that recent demand asks for", () => {
  const plenty = { remaining: null, makeable: 1e15 };
  it.each([
    ["a few, when nobody asks", { ...plenty, busiestDay: 0 }, 50],
    ["three of the busiest days", { ...plenty, busiestDay: 700 }, 2100],
    ["no more than a pool may hold", { ...plenty, busiestDay: 400_000 }, 1_000_000],
    ["no more than the award still lets out", { ...plenty, busiestDay: 700, remaining: 120 }, 120],
    ["no more than the pattern can still make", { busiestDay: 700, remaining: null, makeable: 300 }, 300],
    ["one, when everything is given out: a pool without a stock would be none of ours", { ...plenty, busiestDay: 700, remaining: 0 }, 1],
  ])("is %s", (_, demand, target) => {
    expect(stockTargetFor(demand)).toBe(target);
  });
});

describe("how long a stock lasts", () => {
  it.each([
    ["a week's pull", 700, { given: 700, sinceMs: 7 * DAY_MS }, 7],
    ["a rush of the last hour", 1000, { given: 10_000, sinceMs: HOUR_MS }, 1 / 240],
    ["nothing left", 0, { given: 5, sinceMs: DAY_MS }, 0],
  ])("is known from %s", (_, left, pull, days) => {
    expect(runsDryAt(left, pull, NOW)?.getTime()).toBeCloseTo(NOW.getTime() + days * DAY_MS, -1);
  });

  it("is not in sight without demand, or with codes for centuries", () => {
    expect(runsDryAt(10, { given: 0, sinceMs: DAY_MS }, NOW)).toBeNull();
    expect(runsDryAt(1e15, { given: 5, sinceMs: DAY_MS }, NOW)).toBeNull();
    expect(perDay({ given: 3, sinceMs: 2 * DAY_MS })).toBe(1.5);
  });
});
