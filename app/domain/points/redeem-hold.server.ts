/** An integrator's hold becomes a spend. */
import { inTransaction, MovedMeanwhile, type Tx } from "../../lib/db.server";
import { endHold } from "./end-hold.server";
import { lockKept } from "./lock-accounts.server";
import { postEntry } from "./post.server";
import { findHold } from "./queries.server";
import { transactionGid, transactionOf } from "./transaction";
import { spendOfHold, spendOfTransaction } from "./transaction-spend.server";

export type HoldRedemption =
  /** repeated: the transaction had spent points before: those of the hold `redeemedId`, or of none (null). entryId names the spend, for a refund. */
  | { outcome: "redeemed"; repeated: boolean; redeemedId: bigint | null; entryId: bigint; points: number; balance: number; held: number }
  /** Another transaction of the caller's had spent it. */
  | { outcome: "redeemed_by_another"; transactionId: string }
  | { outcome: "already_released" }
  /** Its time had come before it was redeemed; the points are free again. */
  | { outcome: "hold_expired" }
  /** No such hold of an integrator. */
  | { outcome: "unknown" };

/** Spends all the points of a hold, once, for one transaction of the caller's. One that has spent points, of another hold or of none, spends no more: this hold runs out. */
export function redeemHold(shopId: number, { holdId, transactionId }: { holdId: bigint; transactionId: string }, now: Date): Promise<HoldRedemption> {
  return inTransaction(async (tx): Promise<HoldRedemption> => {
    const hold = await findHold(tx, shopId, holdId);
    if (!hold) return { outcome: "unknown" };
    const { customerId, points, note, endsAt } = hold;
    const keptId = await lockKept(tx, shopId, customerId);
    const before = await spendOfTransaction(tx, shopId, { customerId: keptId, transactionId });
    if (before) return repeatedOf(tx, shopId, { ...before, customerId: keptId }, now);
    const [expired, reasonKey] = [endsAt <= now, spendOfHold(holdId)];
    const ended = await endHold(tx, shopId, { customerId, holdId, status: expired ? "returned" : "spent" }, now);
    if (ended && expired) return { outcome: "hold_expired" };
    if (!ended) {
      const { status, endedAt } = await tx.pointsHold.findUniqueOrThrow({ where: { shopId_id: { shopId, id: holdId } } });
      if (status === "held") throw new MovedMeanwhile(`hold ${holdId} went over to another customer`);
      if (status !== "spent") return { outcome: endedAt !== null && endedAt >= endsAt ? "hold_expired" : "already_released" };
      const spentBy = await transactionThatPosted(tx, shopId, reasonKey);
      if (spentBy !== null && spentBy !== transactionId) return { outcome: "redeemed_by_another", transactionId: spentBy };
    }

    // Posted with the end of the hold or found from then: a second call reads what the first one did.
    const entry = { customerId, kind: "spent" as const, points: -points, reasonKey, note: note ?? "Points redeemed", orderGid: transactionGid(transactionId), occurredAt: now };
    // Points that were held are spent even if an earning was reversed meanwhile.
    const { entryId, balance, held } = await postEntry(tx, shopId, { ...entry, overdraft: true }, now);
    if (entryId === null) throw new Error(`hold ${holdId} ended without its entry`);
    return { outcome: "redeemed", repeated: !ended, redeemedId: holdId, entryId, points, balance, held };
  });
}

/** What was posted for this reason before, again. */
async function repeatedOf(tx: Tx, shopId: number, { reasonKey, points, holdId, customerId }: { reasonKey: string; points: number; holdId: bigint | null; customerId: bigint }, now: Date): Promise<HoldRedemption> {
  const { entryId, balance, held } = await postEntry(tx, shopId, { customerId, kind: "spent", points: -points, reasonKey, note: null, occurredAt: now }, now);
  if (entryId === null) throw new Error(`${reasonKey} was posted and is not there`);
  return { outcome: "redeemed", repeated: true, redeemedId: holdId, entryId, points, balance, held };
}

/** Null: the entry is from before transactions were kept with holds. */
async function transactionThatPosted(tx: Tx, shopId: number, reasonKey: string): Promise<string | null> {
  const entry = await tx.pointsEntry.findUnique({ where: { shopId_reasonKey: { shopId, reasonKey } }, select: { orderGid: true } });
  return transactionOf(entry?.orderGid ?? null);
}
