import { createHmac, randomUUID } from "node:crypto";
import { request } from "node:http";
import type { JobHelpers } from "graphile-worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pruneEvents } from "#app/inbox/erase.server.ts";
import { workInboxEvent } from "#app/inbox/handle.server.ts";
import { replayEvent } from "#app/inbox/replay.server.ts";
import { wakeForgotten } from "#app/inbox/wake.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { taskList } from "#app/tasks.ts";
import { newCustomer, newShop, NOON } from "#test/factories.ts";
import { orderPayload } from "#test/fixtures/payloads.ts";
import { openHotServer, sessionToken, workInbox } from "#test/hot-server.ts";

let app: Awaited<ReturnType<typeof openHotServer>>;
beforeAll(async () => void (app = await openHotServer()));
afterAll(() => app.close());

const stored = (shopDomain: string) => prisma.inboxEvent.findMany({ where: { shopDomain }, orderBy: { id: "asc" } });

describe("a webhook at the door", () => {
  it("is stored byte for byte, with a job to work it", async () => {
    const { domain } = await newShop();
    const body = '{ "admin_graphql_api_id":"gid://shopify/Order/1",  "name":"Größe ✓" }';
    expect(await app.deliver(domain, "orders/create", body)).toBe(200);
    const [event] = await stored(domain);
    expect(Buffer.from(event?.body ?? []).toString()).toBe(body);
    const jobs = await prisma.$queryRaw<unknown[]>`SELECT 1 FROM graphile_worker._private_jobs WHERE payload ->> 'shopDomain' = ${domain}`;
    expect(jobs).toHaveLength(1);
  });

  const signed = (secret: string, body: string) => createHmac("sha256", secret).update(body).digest("base64");
  it.each([
    ["signed with another secret", { "X-Shopify-Hmac-Sha256": signed("another", "{}") }, 401],
    ["signed over other bytes", { "X-Shopify-Hmac-Sha256": signed("scrip-test-secret", "{ }") }, 401],
    ["signed with nonsense", { "X-Shopify-Hmac-Sha256": "%%%" }, 401],
    ["not signed", { "X-Shopify-Hmac-Sha256": undefined }, 400],
    ["without a topic", { "X-Shopify-Topic": undefined }, 400],
    ["without an id", { "X-Shopify-Webhook-Id": undefined }, 400],
    ["without a version", { "X-Shopify-API-Version": undefined }, 400],
    ["of no shop", { "X-Shopify-Shop-Domain": undefined }, 400],
    ["of a domain that is not Shopify's", { "X-Shopify-Shop-Domain": "evil.example.com" }, 400],
  ])("%s is refused and not stored", async (_name, headers, status) => {
    const { domain } = await newShop();
    expect(await app.deliver(domain, "orders/create", "{}", headers)).toBe(status);
    expect(await stored(domain)).toEqual([]);
  });

  it("takes exactly 2 MB and refuses a byte more", async () => {
    const { domain } = await newShop();
    const limit = 2 * 1024 * 1024;
    const text = (length: number) => `"${"x".repeat(length - 2)}"`;
    expect(await app.deliver(domain, "orders/create", text(limit))).toBe(200);
    expect(await app.deliver(domain, "orders/create", text(limit + 1))).toBe(413);
    expect(await stored(domain)).toHaveLength(1);
  });

  it.each(["/webhooks", "/checkout/redeem"])("at %s hangs up on a body that never ends", async (path) => {
    const { domain } = await newShop();
    const token = sessionToken({ dest: domain, sub: `gid://shopify/Customer/${Date.now()}` });
    const megabyte = Buffer.alloc(1024 * 1024, "x");
    let sent = 0;
    const status = await new Promise<number | null>((resolve) => {
      let heard: number | null = null;
      const endless = request(app.url + path, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
      const pour = () => {
        if (endless.destroyed || sent > 64) return resolve(heard);
        sent += 1;
        endless.write(megabyte, () => setImmediate(pour));
      };
      endless.on("response", (response) => (heard = response.resume().statusCode ?? null));
      endless.on("error", () => resolve(heard));
      endless.on("close", () => resolve(heard));
      pour();
    });
    // The answer may be lost where the line is cut; the line must be.
    expect([413, null]).toContain(status);
    expect(sent).toBeLessThan(64);
  });

  it("answers 405 to anything but a POST, and leaves other addresses to the pages", async () => {
    expect((await fetch(`${app.url}/webhooks`)).status).toBe(405);
    expect((await fetch(`${app.url}/webhooks/other`)).status).toBe(404);
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
  });
});

describe("working what is stored", () => {
  it("ignores topics we do not know and shops we have never met, and keeps them", async () => {
    const { domain } = await newShop();
    const stranger = `stranger-${randomUUID()}.myshopify.com`;
    await app.deliver(domain, "themes/publish", {});
    await app.deliver(stranger, "orders/create", orderPayload({ id: 1 }));
    expect(await workInbox(domain, NOON)).toEqual(["ignored"]);
    expect(await workInbox(stranger, NOON)).toEqual(["ignored"]);
    expect((await stored(stranger))[0]?.body.length).toBeGreaterThan(0);
  });

  it.each([
    ["is not JSON", "{"],
    ["is cut off", JSON.stringify(orderPayload({ id: 1 })).slice(0, 200)],
    ["is not an order", { id: 1 }],
    ["has an amount that is none", { ...orderPayload({ id: 1 }), total_price_set: { shop_money: { amount: "free", currency_code: "EUR" } } }],
  ])("a body that %s fails with its reason", async (_name, body) => {
    const { domain } = await newShop();
    await app.deliver(domain, "orders/create", body);
    const [event] = await stored(domain);
    const work = () => workInboxEvent(domain, event?.id ?? 0n, NOON);
    expect(await work()).toEqual({ outcome: "failed" });
    const [failed] = await stored(domain);
    expect(failed).toMatchObject({ status: "failed" });
    expect(failed?.problem).toBeTruthy();
    expect(await work()).toEqual({ outcome: "nothing_to_do" });
  });

  it("keeps what it cannot read to itself", async () => {
    const { domain } = await newShop();
    await app.deliver(domain, "orders/create", '{"email":"amira@example.com" oops}');
    await workInbox(domain, NOON);
    const [event] = await stored(domain);
    expect(event).toMatchObject({ status: "failed" });
    expect(event?.problem).not.toMatch(/amira|example|oops/);
  });

  it("tries again after a fault of ours, gives up after eight times, and works on replay", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    await app.deliver(shop.domain, "orders/create", orderPayload({ id: 7, customerGid: customer.gid }));
    const [event] = await stored(shop.domain);
    const work = () => workInboxEvent(shop.domain, event?.id ?? 0n, NOON);
    // The ledger refuses this shop's entries, late in the work: nothing of the order may stay behind.
    await prisma.$executeRawUnsafe(`ALTER TABLE "PointsEntry" ADD CONSTRAINT "broken" CHECK ("shopId" <> ${shop.id})`);
    for (let attempt = 1; attempt < 8; attempt++) await expect(work()).rejects.toThrow();
    expect(await work()).toEqual({ outcome: "failed" });
    expect(await prisma.order.count({ where: { shopId: shop.id } })).toBe(0);

    await prisma.$executeRaw`ALTER TABLE "PointsEntry" DROP CONSTRAINT "broken"`;
    const id = event?.id ?? 0n;
    expect(await replayEvent("somebody-else.myshopify.com", id)).toEqual({ outcome: "not_found" });
    expect(await replayEvent(shop.domain, id)).toEqual({ outcome: "replayed" });
    expect(await replayEvent(shop.domain, id)).toEqual({ outcome: "already_waiting" });
    expect(await work()).toEqual({ outcome: "done" });
    expect(await replayEvent(shop.domain, id)).toEqual({ outcome: "replayed" });
    expect(await work()).toEqual({ outcome: "done" });
    expect((await findBalance(shop.id, customer.id, NOON)).balance).toBe(100);
  });

  it("is worked in the end though the workers that had it were killed, and ends as failed if it kills every one", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    const hours = (count: number) => new Date(Date.now() + count * 3_600_000);
    const event = async () => (await stored(shop.domain))[0];
    const jobs = () => prisma.$queryRaw<{ payload: unknown }[]>`SELECT payload FROM graphile_worker._private_jobs WHERE payload ->> 'shopDomain' = ${shop.domain}`;
    /** What the queue does with a job whose workers never came back. */
    const killed = () => prisma.$executeRaw`DELETE FROM graphile_worker._private_jobs WHERE payload ->> 'shopDomain' = ${shop.domain}`;
    await app.deliver(shop.domain, "orders/create", orderPayload({ id: 7, customerGid: customer.gid }));
    await killed();
    expect(await replayEvent(shop.domain, (await event())?.id ?? 0n)).toEqual({ outcome: "already_waiting" });
    await wakeForgotten(hours(0.9));
    expect(await jobs()).toEqual([]);

    for (let hour = 2; hour < 9; hour++) {
      await wakeForgotten(hours(hour));
      await wakeForgotten(hours(hour));
      expect(await event()).toMatchObject({ status: "received", attempts: hour - 1 });
      const [job, ...others] = await jobs();
      expect(others).toEqual([]);
      if (hour < 8) await killed();
      else await taskList({ clock: () => hours(hour) }).work_inbox?.(job?.payload, {} as JobHelpers);
    }
    expect(await event()).toMatchObject({ status: "done" });
    expect((await findBalance(shop.id, customer.id, NOON)).balance).toBe(100);

    await prisma.inboxEvent.updateMany({ where: { shopDomain: shop.domain }, data: { status: "received", attempts: 7, workedAt: hours(0) } });
    await killed();
    await wakeForgotten(hours(2));
    expect([await event(), await jobs()]).toMatchObject([{ status: "failed", attempts: 8 }, []]);
    expect(await replayEvent(shop.domain, (await event())?.id ?? 0n)).toEqual({ outcome: "replayed" });
  });

  it("waits in a backlog for as long as it takes: nobody had hands all night, and in the morning all of it is worked", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    const hours = (count: number) => new Date(Date.now() + count * 3_600_000);
    for (const id of [7, 8]) await app.deliver(shop.domain, "orders/create", orderPayload({ id, customerGid: customer.gid }));
    const event = async () => (await stored(shop.domain)).map(({ status, attempts }) => [status, attempts]);
    for (let hour = 2; hour < 14; hour++) await wakeForgotten(hours(hour));
    expect(await event()).toEqual([["received", 0], ["received", 0]]);
    // Were the shop's job lost, each has one of its own, and that may wait as long.
    await prisma.$executeRaw`DELETE FROM graphile_worker._private_jobs WHERE payload ->> 'shopDomain' = ${shop.domain}`;
    for (let hour = 14; hour < 28; hour++) await wakeForgotten(hours(hour));
    expect(await event()).toEqual([["received", 1], ["received", 1]]);

    const jobs = await prisma.$queryRaw<{ payload: { id?: string } }[]>`SELECT payload FROM graphile_worker._private_jobs WHERE payload ->> 'shopDomain' = ${shop.domain}`;
    expect(jobs.map(({ payload }) => payload.id).sort()).toEqual((await stored(shop.domain)).map(({ id }) => String(id)).sort());
    for (const { payload } of jobs) await taskList({ clock: () => hours(28) }).work_inbox?.(payload, {} as JobHelpers);
    expect(await event()).toEqual([["done", 1], ["done", 1]]);
    expect((await findBalance(shop.id, customer.id, NOON)).balance).toBe(200);
  });

  it("is tried apart from the others once a job of its shop was begun and never ended; those far behind it go on waiting", async () => {
    const { domain } = await newShop();
    await app.deliver(domain, "themes/publish", {});
    await prisma.$executeRaw`
      INSERT INTO "InboxEvent" ("shopDomain", "webhookId", "topic", "apiVersion", "body", "receivedAt")
      SELECT ${domain}, 'w-' || n, 'themes/publish', '2026-07', '{}'::bytea, now() FROM generate_series(1, 120) n`;
    // As the queue has it after its worker was killed.
    await prisma.$executeRaw`UPDATE graphile_worker._private_jobs SET attempts = 1 WHERE payload ->> 'shopDomain' = ${domain}`;
    await wakeForgotten(new Date(Date.now() + 2 * 3_600_000));
    const attempts = (await stored(domain)).map((event) => event.attempts);
    expect([attempts.slice(0, 100).every((count) => count === 1), attempts.slice(100).every((count) => count === 0), attempts.length]).toEqual([true, true, 121]);
  });

  it("is forgotten a month after it was worked, however many there were; what could not be worked stays", async () => {
    const { domain } = await newShop();
    const stranger = `never-met-${domain}`;
    await app.deliver(domain, "orders/create", "{");
    await app.deliver(domain, "themes/publish", {});
    await workInbox(domain, NOON);
    for (const sender of [domain, stranger]) {
      await prisma.$executeRaw`
        INSERT INTO "InboxEvent" ("shopDomain", "webhookId", "topic", "apiVersion", "body", "status", "receivedAt")
        SELECT ${sender}, 'w-' || n, 'themes/publish', '2026-07', '{}'::bytea, 'ignored', now() - interval '1 hour' FROM generate_series(1, 10010) n`;
    }
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
    await pruneEvents(inDays(29));
    expect(await stored(domain)).toHaveLength(10_012);
    expect(await pruneEvents(inDays(31))).toBeGreaterThanOrEqual(20_021);
    expect(await stored(domain)).toMatchObject([{ topic: "orders/create", status: "failed" }]);
    expect(await stored(stranger)).toEqual([]);
  });
});

describe("a merchant removes the app", () => {
  const session = (shop: string) => prisma.session.create({ data: { id: randomUUID(), shop, state: "", accessToken: "secret-token" } });

  it("loses the tokens and nothing else; orders that come late are still facts", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    await session(shop.domain);
    await app.deliver(shop.domain, "app/uninstalled", { id: 1, domain: shop.domain });
    await app.deliver(shop.domain, "app/uninstalled", { id: 1, domain: shop.domain });
    await app.deliver(shop.domain, "orders/create", orderPayload({ id: 5, customerGid: customer.gid }));
    expect(await workInbox(shop.domain, NOON)).toEqual(["done", "done", "done"]);
    expect(await prisma.session.count({ where: { shop: shop.domain } })).toBe(0);
    expect((await findBalance(shop.id, customer.id, NOON)).balance).toBe(100);
  });

  it("and comes back before the news arrives: the new tokens stay", async () => {
    const shop = await newShop({}, new Date());
    await session(shop.domain);
    await app.deliver(shop.domain, "app/uninstalled", {}, { "X-Shopify-Triggered-At": "2026-01-01T00:00:00Z" });
    await workInbox(shop.domain, NOON);
    expect(await prisma.session.count({ where: { shop: shop.domain } })).toBe(1);
    expect((await prisma.shop.findUniqueOrThrow({ where: { id: shop.id } })).uninstalledAt).toBeNull();

    await app.deliver(shop.domain, "shop/redact", {});
    await workInbox(shop.domain, NOON);
    expect((await prisma.shop.findUniqueOrThrow({ where: { id: shop.id } })).name).toBe("Northlake Goods");
  });
});
