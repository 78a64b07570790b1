/** What a use does to everything around it, and how an order, a till and a reversal meet. */
import { describe, expect, it } from "vitest";
import { EVENT_DATA } from "#app/contract/events.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { finishReturn } from "#app/domain/coupons/finish-return.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { returnOverdue } from "#app/domain/coupons/return-overdue.server.ts";
import { reverseRedemptions } from "#app/domain/coupons/reverse.server.ts";
import { takeBack } from "#app/domain/coupons/take-back.server.ts";
import { cancelOrder } from "#app/domain/orders/cancel.server.ts";
import { recordOrder } from "#app/domain/orders/record.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, type AwardWish, oneLine } from "#test/factories.ts";
import { somebodyWaits } from "#test/somebody-waits.ts";
import { ending, minutesAfter, openTill, till } from "#test/till.ts";

/** A shop with an award on Shopify that costs 100 points, and a customer with 250 who has a coupon of it. */
async function onlineShop(wish: AwardWish = {}, channel: "checkout" | "api" = "checkout") {
  const shop = await newShop();
  const award = await newAward(shop.id, { codes: 5, ...wish });
  const customer = await newCustomer(shop.id);
  await givePoints(shop.id, customer.id, 250);
  const issuing = await issueCoupon(shop.id, { customerId: customer.id, awardNumber: award.number, requestKey: "first-press", channel }, NOON);
  if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
  const { code, issuanceId } = issuing;
  const order = (number: number, codes = [code]) => ({
    gid: gid("Order", number), name: `#${number}`, customer: { gid: customer.gid as Gid<"Customer"> }, currency: "EUR", lines: oneLine(0), totalMinor: 2500, discountMinor: 500,
    taxesIncluded: false, test: false, channel: "web", processedAt: NOON, updatedAt: NOON, codes: codes.map((used) => ({ code: used, discountMinor: 500 })),
  });
  return {
    shop, award, customer, code, issuanceId, order, ...till(shop.id, award.number),
    record: (number: number, codes?: string[]) => inTransaction((tx) => recordOrder(tx, shop.id, order(number, codes), NOON)),
    cancel: (number: number, now = NOON) => inTransaction((tx) => cancelOrder(tx, shop.id, { orderGid: gid("Order", number), cancelledAt: now }, now)),
    balance: () => findBalance(shop.id, customer.id, NOON),
    coupon: (used = code) => prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, code: used } }),
    issuance: () => prisma.issuance.findFirstOrThrow({ where: { shopId: shop.id, id: issuanceId } }),
    tally: () => prisma.awardTally.findFirstOrThrow({ where: { shopId: shop.id, awardNumber: award.number } }),
    changes: async (kind: string) => (await prisma.change.findMany({ where: { shopId: shop.id, kind, status: "pending" } })).map(({ subject }) => subject),
    events: async (kind: string) => (await prisma.event.findMany({ where: { shopId: shop.id, kind }, orderBy: { id: "asc" } })).map(({ data }) => data),
  };
}

describe("a till burns a coupon that Shopify has too", () => {
  it("the held points are spent, the code leaves Shopify, and everybody who listens is told", async () => {
    const { shop, customer, code, burn, balance, coupon, issuance, tally, changes, events, award } = await onlineShop();
    expect(await balance()).toEqual({ balance: 250, held: 100, spendable: 150 });
    await burn([code], { customerId: customer.id, transactionId: "sale-1", totalMinor: 2500, channel: "pos", merchantId: "till-1" });
    expect(await balance()).toEqual({ balance: 150, held: 0, spendable: 150 });
    const { id, status } = await coupon();
    expect([status, (await issuance()).status]).toEqual(["redeemed", "redeemed"]);
    expect(await tally()).toMatchObject({ issued: 1, used: 1, locked: 0 });
    expect(await changes("withdraw_code")).toEqual([String(id)]);
    const redemption = await prisma.redemption.findFirstOrThrow({ where: { shopId: shop.id } });
    expect(redemption).toMatchObject({ orderGid: "transaction:sale-1", orderName: "sale-1", discountMinor: 500n, currency: "EUR", flags: [], channel: "pos", locationId: "till-1" });
    const [told] = await events("coupon.redeemed");
    expect(EVENT_DATA["coupon.redeemed"].parse(told)).toMatchObject({ couponId: `cpn_${id}`, awardId: `awd_${award.number}`, customerId: `cus_${customer.id}`, redemptionId: `red_${redemption.id}`, orderId: "sale-1", discountMinor: 500 });
  });

  it("one that was paid for when it was given is not charged again", async () => {
    const { customer, code, burn, balance } = await onlineShop({}, "api");
    expect(await balance()).toEqual({ balance: 150, held: 0, spendable: 150 });
    expect(ending(await burn([code], { customerId: customer.id }))).toBe("burned");
    expect(await balance()).toEqual({ balance: 150, held: 0, spendable: 150 });
  });

  it("while its lock holds the coupon is not taken for abandoned; once it is over, it is", async () => {
    const { shop, customer, code, lock, burnLock, balance, issuance } = await onlineShop();
    expect(ending(await lock([code], { reference: "till-1", customerId: customer.id, minutes: 120 }))).toBe("locked");
    await returnOverdue(minutesAfter(100));
    expect(await issuance()).toMatchObject({ status: "open" });
    expect(ending(await burnLock("till-1", {}, minutesAfter(110)))).toBe("burned");
    expect(await balance()).toEqual({ balance: 150, held: 0, spendable: 150 });

    const other = await onlineShop();
    await other.lock([other.code], { reference: "till-1", customerId: other.customer.id, minutes: 120 });
    await returnOverdue(minutesAfter(121));
    expect(await other.issuance()).toMatchObject({ status: "returning" });
    expect(await prisma.issuance.count({ where: { shopId: shop.id, status: "redeemed" } })).toBe(1);
  });

  it("while its lock holds its owner cannot give it back; of both at once, one wins", async () => {
    const { shop, customer, code, issuanceId, lock, burnLock, issuance } = await onlineShop();
    const giveBack = (now: Date) => returnCoupon(shop.id, { issuanceId, customerId: customer.id }, now);
    await lock([code], { reference: "till-1", customerId: customer.id, minutes: 20 });
    expect(await giveBack(minutesAfter(10))).toEqual({ outcome: "locked" });
    expect(ending(await burnLock("till-1", {}, minutesAfter(11)))).toBe("burned");
    expect(await giveBack(minutesAfter(12))).toEqual({ outcome: "already_redeemed" });
    expect(await issuance()).toMatchObject({ status: "redeemed" });

    for (let round = 0; round < 10; round++) {
      const other = await onlineShop();
      const [locking, returning] = await Promise.all([
        other.lock([other.code], { reference: "till-1", customerId: other.customer.id, minutes: 20 }), returnCoupon(other.shop.id, { issuanceId: other.issuanceId, customerId: other.customer.id }, NOON),
      ]);
      expect([["locked", "locked"], ["refused", "returning"]]).toContainEqual([locking.outcome, returning.outcome]);
    }
  });

  it("the webhook of the same order finds its redemption, and the other way round", async () => {
    const { shop, customer, code, burn, record, balance } = await onlineShop();
    expect(ending(await burn([code], { customerId: customer.id, transactionId: gid("Order", 9) }))).toBe("burned");
    await record(9);
    expect(await prisma.redemption.count({ where: { shopId: shop.id } })).toBe(1);
    expect(await balance()).toMatchObject({ balance: 150, held: 0 });

    const other = await onlineShop();
    await other.record(9);
    expect(await other.burn([other.code], { customerId: other.customer.id, transactionId: gid("Order", 9) }, minutesAfter(5))).toMatchObject({ outcome: "burned", repeated: true, burnedAt: NOON });
    expect(ending(await other.burn([other.code], { customerId: other.customer.id, transactionId: gid("Order", 10) }))).toBe("coupon_redeemed");
  });

  it.each(["planned", "submitted"] as const)("one whose code is still to come there (%s) does not stay", async (codeState) => {
    const { shop, customer, code, burn, coupon, changes } = await onlineShop();
    await prisma.coupon.updateMany({ where: { shopId: shop.id, code }, data: { codeState, redeemCodeGid: null } });
    expect(ending(await burn([code], { customerId: customer.id }))).toBe("burned");
    expect(await changes("withdraw_code")).toEqual([String((await coupon()).id)]);
  });

  it("one that is being given back is not burned", async () => {
    const { shop, issuanceId, customer, code, burn } = await onlineShop();
    await prisma.issuance.updateMany({ where: { shopId: shop.id, id: issuanceId }, data: { status: "returning" } });
    expect(ending(await burn([code], { customerId: customer.id }))).toBe("coupon_revoked");
  });

  it("a cancelled order burns nothing more", async () => {
    const { customer, code, award, shop, burn, record, cancel } = await onlineShop({ onReversal: "reuse" });
    await record(3);
    await cancel(3);
    const other = await till(shop.id, award.number).give(customer.id);
    expect(ending(await burn([other], { customerId: customer.id, transactionId: gid("Order", 3) }))).toBe("order_cancelled");
    expect(await burn([code], { customerId: customer.id, transactionId: gid("Order", 3) })).toMatchObject({ outcome: "burned", repeated: true });
  });
});

type Online = Awaited<ReturnType<typeof onlineShop>>;

describe("an order is cancelled while a till burns for it", () => {
  it("the burn waits for the cancellation, and is refused", async () => {
    const { shop, customer, code, record, burn, tally } = await onlineShop({}, "api");
    await record(7, []);
    const waiting = await inTransaction(async (tx) => {
      await cancelOrder(tx, shop.id, { orderGid: gid("Order", 7), cancelledAt: NOON }, NOON);
      const burning = burn([code], { customerId: customer.id, transactionId: gid("Order", 7) });
      // It has looked at the order, which is not cancelled for it yet.
      await expect.poll(() => isWaitingForOrder(shop.id, gid("Order", 7))).toBe(true);
      return { burning };
    });
    expect(ending(await waiting.burning)).toBe("order_cancelled");
    expect((await tally()).used).toBe(0);
  });

  /** Whether somebody waits for news of this order to be worked. */
  async function isWaitingForOrder(shopId: number, orderGid: string): Promise<boolean> {
    const [row] = await prisma.$queryRaw<{ waits: boolean }[]>`
      SELECT EXISTS (SELECT 1 FROM pg_locks WHERE "locktype" = 'advisory' AND NOT "granted"
        AND ("classid"::bigint << 32 | "objid"::bigint) = hashtextextended(${`${shopId}:${orderGid}`}, 0)) AS waits`;
    return row?.waits ?? false;
  }
});

describe("an order uses a coupon that a till has locked", () => {
  it("the buyer's own lock has become the order's use", async () => {
    const { customer, code, lock, burnLock, record, tally } = await onlineShop();
    await lock([code], { customerId: customer.id, reference: "till-1" });
    expect(await tally()).toMatchObject({ used: 0, locked: 1 });
    await record(5);
    expect(await tally()).toMatchObject({ used: 1, locked: 0 });
    expect(await burnLock("till-1", { transactionId: gid("Order", 5) })).toMatchObject({ outcome: "burned", repeated: true });
    expect(await burnLock("till-1", { transactionId: "sale-1" })).toMatchObject({ call: { reason: "lock_burned", transactionId: gid("Order", 5) } });
  });

  it("another's lock of a code that is used up holds nothing any more, and its burn is told why", async () => {
    const { shop, code, lock, burnLock, record, tally } = await onlineShop({ shareable: true, usesPerCode: 1 });
    const friend = await newCustomer(shop.id);
    await lock([code], { customerId: friend.id, reference: "till-1" });
    await record(5);
    expect(await tally()).toMatchObject({ used: 1, locked: 0 });
    const refused = await burnLock("till-1", {}, minutesAfter(1));
    expect(refused).toMatchObject({ call: { reason: "lock_released" }, codes: [{ code, refusals: [{ reason: "coupon_redeemed" }] }] });
  });
});

describe("an order is a fact", () => {
  it.each<[string, AwardWish, string[]]>([
    ["at an hour at which it may not be used", { fromMinute: 18 * 60, untilMinute: 19 * 60 }, ["outside_window"]],
    ["on a day on which it may not be used", { weekdays: [1] }, ["outside_window"]],
    ["within everything", {}, []],
  ])("%s, it is recorded and flagged", async (_name, wish, flags) => {
    const { shop, record } = await onlineShop(wish);
    await record(1);
    expect((await prisma.redemption.findFirstOrThrow({ where: { shopId: shop.id } })).flags).toEqual(flags);
  });

  it("after the coupon's end, and one too many, it is recorded and flagged with both", async () => {
    const { shop, code, record } = await onlineShop();
    await record(1);
    await prisma.coupon.updateMany({ where: { shopId: shop.id, code }, data: { expiresAt: NOON } });
    await record(2);
    expect((await prisma.redemption.findFirstOrThrow({ where: { shopId: shop.id, orderName: "#2" } })).flags).toEqual(["expired", "over_limit"]);
  });

  it("after its award's end, which was moved before the coupon's own, it is flagged; reversed then, its points come back and no coupon", async () => {
    const { shop, record, cancel, balance, issuance } = await onlineShop({ onReversal: "reuse", expiryRule: "days", expiryCount: 30 });
    await prisma.award.updateMany({ where: { shopId: shop.id }, data: { endsAt: NOON } });
    await record(1);
    expect((await prisma.redemption.findFirstOrThrow({ where: { shopId: shop.id } })).flags).toEqual(["expired"]);
    await cancel(1);
    expect(await issuance()).toMatchObject({ status: "returned" });
    expect(await balance()).toMatchObject({ balance: 250 });
  });

  it("when it uses the last of the series, all other codes of the award leave Shopify", async () => {
    const { record, changes, award } = await onlineShop({ usesTotal: 1 });
    expect(await changes("withdraw_rest")).toEqual([]);
    await record(1);
    expect(await changes("withdraw_rest")).toEqual([String(award.number)]);
  });

  it("and so they do when a till uses it", async () => {
    const { burn, code, customer, changes, award } = await onlineShop({ usesTotal: 1 });
    await burn([code], { customerId: customer.id });
    expect(await changes("withdraw_rest")).toEqual([String(award.number)]);
  });
});

describe("an order is cancelled", () => {
  it("the points come back and the code ends, where the award says so", async () => {
    const { record, cancel, balance, coupon, issuance, tally, changes, events } = await onlineShop();
    await record(1);
    await cancel(1);
    await cancel(1);
    expect(await balance()).toEqual({ balance: 250, held: 0, spendable: 250 });
    expect([(await coupon()).status, (await coupon()).usesCount, (await issuance()).status]).toEqual(["revoked", 0, "returned"]);
    expect(await tally()).toMatchObject({ issued: 0, used: 0 });
    expect(await changes("withdraw_code")).toEqual([String((await coupon()).id)]);
    const told = await events("coupon.reversed");
    expect(told).toHaveLength(1);
    expect(EVENT_DATA["coupon.reversed"].parse(told[0])).toMatchObject({ orderId: gid("Order", 1), reason: "cancelled" });
  });

  it.each(["cancelled", "refunded"] as const)("why and when is kept, however late we hear of it: %s", async (reason) => {
    const { shop, customer, record, events } = await onlineShop();
    await record(1);
    const reversal = { orderGid: gid("Order", 1), customerId: customer.id, reason, reversedAt: minutesAfter(30) };
    await inTransaction((tx) => reverseRedemptions(tx, shop.id, reversal, minutesAfter(90)));
    expect(await prisma.redemptionReversal.findMany({ where: { shopId: shop.id } })).toMatchObject([{ reason, reversedAt: minutesAfter(30) }]);
    expect(await events("coupon.reversed")).toMatchObject([{ reason }]);
  });

  it("points that were spent when it was given come back too, once", async () => {
    const { record, cancel, balance, issuance } = await onlineShop({}, "api");
    await record(1);
    await cancel(1);
    await cancel(1);
    expect([await balance(), (await issuance()).status]).toEqual([{ balance: 250, held: 0, spendable: 250 }, "returned"]);
  });

  it("the customer gets another code where the award gives the coupon back, and is not charged for using it", async () => {
    const { shop, customer, code, record, cancel, balance, coupon, issuance, tally, events } = await onlineShop({ onReversal: "reuse" });
    await record(1);
    await cancel(1);
    const { couponId, status } = await issuance();
    const fresh = await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, id: couponId } });
    expect([status, fresh.status, fresh.customerId, fresh.code === code]).toEqual(["open", "issued", customer.id, false]);
    expect((await coupon()).status).toBe("revoked");
    expect(await balance()).toEqual({ balance: 150, held: 0, spendable: 150 });
    expect(await events("coupon.issued")).toMatchObject([{ code }, { code: fresh.code, points: 0 }]);

    await record(2, [fresh.code]);
    expect(await balance()).toEqual({ balance: 150, held: 0, spendable: 150 });
    expect([(await issuance()).status, (await tally()).used, (await tally()).issued]).toEqual(["redeemed", 1, 1]);
    expect((await prisma.redemption.findFirstOrThrow({ where: { shopId: shop.id, orderName: "#2" } })).flags).toEqual([]);
  });

  it("a code of several uses is replaced only when none of its uses stands: nobody gets a third use out of two", async () => {
    const { shop, record, cancel, issuance, coupon, changes } = await onlineShop({ onReversal: "reuse", usesPerCode: 2 });
    await record(1);
    await record(2);
    await cancel(1);
    const used = await coupon();
    expect([used.status, used.usesCount, (await issuance()).couponId]).toEqual(["redeemed", 1, used.id]);
    expect(await prisma.coupon.count({ where: { shopId: shop.id, status: "issued" } })).toBe(0);

    await cancel(2);
    const fresh = await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, id: (await issuance()).couponId } });
    expect([fresh.status, fresh.id === used.id, (await coupon()).status]).toEqual(["issued", false, "revoked"]);
    expect(await changes("withdraw_code")).toContain(String(used.id));
  });

  it("with no other code left, the points come back instead", async () => {
    const { shop, award, record, cancel, balance, issuance } = await onlineShop({ onReversal: "reuse", codes: 2 });
    // The other one is on its way to Shopify: nobody could use it yet.
    await prisma.coupon.updateMany({ where: { shopId: shop.id, awardNumber: award.number, status: "available" }, data: { codeState: "submitted" } });
    await record(1);
    await cancel(1);
    expect([(await balance()).balance, (await issuance()).status]).toEqual([250, "returned"]);
  });

  it("after the coupon's end, or once staff took it, the points come back instead", async () => {
    const ended = await onlineShop({ onReversal: "reuse", expiryRule: "date", expiresOn: minutesAfter(60) });
    await ended.record(1);
    await ended.cancel(1, minutesAfter(60));
    expect([(await ended.balance()).balance, (await ended.issuance()).status, (await ended.coupon()).status]).toEqual([250, "returned", "revoked"]);
    expect(await ended.events("coupon.issued")).toHaveLength(1);

    const taken = await onlineShop({ onReversal: "reuse", usesPerCode: 2 }, "api");
    await taken.record(1);
    await inTransaction((tx) => takeBack(tx, taken.shop.id, taken.award, { issuanceIds: [taken.issuanceId], returnPoints: false }, NOON));
    await taken.cancel(1);
    expect([(await taken.balance()).balance, (await taken.issuance()).status, (await taken.coupon()).status]).toEqual([250, "returned", "revoked"]);
  });

  it("the coupon that came back can be given up, also after it was given up and used all the same: the points are never lost", async () => {
    const { shop, customer, issuanceId, record, cancel, balance, issuance, coupon } = await onlineShop({ onReversal: "reuse" });
    for (const [useIt, cancelled] of [[1, 1], [2, 2]] as const) {
      const { couponId } = await issuance();
      const { code } = await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, id: couponId } });
      await record(useIt, [code]);
      await cancel(cancelled);
      expect(await returnCoupon(shop.id, { issuanceId, customerId: customer.id }, NOON)).toEqual({ outcome: "returning" });
      const fresh = (await issuance()).couponId;
      await inTransaction((tx) => finishReturn(tx, shop.id, fresh, NOON));
      expect([(await balance()).balance, (await issuance()).status]).toEqual([250, "returned"]);
    }
    expect((await coupon()).status).toBe("revoked");
  });

  it("while another order uses the coupon: its price was paid, and is not asked for again", async () => {
    const { shop, order, balance, issuance, tally } = await onlineShop({ onReversal: "reuse", appliedBy: "integrator" });
    const { other } = await inTransaction(async (tx) => {
      await recordOrder(tx, shop.id, order(1), NOON);
      await cancelOrder(tx, shop.id, { orderGid: gid("Order", 1), cancelledAt: NOON }, NOON);
      const other = inTransaction((another) => recordOrder(another, shop.id, { ...order(2), customer: null }, NOON));
      await somebodyWaits();
      return { other };
    });
    expect(await other).toEqual({ outcome: "recorded" });
    expect([await balance(), (await issuance()).status, (await tally()).used]).toEqual([{ balance: 150, held: 0, spendable: 150 }, "redeemed", 1]);
  });

  it("while its coupon is taken or given up: the code that takes its place goes", async () => {
    const endings = {
      taken: ({ shop, award, issuanceId }: Online) => inTransaction((tx) => takeBack(tx, shop.id, award, { issuanceIds: [issuanceId], returnPoints: true }, NOON)),
      given_up: ({ shop, customer, issuanceId }: Online) => returnCoupon(shop.id, { issuanceId, customerId: customer.id }, NOON),
    };
    for (const end of Object.values(endings)) {
      const online = await onlineShop({ onReversal: "reuse" });
      const { shop, issuance, changes } = online;
      await online.record(1);
      const { ending } = await inTransaction(async (tx) => {
        await cancelOrder(tx, shop.id, { orderGid: gid("Order", 1), cancelledAt: NOON }, NOON);
        const ending = end(online);
        await somebodyWaits();
        return { ending };
      });
      await ending;
      const { status, couponId } = await issuance();
      expect(status).toBe("returning");
      expect(await changes("withdraw_code")).toContain(String(couponId));
    }
  });

  it("a till's coupon is usable again, its use given back to every limit", async () => {
    const { shop, holder, burn, award } = await openTill({ onReversal: "reuse", usesPerCustomer: 1, usesTotal: 1 });
    const { customerId, code } = await holder();
    const order = {
      gid: gid("Order", 8), name: "#8", customer: null, currency: "EUR", lines: oneLine(0), totalMinor: 100, discountMinor: 0, taxesIncluded: false, test: false,
      channel: "web", processedAt: NOON, updatedAt: NOON, codes: [],
    };
    expect(ending(await burn([code], { customerId, transactionId: gid("Order", 8) }))).toBe("burned");
    await inTransaction((tx) => recordOrder(tx, shop.id, order, NOON));
    expect(ending(await burn([code], { customerId }))).toBe("coupon_redeemed customer_limit_reached award_limit_reached");
    await inTransaction((tx) => cancelOrder(tx, shop.id, { orderGid: gid("Order", 8), cancelledAt: NOON }, NOON));
    expect(await prisma.awardTally.findFirst({ where: { shopId: shop.id, awardNumber: award.number } })).toMatchObject({ used: 0 });
    expect(ending(await burn([code], { customerId }))).toBe("burned");
  });

  it("one that cost nothing is usable again, whatever the award says of points", async () => {
    const { shop, holder, burn } = await openTill();
    const { customerId, code } = await holder();
    await burn([code], { customerId, transactionId: gid("Order", 4) });
    const reversal = { orderGid: gid("Order", 4), name: "#4" };
    await prisma.order.create({ data: { shopId: shop.id, gid: reversal.orderGid, name: reversal.name, currency: "EUR", earningMinor: 0, totalMinor: 0, discountMinor: 0, processedAt: NOON, sourceUpdatedAt: NOON } });
    await inTransaction((tx) => cancelOrder(tx, shop.id, { orderGid: reversal.orderGid, cancelledAt: NOON }, NOON));
    expect(ending(await burn([code], { customerId }))).toBe("burned");
  });

  it.each(["api", "checkout"] as const)("of a code with several uses the one comes back; the price only when none stands: %s", async (channel) => {
    const { record, cancel, balance, coupon, tally } = await onlineShop({ usesPerCode: 2, appliedBy: "integrator" }, channel);
    await record(1);
    await record(2);
    expect([(await coupon()).status, (await coupon()).usesCount]).toEqual(["redeemed", 2]);
    await cancel(1);
    expect([(await coupon()).status, (await coupon()).usesCount, (await balance()).balance]).toEqual(["issued", 1, 150]);
    await cancel(2);
    expect([(await balance()).balance, (await tally()).used, (await tally()).issued]).toEqual([250, 0, 0]);
  });
});
