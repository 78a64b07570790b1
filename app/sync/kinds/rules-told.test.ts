import { describe, expect, it } from "vitest";
import { draftOf } from "#test/award-draft.ts";
import type { AwardDraft, CodeSource } from "../../domain/awards/award";
import { enforcement } from "../../domain/awards/enforcement";
import type { Award } from "../../domain/awards/parents.server";
import { configurationOf } from "./configuration";
import { basicInput, freeShippingInput, functionInput, NOTHING_NAMED } from "./discount-input";
import { discountForm, discountTerms } from "./discount-terms";

const START = new Date("2026-11-01T00:00:00Z");
const PARENT = { expiresAt: null, valueMinor: null, usesPerCode: null, minOrderMinor: null, customerGid: null, firstOrderOnly: false };

/** Everything Shopify is told about an award's discount, its Function's configuration included. */
function told(draft: AwardDraft, source: CodeSource, listed: string[] | null = null): unknown {
  const row: Award = {
    ...draft, shopId: 1, number: 1, currency: draft.currency ?? "EUR", codeSource: source, status: "active", predecessor: null, requestKey: null, firstIssuedAt: null,
    bucketsDueAt: null, createdAt: START, updatedAt: START,
  };
  const terms = discountTerms(row, PARENT, { shopCurrency: "EUR", listed });
  switch (discountForm(terms)) {
    case "basic":
      return basicInput(terms, NOTHING_NAMED);
    case "free_shipping":
      return freeShippingInput(terms, NOTHING_NAMED);
    case "function":
      return { ...functionInput(terms, NOTHING_NAMED), configuration: configurationOf(terms) };
  }
}

describe("a rule that is said to hold at Shopify's checkout", () => {
  const plain: Partial<AwardDraft> = { kind: "percentage", value: 20, startsAt: START };
  it.each<[keyof AwardDraft, Partial<AwardDraft>]>([
    ["currency", { currency: "SAR" }],
    ["capMinor", { capMinor: 500 }],
    ["productGids", { productGids: ["gid://shopify/Product/1"] }],
    ["productGids", { variantGids: ["gid://shopify/ProductVariant/1"] }],
    ["productGids", { collectionGids: ["gid://shopify/Collection/1"] }],
    ["productGids", { productGids: ["gid://shopify/Product/1"], collectionGids: ["gid://shopify/Collection/1"] }],
    ["minOrderMinor", { minOrderMinor: 500 }],
    ["maxOrderMinor", { maxOrderMinor: 500 }],
    ["startsAt", { endsAt: new Date("2027-01-01T00:00:00Z") }],
    ["startsAt", { redeemableFrom: new Date("2026-12-01T00:00:00Z") }],
    ["duration", { duration: "months", durationMonths: 3 }],
    ["duration", { duration: "forever" }],
    ["usesPerCode", { usesPerCode: 3 }],
    ["maxOrders", { maxOrders: 3 }],
    ["firstOrderOnly", { firstOrderOnly: true }],
    ["weekdays", { weekdays: [1] }],
    ["monthDays", { monthDays: [1] }],
    ["fromMinute", { fromMinute: 60, untilMinute: 120 }],
    ["channels", { channels: ["online"] }],
    ["combinesShipping", { combinesShipping: true }],
    ["value", { kind: "free_product", value: 0, giftVariantGid: "gid://shopify/ProductVariant/9" }],
    ["value", { kind: "free_shipping", value: 0 }],
    ["productGids", { kind: "free_shipping", value: 0, productGids: ["gid://shopify/Product/1"] }],
  ])("is told to Shopify: %s %j", (field, wish) => {
    const draft = draftOf({ ...plain, ...wish });
    const held = enforcement(draft, "generated", "EUR").rules.find((rule) => rule.field === field);
    expect(["shopify", "function"]).toContain(held?.by);
    expect(JSON.stringify(told(draft, "generated"))).not.toBe(JSON.stringify(told(draftOf(plain), "generated")));
  });

  it("of one code for everybody, its uses in all and once per customer are told too", () => {
    const limited = draftOf({ ...plain, usesPerCustomer: 1, usesTotal: 50 });
    const held = enforcement(limited, "single", "EUR").rules.filter(({ field }) => field === "usesPerCustomer" || field === "usesTotal");
    expect(held.map(({ by }) => by)).toEqual(["shopify", "shopify"]);
    expect(told(limited, "single")).toMatchObject({ appliesOncePerCustomer: true, usageLimit: 50 });
  });

  it("who is listed is told, but not where whoever has the code may use it", () => {
    const listed = ["gid://shopify/Customer/7"];
    expect(told(draftOf({ ...plain, audience: "listed" }), "generated", listed)).toMatchObject({ context: { customers: { add: listed } } });
    expect(told(draftOf({ ...plain, audience: "listed", shareable: true }), "generated", listed)).toMatchObject({ context: { all: "ALL" } });
  });
});
