import { describe, expect, it } from "vitest";
import { obstacles, type OfferFacts, type Shopper } from "./obstacles";

const NOW = new Date("2026-11-20T12:00:00Z");
const OFFER: OfferFacts = {
  currency: "EUR", pointsPrice: 100, minOrderMinor: 3000, startsAt: NOW, hasCode: true,
  issuesPerCustomer: 2, usesPerCustomer: null, issuesTotal: null, usesTotal: 10, customerIssuances: 1, allIssuances: 9,
};
const SHOPPER: Shopper = { freePoints: 100, subtotalMinor: 3000, currency: "EUR", locale: "en", timeZone: "Asia/Tokyo", pointsName: "stars" };

describe("why an award cannot be redeemed", () => {
  it.each<[string, Partial<OfferFacts>, Partial<Shopper>, string[]]>([
    ["nothing", {}, {}, []],
    ["points", { pointsPrice: 1100 }, {}, ["You need 1,000 more stars."]],
    ["money", {}, { subtotalMinor: 2580 }, ["Add €4.20 more to use this."]],
    ["money in another currency is for Shopify to judge", {}, { subtotalMinor: 1, currency: "DKK" }, []],
    ["an unknown subtotal", {}, { subtotalMinor: undefined }, []],
    ["a start that is another day in the shop's zone", { startsAt: new Date("2026-11-30T20:00:00Z") }, {}, ["Available from Dec 1, 2026."]],
    ["issues of the customer", { customerIssuances: 2 }, {}, ["You have had this as often as it can be redeemed."]],
    ["uses of everybody", { allIssuances: 10 }, {}, ["All of these have been redeemed."]],
    ["everything at once", { hasCode: false, pointsPrice: 101 }, { subtotalMinor: 2999 }, ["There are none left right now. Please try again in a few minutes.", "You need 1 more stars.", "Add €0.01 more to use this."]],
  ])("%s", (_name, offer, shopper, messages) => {
    expect(obstacles({ ...OFFER, ...offer }, { ...SHOPPER, ...shopper }, NOW).map(({ message }) => message)).toEqual(messages);
  });
});
