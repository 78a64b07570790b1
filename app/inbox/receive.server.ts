/**
 * A webhook arrives: it is stored and a job to work what waits of its shop is added, in one statement. Nothing is decided here. Those that
 * arrive while a statement is being committed share the next one: the queue's notification lets only one commit at a time.
 */
import { pool } from "../lib/db.server";
import { groupCommit } from "../lib/group-commit";
import { batchSizesOf } from "../lib/metrics.server";

export interface ArrivedEvent {
  shopDomain: string;
  webhookId: string;
  topic: string;
  apiVersion: string;
  triggeredAt: Date | null;
  /** Byte for byte as Shopify sent it. */
  body: Buffer;
}

/** How often an event is tried. */
export const WORK_ATTEMPTS = 8;

/** Events in one statement at most, by count; a body is at most 2 MB and on average some 10 kB. */
const BATCH_LIMIT = 32;
/** Events waiting at most: beyond it Shopify is told to come again. */
const QUEUE_LIMIT = 500;

type Received = { outcome: "stored" | "duplicate" };

/** Stores the event unless this delivery is known. Once this returns, the event cannot be lost. Throws GroupCommitFull when too many wait. */
export const receiveEvent: (event: ArrivedEvent & { receivedAt: Date }) => Promise<Received> = groupCommit({
  commit: storeEvents,
  batchLimit: BATCH_LIMIT,
  queueLimit: QUEUE_LIMIT,
  observe: batchSizesOf("webhooks"),
});

async function storeEvents(events: (ArrivedEvent & { receivedAt: Date })[]): Promise<Received[]> {
  const { rows } = await pool.query<{ shopDomain: string; webhookId: string }>({
    name: "receive_events",
    text: `
      WITH stored AS (
        INSERT INTO "InboxEvent" ("shopDomain", "webhookId", "topic", "apiVersion", "triggeredAt", "body", "receivedAt")
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bytea[], $7::timestamptz[])
        ON CONFLICT ("shopDomain", "webhookId") DO NOTHING
        RETURNING "shopDomain", "webhookId"),
      jobs AS (
        SELECT count(*) AS added FROM graphile_worker.add_jobs((
          SELECT array_agg(ROW('work_inbox', json_build_object('shopDomain', shop."shopDomain"), NULL, NULL, NULL, NULL, NULL, NULL)::graphile_worker.job_spec)
          FROM (SELECT DISTINCT "shopDomain" FROM stored) shop)))
      SELECT stored."shopDomain", stored."webhookId", jobs.added FROM stored, jobs`,
    values: [
      events.map((event) => event.shopDomain),
      events.map((event) => event.webhookId),
      events.map((event) => event.topic),
      events.map((event) => event.apiVersion),
      events.map((event) => event.triggeredAt),
      events.map((event) => event.body),
      events.map((event) => event.receivedAt),
    ],
  });
  const stored = new Set(rows.map((row) => keyOf(row)));
  // Of two copies in one batch the first was stored: taking its key away leaves the second a duplicate.
  return events.map((event) => ({ outcome: stored.delete(keyOf(event)) ? "stored" : "duplicate" }));
}

function keyOf({ shopDomain, webhookId }: { shopDomain: string; webhookId: string }): string {
  return `${shopDomain} ${webhookId}`;
}
