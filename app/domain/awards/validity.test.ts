import { describe, expect, it } from "vitest";
import { whyInvalid, type ValidityFacts } from "./validity";

const good: ValidityFacts = { state: "active", pointsPrice: 100, usesTotal: 10, issuesTotal: 10, discountState: "live", readyCount: 3, redemptionsCount: 9, issuedCount: 9 };

describe("why an award gives nothing now", () => {
  it.each<[string, Partial<ValidityFacts>, string[]]>([
    ["it gives", {}, []],
    ["an integrator's gives without Shopify", { discountState: "local" }, []],
    ["switched off", { state: "inactive" }, ["it is inactive"]],
    ["before its time", { state: "scheduled" }, ["its period has not begun"]],
    ["after its time", { state: "expired" }, ["its period is over"]],
    ["used up, and given out", { redemptionsCount: 10, issuedCount: 10 }, ["all its redemptions are used", "all its coupons are given out"]],
    ["on its way to Shopify, where nothing can be ready", { discountState: "pending", readyCount: 0 }, ["its discount is not on Shopify yet"]],
    ["refused by Shopify", { discountState: "failed", readyCount: 0 }, ["its discount could not be put on Shopify"]],
    ["out of codes on Shopify", { readyCount: 0 }, ["no code is ready on Shopify"]],
    ["out of an integrator's codes", { discountState: "local", readyCount: 0 }, ["no code is left"]],
  ])("%s", (_what, change, reasons) => {
    expect(whyInvalid({ ...good, ...change })).toEqual(reasons);
  });
});
