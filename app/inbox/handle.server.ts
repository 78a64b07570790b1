/** Stored events are worked: each exactly once in effect, all of it in the transaction that marks it done. */
import { z } from "zod";
import { inTransaction, prisma, type Tx } from "../lib/db.server";
import { log } from "../lib/log.server";
import { WORK_ATTEMPTS } from "./receive.server";
import { setTopics, topics } from "./topics";
import { MalformedPayload, type SetTopic } from "./topics/topic";

/** The payload of a work_inbox job: one event that is tried again, or whatever waits in a shop's inbox. */
export const InboxJob = z.object({ shopDomain: z.string(), id: z.string().regex(/^\d{1,18}$/).transform(BigInt).optional() });
export type InboxJob = z.infer<typeof InboxJob>;

/** Events worked in one transaction, and the bytes of their bodies together, at most; a single body may be larger. */
export const SET_LIMIT = 100;
const SET_BYTES = 4 * 1024 * 1024;
/** Sets in one job: then it stands at the end of the queue again, behind other shops. */
const SETS_LIMIT = 20;

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

/**
 * Works what waits in a shop's inbox, the oldest first, until nothing new is left. Several workers may: what one has taken
 * the others pass by. An event that cannot be worked holds up no other: it is tried again by a job of its own.
 */
export async function workWaiting(shopDomain: string, clock: () => Date, signal?: AbortSignal): Promise<void> {
  for (let sets = 0; sets < SETS_LIMIT && !signal?.aborted; sets++) {
    if ((await workNextSet(shopDomain, clock())) === 0) return;
  }
  await wakeInbox(shopDomain);
}

async function wakeInbox(shopDomain: string): Promise<void> {
  await prisma.$queryRaw`SELECT 1 FROM graphile_worker.add_job('work_inbox', json_build_object('shopDomain', ${shopDomain}::text))`;
}

/** Works the next events that belong together; answers how many. */
async function workNextSet(shopDomain: string, now: Date): Promise<number> {
  let taken: bigint[] = [];
  try {
    return await inTransaction(async (tx) => {
      const next = await takeNext(tx, shopDomain);
      taken = next.ids;
      const work = setTopics.get(next.topic);
      if (work) await workSetLocked(tx, shopDomain, { ids: taken, work }, now);
      else for (const id of taken) await workLocked(tx, shopDomain, id, now);
      return taken.length;
    });
  } catch (error) {
    if (taken.length === 0) throw error;
    // One of them is at fault: alone, each stands or falls for itself.
    for (const id of taken) await workAlone(shopDomain, id, now);
    return taken.length;
  }
}

/**
 * Locks the oldest event that nobody works and that was never tried; of a topic that is worked in sets, those that came after
 * it too. One event is one transaction elsewhere: what it locks would be out of order after another's.
 */
async function takeNext(tx: Tx, shopDomain: string): Promise<{ topic: string; ids: bigint[] }> {
  const rows = await tx.$queryRaw<{ id: bigint; topic: string; bytes: number }[]>`
    WITH head AS MATERIALIZED (
      SELECT "id", "topic" FROM "InboxEvent" WHERE "shopDomain" = ${shopDomain} AND "status" = 'received' AND "attempts" = 0
      ORDER BY "id" LIMIT 1 FOR UPDATE SKIP LOCKED)
    SELECT e."id", e."topic", length(e."body") AS bytes FROM head JOIN "InboxEvent" e ON e."topic" = head."topic" AND e."id" >= head."id"
    WHERE e."shopDomain" = ${shopDomain} AND e."status" = 'received' AND e."attempts" = 0
    ORDER BY e."id" LIMIT (SELECT CASE WHEN "topic" = ANY(${[...setTopics.keys()]}::text[]) THEN ${SET_LIMIT}::int ELSE 1 END FROM head)
    FOR UPDATE OF e SKIP LOCKED`;
  let bytes = 0;
  const fitting = rows.filter((row, index) => (bytes += row.bytes) <= SET_BYTES || index === 0);
  return { topic: rows[0]?.topic ?? "", ids: fitting.map(({ id }) => id) };
}

async function workSetLocked(tx: Tx, shopDomain: string, { ids, work }: { ids: bigint[]; work: SetTopic }, now: Date): Promise<void> {
  const shop = await tx.shop.findUnique({ where: { domain: shopDomain }, select: { id: true } });
  if (!shop) return finish(tx, shopDomain, ids.map((id) => ({ id, status: "ignored", problem: null })), now);

  // As text: Prisma hands bytes over one by one.
  const events = await tx.$queryRaw<{ id: bigint; body: string }[]>`
    SELECT "id", encode("body", 'escape') AS body FROM "InboxEvent" WHERE "shopDomain" = ${shopDomain} AND "id" = ANY(${ids}::bigint[]) ORDER BY "id"`;
  const read = events.map(({ id, body }) => ({ id, ...tryReadJson(unescaped(body)) }));
  const readable = read.filter(({ problem }) => problem === null);
  const { faults, work: workAll } = work(readable.map(({ payload }) => payload));
  await workAll(tx, shop.id, now);

  const faultOf = new Map([...read.map(({ id, problem }) => [id, problem] as const), ...readable.map(({ id }, index) => [id, faults[index] ?? null] as const)]);
  await finish(tx, shopDomain, [...faultOf].map(([id, problem]) => ({ id, status: problem === null ? "done" : "failed", problem })), now);
  for (const [id, problem] of faultOf) if (problem !== null) logProblem(shopDomain, id, problem);
}

interface Finished {
  id: bigint;
  status: "done" | "ignored" | "failed";
  problem: string | null;
}

async function finish(tx: Tx, shopDomain: string, events: Finished[], now: Date): Promise<void> {
  const rows = events.map(({ id, status, problem }) => ({ id: String(id), status, problem: problem?.slice(0, PROBLEM_LENGTH) ?? null }));
  await tx.$executeRaw`
    UPDATE "InboxEvent" e SET "status" = f."status", "problem" = f."problem", "workedAt" = ${now}::timestamptz,
      "attempts" = e."attempts" + CASE WHEN f."status" = 'failed' THEN 1 ELSE 0 END
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS f("id" bigint, "status" "InboxStatus", "problem" text)
    WHERE e."shopDomain" = ${shopDomain} AND e."id" = f."id"`;
}

/** Works one event; if it cannot be worked now, a job of its own tries again. */
async function workAlone(shopDomain: string, id: bigint, now: Date): Promise<void> {
  try {
    await inTransaction((tx) => workLocked(tx, shopDomain, id, now));
  } catch (error) {
    await noteProblem(shopDomain, id, { error, again: true }, now);
  }
}

/** Works one event. Throws what the database throws, so that the job is tried again, at most eight times in all. */
export async function workInboxEvent(shopDomain: string, id: bigint, now: Date): Promise<Work> {
  try {
    return await inTransaction((tx) => workLocked(tx, shopDomain, id, now));
  } catch (error) {
    if ((await noteProblem(shopDomain, id, { error, again: false }, now)) === "failed") return { outcome: "failed" };
    throw error;
  }
}

async function workLocked(tx: Tx, shopDomain: string, id: bigint, now: Date): Promise<Work> {
  // A second worker waits here, and finds the event worked.
  await tx.$queryRaw`SELECT 1 FROM "InboxEvent" WHERE "shopDomain" = ${shopDomain} AND "id" = ${id} FOR UPDATE`;
  const event = await tx.inboxEvent.findFirst({ where: { shopDomain, id, status: "received" } });
  if (!event) return { outcome: "nothing_to_do" };

  const outcome = (await effect(tx, event, now)) ? "done" : "ignored";
  await finish(tx, shopDomain, [{ id, status: outcome, problem: null }], now);
  return { outcome };
}

type InboxEvent = NonNullable<Awaited<ReturnType<Tx["inboxEvent"]["findFirst"]>>>;

/** False: nothing of ours. */
async function effect(tx: Tx, event: InboxEvent, now: Date): Promise<boolean> {
  const { shopDomain, webhookId, triggeredAt, receivedAt, body } = event;
  const [topic, setTopic] = [topics.get(event.topic), setTopics.get(event.topic)];
  const shop = await tx.shop.findUnique({ where: { domain: shopDomain }, select: { id: true } });
  if (!shop) return false;
  if (topic) {
    await topic(tx, { shopId: shop.id, shopDomain, webhookId, triggeredAt: triggeredAt ?? receivedAt }, readJson(body), now);
    return true;
  }
  const set = setTopic?.([readJson(body)]);
  const [fault] = set?.faults ?? [];
  if (fault != null) throw new MalformedPayload(fault);
  await set?.work(tx, shop.id, now);
  return set !== undefined;
}

/** The bytes that PostgreSQL wrote as text: those beyond ASCII as \\303, a backslash as two. */
function unescaped(text: string): Buffer {
  return Buffer.from(text.replace(/\\(\\|[0-7]{3})/g, (_, what: string) => (what === "\\" ? what : String.fromCharCode(Number.parseInt(what, 8)))), "latin1");
}

function tryReadJson(body: Uint8Array): { payload: unknown; problem: string | null } {
  try {
    return { payload: readJson(body), problem: null };
  } catch (error) {
    if (!(error instanceof MalformedPayload)) throw error;
    return { payload: null, problem: error.message };
  }
}

/** What PostgreSQL's text cannot hold, as it is written in JSON: a NUL, and half of a character that needs two. */
const UNSTORABLE = /\\u(0000|d[89a-f][0-9a-f]{2})/i;

function readJson(body: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    return JSON.parse(text, UNSTORABLE.test(text) ? storable : undefined);
  } catch {
    // The parser's own words quote the body: a name or an address would end up in the log.
    throw new MalformedPayload(`not JSON, or not UTF-8: ${body.length} bytes`);
  }
}

/** One such character in a customer's name would fail the order for ever. */
function storable(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.replaceAll("\0", "").replace(/\p{Surrogate}/gu, "\ufffd") : value;
}

const PROBLEM_LENGTH = 1000;

/** Counts the attempt; `failed`: it was the last. `again`: if it was not, a job tries again. */
async function noteProblem(shopDomain: string, id: bigint, { error, again }: { error: unknown; again: boolean }, now: Date): Promise<"failed" | "received" | "nothing_to_do"> {
  const problem = error instanceof Error ? error.message : String(error);
  const final = error instanceof MalformedPayload;
  const [row] = await prisma.$queryRaw<{ status: "failed" | "received" }[]>`
    WITH noted AS (
      UPDATE "InboxEvent" SET "attempts" = "attempts" + 1, "problem" = ${problem.slice(0, PROBLEM_LENGTH)}, "workedAt" = ${now}::timestamptz,
        "status" = (CASE WHEN ${final} OR "attempts" + 1 >= ${WORK_ATTEMPTS} THEN 'failed' ELSE 'received' END)::"InboxStatus"
      WHERE "shopDomain" = ${shopDomain} AND "id" = ${id} AND "status" = 'received'
      RETURNING "status"),
    jobs AS (
      SELECT count(*) FROM noted, LATERAL graphile_worker.add_job('work_inbox', json_build_object('shopDomain', ${shopDomain}::text, 'id', ${String(id)}::text),
        run_at := now() + interval '2 seconds', max_attempts := ${WORK_ATTEMPTS}::int)
      WHERE ${again} AND noted."status" = 'received')
    SELECT noted."status" FROM noted, jobs`;
  logProblem(shopDomain, id, problem);
  return row?.status ?? "nothing_to_do";
}

function logProblem(shopDomain: string, id: bigint, problem: string): void {
  log.error({ shopDomain, event: String(id), problem }, "an event could not be worked");
}
