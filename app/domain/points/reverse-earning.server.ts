/** Points an order had earned are taken back when its money goes back. */
import type { Tx } from "../../lib/db.server";
import { postEntry } from "./post.server";

export interface EarningReversal {
  customerId: bigint;
  orderGid: string;
  /** Points the order may keep, all refunds so far taken into account. */
  keptPoints: number;
  reasonKey: string;
  note: string;
  occurredAt: Date;
}

/**
 * Brings what an order has earned down to `keptPoints`; does nothing if it is there already. The balance may fall below
 * zero: points that were spent before their order was refunded. The order is locked by the caller.
 */
export async function reverseEarning(tx: Tx, shopId: number, reversal: EarningReversal, now: Date): Promise<void> {
  const { customerId, orderGid, keptPoints, reasonKey, note, occurredAt } = reversal;
  const earned = await tx.pointsEntry.aggregate({
    where: { shopId, orderGid, kind: { in: ["earned", "earning_reversed"] } },
    _sum: { points: true },
  });
  const excess = (earned._sum.points ?? 0) - keptPoints;
  if (excess <= 0) return;
  await postEntry(tx, shopId, { customerId, kind: "earning_reversed", points: -excess, reasonKey, note, orderGid, occurredAt, overdraft: true }, now);
}
