/** One step of a preview: who is meant, row by row; then what becomes of the rows, all of them looked at together. */
import type { Tx } from "../../lib/db.server";
import type { Job, Stepped } from "../jobs/job";
import { beginApplying } from "./apply.server";
import { judgeRows, judgeTogether } from "./judge.server";
import { countFates, ImportJob, importToWork, type ImportToWork, type Lines } from "./work.server";

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

/**
 * Finds the customers whom rows name: digits alone are Shopify's number first, then an integrator's id; whoever was merged is the one who
 * stayed. One look-up after the other for each row: a join would be planned for the few rows that statistics know of an import that has
 * just come in.
 */
async function findCustomers(tx: Tx, shopId: number, importId: bigint, { from, until }: Lines): Promise<void> {
  await tx.$executeRaw`
    UPDATE "ImportRow" r SET ("customerId", "fate") = (
      SELECT CASE WHEN count(DISTINCT best."id") = 1 THEN min(best."id") END,
        CASE WHEN count(DISTINCT best."id") > 1 THEN 'ambiguous_customer' WHEN count(*) = 0 THEN CASE r."namedBy"
          WHEN 'email' THEN 'unknown_email' WHEN 'phone' THEN 'unknown_phone' WHEN 'externalId' THEN 'unknown_external_id' ELSE 'unknown_customer_id' END END
      FROM (
        SELECT meant."id", meant.rank, min(meant.rank) OVER () AS first FROM (
          SELECT coalesce(k."mergedIntoId", k."id") AS "id", 1 AS rank FROM "Customer" k WHERE k."shopId" = ${shopId}
            AND k."gid" = CASE r."namedBy" WHEN 'gid' THEN r."name" WHEN 'number' THEN 'gid://shopify/Customer/' || r."name" END
          UNION ALL SELECT coalesce(k."mergedIntoId", k."id"), 1 FROM "Customer" k WHERE k."shopId" = ${shopId} AND k."id" = CASE r."namedBy" WHEN 'id' THEN r."name"::bigint END
          UNION ALL SELECT coalesce(k."mergedIntoId", k."id"), 2 FROM "Customer" k WHERE k."shopId" = ${shopId} AND k."externalId" = CASE WHEN r."namedBy" IN ('externalId', 'number') THEN r."name" END
          UNION ALL SELECT coalesce(k."mergedIntoId", k."id"), 1 FROM "Customer" k WHERE k."shopId" = ${shopId} AND k."email" = CASE r."namedBy" WHEN 'email' THEN r."name" END
          UNION ALL SELECT coalesce(k."mergedIntoId", k."id"), 1 FROM "Customer" k WHERE k."shopId" = ${shopId} AND k."phone" = CASE r."namedBy" WHEN 'phone' THEN r."name" END) meant) best
      WHERE best.rank = best.first)
    WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."line" > ${from} AND r."line" <= ${until} AND r."fate" IS NULL AND r."name" IS NOT NULL`;
}
