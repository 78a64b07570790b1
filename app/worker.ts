/** The worker: its crontab, its tasks (tasks.ts), and a graceful stop. Many may run against one database. */
import { Logger, parseCronItems, run } from "graphile-worker";
import { closeDatabase } from "./lib/db.server";
import { env } from "./lib/env.server";
import { log } from "./lib/log.server";
import { openLease } from "./lib/lease.server";
import { taskList } from "./tasks";

const CONCURRENCY = 8;
const BEAT_MS = 15_000;

const lease = await openLease(env.DATABASE_URL);
await lease.freeTheDead();

const runner = await run({
  connectionString: env.DATABASE_URL,
  concurrency: CONCURRENCY,
  maxPoolSize: CONCURRENCY + 2,
  noHandleSignals: true,
  taskList: taskList(),
  parsedCronItems: parseCronItems([
    { task: "sweep", match: "* * * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "sweep" } },
    { task: "prune_inbox", match: "23 * * * *", options: { backfillPeriod: 0, maxAttempts: 1, queueName: "sweep" } },
  ]),
  logger: new Logger((scope) => (level, message, meta) => log[level === "warning" ? "warn" : level]({ ...scope, ...(level === "error" ? meta : {}) }, message)),
  events: lease.events,
});

const beat = setInterval(() => {
  lease.freeTheDead().catch((error: unknown) => log.warn({ err: error }, "could not look for crashed workers"));
}, BEAT_MS);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  clearInterval(beat);
  await runner.stop();
}
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());

log.info({ concurrency: CONCURRENCY }, "working");
await runner.promise;
await lease.end();
await closeDatabase();
process.exit(0);
