import { describe, expect, it } from "vitest";
import { draftOf } from "#test/award-draft.ts";
import { CODE_SOURCES, type CodeSource } from "./award";
import { LIMIT_FIELDS, limitProblems, limitWarnings, offeredLimits, type LimitSide } from "./limits";

const LETTERS: Record<string, LimitSide> = { C: "code", U: "customer", S: "award" };
const COMBINATIONS = ["", "C", "U", "S", "CU", "CS", "US", "CUS"];

/** The published matrix: which limits are offered for each source of codes. C code, U customer, S award. */
const MATRIX: [CodeSource, boolean, string[]][] = [
  ["generated", true, ["CU", "CS", "CUS", "C", "US"]],
  ["pattern", true, ["CU", "CS", "CUS", "C", "US"]],
  ["generated", false, ["US"]],
  ["pattern", false, ["US"]],
  ["single", true, ["US"]],
  ["single", false, ["US"]],
  ["uploaded", true, ["CUS", "CU", "CS", "C", "US"]],
  ["pasted", true, ["CUS", "CU", "CS", "C", "US"]],
  ["typed", true, ["CUS", "CU", "CS", "C", "US"]],
  ["uploaded", false, ["US"]],
  ["pasted", false, ["US"]],
  ["typed", false, ["US"]],
  ["third_party", false, ["US"]],
];

function draftWith(letters: string, shareable: boolean, limit = 3) {
  const limits = [...letters].map((letter) => [LIMIT_FIELDS[LETTERS[letter] ?? "code"], limit]);
  return draftOf({ shareable, ...Object.fromEntries(limits) });
}

describe("the matrix of limits", () => {
  it.each(MATRIX)("%s codes, shareable %s: offers %j and nothing else", (source, shareable, offered) => {
    const names = offeredLimits(source, shareable).map((sides) => sides.map((side) => Object.keys(LETTERS).find((letter) => LETTERS[letter] === side)).join(""));
    expect([...names].sort()).toEqual([...offered].sort());
  });

  it.each(MATRIX)("%s codes, shareable %s: an offered combination brings no warning, every other does", (source, shareable, offered) => {
    for (const letters of COMBINATIONS) {
      const warnings = limitWarnings(draftWith(letters, shareable), source);
      if (offered.includes(letters)) expect(warnings, letters).toEqual([]);
      // Limits that all hold, with the code's own equal to its owner's, leave nothing open.
      else if (letters !== "CUS") expect(warnings.length, letters).toBeGreaterThan(0);
    }
  });

  it("has a row for every source", () => {
    expect([...new Set(MATRIX.map(([source]) => source))].sort()).toEqual([...CODE_SOURCES].sort());
  });

  it.each<[string, CodeSource, boolean, string, LimitSide[]]>([
    ["a code of one owner without limits", "generated", false, "", ["customer", "award"]],
    ["a code of one owner, limited in all", "generated", false, "S", ["customer"]],
    ["a code of one owner, limited per customer", "uploaded", false, "U", ["award"]],
    ["a shared code without limits", "generated", true, "", ["code", "customer", "award"]],
    ["a shared code, limited per customer", "generated", true, "U", ["code", "award"]],
    ["a shared code, limited in all", "pasted", true, "S", ["code", "customer"]],
    ["one code for everybody without limits", "single", true, "", ["customer", "award"]],
    ["one code for everybody with uses of the code", "single", true, "CU", ["award", "code"]],
    ["codes of another system without limits", "third_party", false, "", ["customer", "award"]],
  ])("%s: names the sides that are open", (_what, source, shareable, letters, sides) => {
    expect(limitWarnings(draftWith(letters, shareable), source).map(({ side }) => side)).toEqual(sides);
  });

  it("says of each open side what nothing bounds", () => {
    expect(limitWarnings(draftWith("", true), "generated")).toEqual([
      { side: "code", message: "Nothing bounds how often one code is used: whoever learns it can use it again." },
      { side: "customer", message: "Nothing bounds how often one customer redeems." },
      { side: "award", message: "Nothing bounds how often it is redeemed in all." },
    ]);
  });

  it("takes the single use that a code of one owner has anyway for no limit", () => {
    expect(limitWarnings(draftOf({ usesPerCode: 1, usesPerCustomer: 2, usesTotal: 9 }), "generated")).toEqual([]);
  });

  it("wonders at an owner's code that may be used more often than its owner may use it", () => {
    expect(limitWarnings(draftOf({ usesPerCode: 5, usesPerCustomer: 2, usesTotal: 9 }), "generated").map(({ side }) => side)).toEqual(["code"]);
  });
});

describe("what codes of another system cannot have", () => {
  it.each<[string, Parameters<typeof draftOf>[0], string[]]>([
    ["nothing more", {}, []],
    ["limits of customer and award", { usesPerCustomer: 1, usesTotal: 100 }, []],
    ["a code's limit that is its customer's", { usesPerCustomer: 2, usesPerCode: 2 }, []],
    ["sharing", { shareable: true }, ["shareable"]],
    ["a code's limit of its own", { usesPerCustomer: 2, usesPerCode: 3 }, ["usesPerCode"]],
    ["limits of issuing", { issuesPerCustomer: 1, issuesTotal: 10, alertRemaining: 2, issueGapDays: 3 }, ["issuesPerCustomer", "issuesTotal", "alertRemaining", "issueGapDays"]],
  ])("%s", (_what, wish, fields) => {
    expect(limitProblems(draftOf(wish), "third_party").map(({ field }) => field)).toEqual(fields);
    expect(limitProblems(draftOf(wish), "generated")).toEqual([]);
  });
});
