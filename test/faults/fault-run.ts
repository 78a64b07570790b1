/** One fault run: shoppers act, everything breaks, everything comes back, and the books are judged. */
import { setTimeout as sleep } from "node:timers/promises";
import { NO_RULES } from "#app/domain/awards/award.ts";
import { createAward } from "#app/domain/awards/create.server.ts";
import { rememberCustomer } from "#app/domain/customers/remember.server.ts";
import { demandReconciliation } from "#app/domain/drift/demand.server.ts";
import { adjustPoints } from "#app/domain/points/adjust.server.ts";
import { installShop } from "#app/domain/shops/install.server.ts";
import { SCOPES } from "#app/contract/configuration.ts";
import { pool, prisma } from "#app/lib/db.server.ts";
import { env } from "#app/lib/env.server.ts";
import type { FaultKind } from "#test/store/faults.ts";
import { seededRandom } from "#test/store/random.ts";
import { redirectToStore } from "#test/store/redirect.mjs";
import { startStore, type StoreShop } from "#test/store/store.ts";
import { exchangeToken } from "#test/world.ts";
import type { FaultDatabase } from "./database";
import { judge, type Verdict } from "./drift";
import { mortal, untilListening, type Mortal } from "./processes";
import { shop as goShopping } from "./shoppers";

const SHOPPERS = 6;
/** So many that nobody meets the rate limit of the checkout. */
const CUSTOMERS = 100;
const POINTS = 20_000;
/** Fewer would mean that nothing was tried: a run in which every command is refused finds no fault. */
const MIN_PROMISED = 10;
const CALM_LIMIT_MS = 120_000;

export interface Run {
  seed: number;
  injected: Record<string, number>;
  promised: number;
  verdict: Verdict;
}

export interface Ground {
  database: FaultDatabase;
  folder: string;
  storePort: number;
}

/** Runs for `seconds` under faults chosen by `seed`. Throws when things do not come to rest, or nothing was accepted. */
export async function faultRun(ground: Ground, seed: number, seconds: number): Promise<Run> {
  const random = seededRandom(seed);
  const store = await startStore({
    port: ground.storePort, apiKey: env.SHOPIFY_API_KEY, apiSecret: env.SHOPIFY_API_SECRET, appUrl: env.SHOPIFY_APP_URL,
    appUpstream: `http://127.0.0.1:${env.PORT}`, scopes: SCOPES, webhooks: "automatic", retryScale: 0.01, bulkDelayMs: 200, seed,
  });
  redirectToStore(store.port);
  const redirect = ["--import", "./test/store/redirect.mjs"];
  const processes: Mortal[] = [
    mortal("app", { args: [...redirect, "test/faults/app.ts"], env: {}, folder: ground.folder, ready: () => untilListening(env.PORT) }),
    mortal("worker", { args: [...redirect, "app/worker.ts"], env: {}, folder: ground.folder, ready: async () => {} }),
  ];
  try {
    const shop = store.shop(`faults-${process.pid}-${seed}.myshopify.com`);
    const { shopId, awardNumbers } = await openShop(shop);
    const customerGids = await inviteCustomers(shopId, shop);
    const product = shop.addProduct({ title: "Linen shirt", price: "49.00" });
    for (const one of processes) await one.start();
    await atRest(shopId, shop);

    shop.webhooks.turn({ duplicate: 0.3, drop: 0.3, reorder: true, delayMs: 50 });
    const until = Date.now() + seconds * 1000;
    const variantGid = product.variants[0]?.gid ?? "";
    const shopping = goShopping({ appUrl: `http://127.0.0.1:${env.PORT}`, shop, customerGids, awardNumbers, variantGid, random: seededRandom(seed + 1) }, SHOPPERS, until);
    const injected = await breakThings({ ground, shopId, shop, processes, random }, until);
    const seen = await shopping;

    injected["dropped webhook"] = shop.state.told.dropped;
    shop.faults.clear();
    shop.state.bulkFailures.length = 0;
    shop.webhooks.turn({ duplicate: 0, drop: 0, reorder: false, delayMs: 0 });
    await atRest(shopId, shop);
    // What was never told is found by looking once.
    await demandReconciliation(shopId);
    await atRest(shopId, shop);
    const verdict = await judge(shopId, shop, seen.promised, new Date());
    // Nobody here uses another's code or one too many: what is flagged is our fault.
    verdict.drift.push(...verdict.flagged);
    verdict.lost.push(...seen.dead.map((code) => `a code that was handed out did not work: ${code}`));
    if (seen.promised.length < MIN_PROMISED) throw new Error(`only ${seen.promised.length} coupons were issued (refused: ${JSON.stringify([...seen.refused])})`);
    return { seed, injected, promised: seen.promised.length, verdict };
  } finally {
    for (const one of processes) await one.stop();
    redirectToStore(null);
    await store.close();
  }
}

/** An installed shop with an award that everybody may have, one that runs out, and one with a limit per customer. */
async function openShop(shop: StoreShop): Promise<{ shopId: number; awardNumbers: number[] }> {
  const now = new Date();
  // The stores of earlier runs are gone: nobody is to knock at their doors.
  await pool.query("DELETE FROM graphile_worker._private_jobs");
  await pool.query('UPDATE "Shop" SET "uninstalledAt" = $1 WHERE "uninstalledAt" IS NULL', [now]);
  await exchangeToken(shop);
  const { id: shopId } = await installShop({ domain: shop.domain, name: shop.name, currency: shop.currency, timeZone: shop.timeZone }, now);
  const draft = {
    ...NO_RULES, name: "Five off", kind: "fixed_amount" as const, value: 500, pointsPrice: 10, minOrderMinor: null, startsAt: new Date(now.getTime() - 60_000), endsAt: null,
    usesPerCode: 1, usesPerCustomer: null, usesTotal: null, issuesPerCustomer: null, issuesTotal: null, combinesOrder: false, combinesProduct: false, combinesShipping: false,
  };
  const awardNumbers: number[] = [];
  for (const wish of [{}, { name: "The first forty", issuesTotal: 40 }, { name: "Two each", issuesPerCustomer: 2 }]) {
    const creating = await createAward(shopId, { ...draft, ...wish }, { source: "generated", stockTarget: 200 }, now);
    if (creating.outcome !== "created") throw new Error(JSON.stringify(creating));
    awardNumbers.push(creating.awardNumber);
  }
  await rememberOldDiscounts(shopId, awardNumbers[0] ?? 0, now);
  return { shopId, awardNumbers };
}

/** So many that codes are read by bulk queries, whose failures are part of the storm. */
async function rememberOldDiscounts(shopId: number, awardNumber: number, now: Date): Promise<void> {
  const old = Array.from({ length: 200 }, (_, place) => ({ shopId, awardNumber, bucket: `old ${place}`, state: "live" as const, gid: `gid://shopify/DiscountCodeNode/7${place}`, seedCode: `OLD-${place}`, retiredAt: now }));
  await prisma.parentDiscount.createMany({ data: old });
}

async function inviteCustomers(shopId: number, shop: StoreShop): Promise<string[]> {
  const gids: string[] = [];
  for (let number = 0; number < CUSTOMERS; number++) {
    const { gid } = shop.addCustomer({ firstName: `Shopper ${number}`, email: `shopper-${number}@example.com` });
    const { id } = await rememberCustomer(prisma, shopId, { gid, firstName: `Shopper ${number}`, lastName: null, email: `shopper-${number}@example.com` });
    await adjustPoints(shopId, id, { points: POINTS, reason: "To be spent", requestKey: `faults-${number}` }, new Date());
    gids.push(gid);
  }
  return gids;
}

interface Storm {
  ground: Ground;
  shopId: number;
  shop: StoreShop;
  processes: Mortal[];
  random: () => number;
}

/** Breaks one thing after another until the time is over; each comes back. Answers how often what was broken. */
async function breakThings({ ground, shopId, shop, processes, random }: Storm, until: number): Promise<Record<string, number>> {
  const restart = async (name: string) => {
    const one = processes.find((process) => process.name === name);
    await one?.kill();
    await one?.start();
    return true;
  };
  const failNext = async (kind: FaultKind) => {
    shop.faults.next({ kind, times: 1 + Math.floor(random() * 3) });
    return true;
  };
  const storeFaults = ["throttled", "http_429", "http_500", "lost_answer"] as const;
  const things: [string, () => Promise<boolean>][] = [
    ["kill app", () => restart("app")],
    ["kill worker", () => restart("worker")],
    ["crash database", () => ground.database.crash()],
    ["drop connections", () => ground.database.dropConnections()],
    // No fault by itself, but what it does may be cut short by the next; a database that is down does not hear of it.
    ["reconcile", () => demandReconciliation(shopId).then(() => true, () => false)],
    ["bulk failure", async () => {
      shop.failNextBulk(random() < 0.5 ? { status: "FAILED", errorCode: "INTERNAL_SERVER_ERROR", afterRows: Math.floor(random() * 100) } : { status: "CANCELED", errorCode: null, afterRows: 0 });
      return true;
    }],
    ...storeFaults.map((kind): [string, () => Promise<boolean>] => [kind, () => failNext(kind)]),
  ];
  const injected: Record<string, number> = {};
  while (Date.now() < until) {
    await sleep(300 + random() * 1200);
    const chosen = things[Math.floor(random() * things.length)];
    if (!chosen || !(await chosen[1]())) continue;
    injected[chosen[0]] = (injected[chosen[0]] ?? 0) + 1;
  }
  return injected;
}

/** Resolves when nothing is left to be sent, worked or pushed. Time does not wait: what backs off is due at once. */
async function atRest(shopId: number, shop: StoreShop): Promise<void> {
  const until = Date.now() + CALM_LIMIT_MS;
  let left = "the database";
  while (Date.now() < until) {
    await sleep(250);
    try {
      await pool.query(`UPDATE "Change" SET "nextAttemptAt" = now() WHERE "shopId" = $1 AND "status" = 'pending' AND "nextAttemptAt" > now()`, [shopId]);
      await pool.query("UPDATE graphile_worker._private_jobs SET run_at = now() WHERE locked_at IS NULL AND run_at > now()");
      const { rows } = await pool.query<{ jobs: number; changes: number }>(
        `SELECT (SELECT count(*)::int FROM graphile_worker._private_jobs WHERE attempts < max_attempts) AS jobs,
          (SELECT count(*)::int FROM "Change" WHERE "shopId" = $1 AND "status" = 'pending') AS changes`,
        [shopId],
      );
      const webhooks = shop.webhooks.pending.length;
      const { jobs = 0, changes = 0 } = rows[0] ?? {};
      if (jobs + changes + webhooks === 0) return;
      left = `${jobs} jobs, ${changes} changes, ${webhooks} webhooks`;
      if (jobs === 0 && changes > 0) await pool.query("SELECT graphile_worker.add_job('sweep')");
    } catch {
      // The database recovers; the next look finds it.
    }
  }
  const { rows } = await pool.query(
    `SELECT t.identifier, j.locked_by IS NOT NULL AS locked, j.attempts, left(j.last_error, 200) AS error, count(*)::int AS jobs
     FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC LIMIT 10`,
  );
  throw new Error(`not at rest after ${CALM_LIMIT_MS / 1000} s: ${left} are left: ${JSON.stringify(rows)}`);
}
