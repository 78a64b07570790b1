/** Staff take an import back: what nobody has used of it since. */
import { inTransaction } from "../../lib/db.server";
import type { JobProgress } from "../jobs/job";
import { getJob } from "../jobs/queries.server";
import { startJob } from "../jobs/start.server";
import { stepAtOnce } from "../jobs/step.server";
import { UNDO_DAYS } from "./import";
import { stepUndo } from "./undo-step.server";

const DAY_MS = 86_400_000;

export type UndoImport =
  /** It may be done already; its outcomes say how many rows were `undone`, and how many `in_use` and left. */
  | { outcome: "undoing"; job: JobProgress }
  /** Applied longer than 7 days ago. */
  | { outcome: "too_late" }
  /** A revocation: the codes are gone. */
  | { outcome: "cannot_be_undone" }
  | { outcome: "not_applied" | "already_undone" | "import_unknown" };

/** Undoes what an import did and nobody has used: codes nobody has, coupons not used, points still there, names on a list. */
export async function undoImport(shopId: number, importId: bigint, now: Date): Promise<UndoImport> {
  const begun = await inTransaction(async (tx): Promise<UndoImport | { outcome: "begun"; jobId: bigint }> => {
    await tx.$queryRaw`SELECT 1 FROM "Import" WHERE "shopId" = ${shopId} AND "id" = ${importId} FOR UPDATE`;
    const found = await tx.import.findUnique({ where: { shopId_id: { shopId, id: importId } } });
    if (!found) return { outcome: "import_unknown" };
    let cursor: string | null = null;
    switch (found.status) {
      case "undone":
        return { outcome: "already_undone" };
      case "staging":
      case "staged":
      case "previewed":
      case "applying":
      case "failed":
        return { outcome: "not_applied" };
      case "undoing": {
        const job = found.jobId === null ? null : await tx.bulkJob.findUnique({ where: { shopId_id: { shopId, id: found.jobId } }, select: { status: true, cursor: true } });
        if (job?.status !== "failed") return { outcome: "already_undone" };
        // What it has undone is not to be told as in use.
        cursor = job.cursor;
        break;
      }
      case "applied":
      case "cancelled":
        if (found.kind === "revoke") return { outcome: "cannot_be_undone" };
        if (found.appliedAt === null) return { outcome: "not_applied" };
        if (now.getTime() - found.appliedAt.getTime() > UNDO_DAYS * DAY_MS) return { outcome: "too_late" };
        break;
      default:
        return found.status satisfies never;
    }
    const job = { kind: "import_undo", request: { importId: String(importId) }, requestKey: `import:${importId}:undo:${found.jobId}`, total: found.appliedCount, cursor };
    const { jobId } = await startJob(tx, shopId, job, now);
    await tx.import.updateMany({ where: { shopId, id: importId }, data: { status: "undoing", jobId } });
    return { outcome: "begun", jobId };
  });
  if (begun.outcome !== "begun") return begun;
  await stepAtOnce(shopId, begun.jobId, { import_undo: stepUndo }, now);
  return { outcome: "undoing", job: await getJob(shopId, begun.jobId) };
}
