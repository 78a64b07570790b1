/** Orders that change after they were placed: edited, given to a customer, refunded or cancelled without our hearing of it. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import type { OrderNews } from "#app/domain/orders/order.ts";
import { updateOrder, updateOrders } from "#app/domain/orders/update.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { orderNews, OrderPayload } from "#app/inbox/topics/order-payload.ts";
import { inTransaction, prisma, type Tx } from "#app/lib/db.server.ts";
import { gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";
import { orderPayload, refundPayload, type OrderWish } from "#test/fixtures/payloads.ts";
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
    const news = orderNews(OrderPayload.parse(world.order({ updatedAt: at(2), refunds: [refund], lines: [{ ...SHIRTS, current: 2 }, MUG], cancelledAt: at(1) })));
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
