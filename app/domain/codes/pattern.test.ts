import { describe, expect, it } from "vitest";
import { ALPHABETS, capacity, codeLength, codePattern } from "./pattern";

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
