/** One step of a preview: who is meant, row by row; then what becomes of the rows, all of them looked at together. */
import { Prisma } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import type { Job, Stepped } from "../jobs/job";
import { beginApplying } from "./apply.server";
import { judgeRows, judgeTogether } from "./judge.server";
import { countFates, followMerges, ImportJob, importToWork, type ImportToWork, type Lines } from "./work.server";

/** Rows of one step that each have to be looked up. */
const ROWS_STEP = 10_000;

/** The cursor is the last line that was looked at. */
export async function stepPreview(tx: Tx, shopId: number, job: Job, now: Date): Promise<Stepped> {
  const { importId } = ImportJob.parse(job.request);
  const work = await importToWork(tx, shopId, importId);
  const from = Number(job.cursor ?? 0);
  const until = needsLookup(work) ? await lastLine(tx, shopId, importId, from) : null;
  if (until !== null) {
    await findCustomers(tx, shopId, importId, { from, until });
    await followMerges(tx, shopId, importId, Prisma.sql`AND "line" > ${from} AND "line" <= ${until}`);
    await judgeRows(tx, shopId, work, { from, until }, now);
    return { done: 0, failed: 0, outcomes: {}, cursor: String(until), finished: false };
  }
  await judgeTogether(tx, shopId, work, now);
  const fates = await countFates(tx, shopId, importId);
  const previewed = await tx.import.updateMany({ where: { shopId, id: importId, status: "staged" }, data: { status: "previewed", fates } });
  if (previewed.count === 1 && work.options.applyAtOnce) await beginApplying(tx, shopId, { id: importId, jobId: job.id, rowsCount: work.rowsCount }, false, now);
  const failed = Object.values(fates).reduce((sum, count) => sum + count, 0);
  return { done: work.rowsCount, failed, outcomes: fates, cursor: String(from), finished: true, total: work.rowsCount };
}

function needsLookup({ kind }: ImportToWork): boolean {
  return kind !== "codes";
}

/** The last line of the next rows; null when none is left. */
async function lastLine(tx: Tx, shopId: number, importId: bigint, from: number): Promise<number | null> {
  const [row] = await tx.$queryRaw<{ line: number | null }[]>`
    SELECT max("line") AS "line" FROM (
      SELECT "line" FROM "ImportRow" WHERE "shopId" = ${shopId} AND "importId" = ${importId} AND "line" > ${from} ORDER BY "line" LIMIT ${ROWS_STEP}) page`;
  return row?.line ?? null;
}

/** Finds the customers whom rows name: digits alone are Shopify's number first, then an integrator's id. */
async function findCustomers(tx: Tx, shopId: number, importId: bigint, { from, until }: Lines): Promise<void> {
  await tx.$executeRaw`
    WITH asked AS MATERIALIZED (
      SELECT "line", "namedBy", "name" FROM "ImportRow"
      WHERE "shopId" = ${shopId} AND "importId" = ${importId} AND "line" > ${from} AND "line" <= ${until} AND "fate" IS NULL AND "name" IS NOT NULL),
    meant AS (
      SELECT a."line", k."id", 1 AS rank FROM asked a JOIN "Customer" k ON k."shopId" = ${shopId}
        AND k."gid" = CASE a."namedBy" WHEN 'gid' THEN a."name" WHEN 'number' THEN 'gid://shopify/Customer/' || a."name" END
      UNION ALL
      SELECT a."line", k."id", 1 FROM asked a JOIN "Customer" k ON k."shopId" = ${shopId} AND k."id" = CASE a."namedBy" WHEN 'id' THEN a."name"::bigint END
      UNION ALL
      SELECT a."line", k."id", 2 FROM asked a JOIN "Customer" k ON k."shopId" = ${shopId} AND a."namedBy" IN ('externalId', 'number') AND k."externalId" = a."name"
      UNION ALL
      SELECT a."line", k."id", 1 FROM asked a JOIN "Customer" k ON k."shopId" = ${shopId} AND a."namedBy" = 'email' AND k."email" = a."name"
      UNION ALL
      SELECT a."line", k."id", 1 FROM asked a JOIN "Customer" k ON k."shopId" = ${shopId} AND a."namedBy" = 'phone' AND k."phone" = a."name"),
    best AS (
      SELECT "line", count(*) AS count, min("id") AS id
      FROM (SELECT *, min(rank) OVER (PARTITION BY "line") AS first FROM meant) ranked WHERE rank = first GROUP BY "line")
    UPDATE "ImportRow" r SET
      "customerId" = CASE WHEN b.count = 1 THEN b.id END,
      "fate" = CASE WHEN b.count > 1 THEN 'ambiguous_customer' WHEN b.count IS NULL THEN CASE a."namedBy"
        WHEN 'email' THEN 'unknown_email' WHEN 'phone' THEN 'unknown_phone' WHEN 'externalId' THEN 'unknown_external_id' ELSE 'unknown_customer_id' END END
    FROM asked a LEFT JOIN best b ON b."line" = a."line"
    WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."line" = a."line"`;
}
