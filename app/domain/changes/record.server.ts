/** "Shopify is out of date about X": recorded in the transaction that causes it, sent by the worker. */
import type { Tx } from "../../lib/db.server";

export const CHANGE_KINDS = [
  /** Subject: a parent discount. Create it on Shopify, or bring its dates, name and status up to date. */
  "put_discount",
  /** Subject: a parent discount. Put its planned codes on Shopify. */
  "push_codes",
  /** Subject: a coupon. Take its code off Shopify; what waits for that (points to return) is finished after it. */
  "withdraw_code",
  /** Subject: a parent discount. Take all its codes off Shopify that are revoked, expired or archived; of a retired one, all that nobody has. */
  "withdraw_codes",
  /** Subject: an award's number. Its last use is used up: take all its other codes off Shopify and give back what they cost. */
  "withdraw_rest",
  /** Subject: an import. Ask Shopify who is in the segment that it is for. */
  "read_segment",
  /** Subject: a code pool. Mint more codes if the stock is below its target. */
  "refill_pool",
  /** Subject: Shopify's number of a collection. A rule of earning names it: read which products it has. */
  "read_collection",
  /** Subject: a parent discount. Somebody changed it at Shopify, or it is time to look: compare it with what its award says. */
  "check_discount",
  /** Subject: a drift. Take a code off Shopify that stands under our discount and is not ours. */
  "remove_code",
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/**
 * Records a change and wakes the shop's push job in the same transaction. A change that is still open coalesces; its
 * revision is raised, so that a push which read the older state does not close it.
 */
export async function recordChange(tx: Tx, shopId: number, change: { kind: ChangeKind; subject: bigint }, now: Date): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO "Change" ("shopId", "kind", "subject", "nextAttemptAt", "createdAt")
    VALUES (${shopId}, ${change.kind}, ${String(change.subject)}, ${now}, ${now})
    ON CONFLICT ("shopId", "kind", "subject") WHERE "status" = 'pending'
    DO UPDATE SET "revision" = "Change"."revision" + 1, "nextAttemptAt" = LEAST("Change"."nextAttemptAt", EXCLUDED."nextAttemptAt")`;
  await wakePush(tx, shopId);
}

/** Records one change for each subject, as `recordChange` does, in one statement. */
export async function recordChanges(tx: Tx, shopId: number, { kind, subjects }: { kind: ChangeKind; subjects: bigint[] }, now: Date): Promise<void> {
  if (subjects.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO "Change" ("shopId", "kind", "subject", "nextAttemptAt", "createdAt")
    SELECT ${shopId}, ${kind}, subject::text, ${now}::timestamptz, ${now}::timestamptz FROM unnest(${subjects}::bigint[]) AS subject ORDER BY subject
    ON CONFLICT ("shopId", "kind", "subject") WHERE "status" = 'pending'
    DO UPDATE SET "revision" = "Change"."revision" + 1, "nextAttemptAt" = LEAST("Change"."nextAttemptAt", EXCLUDED."nextAttemptAt")`;
  await wakePush(tx, shopId);
}

/** One push job per shop at most; it runs in the shop's own queue, so that no two pushes of a shop ever overlap. */
export async function wakePush(tx: Tx, shopId: number, runAt?: Date): Promise<void> {
  await tx.$queryRaw`
    SELECT 1 FROM graphile_worker.add_job('push_changes', json_build_object('shopId', ${shopId}::int),
      queue_name := ${`push:${shopId}`}, job_key := ${`push:${shopId}`}, run_at := ${runAt ?? null}::timestamptz)`;
}
