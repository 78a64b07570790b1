/** What an order has earned goes over to another customer: Shopify says that the order is theirs. */
import type { Tx } from "../../lib/db.server";
import { lockAccounts } from "./lock-accounts.server";
import { postEntry } from "./post.server";

export interface EarningMove {
  orderGid: string;
  fromId: bigint;
  toId: bigint;
  /** Why; the same key moves once. */
  key: string;
  note: string;
  occurredAt: Date;
}

/** Takes what the order has earned from the one and gives it to the other, whose balance may have been spent already. The order is locked by the caller. */
export async function moveEarning(tx: Tx, shopId: number, { orderGid, fromId, toId, key, note, occurredAt }: EarningMove, now: Date): Promise<void> {
  await lockAccounts(tx, shopId, [fromId, toId]);
  const pending = await tx.pendingEarning.updateMany({ where: { shopId, orderGid, endedAt: null }, data: { customerId: toId } });
  if (pending.count > 0) return;
  const { _sum } = await tx.pointsEntry.aggregate({ where: { shopId, orderGid, kind: { in: ["earned", "earning_reversed"] } }, _sum: { points: true } });
  const points = _sum.points ?? 0;
  if (points <= 0) return;
  const entry = { orderGid, note, occurredAt };
  await postEntry(tx, shopId, { ...entry, customerId: fromId, kind: "earning_reversed", points: -points, reasonKey: `move:${key}:from`, overdraft: true }, now);
  await postEntry(tx, shopId, { ...entry, customerId: toId, kind: "earned", points, reasonKey: `move:${key}:to` }, now);
}
