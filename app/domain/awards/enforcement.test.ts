import { describe, expect, it } from "vitest";
import { draftOf } from "#test/award-draft.ts";
import { NO_RULES, type AwardDraft, type CodeSource } from "./award";
import { enforcement, needsFunction, type Enforcer } from "./enforcement";

const products = ["gid://shopify/Product/1"];
const collections = ["gid://shopify/Collection/1"];
const variable = { minPoints: 100, maxPoints: 500, stepPoints: 100, stepMinor: 100, value: 500 } as const;
const JANUARY = new Date("2026-01-01T00:00:00Z");

type Case = [string, Partial<AwardDraft>, keyof AwardDraft, Enforcer];
const heldBy = (wish: Partial<AwardDraft>, source: CodeSource = "generated") => enforcement(draftOf(wish), source, "EUR");

describe("an award that Shopify applies", () => {
  it.each<Case>([
    ["the value", {}, "value", "shopify"],
    ["the shop's own currency by its name", { currency: "EUR" }, "value", "shopify"],
    ["the order minimum", { minOrderMinor: 3000 }, "minOrderMinor", "shopify"],
    ["dates", { redeemableFrom: JANUARY }, "startsAt", "shopify"],
    ["one use of an owner's code", {}, "usesPerCode", "shopify"],
    ["uses of a shared code", { shareable: true, usesPerCode: 5 }, "usesPerCode", "shopify"],
    ["chosen products", { productGids: products }, "productGids", "shopify"],
    ["payments of a subscription", { duration: "months", durationMonths: 3 }, "duration", "shopify"],
    ["an end for each day of issue", { expiryRule: "days", expiryCount: 7 }, "expiryRule", "shopify"],
    ["an amount that the customer chooses", variable, "minPoints", "shopify"],
    ["combinations", {}, "combinesShipping", "shopify"],
    ["another currency", { currency: "SAR" }, "currency", "function"],
    ["a cap", { kind: "percentage", value: 20, capMinor: 100 }, "capMinor", "function"],
    ["a free product", { kind: "free_product", value: 0 }, "value", "function"],
    ["the order maximum", { maxOrderMinor: 3000 }, "maxOrderMinor", "function"],
    ["the order minimum beside it", { minOrderMinor: 1, maxOrderMinor: 3000 }, "minOrderMinor", "function"],
    ["products and collections together", { productGids: products, collectionGids: collections }, "productGids", "function"],
    ["free shipping for certain products", { kind: "free_shipping", value: 0, productGids: products }, "productGids", "function"],
    ["days of the week", { weekdays: [1] }, "weekdays", "function"],
    ["days of the month", { monthDays: [1] }, "monthDays", "function"],
    ["hours", { fromMinute: 60, untilMinute: 120 }, "fromMinute", "function"],
    ["orders before", { maxOrders: 2 }, "maxOrders", "function"],
    ["the first order", { firstOrderOnly: true }, "firstOrderOnly", "function"],
    ["one channel", { channels: ["pos"] }, "channels", "function"],
    ["redemptions per customer", { usesPerCustomer: 2 }, "usesPerCustomer", "us"],
    ["redemptions in all", { usesTotal: 2 }, "usesTotal", "us"],
    ["coupons per customer", { issuesPerCustomer: 2 }, "issuesPerCustomer", "us"],
    ["coupons in all", { issuesTotal: 2 }, "issuesTotal", "us"],
    ["days between coupons", { issueGapDays: 2 }, "issueGapDays", "us"],
    ["listed customers", { audience: "listed" }, "audience", "us"],
    ["customers of other awards", { excludedAwards: [1] }, "excludedAwards", "us"],
    ["when its owner registered", { registeredFrom: JANUARY }, "registeredFrom", "us"],
  ])("%s", (_what, wish, field, by) => {
    const { rules, refused, needsFunction: byFunction } = heldBy(wish);
    expect(refused).toEqual([]);
    expect(rules.find((rule) => rule.field === field)).toMatchObject({ by });
    if (by === "function") expect(byFunction).toBe(true);
  });

  it("both channels and plain terms need no Function", () => {
    expect(needsFunction(draftOf({ channels: ["online", "pos"], minOrderMinor: 100, usesTotal: 5, collectionGids: collections }), false)).toBe(false);
  });

  it("one code for everybody is counted by Shopify, in all and once per customer; codes of their own are counted by us", () => {
    expect(heldBy({ usesTotal: 2 }, "single").rules).toContainEqual(expect.objectContaining({ field: "usesTotal", by: "shopify" }));
    expect(heldBy({ usesPerCustomer: 1 }, "single").rules).toContainEqual(expect.objectContaining({ field: "usesPerCustomer", by: "shopify" }));
    expect(heldBy({ usesPerCustomer: 2 }, "single").rules).toContainEqual(expect.objectContaining({ field: "usesPerCustomer", by: "us" }));
  });

  it("codes that somebody else made end when we take them away", () => {
    expect(heldBy({ expiryRule: "days", expiryCount: 7 }, "uploaded").rules).toContainEqual(expect.objectContaining({ field: "expiryRule", by: "us" }));
  });

  it.each<[string, Partial<AwardDraft>, CodeSource, string[]]>([
    ["days between redemptions", { redeemGapDays: 7 }, "generated", ["redeemGapDays"]],
    ["places", { locationIds: ["a"], zones: ["b"], concepts: ["c"] }, "generated", ["locationIds", "zones", "concepts"]],
    ["registration, where others may use the code", { shareable: true, registeredFrom: JANUARY, registeredUntil: JANUARY }, "generated", ["registeredFrom", "registeredUntil"]],
    ["registration, where all have one code", { registeredFrom: JANUARY }, "single", ["registeredFrom"]],
    ["an end for each customer of one code", { expiryRule: "month_ends", expiryCount: 0 }, "single", ["expiryRule"]],
    ["amounts of codes that stand in a list", variable, "pasted", ["minPoints"]],
    ["amounts of one code", variable, "single", ["minPoints"]],
    ["a scope of a free product", { kind: "free_product", value: 0, productGids: products }, "generated", ["productGids"]],
    ["two shipping discounts", { kind: "free_shipping", value: 0, combinesShipping: true }, "generated", ["combinesShipping"]],
  ])("refuses %s, and says what to do", (_what, wish, source, fields) => {
    const { refused } = heldBy(wish, source);
    expect(refused.map(({ field }) => field)).toEqual(fields);
    for (const { message } of refused) expect(message).toMatch(/integrator|take this away/);
  });
});

describe("an award that an integrator applies", () => {
  it("can have every rule: the till asks us", () => {
    const everything: Partial<AwardDraft> = { redeemGapDays: 7, locationIds: ["a"], zones: ["b"], registeredFrom: JANUARY, shareable: true, weekdays: [1], maxOrderMinor: 5 };
    const { rules, refused, needsFunction: byFunction } = heldBy({ ...everything, appliedBy: "integrator" });
    expect(refused).toEqual([]);
    expect(byFunction).toBe(false);
    expect(rules.filter(({ by }) => by !== "us").map(({ field }) => field)).toEqual(["value"]);
  });

  it("is every custom award, and every award with codes of another system", () => {
    expect(heldBy({ kind: "custom", value: 0, redeemGapDays: 7 }).refused).toEqual([]);
    expect(heldBy({ redeemGapDays: 7 }, "third_party").refused).toEqual([]);
  });
});

describe("nothing is silently dropped", () => {
  /** A draft with this one rule set, for every rule there is. */
  const SET: { [Field in keyof typeof NO_RULES]?: Partial<AwardDraft> } = {
    currency: { currency: "SAR" }, capMinor: { capMinor: 1 }, minPoints: variable, maxOrderMinor: { maxOrderMinor: 1 }, productGids: { productGids: products },
    variantGids: { variantGids: products }, collectionGids: { collectionGids: collections }, duration: { duration: "forever" }, audience: { audience: "listed" },
    excludedAwards: { excludedAwards: [1] }, issueGapDays: { issueGapDays: 1 }, expiryRule: { expiryRule: "days", expiryCount: 1 }, redeemGapDays: { redeemGapDays: 1 },
    weekdays: { weekdays: [1] }, monthDays: { monthDays: [1] }, fromMinute: { fromMinute: 1, untilMinute: 2 }, registeredFrom: { registeredFrom: JANUARY },
    registeredUntil: { registeredUntil: JANUARY }, maxOrders: { maxOrders: 1 }, firstOrderOnly: { firstOrderOnly: true }, channels: { channels: ["pos"] },
    locationIds: { locationIds: ["a"] }, zones: { zones: ["a"] }, concepts: { concepts: ["a"] },
  };
  /** Said together with another field, by their own meaning, or no rule of redeeming. */
  const ELSEWHERE = [
    "giftVariantGid", "maxPoints", "stepPoints", "stepMinor", "durationMonths", "expiryCount", "untilMinute", "expiresOn", "redeemableFrom",
    "appliedBy", "alertRemaining", "matchAgain", "shareable", "onReversal",
  ];

  it("every rule of a draft is accounted for", () => {
    expect([...Object.keys(SET), ...ELSEWHERE].sort()).toEqual(Object.keys(NO_RULES).sort());
  });

  it.each(Object.entries(SET))("%s is held by somebody or refused, with every source", (_field, wish) => {
    for (const source of ["generated", "single", "uploaded", "typed"] as const) {
      const plain = heldBy({}, source);
      const { rules, refused } = heldBy(wish, source);
      expect(rules.length + refused.length).toBeGreaterThan(plain.rules.length);
    }
  });
});
