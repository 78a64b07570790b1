/** One step of applying an import: its next rows, with what they came to and where the next step begins. */
import { z } from "zod";
import type { Tx } from "../../lib/db.server";
import type { Job, Stepped } from "../jobs/job";
import { applyRows, type AppliedRows } from "./apply-rows.server";
import { fateText } from "./fates";
import { judgeAgain } from "./judge.server";
import { countFates, ImportJob, importToWork, type ImportToWork } from "./work.server";

export const ApplyJob = ImportJob.extend({ wholly: z.boolean() });

export async function stepApply(tx: Tx, shopId: number, job: Job, now: Date): Promise<Stepped> {
  const { importId, wholly } = ApplyJob.parse(job.request);
  // Whoever stops the import waits for this step, or is seen by it.
  await tx.$queryRaw`SELECT 1 FROM "Import" WHERE "shopId" = ${shopId} AND "id" = ${importId} FOR UPDATE`;
  const work = await importToWork(tx, shopId, importId);
  if (work.status !== "applying") return { done: 0, failed: 0, outcomes: {}, cursor: "0", finished: true };
  return wholly ? applyWholly(tx, shopId, work, now) : applyNext(tx, shopId, work, Number(job.cursor ?? 0), now);
}

/** Codes are made and put on Shopify in the meantime; after a quarter of an hour without a single one the rows fail. */
const WAIT_MS = 10_000;
const WAITS = 90;

/** `waited`: how often in a row nothing could be done for want of codes; the import itself knows how far it is. */
async function applyNext(tx: Tx, shopId: number, work: ImportToWork, waited: number, now: Date): Promise<Stepped> {
  if (work.appliedUntil === 0) await judgeAgain(tx, shopId, work);
  const rows = await applyRows(tx, shopId, { work, from: work.appliedUntil, wholly: false, patient: waited < WAITS }, now);
  await writeFates(tx, shopId, work.id, rows.failed);
  await advance(tx, shopId, work, rows, now);
  if (!rows.waitsForCodes) return stepped(rows);
  return { ...stepped(rows), cursor: String(rows.applied > 0 ? 0 : waited + 1), waitMs: WAIT_MS };
}

/** All rows in this one transaction; a row that fails takes every other back. */
async function applyWholly(tx: Tx, shopId: number, work: ImportToWork, now: Date): Promise<Stepped> {
  await tx.$executeRaw`SAVEPOINT nothing_applied`;
  const all: AppliedRows = { until: null, applied: 0, failed: [] };
  for (let from = 0; ; ) {
    const rows = await applyRows(tx, shopId, { work, from, wholly: true, patient: false }, now);
    if (rows.failed.length > 0) return refuse(tx, shopId, work, rows.failed);
    if (rows.until === null) break;
    all.applied += rows.applied;
    from = rows.until;
    await tx.import.updateMany({ where: { shopId, id: work.id }, data: { appliedUntil: from } });
  }
  await advance(tx, shopId, work, all, now);
  return stepped(all);
}

/** Back to the preview, which now says what stood against it. */
async function refuse(tx: Tx, shopId: number, { id, rowsCount }: ImportToWork, failed: AppliedRows["failed"]): Promise<Stepped> {
  await tx.$executeRaw`ROLLBACK TO SAVEPOINT nothing_applied`;
  await writeFates(tx, shopId, id, failed);
  const [first] = failed;
  const problem = `Nothing was applied. Line ${first?.line}: ${fateText(first?.fate ?? "error")}`;
  await tx.import.updateMany({ where: { shopId, id, status: "applying" }, data: { status: "previewed", problem, fates: await countFates(tx, shopId, id) } });
  return { done: rowsCount, failed: rowsCount, outcomes: { not_applied: rowsCount }, cursor: "0", finished: true };
}

/** What is committed with the rows: how far they are, and, with the last, that the import is applied. */
async function advance(tx: Tx, shopId: number, { id }: ImportToWork, { until, applied }: AppliedRows, now: Date): Promise<void> {
  const data = until === null
    ? ({ status: "applied", appliedAt: now, problem: null, fates: await countFates(tx, shopId, id) } as const)
    : { appliedUntil: until };
  const { count } = await tx.import.updateMany({ where: { shopId, id, status: "applying" }, data: { ...data, appliedCount: { increment: applied } } });
  if (count !== 1) throw new Error(`import ${id} is not being applied`);
}

function stepped({ until, applied, failed }: AppliedRows): Stepped {
  const outcomes: Record<string, number> = { applied };
  for (const { fate } of failed) outcomes[fate] = (outcomes[fate] ?? 0) + 1;
  return { done: applied + failed.length, failed: failed.length, outcomes, cursor: "0", finished: until === null };
}

async function writeFates(tx: Tx, shopId: number, importId: bigint, failed: AppliedRows["failed"]): Promise<void> {
  if (failed.length === 0) return;
  await tx.$executeRaw`
    UPDATE "ImportRow" r SET "fate" = f.fate FROM unnest(${failed.map(({ line }) => line)}::int[], ${failed.map(({ fate }) => fate)}::text[]) AS f(line, fate)
    WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."line" = f.line AND r."fate" IS NULL`;
}
