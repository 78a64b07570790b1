/**
 * A whole world for one test: a local store on loopback, a shop that has really installed the app, the worker's tasks, and
 * a clock that only moves when it is told to. `settle()` lets everything happen that was set in motion.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { Logger, runOnce } from "graphile-worker";
import pg from "pg";
import { SCOPES } from "#app/contract/configuration.ts";
import { installShop } from "#app/domain/shops/install.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { env } from "#app/lib/env.server.ts";
import { shopify } from "#app/shopify/app.server.ts";
import type { OpenAdmin } from "#app/shopify/operation.ts";
import { taskList } from "#app/tasks.ts";
import { openHotServer } from "./hot-server.ts";
import { STANDARD_BUCKET } from "./store/admin-api/bucket.ts";
import { releasedFunction, type ReleasedFunction } from "./store/functions/released.ts";
import { redirectToStore } from "./store/redirect.mjs";
import { startStore, type LocalStore, type StoreOptions, type StoreShop } from "./store/store.ts";

/** A browser's: the Shopify library answers 410 to what looks like a robot. */
const BROWSER = "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0 Safari/537.36";
const SETTLE_ROUNDS = 400;
const DAY_MS = 86_400_000;
const quiet = new Logger(() => () => {});
/** As in the worker: batched, the end of a job is written down before a run is over; else it could still be on its way when nothing is left to do. */
const WRITTEN_DOWN = { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } };

export interface WorldOptions {
  store?: Partial<Pick<StoreOptions, "bucket" | "bulkDelayMs" | "seed">>;
  /** Stands between the worker and Shopify, to break things. */
  openAdmin?: OpenAdmin;
}

export interface World {
  store: LocalStore;
  /** The app's hot addresses over HTTP: webhooks, checkout calls, health. */
  app: Awaited<ReturnType<typeof openHotServer>>;
  /** The merchant's shop as Shopify has it. */
  shop: StoreShop;
  /** The same shop as the app has it. */
  shopId: number;
  now(): Date;
  advance(ms: number): Promise<void>;
  sleep(ms: number): Promise<void>;
  /** Installs the app on another shop of the same store. */
  install(domain: string): Promise<number>;
  /** Adds the job that the crontab adds every minute. */
  sweep(): Promise<void>;
  /** Runs jobs, delivers webhooks and lets time pass until nothing is left to do, or a day has gone by. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

let counter = 0;
/** Built once for all worlds of a process. */
let released: Promise<ReleasedFunction> | undefined;

/** Opens a world with one installed shop. Close it, or its store keeps running. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  let ahead = 0;
  const now = () => new Date(Date.now() + ahead);
  const sleep = async (ms: number) => {
    ahead += ms;
    await nextTurn();
  };
  const app = await openHotServer();
  const store = await startStore({
    apiKey: env.SHOPIFY_API_KEY,
    apiSecret: env.SHOPIFY_API_SECRET,
    appUrl: env.SHOPIFY_APP_URL,
    appUpstream: app.url,
    scopes: SCOPES,
    clock: now,
    webhooks: "manual",
    functions: [await (released ??= releasedFunction())],
    ...options.store,
    bucket: { ...STANDARD_BUCKET, ...options.store?.bucket, now: () => now().getTime() },
  });
  redirectToStore(store.port);
  const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: 4 });
  // The queue wants both handled; a connection that breaks fails the query that uses it.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  const tasks = taskList({ clock: now, sleep, ...(options.openAdmin ? { openAdmin: options.openAdmin } : {}) });
  await pool.query("DELETE FROM graphile_worker._private_jobs");
  // The stores of earlier tests are closed: the sweep, which looks at every shop, would go on knocking at their doors.
  await pool.query('UPDATE "Shop" SET "uninstalledAt" = $1 WHERE "uninstalledAt" IS NULL', [now()]);

  const install = async (domain: string) => {
    const shop = store.shop(domain);
    await exchangeToken(shop);
    return (await installShop({ domain, name: shop.name, currency: shop.currency, timeZone: shop.timeZone }, now())).id;
  };
  const domain = `world-${process.pid}-${Date.now().toString(36)}-${counter++}.myshopify.com`;
  const shopId = await install(domain);

  return {
    store,
    app,
    shop: store.shop(domain),
    shopId,
    now,
    sleep,
    install,
    async advance(ms) {
      ahead += ms;
      await ageSessions(ms);
    },
    async sweep() {
      await pool.query("SELECT graphile_worker.add_job('sweep')");
    },
    async settle() {
      const until = now().getTime() + DAY_MS;
      for (let round = 0; round < SETTLE_ROUNDS; round++) {
        const wait = await nextWait(pool, now());
        const delivered = await deliverAll(store);
        if (wait === null && delivered === 0) return;
        if (wait !== null && now().getTime() + wait > until && delivered === 0) return;
        if (wait !== null && wait > 0 && delivered === 0) {
          ahead += wait;
          await ageSessions(wait);
        }
        await runDueJobs(pool, tasks, now());
      }
      throw new Error(`the world did not settle in ${SETTLE_ROUNDS} rounds`);
    },
    async close() {
      redirectToStore(null);
      await store.close();
      await app.close();
      await pool.end();
    },
  };
}

/** What happens when a merchant opens the app for the first time: an ID token becomes a stored offline session. */
export async function exchangeToken(shop: Pick<StoreShop, "domain" | "idToken">): Promise<void> {
  const host = Buffer.from(`admin.shopify.com/store/${shop.domain.replace(".myshopify.com", "")}`).toString("base64url");
  // Valid by the real clock, which the Shopify library reads, and by the shop's, which may be ahead.
  const seconds = Math.floor(Date.now() / 1000);
  const token = shop.idToken({ nbf: seconds, iat: seconds });
  const url = `${env.SHOPIFY_APP_URL}/?shop=${shop.domain}&host=${host}&embedded=1&id_token=${token}`;
  await shopify.authenticate.admin(new Request(url, { headers: { "User-Agent": BROWSER } }));
}

/** The Shopify library reads the real clock: when ours jumps, its tokens grow older by as much. */
async function ageSessions(ms: number): Promise<void> {
  await prisma.$executeRaw`UPDATE "Session" SET "expires" = "expires" - ${ms} * interval '1 millisecond' WHERE "expires" IS NOT NULL`;
}

/** Milliseconds until the next job is due by our clock; 0: one is due; null: there is none. */
async function nextWait(pool: pg.Pool, now: Date): Promise<number | null> {
  const { rows } = await pool.query<{ run_at: Date | null }>("SELECT min(run_at) AS run_at FROM graphile_worker._private_jobs WHERE locked_at IS NULL AND attempts < max_attempts");
  const runAt = rows[0]?.run_at;
  return runAt ? Math.max(0, runAt.getTime() - now.getTime()) : null;
}

async function runDueJobs(pool: pg.Pool, tasks: ReturnType<typeof taskList>, now: Date): Promise<void> {
  await pool.query("UPDATE graphile_worker._private_jobs SET run_at = now() WHERE locked_at IS NULL AND run_at <= $1 AND run_at > now()", [now]);
  await runOnce({ pgPool: pool, taskList: tasks, concurrency: 2, logger: quiet, preset: WRITTEN_DOWN });
}

async function deliverAll(store: LocalStore): Promise<number> {
  let count = 0;
  for (const shop of store.shops.values()) count += await shop.webhooks.deliver();
  return count;
}
