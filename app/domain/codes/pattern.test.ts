import { describe, expect, it } from "vitest";
import { ALPHABETS, capacity, codeLength, codePattern, growth, sampleCapacity, samplePattern } from "./pattern";
import { codeMaker } from "./permutation";

describe("what a pattern can hold", () => {
  it("says the space and the odds of a guess", () => {
    expect(capacity(codePattern(), 1000)).toEqual({ outcome: "fits", space: 2 ** 50, fill: 1000 / 2 ** 50, odds: 1000 / 2 ** 50, risky: false });
  });

  it("warns from one in a million", () => {
    const pattern = codePattern({ length: 6, alphabet: "numeric" });
    expect(capacity(pattern, 1)).toMatchObject({ outcome: "fits", odds: 1e-6, risky: true });
    expect(capacity(codePattern({ length: 7, alphabet: "numeric" }), 1)).toMatchObject({ risky: false });
  });

  it.each([
    ["more codes than there are", { length: 4, alphabet: "numeric" as const }, 10_001, "stockTarget"],
    ["no codes", {}, 0, "stockTarget"],
    ["half a code", {}, 1.5, "stockTarget"],
    ["too short", { length: 3 }, 1, "length"],
    ["too long to permute", { length: 13 }, 1, "length"],
    ["a prefix that is a formula", { prefix: "=SUM" }, 1, "prefix"],
    ["a prefix with a space", { prefix: "A B" }, 1, "prefix"],
    ["a long prefix", { prefix: "A".repeat(21) }, 1, "prefix"],
    ["a broken length", { length: Number.NaN }, 1, "length"],
    ["a broken grouping", { groupSize: -1 }, 1, "groupSize"],
  ])("refuses %s", (_, wish, count, field) => {
    const result = capacity(codePattern(wish), count);
    expect(result).toMatchObject({ outcome: "refused", problems: [{ field }] });
  });

  it("takes exactly as many as there are", () => {
    expect(capacity(codePattern({ length: 4, alphabet: "numeric" }), 10_000)).toMatchObject({ outcome: "fits", odds: 1, risky: true });
  });

  it("counts dashes, and leaves look-alikes out", () => {
    expect(codeLength(codePattern({ prefix: "VIP-", length: 10, groupSize: 4 }))).toBe(4 + 10 + 2);
    expect(ALPHABETS.readable).toHaveLength(32);
    expect(ALPHABETS.readable).not.toMatch(/[IO01]/);
  });
});

describe("a sample code", () => {
  it.each([
    ["TEST12345", "TEST", 5, ALPHABETS.alphanumeric],
    ["summer2026", "SUMME", 5, ALPHABETS.alphanumeric],
    ["123456", "123", 3, ALPHABETS.numeric],
    ["12345", "12", 3, ALPHABETS.numeric],
    [" vip26 ", "VI", 3, ALPHABETS.alphanumeric],
  ])("%j keeps %j and varies the other %i characters", (sample, prefix, length, alphabet) => {
    expect(samplePattern(sample)).toEqual({ prefix, length, alphabet, groupSize: 0 });
  });

  it("has a capacity like any pattern, down to three random characters", () => {
    expect(sampleCapacity("12345", 10)).toMatchObject({ outcome: "fits", space: 1000, odds: 0.01, risky: true });
    expect(sampleCapacity("12345", 1001)).toMatchObject({ outcome: "refused", problems: [{ field: "stockTarget" }] });
    expect(sampleCapacity("TEST1234567", 10)).toBeNull();
  });
});

describe("a pool that has made codes before", () => {
  const pattern = codePattern({ length: 4, alphabet: "numeric" });

  it("counts all of them for what is left, and those that may still work for what a guess is worth", () => {
    expect(growth(pattern, 1000, { made: 6000, live: 2000 })).toEqual({ outcome: "fits", space: 10_000, fill: 0.7, odds: 0.3, risky: true });
    expect(growth(pattern, 4000, { made: 6000, live: 0 })).toMatchObject({ outcome: "fits", fill: 1 });
    expect(growth(pattern, 4001, { made: 6000, live: 0 })).toMatchObject({ outcome: "refused", problems: [{ message: expect.stringContaining("only 4,000 codes left") }] });
  });

  it("is hit by as many guesses as the odds say", () => {
    const live = 700;
    const maker = codeMaker(new Uint8Array(32).fill(3), 1n, pattern);
    const codes = new Set(Array.from({ length: live }, (_, slot) => maker.codeAt(slot)));
    const hits = Array.from({ length: 10_000 }, (_, guess) => String(guess).padStart(4, "0")).filter((guess) => codes.has(guess)).length;
    const fit = capacity(pattern, live);
    expect(hits / 10_000).toBe(fit.outcome === "fits" && fit.odds);
  });
});
