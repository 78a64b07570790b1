/** Staff stop a job: what its steps have done stays, nothing more is begun. */
import { prisma } from "../../lib/db.server";

/** Cancels the job once the step in hand has ended. `over`: it had ended, or there is none. */
export async function cancelJob(shopId: number, jobId: bigint, now: Date): Promise<{ outcome: "cancelled" | "over" }> {
  const { count } = await prisma.bulkJob.updateMany({ where: { shopId, id: jobId, status: { in: ["waiting", "running"] } }, data: { status: "cancelled", endedAt: now } });
  return { outcome: count === 1 ? "cancelled" : "over" };
}
