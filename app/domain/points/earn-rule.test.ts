import { describe, expect, it } from "vitest";
import { EarnRuleDraft, lineMultiplierMilli, type RuleMatch } from "./earn-rule";

const BEANS = "gid://shopify/Product/1";
const KILO = "gid://shopify/ProductVariant/11";
const line = { productGid: BEANS, variantGid: KILO };
const rule = (gid: string, multiplierMilli: number): RuleMatch => ({ gid, multiplierMilli });

describe("what multiplies a line", () => {
  it.each([
    ["no rule: once", [], 1000],
    ["a rule for another product: once", [rule("gid://shopify/Product/2", 3000)], 1000],
    ["its product doubled", [rule(BEANS, 2000)], 2000],
    ["its variant doubled", [rule(KILO, 2000)], 2000],
    ["half points are fewer points", [rule(BEANS, 500)], 500],
    ["two rules: the highest counts, they do not add up", [rule(BEANS, 2000), rule(KILO, 3000)], 3000],
    ["half and double: the highest counts", [rule(BEANS, 500), rule(BEANS, 2000)], 2000],
    ["an exclusion beats all", [rule(KILO, 5000), rule(BEANS, 0)], 0],
  ])("%s", (_what, matches, expected) => {
    expect(lineMultiplierMilli(line, matches)).toBe(expected);
  });

  it("leaves a line without a product (shipping, a sum) at the shop's rate, whatever is excluded", () => {
    expect(lineMultiplierMilli({ productGid: null, variantGid: null }, [rule(BEANS, 0)])).toBe(1000);
  });
});

describe("a rule as staff write it", () => {
  const draft = { name: "Beans twice", multiplierMilli: 2000, productGids: [BEANS], variantGids: [], collectionGids: [] };
  const problemOf = (change: object) => {
    const parsed = EarnRuleDraft.safeParse({ ...draft, ...change });
    return parsed.success ? null : [parsed.error.issues[0]?.path.join("."), parsed.error.issues[0]?.message];
  };

  it.each([
    [{}, null],
    [{ multiplierMilli: 0 }, null],
    [{ multiplierMilli: 100_000 }, null],
    [{ multiplierMilli: 100_001 }, ["multiplierMilli", "At most 100 times."]],
    [{ multiplierMilli: -1 }, ["multiplierMilli", "Enter 0 or more."]],
    [{ multiplierMilli: Number.NaN }, ["multiplierMilli", expect.stringContaining("Enter a number")]],
    [{ name: "  " }, ["name", "Give the rule a name."]],
    [{ productGids: [] }, ["things", "Choose at least one product, variant or collection."]],
    [{ productGids: [BEANS, BEANS] }, ["productGids", "Each can be chosen once."]],
    [{ productGids: ["gid://shopify/Collection/1"] }, ["productGids.0", "This is not of this store."]],
    [{ productGids: [], collectionGids: ["gid://shopify/Collection/x"] }, ["collectionGids.0", "This is not of this store."]],
  ])("%j → %j", (change, expected) => {
    expect(problemOf(change)).toEqual(expected);
  });
});
