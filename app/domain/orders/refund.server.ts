/** A refund was made: a fact kept even when its order has not arrived yet. */
import type { Tx } from "../../lib/db.server";
import { applyRefunds } from "./apply-refunds.server";
import { lockOrder } from "./lock-order.server";
import type { RefundFacts } from "./order";

/** Records a refund once and applies it as soon as its order is known. */
export async function recordRefund(tx: Tx, shopId: number, refund: RefundFacts, now: Date): Promise<{ outcome: "recorded" | "already_recorded" }> {
  await lockOrder(tx, shopId, refund.orderGid);
  const { count } = await tx.refund.createMany({ data: { shopId, ...refund, recordedAt: now }, skipDuplicates: true });
  if (count === 0) return { outcome: "already_recorded" };
  await applyRefunds(tx, shopId, refund.orderGid, now);
  return { outcome: "recorded" };
}
