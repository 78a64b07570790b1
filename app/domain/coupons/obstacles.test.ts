import { describe, expect, it } from "vitest";
import { NO_RULES } from "../awards/award";
import { obstacles, type OfferAward, type OfferFacts, type Shopper } from "./obstacles";

const NOW = new Date("2026-11-20T12:00:00Z");
const AWARD: OfferAward = {
  ...NO_RULES, shopId: 1, number: 1, name: "Five off", kind: "fixed_amount", value: 500, currency: "EUR", codeSource: "generated", status: "active",
  startsAt: NOW, endsAt: null, pointsPrice: 100, minOrderMinor: 3000, usesPerCode: 1, usesPerCustomer: null, usesTotal: 10, issuesPerCustomer: 2, issuesTotal: null,
  combinesOrder: false, combinesProduct: false, combinesShipping: false, timeZone: "Asia/Tokyo", lockMinutes: 10,
};
const OFFER: Omit<OfferFacts, "award"> = { issuedCount: 1, lastIssuedAt: NOW, remaining: 1, hadExcluded: false, hasCode: true, isOff: false, customerUses: 0, lastUsedAt: null };
const SHOPPER: Shopper = {
  customerId: 1n, registeredAt: NOW, ordersCount: 1, freePoints: 100, subtotalMinor: 3000, currency: "EUR", applied: [], locale: "en", timeZone: "Asia/Tokyo", pointsName: "stars",
};

describe("why an award cannot be redeemed", () => {
  it.each<[string, Partial<OfferAward>, Partial<OfferFacts>, Partial<Shopper>, string[]]>([
    ["nothing", {}, {}, {}, []],
    ["points", { pointsPrice: 1100 }, {}, {}, ["You need 1,000 more stars."]],
    ["money", {}, {}, { subtotalMinor: 2580 }, ["Add €4.20 more to use this."]],
    ["too much money", { maxOrderMinor: 2900 }, {}, {}, ["Your order is €1.00 too large to use this."]],
    ["money in another currency is for Shopify to judge", {}, {}, { subtotalMinor: 1, currency: "DKK" }, []],
    ["an unknown subtotal", {}, {}, { subtotalMinor: undefined }, []],
    ["a start that is another day in the shop's zone", { startsAt: new Date("2026-11-30T20:00:00Z") }, {}, {}, ["Available from Dec 1, 2026."]],
    ["issues of the customer", { issuesPerCustomer: 1 }, {}, {}, ["You have had this as often as it can be redeemed."]],
    ["uses of the customer, issued or not", { usesPerCustomer: 2 }, { customerUses: 2 }, {}, ["You have had this as often as it can be redeemed."]],
    ["a match again that gets none", { matchAgain: "none" }, {}, {}, ["You have had this as often as it can be redeemed."]],
    ["a first match", { matchAgain: "none" }, { issuedCount: 0, lastIssuedAt: null }, {}, []],
    ["a gap, to the shop's midnight", { issueGapDays: 2 }, {}, {}, ["You redeemed this recently. You can again from Nov 22, 2026."]],
    ["all of everybody's", {}, { remaining: 0 }, {}, ["All of these have been redeemed."]],
    ["an award that rules it out", {}, { hadExcluded: true }, {}, ["You have had another reward that rules this one out."]],
    ["a coupon that would have expired", { expiryRule: "date", expiresOn: NOW }, {}, {}, ["This coupon has expired."]],
    ["a use that begins later", { redeemableFrom: new Date("2026-11-21T00:30:00Z") }, {}, {}, ["You can use this from Nov 21, 2026, 9:30 AM."]],
    ["the hour", { fromMinute: 1080, untilMinute: 1200 }, {}, {}, ["You can use this from Nov 21, 2026, 6:00 PM."]],
    ["the day of the week", { weekdays: [7] }, {}, {}, ["You can use this from Nov 22, 2026, 12:00 AM."]],
    ["the gap between two uses", { redeemGapDays: 3 }, { lastUsedAt: NOW }, {}, ["You can use this from Nov 23, 2026, 12:00 AM."]],
    ["orders before", { maxOrders: 0 }, {}, {}, ["This is for new customers only."]],
    ["a first order", { firstOrderOnly: true }, {}, {}, ["This is for a first order only."]],
    ["a registration nobody knows of", { registeredFrom: NOW }, {}, { customerId: null, registeredAt: null }, ["This is for new customers only."]],
    ["a till", { channels: ["pos"] }, {}, {}, ["This can be used in our stores only."]],
    ["everything at once", { pointsPrice: 101 }, { hasCode: false }, { subtotalMinor: 2999 }, ["There are none left right now. Please try again in a few minutes.", "You need 1 more stars.", "Add €0.01 more to use this."]],
  ])("%s", (_name, award, offer, shopper, messages) => {
    const found = obstacles({ ...OFFER, ...offer, award: { ...AWARD, ...award } }, { ...SHOPPER, ...shopper }, NOW);
    expect(found.map(({ message }) => message)).toEqual(messages);
  });

  it("says by how much, and from when, for whoever reads numbers", () => {
    const [missing] = obstacles({ ...OFFER, award: AWARD }, { ...SHOPPER, subtotalMinor: 2580 }, NOW);
    expect(missing).toMatchObject({ outcome: "below_minimum", missingMinor: 420 });
    const [late] = obstacles({ ...OFFER, award: { ...AWARD, weekdays: [7] } }, SHOPPER, NOW);
    expect(late).toMatchObject({ outcome: "not_usable_now", availableAt: "2026-11-21T15:00:00.000Z" });
  });
});
