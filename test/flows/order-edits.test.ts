/** Orders that change after they were placed: edited, given to a customer, refunded or cancelled without our hearing of it. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { finishReturn } from "#app/domain/coupons/finish-return.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnOverdue } from "#app/domain/coupons/return-overdue.server.ts";
import type { OrderNews } from "#app/domain/orders/order.ts";
import { updateOrder, updateOrders } from "#app/domain/orders/update.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { orderNews, OrderPayload } from "#app/inbox/topics/order-payload.ts";
import { inTransaction, prisma, type Tx } from "#app/lib/db.server.ts";
import { gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, type AwardWish } from "#test/factories.ts";
import { orderPayload, refundPayload, type LineWish, type OrderWish } from "#test/fixtures/payloads.ts";
import { openHotServer, workInbox } from "#test/hot-server.ts";
import { checkBooks } from "#test/properties/books.ts";

let app: Awaited<ReturnType<typeof openHotServer>>;
beforeAll(async () => void (app = await openHotServer()));
afterAll(() => app.close());

const SHIRTS = { id: 1, price: "30.00", quantity: 3 };
const MUG = { id: 2, price: "10.00" };
/** When things happened on Shopify's clock, after the order was placed. */
const at = (minutes: number) => new Date(Date.parse("2026-11-20T20:05:00Z") + minutes * 60_000).toISOString();

/** A shop that has sold three shirts at 30.00 and a mug at 10.00 to a customer with 100 points. */
async function sale(wish: Partial<OrderWish> = {}) {
  const shop = await newShop();
  const customer = await newCustomer(shop.id);
  await givePoints(shop.id, customer.id, 100);
  const tell = async (topic: string, payload: unknown) => {
    expect(await app.deliver(shop.domain, topic, payload)).toBe(200);
    return workInbox(shop.domain, NOON);
  };
  const order = (more: Partial<OrderWish> = {}) => orderPayload({ id: 1001, customerGid: customer.gid, lines: [SHIRTS, MUG], ...wish, ...more });
  return {
    shop, customer, tell, order,
    create: () => tell("orders/create", order()),
    update: (minutes: number, more: Partial<OrderWish>) => tell("orders/updated", order({ updatedAt: at(minutes), ...more })),
    balance: async (customerId = customer.id) => (await findBalance(shop.id, customerId, NOON)).balance,
    async earned() {
      const { _sum } = await prisma.pointsEntry.aggregate({ where: { shopId: shop.id, orderGid: gid("Order", 1001), kind: { in: ["earned", "earning_reversed"] } }, _sum: { points: true } });
      return _sum.points ?? 0;
    },
    stored: () => prisma.order.findUniqueOrThrow({ where: { shopId_gid: { shopId: shop.id, gid: gid("Order", 1001) } } }),
    books: () => checkBooks(shop.id, NOON),
  };
}

/** The sale with a coupon of 100 points that took 9.00 off the shirts and 1.00 off the mug. */
async function withCoupon(wish: AwardWish = {}, channel: "checkout" | "api" = "checkout") {
  const world = await sale();
  const { shop, customer } = world;
  const { number } = await newAward(shop.id, wish);
  const issuing = await issueCoupon(shop.id, { customerId: customer.id, awardNumber: number, requestKey: randomUUID(), channel, distributed: wish.pointsPrice === null }, NOON);
  if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
  const { code, issuanceId } = issuing;
  const lines = (shirts: Record<string, string> = { [code]: "9.00" }, mug: Record<string, string> = { [code]: "1.00" }) => [{ ...SHIRTS, codes: shirts }, { ...MUG, codes: mug }];
  return {
    ...world, code, lines, bare: lines({}, {}),
    buy: () => world.tell("orders/create", world.order({ lines: lines() })),
    redemptions: () => prisma.redemption.findMany({ where: { shopId: shop.id }, orderBy: { id: "asc" } }),
    reversals: () => prisma.redemptionReversal.findMany({ where: { shopId: shop.id } }),
    issuance: () => prisma.issuance.findFirstOrThrow({ where: { shopId: shop.id, id: issuanceId } }),
    heldPoints: async () => (await findBalance(shop.id, customer.id, NOON)).held,
    /** What the coupon has cost by now. */
    async paid() {
      const { _sum } = await prisma.pointsEntry.aggregate({ where: { shopId: shop.id, issuanceId, kind: { in: ["spent", "spending_returned"] } }, _sum: { points: true } });
      return 0 - (_sum.points ?? 0);
    },
    tally: () => prisma.awardTally.findFirstOrThrow({ where: { shopId: shop.id, awardNumber: number }, select: { issued: true, used: true } }),
  };
}

type Sold = Awaited<ReturnType<typeof withCoupon>>;

/** A transaction that counts its round trips and can do nothing but read by SQL. */
function counting(tx: Tx) {
  const asked = { count: 0 };
  const only = new Proxy(tx, {
    get(target, property) {
      if (property !== "$queryRaw") throw new Error(`asked for ${String(property)}`);
      return (...args: Parameters<Tx["$queryRaw"]>) => {
        asked.count++;
        return target.$queryRaw(...args);
      };
    },
  });
  return { only, asked };
}

describe("an update that changes nothing of ours", () => {
  it("costs one look, however often it comes", async () => {
    const world = await sale();
    await world.create();
    const news: OrderNews = orderNews(OrderPayload.parse(world.order({ updatedAt: at(5) })));
    // But that it is newer is noted.
    expect(await inTransaction((tx) => updateOrder(counting(tx).only, world.shop.id, news, NOON))).toEqual({ outcome: "unchanged" });
    expect((await world.stored()).sourceUpdatedAt).toEqual(new Date(at(5)));
    await inTransaction(async (tx) => {
      const { only, asked } = counting(tx);
      expect(await updateOrder(only, world.shop.id, news, NOON)).toEqual({ outcome: "unchanged" });
      expect(asked.count).toBe(1);
    });
    const before = JSON.stringify(await prisma.pointsEntry.findMany({ where: { shopId: world.shop.id } }), (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
    for (const minutes of [1, 2, 2]) await world.update(minutes, {});
    expect(JSON.stringify(await prisma.pointsEntry.findMany({ where: { shopId: world.shop.id } }), (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))).toBe(before);
  });

  it("also once a refund and a cancellation in it are known", async () => {
    const world = await sale();
    await world.create();
    const refund = refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 1, quantity: 1, subtotal: "30.00" }] });
    await world.update(1, { refunds: [refund], lines: [{ ...SHIRTS, current: 2 }, MUG], cancelledAt: at(1) });
    const news = orderNews(OrderPayload.parse(world.order({ updatedAt: at(1), refunds: [refund], lines: [{ ...SHIRTS, current: 2 }, MUG], cancelledAt: at(1) })));
    await inTransaction(async (tx) => expect(await updateOrder(counting(tx).only, world.shop.id, news, NOON)).toEqual({ outcome: "unchanged" }));
  });
});

describe("news of many orders at once", () => {
  it("ends as if it were told one after another, also where one order comes twice", async () => {
    const world = await sale();
    await world.create();
    await world.tell("orders/create", world.order({ id: 1002 }));
    const news = (more: Partial<OrderWish>, minutes: number) => orderNews(OrderPayload.parse(world.order({ updatedAt: at(minutes), ...more })));
    const told = [
      news({ lines: [{ ...SHIRTS, current: 1 }, MUG] }, 1),
      news({ id: 1002 }, 1),
      // The edit is taken back.
      news({}, 2),
      news({ id: 1003, lines: [{ ...SHIRTS, current: 2 }] }, 3),
      news({ id: 1003, lines: [{ ...SHIRTS, current: 2 }], cancelledAt: at(4) }, 4),
      news({ id: 1004, customerGid: null }, 1),
      { ...news({ id: 1005 }, 1), processedAt: new Date("2020-01-01T00:00:00Z") },
    ];
    const outcomes = (await inTransaction((tx) => updateOrders(tx, world.shop.id, told, NOON))).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["updated", "unchanged", "updated", "recorded", "updated", "recorded", "before_us"]);
    expect([await world.earned(), await world.balance()]).toEqual([100, 300]);
    expect(await world.books()).toEqual([]);
    await inTransaction(async (tx) => {
      await updateOrders(tx, world.shop.id, [news({}, 5), news({ id: 1002 }, 5), news({ id: 1004, customerGid: null }, 5)], NOON);
      const { only, asked } = counting(tx);
      await updateOrders(only, world.shop.id, [news({}, 5), news({ id: 1002 }, 5), news({ id: 1004, customerGid: null }, 5)], NOON);
      expect(asked.count).toBe(1);
    });
  });
});

describe("webhooks that were lost", () => {
  it("a refund is found in the next update, and counts once when it comes after all", async () => {
    const world = await sale();
    await world.create();
    const refund = refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 1, quantity: 2, subtotal: "60.00" }] });
    await world.update(1, { refunds: [refund], lines: [{ ...SHIRTS, current: 1 }, MUG] });
    expect(await world.earned()).toBe(40);
    await world.tell("refunds/create", refund);
    expect([await world.earned(), await world.balance()]).toEqual([40, 140]);
    expect(await world.books()).toEqual([]);
  });

  it("an order that was never told is recorded as it is now", async () => {
    const world = await sale();
    const refund = refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 2, quantity: 1, subtotal: "10.00" }] });
    await world.update(1, { refunds: [refund], lines: [{ ...SHIRTS, current: 2 }, { ...MUG, current: 0 }] });
    // One shirt was taken away by an edit, the mug was refunded.
    expect(await world.earned()).toBe(60);
    await world.create();
    await world.tell("refunds/create", refund);
    expect([await world.earned(), await world.balance()]).toEqual([60, 160]);
    expect(await world.books()).toEqual([]);
  });

  it("a cancellation is found too, with the refund that came of it", async () => {
    const world = await sale();
    await world.create();
    await world.update(1, { cancelledAt: at(1), refunds: [refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 1, quantity: 3, subtotal: "90.00" }, { id: 2, quantity: 1, subtotal: "10.00" }] })] });
    expect([await world.earned(), await world.balance()]).toEqual([0, 100]);
    expect((await world.stored()).cancelledAt).toEqual(new Date(at(1)));
  });

  it("an order from before the shop had the app stays unknown, whatever becomes of it", async () => {
    const world = await sale();
    await prisma.shop.update({ where: { id: world.shop.id }, data: { installedAt: new Date("2026-11-21T00:00:00Z") } });
    await prisma.shop.update({ where: { id: world.shop.id }, data: { createdAt: new Date("2026-11-21T00:00:00Z") } });
    await world.update(1, {});
    await world.tell("orders/cancelled", world.order({ cancelledAt: at(2) }));
    expect([await prisma.order.count({ where: { shopId: world.shop.id } }), await world.balance()]).toEqual([0, 100]);
  });

  it("but one that was placed while the app was uninstalled is caught up on", async () => {
    const world = await sale();
    await prisma.shop.update({ where: { id: world.shop.id }, data: { installedAt: new Date("2026-11-21T00:00:00Z"), createdAt: NOON } });
    await world.update(1, {});
    expect(await world.earned()).toBe(100);
  });
});

describe("a merchant edits an order", () => {
  it("what is added earns at the rate its product had on this order, whatever the shop gives since", async () => {
    const world = await sale();
    await prisma.earnRule.create({ data: { shopId: world.shop.id, name: "Shirts", multiplierMilli: 3000, productGids: [gid("Product", 11)], createdAt: NOON } });
    await world.create();
    expect(await world.earned()).toBe(90 * 3 + 10);
    await prisma.earnRule.deleteMany({ where: { shopId: world.shop.id } });
    // A fourth shirt as more of its line, a fifth as a line of its own, and a book that the order did not have.
    await world.update(1, { lines: [{ ...SHIRTS, quantity: 4 }, MUG, { id: 3, product: 11, price: "30.00" }, { id: 4, price: "15.00" }] });
    expect(await world.earned()).toBe(150 * 3 + 10 + 15);
    await world.tell("refunds/create", refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 3, quantity: 1, subtotal: "30.00" }] }));
    expect(await world.earned()).toBe(120 * 3 + 10 + 15);
    expect(await world.books()).toEqual([]);
  });

  it("a refund of a line that we have not heard of waits for it", async () => {
    const world = await sale();
    await world.create();
    const refund = refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 4, quantity: 1, subtotal: "15.00" }] });
    await world.tell("refunds/create", refund);
    expect(await world.earned()).toBe(100);
    await world.update(1, { lines: [SHIRTS, MUG, { id: 4, price: "15.00", quantity: 2, current: 1 }], refunds: [refund] });
    expect(await world.earned()).toBe(115);
  });

  it("paying back all that was paid at first is not all, when more was added since", async () => {
    const world = await sale();
    await world.create();
    await world.update(1, { lines: [SHIRTS, MUG, { id: 3, price: "50.00" }] });
    await world.tell("refunds/create", refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 1, quantity: 3, subtotal: "90.00" }, { id: 2, quantity: 1, subtotal: "10.00" }] }));
    expect([await world.earned(), (await world.stored()).undoneAt]).toEqual([50, null]);
  });

  it("what is taken away earns no more, and the payout for it takes nothing else", async () => {
    const world = await sale();
    await world.create();
    await world.update(1, { lines: [{ ...SHIRTS, current: 2 }, MUG] });
    expect(await world.earned()).toBe(70);
    const payout = refundPayload({ id: 9001, orderId: 1001, amountOnly: "30.00" });
    await world.tell("refunds/create", payout);
    expect(await world.earned()).toBe(70);
    await world.update(2, { lines: [{ ...SHIRTS, current: 3 }, MUG], refunds: [payout] });
    // Put back after it was paid out: what is paid is 70.00 all the same.
    expect([await world.earned(), await world.balance()]).toEqual([70, 170]);
    expect(await world.books()).toEqual([]);
  });

  it("older news than we have changes nothing, in whatever order it comes", async () => {
    const world = await sale();
    await world.create();
    await world.update(2, { lines: [SHIRTS] });
    expect(await world.earned()).toBe(90);
    await world.update(1, { lines: [SHIRTS, MUG, { id: 3, price: "50.00" }] });
    expect(await world.earned()).toBe(90);
    // Yet a refund in it is a fact.
    await world.update(1, { refunds: [refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 1, quantity: 1, subtotal: "30.00" }] })] });
    expect(await world.earned()).toBe(60);
  });

  it("an edit that was taken back counts no more, also when what took it back is told first: it changes nothing then", async () => {
    const world = await sale();
    await world.create();
    await world.update(2, {});
    await world.update(1, { lines: [{ ...SHIRTS, current: 1 }, MUG] });
    expect(await world.earned()).toBe(100);
    await world.update(3, {});
    await Promise.all([1, 2].map((id) => world.tell("orders/updated", world.order({ updatedAt: at(id + 3), lines: [{ ...SHIRTS, current: id }, MUG] }))));
    expect([await world.earned(), (await world.stored()).sourceUpdatedAt]).toEqual([70, new Date(at(5))]);
    expect(await world.books()).toEqual([]);
  });

  it("the same edits, told in any order and all at once, end at the newest", async () => {
    const world = await sale();
    await world.create();
    const edits = [3, 1, 2, 3].map((minutes) => world.order({ updatedAt: at(minutes), lines: [{ ...SHIRTS, quantity: 3 + minutes }, MUG] }));
    for (const edit of edits) await app.deliver(world.shop.domain, "orders/updated", edit);
    await Promise.all([workInbox(world.shop.domain, NOON), workInbox(world.shop.domain, NOON, "desc")]);
    expect(await world.earned()).toBe(190);
    expect(await world.books()).toEqual([]);
  });

  it("a code that was added is used on it, and its held points are spent", async () => {
    const world = await sale();
    const { number } = await newAward(world.shop.id);
    const issuing = await issueCoupon(world.shop.id, { customerId: world.customer.id, awardNumber: number, requestKey: randomUUID(), channel: "checkout" }, NOON);
    if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
    await world.create();
    const lines = [{ ...SHIRTS, codes: { [issuing.code]: "5.00" } }, MUG];
    for (const minutes of [1, 2]) await world.update(minutes, { lines });
    expect(await prisma.redemption.findMany({ where: { shopId: world.shop.id } })).toMatchObject([{ flags: [], discountMinor: 500n, orderName: "#1001", redeemedAt: new Date(at(1)) }]);
    expect([await world.earned(), await findBalance(world.shop.id, world.customer.id, NOON)]).toEqual([95, { balance: 95, held: 0, spendable: 95 }]);
    await world.update(3, { lines: [{ ...SHIRTS, current: 0, codes: { [issuing.code]: "5.00" } }, MUG] });
    expect(await world.balance()).toBe(100 + 10);
    expect(await world.books()).toEqual([]);
  });
});

describe("a merchant takes a code off an order", () => {
  /** How Shopify may tell of an order whose code was removed: without it, or with its application that takes nothing any more. */
  const TOLD: [string, (code: string) => Record<string, string>][] = [["gone altogether", () => ({})], ["named, and takes nothing", (code) => ({ [code]: "0.00" })]];

  it.each(TOLD)("she has her points again, once, whatever is told twice or late: the code is %s", async (_form, removed) => {
    const world = await withCoupon();
    await world.buy();
    expect([await world.balance(), await world.earned()]).toEqual([0 + 90, 90]);
    const edited = world.lines(removed(world.code), removed(world.code));
    for (const minutes of [2, 2, 3]) await world.update(minutes, { lines: edited });
    // What was told before comes after it, and the order's creation once more.
    await world.update(1, { lines: world.lines() });
    await world.buy();
    // The whole 100.00 is paid now, and earns.
    expect([await world.balance(), await world.earned()]).toEqual([100 + 100, 100]);
    expect(await world.reversals()).toMatchObject([{ reason: "removed", reversedAt: new Date(at(2)) }]);
    expect([(await world.issuance()).status, await world.tally()]).toEqual(["returned", { issued: 0, used: 0 }]);
    expect(await prisma.change.count({ where: { shopId: world.shop.id, kind: "withdraw_code", status: "pending" } })).toBe(1);
    // The whole order goes back at last: nothing comes a second time.
    await world.tell("orders/cancelled", world.order({ lines: edited, cancelledAt: at(4), updatedAt: at(4) }));
    expect([await world.balance(), (await world.reversals()).length]).toEqual([100, 1]);
    expect(await world.books()).toEqual([]);
  });

  describe("before we had heard of the order", () => {
    const edited = (world: Sold, removed: (code: string) => Record<string, string>) => world.update(2, { lines: world.lines(removed(world.code), removed(world.code)) });
    const codeState = (world: Sold) => prisma.coupon.findFirstOrThrow({ where: { shopId: world.shop.id, code: world.code }, select: { status: true, usesCount: true } });
    const withdrawn = (world: Sold) => prisma.change.count({ where: { shopId: world.shop.id, kind: "withdraw_code", status: "pending" } });

    it("and its creation is never told: nobody is charged, and what the checkout held is free again in time, its code taken off Shopify first", async () => {
      const world = await withCoupon();
      await edited(world, () => ({}));
      expect([await world.redemptions(), await world.earned()]).toEqual([[], 100]);
      expect(await findBalance(world.shop.id, world.customer.id, NOON)).toEqual({ balance: 200, held: 100, spendable: 100 });
      const later = new Date(NOON.getTime() + 86_400_000);
      await returnOverdue(later);
      expect([(await world.issuance()).status, await withdrawn(world)]).toEqual(["returning", 1]);
      const { couponId } = await world.issuance();
      await inTransaction((tx) => finishReturn(tx, world.shop.id, couponId, later));
      expect(await findBalance(world.shop.id, world.customer.id, later)).toEqual({ balance: 200, held: 0, spendable: 200 });
      // It was never used here, and its creation that comes so late uses what went back no more.
      await world.buy();
      expect([await world.redemptions(), (await world.issuance()).status, await codeState(world), await world.balance()]).toEqual([[], "returned", { status: "revoked", usesCount: 0 }, 200]);
      expect(await world.books()).toEqual([]);
    });

    it.each(TOLD)("and its creation is told after all: her points are free at once, the use is counted as Shopify counts it, and undone; the code is %s", async (_form, removed) => {
      const world = await withCoupon();
      for (let times = 0; times < 2; times++) await edited(world, removed);
      for (let times = 0; times < 2; times++) await world.buy();
      await world.update(3, { lines: world.lines(removed(world.code), removed(world.code)) });
      expect(await findBalance(world.shop.id, world.customer.id, NOON)).toEqual({ balance: 200, held: 0, spendable: 200 });
      expect([await world.redemptions(), await world.reversals()]).toMatchObject([[{ flags: [] }], [{ reason: "removed", reversedAt: new Date(at(2)) }]]);
      expect([(await world.issuance()).status, await codeState(world), await withdrawn(world), await world.tally()]).toEqual(["returned", { status: "revoked", usesCount: 0 }, 1, { issued: 0, used: 0 }]);
      expect(await world.books()).toEqual([]);
    });

    it("named, and takes nothing: that it was used up is known without the creation", async () => {
      const world = await withCoupon();
      await edited(world, (code) => ({ [code]: "0.00" }));
      expect([(await world.issuance()).status, await codeState(world), await withdrawn(world), await world.balance()]).toEqual(["returned", { status: "revoked", usesCount: 0 }, 1, 200]);
      expect(await world.books()).toEqual([]);
    });

    it.each<[string, AwardWish, "checkout" | "api"]>([["was paid for when it was given", { onReversal: "reuse" }, "api"], ["was held by the checkout", { onReversal: "reuse" }, "checkout"], ["was given for nothing", { pointsPrice: null }, "api"]])(
      "she has another code where her award gives the coupon back, or it cost nothing: it %s", async (_name, wish, channel) => {
        const world = await withCoupon(wish, channel);
        const before = (await world.balance()) - (await world.heldPoints());
        await edited(world, () => ({}));
        await world.buy();
        const { status, couponId } = await world.issuance();
        const { code } = await prisma.coupon.findFirstOrThrow({ where: { shopId: world.shop.id, id: couponId } });
        expect([status, code === world.code, (await world.balance()) - (await world.heldPoints())]).toEqual(["open", false, before + 100]);
        expect(await codeState(world)).toEqual({ status: "revoked", usesCount: 0 });
        expect(await world.books()).toEqual([]);
      });

    it("a coupon that was given to her after the order is not one that the order had lost", async () => {
      const world = await withCoupon();
      await prisma.issuance.updateMany({ where: { shopId: world.shop.id }, data: { issuedAt: new Date(at(1)) } });
      await edited(world, () => ({}));
      await world.buy();
      expect([await world.redemptions(), (await world.issuance()).status]).toEqual([[], "open"]);
    });

    it("a code for everybody that only somebody else holds is not one that the order had lost", async () => {
      const world = await withCoupon({ single: "SUMMER" });
      const ben = await newCustomer(world.shop.id);
      await world.tell("orders/updated", world.order({ customerGid: ben.gid, lines: world.bare, updatedAt: at(2) }));
      await world.tell("orders/create", world.order({ customerGid: ben.gid, lines: world.lines() }));
      expect([await world.redemptions(), (await world.issuance()).status, await world.heldPoints()]).toEqual([[], "open", 100]);
    });

    it("all at once, creation and edit, in any order: once", async () => {
      const world = await withCoupon();
      const told = [["orders/updated", world.order({ lines: world.bare, updatedAt: at(2) })], ["orders/create", world.order({ lines: world.lines() })]] as const;
      for (const [topic, payload] of [...told, ...told]) await app.deliver(world.shop.domain, topic, payload);
      await Promise.all([workInbox(world.shop.domain, NOON), workInbox(world.shop.domain, NOON, "desc"), workInbox(world.shop.domain, NOON)]);
      expect([await findBalance(world.shop.id, world.customer.id, NOON), (await world.reversals()).length]).toEqual([{ balance: 200, held: 0, spendable: 200 }, 1]);
      expect(await world.books()).toEqual([]);
    });
  });

  it("has the coupon again where its award gives that back, under another code", async () => {
    const world = await withCoupon({ onReversal: "reuse" });
    await world.buy();
    for (const minutes of [1, 2]) await world.update(minutes, { lines: world.bare });
    const { status, couponId } = await world.issuance();
    const { code } = await prisma.coupon.findFirstOrThrow({ where: { shopId: world.shop.id, id: couponId } });
    expect([status, code === world.code, await world.balance()]).toEqual(["open", false, 100]);
    // It is used on another order, and is not charged again.
    await world.tell("orders/create", world.order({ id: 1002, lines: [{ ...SHIRTS, codes: { [code]: "5.00" } }] }));
    expect(await world.balance()).toBe(0 + 100 + 85);
    expect((await world.redemptions()).map(({ flags }) => flags)).toEqual([[], []]);
    expect(await world.books()).toEqual([]);
  });

  it("after a part of it was refunded, and before the rest is: in every order the price comes back once", async () => {
    const shirtBack = refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 1, quantity: 1, subtotal: "27.00" }] });
    const mugBack = refundPayload({ id: 9002, orderId: 1001, lines: [{ id: 2, quantity: 1, subtotal: "10.00" }] });
    const world = await withCoupon();
    await world.buy();
    await world.tell("refunds/create", shirtBack);
    expect(await world.balance()).toBe(30 + 63);
    await world.update(1, { lines: world.bare, refunds: [shirtBack] });
    await world.tell("refunds/create", mugBack);
    for (const back of [shirtBack, mugBack]) await world.tell("refunds/create", back);
    const { _sum } = await prisma.pointsEntry.aggregate({ where: { shopId: world.shop.id, kind: "spending_returned" }, _sum: { points: true } });
    expect(_sum.points).toBe(100);
    expect(await world.books()).toEqual([]);

    const other = await withCoupon();
    await other.buy();
    await other.update(1, { lines: other.bare, refunds: [mugBack, shirtBack] });
    for (const back of [mugBack, shirtBack]) await other.tell("refunds/create", back);
    expect([await other.balance(), await other.earned()]).toEqual([await world.balance(), await world.earned()]);
    expect(await other.books()).toEqual([]);
  });

  it("all at once and in any order: edit, refund, creation, each told twice", async () => {
    const world = await withCoupon();
    const shirtBack = refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 1, quantity: 1, subtotal: "27.00" }] });
    await world.buy();
    const told = [
      ["orders/updated", world.order({ lines: world.bare, updatedAt: at(2) })], ["refunds/create", shirtBack], ["orders/updated", world.order({ lines: world.lines(), updatedAt: at(1) })],
    ] as const;
    for (const [topic, payload] of [...told, ...told.toReversed()]) await app.deliver(world.shop.domain, topic, payload);
    await Promise.all([workInbox(world.shop.domain, NOON), workInbox(world.shop.domain, NOON, "desc"), workInbox(world.shop.domain, NOON)]);
    expect([await world.earned(), await world.balance()]).toEqual([73, 100 + 73]);
    expect(await world.reversals()).toHaveLength(1);
    expect(await world.books()).toEqual([]);
  });

  it("off one of its two orders: what she paid for the coupon stands for the other", async () => {
    const world = await withCoupon({ usesPerCode: 2 });
    await world.buy();
    await world.tell("orders/create", world.order({ id: 1002, lines: world.lines() }));
    await world.update(1, { lines: world.bare });
    expect([await world.balance(), (await world.issuance()).status, (await world.reversals()).length]).toEqual([100 + 90, "redeemed", 1]);
    await world.tell("orders/updated", world.order({ id: 1002, lines: world.bare, updatedAt: at(1) }));
    expect([await world.balance(), (await world.issuance()).status, (await world.reversals()).length]).toEqual([100 + 200, "returned", 2]);
    expect(await world.books()).toEqual([]);
  });

  it("another code on the order stays used, and a discount that is only less than it was costs what it cost", async () => {
    const world = await withCoupon({ combinesProduct: true });
    await world.tell("orders/create", world.order({ lines: world.lines({ [world.code]: "9.00", SPRING10: "3.00" }) }));
    await world.update(1, { lines: world.lines({ [world.code]: "9.00" }, {}) });
    await world.update(2, { lines: world.lines({ [world.code]: "2.00", SPRING10: "3.00" }, {}) });
    expect([(await world.issuance()).status, await world.reversals()]).toEqual(["redeemed", []]);
    expect(await world.books()).toEqual([]);
  });

  it("one whose units all left the order with it gives its price back, not twice", async () => {
    const world = await withCoupon();
    await world.tell("orders/create", world.order({ lines: world.lines({}, { [world.code]: "5.00" }) }));
    await world.update(1, { lines: [SHIRTS, { ...MUG, current: 0, codes: { [world.code]: "5.00" } }] });
    expect(await world.balance()).toBe(100 + 90);
    await world.update(2, { lines: [SHIRTS, { ...MUG, current: 0 }] });
    expect([await world.balance(), (await world.issuance()).status]).toEqual([100 + 90, "returned"]);
    expect(await world.books()).toEqual([]);
  });
});

describe("a merchant takes one code off an order and puts another on it, in one step", () => {
  /** The sale with a coupon, and another that she was given since. */
  async function withTwo(wish: AwardWish = {}) {
    const world = await withCoupon(wish);
    await givePoints(world.shop.id, world.customer.id, 100, NOON);
    const { awardNumber } = await world.issuance();
    const issuing = await issueCoupon(world.shop.id, { customerId: world.customer.id, awardNumber, requestKey: randomUUID(), channel: "checkout" }, NOON);
    if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
    const other = issuing.code;
    return {
      ...world, other, swapped: world.lines({ [other]: "4.00" }, { [other]: "1.00" }),
      fates: async () => (await prisma.issuance.findMany({ where: { shopId: world.shop.id }, orderBy: { id: "asc" }, select: { status: true } })).map(({ status }) => status),
      flags: async () => (await world.redemptions()).map((redemption) => redemption.flags),
    };
  }

  it("the one's points are back, the other's are spent, once", async () => {
    const world = await withTwo();
    await world.buy();
    for (const minutes of [2, 2, 3]) await world.update(minutes, { lines: world.swapped });
    await world.update(1, { lines: world.lines() });
    await world.buy();
    expect([await world.fates(), await world.flags(), (await world.reversals()).length]).toEqual([["returned", "redeemed"], [[], []], 1]);
    expect([await findBalance(world.shop.id, world.customer.id, NOON), await world.earned()]).toEqual([{ balance: 100 + 95, held: 0, spendable: 195 }, 95]);
    expect(await world.tally()).toEqual({ issued: 1, used: 1 });
    await world.tell("refunds/create", refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 2, quantity: 1, subtotal: "9.00" }] }));
    // A fifth of what the other took off went back; nothing more of the first.
    expect(await world.balance()).toBe(120 + 86);
    expect(await world.books()).toEqual([]);
  });

  it.each([["each customer may use once", { usesPerCustomer: 1 }], ["may be used once in all", { usesTotal: 1 }]])("of an award that %s, the other is no use too many", async (_name, wish) => {
    const world = await withTwo();
    await world.buy();
    await prisma.award.updateMany({ where: { shopId: world.shop.id }, data: wish });
    await world.update(1, { lines: world.swapped });
    expect([await world.fates(), await world.flags(), await world.tally()]).toEqual([["returned", "redeemed"], [[], []], { issued: 1, used: 1 }]);
    expect(await world.books()).toEqual([]);
  });

  it("before we had heard of the order, only the other is paid for, and all else follows once the order is told as it was placed", async () => {
    const world = await withTwo();
    await world.update(1, { lines: world.swapped });
    expect([await world.fates(), await world.balance()]).toEqual([["open", "redeemed"], 100 + 95]);
    await world.buy();
    expect([await world.fates(), await world.flags(), await findBalance(world.shop.id, world.customer.id, NOON)]).toEqual([["returned", "redeemed"], [[], []], { balance: 195, held: 0, spendable: 195 }]);
    expect(await world.books()).toEqual([]);
  });
});

describe("a merchant takes units off an order, and puts them back", () => {
  /** Of three shirts, so many are left. */
  const left = (world: Sold, current: number): Partial<OrderWish> => ({ lines: [{ ...SHIRTS, current, codes: { [world.code]: "9.00" } }, { ...MUG, codes: { [world.code]: "1.00" } }] });
  const flags = async (world: Sold) => (await world.redemptions()).map((redemption) => redemption.flags);

  it("she has paid and earned what is left, at every step, however often it is told", async () => {
    const world = await withCoupon();
    await world.buy();
    for (const [minutes, current, spent] of [[1, 2, 70], [2, 1, 40], [3, 3, 100], [4, 0, 10], [5, 2, 70]] as const) {
      for (let times = 0; times < 2; times++) await world.update(minutes, left(world, current));
      expect([await world.balance(), await world.earned()]).toEqual([100 - spent + 9 + 27 * current, 9 + 27 * current]);
    }
    const entries = await prisma.pointsEntry.findMany({ where: { shopId: world.shop.id, kind: "spent" }, orderBy: { id: "asc" }, select: { points: true, note: true } });
    expect(entries.slice(1)).toEqual([60, 60].map((points) => ({ points: -points, note: "Order #1001 edited: points of its coupon spent again" })));
    expect(await flags(world)).toEqual([[]]);
    await world.tell("orders/cancelled", world.order({ ...left(world, 2), cancelledAt: at(6), updatedAt: at(6) }));
    expect([await world.balance(), (await world.issuance()).status]).toEqual([100, "returned"]);
    expect(await world.books()).toEqual([]);
  });

  it("as more of what she had: the coupon costs what stands of everything it was given for", async () => {
    const world = await withCoupon();
    await world.buy();
    const shirtBack = refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 1, quantity: 1, subtotal: "27.00" }] });
    await world.tell("refunds/create", shirtBack);
    expect(await world.paid()).toBe(70);
    const more = { lines: [{ ...SHIRTS, quantity: 4, current: 3, codes: { [world.code]: "12.00" } }, { ...MUG, codes: { [world.code]: "1.00" } }], refunds: [shirtBack] };
    for (const minutes of [1, 2]) await world.update(minutes, more);
    // 3.00 of 13.00 is gone.
    expect([await world.paid(), await world.earned()]).toEqual([77, 81 + 9]);
    expect(await world.books()).toEqual([]);
  });

  it("in any order and all at once, beside a refund: it ends at the newest", async () => {
    const mugBack = refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 2, quantity: 1, subtotal: "9.00" }] });
    for (const order of [[1, 2, 3], [3, 2, 1], [2, 3, 1]]) {
      const world = await withCoupon();
      await world.buy();
      for (const minutes of order) await app.deliver(world.shop.domain, "orders/updated", world.order({ ...left(world, minutes), updatedAt: at(minutes) }));
      await app.deliver(world.shop.domain, "refunds/create", mugBack);
      await Promise.all([workInbox(world.shop.domain, NOON), workInbox(world.shop.domain, NOON, "desc")]);
      // All shirts are there again; the mug, a tenth of the discount, is not.
      expect([await world.balance(), await world.earned()]).toEqual([100 - 90 + 81, 81]);
      expect(await world.books()).toEqual([]);
    }
  });

  it("as a line of its own: the coupon costs what stands of everything it was given for", async () => {
    const world = await withCoupon();
    await world.buy();
    const lines = (more: LineWish[]) => ({ lines: [{ ...SHIRTS, codes: { [world.code]: "9.00" } }, { ...MUG, current: 0, codes: { [world.code]: "1.00" } }, ...more] });
    await world.update(1, lines([]));
    expect(await world.balance()).toBe(100 - 90 + 81);
    await world.update(2, lines([{ id: 3, product: 12, price: "30.00", codes: { [world.code]: "10.00" } }]));
    // 1.00 of 20.00 is gone.
    expect([await world.balance(), await world.earned()]).toEqual([100 - 95 + 101, 101]);
    expect(await world.books()).toEqual([]);
  });

  it("a refund that names units which an edit had taken away takes them once, as soon as the edit says so", async () => {
    const world = await withCoupon();
    await world.buy();
    await world.update(1, left(world, 2));
    const shirtBack = refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 1, quantity: 1, subtotal: "27.00" }] });
    await world.tell("refunds/create", shirtBack);
    await world.update(2, { ...left(world, 2), refunds: [shirtBack] });
    expect([await world.balance(), await world.earned()]).toEqual([100 - 70 + 63, 63]);
    expect(await world.books()).toEqual([]);
  });

  it("who has spent what came back meanwhile is not brought below zero: the use is flagged, and no more comes back than she paid", async () => {
    const world = await withCoupon();
    await world.tell("orders/create", world.order({ lines: world.lines(), test: true }));
    await world.update(1, { ...left(world, 2), test: true });
    const { number } = await newAward(world.shop.id, { pointsPrice: 20 });
    await issueCoupon(world.shop.id, { customerId: world.customer.id, awardNumber: number, requestKey: randomUUID(), channel: "api" }, NOON);
    for (const minutes of [2, 3]) await world.update(minutes, { ...left(world, 3), test: true });
    expect([await world.balance(), await flags(world)]).toEqual([10, [["partly_paid"]]]);
    // Whoever heard of the use hears of that too, once.
    const [redemption] = await world.redemptions();
    const told = await prisma.event.findMany({ where: { shopId: world.shop.id, kind: "coupon.flagged" } });
    expect(told).toMatchObject([{ data: { redemptionId: `red_${redemption?.id}`, orderId: gid("Order", 1001), code: world.code, flags: ["partly_paid"] }, occurredAt: new Date(at(2)) }]);
    // She pays for what is put back once she can, and not for what she could not pay for then.
    await givePoints(world.shop.id, world.customer.id, 100, NOON);
    for (const [minutes, current, balance] of [[4, 2, 110], [5, 1, 140], [6, 3, 80], [7, 3, 80]] as const) {
      await world.update(minutes, { ...left(world, current), test: true });
      expect(await world.balance()).toBe(balance);
    }
    expect(await flags(world)).toEqual([["partly_paid"]]);
    expect(await world.books()).toEqual([]);
    await world.tell("orders/cancelled", world.order({ ...left(world, 3), test: true, cancelledAt: at(8), updatedAt: at(8) }));
    expect(await world.balance()).toBe(180);
    expect(await world.books()).toEqual([]);
  });

  it("of a coupon that another order uses too, only what neither has any more is hers", async () => {
    const world = await withCoupon({ usesPerCode: 2 });
    await world.buy();
    await world.tell("orders/create", world.order({ id: 1002, lines: world.lines() }));
    const tell = async (id: number, minutes: number, current: number) => {
      await world.tell("orders/updated", world.order({ id, ...left(world, current), updatedAt: at(minutes) }));
      return world.paid();
    };
    expect([await tell(1001, 1, 1), await tell(1002, 1, 2), await tell(1001, 2, 3), await tell(1002, 2, 3)]).toEqual([100, 70, 100, 100]);
    expect(await world.books()).toEqual([]);
  });

  describe("all of them", () => {
    const gone = (world: Sold) => ({ lines: [{ ...SHIRTS, current: 0, codes: { [world.code]: "9.00" } }, { ...MUG, current: 0, codes: { [world.code]: "1.00" } }] });

    it("what was undone stays undone, and the order uses her coupon again: it costs what it earns by, however often it is told", async () => {
      const world = await withCoupon();
      await world.buy();
      for (const minutes of [1, 1]) await world.update(minutes, gone(world));
      expect([await world.balance(), (await world.issuance()).status, (await world.stored()).undoneAt]).toEqual([100, "returned", new Date(at(1))]);
      for (const minutes of [2, 2, 3]) await world.update(minutes, left(world, 2));
      // Of the discount 3.00 of 10.00 is gone.
      expect([await world.paid(), await world.earned(), await world.balance(), (await world.issuance()).status, (await world.stored()).undoneAt]).toEqual([70, 63, 100 - 70 + 63, "redeemed", null]);
      expect([await flags(world), (await world.reversals()).length, await world.tally()]).toEqual([[[], ["late"]], 1, { issued: 1, used: 1 }]);
      expect(await world.books()).toEqual([]);
      await world.update(4, gone(world));
      await world.update(5, left(world, 3));
      expect([await world.paid(), await world.earned(), (await world.reversals()).length]).toEqual([100, 90, 2]);
      await world.tell("orders/cancelled", world.order({ ...left(world, 3), cancelledAt: at(6), updatedAt: at(6) }));
      expect([await world.balance(), (await world.issuance()).status, (await world.reversals()).length]).toEqual([100, "returned", 3]);
      expect(await world.books()).toEqual([]);
    });

    it("who has spent what came back is not brought below zero: she keeps it, and the use is flagged", async () => {
      const world = await withCoupon();
      await world.tell("orders/create", world.order({ lines: world.lines(), test: true }));
      await world.update(1, { ...gone(world), test: true });
      const { number } = await newAward(world.shop.id, { pointsPrice: 60 });
      await issueCoupon(world.shop.id, { customerId: world.customer.id, awardNumber: number, requestKey: randomUUID(), channel: "api" }, NOON);
      for (const minutes of [2, 3]) await world.update(minutes, { ...left(world, 3), test: true });
      expect([await world.balance(), await flags(world), (await world.issuance()).status]).toEqual([40, [[], ["late"]], "returned"]);
      expect(await world.books()).toEqual([]);
    });

    it("all paid back, and more put on the order since: she pays for the discount that stands", async () => {
      const world = await withCoupon();
      await world.buy();
      const back = refundPayload({ id: 9001, orderId: 1001, amountOnly: "90.00" });
      await world.tell("refunds/create", back);
      expect(await world.balance()).toBe(100);
      await world.update(1, { lines: [...world.lines(), { id: 3, price: "50.00" }], refunds: [back] });
      expect([await world.paid(), await world.earned()]).toEqual([100, 50]);
      expect(await world.books()).toEqual([]);
    });
  });

  describe("of an award that gives the coupon back", () => {
    const gone = (world: Sold): Partial<OrderWish> => ({ lines: [{ ...SHIRTS, current: 0, codes: { [world.code]: "9.00" } }, { ...MUG, current: 0, codes: { [world.code]: "1.00" } }] });
    const codeOf = async (world: Sold) => (await prisma.coupon.findFirstOrThrow({ where: { shopId: world.shop.id, id: (await world.issuance()).couponId } })).code;

    it.each<[string, (world: Sold) => Partial<OrderWish>]>([["all units", gone], ["the code", (world) => ({ lines: world.bare })]])("and %s: the code that she was given instead is hers no more, and nothing is paid twice", async (_what, lost) => {
      const world = await withCoupon({ onReversal: "reuse" });
      await world.buy();
      await world.update(1, lost(world));
      const instead = await codeOf(world);
      expect([(await world.issuance()).status, instead === world.code]).toEqual(["open", false]);
      for (const minutes of [2, 2, 3]) await world.update(minutes, left(world, 3));
      expect([(await world.issuance()).status, await codeOf(world), await world.paid(), await world.earned(), await flags(world)]).toEqual(["redeemed", world.code, 100, 90, [[], []]]);
      expect(await prisma.coupon.findFirstOrThrow({ where: { shopId: world.shop.id, code: instead } })).toMatchObject({ status: "revoked" });
      expect(await prisma.event.findMany({ where: { shopId: world.shop.id, kind: "coupon.revoked" } })).toMatchObject([{ data: { code: instead, points: 0 } }]);
      expect(await world.books()).toEqual([]);
      // And once more.
      await world.update(4, lost(world));
      expect([(await world.issuance()).status, [world.code, instead].includes(await codeOf(world)), await world.paid()]).toEqual(["open", false, 100]);
      expect(await world.books()).toEqual([]);
    });

    it("who has used the other code meanwhile has used both: the order's is flagged", async () => {
      const world = await withCoupon({ onReversal: "reuse" });
      await world.buy();
      await world.update(1, gone(world));
      await world.tell("orders/create", world.order({ id: 1002, lines: [{ ...SHIRTS, codes: { [await codeOf(world)]: "5.00" } }] }));
      await world.update(2, left(world, 3));
      expect([await flags(world), await world.paid()]).toEqual([[[], [], ["not_issued"]], 100]);
      expect(await world.books()).toEqual([]);
    });
  });

  it("and a code that was taken off comes back: it is used again", async () => {
    const world = await withCoupon();
    await world.buy();
    await world.update(1, { lines: world.bare });
    expect(await world.balance()).toBe(200);
    for (const minutes of [2, 2, 3]) await world.update(minutes, { lines: world.lines() });
    expect([await world.paid(), await world.earned(), await flags(world), (await world.reversals()).length]).toEqual([100, 90, [[], ["late"]], 1]);
    expect(await world.books()).toEqual([]);
  });
});

describe("whose order it is", () => {
  it("a guest's that is somebody's now earns then, once", async () => {
    const world = await sale({ customerGid: null });
    await world.create();
    await world.tell("refunds/create", refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 2, quantity: 1, subtotal: "10.00" }] }));
    expect(await world.balance()).toBe(100);
    for (const minutes of [1, 2]) await world.update(minutes, { customerGid: world.customer.gid });
    expect(await world.balance()).toBe(190);
    await world.tell("orders/cancelled", world.order({ customerGid: world.customer.gid, cancelledAt: at(3), updatedAt: at(3) }));
    expect(await world.balance()).toBe(100);
    expect(await world.books()).toEqual([]);
  });

  it("a guest's that went back as a whole before earns nothing for whom it is given to", async () => {
    const world = await sale({ customerGid: null });
    await world.create();
    await world.tell("orders/cancelled", world.order({ cancelledAt: at(1), updatedAt: at(1) }));
    await world.update(2, { customerGid: world.customer.gid, cancelledAt: at(1) });
    expect([await world.balance(), await prisma.pointsEntry.count({ where: { shopId: world.shop.id, kind: "earned" } })]).toEqual([100, 0]);
  });

  it("moved to another customer, what it earned moves with it, though it was spent", async () => {
    const world = await sale();
    const other = await newCustomer(world.shop.id);
    await world.create();
    const { number } = await newAward(world.shop.id, { pointsPrice: 150 });
    await issueCoupon(world.shop.id, { customerId: world.customer.id, awardNumber: number, requestKey: randomUUID(), channel: "api" }, NOON);
    for (const minutes of [1, 2]) await world.update(minutes, { customerGid: other.gid });
    expect([await world.balance(), await world.balance(other.id)]).toEqual([-50, 100]);
    await world.tell("refunds/create", refundPayload({ id: 9001, orderId: 1001, lines: [{ id: 1, quantity: 1, subtotal: "30.00" }] }));
    expect([await world.balance(), await world.balance(other.id)]).toEqual([-50, 70]);
    // And back again.
    await world.update(3, {});
    expect([await world.balance(), await world.balance(other.id)]).toEqual([20, 0]);
    expect(await world.books()).toEqual([]);
  });

  it("while its points wait to mature, they wait for whom it is given to", async () => {
    const world = await sale();
    await prisma.shop.update({ where: { id: world.shop.id }, data: { pendingDays: 14 } });
    const other = await newCustomer(world.shop.id);
    await world.create();
    await world.update(1, { customerGid: other.gid, lines: [SHIRTS, MUG, { id: 3, price: "5.00" }] });
    expect(await prisma.pendingEarning.findMany({ where: { shopId: world.shop.id } })).toMatchObject([{ customerId: other.id, points: 105, endedAt: null }]);

    const guest = await sale({ customerGid: null });
    await prisma.shop.update({ where: { id: guest.shop.id }, data: { pendingDays: 14 } });
    await guest.create();
    await guest.update(1, { customerGid: guest.customer.gid });
    expect(await prisma.pendingEarning.findMany({ where: { shopId: guest.shop.id } })).toMatchObject([{ customerId: guest.customer.id, points: 100, endedAt: null }]);
    expect([await world.balance(), await guest.balance()]).toEqual([100, 100]);
  });
});
