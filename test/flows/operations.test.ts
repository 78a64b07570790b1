/** Stories of whoever runs the app: what a process says of itself, and who hears it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_BASE } from "#app/contract/api/operations.ts";
import { pool, prisma } from "#app/lib/db.server.ts";
import { env } from "#app/lib/env.server.ts";
import { observeTasks } from "#app/lib/observe-tasks.server.ts";
import { beginStop } from "#app/lib/stopping.server.ts";
import { answerMetrics } from "#app/routes/metrics.server.ts";
import { newCustomer, newShop } from "../factories.ts";
import { openHotServer, sessionToken } from "../hot-server.ts";

const TOKEN = "a-token-nobody-guesses";
let app: Awaited<ReturnType<typeof openHotServer>>;
beforeAll(async () => {
  env.METRICS_TOKEN = TOKEN;
  app = await openHotServer();
});
afterAll(() => app.close());

/** Later each time: the backlog is not read more often than every five seconds. */
let minutes = 0;
const later = () => new Date(Date.now() + ++minutes * 60_000);

/** What a scrape at this instant says, name and labels → value. */
async function figures(now = later()): Promise<Map<string, number>> {
  const text = await new Promise<string>((resolve, reject) => {
    const response = { writeHead: () => ({ end: resolve }) };
    const request = { headers: { authorization: `Bearer ${TOKEN}` } };
    answerMetrics(request as never, response as never, now).catch(reject);
  });
  return new Map(text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

const get = (path: string, headers: Record<string, string> = {}) => fetch(app.url + path, { headers });

describe("a request", () => {
  it("keeps the name that a proxy gave it, in the answer's header and in the envelope of a refusal", async () => {
    const answer = await get(`${API_BASE}/awards`, { "X-Request-Id": "edge-7f3a-0001" });
    expect(answer.headers.get("x-request-id")).toBe("edge-7f3a-0001");
    expect(await answer.json()).toMatchObject({ requestId: "edge-7f3a-0001" });
    const refused = await app.call("/checkout/rewards", null);
    expect(refused.body).toMatchObject({ error: { requestId: refused.headers.get("x-request-id") } });
  });

  it.each(["x", "a b c d e f g h", "amira@example.com", "y".repeat(200)])("is given a name of its own where the one that came is none: %s", async (given) => {
    const id = (await get("/healthz", { "X-Request-Id": given })).headers.get("x-request-id");
    expect(id).toMatch(/^req_[\w-]{36}$/);
  });

  it("is counted by the family of its address and by its status, never by what the address names", async () => {
    const before = await figures();
    await get("/checkout/nothing/amira@example.com");
    await get("/wp-login.php");
    await app.deliver("nobody.myshopify.com", "orders/create", {}, { "X-Shopify-Hmac-Sha256": "d3Jvbmc=" });
    const after = await figures();
    const more = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(more('scrip_http_requests_total{family="checkout",status="404"}')).toBe(1);
    expect(more('scrip_http_requests_total{family="other",status="404"}')).toBe(1);
    expect(more('scrip_webhooks_received_total{outcome="unsigned"}')).toBe(1);
    expect(more('scrip_http_request_seconds_count{family="webhooks"}')).toBe(1);
    expect([...after.keys()].join()).not.toMatch(/wp-login|amira|nobody/);
  });
});

describe("metrics", () => {
  const asProxied = { "X-Forwarded-For": "203.0.113.9" };

  it.each([
    ["this machine, which may be a proxy for anybody", {}, 401],
    ["a proxy that says for whom", asProxied, 401],
    ["whoever has the token", { Authorization: `Bearer ${TOKEN}` }, 200],
    ["whoever has the token, by a proxy", { ...asProxied, Authorization: `bearer ${TOKEN}` }, 200],
    ["somebody with another token", { Authorization: "Bearer a-token-somebody-made" }, 401],
    ["somebody with the beginning of the token", { Authorization: `Bearer ${TOKEN.slice(0, -1)}` }, 401],
    ["somebody with the token as a password", { Authorization: `Basic ${btoa(`scrip:${TOKEN}`)}` }, 401],
  ])("asked by %s", async (_who, headers, status) => {
    const answer = await get("/metrics", headers);
    expect(answer.status).toBe(status);
    if (status === 200) expect(await answer.text()).toContain("# TYPE scrip_http_requests_total counter");
    else expect(await answer.text()).not.toContain("scrip_");
  });

  it("are nobody's where the operator has set no token", async () => {
    env.METRICS_TOKEN = undefined;
    try {
      for (const token of ["", "undefined", TOKEN]) expect((await get("/metrics", { Authorization: `Bearer ${token}` })).status).toBe(404);
    } finally {
      env.METRICS_TOKEN = TOKEN;
    }
  });

  it("say what waits and since when: webhooks, changes, jobs, differences; and no longer once it is over", async () => {
    const shop = await newShop({}, new Date());
    const now = new Date(Date.now() + 3_600_000);
    const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
    const { id: shopId, domain: shopDomain } = shop;
    // The figures are of all shops: what other tests left waiting is not meant.
    await prisma.inboxEvent.updateMany({ where: { status: "received" }, data: { status: "done" } });
    await prisma.change.updateMany({ where: { status: { not: "done" } }, data: { status: "done" } });
    await prisma.drift.updateMany({ where: { status: "queued" }, data: { status: "closed" } });
    const before = await figures(now);
    expect(before.get("scrip_webhook_oldest_seconds")).toBe(0);
    await prisma.inboxEvent.createMany({ data: [120, 60].map((seconds) => ({ shopDomain, webhookId: `w-${seconds}`, topic: "orders/create", apiVersion: "2026-07", body: Buffer.from("{}"), receivedAt: ago(seconds) })) });
    await prisma.change.createMany({ data: [{ shopId, kind: "push_codes", subject: "1", nextAttemptAt: ago(45) }, { shopId, kind: "put_discount", subject: "1", status: "failed", nextAttemptAt: ago(99) }] });
    await prisma.drift.create({ data: { shopId, kind: "code_missing", subject: "cpn_1", status: "queued", reason: "nobody made it", foundAt: now, seenAt: now } });
    await pool.query("SELECT graphile_worker.add_job('send_alerts', run_at := $1)", [ago(10)]);
    const seen = await figures(new Date(now.getTime() + 10_000));
    expect(seen.get("scrip_webhooks_waiting")).toBe(2);
    expect(seen.get("scrip_webhook_oldest_seconds")).toBe(130);
    expect(seen.get("scrip_sync_lag_seconds")).toBe(55);
    expect(seen.get('scrip_failed{what="changes"}')).toBe(1);
    expect(seen.get('scrip_drift_open{kind="code_missing"}')).toBe(1);
    expect(seen.get('scrip_queue_jobs{task="send_alerts",state="waiting"}')).toBe(1);
    expect([...seen.keys()].join()).not.toContain(shopDomain);

    await prisma.inboxEvent.updateMany({ where: { shopDomain }, data: { status: "done" } });
    await prisma.drift.updateMany({ where: { shopId }, data: { status: "closed" } });
    const over = await figures(new Date(now.getTime() + 20_000));
    expect(over.get("scrip_webhook_oldest_seconds")).toBe(0);
    expect(over.has('scrip_drift_open{kind="code_missing"}')).toBe(false);
  });

  it("count what callers are refused, by reason", async () => {
    const shop = await newShop();
    const { gid } = await newCustomer(shop.id);
    const before = await figures();
    await app.call("/checkout/redeem", sessionToken({ dest: shop.domain, sub: gid }), { awardNumber: 99, requestKey: "refused-0001", locale: "en" });
    await get(`${API_BASE}/awards`);
    const after = await figures();
    const reasons = [...after].filter(([name, value]) => name.startsWith("scrip_refusals_total") && value !== (before.get(name) ?? 0)).map(([name]) => name);
    expect(reasons.sort()).toEqual(['scrip_refusals_total{door="api",reason="api_key_missing"}', expect.stringMatching(/door="checkout",reason="(award_inactive|not_eligible)"/)]);
  });

  it("count jobs by how they ended", async () => {
    const tasks = observeTasks({ good: () => {}, bad: () => Promise.reject(new Error("no")) });
    const helpers = (attempts: number) => ({ job: { id: "7", attempts, max_attempts: 3 } }) as never;
    await tasks.good?.({}, helpers(1));
    await expect(tasks.bad?.({ shopId: 1 }, helpers(1))).rejects.toThrow("no");
    await expect(tasks.bad?.({ shopId: 1 }, helpers(3))).rejects.toThrow("no");
    const seen = await figures();
    expect(["good,done", "bad,error", "bad,failed"].map((pair) => pair.split(",")).map(([task, outcome]) => seen.get(`scrip_jobs_total{task="${task}",outcome="${outcome}"}`))).toEqual([1, 1, 1]);
  });
});

describe("readiness", () => {
  const ready = async () => {
    const answer = await get("/readyz");
    return [answer.status, await answer.text()];
  };

  it("waits for the migrations that this version needs, and names them", async () => {
    const { rows } = await pool.query("DELETE FROM _prisma_migrations WHERE migration_name = (SELECT max(migration_name) FROM _prisma_migrations) RETURNING *");
    const [taken] = rows;
    expect(await ready()).toEqual([503, `the database lacks migrations: ${taken.migration_name}`]);
    await pool.query("INSERT INTO _prisma_migrations SELECT * FROM json_populate_record(NULL::_prisma_migrations, $1)", [JSON.stringify(taken)]);
    expect(await ready()).toEqual([200, "ready"]);
  });

  it("ends when the process is told to stop; what still comes is answered, and its connection closed", async () => {
    beginStop();
    expect(await ready()).toEqual([503, "stopping"]);
    const alive = await get("/healthz");
    expect([alive.status, alive.headers.get("connection")]).toEqual([200, "close"]);
  });
});
