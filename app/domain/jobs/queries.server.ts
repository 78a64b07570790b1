/** Reads about jobs. */
import { prisma } from "../../lib/db.server";
import { Outcomes, type JobProgress } from "./job";

/** How far the job has come, or null. */
export async function findJob(shopId: number, jobId: bigint): Promise<JobProgress | null> {
  const job = await prisma.bulkJob.findUnique({
    where: { shopId_id: { shopId, id: jobId } },
    select: { id: true, kind: true, status: true, total: true, done: true, failed: true, outcomes: true, problem: true },
  });
  return job && { ...job, outcomes: Outcomes.parse(job.outcomes) };
}

/** The same for one that is surely there. */
export async function getJob(shopId: number, jobId: bigint): Promise<JobProgress> {
  const job = await findJob(shopId, jobId);
  if (!job) throw new Error(`there is no job ${jobId}`);
  return job;
}
