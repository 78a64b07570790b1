import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_RULES, TermsJson } from "./award";
import { couponTerms, describeTerms, type AwardTerms } from "./terms";
import { TERM_LANGUAGES } from "./terms-words";

const CAIRO = { timeZone: "Africa/Cairo", pointsName: "نقطة" };
const BERLIN = { timeZone: "Europe/Berlin", pointsName: "Sterne" };
const termsOf = (wish: Partial<AwardTerms>): AwardTerms => ({ ...NO_RULES, kind: "percentage", value: 20, currency: "EUR", minOrderMinor: null, usesPerCustomer: null, ...wish });
/** Intl writes narrow and no-break spaces and marks of direction; the eye sees spaces and nothing. */
const seen = (text: string) => text.replace(/[\u00a0\u202f]/g, " ").replace(/[\u200e\u200f\u061c]/g, "");
const told = (wish: Partial<AwardTerms>, locale = "en", shop = BERLIN) => seen(describeTerms(termsOf(wish), locale, shop));

const VARIABLE = { kind: "fixed_amount", value: 5000, minPoints: 500, maxPoints: 5000, stepPoints: 100, stepMinor: 100 } as const;
const CAPPED = { capMinor: 10_000, currency: "EGP", minOrderMinor: 30_000, usesPerCustomer: 1 };

describe("the sentence of an award's terms", () => {
  it.each<[string, Partial<AwardTerms>, string]>([
    ["a percentage", {}, "20% off"],
    ["an amount", { kind: "fixed_amount", value: 1000 }, "€10.00 off"],
    ["an amount in a named currency", { kind: "fixed_amount", value: 5000, currency: "SAR" }, "SAR 50.00 off"],
    ["an amount of a currency without cents", { kind: "fixed_amount", value: 500, currency: "JPY" }, "¥500 off"],
    ["a cap, a minimum and a customer's limit", CAPPED, "20% off, at most EGP 100.00, orders from EGP 300.00, once per customer"],
    ["an amount that the customer chooses", VARIABLE, "€5.00 to €50.00 off for 500 to 5,000 Sterne"],
    ["free shipping", { kind: "free_shipping", value: 0, minOrderMinor: 3000 }, "Free shipping, orders from €30.00"],
    ["a free product", { kind: "free_product", value: 0 }, "Free product"],
    ["a reward of the integrator's", { kind: "custom", value: 0, usesPerCustomer: 3 }, "A reward, up to 3 times per customer"],
    ["a scope", { productGids: ["1", "2", "3"], collectionGids: ["4"] }, "20% off, on 3 products and 1 collection"],
    ["a maximum order", { maxOrderMinor: 30_000 }, "20% off, orders up to €300.00"],
    ["an order between two amounts", { minOrderMinor: 3000, maxOrderMinor: 30_000 }, "20% off, orders from €30.00 to €300.00"],
    ["a gap of a day", { redeemGapDays: 1 }, "20% off, at most once a day"],
    ["a gap of a week", { redeemGapDays: 7 }, "20% off, at most once every 7 days"],
    ["the first order", { firstOrderOnly: true }, "20% off, first order only"],
    ["no orders before", { maxOrders: 0 }, "20% off, first order only"],
    ["few orders before", { maxOrders: 2 }, "20% off, for customers with at most 2 orders before"],
    ["customers of a year", { registeredFrom: new Date("2025-12-31T23:00:00Z"), registeredUntil: new Date("2026-12-31T22:59:59.999Z") }, "20% off, for customers registered from Jan 1, 2026 to Dec 31, 2026"],
    ["weekdays and hours", { weekdays: [6, 2, 1], fromMinute: 18 * 60, untilMinute: 22 * 60 + 30 }, "20% off, on Monday, Tuesday, and Saturday, from 6:00 PM to 10:30 PM"],
    ["days of the month", { monthDays: [15, 1] }, "20% off, on day 1 and 15 of the month"],
    ["one channel", { channels: ["online"] }, "20% off, online only"],
    ["both channels, which is no rule", { channels: ["online", "pos"] }, "20% off"],
    ["places", { channels: ["pos"], locationIds: ["a", "b"], zones: ["North"], concepts: ["Café"] }, "20% off, in stores only, at 2 locations, in the area of North, at stores of the kind Café"],
    ["months of a subscription", { duration: "months", durationMonths: 3 }, "20% off, for 3 months of a subscription"],
    ["a whole subscription", { duration: "forever" }, "20% off, for every payment of a subscription"],
    ["a later start", { redeemableFrom: new Date("2026-11-30T23:00:00Z") }, "20% off, can be used from Dec 1, 2026"],
    ["the day of issue", { expiryRule: "days", expiryCount: 0 }, "20% off, valid on the day it is given"],
    ["thirty days", { expiryRule: "days", expiryCount: 30 }, "20% off, valid for 30 days after it is given"],
    ["the month of issue", { expiryRule: "month_ends", expiryCount: 0 }, "20% off, valid until the end of the month"],
    ["the month after", { expiryRule: "month_ends", expiryCount: 1 }, "20% off, valid until the end of the next month"],
    ["a date", { expiryRule: "date", expiresOn: new Date("2026-12-31T22:59:59.999Z") }, "20% off, valid until Dec 31, 2026"],
  ])("says %s", (_what, wish, sentence) => {
    expect(told(wish)).toBe(sentence);
  });

  it.each<[string, Partial<AwardTerms>, string]>([
    ["de", CAPPED, "20 % Rabatt, höchstens 100,00 EGP, Bestellungen ab 300,00 EGP, einmal pro Person"],
    ["de-AT", VARIABLE, "€ 5,00 bis € 50,00 Rabatt für 500 bis 5 000 Sterne"],
    ["de", { firstOrderOnly: true, weekdays: [1], expiryRule: "days", expiryCount: 30 }, "20 % Rabatt, nur für die erste Bestellung, nur Montag, gültig bis 30 Tage nach der Ausgabe"],
    ["fr", CAPPED, "20 % de réduction, au plus 100,00 EGP, commandes à partir de 300,00 EGP, une fois par client"],
    ["fr", { duration: "months", durationMonths: 3, productGids: ["1"] }, "20 % de réduction, sur 1 produit, pendant 3 mois d’abonnement"],
    ["es", CAPPED, "20% off, at most EGP 100.00, orders from EGP 300.00, once per customer"],
  ])("is told in %s", (locale, wish, sentence) => {
    expect(told(wish, locale)).toBe(sentence);
  });

  it.each([
    [1, "مرة واحدة لكل عميل"],
    [2, "حتى مرتين لكل عميل"],
    [3, "حتى 3 مرات لكل عميل"],
    [11, "حتى 11 مرة لكل عميل"],
    [100, "حتى 100 مرة لكل عميل"],
  ])("counts to %d in Arabic as Arabic counts", (usesPerCustomer, words) => {
    expect(told({ usesPerCustomer }, "ar", CAIRO)).toContain(words);
  });

  it.each([[1, "على منتج واحد"], [2, "على منتجين"], [5, "على 5 منتجات"], [12, "على 12 منتجًا"], [100, "على 100 منتج"]])("names %d products in Arabic in their own form", (count, words) => {
    expect(told({ productGids: Array.from({ length: count }, String) }, "ar", CAIRO)).toContain(words);
  });

  it("says of a coupon what the customer's points bought", () => {
    expect(seen(describeTerms(couponTerms(termsOf(VARIABLE), 1200), "en", BERLIN))).toBe("€12.00 off");
    expect(couponTerms(termsOf({}), null)).toEqual(termsOf({}));
  });
});

const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const day = fc.date({ min: new Date("2020-01-01"), max: new Date("2040-01-01"), noInvalidDate: true });
const count = fc.integer({ min: 1, max: 3000 });
const ids = fc.array(fc.constant("7"), { maxLength: 100 });
const anyTerms: fc.Arbitrary<AwardTerms> = fc.record({
  kind: fc.constantFrom("fixed_amount", "percentage", "free_shipping", "free_product", "custom"),
  value: fc.integer({ min: 1, max: 100 }),
  currency: fc.constantFrom("EUR", "EGP", "JPY", "KWD"),
  capMinor: some(count), minPoints: some(count), maxPoints: some(count), stepPoints: some(count), stepMinor: some(count),
  minOrderMinor: some(count), maxOrderMinor: some(count), productGids: ids, variantGids: ids, collectionGids: ids,
  duration: fc.constantFrom("once", "forever", "months"), durationMonths: some(count), usesPerCustomer: some(count), redeemGapDays: some(count), redeemableFrom: some(day),
  expiryRule: fc.constantFrom("with_award", "days", "month_ends", "date"), expiryCount: some(fc.nat(3000)), expiresOn: some(day),
  weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 })), monthDays: fc.uniqueArray(fc.integer({ min: 1, max: 31 })),
  fromMinute: some(fc.integer({ min: 0, max: 1440 })), untilMinute: some(fc.integer({ min: 0, max: 1440 })), registeredFrom: some(day), registeredUntil: some(day),
  maxOrders: some(fc.nat(3000)), firstOrderOnly: fc.boolean(), channels: fc.uniqueArray(fc.constantFrom("online", "pos")),
  locationIds: ids, zones: fc.array(fc.constant("٧")), concepts: fc.array(fc.constant("٧")),
});

describe("every language", () => {
  it("tells any terms whatever, leaves no gap and no word of another language", () => {
    fc.assert(
      fc.property(anyTerms, fc.constantFrom(...TERM_LANGUAGES), (terms, locale) => {
        const sentence = describeTerms(terms, locale, CAIRO);
        expect(sentence).not.toMatch(/undefined|null|NaN|\{|\[object|, ,|،\s*،/);
        expect(sentence.trim()).not.toBe("");
        const english = /\b(off|orders?|customers?|once|times?|products?|valid|until|from|only|days?|months?|stores?)\b/i;
        if (locale !== "en") expect(seen(sentence)).not.toMatch(english);
        if (locale === "ar") expect(sentence.replace(/EUR|EGP|JPY?|KWD/g, "")).not.toMatch(/[a-z]{2,}/i);
      }),
      { numRuns: 400 },
    );
  });

  it("says every term that English says: as many parts in each", () => {
    fc.assert(
      fc.property(anyTerms, (terms) => {
        const parts = TERM_LANGUAGES.map((locale) => describeTerms({ ...terms, weekdays: [], monthDays: [], variantGids: [], collectionGids: [], zones: [], concepts: [] }, locale, CAIRO).split(/[,،] (?!\d{4})/).length);
        expect(new Set(parts).size).toBe(1);
      }),
      { numRuns: 200 },
    );
  });
});

describe("terms in a row's JSON", () => {
  it("are read back as they were written", () => {
    const terms = termsOf({ registeredFrom: new Date("2026-01-01T00:00:00Z"), weekdays: [1], channels: ["pos"] });
    expect(TermsJson.parse(JSON.parse(JSON.stringify(terms)))).toEqual(expect.objectContaining({ weekdays: [1], registeredFrom: new Date("2026-01-01T00:00:00Z"), expiresOn: null }));
  });
});
