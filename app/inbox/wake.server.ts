/** The safety net of the inbox: a stored event is never left lying, whatever became of the job that was to work it. */
import { prisma } from "../lib/db.server";
import { SET_LIMIT } from "./handle.server";
import { WORK_ATTEMPTS } from "./receive.server";
import { replayEvent } from "./replay.server";

/** Longer than any pause between two tries. */
const FORGOTTEN_MS = 60 * 60_000;
const AT_ONCE = 500;
/** Requests about a person's data, and for how many days Shopify gives time to do what they ask for. */
const COMPLIANCE = ["customers/data_request", "customers/redact", "shop/redact"];
const COMPLIANCE_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * Gives events that wait without having been tried for an hour a job again, up to 500; answers how many. It counts as a try: the queue gives
 * up a job whose worker was killed each time, and an event that kills whoever works it must end as one that failed. One whose job has yet to
 * come up is not forgotten, however long it waits: it is worked once there are hands.
 */
export async function wakeForgotten(now: Date): Promise<number> {
  const before = new Date(now.getTime() - FORGOTTEN_MS);
  const [row] = await prisma.$queryRaw<{ count: number }[]>`
    WITH queued AS MATERIALIZED (
      SELECT j."payload" ->> 'shopDomain' AS "shopDomain", j."payload" ->> 'id' AS "id", bool_or(j."attempts" < j."max_attempts" OR j."locked_at" IS NOT NULL) AS "waits", bool_or(j."attempts" > 0) AS "begun"
      FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t."id" = j."task_id" WHERE t."identifier" = 'work_inbox' GROUP BY 1, 2),
    -- Where a shop's job was begun and is not done, what it works first may be what kills it; what stands behind that waits for its turn.
    shops AS MATERIALIZED (
      SELECT q."shopDomain", CASE WHEN q."begun" THEN (
        SELECT max(h."id") FROM (SELECT e."id" FROM "InboxEvent" e WHERE e."shopDomain" = q."shopDomain" AND e."status" = 'received' AND e."attempts" = 0 ORDER BY e."id" LIMIT ${SET_LIMIT}) h) END AS "head"
      FROM queued q WHERE q."id" IS NULL AND q."waits"),
    forgotten AS MATERIALIZED (
      SELECT "shopDomain", "id" FROM "InboxEvent" e
      WHERE "status" = 'received' AND coalesce("workedAt", "receivedAt") <= ${before}::timestamptz
        AND NOT EXISTS (SELECT 1 FROM queued q WHERE q."shopDomain" = e."shopDomain" AND q."id" = e."id"::text AND q."waits")
        AND NOT ("attempts" = 0 AND EXISTS (SELECT 1 FROM shops s WHERE s."shopDomain" = e."shopDomain" AND e."id" > coalesce(s."head", 0)))
      ORDER BY "shopDomain", "id" LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED),
    counted AS (
      UPDATE "InboxEvent" e SET "attempts" = e."attempts" + 1, "workedAt" = ${now}::timestamptz, "problem" = coalesce(e."problem", 'Its work was not ended.'),
        "status" = (CASE WHEN e."attempts" + 1 >= ${WORK_ATTEMPTS}::int THEN 'failed' ELSE 'received' END)::"InboxStatus"
      FROM forgotten f WHERE e."shopDomain" = f."shopDomain" AND e."id" = f."id"
      RETURNING e."shopDomain", e."id", e."status"),
    jobs AS (
      SELECT count(*) FROM counted, LATERAL graphile_worker.add_job('work_inbox', json_build_object('shopDomain', counted."shopDomain", 'id', counted."id"::text), max_attempts := ${WORK_ATTEMPTS}::int)
      WHERE counted."status" = 'received')
    SELECT count(*)::int AS "count" FROM counted, jobs`;
  return row?.count ?? 0;
}

/**
 * Has requests about a person's data worked again that failed a day ago: what stood in the way, as other news of theirs that could not be worked
 * either, may be over. Nobody has to notice. Returns how many.
 */
export async function retryCompliance(now: Date): Promise<number> {
  const [tried, came] = [new Date(now.getTime() - DAY_MS), new Date(now.getTime() - COMPLIANCE_DAYS * DAY_MS)];
  const failed = await prisma.$queryRaw<{ shopDomain: string; id: bigint }[]>`
    SELECT e."shopDomain", e."id" FROM "Shop" s JOIN "InboxEvent" e ON e."shopDomain" = s."domain" AND e."status" = 'failed'
    WHERE e."topic" = ANY(${COMPLIANCE}::text[]) AND e."workedAt" <= ${tried}::timestamptz AND e."receivedAt" > ${came}::timestamptz ORDER BY e."workedAt" LIMIT ${AT_ONCE}`;
  let retried = 0;
  for (const { shopDomain, id } of failed) if ((await replayEvent(shopDomain, id)).outcome === "replayed") retried++;
  return retried;
}
