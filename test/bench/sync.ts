/** Codes on their way to Shopify: the worker's own tasks against the local store over HTTP, at the pace of its cost bucket. */
import { fork, type ChildProcess } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Logger, run } from "graphile-worker";
import { createAward } from "#app/domain/awards/create.server.ts";
import { recordChange } from "#app/domain/changes/record.server.ts";
import { installShop } from "#app/domain/shops/install.server.ts";
import { closeDatabase, inTransaction, pool, prisma } from "#app/lib/db.server.ts";
import { env } from "#app/lib/env.server.ts";
import { taskList } from "#app/tasks.ts";
import { draftOf } from "#test/award-draft.ts";
import { redirectToStore } from "#test/store/redirect.mjs";
import { exchangeToken } from "#test/world.ts";
import { atLeast, atMost, figure, type Row } from "./row";
import type { BucketCounts } from "./sync-store";

/** Shopify's plans, by the points that they give a second; a bucket holds twenty seconds of them. */
const RUNS = [
  { name: "100 points/s", restore: 100, shops: 1, seconds: 60 },
  { name: "1,000 points/s", restore: 1000, shops: 1, seconds: 25 },
  { name: "2,000 points/s", restore: 2000, shops: 1, seconds: 25 },
  { name: "three shops of 100 points/s", restore: 100, shops: 3, seconds: 60 },
];
const BUCKET_SECONDS = 20;
/** What every run begins with in its bucket: a worker that was idle for a second finds as much. */
const FIRST_SECONDS = 1;
/** More codes than the points of a run can bring: 250 of them cost at least 20. */
const CODES_PER_POINT = 12;
const CONCURRENCY = 8;
const quiet = new Logger(() => () => {});

export async function bench(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const each of RUNS) rows.push(...(await measure(each)));
  redirectToStore(null);
  await closeDatabase();
  return rows;
}

async function measure({ name, restore, shops, seconds }: (typeof RUNS)[number]): Promise<Row[]> {
  const store = await startStore(BUCKET_SECONDS * restore, restore);
  try {
    const codes = Math.ceil(restore * (seconds + FIRST_SECONDS) * CODES_PER_POINT);
    const each = await working(async () => Promise.all(Array.from({ length: shops }, (_, n) => shopWithCodes(store, `sync-${restore}-${n}-${shops}.myshopify.com`, codes))));
    await pool.query("VACUUM ANALYZE");
    for (const { shopId, parentId } of each) await inTransaction((tx) => recordChange(tx, shopId, { kind: "push_codes", subject: parentId }, new Date()));
    for (const { domain } of each) await store.ask({ what: "begin", domain, points: FIRST_SECONDS * restore });
    // A worker that has just been started knows nothing of the buckets.
    const counts = await working(async () => {
      await sleep(seconds * 1000);
      const all: BucketCounts[] = [];
      for (const { domain } of each) all.push((await store.ask({ what: "counts", domain })) as BucketCounts);
      return all;
    });
    for (const { shopId, parentId } of each) {
      if (!(await prisma.coupon.findFirst({ where: { shopId, parentId, codeState: "planned" } }))) throw new Error(`${name}: there was no work left`);
    }
    const live = await prisma.coupon.count({ where: { shopId: { in: each.map(({ shopId }) => shopId) }, codeState: "live" } });
    return rowsOf(name, counts, live / seconds);
  } finally {
    await store.stop();
  }
}

/** Does something while a worker runs. */
async function working<T>(work: () => Promise<T>): Promise<T> {
  const worker = await run({ connectionString: env.DATABASE_URL, concurrency: CONCURRENCY, noHandleSignals: true, logger: quiet, taskList: taskList() });
  try {
    return await work();
  } finally {
    await worker.stop();
  }
}

function rowsOf(name: string, counts: BucketCounts[], codesPerSecond: number): Row[] {
  const shares = counts.map(({ used, granted }) => (100 * used) / granted);
  const sum = (of: (each: BucketCounts) => number) => counts.reduce((all, each) => all + of(each), 0);
  const used = (100 * sum((each) => each.used)) / sum((each) => each.granted);
  return [
    figure(`${name}: codes on Shopify`, codesPerSecond, "codes/s"),
    atLeast(`${name}: granted points used${counts.length > 1 ? ", by all" : ""}`, used, "%", 99),
    ...(counts.length > 1 ? [atLeast(`${name}: granted points used, by the slowest`, Math.min(...shares), "%", 99)] : []),
    atMost(`${name}: calls throttled of ${sum((each) => each.calls)}`, (100 * sum((each) => each.throttled)) / sum((each) => each.calls), "%", 0.1),
  ];
}

interface BenchStore {
  ask(question: object): Promise<unknown>;
  stop(): Promise<void>;
}

/** An installed shop, an award that is on Shopify, and `codes` codes of it that are not. */
async function shopWithCodes(store: BenchStore, domain: string, codes: number): Promise<{ domain: string; shopId: number; parentId: bigint }> {
  const token = String(await store.ask({ what: "id token", domain }));
  await exchangeToken({ domain, idToken: () => token });
  const { id: shopId } = await installShop({ domain, name: domain, currency: "EUR", timeZone: "Europe/Berlin" }, new Date());
  const created = await createAward(shopId, draftOf({}), { source: "pasted", text: "FIRST-1" }, new Date());
  if (created.outcome !== "created") throw new Error(created.outcome);
  while (!(await prisma.coupon.findFirst({ where: { shopId, codeState: "live" } }))) await sleep(100);
  const first = await prisma.coupon.findFirstOrThrow({ where: { shopId } });
  await pool.query(
    `INSERT INTO "Coupon" ("shopId", "awardNumber", "poolId", "parentId", "code", "codeState")
     SELECT $1, $2, $3, $4, upper(substr(md5($4::bigint || ':' || n), 1, 12)), 'planned' FROM generate_series(1, $5) n ON CONFLICT DO NOTHING`,
    [shopId, first.awardNumber, first.poolId, first.parentId, codes],
  );
  return { domain, shopId, parentId: first.parentId };
}

async function startStore(max: number, restore: number): Promise<BenchStore> {
  const child = fork(path.join(import.meta.dirname, "sync-store.ts"), [String(max), String(restore)], { execArgv: ["--import", "tsx"] });
  redirectToStore(Number(await nextAnswer(child)));
  let last: Promise<unknown> = Promise.resolve();
  return {
    // One question after the other: the next message is its answer.
    ask(question) {
      last = last.then(() => {
        const answer = nextAnswer(child);
        child.send(question);
        return answer;
      });
      return last;
    },
    async stop() {
      child.disconnect();
      await new Promise((resolve) => child.once("exit", resolve));
    },
  };
}

function nextAnswer(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the store ended with ${code}`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve((message as { answer: unknown }).answer);
    });
  });
}
