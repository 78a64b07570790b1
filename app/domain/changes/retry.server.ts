/** A merchant has a change tried again that was given up. */
import { inTransaction } from "../../lib/db.server";
import { CHANGE_KINDS, recordChange } from "./record.server";

export type RetryChange = { outcome: "retried" } | { outcome: "not_failed" };

/** Records the same change anew; the failed one is no longer shown. */
export async function retryChange(shopId: number, changeId: bigint, now: Date): Promise<RetryChange> {
  return inTransaction(async (tx) => {
    const failed = await tx.change.findFirst({ where: { shopId, id: changeId, status: "failed" }, select: { kind: true, subject: true } });
    const kind = CHANGE_KINDS.find((each) => each === failed?.kind);
    if (!failed || !kind) return { outcome: "not_failed" };
    const closed = await tx.change.updateMany({ where: { shopId, id: changeId, status: "failed" }, data: { status: "done", doneAt: now } });
    if (closed.count === 0) return { outcome: "not_failed" };
    await recordChange(tx, shopId, { kind, subject: BigInt(failed.subject) }, now);
    return { outcome: "retried" };
  });
}
