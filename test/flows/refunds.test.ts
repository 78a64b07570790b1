/** What comes back and what goes when an order is refunded in part, cancelled, or edited: told as Shopify tells it. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EVENT_DATA } from "#app/contract/events.ts";
import { burnCoupons } from "#app/domain/coupons/burn.server.ts";
import { finishReturn } from "#app/domain/coupons/finish-return.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { listRedemptions } from "#app/domain/coupons/queries.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { takeBack } from "#app/domain/coupons/take-back.server.ts";
import { cancelPlaced } from "#app/domain/orders/cancel-placed.server.ts";
import { placeOrder } from "#app/domain/orders/place.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { redeemPoints } from "#app/domain/points/redeem.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, type AwardWish } from "#test/factories.ts";
import { orderPayload, refundPayload, type LineWish, type OrderWish, type RefundWish } from "#test/fixtures/payloads.ts";
import { openHotServer, workInbox } from "#test/hot-server.ts";
import { checkBooks } from "#test/properties/books.ts";

let app: Awaited<ReturnType<typeof openHotServer>>;
beforeAll(async () => void (app = await openHotServer()));
afterAll(() => app.close());

const DAY_MS = 86_400_000;

/** A shopper with 300 points in two lots, and a coupon of 100 points. */
async function shopper(wish: AwardWish = {}, channel: "checkout" | "api" = "checkout") {
  const shop = await newShop();
  await prisma.shop.update({ where: { id: shop.id }, data: { expiryMonths: 12 } });
  const customer = await newCustomer(shop.id);
  await givePoints(shop.id, customer.id, 60, new Date(NOON.getTime() - 40 * DAY_MS));
  await givePoints(shop.id, customer.id, 240, NOON);
  const award = await newAward(shop.id, wish);
  const issue = async (customerId = customer.id, awardNumber = award.number) => {
    const issuing = await issueCoupon(shop.id, { customerId, awardNumber, requestKey: randomUUID(), channel }, NOON);
    if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
    return issuing;
  };
  const { code, issuanceId } = await issue();
  const tell = async (topic: string, payload: unknown) => {
    expect(await app.deliver(shop.domain, topic, payload)).toBe(200);
    return workInbox(shop.domain, NOON);
  };
  const order = (more: Partial<OrderWish> = {}) => orderPayload({ id: 1001, customerGid: customer.gid, lines: BASKET(code), ...more });
  return {
    shop, customer, award, code, issuanceId, issue, tell, order,
    buy: (more: Partial<OrderWish> = {}) => tell("orders/create", order(more)),
    refund: (id: number, wish: Partial<RefundWish>) => tell("refunds/create", refundPayload({ id, orderId: 1001, ...wish })),
    update: (more: Partial<OrderWish>) => tell("orders/updated", order({ updatedAt: "2026-11-20T16:00:00-05:00", ...more })),
    cancel: (more: Partial<OrderWish> = {}) => tell("orders/cancelled", order({ cancelledAt: "2026-11-21T00:00:00Z", ...more })),
    balance: async (customerId = customer.id) => (await findBalance(shop.id, customerId, NOON)).balance,
    /** What came back of the first coupon's price. */
    async returned() {
      const { _sum } = await prisma.pointsEntry.aggregate({ where: { shopId: shop.id, issuanceId, kind: "spending_returned" }, _sum: { points: true } });
      return _sum.points ?? 0;
    },
    /** What an order has earned by now. */
    async earned(id = 1001) {
      const { _sum } = await prisma.pointsEntry.aggregate({ where: { shopId: shop.id, orderGid: gid("Order", id), kind: { in: ["earned", "earning_reversed"] } }, _sum: { points: true } });
      return _sum.points ?? 0;
    },
    reversals: () => prisma.redemptionReversal.count({ where: { shopId: shop.id } }),
    issuance: () => prisma.issuance.findFirstOrThrow({ where: { shopId: shop.id, id: issuanceId } }),
    books: () => checkBooks(shop.id, NOON),
  };
}

/** Three shirts at 30.00 and a mug at 10.00; the code took 9.00 off the shirts and 1.00 off the mug. */
const BASKET = (code: string): LineWish[] => [
  { id: 1, price: "30.00", quantity: 3, codes: { [code]: "9.00" } },
  { id: 2, price: "10.00", codes: { [code]: "1.00" } },
];
const SHIRT = { id: 1, quantity: 1, subtotal: "27.00" };
const MUG = { id: 2, quantity: 1, subtotal: "9.00" };

describe("a shopper who sends a part of an order back", () => {
  it("has that part of the coupon's points again, in the lots they came from with their own end, and loses what that part had earned", async () => {
    const world = await shopper();
    await world.buy();
    expect(await world.balance()).toBe(300 - 100 + 90);
    const lots = () => prisma.pointsLot.findMany({ where: { shopId: world.shop.id }, orderBy: { id: "asc" }, select: { remaining: true, expiresAt: true } });
    const before = await lots();
    // The lot that lapses first paid first.
    expect(before.map(({ remaining }) => remaining)).toEqual([0, 200, 90]);

    await world.refund(9001, { lines: [SHIRT] });
    expect([await world.returned(), await world.earned()]).toEqual([30, 63]);
    await world.refund(9002, { lines: [MUG] });
    expect([await world.returned(), await world.earned()]).toEqual([40, 54]);
    // 40 were taken out of the second lot last, so there they return first.
    expect((await lots()).map(({ remaining }) => remaining)).toEqual([0, 240, 54]);
    await world.refund(9003, { lines: [SHIRT] });
    expect((await lots()).map(({ remaining }) => remaining)).toEqual([30, 240, 27]);
    expect((await lots()).map(({ expiresAt }) => expiresAt)).toEqual(before.map(({ expiresAt }) => expiresAt));
    expect([(await world.issuance()).status, await world.reversals()]).toEqual(["redeemed", 0]);
    expect(await world.books()).toEqual([]);

    await world.refund(9004, { lines: [SHIRT] });
    expect([await world.returned(), await world.earned(), await world.balance()]).toEqual([100, 0, 300]);
    expect([(await world.issuance()).status, await world.reversals()]).toEqual(["returned", 1]);
    expect((await lots()).map(({ remaining }) => remaining)).toEqual([60, 240, 0]);
    expect(await world.books()).toEqual([]);
  });

  it("reads on the statement which refund it was", async () => {
    const world = await shopper();
    await world.buy();
    await world.refund(9001, { lines: [SHIRT] });
    const entries = await prisma.pointsEntry.findMany({ where: { shopId: world.shop.id, orderGid: gid("Order", 1001) }, orderBy: { seq: "asc" }, select: { kind: true, points: true, note: true } });
    expect(entries.slice(2)).toEqual([
      { kind: "spending_returned", points: 30, note: "Order #1001 refunded: points of its coupon returned" },
      { kind: "earning_reversed", points: -27, note: "Order #1001 refunded" },
    ]);
  });

  it("then cancels the rest: exactly the rest comes back, once", async () => {
    const world = await shopper();
    await world.buy();
    await world.refund(9001, { lines: [SHIRT, MUG] });
    await world.cancel();
    await world.cancel();
    expect([await world.returned(), await world.balance(), await world.reversals()]).toEqual([100, 300, 1]);
    // Shopify tells of the cancellation's own refund after it.
    await world.refund(9002, { lines: [{ ...SHIRT, quantity: 2, subtotal: "54.00" }] });
    expect([await world.returned(), await world.balance(), await world.reversals()]).toEqual([100, 300, 1]);
    expect(await world.books()).toEqual([]);
  });

  it("told twice, before the order, and all at once: it counts once", async () => {
    const world = await shopper();
    const parts = [refundPayload({ id: 9001, orderId: 1001, lines: [SHIRT] }), refundPayload({ id: 9002, orderId: 1001, lines: [MUG] })];
    await world.tell("refunds/create", parts[0]);
    expect(await world.returned()).toBe(0);
    for (const payload of [...parts, ...parts]) await app.deliver(world.shop.domain, "refunds/create", payload);
    await app.deliver(world.shop.domain, "orders/create", world.order());
    await Promise.all([workInbox(world.shop.domain, NOON), workInbox(world.shop.domain, NOON, "desc"), workInbox(world.shop.domain, NOON)]);
    expect([await world.returned(), await world.earned()]).toEqual([40, 54]);
    expect(await world.books()).toEqual([]);
  });

  it("who paid for the coupon when it was given has the same share back", async () => {
    const world = await shopper({}, "api");
    await world.buy();
    await world.refund(9001, { lines: [SHIRT] });
    expect([await world.returned(), await world.balance()]).toEqual([30, 300 - 100 + 30 + 63]);
    await world.cancel();
    expect([await world.returned(), await world.balance()]).toEqual([100, 300]);
  });

  it("gets money without sending anything back: the discount stands, and the earning goes with the money", async () => {
    const world = await shopper();
    await world.buy();
    await world.refund(9001, { amountOnly: "9.00" });
    expect([await world.returned(), await world.earned()]).toEqual([0, 81]);
    await world.refund(9002, { amountOnly: "81.00" });
    expect([await world.returned(), await world.earned(), await world.reversals()]).toEqual([100, 0, 1]);
  });

  it("pays a fee for sending it back, or gets no money yet: the goods are gone, and so is what they earned", async () => {
    const world = await shopper();
    await world.buy();
    await world.refund(9001, { lines: [MUG], amountOnly: "-4.00" });
    expect([await world.returned(), await world.earned()]).toEqual([10, 81]);
    await world.refund(9002, { lines: [SHIRT], restockOnly: true });
    expect([await world.returned(), await world.earned()]).toEqual([40, 54]);
  });

  it("of the shipping alone, in another currency than the shop's: the order is not taken for undone", async () => {
    const world = await shopper();
    await world.buy({ lines: [{ id: 1, price: "30.00" }], shipping: { price: "8.00" } });
    await world.refund(9001, { shippingLine: "8.00", paidIn: "DKK" });
    const { refundedMinor, undoneAt } = await prisma.order.findFirstOrThrow({ where: { shopId: world.shop.id } });
    expect({ refundedMinor, undoneAt }).toEqual({ refundedMinor: 800n, undoneAt: null });
  });

  it("in another currency than the shop's: the shop's amounts count", async () => {
    const world = await shopper();
    await world.buy();
    await world.refund(9001, { lines: [SHIRT], paidIn: "DKK" });
    expect([await world.returned(), await world.earned(), await world.reversals()]).toEqual([30, 63, 0]);
    expect(await prisma.order.findFirst({ where: { shopId: world.shop.id } })).toMatchObject({ refundedMinor: 2700n });
  });

  const shirts = (quantity: number, subtotal: string, tax: string) => ({ lines: [{ id: 1, quantity, subtotal, tax }] });
  it.each<[string, boolean, Partial<RefundWish>[], bigint, number]>([
    ["everything by an amount, with its tax beside it", false, [{ amountOnly: "100.00", amountTax: "19.00" }], 11900n, 1],
    ["everything by an amount that has the tax in it", false, [{ amountOnly: "119.00" }], 11900n, 1],
    ["one of two by its line and the rest by amount", false, [shirts(1, "50.00", "9.50"), { amountOnly: "59.50" }], 11900n, 1],
    ["one of two by its line", false, [shirts(1, "50.00", "9.50")], 5950n, 0],
    ["all but the tax", false, [{ amountOnly: "100.00" }], 10000n, 0],
    ["nothing but goods, for which nothing was paid back", false, [{ ...shirts(1, "50.00", "9.50"), restockOnly: true }], 0n, 0],
    ["one of two whose price contains the tax, and less than the rest", true, [shirts(1, "50.00", "7.98"), { amountOnly: "45.00", amountTax: "7.18" }], 9500n, 0],
    ["everything at prices that contain the tax", true, [{ amountOnly: "100.00", amountTax: "15.97" }], 10000n, 1],
    ["everything by an amount, paid at half its tax", false, [{ amountOnly: "100.00", amountTax: "19.00", paid: "109.50" }], 11900n, 1],
    ["one of two by its line, paid at next to none of its tax", false, [{ ...shirts(1, "50.00", "9.50"), paid: "50.10" }], 5950n, 0],
    ["one of two whose price contains the tax, paid at more than it", true, [{ ...shirts(1, "50.00", "7.98"), paid: "57.98" }], 5000n, 0],
  ])("in another currency than the shop's, %s: the order says whether tax came on top (prices with tax: %s), whichever comes first", async (_what, taxesIncluded, refunds, refundedMinor, reversals) => {
    const world = await shopper();
    await world.buy({ taxesIncluded, lines: [{ id: 1, price: "52.50", quantity: 2, tax: taxesIncluded ? "15.97" : "19.00", codes: { [world.code]: "5.00" } }] });
    for (const [index, refund] of refunds.entries()) await world.refund(9001 + index, { ...refund, taxOnTop: !taxesIncluded, paidIn: "DKK" });
    const expected = { totalMinor: taxesIncluded ? 10000n : 11900n, refundedMinor };
    expect(await prisma.order.findFirst({ where: { shopId: world.shop.id } })).toMatchObject(expected);
    expect(await world.reversals()).toBe(reversals);

    const early = await shopper();
    for (const [index, refund] of refunds.entries()) await early.refund(9001 + index, { ...refund, taxOnTop: !taxesIncluded, paidIn: "DKK" });
    await early.buy({ taxesIncluded, lines: [{ id: 1, price: "52.50", quantity: 2, tax: taxesIncluded ? "15.97" : "19.00", codes: { [early.code]: "5.00" } }] });
    expect(await prisma.order.findFirst({ where: { shopId: early.shop.id } })).toMatchObject(expected);
    expect(await early.reversals()).toBe(reversals);
  });

  it.each([
    ["on top of prices, where tax earns", true, false, 119, 59],
    ["on top of prices, where tax earns nothing", false, false, 100, 50],
    ["in prices, where tax earns nothing", false, true, 84, 42],
    ["in prices, where tax earns", true, true, 100, 50],
  ])("by an amount with its tax, %s: what it had earned goes", async (_what, earnOnTax, taxesIncluded, earned, kept) => {
    const world = await shopper();
    await prisma.shop.update({ where: { id: world.shop.id }, data: { earnOnTax } });
    await world.buy({ taxesIncluded, lines: [{ id: 1, price: "50.00", quantity: 2, tax: taxesIncluded ? "15.96" : "19.00" }] });
    expect(await world.earned()).toBe(earned);
    await world.refund(9001, { amountOnly: "50.00", amountTax: taxesIncluded ? "7.98" : "9.50", taxOnTop: !taxesIncluded });
    expect([await world.earned(), await world.reversals()]).toEqual([kept, 0]);
    expect(await world.books()).toEqual([]);
  });

  it("of a test order: it had earned nothing, and the coupon's share comes back", async () => {
    const world = await shopper();
    await world.buy({ test: true });
    expect(await world.earned()).toBe(0);
    await world.refund(9001, { lines: [SHIRT] });
    expect([await world.returned(), await world.earned(), await world.balance()]).toEqual([30, 0, 230]);
  });

  it("of an order that cost nothing: every unit back is everything back", async () => {
    const world = await shopper();
    await world.buy({ lines: [{ id: 1, price: "5.00", quantity: 2, codes: { [world.code]: "10.00" } }] });
    await world.refund(9001, { lines: [{ id: 1, quantity: 1, subtotal: "0.00" }] });
    expect([await world.returned(), await world.reversals()]).toEqual([50, 0]);
    await world.refund(9002, { lines: [{ id: 1, quantity: 1, subtotal: "0.00" }] });
    expect([await world.returned(), await world.reversals(), await world.balance()]).toEqual([100, 1, 300]);
  });

  it("a guest's order that used somebody's coupon: its owner has the share back", async () => {
    const world = await shopper();
    await world.buy({ customerGid: null });
    await world.refund(9001, { lines: [SHIRT] });
    expect([await world.returned(), await world.balance(), await world.earned()]).toEqual([30, 230, 0]);
  });
});

describe("several codes on one order", () => {
  it("only the one whose discount went back gives points back", async () => {
    const world = await shopper({ combinesProduct: true });
    const other = await world.issue();
    const lines = [{ id: 1, price: "30.00", quantity: 3, codes: { [world.code]: "9.00", SPRING10: "3.00" } }, { id: 2, price: "10.00", codes: { [other.code]: "4.00" } }];
    await world.buy({ lines });
    await world.refund(9001, { lines: [{ id: 2, quantity: 1, subtotal: "6.00" }] });
    const ofOther = await prisma.pointsEntry.findMany({ where: { shopId: world.shop.id, kind: "spending_returned" }, select: { issuanceId: true, points: true } });
    expect(ofOther).toEqual([{ issuanceId: other.issuanceId, points: 100 }]);
    await world.refund(9002, { lines: [{ id: 1, quantity: 1, subtotal: "26.00" }] });
    expect(await world.returned()).toBe(33);
    await world.refund(9003, { lines: [{ id: 1, quantity: 1, subtotal: "26.00" }] });
    expect(await world.returned()).toBe(66);
    expect(await world.books()).toEqual([]);
  });

  it("a discount on shipping comes back with the shipping, one that made it free with the whole order", async () => {
    const world = await shopper();
    await world.buy({ lines: [{ id: 1, price: "30.00" }], shipping: { price: "8.00", codes: { [world.code]: "4.00" } } });
    await world.refund(9001, { lines: [{ id: 1, quantity: 1, subtotal: "30.00" }], shipping: "4.00" });
    expect([await world.returned(), await world.reversals()]).toEqual([100, 1]);

    const part = await shopper();
    await part.buy({ lines: [{ id: 1, price: "30.00", quantity: 2 }], shipping: { price: "8.00", codes: { [part.code]: "4.00" } } });
    await part.refund(9001, { shipping: "1.00" });
    expect(await part.returned()).toBe(25);
    await part.refund(9002, { lines: [{ id: 1, quantity: 1, subtotal: "30.00" }] });
    expect([await part.returned(), await part.reversals()]).toEqual([25, 0]);

    const free = await shopper({ kind: "free_shipping", value: 0 });
    await free.buy({ lines: [{ id: 1, price: "30.00", quantity: 2 }], shipping: { price: "8.00", codes: { [free.code]: "8.00" } } });
    await free.refund(9001, { lines: [{ id: 1, quantity: 1, subtotal: "30.00" }] });
    expect(await free.returned()).toBe(0);
    await free.refund(9002, { lines: [{ id: 1, quantity: 1, subtotal: "30.00" }] });
    expect(await free.returned()).toBe(100);
  });
});

describe("coupons that are more than one use", () => {
  it("used on two orders: its price comes back in so far as it went back of both", async () => {
    const world = await shopper({ usesPerCode: 2 });
    await world.buy();
    await world.buy({ id: 1002 });
    expect(await world.balance()).toBe(300 - 100 + 180);
    await world.refund(9001, { lines: [SHIRT] });
    expect([await world.returned(), await world.earned()]).toEqual([0, 63]);
    await world.refund(9002, { orderId: 1002, lines: [MUG] });
    expect(await world.returned()).toBe(10);
    await world.cancel({ id: 1002 });
    expect([await world.returned(), await world.reversals()]).toEqual([30, 1]);
    await world.cancel();
    expect([await world.returned(), await world.balance(), (await world.issuance()).status]).toEqual([100, 300, "returned"]);
    expect(await world.books()).toEqual([]);
  });

  it("used again after a part of the first order went back: what came back is charged again, and is back once the second goes", async () => {
    const world = await shopper({ usesPerCode: 3 });
    await world.buy();
    await world.refund(9001, { lines: [SHIRT] });
    expect([await world.returned(), await world.balance()]).toEqual([30, 300 - 70 + 63]);
    for (let times = 0; times < 2; times++) await world.buy({ id: 1002 });
    // Now she has a whole discount for a whole price: as if the second order had come before the refund.
    expect(await world.balance()).toBe(300 - 100 + 63 + 90);
    await world.refund(9002, { orderId: 1002, lines: [MUG] });
    expect(await world.balance()).toBe(300 - 90 + 63 + 81);
    await world.cancel({ id: 1002 });
    expect(await world.balance()).toBe(300 - 70 + 63);
    await world.cancel();
    expect([await world.balance(), (await world.issuance()).status]).toEqual([300, "returned"]);
    expect(await world.books()).toEqual([]);
  });

  it("used again by who has spent the points meanwhile: nobody falls below zero, and the merchant sees it", async () => {
    const world = await shopper({ usesPerCode: 2, combinesOrder: true });
    await world.buy({ test: true });
    await world.refund(9001, { lines: [SHIRT] });
    for (let press = 0; press < 2; press++) await world.issue();
    expect(await findBalance(world.shop.id, world.customer.id, NOON)).toMatchObject({ balance: 230, spendable: 30 });
    await redeemPoints(world.shop.id, { customerId: world.customer.id, points: 5, requestKey: randomUUID(), note: null }, NOON);
    await world.buy({ id: 1002, test: true });
    expect(await prisma.redemption.findMany({ where: { shopId: world.shop.id }, orderBy: { id: "asc" }, select: { flags: true } })).toEqual([{ flags: [] }, { flags: ["partly_paid"] }]);
    expect(await world.balance()).toBe(225);
    // Nothing comes back that was not paid: 40 of 100 went back of both now, and 70 were paid.
    await world.refund(9002, { orderId: 1002, lines: [SHIRT, MUG] });
    await world.refund(9003, { lines: [MUG] });
    expect([await world.returned(), await world.balance()]).toEqual([40, 235]);
    await world.cancel();
    await world.cancel({ id: 1002 });
    expect([await world.returned(), await world.balance()]).toEqual([100, 295]);
    expect(await world.books()).toEqual([]);
  });

  it("used again at a till: what came back is charged there, once", async () => {
    const world = await shopper({ usesPerCode: 2 });
    await world.buy({ test: true });
    await world.refund(9001, { lines: [SHIRT] });
    expect(await world.balance()).toBe(230);
    const burn = () => burnCoupons(world.shop.id, { what: { codes: [world.code] }, customerId: world.customer.id, transactionId: "till-8", transactionTime: null }, NOON);
    for (let times = 0; times < 2; times++) expect(await burn()).toMatchObject({ outcome: "burned" });
    expect(await world.balance()).toBe(200);
    await world.cancel();
    expect([await world.balance(), (await world.issuance()).status]).toEqual([200, "redeemed"]);
    expect(await world.books()).toEqual([]);
  });

  it("used again at a till by who has spent the points meanwhile: nobody falls below zero, and the merchant sees it wherever uses are shown", async () => {
    const world = await shopper({ usesPerCode: 3 });
    await world.buy({ test: true });
    await world.refund(9001, { lines: [SHIRT] });
    await redeemPoints(world.shop.id, { customerId: world.customer.id, points: 205, requestKey: randomUUID(), note: null }, NOON);
    const burn = (transactionId: string) => burnCoupons(world.shop.id, { what: { codes: [world.code] }, customerId: world.customer.id, transactionId, transactionTime: null }, NOON);
    expect(await burn("till-8")).toMatchObject({ outcome: "burned", repeated: false });
    // Points that she gets later pay for later uses: what the till was told once stays so.
    await givePoints(world.shop.id, world.customer.id, 100, NOON);
    expect(await burn("till-8")).toMatchObject({ outcome: "burned", repeated: true });
    expect(await world.balance()).toBe(125);
    const flagsOf = (uses: { flags: string[] }[]) => uses.map(({ flags }) => flags);
    const listed = () => listRedemptions(world.shop.id, { awardNumber: null, text: world.code, since: null, until: null, reversed: null, position: null });
    expect(flagsOf((await listed()).rows)).toEqual([["partly_paid"], []]);
    const told = await prisma.event.findMany({ where: { shopId: world.shop.id, kind: "coupon.redeemed" }, orderBy: { id: "asc" } });
    expect(told.map(({ data }) => EVENT_DATA["coupon.redeemed"].parse(data).flags)).toEqual([[], ["partly_paid"]]);

    await burn("till-9");
    expect([await world.balance(), flagsOf((await listed()).rows)]).toEqual([95, [[], ["partly_paid"], []]]);
    expect(await world.books()).toEqual([]);
  });

  it("burned at several tills at the same moment: what came back is charged once", async () => {
    const world = await shopper({ usesPerCode: 5 });
    await world.buy({ test: true });
    await world.refund(9001, { lines: [SHIRT] });
    const burn = (till: number) => burnCoupons(world.shop.id, { what: { codes: [world.code] }, customerId: world.customer.id, transactionId: `till-${till}`, transactionTime: null }, NOON);
    const burned = await Promise.all([1, 1, 2, 3, 4].map(burn));
    expect(burned.map(({ outcome }) => outcome)).toEqual(["burned", "burned", "burned", "burned", "burned"]);
    expect(await world.balance()).toBe(200);
    expect(await prisma.redemption.count({ where: { shopId: world.shop.id, flags: { isEmpty: false } } })).toBe(0);
    expect(await world.books()).toEqual([]);
  });

  it("used at a till on an order of Shopify's, a part of which went back: the till that asks again takes nothing of it", async () => {
    const world = await shopper({}, "api");
    const burn = () => burnCoupons(world.shop.id, { what: { codes: [world.code] }, customerId: world.customer.id, transactionId: gid("Order", 1001), transactionTime: null }, NOON);
    expect(await burn()).toMatchObject({ outcome: "burned", repeated: false });
    await world.buy({ test: true });
    const before = await world.balance();
    await world.refund(9001, { lines: [SHIRT] });
    for (let times = 0; times < 2; times++) expect(await burn()).toMatchObject({ outcome: "burned", repeated: true });
    expect([await world.returned(), await world.balance()]).toEqual([30, before + 30]);
    expect(await world.books()).toEqual([]);
  });

  it("taken back by staff who kept its points, and used all the same: only what had come back is owed", async () => {
    const world = await shopper({ usesPerCode: 2 });
    await world.buy({ test: true });
    await world.refund(9001, { lines: [SHIRT] });
    await inTransaction((tx) => takeBack(tx, world.shop.id, world.award, { issuanceIds: [world.issuanceId], returnPoints: false }, NOON));
    expect(await world.balance()).toBe(230);
    await world.buy({ id: 1002, test: true });
    expect(await world.balance()).toBe(200);
  });

  it("both cancelled at once: the price comes back once, whole", async () => {
    const world = await shopper({ usesPerCode: 2 });
    await world.buy();
    await world.buy({ id: 1002 });
    await world.refund(9001, { lines: [SHIRT] });
    for (const id of [1001, 1002]) await app.deliver(world.shop.domain, "orders/cancelled", world.order({ id, cancelledAt: "2026-11-21T00:00:00Z" }));
    await Promise.all([workInbox(world.shop.domain, NOON), workInbox(world.shop.domain, NOON, "desc")]);
    expect([await world.returned(), await world.balance(), await world.reversals()]).toEqual([100, 300, 2]);
    expect(await world.books()).toEqual([]);
  });

  it("one code for everybody: each has their own share", async () => {
    const world = await shopper({ single: `TEAM${Date.now()}`, combinesOrder: true });
    const friend = await newCustomer(world.shop.id);
    await givePoints(world.shop.id, friend.id, 100);
    await world.issue(friend.id);
    await world.buy();
    await world.buy({ id: 1002, customerGid: friend.gid });
    await world.refund(9001, { orderId: 1002, lines: [SHIRT] });
    expect([await world.balance(friend.id), await world.balance()]).toEqual([30 + 63, 300 - 100 + 90]);
    expect(await world.books()).toEqual([]);
  });

  it("an award that gives the coupon back gives nothing in parts, and the coupon for the whole, however it is split", async () => {
    const world = await shopper({ onReversal: "reuse" });
    await world.buy();
    await world.refund(9001, { lines: [SHIRT, MUG] });
    expect([await world.returned(), (await world.issuance()).status]).toEqual([0, "redeemed"]);
    await world.refund(9002, { lines: [{ ...SHIRT, quantity: 2, subtotal: "54.00" }] });
    expect([await world.returned(), (await world.issuance()).status, await world.balance()]).toEqual([0, "open", 200]);
    expect(await world.books()).toEqual([]);
  });

  it("an award that gave points for a part does not give the coupon for the rest, whatever it says by then", async () => {
    const world = await shopper();
    await world.buy();
    await world.refund(9001, { lines: [SHIRT] });
    await prisma.award.updateMany({ where: { shopId: world.shop.id }, data: { onReversal: "reuse" } });
    await world.cancel();
    expect([await world.returned(), (await world.issuance()).status, await world.balance()]).toEqual([100, "returned", 300]);
  });

  it("a late order that was not charged has nothing to give back", async () => {
    const world = await shopper({ codes: 5 });
    await returnCoupon(world.shop.id, { issuanceId: world.issuanceId, customerId: world.customer.id }, NOON);
    const { couponId } = await world.issuance();
    await inTransaction((tx) => finishReturn(tx, world.shop.id, couponId, NOON));
    for (let press = 0; press < 3; press++) await world.issue();
    await world.buy();
    expect(await prisma.redemption.findFirst({ where: { shopId: world.shop.id } })).toMatchObject({ flags: ["late"] });
    await world.refund(9001, { lines: [SHIRT] });
    expect([await world.returned(), await world.balance()]).toEqual([0, 300 + 63]);
    await world.cancel();
    expect([await world.returned(), await world.balance()]).toEqual([0, 300]);
  });
});

describe("an integrator's order", () => {
  it("gives everything back when it is taken back", async () => {
    const world = await shopper({ appliedBy: "integrator" }, "api");
    const placed = {
      orderId: "till-7", customerId: world.customer.id, totalMinor: 9_000, earningMinor: 9_000, discountMinor: 1_000, currency: "EUR", placedAt: NOON, channel: "pos",
      what: { codes: [world.code] }, cart: { totalMinor: 10_000 },
    };
    expect(await placeOrder(world.shop.id, placed, NOON)).toMatchObject({ outcome: "placed", redeemedPoints: 100, rewardedPoints: 90 });
    expect(await world.balance()).toBe(290);
    expect(await cancelPlaced(world.shop.id, "till-7", NOON)).toMatchObject({ outcome: "cancelled", codes: [world.code] });
    expect(await world.balance()).toBe(300);
    expect(await world.books()).toEqual([]);
  });
});

describe("an order that went back as a whole", () => {
  it("burns nothing more, as one that was cancelled", async () => {
    const world = await shopper({ appliedBy: "integrator" }, "api");
    const { code } = world;
    await world.buy({ lines: [{ id: 1, price: "30.00" }] });
    const burn = () => burnCoupons(world.shop.id, { what: { codes: [code] }, customerId: world.customer.id, transactionId: gid("Order", 1001), transactionTime: null }, NOON);
    await world.refund(9001, { lines: [{ id: 1, quantity: 1, subtotal: "30.00" }] });
    expect(await burn()).toMatchObject({ outcome: "refused", call: { reason: "order_cancelled" } });
    expect(await world.balance()).toBe(200);
  });

  it("burns as long as a part of it stands", async () => {
    const world = await shopper({ appliedBy: "integrator" }, "api");
    const { code } = world;
    await world.buy({ lines: [{ id: 1, price: "30.00", quantity: 2 }] });
    await world.refund(9001, { lines: [{ id: 1, quantity: 1, subtotal: "30.00" }] });
    expect(await burnCoupons(world.shop.id, { what: { codes: [code] }, customerId: world.customer.id, transactionId: gid("Order", 1001), transactionTime: null }, NOON)).toMatchObject({ outcome: "burned" });
  });
});
