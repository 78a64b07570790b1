/** The worker: its crontab, its tasks (tasks.ts), and a graceful stop. Many may run against one database. */
import { Logger, parseCronItems, run } from "graphile-worker";
import { wakeListening } from "./domain/events/wake.server";
import { closeDatabase } from "./lib/db.server";
import { env } from "./lib/env.server";
import { log } from "./lib/log.server";
import { openLease } from "./lib/lease.server";
import { taskList } from "./tasks";

const CONCURRENCY = 8;
/** Deliveries of events have hands of their own: an endpoint that lets us wait does not keep orders waiting. */
const DELIVERY_CONCURRENCY = 8;
const BEAT_MS = 15_000;
const LISTEN_MS = 1_000;

const lease = await openLease(env.DATABASE_URL);
await lease.freeTheDead();

const { deliver_events, ...tasks } = taskList();
const everywhere = {
  connectionString: env.DATABASE_URL,
  noHandleSignals: true,
  logger: new Logger((scope) => (level, message, meta) => log[level === "warning" ? "warn" : level]({ ...scope, ...(level === "error" ? meta : {}) }, message)),
  events: lease.events,
};
const crontab = parseCronItems([
  { task: "sweep", match: "* * * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "sweep" } },
  { task: "keep_stocks", match: "* * * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "stocks" } },
  { task: "send_alerts", match: "* * * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "alerts" } },
  { task: "size_pools", match: "7 * * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "stocks" } },
  { task: "prune_inbox", match: "23 * * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "sweep" } },
]);
const runners = [
  await run({ ...everywhere, concurrency: CONCURRENCY, maxPoolSize: CONCURRENCY + 2, taskList: tasks, parsedCronItems: crontab }),
  await run({ ...everywhere, concurrency: DELIVERY_CONCURRENCY, maxPoolSize: 4, taskList: { deliver_events }, parsedCronItems: [] }),
];

const beat = setInterval(() => {
  lease.freeTheDead().catch((error: unknown) => log.warn({ err: error }, "could not look for crashed workers"));
}, BEAT_MS);
const listen = setInterval(() => {
  wakeListening().catch((error: unknown) => log.warn({ err: error }, "could not look for events"));
}, LISTEN_MS);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  clearInterval(beat);
  clearInterval(listen);
  await Promise.all(runners.map((runner) => runner.stop()));
}
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());

log.info({ concurrency: CONCURRENCY }, "working");
await Promise.all(runners.map(({ promise }) => promise));
await lease.end();
await closeDatabase();
process.exit(0);
