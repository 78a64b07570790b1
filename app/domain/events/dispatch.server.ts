/** Events get their numbers, and every endpoint that wants one gets a delivery. */
import { inTransaction, type Tx } from "../../lib/db.server";
import { DELIVERY_HOURS } from "./pace";
import { wakeDelivery, wakeDispatch } from "./wake.server";

const BATCH = 1000;
const BATCHES_PER_RUN = 20;

/**
 * Numbers the shop's waiting events in the order they were recorded, without gaps, and makes their deliveries; answers how
 * many events those were. Bounded: if more are left it wakes itself again.
 */
export async function dispatchEvents(shopId: number, now: Date): Promise<number> {
  let dispatched = 0;
  for (let batch = 0; batch < BATCHES_PER_RUN; batch++) {
    const count = await inTransaction((tx) => dispatchBatch(tx, shopId, now));
    dispatched += count;
    if (count < BATCH) return dispatched;
  }
  await inTransaction((tx) => wakeDispatch(tx, shopId));
  return dispatched;
}

async function dispatchBatch(tx: Tx, shopId: number, now: Date): Promise<number> {
  // The shop's row is the lock of its numbers: of two dispatchers the second waits here and goes on where the first ended.
  const [shop] = await tx.$queryRaw<{ lastEventSeq: number }[]>`SELECT "lastEventSeq" FROM "Shop" WHERE "id" = ${shopId} FOR NO KEY UPDATE`;
  if (!shop) return 0;
  const giveUpAt = new Date(now.getTime() + DELIVERY_HOURS * 3_600_000);
  const [result] = await tx.$queryRaw<{ count: number; endpointIds: bigint[] }[]>`
    WITH numbered AS (
      UPDATE "Event" e SET "seq" = ${shop.lastEventSeq}::int + w."n"
      FROM (
        SELECT "id", row_number() OVER (ORDER BY "id")::int AS "n" FROM (
          SELECT "id" FROM "Event" WHERE "shopId" = ${shopId} AND "seq" IS NULL ORDER BY "id" LIMIT ${BATCH}) waiting) w
      WHERE e."shopId" = ${shopId} AND e."id" = w."id"
      RETURNING e."id", e."kind", e."seq", e."recordedAt"),
    -- One that goes or is switched off waits, and finds what is made here; or it was first.
    listening AS MATERIALIZED (
      SELECT p."id", p."kinds", p."listensFrom" FROM "WebhookEndpoint" p WHERE p."shopId" = ${shopId} AND p."disabledAt" IS NULL ORDER BY p."id" FOR SHARE),
    made AS (
      INSERT INTO "WebhookDelivery" ("shopId", "endpointId", "eventId", "nextAttemptAt", "giveUpAt", "createdAt")
      SELECT ${shopId}, p."id", n."id", ${now}::timestamptz, ${giveUpAt}::timestamptz, ${now}::timestamptz
      FROM numbered n JOIN listening p ON n."recordedAt" >= p."listensFrom" AND (cardinality(p."kinds") = 0 OR n."kind" = ANY (p."kinds"))
      ORDER BY n."seq", p."id"
      RETURNING "endpointId")
    SELECT (SELECT count(*)::int FROM numbered) AS "count", ARRAY(SELECT DISTINCT "endpointId" FROM made) AS "endpointIds"`;
  if (!result) throw new Error("the dispatch answered nothing");
  if (result.count === 0) return 0;
  await tx.shop.update({ where: { id: shopId }, data: { lastEventSeq: { increment: result.count } } });
  for (const endpointId of result.endpointIds) await wakeDelivery(tx, shopId, endpointId);
  return result.count;
}
