import { describe, expect, it } from "vitest";
import { draftOf } from "#test/award-draft.ts";
import { applierOf, awardState, usesOfOneCode, type AwardDraft } from "./award";
import { draftProblems, variableTerms } from "./draft-rules";

const START = new Date("2026-11-01T00:00:00Z");
const END = new Date("2026-12-31T22:59:59Z");
const at = (instant: string) => new Date(instant);
const plain = draftOf({ startsAt: START });
const variable = { kind: "fixed_amount", minPoints: 500, maxPoints: 2000, stepPoints: 100, stepMinor: 250, value: 5000, pointsPrice: 500 } as const;
const percentage = { kind: "percentage", value: 20 } as const;
const gift = { kind: "free_product", value: 0, giftVariantGid: "gid://shopify/ProductVariant/7" } as const;
const products = (count: number) => Array.from({ length: count }, (_, index) => `gid://shopify/Product/${index}`);

describe("a draft that can be stored", () => {
  it.each<[string, Partial<AwardDraft>]>([
    ["five off", {}],
    ["an amount in a named currency", { currency: "SAR" }],
    ["the least percentage", { ...percentage, value: 1 }],
    ["the whole price", { ...percentage, value: 100 }],
    ["a percentage with a cap", { ...percentage, capMinor: 10_000 }],
    ["free shipping", { kind: "free_shipping", value: 0 }],
    ["a free product", gift],
    ["what only an integrator knows", { kind: "custom", value: 0 }],
    ["an amount that the customer chooses", variable],
    ["an award that is not sold", { pointsPrice: null }],
    ["the most products", { productGids: products(100) }],
    ["an order between two amounts", { minOrderMinor: 3000, maxOrderMinor: 3000 }],
    ["a later redemption", { endsAt: END, redeemableFrom: at("2026-12-01T00:00:00Z") }],
    ["three months of a subscription", { duration: "months", durationMonths: 3 }],
    ["coupons that last thirty days", { expiryRule: "days", expiryCount: 30 }],
    ["coupons of a day", { expiryRule: "days", expiryCount: 0 }],
    ["coupons that last ten years of months", { expiryRule: "month_ends", expiryCount: 120 }],
    ["coupons until the award's very end", { endsAt: END, expiryRule: "date", expiresOn: END }],
    ["no expiry at all", { expiryRule: "with_award", endsAt: null }],
    ["an alert before the limit", { issuesTotal: 100, alertRemaining: 99 }],
    ["a happy hour over midnight", { fromMinute: 22 * 60, untilMinute: 2 * 60 }],
    ["every day of a week, the first and the last of a month", { weekdays: [1, 2, 3, 4, 5, 6, 7], monthDays: [1, 31] }],
    ["a whole day of hours", { fromMinute: 0, untilMinute: 1440 }],
    ["one day of registration", { registeredFrom: START, registeredUntil: START }],
  ])("%s", (_what, wish) => {
    expect(draftProblems({ ...plain, ...wish })).toEqual([]);
  });
});

describe("a draft that is refused, at its own field", () => {
  it.each<[string, Partial<AwardDraft>, string, string]>([
    ["an amount of nothing", { value: 0 }, "value", "Enter a value above 0."],
    ["a percentage above 100", { ...percentage, value: 101 }, "value", "A percentage is from 1 to 100."],
    ["free shipping with a value", { kind: "free_shipping", value: 5 }, "value", "Only an amount or a percentage has a value: leave it at 0."],
    ["a currency that does not exist", { currency: "XYZ" }, "currency", "There is no such currency."],
    ["a currency in words", { currency: "riyal" }, "currency", "A currency has three letters, like EUR."],
    ["an amount with a cap", { capMinor: 100 }, "capMinor", "Only a percentage can have a maximum amount."],
    ["a free product that is not named", { ...gift, giftVariantGid: null }, "giftVariantGid", "Choose the product that is free."],
    ["a free product of no shop", { ...gift, giftVariantGid: "7" }, "giftVariantGid", "Choose it from the list: this is no ProductVariant of Shopify."],
    ["an amount with a free product", { giftVariantGid: gift.giftVariantGid }, "giftVariantGid", "Only a free product names the product that is free."],
    ["a percentage that the customer chooses", { ...variable, ...percentage }, "minPoints", "Only a fixed amount can be chosen by the customer."],
    ["points without a step", { ...variable, stepPoints: null }, "stepPoints", "A variable amount needs its least and most points, its step, and what a step is worth."],
    ["the most points below the least", { ...variable, maxPoints: 400 }, "maxPoints", "The most points must not be fewer than the least."],
    ["the least points between two steps", { ...variable, minPoints: 550, pointsPrice: 550 }, "minPoints", "The least points must be a multiple of the step."],
    ["the most points between two steps", { ...variable, maxPoints: 1950 }, "maxPoints", "The most points must be a multiple of the step."],
    ["too many amounts", { ...variable, minPoints: 1, stepPoints: 1, maxPoints: 51, stepMinor: 100, value: 5100, pointsPrice: 1 }, "stepPoints", "At most 50 different amounts: make the step larger."],
    ["a value that the points do not buy", { ...variable, value: 4000 }, "value", "The value of a variable amount is what its most points buy."],
    ["a price that is not the least", { ...variable, pointsPrice: 100 }, "pointsPrice", "The points price of a variable amount is its least points."],
    ["a variable amount that is not sold", { ...variable, pointsPrice: null }, "pointsPrice", "The points price of a variable amount is its least points."],
    ["more than an amount counts", { value: 2_000_000_001 }, "value", "This value is too large."],
    ["a price beyond all points", { pointsPrice: 1_000_000_001 }, "pointsPrice", "These are too many points."],
    ["a price of nothing", { pointsPrice: 0 }, "pointsPrice", "Points price must be at least 1."],
    ["half a point", { pointsPrice: 0.5 }, "pointsPrice", "Points are whole numbers."],
    ["a maximum order below the minimum", { minOrderMinor: 3000, maxOrderMinor: 2999 }, "maxOrderMinor", "The maximum order must not be below the minimum."],
    ["too many products", { productGids: products(101) }, "productGids", "At most 100."],
    ["a product twice", { productGids: [...products(1), ...products(1)] }, "productGids", "Each can be chosen once."],
    ["an end before the start", { endsAt: START }, "endsAt", "The end must be after the start."],
    ["redemption before the start", { redeemableFrom: at("2026-10-31T23:59:59Z") }, "redeemableFrom", "Redemption cannot start before the award does."],
    ["redemption after the end", { endsAt: END, redeemableFrom: END }, "redeemableFrom", "Redemption must start before the award ends."],
    ["months without a number", { duration: "months" }, "durationMonths", "Say for how many months it lasts."],
    ["a number of months for once", { durationMonths: 3 }, "durationMonths", "Months count only where the discount lasts a number of months."],
    ["days without a number", { expiryRule: "days" }, "expiryCount", "Say after how many days or month ends coupons expire; 0 is the day or month of issue."],
    ["a number without days", { expiryCount: 3 }, "expiryCount", "A number of days or month ends counts only where coupons expire after it."],
    ["more than ten years of months", { expiryRule: "month_ends", expiryCount: 121 }, "expiryCount", "At most 120 months."],
    ["a date that is not chosen", { expiryRule: "date" }, "expiresOn", "Choose the date on which coupons expire."],
    ["a date that does not count", { expiresOn: END }, "expiresOn", "A date counts only where coupons expire on it."],
    ["coupons that expire before the start", { expiryRule: "date", expiresOn: START }, "expiresOn", "Coupons must expire after the award starts."],
    ["coupons that expire before they can be used", { expiryRule: "date", expiresOn: at("2026-12-01T00:00:00Z"), redeemableFrom: at("2026-12-01T00:00:00Z") }, "expiresOn", "Coupons must expire after they can first be redeemed."],
    ["coupons that outlive their award", { endsAt: END, expiryRule: "date", expiresOn: at("2027-01-01T00:00:00Z") }, "expiresOn", "Coupons cannot outlive their award: choose a date up to its end."],
    ["a limit of nothing", { usesTotal: 0 }, "usesTotal", "Enter a whole number from 1, or leave it off."],
    ["an alert about no limit", { alertRemaining: 5 }, "alertRemaining", "An alert needs a limit of coupons in all."],
    ["an alert from the first coupon on", { issuesTotal: 5, alertRemaining: 5 }, "alertRemaining", "The alert must come before the limit: enter fewer than the coupons in all."],
    ["a gap between coupons of one", { issuesPerCustomer: 1, issueGapDays: 2 }, "issueGapDays", "Each customer gets one coupon only: a gap between two means nothing."],
    ["a gap between redemptions of one", { usesPerCustomer: 1, redeemGapDays: 2 }, "redeemGapDays", "Each customer redeems once only: a gap between two means nothing."],
    ["hours without an end", { fromMinute: 60 }, "untilMinute", "Say until which time of day."],
    ["hours without a beginning", { untilMinute: 60 }, "fromMinute", "Say from which time of day."],
    ["hours of no length", { fromMinute: 60, untilMinute: 60 }, "untilMinute", "The hours must end at another time than they begin."],
    ["a registration that ends before it begins", { registeredFrom: END, registeredUntil: START }, "registeredUntil", "The last day of registration must not be before the first."],
    ["a Monday twice", { weekdays: [1, 1] }, "weekdays", "Each can be chosen once."],
  ])("%s", (_what, wish, field, message) => {
    expect(draftProblems({ ...plain, ...wish })).toEqual([{ field, message }]);
  });

  it.each<[keyof AwardDraft, unknown]>([
    ["weekdays", [8]], ["weekdays", [0]], ["monthDays", [32]], ["monthDays", [0]], ["fromMinute", -1], ["untilMinute", 1441], ["kind", "free_lunch"], ["channels", ["moon"]], ["expiryCount", -1], ["name", ""], ["startsAt", "tomorrow"],
  ])("nonsense as %s", (field, value) => {
    expect(draftProblems({ ...plain, [field]: value }).map((problem) => problem.field.split(".")[0])).toContain(field);
  });
});

describe("what follows from a draft", () => {
  it("the value and price of a variable amount", () => {
    expect(variableTerms(variable)).toEqual({ value: 5000, pointsPrice: 500 });
  });

  it.each([
    ["generated", false, null, 1],
    ["generated", false, 3, 3],
    ["uploaded", true, null, null],
    ["uploaded", true, 3, 3],
    ["single", false, null, null],
    ["single", true, 5, 5],
  ] as const)("how often one code is accepted: %s, shareable %s, limit %s", (codeSource, shareable, usesPerCode, uses) => {
    expect(usesOfOneCode({ codeSource, shareable, usesPerCode })).toBe(uses);
  });

  it.each([
    ["fixed_amount", "shopify", "generated", "shopify"],
    ["fixed_amount", "integrator", "generated", "integrator"],
    ["custom", "shopify", "generated", "integrator"],
    ["fixed_amount", "shopify", "third_party", "integrator"],
  ] as const)("who takes it off: %s by %s, %s codes", (kind, appliedBy, source, applier) => {
    expect(applierOf({ kind, appliedBy }, source)).toBe(applier);
  });
});

describe("the status that a merchant sees", () => {
  it.each([
    ["scheduled", "active", "2026-10-31T23:59:59.999Z"],
    ["active", "active", "2026-11-01T00:00:00Z"],
    ["active", "active", "2026-12-31T22:59:58.999Z"],
    ["expired", "active", "2026-12-31T22:59:59Z"],
    ["inactive", "inactive", "2026-10-31T00:00:00Z"],
    ["inactive", "inactive", "2027-01-01T00:00:00Z"],
    ["archived", "archived", "2027-01-01T00:00:00Z"],
  ] as const)("is %s for one that is %s at %s", (state, status, now) => {
    expect(awardState({ status, startsAt: START, endsAt: END }, at(now))).toBe(state);
  });

  it("never expires without an end", () => {
    expect(awardState({ status: "active", startsAt: START, endsAt: null }, at("2099-01-01T00:00:00Z"))).toBe("active");
  });
});
