/** A customer's coupon that Shopify counts as used up, by no order that we know: they get what its award gives back for a use that is undone. */
import type { Tx } from "../../lib/db.server";
import { lockTally } from "../awards/tally.server";
import { lockAccounts } from "../points/lock-accounts.server";
import { replaceCoupon } from "./replace.server";
import { lockCoupons, lockedAmong, takeBack } from "./take-back.server";

export interface GiveBackUsedUp {
  outcome:
    /** Its points are the customer's again once the code is off Shopify. */
    | "returned"
    /** The customer has it under another code. */
    | "replaced"
    /** A till has it locked for a transaction. */
    | "locked"
    /** It was used, given back or taken back meanwhile. */
    | "already_over";
}

/** Gives the coupon back, once. Where no other code is ready, or it cost points that its award returns, the points go back. */
export async function giveBackUsedUp(tx: Tx, shopId: number, couponId: bigint, now: Date): Promise<GiveBackUsedUp> {
  const wanted = await tx.issuance.findFirst({ where: { shopId, couponId, status: "open" }, orderBy: { id: "desc" } });
  if (!wanted) return { outcome: "already_over" };
  const award = await tx.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: wanted.awardNumber } } });
  await lockTally(tx, shopId, award);
  await lockAccounts(tx, shopId, [wanted.customerId]);
  const coupon = (await lockCoupons(tx, shopId, [couponId])).get(couponId);
  // Under the locks nothing about it changes any more.
  const issuance = await tx.issuance.findFirst({ where: { shopId, id: wanted.id, couponId, customerId: wanted.customerId, status: "open" } });
  if (!coupon || !issuance || coupon.shared || coupon.status !== "issued") return { outcome: "already_over" };
  const isLocked = await lockedAmong(tx, shopId, [couponId], now);
  if (isLocked(issuance, coupon)) return { outcome: "locked" };

  const isGivenAgain = award.onReversal === "reuse" || issuance.points === 0;
  if (isGivenAgain && (await replaceCoupon(tx, shopId, { coupon, issuance }, now))) {
    await tx.coupon.updateMany({ where: { shopId, id: couponId, status: "issued" }, data: { status: "revoked", statusAt: now } });
    return { outcome: "replaced" };
  }
  await takeBack(tx, shopId, award, { issuanceIds: [issuance.id], returnPoints: true }, now);
  return { outcome: "returned" };
}
