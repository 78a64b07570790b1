import { describe, expect, it } from "vitest";
import { CallRefusal, REFUSAL_REASONS, UseRefusal } from "../../contract/refusals";
import { refusalSentence } from "./refusal-sentences";

const BERLIN = { timeZone: "Europe/Berlin" };
const AT = "2026-11-20T17:00:00.000Z";

/** One refusal of each reason, with everything that a refusal can name. */
const SAMPLE = {
  expiredAt: AT, startsAt: AT, redeemableFrom: AT, endedAt: AT, limit: 2, until: AT, minimumMinor: 3000, missingMinor: 420, maximumMinor: 10000, excessMinor: 1, currency: "EUR",
  productGids: [], variantGids: [], collectionGids: [], weekdays: [1], monthDays: [1], fromMinute: 0, untilMinute: 60, opensAt: AT, from: AT, registeredFrom: null, registeredUntil: AT,
  maxOrders: 1, ordersCount: 2, locationIds: [], zones: [], concepts: [], location: "t404", channels: ["pos"], codes: ["SPRING10", "MAY5"], releasedAt: AT, transactionId: "sale-1",
};
const REFUSALS = [...UseRefusal.options, ...CallRefusal.options].map(({ shape }) => {
  const data = Object.fromEntries(Object.keys(shape).filter((key) => key !== "reason").map((key) => [key, SAMPLE[key as keyof typeof SAMPLE]]));
  return UseRefusal.or(CallRefusal).parse({ ...data, reason: shape.reason.value });
});

describe("what a person reads about a refusal", () => {
  it.each<[string, number, string]>([
    ["en", REFUSALS.findIndex(({ reason }) => reason === "minimum_order"), "Add €4.20 more to use this."],
    ["de", REFUSALS.findIndex(({ reason }) => reason === "minimum_order"), "Noch 4,20 € bis zum Mindestbestellwert."],
    ["en", REFUSALS.findIndex(({ reason }) => reason === "cannot_combine"), "Remove SPRING10 and MAY5 to use this."],
    ["fr", REFUSALS.findIndex(({ reason }) => reason === "cannot_combine"), "Retirez SPRING10 et MAY5 pour l’utiliser."],
    ["en", REFUSALS.findIndex(({ reason }) => reason === "wrong_hour"), "Not at this hour. It can be used from Nov 20, 2026, 6:00 PM."],
    ["en-GB", REFUSALS.findIndex(({ reason }) => reason === "location_unknown"), "There is no location “t404”."],
    ["nl", REFUSALS.findIndex(({ reason }) => reason === "coupon_redeemed"), "This coupon was used."],
  ])("in %s, %#", (locale, index, sentence) => {
    const refusal = REFUSALS[index];
    if (!refusal) throw new Error("no such refusal");
    expect(refusalSentence(refusal, { locale, ...BERLIN }).replaceAll(/\s/g, " ")).toBe(sentence);
  });

  it("has a sentence of its own in every language for every reason", () => {
    expect(REFUSALS).toHaveLength(REFUSAL_REASONS.length);
    for (const refusal of REFUSALS) {
      const sentences = ["en", "de", "fr", "ar"].map((locale) => refusalSentence(refusal, { locale, ...BERLIN }));
      expect(new Set(sentences).size, refusal.reason).toBe(4);
      for (const sentence of sentences) {
        expect(sentence, refusal.reason).toMatch(/^\S.*\.$/);
        expect(sentence, refusal.reason).not.toMatch(/undefined|null|Invalid|NaN| {2}/);
      }
    }
  });
});
