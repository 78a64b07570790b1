/** Deployments: real web and worker processes, several of each on one database, told to stop in the middle of their work. */
import { spawn, type ChildProcess } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { request as httpRequest, Agent } from "node:http";
import net from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { pool, prisma } from "#app/lib/db.server.ts";
import { env } from "#app/lib/env.server.ts";
import { draftOf } from "../award-draft.ts";
import { newCustomer, newShop } from "../factories.ts";
import { freePort } from "../faults/processes.ts";
import { orderPayload } from "../fixtures/payloads.ts";
import { openWorld, type World } from "../world.ts";

/** Processes that start beside other work take their time. */
vi.setConfig({ testTimeout: 120_000 });

interface Running {
  child: ChildProcess;
  port: number;
  lines: string[];
  exit: Promise<number | null>;
}

const running: Running[] = [];
let world: World | undefined;
afterEach(async () => {
  for (const { child, exit } of running.splice(0)) {
    child.kill("SIGKILL");
    await exit;
  }
  await world?.close();
  world = undefined;
});

const METRICS_TOKEN = "a-token-of-this-test";

/** Starts a process of the app; ready once it answers. */
async function start(file: "test/faults/app.ts" | "app/worker.ts", more: Record<string, string> = {}): Promise<Running> {
  const port = await freePort();
  const preload = ["--import", "tsx", "--import", "./test/store/redirect.mjs"];
  const child = spawn(process.execPath, [...preload, file], {
    env: { ...process.env, LOG_LEVEL: "info", PORT: String(port), WORKER_PORT: String(port), BIND_ADDRESS: "127.0.0.1", METRICS_TOKEN, ...more }, stdio: ["ignore", "pipe", "pipe"],
  });
  const one: Running = { child, port, lines: [], exit: new Promise((resolve) => child.once("exit", resolve)) };
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part) => one.lines.push(...String(part).split("\n").filter(Boolean)));
  running.push(one);
  await expect.poll(() => get(port, "/readyz").then(({ status }) => status, () => 0), { timeout: 60_000 }).toBe(200);
  return one;
}

async function get(port: number, path: string) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { Authorization: `Bearer ${METRICS_TOKEN}` } });
  return { status: answer.status, text: await answer.text() };
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Delivers a webhook as Shopify does. A refused or broken connection is null: Shopify sends it again. */
function deliver(port: number, domain: string, id: number, customerGid: string): Promise<{ id: number; status: number } | null> {
  const body = JSON.stringify(orderPayload({ id, customerGid }));
  const headers = {
    "Content-Type": "application/json", "X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": domain, "X-Shopify-Webhook-Id": randomUUID(), "X-Shopify-API-Version": "2026-07",
    "X-Shopify-Hmac-Sha256": createHmac("sha256", env.SHOPIFY_API_SECRET).update(body).digest("base64"),
  };
  return new Promise((resolve) => {
    const sent = httpRequest({ host: "127.0.0.1", port, path: "/webhooks", method: "POST", headers, agent }, (response) => {
      response.resume().on("end", () => resolve({ id, status: response.statusCode ?? 0 }));
    });
    sent.on("error", () => resolve(null)).end(body);
  });
}

describe("a web process that is told to stop under load", () => {
  it("answers all that it has read, and loses none of it; whoever asks meanwhile goes to the other", async () => {
    const shop = await newShop({}, new Date());
    const { gid } = await newCustomer(shop.id);
    const [one, other] = [await start("test/faults/app.ts"), await start("test/faults/app.ts")];
    const answers: { id: number; status: number }[] = [];
    let next = 1;
    const until = new AbortController();
    const senders = Array.from({ length: 8 }, async () => {
      for (let tries = 0; tries < 2_000 && !until.signal.aborted; tries++) {
        const id = next++;
        // Shopify's own way: what was not answered is sent again, here to the process that stays.
        const answer = (await deliver(one.port, shop.domain, id, gid)) ?? (await deliver(other.port, shop.domain, id, gid));
        if (answer) answers.push(answer);
      }
    });
    await expect.poll(() => answers.length, { timeout: 20_000 }).toBeGreaterThan(100);
    one.child.kill("SIGTERM");
    expect(await one.exit).toBe(0);
    const before = answers.length;
    await expect.poll(() => answers.length, { timeout: 20_000 }).toBeGreaterThan(before + 20);
    until.abort();
    await Promise.all(senders);

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers).toHaveLength(next - 1);
    const stored = await pool.query<{ body: Buffer }>(`SELECT "body" FROM "InboxEvent" WHERE "shopDomain" = $1`, [shop.domain]);
    const names = new Set(stored.rows.map(({ body }) => String((JSON.parse(body.toString()) as { name: string }).name)));
    expect(answers.filter(({ id }) => !names.has(`#${id}`))).toEqual([]);
    expect(one.lines.join()).not.toMatch(/leaves before/);
  });

  it("told again, leaves though somebody is still sending", async () => {
    const one = await start("test/faults/app.ts", { STOP_DELAY_SECONDS: "60" });
    const socket = net.connect(one.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("POST /webhooks HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf");
    one.child.kill("SIGTERM");
    await expect.poll(() => get(one.port, "/readyz").then(({ status }) => status, () => 0), { timeout: 10_000 }).toBe(503);
    expect(one.child.exitCode).toBeNull();
    // Ctrl-C comes twice at once; only what comes later is meant.
    await expect.poll(() => {
      one.child.kill("SIGTERM");
      return one.child.exitCode;
    }, { timeout: 10_000, interval: 200 }).toBe(1);
    socket.destroy();
  });
});

describe("two workers and two web processes on one database", () => {
  it("work every order once, also when one of the workers is told to stop, and say what they did", async () => {
    world = await openWorld();
    const { shop, shopId } = world;
    await createAward(shopId, draftOf(), { source: "generated", stockTarget: 20 }, new Date());
    const { id: customerId, gid } = await newCustomer(shopId);
    const redirected = { LOCAL_STORE_PORT: String(world.store.port) };
    const [web1, web2, worker1, worker2] = await Promise.all([start("test/faults/app.ts"), start("test/faults/app.ts"), start("app/worker.ts", redirected), start("app/worker.ts", redirected)]);
    const ids = Array.from({ length: 60 }, (_, index) => index + 1);
    // Each order is told to both.
    const told = ids.flatMap((id) => [deliver(web1.port, shop.domain, id, gid), deliver(web2.port, shop.domain, id, gid)]);
    expect((await Promise.all(told)).every((answer) => answer?.status === 200)).toBe(true);
    worker1.child.kill("SIGTERM");
    expect(await worker1.exit).toBe(0);

    const waiting = () => prisma.inboxEvent.count({ where: { shopDomain: shop.domain, status: "received" } });
    await expect.poll(waiting, { timeout: 25_000, interval: 100 }).toBe(0);
    expect(await prisma.inboxEvent.count({ where: { shopDomain: shop.domain, status: "failed" } })).toBe(0);
    expect(await prisma.order.count({ where: { shopId } })).toBe(60);
    expect(await prisma.pointsEntry.count({ where: { shopId, customerId, kind: "earned" } })).toBe(60);
    const { text } = await get(worker2.port, "/metrics");
    expect(text).toMatch(/scrip_jobs_total\{task="work_inbox",outcome="done"\} [1-9]/);
    expect(worker1.lines.join("\n")).toContain('"msg":"stopping"');
    const held = () => pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id WHERE t.identifier = 'work_inbox' AND j.locked_at IS NOT NULL`);
    await expect.poll(async () => (await held()).rows[0]?.count, { timeout: 10_000 }).toBe(0);
  });
});
