/** A story for each rule of using, from the tables to the answer: what is read of the customer, the place and the past. */
import { describe, expect, it } from "vitest";
import { expireCoupons } from "#app/domain/coupons/expire.server.ts";
import { reverseRedemptions } from "#app/domain/coupons/reverse.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { recordOrder } from "#app/domain/orders/record.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { newAward, newCustomer, NOON, oneLine } from "#test/factories.ts";
import { ending, minutesAfter, openTill, reasons, till } from "#test/till.ts";

const DAY = 24 * 60;

/** An order of Shopify's by this customer. */
function buys(shopId: number, customerGid: string, number: number, test = false) {
  const facts = {
    gid: gid("Order", number), name: `#${number}`, customer: { gid: customerGid as Gid<"Customer"> }, currency: "EUR", lines: oneLine(0), totalMinor: 100, discountMinor: 0,
    taxesIncluded: false, test, channel: "web", processedAt: NOON, updatedAt: NOON, codes: [],
  };
  return inTransaction((tx) => recordOrder(tx, shopId, facts, NOON));
}

describe("who may use a code", () => {
  it("its owner, and nobody else", async () => {
    const { shop, holder, validate, burn } = await openTill();
    const { customerId, code } = await holder();
    const stranger = await newCustomer(shop.id);
    expect(reasons((await validate([code], { customerId: stranger.id })).codes)).toEqual(["not_owner"]);
    expect(reasons((await validate([code])).codes)).toEqual(["customer_needed"]);
    expect(ending(await burn([code], { customerId: stranger.id }))).toBe("not_owner");
    expect(ending(await burn([code], { customerId }))).toBe("burned");
  });

  it("whoever burns it without a name is its owner", async () => {
    const { shop, holder, burn } = await openTill({ usesPerCustomer: 1 });
    const { customerId, code } = await holder();
    expect(ending(await burn([code]))).toBe("burned");
    expect(await prisma.redemption.findFirst({ where: { shopId: shop.id } })).toMatchObject({ customerId });
  });

  it("of a code that anyone may use nobody is presumed", async () => {
    const free = await openTill({ shareable: true });
    expect(ending(await free.burn([(await free.holder()).code]))).toBe("burned");
    expect(await prisma.redemption.findFirst({ where: { shopId: free.shop.id } })).toMatchObject({ customerId: null });
    const counted = await openTill({ shareable: true, usesPerCustomer: 1 });
    expect(ending(await counted.burn([(await counted.holder()).code]))).toBe("customer_needed");
  });

  it("anyone, where it is shareable, but only once it was given to somebody", async () => {
    const { shop, award, give, validate, burn } = await openTill({ shareable: true });
    const [owner, friend] = [await newCustomer(shop.id), await newCustomer(shop.id)];
    const unissued = await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, awardNumber: award.number, status: "available" } });
    expect(reasons((await validate([unissued.code], { customerId: friend.id })).codes)).toEqual(["not_issued"]);
    const code = await give(owner.id);
    expect(ending(await burn([code], { customerId: friend.id }))).toBe("burned");
    expect(await prisma.redemption.findFirst({ where: { shopId: shop.id } })).toMatchObject({ customerId: friend.id, flags: [] });
  });

  it("of everybody's code those who were given it, and anyone where it is shareable", async () => {
    for (const shareable of [false, true]) {
      const { shop, award, give, validate } = await openTill({ single: `SAME-FOR-ALL-${shareable}`, shareable });
      const [holder, other] = [await newCustomer(shop.id), await newCustomer(shop.id)];
      const { code } = await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, awardNumber: award.number } });
      expect(reasons((await validate([code], { customerId: other.id })).codes)).toEqual(["not_issued"]);
      await give(holder.id);
      expect(reasons((await validate([code], { customerId: holder.id })).codes)).toEqual(["fine"]);
      expect(reasons((await validate([code], { customerId: other.id })).codes)).toEqual([shareable ? "fine" : "not_owner"]);
      // Who had it gave it back: it is as if nobody had been given it.
      await prisma.issuance.updateMany({ where: { shopId: shop.id }, data: { status: "returned" } });
      expect(reasons((await validate([code], { customerId: other.id })).codes)).toEqual(["not_issued"]);
    }
  });

  it("who is new: few orders, counted from Shopify and from what was bought since", async () => {
    const { shop, give, validate, burn } = await openTill({ firstOrderOnly: true, codes: 5 });
    const fresh = await newCustomer(shop.id);
    const code = await give(fresh.id);
    await buys(shop.id, fresh.gid, 70, true);
    expect(reasons((await validate([code], { customerId: fresh.id })).codes)).toEqual(["fine"]);
    await buys(shop.id, fresh.gid, 71);
    expect(reasons((await validate([code], { customerId: fresh.id })).codes)).toEqual(["not_first_order"]);
    // The order that burns it is not one before it.
    expect(ending(await burn([code], { customerId: fresh.id, transactionId: gid("Order", 71) }))).toBe("burned");

    const regular = await newCustomer(shop.id);
    await prisma.customer.update({ where: { shopId_id: { shopId: shop.id, id: regular.id } }, data: { ordersCount: 4 } });
    expect(reasons((await validate([await give(regular.id)], { customerId: regular.id })).codes)).toEqual(["not_first_order"]);
  });

  it("with at most so many orders, registered between dates", async () => {
    const { shop, give, validate } = await openTill({ maxOrders: 1, registeredFrom: new Date("2026-11-01T00:00:00Z"), codes: 5 });
    const customer = await newCustomer(shop.id);
    const registered = (at: string) => prisma.customer.update({ where: { shopId_id: { shopId: shop.id, id: customer.id } }, data: { registeredAt: new Date(at) } });
    await registered("2026-11-05T00:00:00Z");
    const code = await give(customer.id);
    const judged = async () => reasons((await validate([code], { customerId: customer.id })).codes)[0];
    // Shopify tells another date later.
    await registered("2026-10-31T23:59:59Z");
    expect(await judged()).toBe("registered_outside");
    await registered("2026-11-01T00:00:00Z");
    expect(await judged()).toBe("fine");
    await buys(shop.id, customer.gid, 81);
    expect(await judged()).toBe("fine");
    await buys(shop.id, customer.gid, 82);
    expect(await judged()).toBe("too_many_orders");
  });
});

describe("when a code may be used", () => {
  it("on Mondays from six, in the shop's time, and the answer says from when", async () => {
    const { holder, validate, lock } = await openTill({ weekdays: [1], fromMinute: 18 * 60, untilMinute: 22 * 60 }, { timeZone: "Asia/Dubai" });
    const { customerId, code } = await holder();
    const { codes } = await validate([code], { customerId });
    const opensAt = "2026-11-23T14:00:00.000Z"; // Monday, 18:00 in Dubai
    expect(codes[0]?.refusals).toEqual([{ reason: "wrong_weekday", weekdays: [1], opensAt }, { reason: "wrong_hour", fromMinute: 1080, untilMinute: 1320, opensAt }]);
    expect(ending(await lock([code], { customerId }, new Date(opensAt)))).toBe("locked");
  });

  it("is judged at the time of the transaction, which may be told later", async () => {
    const { shop, holder, burn } = await openTill({ fromMinute: 8 * 60, untilMinute: 12 * 60, codes: 3 });
    const [one, other] = [await holder(), await holder()];
    expect(ending(await burn([one.code], { customerId: one.customerId }))).toBe("wrong_hour"); // 13:00 in Berlin
    const morning = new Date("2026-11-20T08:30:00Z");
    expect(ending(await burn([one.code], { customerId: one.customerId, transactionTime: morning }))).toBe("burned");
    expect(await prisma.redemption.findFirst({ where: { shopId: shop.id } })).toMatchObject({ redeemedAt: morning, recordedAt: NOON });
    // A time to come is no way around the clock.
    expect(ending(await burn([other.code], { customerId: other.customerId, transactionTime: minutesAfter(DAY - 240) }))).toBe("wrong_hour");
  });

  it("not before it can be redeemed, not after its own end, not after the award's", async () => {
    const { holder, validate } = await openTill({ redeemableFrom: minutesAfter(60), endsAt: minutesAfter(30 * DAY), expiryRule: "days", expiryCount: 1 });
    const { customerId, code } = await holder();
    const judged = async (at: Date) => reasons((await validate([code], { customerId }, at)).codes)[0];
    expect(await judged(NOON)).toBe("not_redeemable_yet");
    expect(await judged(minutesAfter(60))).toBe("fine");
    const midnightAfterTomorrow = new Date("2026-11-21T23:00:00Z"); // 22 November in Berlin
    expect(await judged(new Date(midnightAfterTomorrow.getTime() - 1000))).toBe("fine");
    expect(await judged(midnightAfterTomorrow)).toBe("coupon_expired");
    expect(await judged(minutesAfter(31 * DAY))).toBe("coupon_expired award_ended");
  });

  it("with a gap of one day: not twice on a day, but shortly after midnight, and a lock is a use to come", async () => {
    const { holder, give, lock, burn, burnLock } = await openTill({ redeemGapDays: 1, codes: 6 });
    const { customerId, code } = await holder();
    const [second, third] = [await give(customerId), await give(customerId)];
    await lock([code], { customerId, reference: "till-1" });
    expect(ending(await burn([second], { customerId }))).toBe("too_soon");
    expect(ending(await burnLock("till-1"))).toBe("burned");
    const refused = await burn([second], { customerId }, minutesAfter(60));
    expect(refused).toMatchObject({ codes: [{ refusals: [{ reason: "too_soon", from: "2026-11-20T23:00:00.000Z" }] }] });
    const midnight = new Date("2026-11-20T23:00:00Z");
    const both = await Promise.all([burn([second], { customerId }, midnight), burn([third], { customerId }, midnight)]);
    expect(both.map(ending).sort()).toEqual(["burned", "too_soon"]);
  });

  it("with a gap of two days, counted from the last use that stands", async () => {
    const { shop, holder, give, validate, burn } = await openTill({ redeemGapDays: 2, codes: 6 });
    const { customerId, code } = await holder();
    const [second, third] = [await give(customerId), await give(customerId)];
    const judged = async (now: Date) => reasons((await validate([third], { customerId }, now)).codes)[0];
    await burn([code], { customerId });
    expect(ending(await burn([second], { customerId, transactionId: "r-2" }, minutesAfter(2 * DAY)))).toBe("burned");
    expect(await judged(minutesAfter(3 * DAY))).toBe("too_soon");
    await inTransaction((tx) => reverseRedemptions(tx, shop.id, { orderGid: "transaction:r-2", customerId, reason: "cancelled", reversedAt: minutesAfter(3 * DAY) }, minutesAfter(3 * DAY)));
    expect(await judged(minutesAfter(3 * DAY))).toBe("fine");
    expect(ending(await burn([third], { customerId }, minutesAfter(3 * DAY)))).toBe("burned");
  });

  it("in its last second, while the sweep marks it expired: the clock decides, not who comes first", async () => {
    const { shop, holder, burn, lock } = await openTill({ codes: 12, expiryRule: "days", expiryCount: 0 });
    const end = new Date("2026-11-20T23:00:00Z");
    const lastSecond = new Date(end.getTime() - 1000);
    for (let round = 0; round < 5; round++) {
      const { customerId, code } = await holder();
      const [burning] = await Promise.all([burn([code], { customerId }, lastSecond), expireCoupons(end)]);
      expect(ending(burning)).toBe("burned");
      expect(await prisma.coupon.findFirst({ where: { shopId: shop.id, code } })).toMatchObject({ status: "redeemed", usesCount: 1 });
    }
    const { customerId, code } = await holder();
    const late = await Promise.all([burn([code], { customerId }, end), lock([code], { customerId }, end), expireCoupons(end)]);
    expect([ending(late[0]), ending(late[1])]).toEqual(["coupon_expired", "coupon_expired"]);
  });

  it("an award that is switched off is neither validated, locked nor burned", async () => {
    const { shop, award, holder, validate, lock, burn } = await openTill();
    const { customerId, code } = await holder();
    await prisma.award.update({ where: { shopId_number: { shopId: shop.id, number: award.number } }, data: { status: "inactive" } });
    expect(reasons((await validate([code], { customerId })).codes)).toEqual(["award_inactive"]);
    expect([ending(await lock([code], { customerId })), ending(await burn([code], { customerId }))]).toEqual(["award_inactive", "award_inactive"]);
  });
});

describe("where and on what a code may be used", () => {
  it("at the tills of a zone; an unknown till is refused by its name", async () => {
    const { shop, holder, validate, burn } = await openTill();
    await prisma.location.createMany({
      data: [{ shopId: shop.id, id: "till-1", name: "Harbour", zone: "north" }, { shopId: shop.id, id: "till-2", name: "Hill", zone: "south", concept: "outlet" }],
    });
    const award = await newAward(shop.id, { appliedBy: "integrator", pointsPrice: null, zones: ["north"], channels: ["pos"] });
    const { customerId } = await holder();
    const code = await till(shop.id, award.number).give(customerId);
    const judged = async (merchantId: string | undefined) => (await validate([code], { customerId, merchantId })).codes[0];
    expect((await judged("till-1"))?.refusals).toEqual([]);
    expect((await judged("till-2"))?.refusals).toEqual([{ reason: "wrong_location", locationIds: [], zones: ["north"], concepts: [] }]);
    expect((await judged("till-9"))?.refusals).toEqual([{ reason: "location_unknown", location: "till-9" }]);
    expect((await judged(undefined))?.unjudged).toEqual(["location", "channel"]);
    expect(ending(await burn([code], { customerId, merchantId: "till-1", channel: "online" }))).toBe("wrong_channel");
    expect(ending(await burn([code], { customerId, merchantId: "till-1", channel: "pos" }))).toBe("burned");
    expect(await prisma.redemption.findFirst({ where: { shopId: shop.id } })).toMatchObject({ locationId: "till-1", channel: "pos" });
  });

  it("on an order between its bounds, and what it takes off is recorded", async () => {
    const { shop, holder, burn } = await openTill({ kind: "percentage", value: 20, capMinor: 1500, minOrderMinor: 3000, maxOrderMinor: 20_000 });
    const { customerId, code } = await holder();
    expect(await burn([code], { customerId, totalMinor: 2580 })).toMatchObject({ codes: [{ refusals: [{ reason: "minimum_order", missingMinor: 420 }] }] });
    expect(ending(await burn([code], { customerId, totalMinor: 20_001 }))).toBe("maximum_order");
    expect(ending(await burn([code], { customerId, totalMinor: 10_000 }))).toBe("burned");
    expect(await prisma.redemption.findFirst({ where: { shopId: shop.id } })).toMatchObject({ discountMinor: 1500n, currency: "EUR" });
  });

  it("on what the award is for", async () => {
    const { holder, validate } = await openTill({ collectionGids: [gid("Collection", 5)] });
    const { customerId, code } = await holder();
    const judged = async (collectionGids: string[]) => reasons((await validate([code], { customerId, collectionGids })).codes)[0];
    expect([await judged([gid("Collection", 4)]), await judged([gid("Collection", 4), gid("Collection", 5)])]).toEqual(["nothing_in_scope", "fine"]);
  });

  it("beside codes it combines with, and else it says what to remove", async () => {
    const { shop, holder, validate } = await openTill({ combinesOrder: true });
    const alone = await newAward(shop.id, { appliedBy: "integrator", pointsPrice: null });
    const { customerId, code } = await holder();
    const loner = await till(shop.id, alone.number).give(customerId);
    const { isValid, codes } = await validate([code, loner], { customerId });
    expect(isValid).toBe(false);
    expect(codes.map(({ refusals }) => refusals)).toEqual([[{ reason: "cannot_combine", codes: [loner] }], [{ reason: "cannot_combine", codes: [code] }]]);
  });

  it("by its name however it is typed; another shop's code is unknown", async () => {
    const [mine, other] = [await openTill(), await openTill()];
    const { customerId, code } = await mine.holder();
    expect(reasons((await mine.validate([` ${code.toLowerCase()} `], { customerId })).codes)).toEqual(["fine"]);
    expect(reasons((await other.validate([code], { customerId })).codes)).toEqual(["coupon_unknown"]);
    for (const nonsense of ["", "\0", "\uD800", "X".repeat(300), "'; DROP TABLE \"Coupon\"; --"]) expect(reasons((await mine.validate([nonsense])).codes)).toEqual(["coupon_unknown"]);
  });
});
