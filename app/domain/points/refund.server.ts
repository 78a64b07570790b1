/** Points that an integrator spent go back to the customer. */
import { z } from "zod";
import { inTransaction, type Tx } from "../../lib/db.server";
import { lockKept } from "./lock-accounts.server";
import { postEntry } from "./post.server";

export const PointsRefund = z.object({
  /** The spend, as redeemPoints or redeemHold answered it. */
  entryId: z.bigint(),
  /** Null: all that is left of it. */
  points: z.int().min(1).nullable(),
  /** The caller's, at most 100 characters: the same key refunds once. */
  requestKey: z.string().min(1).max(100),
  note: z.string().max(200).nullable(),
});
export type PointsRefund = z.infer<typeof PointsRefund>;

export type Refunding =
  /** repeated: an earlier call with this key gave them back. refundable: what may still be given back of the spend. */
  | { outcome: "refunded"; repeated: boolean; entryId: bigint; points: number; refundable: number; balance: number; held: number }
  /** More than is left of the spend. */
  | { outcome: "exceeds_spend"; refundable: number }
  /** No such spend; points of a coupon go back with the coupon. */
  | { outcome: "unknown" };

/** Gives points of a spend back to the lots they came from, in parts if wished, never more than were spent. */
export function refundPoints(shopId: number, { entryId: spendId, points, requestKey, note }: PointsRefund, now: Date): Promise<Refunding> {
  return inTransaction(async (tx): Promise<Refunding> => {
    const spend = await tx.pointsEntry.findFirst({ where: { shopId, id: spendId, kind: "spent", issuanceId: null } });
    if (!spend) return { outcome: "unknown" };
    const { orderGid } = spend;
    const customerId = await lockKept(tx, shopId, spend.customerId);

    const reasonKey = `refund:${spendId}:${requestKey}`;
    const earlier = await tx.pointsEntry.findUnique({ where: { shopId_reasonKey: { shopId, reasonKey } } });
    const refundable = -spend.points - (await refundedOf(tx, shopId, spendId));
    const wanted = earlier?.points ?? points ?? refundable;
    if (!earlier && (wanted === 0 || wanted > refundable)) return { outcome: "exceeds_spend", refundable };

    const entry = { customerId, kind: "spending_returned" as const, points: wanted, reasonKey, note: note ?? "Points returned", occurredAt: now, returnsEntryId: spendId };
    const posting = await postEntry(tx, shopId, { ...entry, ...(orderGid !== null && { orderGid }) }, now);
    if (posting.entryId === null) throw new Error(`points of entry ${spendId} were not returned: ${posting.outcome}`);
    const { balance, held } = posting;
    return { outcome: "refunded", repeated: earlier !== null, entryId: posting.entryId, points: wanted, refundable: earlier ? refundable : refundable - wanted, balance, held };
  });
}

async function refundedOf(tx: Tx, shopId: number, spendId: bigint): Promise<number> {
  const { _sum } = await tx.pointsEntry.aggregate({ where: { shopId, returnsEntryId: spendId }, _sum: { points: true } });
  return _sum.points ?? 0;
}
