/** Staff have seen the preview and apply the import. */
import { inTransaction, type Tx } from "../../lib/db.server";
import { Outcomes, type JobProgress } from "../jobs/job";
import { getJob } from "../jobs/queries.server";
import { startJob } from "../jobs/start.server";
import { stepAtOnce } from "../jobs/step.server";
import { ApplyJob, stepApply } from "./apply-step.server";

/** What does not go in one statement is applied all or nothing up to so many rows: the transaction keeps others waiting. */
const MAX_WHOLLY = 10_000;

export type ApplyImport =
  /** It may be done already, where it was small. all_or_nothing that met a failing row after all is `previewed` again, with its problem. */
  | { outcome: "applying"; job: JobProgress }
  /** all_or_nothing: rows fail, by the preview; nothing was begun. */
  | { outcome: "rows_fail"; fates: Record<string, number> }
  | { outcome: "too_many_rows"; most: number }
  /** Its rows have no fate yet; or it was applied, undone or stopped before. */
  | { outcome: "not_previewed" | "already_applied" | "over" | "import_unknown" };

/** Applies an import's valid rows, or, if every row is valid, all of them at once. One whose job was given up goes on where it stopped. */
export async function applyImport(shopId: number, { importId, mode }: { importId: bigint; mode: "valid_rows" | "all_or_nothing" }, now: Date): Promise<ApplyImport> {
  const wholly = mode === "all_or_nothing";
  const begun = await inTransaction(async (tx): Promise<ApplyImport | { outcome: "begun"; jobId: bigint }> => {
    await tx.$queryRaw`SELECT 1 FROM "Import" WHERE "shopId" = ${shopId} AND "id" = ${importId} FOR UPDATE`;
    const found = await tx.import.findUnique({ where: { shopId_id: { shopId, id: importId } } });
    if (!found) return { outcome: "import_unknown" };
    const fates = Outcomes.parse(found.fates);
    switch (found.status) {
      case "staging":
      case "staged":
        return { outcome: "not_previewed" };
      case "applied":
        return { outcome: "already_applied" };
      case "undoing":
      case "undone":
      case "cancelled":
      case "failed":
        return { outcome: "over" };
      case "applying": {
        const job = found.jobId === null ? null : await tx.bulkJob.findUnique({ where: { shopId_id: { shopId, id: found.jobId } }, select: { status: true, request: true } });
        if (job?.status !== "failed") return { outcome: "already_applied" };
        // As it was begun: rows that are applied would stand against all of them together.
        return { outcome: "begun", jobId: await beginApplying(tx, shopId, found, ApplyJob.parse(job.request).wholly, now) };
      }
      case "previewed":
        if (wholly && Object.keys(fates).length > 0) return { outcome: "rows_fail", fates };
        if (wholly && found.kind !== "codes" && found.kind !== "customer_codes" && found.rowsCount > MAX_WHOLLY) return { outcome: "too_many_rows", most: MAX_WHOLLY };
        break;
      default:
        return found.status satisfies never;
    }
    return { outcome: "begun", jobId: await beginApplying(tx, shopId, found, wholly, now) };
  });
  if (begun.outcome !== "begun") return begun;
  await stepAtOnce(shopId, begun.jobId, { import_apply: stepApply }, now);
  return { outcome: "applying", job: await getJob(shopId, begun.jobId) };
}

/** Starts the job that applies an import whose row the caller has locked. */
export async function beginApplying(tx: Tx, shopId: number, { id, jobId: before, rowsCount }: { id: bigint; jobId: bigint | null; rowsCount: number }, wholly: boolean, now: Date): Promise<bigint> {
  const { jobId } = await startJob(tx, shopId, { kind: "import_apply", request: { importId: String(id), wholly }, requestKey: `import:${id}:apply:${before}`, total: rowsCount }, now);
  await tx.import.updateMany({ where: { shopId, id }, data: { status: "applying", problem: null, jobId } });
  return jobId;
}
