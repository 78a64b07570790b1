/** Orders earn points: at once, or once the shop's pending days are over. */
import type { Tx } from "../../lib/db.server";
import { postEntries } from "./post-entries.server";

export interface OrderEarning {
  customerId: bigint;
  orderGid: string;
  points: number;
  note: string;
  occurredAt: Date;
}

const DAY_MS = 86_400_000;

/**
 * Books what these orders earned, each once. Where the shop waits before it gives points they are set aside until they mature; an
 * order that earns nothing too, since an edit may add to it. Their customers' accounts are locked by the caller.
 */
export async function earnFromOrders(tx: Tx, shopId: number, earnings: OrderEarning[], now: Date): Promise<void> {
  if (earnings.length === 0) return;
  const { pendingDays } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { pendingDays: true } });
  const planned = earnings.map((earning) => ({ ...earning, maturesAt: new Date(earning.occurredAt.getTime() + pendingDays * DAY_MS) }));
  const waiting = planned.filter(({ maturesAt }) => pendingDays > 0 && maturesAt > now);
  await tx.pendingEarning.createMany({ data: waiting.map((earning) => ({ shopId, ...earning })), skipDuplicates: true });

  const due = planned.filter(({ maturesAt, points }) => points > 0 && (pendingDays === 0 || maturesAt <= now));
  await postEntries(tx, shopId, due.map(({ customerId, orderGid, points, note, occurredAt, maturesAt }) => ({
    // The points came when they could be spent: their lifetime begins then.
    customerId, orderGid, points, note, kind: "earned", reasonKey: earningKey(orderGid), occurredAt: pendingDays === 0 ? occurredAt : maturesAt,
  })), now);
}

/** The reason of the entry of what an order earned, when it was recorded or when it matured (mature_points). */
export function earningKey(orderGid: string): string {
  return `earn:${orderGid}`;
}
