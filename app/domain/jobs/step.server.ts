/** One step of a job: the work, its count and its place are committed together, and the next step is queued with them. */
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { addOutcomes, Outcomes, type Job, type JobStep, type JobSteps } from "./job";
import { queueStep } from "./start.server";

/** A step is bounded by what it works on; this is the time after which it is taken to hang. */
const STEP_TIMEOUT_MS = 5 * 60_000;

/** Steps that whoever starts a job waits for; a small job ends within them. */
const STEPS_AT_ONCE = 3;

export type StepJob = { outcome: "stepped" | "finished" }
  /** The next step is queued for later. */
  | { outcome: "waiting" }
  /** It has ended, or was cancelled. */
  | { outcome: "over" };

/** Works one step of the job. Another worker that has it in hand is waited for, then the step after its is worked. */
export async function stepJob(shopId: number, jobId: bigint, steps: JobSteps, now: Date): Promise<StepJob> {
  return inTransaction(async (tx) => {
    const job = await lockJob(tx, shopId, jobId);
    if (!job) return { outcome: "over" };
    const stepped = await stepOf(job, steps)(tx, shopId, job, now);
    const { done, failed, cursor, finished, total, waitMs = 0 } = stepped;
    await tx.bulkJob.update({
      where: { shopId_id: { shopId, id: jobId } },
      data: {
        done: { increment: done }, failed: { increment: failed }, cursor, outcomes: addOutcomes(job.outcomes, stepped.outcomes), problem: null,
        ...(total !== undefined && { total }), ...(finished ? { status: "done", endedAt: now } : { status: "running" }),
      },
    });
    if (finished) return { outcome: "finished" };
    await queueStep(tx, shopId, jobId, waitMs > 0 ? new Date(now.getTime() + waitMs) : undefined);
    return { outcome: waitMs > 0 ? "waiting" : "stepped" };
  }, { timeoutMs: STEP_TIMEOUT_MS });
}

/** Works the first steps of a job while its caller waits; the worker goes on from there. */
export async function stepAtOnce(shopId: number, jobId: bigint, steps: JobSteps, now: Date): Promise<void> {
  for (let step = 0; step < STEPS_AT_ONCE; step++) {
    const { outcome } = await stepJob(shopId, jobId, steps, now);
    if (outcome !== "stepped") return;
  }
}

function stepOf({ kind }: Job, steps: JobSteps): JobStep {
  const step = steps[kind];
  if (!step) throw new Error(`nobody knows a job of kind ${kind}`);
  return step;
}

async function lockJob(tx: Tx, shopId: number, jobId: bigint): Promise<(Job & { outcomes: Record<string, number> }) | null> {
  await tx.$queryRaw`SELECT 1 FROM "BulkJob" WHERE "shopId" = ${shopId} AND "id" = ${jobId} FOR UPDATE`;
  const job = await tx.bulkJob.findFirst({ where: { shopId, id: jobId, status: { in: ["waiting", "running"] } } });
  return job && { ...job, outcomes: Outcomes.parse(job.outcomes) };
}

/** A step has failed as often as it may: the job ends, and says why. */
export async function giveUpJob(shopId: number, jobId: bigint, problem: string, now: Date): Promise<void> {
  await prisma.bulkJob.updateMany({ where: { shopId, id: jobId, status: { in: ["waiting", "running"] } }, data: { status: "failed", problem, endedAt: now } });
}
