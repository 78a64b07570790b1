import { describe, expect, it } from "vitest";
import type { UseRefusal } from "../../contract/refusals";
import { clashes, unjudgedRules, unmetConditions, type KnownCode } from "./conditions";
import { AWARD, FACTS, ISSUANCE } from "#test/use-facts.ts";
import type { Cart, CodeFacts, UseAward } from "./use";

/** A Friday; Berlin is one hour ahead. */
const NOON = new Date("2026-11-20T12:00:00Z");
const at = (text: string) => new Date(text);

const SHARED = { shared: true, status: "available", issuance: null } as const;
const LOCKED = { codeLocks: 1, lockedUntil: at("2026-11-20T12:10:00Z") };

type Case = [string, Partial<UseAward>, Partial<CodeFacts>, Partial<Cart>, UseRefusal[]];
const unmet = (award: Partial<UseAward>, facts: Partial<CodeFacts>, cart: Partial<Cart>, now = NOON) =>
  unmetConditions({ award: { ...AWARD, ...award }, facts: { ...FACTS, ...facts } }, { customerId: 1n, ...cart }, now);

describe("why a code cannot be used", () => {
  it.each<Case>([
    ["nothing stands in the way", {}, {}, {}, []],
    // Where it stands in its life.
    ["nobody has it", {}, { status: "available", issuance: null, issuedToSomebody: false }, {}, [{ reason: "not_issued" }]],
    ["it was taken back", {}, { status: "revoked" }, {}, [{ reason: "coupon_revoked" }]],
    ["it is being given back", {}, { issuance: { ...ISSUANCE, status: "returning" } }, {}, [{ reason: "coupon_revoked" }]],
    ["it was put away", {}, { status: "archived" }, {}, [{ reason: "coupon_archived" }]],
    ["its own end is this instant", {}, { expiresAt: NOON }, {}, [{ reason: "coupon_expired", expiredAt: NOON.toISOString() }]],
    ["what was promised to the customer is over before the code is", {}, { expiresAt: at("2026-12-01T00:00:00Z"), issuance: { ...ISSUANCE, expiresAt: at("2026-11-20T11:59:59Z") } }, {}, [{ reason: "coupon_expired", expiredAt: "2026-11-20T11:59:59.000Z" }]],
    ["a millisecond before its end", {}, { expiresAt: at("2026-11-20T12:00:00.001Z") }, {}, []],
    ["marked expired with its award, whose end was moved on", {}, { status: "expired" }, {}, []],
    ["it was used", {}, { status: "redeemed", usesCount: 1 }, {}, [{ reason: "coupon_redeemed" }]],
    ["three uses, two used", { usesPerCode: 3 }, { usesCount: 2 }, {}, []],
    ["three uses, three used", { usesPerCode: 3 }, { usesCount: 3, status: "redeemed" }, {}, [{ reason: "code_limit_reached", limit: 3 }]],
    ["a limit of its own before the award's", { usesPerCode: 3 }, { usesPerCode: 2, usesCount: 2 }, {}, [{ reason: "code_limit_reached", limit: 2 }]],
    // Whose it is.
    ["somebody else's", {}, {}, { customerId: 2n }, [{ reason: "not_owner" }]],
    ["nobody was named", {}, {}, { customerId: null }, [{ reason: "customer_needed" }]],
    ["anybody's, once somebody has it", { shareable: true }, {}, { customerId: 2n }, []],
    ["anybody's, a guest's too", { shareable: true }, {}, { customerId: null }, []],
    ["anybody's, but bound to one by name", { shareable: true }, { boundCustomerId: 1n }, { customerId: 2n }, [{ reason: "not_owner" }]],
    ["anybody's, bound to one by name, and nobody was named", { shareable: true }, { boundCustomerId: 1n }, { customerId: null }, [{ reason: "customer_needed" }]],
    ["everybody's code, held by the customer", {}, { ...SHARED, issuance: ISSUANCE }, {}, []],
    ["everybody's code, not held by the customer", {}, SHARED, {}, [{ reason: "not_owner" }]],
    ["everybody's code, that nobody was given yet", {}, { ...SHARED, issuedToSomebody: false }, {}, [{ reason: "not_issued" }]],
    ["everybody's code, given back by the customer", {}, { ...SHARED, issuance: { ...ISSUANCE, status: "returned" } }, {}, [{ reason: "not_owner" }]],
    ["everybody's shareable code that nobody was given", { shareable: true }, { ...SHARED, issuedToSomebody: false }, {}, [{ reason: "not_issued" }]],
    ["everybody's shareable code that somebody was given", { shareable: true }, SHARED, { customerId: 9n }, []],
    // The award.
    ["switched off", { status: "inactive" }, {}, {}, [{ reason: "award_inactive" }]],
    ["archived", { status: "archived" }, {}, {}, [{ reason: "award_inactive" }]],
    ["not begun", { startsAt: at("2026-12-01T00:00:00Z") }, {}, {}, [{ reason: "not_started", startsAt: "2026-12-01T00:00:00.000Z" }]],
    ["begins this instant", { startsAt: NOON }, {}, {}, []],
    ["to be redeemed from this instant", { redeemableFrom: NOON }, {}, {}, []],
    ["begun, but not to be redeemed yet", { redeemableFrom: at("2026-12-24T00:00:00Z") }, {}, {}, [{ reason: "not_redeemable_yet", redeemableFrom: "2026-12-24T00:00:00.000Z" }]],
    ["over", { endsAt: NOON }, {}, {}, [{ reason: "award_ended", endedAt: NOON.toISOString() }]],
    // Limits.
    ["locked by another", {}, LOCKED, {}, [{ reason: "locked_by_another", until: "2026-11-20T12:10:00.000Z" }]],
    ["locked once, two uses left", { usesPerCode: 2 }, LOCKED, {}, []],
    ["locked once, one of two uses left", { usesPerCode: 2 }, { ...LOCKED, usesCount: 1 }, {}, [{ reason: "locked_by_another", until: "2026-11-20T12:10:00.000Z" }]],
    ["the customer's uses", { usesPerCustomer: 2 }, { customerUses: 2 }, {}, [{ reason: "customer_limit_reached", limit: 2 }]],
    ["the customer's uses and locks", { usesPerCustomer: 2 }, { customerUses: 1, customerLocks: 1 }, {}, [{ reason: "customer_limit_reached", limit: 2 }]],
    ["one use of the customer left", { usesPerCustomer: 2 }, { customerUses: 1 }, {}, []],
    ["a guest where the customer's uses count", { usesPerCustomer: 2, shareable: true }, {}, { customerId: null }, [{ reason: "customer_needed" }]],
    ["everybody's uses", { usesTotal: 10 }, { awardUsed: 10 }, {}, [{ reason: "award_limit_reached", limit: 10 }]],
    ["everybody's uses and locks", { usesTotal: 10 }, { awardUsed: 8, awardLocks: 2 }, {}, [{ reason: "award_limit_reached", limit: 10 }]],
    ["the last use of all", { usesTotal: 10 }, { awardUsed: 8, awardLocks: 1 }, {}, []],
    // The order.
    ["add 4.20", { minOrderMinor: 3000 }, {}, { totalMinor: 2580 }, [{ reason: "minimum_order", minimumMinor: 3000, missingMinor: 420, currency: "EUR" }]],
    ["the minimum itself", { minOrderMinor: 3000 }, {}, { totalMinor: 3000 }, []],
    ["a minimum of the code's own", { minOrderMinor: 3000 }, { minOrderMinor: 5000 }, { totalMinor: 3000 }, [{ reason: "minimum_order", minimumMinor: 5000, missingMinor: 2000, currency: "EUR" }]],
    ["take off 0.01", { maxOrderMinor: 10000 }, {}, { totalMinor: 10001 }, [{ reason: "maximum_order", maximumMinor: 10000, excessMinor: 1, currency: "EUR" }]],
    ["the maximum itself", { maxOrderMinor: 10000 }, {}, { totalMinor: 10000 }, []],
    ["a total that was not told", { minOrderMinor: 3000, maxOrderMinor: 10000 }, {}, {}, []],
    ["an amount in another currency", { kind: "fixed_amount", value: 500 }, {}, { totalMinor: 9000, currency: "SAR" }, [{ reason: "wrong_currency", currency: "EUR" }]],
    ["a plain percentage in another currency", {}, {}, { totalMinor: 9000, currency: "SAR" }, []],
    ["a capped percentage in another currency", { capMinor: 100 }, {}, { currency: "SAR" }, [{ reason: "wrong_currency", currency: "EUR" }]],
    // Scope.
    ["a product of the award's", { productGids: ["p1", "p2"] }, {}, { productGids: ["p2", "p9"] }, []],
    ["a variant of the award's", { variantGids: ["v1"] }, {}, { variantGids: ["v1"] }, []],
    ["a collection of the award's", { collectionGids: ["c1"] }, {}, { collectionGids: ["c1"] }, []],
    ["a line of the award's", { collectionGids: ["c1"] }, {}, { lines: [{ amountMinor: 1, collectionGids: ["c0", "c1"] }] }, []],
    ["nothing of the award's", { productGids: ["p1"], collectionGids: ["c1"] }, {}, { productGids: ["p9"] }, [{ reason: "nothing_in_scope", productGids: ["p1"], variantGids: [], collectionGids: ["c1"] }]],
    ["an empty order", { productGids: ["p1"] }, {}, { productGids: [] }, [{ reason: "nothing_in_scope", productGids: ["p1"], variantGids: [], collectionGids: [] }]],
    ["products that were not told", { productGids: ["p1"] }, {}, {}, []],
    // Time.
    ["on Monday", { weekdays: [1] }, {}, {}, [{ reason: "wrong_weekday", weekdays: [1], opensAt: "2026-11-22T23:00:00.000Z" }]],
    ["on the first", { monthDays: [1] }, {}, {}, [{ reason: "wrong_month_day", monthDays: [1], opensAt: "2026-11-30T23:00:00.000Z" }]],
    ["from 18:00", { fromMinute: 1080, untilMinute: 1320 }, {}, {}, [{ reason: "wrong_hour", fromMinute: 1080, untilMinute: 1320, opensAt: "2026-11-20T17:00:00.000Z" }]],
    ["used this morning, a gap of one day", { redeemGapDays: 1 }, { lastUsedAt: at("2026-11-20T06:00:00Z") }, {}, [{ reason: "too_soon", from: "2026-11-20T23:00:00.000Z" }]],
    ["used yesterday, a gap of one day", { redeemGapDays: 1 }, { lastUsedAt: at("2026-11-19T22:59:00Z") }, {}, []],
    ["used yesterday, a gap of two days", { redeemGapDays: 2 }, { lastUsedAt: at("2026-11-19T22:59:00Z") }, {}, [{ reason: "too_soon", from: "2026-11-20T23:00:00.000Z" }]],
    ["a lock of the customer's own is a use to come", { redeemGapDays: 1 }, { customerLocks: 1 }, {}, [{ reason: "too_soon", from: "2026-11-20T23:00:00.000Z" }]],
    ["never used", { redeemGapDays: 30 }, {}, {}, []],
    // New customers.
    ["registered too early", { registeredFrom: at("2026-07-01T00:00:00Z") }, {}, {}, [{ reason: "registered_outside", registeredFrom: "2026-07-01T00:00:00.000Z", registeredUntil: null }]],
    ["registered too late", { registeredUntil: at("2026-05-01T00:00:00Z") }, {}, {}, [{ reason: "registered_outside", registeredFrom: null, registeredUntil: "2026-05-01T00:00:00.000Z" }]],
    ["registered in between", { registeredFrom: at("2026-06-01T00:00:00Z"), registeredUntil: at("2026-06-01T00:00:00Z") }, {}, {}, []],
    ["registered nobody knows when", { registeredFrom: at("2020-01-01T00:00:00Z") }, { registeredAt: null }, {}, [{ reason: "registered_outside", registeredFrom: "2020-01-01T00:00:00.000Z", registeredUntil: null }]],
    ["too many orders", { maxOrders: 2 }, { ordersCount: 3 }, {}, [{ reason: "too_many_orders", maxOrders: 2, ordersCount: 3 }]],
    ["as many orders as may be", { maxOrders: 2 }, { ordersCount: 2 }, {}, []],
    ["not the first order", { firstOrderOnly: true }, { ordersCount: 1 }, {}, [{ reason: "not_first_order" }]],
    ["not the first order, says the code", {}, { firstOrderOnly: true, ordersCount: 1 }, {}, [{ reason: "not_first_order" }]],
    ["the first order", { firstOrderOnly: true }, {}, {}, []],
    ["a guest's first order", { firstOrderOnly: true, shareable: true }, {}, { customerId: null }, [{ reason: "customer_needed" }]],
    // Where.
    ["the right till", { locationIds: ["t1"] }, {}, { merchantId: "t1" }, []],
    ["a till of the right zone", { zones: ["north"] }, { placeKnown: true, zone: "north" }, { merchantId: "t2" }, []],
    ["a till of the right concept", { locationIds: ["t1"], concepts: ["outlet"] }, { placeKnown: true, concept: "outlet" }, { merchantId: "t2" }, []],
    ["another till", { locationIds: ["t1"], zones: ["north"] }, { placeKnown: true, zone: "south" }, { merchantId: "t2" }, [{ reason: "wrong_location", locationIds: ["t1"], zones: ["north"], concepts: [] }]],
    ["a till nobody knows", { zones: ["north"] }, {}, { merchantId: "t404" }, [{ reason: "location_unknown", location: "t404" }]],
    ["a till nobody knows, of an award for anywhere", {}, {}, { merchantId: "t404" }, []],
    ["a till that was not told", { locationIds: ["t1"] }, {}, {}, []],
    ["online, where tills only", { channels: ["pos"] }, {}, { channel: "online" }, [{ reason: "wrong_channel", channels: ["pos"] }]],
    ["at a till, where tills only", { channels: ["pos"] }, {}, { channel: "pos" }, []],
  ])("%s", (_name, award, facts, cart, refusals) => {
    expect(unmet(award, facts, cart)).toEqual(refusals);
  });

  it("names everything at once", () => {
    const reasons = unmet(
      { status: "inactive", usesPerCustomer: 1, minOrderMinor: 3000, weekdays: [1], fromMinute: 1080, untilMinute: 1320, firstOrderOnly: true, locationIds: ["t1"], productGids: ["p1"] },
      { customerUses: 1, ordersCount: 4, placeKnown: true }, { totalMinor: 100, merchantId: "t2", productGids: ["p9"] },
    ).map(({ reason }) => reason);
    expect(reasons).toEqual(["award_inactive", "customer_limit_reached", "minimum_order", "nothing_in_scope", "wrong_weekday", "wrong_hour", "not_first_order", "wrong_location"]);
  });

  it("asks who it is once, however many rules need to know", () => {
    const guest = unmet({ usesPerCustomer: 1, redeemGapDays: 2, firstOrderOnly: true, registeredFrom: NOON }, {}, { customerId: null });
    expect(guest).toEqual([{ reason: "customer_needed" }]);
  });

  it("says which rules it could not judge", () => {
    const ruled: KnownCode = { facts: FACTS, award: { ...AWARD, minOrderMinor: 1, productGids: ["p1"], zones: ["north"], channels: ["pos"] } };
    expect(unjudgedRules(ruled, { customerId: 1n })).toEqual(["order_amount", "scope", "location", "channel"]);
    expect(unjudgedRules(ruled, { customerId: 1n, totalMinor: 5, variantGids: [], merchantId: "t1", channel: "pos" })).toEqual([]);
    expect(unjudgedRules({ facts: FACTS, award: AWARD }, { customerId: 1n })).toEqual([]);
  });
});

describe("codes beside each other", () => {
  const code = (name: string, award: Partial<UseAward>): KnownCode => ({ facts: { ...FACTS, code: name }, award: { ...AWARD, ...award } });
  const order = { combinesOrder: true };
  const product = { productGids: ["p1"], combinesProduct: true };
  const shipping = { kind: "free_shipping" as const, combinesOrder: true, combinesShipping: true };

  it.each<[string, Partial<UseAward>, Partial<UseAward>, string[]]>([
    ["two of the order that allow it", order, order, []],
    ["two of the order, one does not", order, {}, ["A:B", "B:A"]],
    ["order and product, both ways", { combinesProduct: true }, { ...product, combinesOrder: true }, []],
    ["order and product, one way only", { combinesProduct: true }, product, ["A:B", "B:A"]],
    ["order and shipping", { combinesShipping: true }, shipping, []],
    ["a free product is of products", { combinesProduct: true }, { kind: "free_product", combinesOrder: true }, []],
    ["two free shippings never", shipping, shipping, ["A:B", "B:A"]],
  ])("%s", (_name, a, b, expected) => {
    const found = clashes([code("A", a), code("B", b)]);
    expect(found.map(({ code, refusals }) => `${code}:${refusals.map((refusal) => (refusal.reason === "cannot_combine" ? refusal.codes.join("+") : refusal.reason)).join()}`)).toEqual(expected);
  });

  it("names only those that stand in each other's way", () => {
    const found = clashes([code("A", order), code("B", order), code("C", {})]);
    expect(found).toEqual([
      { code: "A", refusals: [{ reason: "cannot_combine", codes: ["C"] }] },
      { code: "B", refusals: [{ reason: "cannot_combine", codes: ["C"] }] },
      { code: "C", refusals: [{ reason: "cannot_combine", codes: ["A", "B"] }] },
    ]);
  });

  it("leaves one alone", () => {
    expect(clashes([code("A", {})])).toEqual([]);
  });
});
