/** Points that orders earn wait until they mature, and a refund meanwhile leaves no trace in the ledger. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { cancelOrder } from "#app/domain/orders/cancel.server.ts";
import { placeOrder } from "#app/domain/orders/place.server.ts";
import { recordOrder } from "#app/domain/orders/record.server.ts";
import { listLedgerChecks } from "#app/domain/points/check-ledgers.server.ts";
import { maturePoints } from "#app/domain/points/mature.server.ts";
import { findBalance, findOutlook, listStatement } from "#app/domain/points/queries.server.ts";
import { setEarning } from "#app/domain/points/set-earning.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { taskList } from "#app/tasks.ts";
import { givePoints, newCustomer, newShop, NOON, oneLine } from "#test/factories.ts";
import { checkBooks } from "../properties/books";

const DAY = 86_400_000;
const days = (count: number) => new Date(NOON.getTime() + count * DAY);

/** A shop that waits 14 days before it gives points. */
async function waitingShop(pendingDays = 14) {
  const { id: shopId } = await newShop();
  await prisma.shop.update({ where: { id: shopId }, data: { pendingDays } });
  const customer = await newCustomer(shopId);
  let number = 0;
  const buy = async (minor: number, at = NOON, now = at) => {
    const orderGid = gid("Order", ++number);
    const facts = {
      gid: orderGid, name: `#${number}`, currency: "EUR", lines: oneLine(minor), totalMinor: minor, discountMinor: 0, taxesIncluded: false, test: false,
      customer: { gid: customer.gid as Gid<"Customer"> }, channel: "web", processedAt: at, updatedAt: at, codes: [],
    };
    expect(await inTransaction((tx) => recordOrder(tx, shopId, facts, now))).toEqual({ outcome: "recorded" });
    return orderGid;
  };
  return {
    shopId,
    customerId: customer.id,
    buy,
    keep: (orderGid: Gid<"Order">, points: number, now: Date) =>
      inTransaction((tx) => setEarning(tx, shopId, { customerId: customer.id, orderGid, points, reasonKey: `unearn:${randomUUID()}`, note: "Refunded", occurredAt: now }, now)),
    cancel: (orderGid: Gid<"Order">, now: Date) => inTransaction((tx) => cancelOrder(tx, shopId, { orderGid, cancelledAt: now }, now)),
    balance: async (now: Date) => (await findBalance(shopId, customer.id, now)).balance,
    outlook: (now: Date) => findOutlook(shopId, customer.id, now),
    statement: async () => (await listStatement(shopId, customer.id, null)).rows.map(({ kind, points, occurredAt }) => ({ kind, points, occurredAt })),
    faults: (now: Date) => checkBooks(shopId, now),
  };
}

describe("an order of a shop that waits", () => {
  it("earns points that cannot be spent until they mature, to the instant", async () => {
    const shop = await waitingShop();
    await shop.buy(5000);
    await shop.buy(2000, days(1));
    expect(await shop.balance(days(1))).toBe(0);
    expect(await shop.outlook(days(1))).toEqual({ pending: 70, nextPending: { points: 50, at: days(14) }, nextLapse: null });

    expect(await maturePoints(new Date(days(14).getTime() - 1))).toBe(0);
    expect(await maturePoints(days(14))).toBe(1);
    expect(await shop.balance(days(14))).toBe(50);
    expect(await shop.outlook(days(14))).toMatchObject({ pending: 20, nextPending: { points: 20, at: days(15) } });
    const matured = await Promise.all(Array.from({ length: 6 }, () => maturePoints(days(20))));
    expect(matured.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await shop.statement()).toEqual([{ kind: "earned", points: 20, occurredAt: days(15) }, { kind: "earned", points: 50, occurredAt: days(14) }]);
    expect(await shop.faults(days(20))).toEqual([]);
  });

  it("that we hear of late earns at once what would have matured by then", async () => {
    const shop = await waitingShop();
    await shop.buy(5000, days(-20), NOON);
    expect(await shop.balance(NOON)).toBe(50);
    expect(await shop.outlook(NOON)).toMatchObject({ pending: 0, nextPending: null });
  });

  it("keeps its day when the setting changes", async () => {
    const shop = await waitingShop();
    await shop.buy(5000);
    await prisma.shop.update({ where: { id: shop.shopId }, data: { pendingDays: 0 } });
    await shop.buy(700);
    expect(await shop.balance(NOON)).toBe(7);
    await maturePoints(days(14));
    expect(await shop.balance(days(14))).toBe(57);
  });

  it("lives from the day it can be spent on", async () => {
    const shop = await waitingShop();
    await prisma.shop.update({ where: { id: shop.shopId }, data: { expiryMonths: 1 } });
    await shop.buy(5000);
    await maturePoints(days(16));
    // 14 days after 20 November, and a month; midnight in Berlin.
    expect(await shop.outlook(days(16))).toMatchObject({ nextLapse: { points: 50, at: new Date("2027-01-04T22:59:59.999Z") } });
  });

  it("that we hear of late lives from that day too, not from the day it was placed on", async () => {
    const shop = await waitingShop();
    await prisma.shop.update({ where: { id: shop.shopId }, data: { expiryMonths: 1 } });
    // Placed on 11 October, spendable since the 25th.
    await shop.buy(5000, days(-40), NOON);
    expect(await shop.balance(NOON)).toBe(50);
    expect(await shop.outlook(NOON)).toMatchObject({ nextLapse: { points: 50, at: new Date("2026-11-25T22:59:59.999Z") } });
  });
});

describe("an order that is refunded", () => {
  it("before its points mature gives what is left; altogether, nothing and no entry", async () => {
    const shop = await waitingShop();
    const [part, whole] = [await shop.buy(5000), await shop.buy(3000)];
    await shop.keep(part, 35, days(3));
    await shop.cancel(whole, days(4));
    expect(await shop.outlook(days(4))).toMatchObject({ pending: 35 });
    await maturePoints(days(14));
    expect(await shop.statement()).toEqual([{ kind: "earned", points: 35, occurredAt: days(14) }]);
    expect(await prisma.pendingEarning.count({ where: { shopId: shop.shopId, endedAt: null } })).toBe(0);
    expect(await shop.faults(days(14))).toEqual([]);
  });

  it("and added to by an edit, before and after, ends at what it is worth in the end", async () => {
    const shop = await waitingShop();
    const [order, free] = [await shop.buy(5000), await shop.buy(0)];
    for (const points of [0, 20, 80, 60]) await shop.keep(order, points, days(2));
    await shop.keep(free, 5, days(2));
    expect(await shop.outlook(days(2))).toMatchObject({ pending: 65 });
    await maturePoints(days(14));
    await shop.keep(order, 90, days(15));
    await shop.keep(order, 40, days(16));
    expect((await shop.statement()).map(({ kind, points }) => [kind, points]).sort()).toEqual([["earned", 30], ["earned", 5], ["earned", 60], ["earning_reversed", -50]].sort());
    expect(await shop.balance(days(16))).toBe(45);
  });

  it("after they matured takes them back, below zero if they are spent", async () => {
    const shop = await waitingShop();
    const order = await shop.buy(5000);
    await maturePoints(days(14));
    await givePoints(shop.shopId, shop.customerId, -45, days(15));
    await shop.cancel(order, days(16));
    expect(await shop.balance(days(16))).toBe(-45);
    expect(await shop.faults(days(16))).toEqual([]);
  });

  it("in the very moment in which they mature: it has earned exactly what is left", async () => {
    for (let round = 0; round < 30; round++) {
      const shop = await waitingShop();
      const orders = [await shop.buy(5000), await shop.buy(3000), await shop.buy(2000)];
      const [part, whole, kept] = orders;
      if (!part || !whole || !kept) throw new Error("three orders were bought");
      const refund = async () => {
        await shop.keep(part, 10, days(14));
        await shop.cancel(whole, days(14));
      };
      await Promise.all([maturePoints(days(14)), refund(), maturePoints(days(14))]);
      await maturePoints(days(14));
      expect(await shop.balance(days(14))).toBe(30);
      expect(await shop.outlook(days(14))).toMatchObject({ pending: 0 });
      expect(await shop.faults(days(14))).toEqual([]);
    }
  });
});

describe("a till's order", () => {
  it("is told what it earns though it is pending, and again once it has matured", async () => {
    const shop = await waitingShop();
    const place = (now: Date) =>
      placeOrder(shop.shopId, {
        orderId: "till-1", customerId: shop.customerId, totalMinor: 4200, earningMinor: 4200, discountMinor: 0, currency: "EUR", placedAt: NOON, channel: "pos", what: null,
        cart: {},
      }, now);
    expect(await place(NOON)).toMatchObject({ outcome: "placed", repeated: false, rewardedPoints: 42 });
    expect(await place(days(1))).toMatchObject({ outcome: "placed", repeated: true, rewardedPoints: 42 });
    await maturePoints(days(14));
    expect(await place(days(15))).toMatchObject({ outcome: "placed", repeated: true, rewardedPoints: 42 });
  });
});

describe("the worker", () => {
  it("lets points mature, tells that they will lapse and lets them, minute by minute, and walks the ledgers at night", async () => {
    const shop = await waitingShop();
    await prisma.shop.update({ where: { id: shop.shopId }, data: { expiryMonths: 1, expiryNoticeDays: 7 } });
    await shop.buy(5000);
    let now = NOON;
    const tasks = taskList({ clock: () => now });
    const work = async (name: "sweep" | "check_ledgers" | "check_ledger", at: Date, payload: unknown = {}) => {
      now = at;
      await tasks[name]?.(payload, {} as never);
    };
    await work("sweep", days(14));
    expect(await shop.balance(days(14))).toBe(50);
    await work("sweep", new Date("2026-12-28T23:00:00Z"));
    expect(await prisma.event.count({ where: { shopId: shop.shopId, kind: "points.expiring" } })).toBe(1);
    await work("sweep", new Date("2027-01-04T23:00:00Z"));
    expect((await shop.statement()).map(({ kind, points }) => [kind, points])).toEqual([["expired", -50], ["earned", 50]]);

    await work("check_ledgers", days(50));
    expect(await prisma.$queryRaw`SELECT count(*)::int AS jobs FROM graphile_worker._private_jobs WHERE "key" = ${`ledger:${shop.shopId}`}`).toEqual([{ jobs: 1 }]);
    await work("check_ledger", days(50), { shopId: shop.shopId });
    expect(await listLedgerChecks(shop.shopId, 5)).toMatchObject([{ customersCount: 1, entriesCount: 2n, brokenCount: 0, endedAt: days(50) }]);
  });
});
