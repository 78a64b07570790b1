/** A stored event is worked again: after a fault of ours was mended, or because a merchant asks. */
import { prisma } from "../lib/db.server";
import { WORK_ATTEMPTS } from "./receive.server";

export interface Replay {
  outcome:
    | "replayed"
    /** It is waiting to be worked as it is. */
    | "already_waiting"
    /** No such event, or its content has been erased. */
    | "not_found";
}

/** Puts an event back in the queue. Working it twice has the effect of once. */
export async function replayEvent(shopDomain: string, id: bigint): Promise<Replay> {
  const [job] = await prisma.$queryRaw<unknown[]>`
    WITH reset AS (
      UPDATE "InboxEvent" SET "status" = 'received', "attempts" = 0, "problem" = NULL
      WHERE "shopDomain" = ${shopDomain} AND "id" = ${id} AND "status" <> 'received' AND length("body") > 0
      RETURNING "shopDomain", "id")
    SELECT 1 FROM reset, LATERAL graphile_worker.add_job('work_inbox',
      json_build_object('shopDomain', "shopDomain", 'id', "id"::text), max_attempts := ${WORK_ATTEMPTS}::int)`;
  if (job) return { outcome: "replayed" };
  const event = await prisma.inboxEvent.findFirst({ where: { shopDomain, id, status: "received" }, select: { id: true } });
  return { outcome: event ? "already_waiting" : "not_found" };
}

/** As many as one press may take; another takes the next. */
const REPLAYED_AT_ONCE = 500;

/** Puts the shop's failed events back in the queue, the oldest first, at most 500 at once; answers how many. */
export async function replayFailed(shopDomain: string): Promise<number> {
  const failed = await prisma.$queryRaw<{ id: bigint }[]>`
    SELECT "id" FROM "InboxEvent" WHERE "shopDomain" = ${shopDomain} AND "status" = 'failed' AND length("body") > 0 ORDER BY "id" LIMIT ${REPLAYED_AT_ONCE}`;
  let replayed = 0;
  for (const { id } of failed) if ((await replayEvent(shopDomain, id)).outcome === "replayed") replayed++;
  return replayed;
}
