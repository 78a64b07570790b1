/** Long work begins: written down with what is wanted, and queued in the same transaction. */
import type { Prisma } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";

export interface NewJob {
  kind: string;
  request: Prisma.InputJsonObject;
  /** The caller's key: the same key is the same job. */
  requestKey: string;
  total?: number;
  /** Where another job for the same was given up; left out: at the beginning. */
  cursor?: string | null;
}

/** Starts a job; `already_started` when the key is known: nothing is begun again. */
export async function startJob(tx: Tx, shopId: number, { kind, request, requestKey, total, cursor }: NewJob, now: Date): Promise<{ outcome: "started" | "already_started"; jobId: bigint }> {
  const { count } = await tx.bulkJob.createMany({ data: { shopId, kind, request, requestKey, total: total ?? null, cursor: cursor ?? null, createdAt: now }, skipDuplicates: true });
  const { id } = await tx.bulkJob.findUniqueOrThrow({ where: { shopId_requestKey: { shopId, requestKey } }, select: { id: true } });
  if (count === 0) return { outcome: "already_started", jobId: id };
  await queueStep(tx, shopId, id);
  return { outcome: "started", jobId: id };
}

/** Attempts of one step before its job is given up. */
const STEP_ATTEMPTS = 8;

/** Queues the job's next step; one waits at most, and the steps of one job never run side by side. */
export async function queueStep(tx: Tx, shopId: number, jobId: bigint, runAt?: Date): Promise<void> {
  const name = `job:${shopId}:${jobId}`;
  await tx.$queryRaw`
    SELECT 1 FROM graphile_worker.add_job('step_job', json_build_object('shopId', ${shopId}::int, 'jobId', ${String(jobId)}::text),
      queue_name := ${name}, job_key := ${name}, max_attempts := ${STEP_ATTEMPTS}::int, run_at := ${runAt ?? null}::timestamptz)`;
}
