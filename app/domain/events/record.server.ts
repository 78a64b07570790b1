/** Something others may want to hear of: recorded in the transaction that causes it, dispatched by the worker. */
import type { EventDraft } from "../../contract/events";
import type { Tx } from "../../lib/db.server";

/**
 * Records an event; the worker finds it within a second or two. It wakes no job and takes no lock, so it may stand in the
 * hottest transaction. In SQL the same is one INSERT INTO "Event" ("shopId", "kind", "data", "occurredAt", "recordedAt").
 * Answers its id.
 */
export async function recordEvent(tx: Tx, shopId: number, { kind, data, occurredAt }: EventDraft, now: Date): Promise<bigint> {
  const { id } = await tx.event.create({ data: { shopId, kind, data, occurredAt, recordedAt: now }, select: { id: true } });
  return id;
}
