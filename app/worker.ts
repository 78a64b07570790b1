/**
 * The worker: its crontab, its tasks (tasks.ts), and a graceful stop. Many may run against one database. Run it under something
 * that starts it again: when the database crashes, the queue's runner may leave or get stuck.
 */
import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import { Logger, parseCronItems, run, type WorkerEvents } from "graphile-worker";
import { DELIVERY_HANDS } from "./domain/events/hands";
import { wakeListening } from "./domain/events/wake.server";
import { closeDatabase } from "./lib/db.server";
import { env } from "./lib/env.server";
import { log } from "./lib/log.server";
import { openLease } from "./lib/lease.server";
import { countProcess } from "./lib/metrics.server";
import { observeTasks } from "./lib/observe-tasks.server";
import { beginStop, isStopping } from "./lib/stopping.server";
import { whenToldToStop } from "./lib/told-to-stop";
import { watch, type Watchdog } from "./lib/watchdog";
import { answerWatch } from "./routes/watch.server";
import { taskList } from "./tasks";

const CONCURRENCY = 8;
/** What waits for Shopify most of its time has its own too: many shops' pushes go side by side, and none keeps orders waiting. */
const SHOPIFY_CONCURRENCY = 16;
const SHOPIFY_POOL = 4;
/** Deliveries of events have hands of their own, which wait for others' servers most of their time. */
const DELIVERY_POOL = 4;
const BEAT_MS = 5_000;
const STUCK_MS = 30_000;
const LISTEN_MS = 1_000;
/** Jobs that are not done by then are handed back to the queue. */
const STOP_LIMIT_MS = 25_000;
const FORCE_LIMIT_MS = 3_000;

const lease = await openLease(env.DATABASE_URL);
await lease.freeTheDead();

const { deliver_events, push_changes, reconcile, ...tasks } = observeTasks(taskList());
const dogs: Watchdog[] = [];
/** The events of one runner: told to the lease, and watched. */
function eventsFor(concurrency: number): WorkerEvents {
  const events: WorkerEvents = new EventEmitter();
  events.on("pool:create", (created) => lease.events.emit("pool:create", created));
  // A runner that cannot write down what became of a job ends, now or after a long wait, while the others go on without it.
  events.on("pool:fatalError", () => leave("the queue could not be told what became of a job"));
  events.on("stop", () => {
    if (!isStopping()) leave("a runner of the queue ended by itself");
  });
  dogs.push(watch(events, { concurrency, limitMs: STUCK_MS, clock: () => performance.now() }));
  return events;
}

/** What a process that is not whole any more is at, another frees (lease). */
function leave(why: string): never {
  log.fatal(`${why}: leaves, to be started again`);
  process.exit(1);
}

const everywhere = {
  connectionString: env.DATABASE_URL,
  noHandleSignals: true,
  // Batched, what was done is written down before a stop is over; else a done job could stay in the queue and be worked once more.
  preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  logger: new Logger((scope) => (level, message, meta) => log[level === "warning" ? "warn" : level]({ ...scope, ...(level === "error" ? meta : {}) }, message)),
};
// Each in a queue of its own: what takes an hour keeps nothing waiting that is due every minute.
const crontab = parseCronItems([
  { task: "sweep", match: "* * * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "sweep" } },
  { task: "keep_stocks", match: "* * * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "stocks" } },
  { task: "send_alerts", match: "* * * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "alerts" } },
  { task: "reconcile_due", match: "*/10 * * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "reconcile" } },
  { task: "size_pools", match: "7 * * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "sizes" } },
  { task: "check_ledgers", match: "41 2 * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "ledgers" } },
  { task: "keep_access", match: "51 3 * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "access" } },
  { task: "prune", match: "23 * * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "prune" } },
]);
const runners = [
  await run({ ...everywhere, concurrency: CONCURRENCY, maxPoolSize: CONCURRENCY + 2, taskList: tasks, events: eventsFor(CONCURRENCY), parsedCronItems: crontab }),
  // An endpoint that lets us wait keeps no orders waiting; that it keeps no other endpoint waiting, the deliveries see to themselves.
  await run({ ...everywhere, concurrency: DELIVERY_HANDS, maxPoolSize: DELIVERY_POOL, taskList: { deliver_events }, events: eventsFor(DELIVERY_HANDS), parsedCronItems: [] }),
  await run({ ...everywhere, concurrency: SHOPIFY_CONCURRENCY, maxPoolSize: SHOPIFY_POOL, taskList: { push_changes, reconcile }, events: eventsFor(SHOPIFY_CONCURRENCY), parsedCronItems: [] }),
];

const beat = setInterval(() => {
  if (dogs.some((dog) => dog.isStuck(performance.now()))) leave("no longer looks for work");
  lease.freeTheDead().catch((error: unknown) => log.warn({ err: error }, "could not look for crashed workers"));
}, BEAT_MS);
const listen = setInterval(() => {
  wakeListening().catch((error: unknown) => log.warn({ err: error }, "could not look for events"));
}, LISTEN_MS);

countProcess();
const watched = env.WORKER_PORT === undefined ? null : createServer(answerWatch).listen(env.WORKER_PORT, env.BIND_ADDRESS, () => log.info({ port: env.WORKER_PORT }, "listening"));

let stopped: Promise<unknown> = Promise.resolve();
/** Takes no more jobs; those it has are finished, or after a while handed back. */
async function stop(): Promise<void> {
  beginStop();
  log.info("stopping");
  clearInterval(beat);
  clearInterval(listen);
  setTimeout(force, STOP_LIMIT_MS).unref();
  stopped = Promise.all(runners.map((runner) => runner.stop()));
  await stopped;
}

/** Hands back what it is at and leaves. What the queue does not hear of, others free when they see that this one is gone. */
function force(): void {
  log.warn("leaves before its jobs are done");
  setTimeout(() => process.exit(1), FORCE_LIMIT_MS).unref();
  void Promise.allSettled(runners.map((runner) => runner.kill())).then(() => process.exit(1));
}
whenToldToStop(() => void stop(), force, process, () => performance.now());

log.info({ concurrency: CONCURRENCY }, "working");
await Promise.all(runners.map(({ promise }) => promise));
await stopped;
watched?.close();
watched?.closeAllConnections();
await lease.end();
await closeDatabase();
process.exit(0);
