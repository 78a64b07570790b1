import { describe, expect, it } from "vitest";
import { NO_RULES, type AwardDraft } from "../../domain/awards/award";
import { awardFields, awardFormData, fieldsOfAward, fieldsOfTexts, newAwardFields, readPicks, readTexts, type AwardFields } from "./award-form";
import { readAward, readSource } from "./award-form-read";

const BERLIN = { currency: "EUR", timeZone: "Europe/Berlin" };
const NOON = new Date("2026-11-20T12:00:00Z");
const blank = newAwardFields("key-of-this-form", BERLIN.timeZone, NOON);
const filled: AwardFields = { ...blank, name: "Ten off", value: "10", pointsPrice: "100" };
const problemsOf = (change: Partial<AwardFields>, shop = BERLIN) => readAward({ ...filled, ...change }, shop).problems;

describe("the award editor's form", () => {
  it("reads what a merchant filled in", () => {
    const { draft, problems } = readAward({ ...filled, value: "12.5", hasMinimum: true, minOrderMinor: "30", hasEnd: true, endsDate: "2026-12-31", usesTotalOn: true, usesTotal: "500" }, BERLIN);
    expect(problems).toEqual([]);
    expect(draft).toMatchObject({ name: "Ten off", value: 1250, pointsPrice: 100, minOrderMinor: 3000, usesTotal: 500, usesPerCustomer: null });
    expect(draft.startsAt.toISOString()).toBe("2026-11-20T12:00:00.000Z");
    expect(draft.endsAt?.toISOString()).toBe("2026-12-31T22:59:59.000Z"); // the whole last minute, by the shop's clock
  });

  it.each<[string, Partial<AwardFields>, string]>([
    ["no name", { name: "  " }, "name"],
    ["a name of 121 characters", { name: "n".repeat(121) }, "name"],
    ["no value", { value: "" }, "value"],
    ["a value of 0", { value: "0" }, "value"],
    ["a comma for the point", { value: "1,5" }, "value"],
    ["a negative value", { value: "-5" }, "value"],
    ["three decimals of a euro", { value: "1.005" }, "value"],
    ["an amount in words", { value: "ten" }, "value"],
    ["an amount with an exponent", { value: "1e3" }, "value"],
    ["a huge amount", { value: "99999999999999" }, "value"],
    ["0 percent", { kind: "percentage", value: "0" }, "value"],
    ["101 percent", { kind: "percentage", value: "101" }, "value"],
    ["half a percent", { kind: "percentage", value: "0.5" }, "value"],
    ["a points price of 0", { pointsPrice: "0" }, "pointsPrice"],
    ["no points price", { pointsPrice: "" }, "pointsPrice"],
    ["a points price with a fraction", { pointsPrice: "1.5" }, "pointsPrice"],
    ["a huge points price", { pointsPrice: "9".repeat(30) }, "pointsPrice"],
    ["an order minimum of 0", { hasMinimum: true, minOrderMinor: "0" }, "minOrderMinor"],
    ["an order minimum left empty", { hasMinimum: true, minOrderMinor: "" }, "minOrderMinor"],
    ["no start", { startsDate: "" }, "startsAt"],
    ["a 31st of February", { startsDate: "2026-13-45" }, "startsAt"],
    ["an end before the start", { hasEnd: true, endsDate: "2026-11-19" }, "endsAt"],
    ["an end without a date", { hasEnd: true, endsDate: "" }, "endsAt"],
    ["a limit of 0", { usesTotalOn: true, usesTotal: "0" }, "usesTotal"],
    ["a limit ticked and left empty", { issuesPerCustomerOn: true, issuesPerCustomer: "" }, "issuesPerCustomer"],
  ])("refuses %s, at its own field", (_what, change, field) => {
    expect(problemsOf(change).map((problem) => problem.field)).toEqual([field]);
  });

  it("does not look at what is not ticked", () => {
    expect(problemsOf({ sold: false, pointsPrice: "nonsense", hasMinimum: false, minOrderMinor: "-1", hasEnd: false, endsDate: "soon", usesTotal: "x" })).toEqual([]);
  });

  it("takes no decimals in a currency that has none", () => {
    expect(problemsOf({ value: "500" }, { currency: "JPY", timeZone: "Asia/Tokyo" })).toEqual([]);
    expect(problemsOf({ value: "500.5" }, { currency: "JPY", timeZone: "Asia/Tokyo" })).toHaveLength(1);
  });

  it("says of an amount that cannot be counted that it is too large", () => {
    expect(problemsOf({ value: "9999999.999" }, { currency: "KWD", timeZone: "Asia/Kuwait" })).toEqual([{ field: "value", message: "This amount is too large." }]);
  });

  it("survives the way through a form and through an award", () => {
    expect(awardFields(awardFormData(filled))).toEqual(filled);
    const { draft } = readAward({ ...filled, hasEnd: true, endsDate: "2026-12-31", combinesShipping: true }, BERLIN);
    expect(readAward(fieldsOfAward({ ...draft, currency: "EUR" }, blank, BERLIN), BERLIN).draft).toEqual(draft);
  });

  /** An award with every rule, as an integrator's program makes it: to the millisecond, and with things the shop no longer has. */
  const everyRule: AwardDraft = {
    ...NO_RULES, name: "Everything", kind: "percentage", value: 20, pointsPrice: 100, minOrderMinor: 1000, startsAt: new Date("2026-11-20T12:00:30.123Z"), endsAt: new Date("2027-11-20T12:00:30.500Z"),
    usesPerCode: 1, usesPerCustomer: 2, usesTotal: 3, issuesPerCustomer: 4, issuesTotal: 50, combinesOrder: true, combinesProduct: true, combinesShipping: true,
    currency: "SAR", capMinor: 500, maxOrderMinor: 9000, productGids: ["gid://shopify/Product/1"], variantGids: ["gid://shopify/ProductVariant/2"], collectionGids: ["gid://shopify/Collection/3"],
    redeemableFrom: new Date("2026-12-01T00:00:07Z"), duration: "months", durationMonths: 3, appliedBy: "integrator", alertRemaining: 5, audience: "listed", excludedAwards: [7, 8],
    issueGapDays: 9, matchAgain: "existing", expiryRule: "date", expiresOn: new Date("2027-01-31T22:59:59.999Z"), shareable: true, redeemGapDays: 10, weekdays: [1, 7], monthDays: [31],
    fromMinute: 1320, untilMinute: 90, registeredFrom: new Date("2026-01-01T11:00:00Z"), registeredUntil: new Date("2026-06-30T21:59:59.999Z"), maxOrders: 2, firstOrderOnly: true,
    channels: ["pos"], locationIds: ["a, b", "c"], zones: ["North"], concepts: ["Café"], onReversal: "reuse",
  };
  const variants: [string, Partial<AwardDraft>][] = [
    ["every rule", {}],
    ["an amount that the customer chooses", { kind: "fixed_amount", capMinor: null, minPoints: 100, maxPoints: 500, stepPoints: 100, stepMinor: 250, value: 1250, pointsPrice: 100 }],
    ["a free product", { kind: "free_product", value: 0, capMinor: null, giftVariantGid: "gid://shopify/ProductVariant/9" }],
    ["free shipping until midnight", { kind: "free_shipping", value: 0, capMinor: null, untilMinute: 1440 }],
    ["a reward of the integrator's that is not sold", { kind: "custom", value: 0, capMinor: null, pointsPrice: null }],
    ["coupons of thirty days", { expiryRule: "days", expiryCount: 30, expiresOn: null }],
    ["coupons of this month", { expiryRule: "month_ends", expiryCount: 0, expiresOn: null, duration: "forever", durationMonths: null }],
  ];
  it.each(variants)("loses nothing of an award it is filled in from: %s", (_what, change) => {
    const award = { ...everyRule, ...change, currency: "SAR" };
    const fields = awardFields(awardFormData(fieldsOfAward(award, blank, BERLIN)));
    expect(fields && readAward(fields, BERLIN)).toEqual({ draft: award, problems: [] });
  });

  it("changes an instant that somebody changed", () => {
    const fields = fieldsOfAward({ ...everyRule, currency: "SAR" }, blank, BERLIN);
    expect(readAward({ ...fields, endsTime: "13:01", registeredFrom: "2026-01-02" }, BERLIN).draft).toMatchObject({ endsAt: new Date("2027-11-20T12:01:59Z"), registeredFrom: new Date("2026-01-01T23:00:00Z") });
  });

  it("names things by their titles, or by what is left of them", () => {
    const titles = new Map([["gid://shopify/Product/1", "Canvas tote"]]);
    const fields = fieldsOfAward({ ...everyRule, currency: "SAR" }, blank, BERLIN, titles);
    expect([...readPicks(fields.products), ...readPicks(fields.variants)].map(({ title }) => title)).toEqual(["Canvas tote", "Variant 2"]);
  });

  it("holds texts in each language", () => {
    const texts = [{ locale: "de" as const, displayName: "Zehn geschenkt", conditions: null }, { locale: "ar" as const, displayName: null, conditions: "مرة واحدة" }];
    expect(readTexts(fieldsOfTexts(texts, filled)).filter(({ displayName, conditions }) => displayName ?? conditions)).toEqual(texts);
  });

  it.each<[string, Partial<AwardFields>, string]>([
    ["a cap of nothing", { kind: "percentage", value: "10", hasCap: true, capMinor: "0" }, "capMinor"],
    ["steps that do not fit", { variable: true, minPoints: "150", maxPoints: "500", stepPoints: "100", stepMinor: "1" }, "minPoints"],
    ["steps that are not all there", { variable: true, minPoints: "100", maxPoints: "500", stepPoints: "100", stepMinor: "" }, "stepMinor"],
    ["a free product that nobody chose", { kind: "free_product" }, "giftVariantGid"],
    ["a currency that does not exist", { currency: "xyz" }, "currency"],
    ["a maximum below the minimum", { hasMinimum: true, minOrderMinor: "30", hasMaximum: true, maxOrderMinor: "20" }, "maxOrderMinor"],
    ["days without a number", { expiryRule: "days" }, "expiryCount"],
    ["an alert without a number", { issuesTotalOn: true, issuesTotal: "10", alertRemainingOn: true }, "alertRemaining"],
    ["hours without a time", { hasHours: true, untilTime: "" }, "untilMinute"],
    ["what Shopify cannot hold", { redeemGapDaysOn: true, redeemGapDays: "7" }, "redeemGapDays"],
    ["sharing codes of another system", { source: "third_party", shareable: true }, "shareable"],
  ])("refuses %s, where it is filled in", (_what, change, field) => {
    expect(problemsOf(change).map((problem) => problem.field)).toEqual([field]);
  });

  it("takes no other form for its own", () => {
    expect(awardFields(new FormData())).toBeNull();
    const foreign = awardFormData(filled);
    foreign.set("kind", "free_lunch");
    expect(awardFields(foreign)).toBeNull();
  });
});

describe("where the codes come from", () => {
  it.each<[string, Partial<AwardFields>, unknown]>([
    ["made codes", { source: "generated", prefix: " spring- ", length: "12", stockTarget: "300" }, { source: "generated", prefix: "SPRING-", length: 12, stockTarget: 300 }],
    ["one code of the merchant's", { source: "single", code: "SUMMER26" }, { source: "single", code: "SUMMER26" }],
    ["one code of ours", { source: "single", code: " " }, { source: "single" }],
    ["a pasted list", { source: "pasted", codes: "A1\nB2" }, { source: "pasted", text: "A1\nB2" }],
    ["codes after a sample", { source: "pattern", sample: "TEST12345", stockTarget: "300", selfSizing: true }, { source: "pattern", sample: "TEST12345", stockTarget: 300, selfSizing: true }],
    ["one code that is replaced", { source: "single", rotateDaysOn: true, rotateDays: "7" }, { source: "single", rotateDays: 7 }],
    ["a file with an alert", { source: "uploaded", lowStockAtOn: true, lowStockAt: "20" }, { source: "uploaded", lowStockAt: 20 }],
    ["codes of another system", { source: "third_party", codes: "A1" }, { source: "third_party", text: "A1" }],
  ])("reads %s", (_what, change, source) => {
    expect(readSource({ ...filled, ...change })).toEqual({ source, problems: [] });
  });

  it.each<[string, Partial<AwardFields>, string]>([
    ["an empty list", { source: "pasted", codes: " \n " }, "codes"],
    ["a length in words", { source: "generated", length: "ten" }, "length"],
    ["no stock", { source: "generated", stockTarget: "" }, "stockTarget"],
    ["an alert without a number", { source: "pasted", codes: "A1", lowStockAtOn: true }, "lowStockAt"],
  ])("refuses %s", (_what, change, field) => {
    expect(readSource({ ...filled, ...change }).problems.map((problem) => problem.field)).toEqual([field]);
  });
});
