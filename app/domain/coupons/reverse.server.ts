/** An order is cancelled or fully refunded: the uses it made of our coupons are undone and their points go back. */
import type { Tx } from "../../lib/db.server";
import { recordChange } from "../changes/record.server";
import { lockAccounts } from "../points/lock-accounts.server";
import { postEntry } from "../points/post.server";
import { spendingKey } from "./redeem.server";

export interface Reversal {
  orderGid: string;
  /** The order's customer, who loses what it earned in the same transaction. Null: a guest. */
  customerId: bigint | null;
  reason: "cancelled" | "refunded";
  reversedAt: Date;
}

/** Reverses every redemption of the order once. Points that it had charged return to the lots they came from. */
export async function reverseRedemptions(tx: Tx, shopId: number, { orderGid, customerId, reason, reversedAt }: Reversal, now: Date): Promise<void> {
  const redemptions = await tx.redemption.findMany({ where: { shopId, orderGid }, orderBy: { id: "asc" } });
  const ids = redemptions.flatMap(({ issuanceId }) => (issuanceId === null ? [] : [issuanceId]));
  const issuances = await tx.issuance.findMany({ where: { shopId, id: { in: ids } }, select: { customerId: true } });
  // All at once and in order, before a coupon or a change is touched.
  await lockAccounts(tx, shopId, [...issuances.map((issuance) => issuance.customerId), ...(customerId === null ? [] : [customerId])]);
  for (const { id, issuanceId, couponId } of redemptions) {
    const { count } = await tx.redemptionReversal.createMany({ data: { shopId, redemptionId: id, reason, reversedAt }, skipDuplicates: true });
    if (count === 1 && issuanceId !== null) await returnSpending(tx, shopId, { issuanceId, couponId, orderGid, reason, reversedAt }, now);
  }
}

async function returnSpending(tx: Tx, shopId: number, { issuanceId, couponId, orderGid, reason, reversedAt }: Omit<Reversal, "customerId"> & { issuanceId: bigint; couponId: bigint }, now: Date): Promise<void> {
  const spent = await tx.pointsEntry.findUnique({ where: { shopId_reasonKey: { shopId, reasonKey: spendingKey(issuanceId, orderGid) } } });
  if (!spent) return; // this order had not been charged: a late use, or a second one

  await postEntry(tx, shopId, {
    customerId: spent.customerId, kind: "spending_returned", points: -spent.points, reasonKey: `return:${spent.reasonKey}`,
    note: `Order ${reason}: points of its coupon returned`, orderGid, issuanceId, occurredAt: reversedAt,
  }, now);
  await tx.issuance.updateMany({ where: { shopId, id: issuanceId, status: "redeemed" }, data: { status: "returned", endedAt: now } });
  const revoked = await tx.coupon.updateMany({ where: { shopId, id: couponId, shared: false, status: "redeemed" }, data: { status: "revoked" } });
  // Shopify may give the use back to the code; the points went back instead, so the code must not work again.
  if (revoked.count === 1) await recordChange(tx, shopId, { kind: "withdraw_code", subject: couponId }, now);
}
