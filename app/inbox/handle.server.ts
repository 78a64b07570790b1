/** A stored event is worked: exactly once in effect, all of it in the transaction that marks it done. */
import { z } from "zod";
import { inTransaction, prisma, type Tx } from "../lib/db.server";
import { log } from "../lib/log.server";
import { WORK_ATTEMPTS } from "./receive.server";
import { topics } from "./topics";
import { MalformedPayload } from "./topics/topic";

/** The payload of a work_inbox job. */
export const InboxJob = z.object({ shopDomain: z.string(), id: z.string().regex(/^\d{1,18}$/).transform(BigInt) });
export type InboxJob = z.infer<typeof InboxJob>;

export interface Work {
  outcome:
    | "done"
    /** A topic we do not work, or a shop we have never met. */
    | "ignored"
    /** It cannot be worked, or could not too often; `problem` says why, a merchant can replay it. */
    | "failed"
    /** Somebody else worked it, or there is no such event. */
    | "nothing_to_do";
}

/** Works one event. Throws what the database throws, so that the job is tried again, at most eight times in all. */
export async function workInboxEvent({ shopDomain, id }: InboxJob, now: Date): Promise<Work> {
  try {
    return await inTransaction((tx) => workLocked(tx, shopDomain, id, now));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const malformed = error instanceof MalformedPayload;
    const failed = await noteProblem(shopDomain, id, { problem, final: malformed }, now);
    log.error({ shopDomain, event: String(id), problem }, "an event could not be worked");
    if (failed) return { outcome: "failed" };
    throw error;
  }
}

async function workLocked(tx: Tx, shopDomain: string, id: bigint, now: Date): Promise<Work> {
  // A second worker waits here, and finds the event worked.
  await tx.$queryRaw`SELECT 1 FROM "InboxEvent" WHERE "shopDomain" = ${shopDomain} AND "id" = ${id} FOR UPDATE`;
  const event = await tx.inboxEvent.findFirst({ where: { shopDomain, id, status: "received" } });
  if (!event) return { outcome: "nothing_to_do" };

  const status = (await effect(tx, event, now)) ? "done" : "ignored";
  await tx.inboxEvent.updateMany({ where: { shopDomain, id }, data: { status, workedAt: now, problem: null } });
  return { outcome: status };
}

type InboxEvent = NonNullable<Awaited<ReturnType<Tx["inboxEvent"]["findFirst"]>>>;

/** False: nothing of ours. */
async function effect(tx: Tx, event: InboxEvent, now: Date): Promise<boolean> {
  const { shopDomain, webhookId, triggeredAt, receivedAt, body } = event;
  const topic = topics.get(event.topic);
  const shop = await tx.shop.findUnique({ where: { domain: shopDomain }, select: { id: true } });
  if (!topic || !shop) return false;
  await topic(tx, { shopId: shop.id, shopDomain, webhookId, triggeredAt: triggeredAt ?? receivedAt }, readJson(body), now);
  return true;
}

function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body), withoutNul);
  } catch {
    // The parser's own words quote the body: a name or an address would end up in the log.
    throw new MalformedPayload(`not JSON, or not UTF-8: ${body.length} bytes`);
  }
}

/** PostgreSQL stores no NUL in a text: one in a customer's name would fail the order for ever. */
function withoutNul(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.replaceAll("\0", "") : value;
}

/** Counts the attempt; true if it was the last. */
async function noteProblem(shopDomain: string, id: bigint, { problem, final }: { problem: string; final: boolean }, now: Date): Promise<boolean> {
  const [row] = await prisma.$queryRaw<{ status: string }[]>`
    UPDATE "InboxEvent" SET "attempts" = "attempts" + 1, "problem" = ${problem.slice(0, 1000)}, "workedAt" = ${now}::timestamptz,
      "status" = (CASE WHEN ${final} OR "attempts" + 1 >= ${WORK_ATTEMPTS} THEN 'failed' ELSE 'received' END)::"InboxStatus"
    WHERE "shopDomain" = ${shopDomain} AND "id" = ${id} AND "status" = 'received'
    RETURNING "status"`;
  return row?.status === "failed";
}
