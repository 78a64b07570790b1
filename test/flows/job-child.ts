/** A worker process for a test to kill: works the steps of one job and says so after each. */
import { stepJob } from "#app/domain/jobs/step.server.ts";
import type { JobSteps } from "#app/domain/jobs/job.ts";
import { stepRevoke } from "#app/domain/coupons/revoke-step.server.ts";
import { stepApply } from "#app/domain/imports/apply-step.server.ts";
import { stepUndo } from "#app/domain/imports/undo-step.server.ts";
import { closeDatabase } from "#app/lib/db.server.ts";

const [shopId = "", jobId = "", now = ""] = process.argv.slice(2);
const steps: JobSteps = { revoke: stepRevoke, import_apply: stepApply, import_undo: stepUndo };
for (;;) {
  const { outcome } = await stepJob(Number(shopId), BigInt(jobId), steps, new Date(now));
  console.log(outcome);
  if (outcome !== "stepped") break;
}
await closeDatabase();
