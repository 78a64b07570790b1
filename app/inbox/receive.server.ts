/** A webhook arrives: it is stored and a job to work it is added, in one statement. Nothing is decided here. */
import { pool } from "../lib/db.server";

export interface ArrivedEvent {
  shopDomain: string;
  webhookId: string;
  topic: string;
  apiVersion: string;
  triggeredAt: Date | null;
  /** Byte for byte as Shopify sent it. */
  body: Buffer;
}

/** How often a job is tried; the event's own count ends it. */
export const WORK_ATTEMPTS = 8;

/** Stores the event unless this delivery is known. Once this returns, the event cannot be lost. */
export async function receiveEvent(event: ArrivedEvent, now: Date): Promise<{ outcome: "stored" | "duplicate" }> {
  const { rowCount } = await pool.query({
    name: "receive_event",
    text: `
      WITH stored AS (
        INSERT INTO "InboxEvent" ("shopDomain", "webhookId", "topic", "apiVersion", "triggeredAt", "body", "receivedAt")
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT ("shopDomain", "webhookId") DO NOTHING
        RETURNING "shopDomain", "id")
      SELECT graphile_worker.add_job('work_inbox', json_build_object('shopDomain', "shopDomain", 'id', "id"::text), max_attempts := ${WORK_ATTEMPTS})
      FROM stored`,
    values: [event.shopDomain, event.webhookId, event.topic, event.apiVersion, event.triggeredAt, event.body, now],
  });
  return { outcome: rowCount === 1 ? "stored" : "duplicate" };
}
