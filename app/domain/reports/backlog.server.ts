/** What waits and what failed, over all shops: for whoever runs the app. No shop is named. */
import type { PoolClient } from "pg";
import { pool } from "../../lib/db.server";

/** Waiting rows counted of each shop at most: beyond it the number says no more than "far too many". */
const COUNT_LIMIT = 10_000;
const TIME_LIMIT_MS = 5_000;

export interface Backlog {
  jobs: { task: string; state: "waiting" | "running" | "failed"; count: number }[];
  webhooks: { waiting: number; oldestSeconds: number; failed: number };
  changes: { due: number; lagSeconds: number; failed: number };
  drift: { kind: string; count: number }[];
}

/** Reads the backlog; throws when it takes longer than five seconds. Each table is asked shop by shop, along its index. */
export async function readBacklog(now: Date): Promise<Backlog> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN READ ONLY");
    await client.query(`SET LOCAL statement_timeout = ${TIME_LIMIT_MS}`);
    const read = { jobs: await readJobs(client, now), webhooks: await readWebhooks(client, now), changes: await readChanges(client, now), drift: await readDrift(client) };
    await client.query("COMMIT");
    return read;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

async function readJobs(client: PoolClient, now: Date): Promise<Backlog["jobs"]> {
  const { rows } = await client.query<Backlog["jobs"][number]>(
    `SELECT t.identifier AS task, CASE WHEN j.attempts >= j.max_attempts AND j.locked_at IS NULL THEN 'failed' WHEN j.locked_at IS NOT NULL THEN 'running' ELSE 'waiting' END AS state,
       count(*)::int AS count
     FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id
     WHERE j.run_at <= $1 OR j.locked_at IS NOT NULL OR j.attempts >= j.max_attempts GROUP BY 1, 2`,
    [now],
  );
  return rows;
}

async function readWebhooks(client: PoolClient, now: Date): Promise<Backlog["webhooks"]> {
  const { rows } = await client.query<Backlog["webhooks"]>(
    `SELECT coalesce(sum(w.count), 0)::int AS waiting, greatest(0, coalesce(extract(epoch FROM $1::timestamptz - min(w.oldest)), 0))::float8 AS "oldestSeconds",
       coalesce(sum(f.count), 0)::int AS failed
     FROM "Shop" s
     CROSS JOIN LATERAL (SELECT count(*) AS count, min(e."receivedAt") AS oldest FROM
       (SELECT "receivedAt" FROM "InboxEvent" WHERE "shopDomain" = s."domain" AND "status" = 'received' LIMIT ${COUNT_LIMIT}) e) w
     CROSS JOIN LATERAL (SELECT count(*) AS count FROM (SELECT 1 FROM "InboxEvent" WHERE "shopDomain" = s."domain" AND "status" = 'failed' LIMIT ${COUNT_LIMIT}) e) f`,
    [now],
  );
  return only(rows);
}

async function readChanges(client: PoolClient, now: Date): Promise<Backlog["changes"]> {
  const { rows } = await client.query<Backlog["changes"]>(
    `SELECT coalesce(sum(w.count), 0)::int AS due, greatest(0, coalesce(extract(epoch FROM $1::timestamptz - min(w.oldest)), 0))::float8 AS "lagSeconds",
       coalesce(sum(f.count), 0)::int AS failed
     FROM "Shop" s
     CROSS JOIN LATERAL (SELECT count(*) AS count, min(h."nextAttemptAt") AS oldest FROM
       (SELECT "nextAttemptAt" FROM "Change" WHERE "shopId" = s."id" AND "status" = 'pending' AND "nextAttemptAt" <= $1 ORDER BY "nextAttemptAt" LIMIT ${COUNT_LIMIT}) h) w
     CROSS JOIN LATERAL (SELECT count(*) AS count FROM (SELECT 1 FROM "Change" WHERE "shopId" = s."id" AND "status" = 'failed' LIMIT ${COUNT_LIMIT}) h) f
     WHERE s."uninstalledAt" IS NULL`,
    [now],
  );
  return only(rows);
}

async function readDrift(client: PoolClient): Promise<Backlog["drift"]> {
  const { rows } = await client.query<Backlog["drift"][number]>(
    `SELECT d."kind", count(*)::int AS count FROM "Shop" s JOIN "Drift" d ON d."shopId" = s."id" AND d."status" = 'queued' WHERE s."uninstalledAt" IS NULL GROUP BY 1 LIMIT 100`,
  );
  return rows;
}

function only<Row>([row]: Row[]): Row {
  if (!row) throw new Error("a sum is always one row");
  return row;
}
