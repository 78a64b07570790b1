/** How an open change ends or waits. Each only touches the change while it is open. */
import type { Tx } from "../lib/db.server";
import { prisma } from "../lib/db.server";
import type { TakenChange } from "./work";

/** Marks a change done, unless it was recorded again since it was taken; then it stays open and false is returned. */
export async function closeChange(tx: Tx, shopId: number, { id, revision }: TakenChange, now: Date): Promise<boolean> {
  const closed = await tx.change.updateMany({ where: { shopId, id, status: "pending", revision }, data: { status: "done", doneAt: now, problem: null } });
  return closed.count === 1;
}

/** Marks many changes done; those that were recorded again since they were taken stay open. */
export async function closeChanges(tx: Tx, shopId: number, changes: TakenChange[], now: Date): Promise<void> {
  await tx.$executeRaw`
    UPDATE "Change" c SET "status" = 'done', "doneAt" = ${now}, "problem" = NULL
    FROM unnest(${changes.map(({ id }) => id)}::bigint[], ${changes.map(({ revision }) => revision)}::int[]) AS taken(id, revision)
    WHERE c."shopId" = ${shopId} AND c."id" = taken.id AND c."status" = 'pending' AND c."revision" = taken.revision`;
}

/** Lets a change wait. `counted`: it was an attempt that failed. One recorded again meanwhile is tried at once. */
export async function postponeChange(shopId: number, { id, revision }: TakenChange, wait: { until: Date; problem: string | null; counted: boolean }): Promise<void> {
  await prisma.change.updateMany({
    where: { shopId, id, status: "pending", revision },
    data: { nextAttemptAt: wait.until, problem: wait.problem, attempts: wait.counted ? { increment: 1 } : 0 },
  });
}

/** Gives a change up; the merchant sees why and may have it tried again. */
export async function refuseChange(shopId: number, { id, revision }: TakenChange, problem: string, now: Date): Promise<void> {
  await prisma.change.updateMany({ where: { shopId, id, status: "pending", revision }, data: { status: "failed", problem, doneAt: now } });
}
