/** What became of things since a preview was worked out: it is worked out anew. */
import { inTransaction } from "../../lib/db.server";
import { startJob } from "../jobs/start.server";
import { stepAtOnce } from "../jobs/step.server";
import { ROW_FATE_NAMES } from "./fates";
import { stepPreview } from "./preview-step.server";

export type PreviewImport = { outcome: "previewing" } | { outcome: "not_to_preview" };

/** Gives every row of an import that was not applied yet its fate anew; what a row says by itself stays said. */
export async function previewImport(shopId: number, importId: bigint, now: Date): Promise<PreviewImport> {
  const jobId = await inTransaction(async (tx) => {
    const [begun] = await tx.$queryRaw<{ jobId: bigint | null }[]>`
      UPDATE "Import" i SET "status" = 'staged', "problem" = NULL
      WHERE i."shopId" = ${shopId} AND i."id" = ${importId} AND (i."status" = 'previewed' OR (i."status" = 'staged' AND EXISTS (
        SELECT 1 FROM "BulkJob" j WHERE j."shopId" = i."shopId" AND j."id" = i."jobId" AND j."status" = 'failed')))
      RETURNING i."jobId"`;
    if (!begun) return null;
    await tx.importRow.updateMany({ where: { shopId, importId, fate: { not: null, notIn: ROW_FATE_NAMES } }, data: { fate: null } });
    const job = { kind: "import_preview", request: { importId: String(importId) }, requestKey: `import:${importId}:preview:${begun.jobId}` };
    const started = await startJob(tx, shopId, job, now);
    await tx.import.updateMany({ where: { shopId, id: importId }, data: { jobId: started.jobId } });
    return started.jobId;
  });
  if (jobId === null) return { outcome: "not_to_preview" };
  await stepAtOnce(shopId, jobId, { import_preview: stepPreview }, now);
  return { outcome: "previewing" };
}
