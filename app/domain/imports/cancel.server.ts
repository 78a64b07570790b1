/** Staff stop an import. */
import { inTransaction } from "../../lib/db.server";

export type CancelImport =
  /** What was applied until then stays, and can be undone. */
  | { outcome: "cancelled" }
  /** It was applied, undone, or stopped before, or there is none. */
  | { outcome: "over" };

/** Stops an import before it is applied, or after the step in hand. */
export async function cancelImport(shopId: number, importId: bigint, now: Date): Promise<CancelImport> {
  return inTransaction(async (tx) => {
    // The job first, as its steps do: whoever has one in hand is waited for.
    const jobs = await tx.import.findMany({ where: { shopId, id: importId, jobId: { not: null } }, select: { jobId: true } });
    for (const { jobId } of jobs) {
      if (jobId !== null) await tx.bulkJob.updateMany({ where: { shopId, id: jobId, status: { in: ["waiting", "running"] }, kind: { not: "import_undo" } }, data: { status: "cancelled", endedAt: now } });
    }
    const before = await tx.import.updateMany({ where: { shopId, id: importId, status: { in: ["staging", "staged", "previewed"] } }, data: { status: "cancelled" } });
    const during = await tx.import.updateMany({ where: { shopId, id: importId, status: "applying" }, data: { status: "cancelled", appliedAt: now } });
    return { outcome: before.count + during.count === 1 ? "cancelled" : "over" };
  });
}
