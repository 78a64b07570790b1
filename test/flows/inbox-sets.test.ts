/** A crowd of webhooks: worked in sets, by several workers, some of which die; what cannot be worked holds up nobody. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { workInboxEvent, workWaiting } from "#app/inbox/handle.server.ts";
import { receiveEvent } from "#app/inbox/receive.server.ts";
import { replayEvent } from "#app/inbox/replay.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";
import { orderPayload, refundPayload } from "#test/fixtures/payloads.ts";
import { openHotServer } from "#test/hot-server.ts";
import { checkBooks } from "#test/properties/books.ts";

let app: Awaited<ReturnType<typeof openHotServer>>;
beforeAll(async () => void (app = await openHotServer()));
afterAll(() => app.close());

const work = (domain: string) => workWaiting(domain, () => NOON);

/** A shop whose customers each hold a coupon of 100 points, and the orders that pay with them. */
async function crowd(size: number) {
  const shop = await newShop();
  const award = await newAward(shop.id, { codes: size, usesTotal: size });
  const orders = [];
  for (let n = 1; n <= size; n++) {
    const customer = await newCustomer(shop.id, { gid: `gid://shopify/Customer/${n}` });
    await givePoints(shop.id, customer.id, 100);
    const issuing = await issueCoupon(shop.id, { customerId: customer.id, awardNumber: award.number, requestKey: randomUUID(), channel: "checkout" }, NOON);
    if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
    orders.push(orderPayload({ id: n, customerGid: customer.gid, codes: [{ code: issuing.code, amount: "5.00" }] }));
  }
  return {
    ...shop, orders,
    send: (topic: string, payload: unknown) => app.deliver(shop.domain, topic, payload),
    statuses: async () => {
      const events = await prisma.inboxEvent.groupBy({ by: ["status"], where: { shopDomain: shop.domain }, _count: true });
      return Object.fromEntries(events.map(({ status, _count }) => [status, _count]));
    },
    /** Customers who paid 100 points for their coupon and earned 95 on their order, each once. */
    settled: () => prisma.pointsAccount.count({ where: { shopId: shop.id, balance: 95, held: 0, lastSeq: 3 } }),
  };
}

/** Adds rules that orders of the shop break, and takes them away again. */
async function withBroken(shopId: number, gid: string, work: () => Promise<void>): Promise<void> {
  await prisma.$executeRawUnsafe(`ALTER TABLE "Order" ADD CONSTRAINT "broken" CHECK ("shopId" <> ${shopId} OR "gid" <> '${gid}')`);
  try {
    await work();
  } finally {
    await prisma.$executeRaw`ALTER TABLE "Order" DROP CONSTRAINT "broken"`;
  }
}

describe("a crowd of orders", () => {
  it("is stored with a job for its shop, and worked by it whatever else waits", async () => {
    const shop = await crowd(6);
    const stored = shop.orders.map((order) => ({ shopDomain: shop.domain, webhookId: randomUUID(), topic: "orders/create", apiVersion: "2026-07", triggeredAt: null, body: Buffer.from(JSON.stringify(order)), receivedAt: NOON }));
    await Promise.all(stored.map((event) => receiveEvent(event)));
    await shop.send("refunds/create", refundPayload({ id: 9, orderId: 1, subtotal: "95.00" }));
    await shop.send("themes/publish", {});
    const jobs = await prisma.$queryRaw<{ payload: unknown }[]>`SELECT payload FROM graphile_worker._private_jobs WHERE payload ->> 'shopDomain' = ${shop.domain}`;
    expect(jobs.length).toBeGreaterThan(0);
    expect(jobs.length).toBeLessThanOrEqual(8);

    await work(shop.domain);
    expect(await shop.statuses()).toEqual({ done: 7, ignored: 1 });
    expect(await shop.settled()).toBe(5);
    expect(await checkBooks(shop.id, NOON)).toEqual([]);
  });

  it("with a body among them that is no order, or not even JSON: they fail alone, with their reasons", async () => {
    const shop = await crowd(4);
    for (const body of [shop.orders[0], "{", shop.orders[1], { id: 1 }, shop.orders[2], shop.orders[3]]) await shop.send("orders/create", body);
    await work(shop.domain);
    expect(await shop.statuses()).toEqual({ done: 4, failed: 2 });
    expect(await shop.settled()).toBe(4);
    const failed = await prisma.inboxEvent.findMany({ where: { shopDomain: shop.domain, status: "failed" }, orderBy: { id: "asc" } });
    expect(failed.map(({ attempts, problem }) => [attempts, problem])).toEqual([[1, expect.stringContaining("not JSON")], [1, expect.stringContaining("admin_graphql_api_id")]]);
  });

  it("whose buyers have names in any letters, some of which no database can hold", async () => {
    const shop = await crowd(3);
    const names = ['Zoë "✓" \\303 \\', "A\0mira", "Half \ud83d of one"];
    for (const [index, order] of shop.orders.entries()) await shop.send("orders/create", { ...order, customer: { ...order.customer, first_name: names[index] } });
    await work(shop.domain);
    expect(await shop.statuses()).toEqual({ done: 3 });
    const customers = await prisma.customer.findMany({ where: { shopId: shop.id }, orderBy: { id: "asc" } });
    expect(customers.map(({ firstName }) => firstName)).toEqual(['Zoë "✓" \\303 \\', "Amira", "Half \ufffd of one"]);
  });

  it("with one that the database refuses: the others are recorded, it is tried again by itself, and works once it can", async () => {
    const shop = await crowd(4);
    for (const order of shop.orders) await shop.send("orders/create", order);
    const poison = (await prisma.inboxEvent.findMany({ where: { shopDomain: shop.domain }, orderBy: { id: "asc" } }))[2]?.id ?? 0n;
    await withBroken(shop.id, "gid://shopify/Order/3", async () => {
      await work(shop.domain);
      expect(await shop.statuses()).toEqual({ done: 3, received: 1 });
      expect(await prisma.inboxEvent.findFirst({ where: { shopDomain: shop.domain, id: poison } })).toMatchObject({ status: "received", attempts: 1 });
      const again = await prisma.$queryRaw<{ count: bigint }[]>`
        SELECT count(*) FROM graphile_worker._private_jobs WHERE payload ->> 'shopDomain' = ${shop.domain} AND payload ->> 'id' = ${String(poison)} AND run_at > now()`;
      expect(again).toEqual([{ count: 1n }]);
      // The next crowd passes it by.
      await work(shop.domain);
      expect(await prisma.inboxEvent.findFirst({ where: { shopDomain: shop.domain, id: poison } })).toMatchObject({ attempts: 1 });
      for (let attempt = 2; attempt < 8; attempt++) await expect(workInboxEvent(shop.domain, poison, NOON)).rejects.toThrow();
      expect(await workInboxEvent(shop.domain, poison, NOON)).toEqual({ outcome: "failed" });
    });
    expect(await replayEvent(shop.domain, poison)).toEqual({ outcome: "replayed" });
    await work(shop.domain);
    expect(await shop.statuses()).toEqual({ done: 4 });
    expect(await shop.settled()).toBe(4);
    expect(await checkBooks(shop.id, NOON)).toEqual([]);
  });

  it("by several workers at once, told twice and backwards: each order counts once", async () => {
    const shop = await crowd(12);
    for (const order of [...shop.orders, ...shop.orders.toReversed()]) await shop.send("orders/create", order);
    for (let n = 1; n <= 12; n += 3) await shop.send("orders/cancelled", { ...shop.orders[n - 1], cancelled_at: "2026-11-21T00:00:00Z" });
    await Promise.all(Array.from({ length: 5 }, () => work(shop.domain)));
    expect(await shop.statuses()).toEqual({ done: 28 });
    expect(await shop.settled()).toBe(8);
    expect(await prisma.pointsAccount.count({ where: { shopId: shop.id, balance: 100, held: 0 } })).toBe(4);
    expect(await checkBooks(shop.id, NOON)).toEqual([]);
  });

  it("in which one customer orders again and again", async () => {
    const shop = await crowd(1);
    for (const id of [1, 2, 3, 4]) await shop.send("orders/create", { ...shop.orders[0], id, admin_graphql_api_id: `gid://shopify/Order/${id}`, name: `#${id}` });
    await work(shop.domain);
    expect(await prisma.pointsAccount.findFirst({ where: { shopId: shop.id } })).toMatchObject({ balance: 100 - 100 + 4 * 95, held: 0 });
    const flags = (await prisma.redemption.findMany({ where: { shopId: shop.id }, orderBy: { id: "asc" } })).map((redemption) => redemption.flags);
    expect(flags).toEqual([[], ["over_limit"], ["over_limit"], ["over_limit"]]);
    expect(await checkBooks(shop.id, NOON)).toEqual([]);
  });
});

const CHILD = path.join(import.meta.dirname, "inbox-child.ts");

/** Starts a worker process on the shop's inbox; `killedAfter`: SIGKILL so many ms after it began. Resolves when it is gone. */
function worker(domain: string, killedAfter?: number): Promise<void> {
  const child = spawn(process.execPath, ["--import", "tsx", CHILD, domain, NOON.toISOString()], { env: process.env, stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    child.stdout.once("data", () => {
      if (killedAfter !== undefined) void pause(killedAfter).then(() => child.kill("SIGKILL"));
    });
    child.on("exit", (code, signal) => (signal === "SIGKILL" || code === 0 ? resolve() : reject(new Error(`the worker ended with ${code}`))));
  });
}

it("workers that die in the middle of a crowd lose none of it and do nothing twice", async () => {
  const shop = await crowd(40);
  for (const order of shop.orders) await shop.send("orders/create", order);
  for (const killedAfter of [30, 60, 120]) await worker(shop.domain, killedAfter);
  const { received = 0, ...others } = await shop.statuses();
  // A set is done in whole or not at all.
  expect(await prisma.order.count({ where: { shopId: shop.id } })).toBe(others["done"] ?? 0);
  expect(received + (others["done"] ?? 0)).toBe(40);
  await worker(shop.domain);
  expect(await shop.statuses()).toEqual({ done: 40 });
  expect(await shop.settled()).toBe(40);
  expect(await checkBooks(shop.id, NOON)).toEqual([]);
}, 60_000);
