import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALPHABETS, codePattern, type CodePattern } from "./pattern";
import { codeMaker } from "./permutation";

const KEY = new Uint8Array(32).fill(7);
const small = (alphabet: string, length: number): CodePattern => ({ prefix: "", alphabet, length, groupSize: 0 });

describe("the codes of a pool", () => {
  it("take every code of a small space exactly once, whatever alphabet, length and key", () => {
    const spaces = fc.record({ size: fc.integer({ min: 2, max: 9 }), length: fc.integer({ min: 1, max: 4 }), key: fc.uint8Array({ minLength: 32, maxLength: 32 }), pool: fc.bigInt({ min: 1n, max: 10_000n }) });
    fc.assert(
      fc.property(spaces, ({ size, length, key, pool }) => {
        const maker = codeMaker(key, pool, small(ALPHABETS.readable.slice(0, size), length));
        const codes = new Set(Array.from({ length: maker.space }, (_, slot) => maker.codeAt(slot)));
        expect(codes.size).toBe(size ** length);
      }),
      { numRuns: 60 },
    );
  });

  it("are all different in a million of a large space", () => {
    const maker = codeMaker(KEY, 1n, codePattern());
    const codes = new Set<string>();
    for (let slot = 0; slot < 1_000_000; slot++) codes.add(maker.codeAt(slot));
    expect(codes.size).toBe(1_000_000);
  });

  it("are the same for ever for one key, pool and slot: a stored counter must find them again after an update", () => {
    const maker = codeMaker(KEY, 42n, codePattern({ prefix: "vip-", groupSize: 5 }));
    expect([0, 1, 2, 1_000_000].map((slot) => maker.codeAt(slot))).toMatchInlineSnapshot(`
      [
        "VIP-RZPU4-NFX8A",
        "VIP-9PMKM-FS3ML",
        "VIP-JYDUW-HK7FH",
        "VIP-V2SFV-9LMEU",
      ]
    `);
  });

  it("say nothing about each other: neighbours, other pools and other keys share no more than chance", () => {
    const one = codeMaker(KEY, 1n, codePattern());
    const pool = codeMaker(KEY, 2n, codePattern());
    const key = codeMaker(new Uint8Array(32).fill(8), 1n, codePattern());
    const same = (a: string, b: string) => [...a].filter((letter, at) => letter === b[at]).length;
    let neighbours = 0;
    let pools = 0;
    let keys = 0;
    const slots = 20_000;
    for (let slot = 0; slot < slots; slot++) {
      neighbours += same(one.codeAt(slot), one.codeAt(slot + 1));
      pools += same(one.codeAt(slot), pool.codeAt(slot));
      keys += same(one.codeAt(slot), key.codeAt(slot));
    }
    // 10 characters of 32: 0.3125 agree by chance.
    for (const sum of [neighbours, pools, keys]) expect(Math.abs(sum / slots - 0.3125)).toBeLessThan(0.02);
  });

  it("use every letter equally often at every place", () => {
    const maker = codeMaker(KEY, 3n, codePattern());
    const counts = Array.from({ length: 10 }, () => new Map<string, number>());
    const slots = 64_000;
    for (let slot = 0; slot < slots; slot++) [...maker.codeAt(slot)].forEach((letter, at) => counts[at]?.set(letter, (counts[at]?.get(letter) ?? 0) + 1));
    for (const place of counts) {
      expect(place.size).toBe(32);
      for (const count of place.values()) expect(Math.abs(count - slots / 32)).toBeLessThan(300);
    }
  });

  it.each([
    ["a million codes apart from the first", codePattern({ prefix: "A", length: 7, alphabet: "alphanumeric", groupSize: 3 }), 1_000_000, 100],
    ["a whole small space, over the end of every row", small("ABC", 3), 0, 27],
  ])("come out the same one by one and in bulk: %s", (_, pattern, first, count) => {
    const maker = codeMaker(KEY, 9n, pattern);
    const line = `${maker.blank}\n`;
    const bulk = Buffer.alloc(count * line.length, line, "latin1");
    maker.writeCodes(first, count, bulk, line.length);
    expect(bulk.toString("latin1").trimEnd().split("\n")).toEqual(Array.from({ length: count }, (_, index) => maker.codeAt(first + index)));
  });

  it("end with the space: a slot outside is a fault, never a repetition", () => {
    const maker = codeMaker(KEY, 1n, small("AB", 4));
    expect(() => maker.codeAt(16)).toThrow(RangeError);
    expect(() => maker.codeAt(-1)).toThrow(RangeError);
  });
});
