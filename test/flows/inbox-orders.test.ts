import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { finishReturn } from "#app/domain/coupons/finish-return.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { verifyChain } from "#app/domain/points/verify.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";
import { orderPayload, refundPayload, type OrderWish } from "#test/fixtures/payloads.ts";
import { openHotServer, sessionToken, workInbox } from "#test/hot-server.ts";

let app: Awaited<ReturnType<typeof openHotServer>>;
beforeAll(async () => void (app = await openHotServer()));
afterAll(() => app.close());

/** A shop, a customer with 250 points, an award for 100 points, and a coupon of it in the customer's hand. */
async function shopperWithCoupon(wish: Parameters<typeof newAward>[1] = {}) {
  const shop = await newShop();
  const customer = await newCustomer(shop.id);
  await givePoints(shop.id, customer.id, 250);
  const award = await newAward(shop.id, wish);
  const issuing = await issueCoupon(shop.id, { customerId: customer.id, awardNumber: award.number, requestKey: randomUUID(), channel: "checkout" }, NOON);
  if (issuing.outcome !== "issued") throw new Error(`not issued: ${issuing.outcome}`);
  const order = (more: Partial<OrderWish> = {}) => orderPayload({ id: 1001, customerGid: customer.gid, codes: [{ code: issuing.code.toLowerCase(), amount: "5.00" }], ...more });
  return {
    shop, customer, award, code: issuing.code, issuanceId: issuing.issuanceId, order,
    send: (topic: string, payload: unknown, headers = {}) => app.deliver(shop.domain, topic, payload, headers),
    work: (direction: "asc" | "desc" = "asc") => workInbox(shop.domain, NOON, direction),
    balance: () => findBalance(shop.id, customer.id, NOON),
    redemptions: () => prisma.redemption.findMany({ where: { shopId: shop.id }, orderBy: { id: "asc" } }),
    coupon: () => prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, code: issuing.code } }),
    giveBack: () => returnCoupon(shop.id, { issuanceId: issuing.issuanceId, customerId: customer.id }, NOON),
    async withdrawn() {
      const { id } = await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, code: issuing.code } });
      return inTransaction((tx) => finishReturn(tx, shop.id, id, NOON));
    },
  };
}

describe("an order pays with a coupon", () => {
  it("redeems the coupon, spends the held points and earns on what was paid", async () => {
    const world = await shopperWithCoupon();

    expect(await world.send("orders/create", world.order())).toBe(200);
    expect(await world.work()).toEqual(["done"]);

    expect(await world.balance()).toEqual({ balance: 250 - 100 + 95, held: 0, spendable: 245 });
    expect(await world.redemptions()).toMatchObject([{ orderName: "#1001", discountMinor: 500n, currency: "EUR", flags: [], customerId: world.customer.id }]);
    expect(await world.coupon()).toMatchObject({ status: "redeemed", usesCount: 1 });
    expect(await verifyChain(world.shop.id, world.customer.id)).toEqual({ outcome: "unbroken", entriesCount: 3 });
  });

  it("counts one order however often it is told: the same delivery, another delivery, all at once", async () => {
    const world = await shopperWithCoupon();
    const id = randomUUID();
    const statuses = await Promise.all(Array.from({ length: 5 }, (_, index) => world.send("orders/create", world.order(), index < 3 ? { "X-Shopify-Webhook-Id": id } : {})));
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    expect(await prisma.inboxEvent.count({ where: { shopDomain: world.shop.domain } })).toBe(3);

    const outcomes = await Promise.all([world.work(), world.work("desc"), world.work()]);

    expect(outcomes.flat().filter((outcome) => outcome === "done")).toHaveLength(3);
    expect(await prisma.inboxEvent.count({ where: { shopDomain: world.shop.domain, status: "done" } })).toBe(3);
    expect((await world.balance()).balance).toBe(245);
    expect(await world.redemptions()).toHaveLength(1);
  });

  it("with someone else's coupon: the owner is charged, the use is flagged, the buyer earns", async () => {
    const world = await shopperWithCoupon();
    const buyer = await newCustomer(world.shop.id);
    await world.send("orders/create", world.order({ customerGid: buyer.gid }));
    await world.work();

    expect(await world.redemptions()).toMatchObject([{ flags: ["other_customer"], customerId: buyer.id }]);
    expect((await world.balance()).balance).toBe(150);
    expect((await findBalance(world.shop.id, buyer.id, NOON)).balance).toBe(95);
  });

  it.each([
    ["of the code", { single: `EVERY${Date.now()}`, usesPerCode: 2 }, ["over_limit"]],
    ["of a customer", { single: `ONCE${Date.now()}`, usesPerCustomer: 2 }, ["over_limit"]],
    ["of the award", { single: `TOTAL${Date.now()}`, usesTotal: 2 }, ["over_limit"]],
    ["of nothing", { single: `FREE${Date.now()}` }, []],
  ])("flags the third use where two are the limit %s; a cancelled one does not count", async (_name, wish, flags) => {
    const world = await shopperWithCoupon(wish);
    for (const id of [1, 2, 3]) await world.send("orders/create", world.order({ id }));
    await world.send("orders/cancelled", world.order({ id: 3, cancelledAt: "2026-11-21T00:00:00Z" }));
    await world.send("orders/cancelled", world.order({ id: 2, cancelledAt: "2026-11-21T00:00:00Z" }));
    for (const id of [4, 5]) await world.send("orders/create", world.order({ id }));
    await world.work();
    const found = (await world.redemptions()).map((redemption) => redemption.flags.filter((flag) => flag === "over_limit"));
    expect(found).toEqual([[], [], flags, [], flags]);
  });

  it("with another code that is only like it in upper case, straße1, does not use STRASSE1", async () => {
    const world = await shopperWithCoupon({ single: "STRASSE1" });
    await world.send("orders/create", world.order({ codes: [{ code: "straße1", amount: "5.00" }] }));
    expect(await world.work()).toEqual(["done"]);
    expect(await world.redemptions()).toEqual([]);
    await world.send("orders/create", world.order({ id: 1002, codes: [{ code: "strasse1", amount: "5.00" }] }));
    await world.work();
    expect(await world.redemptions()).toMatchObject([{ orderName: "#1002" }]);
  });

  it("with a NUL in the customer's name, which no database text may hold: it is recorded like any other", async () => {
    const world = await shopperWithCoupon();
    const order = world.order();
    await world.send("orders/create", { ...order, customer: { ...order.customer, first_name: "Am\0ira" } });
    expect(await world.work()).toEqual(["done"]);

    expect(await world.redemptions()).toHaveLength(1);
    expect(await prisma.customer.findFirstOrThrow({ where: { shopId: world.shop.id } })).toMatchObject({ firstName: "Amira" });
  });

  it("as a guest: nobody earns, the coupon is redeemed and flagged", async () => {
    const world = await shopperWithCoupon();
    await world.send("orders/create", world.order({ customerGid: null }));
    expect(await world.work()).toEqual(["done"]);

    expect(await world.redemptions()).toMatchObject([{ flags: ["other_customer"], customerId: null }]);
    expect(await world.balance()).toEqual({ balance: 150, held: 0, spendable: 150 });
  });

  it("with a code nobody was given, a code that is not ours and a manual discount titled like a coupon", async () => {
    const world = await shopperWithCoupon();
    const spare = await prisma.coupon.findFirstOrThrow({ where: { shopId: world.shop.id, status: "available" } });
    await world.send("orders/create", world.order({ manualTitle: world.code, codes: [{ code: "SPRING10", amount: "3.00" }, { code: spare.code, amount: "5.00" }] }));
    await world.work();

    expect(await world.redemptions()).toMatchObject([{ couponId: spare.id, flags: ["not_issued"], discountMinor: 500n, issuanceId: null }]);
    expect(await world.coupon()).toMatchObject({ status: "issued" });
    expect((await world.balance()).held).toBe(100);
    expect(await prisma.coupon.findFirst({ where: { shopId: world.shop.id, id: spare.id } })).toMatchObject({ status: "redeemed" });
  });

  it("earns nothing on gift cards, tax and test orders", async () => {
    const world = await shopperWithCoupon();
    await world.send("orders/create", orderPayload({ id: 1, customerGid: world.customer.gid, price: "50.00", giftCard: "200.00" }));
    await world.send("orders/create", orderPayload({ id: 2, customerGid: world.customer.gid, price: "119.00", tax: "19.00", taxesIncluded: true }));
    await world.send("orders/create", orderPayload({ id: 3, customerGid: world.customer.gid, price: "999.00", test: true }));
    await world.work();
    expect((await world.balance()).balance).toBe(250 + 50 + 100);
  });
});

describe("an order is cancelled", () => {
  it("gives the spent points back to their lots, takes the earned ones, and takes the code off Shopify", async () => {
    const world = await shopperWithCoupon();
    await world.send("orders/create", world.order());
    await world.work();
    await world.send("orders/cancelled", world.order({ cancelledAt: "2026-11-21T00:00:00Z" }));
    await world.send("orders/cancelled", world.order({ cancelledAt: "2026-11-21T00:00:00Z" }));
    await world.work();

    expect(await world.balance()).toEqual({ balance: 250, held: 0, spendable: 250 });
    expect(await prisma.redemptionReversal.findMany({ where: { shopId: world.shop.id } })).toMatchObject([{ reason: "cancelled" }]);
    const lots = await prisma.pointsLot.findMany({ where: { shopId: world.shop.id }, orderBy: { id: "asc" } });
    expect(lots.map(({ remaining }) => remaining)).toEqual([250, 0]);
    const coupon = await world.coupon();
    expect(coupon.status).toBe("revoked");
    expect(await prisma.change.findMany({ where: { shopId: world.shop.id, status: "pending" } })).toMatchObject([{ kind: "withdraw_code", subject: String(coupon.id) }]);
  });

  it("before we heard that it was placed: the end is the same", async () => {
    const world = await shopperWithCoupon();
    await world.send("orders/cancelled", world.order({ cancelledAt: "2026-11-21T00:00:00Z" }));
    await world.send("orders/create", world.order());
    expect(await world.work()).toEqual(["done", "done"]);
    expect(await world.balance()).toEqual({ balance: 250, held: 0, spendable: 250 });
    expect(await world.redemptions()).toHaveLength(1);
    expect(await prisma.redemptionReversal.count({ where: { shopId: world.shop.id } })).toBe(1);
  });

  it("whose points a checkout holds by then: the order that proves the coupon is charged all the same", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    const { number } = await newAward(shop.id);
    const send = (topic: string, wish: Partial<OrderWish>) => app.deliver(shop.domain, topic, orderPayload({ id: 1, customerGid: customer.gid, ...wish }));
    await send("orders/create", {});
    await workInbox(shop.domain, NOON);
    const issuing = await issueCoupon(shop.id, { customerId: customer.id, awardNumber: number, requestKey: randomUUID(), channel: "checkout" }, NOON);
    if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
    await send("orders/cancelled", { cancelledAt: "2026-11-21T00:00:00Z" });
    await workInbox(shop.domain, NOON);
    expect(await findBalance(shop.id, customer.id, NOON)).toEqual({ balance: 0, held: 100, spendable: 0 });

    await send("orders/create", { id: 2, price: "20.00", codes: [{ code: issuing.code, amount: "5.00" }] });
    await workInbox(shop.domain, NOON);
    expect(await findBalance(shop.id, customer.id, NOON)).toEqual({ balance: -85, held: 0, spendable: 0 });
    expect(await prisma.redemption.findMany({ where: { shopId: shop.id } })).toMatchObject([{ flags: [] }]);
  });

  it("after its earned points were spent: the balance falls below zero, and what comes in pays it back", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    const award = await newAward(shop.id);
    const send = (topic: string, wish: Partial<OrderWish>) => app.deliver(shop.domain, topic, orderPayload({ id: 1, customerGid: customer.gid, ...wish }));
    await send("orders/create", {});
    await workInbox(shop.domain, NOON);
    const issuing = await issueCoupon(shop.id, { customerId: customer.id, awardNumber: award.number, requestKey: randomUUID(), channel: "checkout" }, NOON);
    if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
    await send("orders/create", { id: 2, price: "20.00", codes: [{ code: issuing.code, amount: "5.00" }] });
    await send("orders/cancelled", { cancelledAt: "2026-11-21T00:00:00Z" });
    await workInbox(shop.domain, NOON);
    expect(await findBalance(shop.id, customer.id, NOON)).toEqual({ balance: -85, held: 0, spendable: 0 });
    // What must be earned back is missing too, wherever the shopper is told.
    const token = sessionToken({ dest: shop.domain, sub: customer.gid });
    const missing = { outcome: "insufficient_points", missingPoints: 185, message: expect.stringContaining("185") };
    expect((await app.call("/checkout/rewards", token)).body).toMatchObject({ points: 0, awards: [{ obstacles: [missing] }] });
    expect((await app.call("/checkout/redeem", token, { awardNumber: award.number, requestKey: "press-of-today" })).body).toMatchObject({ points: 0, ...missing });

    await send("orders/create", { id: 3, price: "90.00" });
    await workInbox(shop.domain, NOON);
    expect((await findBalance(shop.id, customer.id, NOON)).spendable).toBe(5);
    const lots = await prisma.pointsLot.aggregate({ where: { shopId: shop.id }, _sum: { remaining: true } });
    expect(lots._sum.remaining).toBe(5);
  });
});

describe("an order is refunded", () => {
  it.each([
    ["at once", ["95.00"], 150],
    ["in two", ["31.67", "63.33"], 150],
    ["in three that do not divide", ["31.67", "31.66", "31.67"], 150],
    ["in part", ["0.50"], 150 + 94],
    ["in part, split", ["0.20", "0.10", "0.20"], 150 + 94],
  ])("%s: any split takes back the same", async (_name, parts, expected) => {
    const world = await shopperWithCoupon();
    await world.send("orders/create", world.order());
    for (const [index, amountOnly] of parts.entries()) await world.send("refunds/create", refundPayload({ id: 9000 + index, orderId: 1001, amountOnly }));
    await world.work();
    // A full refund gives the coupon's points back as well.
    const returned = expected === 150 ? 100 : 0;
    expect((await world.balance()).balance).toBe(expected + returned);
    expect(await prisma.redemptionReversal.count({ where: { shopId: world.shop.id } })).toBe(returned ? 1 : 0);
  });

  it.each([["is still on its way", "pending", 1], ["failed", "failure", 0]] as const)("in full, by an amount whose payment %s", async (_name, paymentStatus, reversals) => {
    const world = await shopperWithCoupon();
    await world.send("orders/create", world.order());
    const refund = refundPayload({ id: 9000, orderId: 1001, amountOnly: "95.00", paymentStatus });
    await world.send("refunds/create", refund);
    // Shopify tells of it once more when the money has arrived: nothing comes back twice.
    if (reversals === 1) await world.send("orders/updated", { ...world.order(), updated_at: "2026-11-22T10:00:00-05:00", refunds: [refundPayload({ id: 9000, orderId: 1001, amountOnly: "95.00" })] });
    await world.work();
    expect(await prisma.redemptionReversal.count({ where: { shopId: world.shop.id } })).toBe(reversals);
    expect((await world.balance()).balance).toBe(150 + 100 * reversals);
  });

  it("before we heard of the order: the refund waits for it", async () => {
    const world = await shopperWithCoupon();
    await world.send("refunds/create", refundPayload({ id: 9000, orderId: 1001, amountOnly: "45.00" }));
    await world.work();
    expect(await prisma.refund.findMany({ where: { shopId: world.shop.id } })).toMatchObject([{ appliedAt: null, beyondMinor: 4500n }]);
    expect((await world.balance()).balance).toBe(250);

    await world.send("orders/create", world.order());
    await world.work();
    expect((await world.balance()).balance).toBe(250 - 100 + 50);
  });

  it("while the order arrives: neither misses the other", async () => {
    const world = await shopperWithCoupon();
    await world.send("orders/create", world.order());
    await world.send("refunds/create", refundPayload({ id: 9000, orderId: 1001, amountOnly: "45.00" }));
    await Promise.all([world.work(), world.work("desc")]);
    expect((await world.balance()).balance).toBe(250 - 100 + 50);
  });

  it("in part, in the currency the shopper paid in: the coupon stays used", async () => {
    const world = await shopperWithCoupon();
    await world.send("orders/create", world.order());
    await world.send("refunds/create", refundPayload({ id: 9000, orderId: 1001, amountOnly: "45.00", paidIn: "DKK" }));
    await world.work();
    expect(await prisma.redemptionReversal.count({ where: { shopId: world.shop.id } })).toBe(0);
    expect((await world.balance()).balance).toBe(250 - 100 + 50);
    expect(await prisma.order.findFirst({ where: { shopId: world.shop.id } })).toMatchObject({ refundedMinor: 4500n });
  });

  it("by an amount without lines, then cancelled: nothing is taken twice", async () => {
    const world = await shopperWithCoupon();
    await world.send("orders/create", world.order());
    await world.send("refunds/create", refundPayload({ id: 9000, orderId: 1001, amountOnly: "10.00" }));
    await world.work();
    expect((await world.balance()).balance).toBe(250 - 100 + 85);
    await world.send("orders/cancelled", world.order({ cancelledAt: "2026-11-21T00:00:00Z" }));
    await world.work();
    expect((await world.balance()).balance).toBe(250);
  });
});

describe("a coupon is given back", () => {
  it("returns the points only when the code is off Shopify", async () => {
    const world = await shopperWithCoupon();
    expect(await world.giveBack()).toEqual({ outcome: "returning" });
    expect(await world.giveBack()).toEqual({ outcome: "returning" });
    expect(await world.balance()).toEqual({ balance: 250, held: 100, spendable: 150 });
    expect(await world.withdrawn()).toMatchObject({ outcome: "returned" });
    expect(await world.withdrawn()).toMatchObject({ outcome: "nothing_to_return" });
    expect(await world.balance()).toEqual({ balance: 250, held: 0, spendable: 250 });
    expect(await world.coupon()).toMatchObject({ status: "revoked" });
  });

  it("but an order used it while it was being withdrawn: the order wins", async () => {
    const world = await shopperWithCoupon();
    await world.giveBack();
    await world.send("orders/create", world.order());
    await world.work();
    expect(await world.withdrawn()).toMatchObject({ outcome: "nothing_to_return" });
    expect(await world.giveBack()).toEqual({ outcome: "already_redeemed" });
    expect(await world.balance()).toEqual({ balance: 245, held: 0, spendable: 245 });
    expect(await world.redemptions()).toMatchObject([{ flags: [] }]);
  });

  it("but an order had used it first and tells us late: it is charged again, and flagged", async () => {
    const world = await shopperWithCoupon();
    await world.giveBack();
    await world.withdrawn();
    await world.send("orders/create", world.order());
    await world.work();
    expect(await world.balance()).toEqual({ balance: 245, held: 0, spendable: 245 });
    expect(await world.redemptions()).toMatchObject([{ flags: ["late"] }]);
  });

  it("and its points were spent elsewhere before the late order: the return stands, the use is flagged", async () => {
    const world = await shopperWithCoupon();
    await world.giveBack();
    await world.withdrawn();
    for (let press = 0; press < 2; press++) {
      await issueCoupon(world.shop.id, { customerId: world.customer.id, awardNumber: world.award.number, requestKey: randomUUID(), channel: "checkout" }, NOON);
    }
    await world.send("orders/create", world.order());
    await world.work();
    expect(await world.balance()).toEqual({ balance: 250 + 95, held: 200, spendable: 145 });
    expect(await world.redemptions()).toMatchObject([{ flags: ["late"] }]);
    expect(await world.coupon()).toMatchObject({ status: "revoked" });
  });

  it("if it is a code for everybody, the points come back at once and a later use is charged", async () => {
    const world = await shopperWithCoupon({ single: `TEAM${Date.now()}` });
    expect(await world.giveBack()).toEqual({ outcome: "returned" });
    expect((await world.balance()).held).toBe(0);
    await world.send("orders/create", world.order());
    await world.work();
    expect((await world.balance()).balance).toBe(245);
    expect(await world.redemptions()).toMatchObject([{ flags: ["late"] }]);
  });
});
