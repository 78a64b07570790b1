/** An award of no rules and a code of it that its owner can use, as the rules of using see them. */
import type { CodeFacts, UseAward } from "#app/domain/coupons/use.ts";

export const AWARD: UseAward = {
  shopId: 1, number: 7, name: "A fifth off", kind: "percentage", value: 20, currency: "EUR", capMinor: null, giftVariantGid: null, codeSource: "generated", status: "active",
  startsAt: new Date("2026-11-01T00:00:00Z"), endsAt: null, redeemableFrom: null, usesPerCode: null, usesPerCustomer: null, usesTotal: null, issuesTotal: null, shareable: false,
  minOrderMinor: null, maxOrderMinor: null, productGids: [], variantGids: [], collectionGids: [], redeemGapDays: null, weekdays: [], monthDays: [], fromMinute: null, untilMinute: null,
  registeredFrom: null, registeredUntil: null, maxOrders: null, firstOrderOnly: false, channels: [], locationIds: [], zones: [], concepts: [],
  combinesOrder: false, combinesProduct: false, combinesShipping: false, timeZone: "Europe/Berlin", lockMinutes: 10,
};
export const ISSUANCE = { id: 5n, customerId: 1n, status: "open" as const, expiresAt: null, valueMinor: null };

export const FACTS: CodeFacts = {
  couponId: 3n, code: "SPRING10", awardNumber: 7, status: "issued", codeState: "local", shared: false, usesCount: 0, expiresAt: null, valueMinor: null, usesPerCode: null,
  minOrderMinor: null, boundCustomerId: null, firstOrderOnly: false, issuance: ISSUANCE, issuedToSomebody: true, codeLocks: 0, lockedUntil: null, customerUses: 0, customerLocks: 0,
  lastUsedAt: null, awardUsed: 0, awardLocks: 0, registeredAt: new Date("2026-06-01T00:00:00Z"), ordersCount: 0, zone: null, concept: null, placeKnown: false, redemption: null, orderCancelled: false,
};
