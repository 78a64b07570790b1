/** An order is cancelled or fully refunded, or an edit takes a code off it: the uses it made of our coupons are undone, as each award says. */
import type { Award, Coupon, Issuance, Redemption } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { awardId, publicId } from "../../lib/ids";
import { addToTallies, type TallyChange } from "../awards/tally.server";
import { recordChange } from "../changes/record.server";
import { recordEvent } from "../events/record.server";
import { lockAccounts } from "../points/lock-accounts.server";
import { couponEnd } from "./coupon";
import { isPartlyReturned, returnSpent } from "./give-points-back.server";
import { lockedAwards } from "./redeem.server";
import { outsideOrderId } from "./redemption";
import { replaceCoupon } from "./replace.server";
import { lockCoupons } from "./take-back.server";
import { codeLimit } from "./use";

export interface Reversal {
  orderGid: string;
  /** The order's customer, who loses what it earned in the same transaction. Null: a guest. */
  customerId: bigint | null;
  reason: "cancelled" | "refunded" | "removed";
  reversedAt: Date;
  /** Only the uses of these, upper case. Left out: all. */
  codes?: string[];
}

const NOTES: Record<Reversal["reason"], string> = {
  cancelled: "Order cancelled: points of its coupon returned",
  refunded: "Order refunded: points of its coupon returned",
  removed: "Coupon taken off its order: points returned",
};

/**
 * Reverses the redemptions of the order, each once. Its use is given back to the limits, and the customer gets what the award
 * says: the points, back in the lots they came from, or the coupon. One that cost nothing can only be given back itself.
 */
export async function reverseRedemptions(tx: Tx, shopId: number, reversal: Reversal, now: Date): Promise<void> {
  const { orderGid, codes } = reversal;
  const named = codes && (await tx.coupon.findMany({ where: { shopId, code: { in: codes } }, select: { id: true } })).map(({ id }) => id);
  const redemptions = await tx.redemption.findMany({ where: { shopId, orderGid, ...(named && { couponId: { in: named } }) }, orderBy: { id: "asc" } });
  if (redemptions.length === 0) return;
  const awards = await lockedAwards(tx, shopId, redemptions);
  const ids = redemptions.flatMap(({ issuanceId }) => (issuanceId === null ? [] : [issuanceId]));
  const owners = await tx.issuance.findMany({ where: { shopId, id: { in: ids } }, select: { customerId: true } });
  // All at once and in order, before a coupon or a change is touched.
  await lockAccounts(tx, shopId, [...owners.map(({ customerId }) => customerId), ...(reversal.customerId === null ? [] : [reversal.customerId])]);
  const coupons = await lockCoupons(tx, shopId, redemptions.map(({ couponId }) => couponId));
  const issuances = new Map((await tx.issuance.findMany({ where: { shopId, id: { in: ids } } })).map((issuance) => [issuance.id, issuance]));

  const changes: TallyChange[] = [];
  for (const redemption of redemptions) {
    const [coupon, award] = [coupons.get(redemption.couponId), awards.get(redemption.awardNumber)];
    if (!coupon || !award) throw new Error(`redemption ${redemption.id} has no coupon or no award`);
    const issuance = redemption.issuanceId === null ? null : (issuances.get(redemption.issuanceId) ?? null);
    const change = await reverseOne(tx, shopId, reversal, { redemption, coupon, award, issuance }, now);
    if (change) changes.push(change);
  }
  await addToTallies(tx, shopId, changes);
}

interface Reversed {
  redemption: Redemption;
  coupon: Coupon;
  award: Award;
  issuance: Issuance | null;
}

/** Reverses one redemption; null: it was reversed before. */
async function reverseOne(tx: Tx, shopId: number, { orderGid, reason, reversedAt }: Reversal, reversed: Reversed, now: Date): Promise<TallyChange | null> {
  const { redemption, coupon, award, issuance } = reversed;
  const { count } = await tx.redemptionReversal.createMany({ data: { shopId, redemptionId: redemption.id, reason, reversedAt }, skipDuplicates: true });
  if (count === 0) return null;
  await tx.coupon.updateMany({ where: { shopId, id: coupon.id, usesCount: { gt: 0 } }, data: { usesCount: { decrement: 1 } } });
  await tellReversed(tx, shopId, { ...reversed, reason, reversedAt }, now);

  const counted = { awardNumber: award.number, used: -1, locked: 0 };
  if (issuance === null) return { ...counted, issued: 0 };
  const wanted = award.onReversal === "reuse" ? "coupon" : "points";
  const isReturned = wanted === "points" ? await returnPrice(tx, shopId, { ...reversed, issuance, orderGid, reason, reversedAt }, now) : false;
  if (isReturned) return { ...counted, issued: -1 };
  if (wanted === "coupon" || issuance.points === 0) return { ...counted, issued: await makeUsable(tx, shopId, { ...reversed, issuance, orderGid, reason, reversedAt }, now) };
  await reopen(tx, shopId, coupon, award, now);
  return { ...counted, issued: 0 };
}

type Undone = Reversed & { issuance: Issuance } & Pick<Reversal, "orderGid" | "reason" | "reversedAt">;

/**
 * Gives back what the coupon had cost; false: it had cost nothing, or another use of it stands, for which its price was paid.
 * Shopify may give the use back to the code; the points went back instead, so the code must not work again.
 */
async function returnPrice(tx: Tx, shopId: number, undone: Undone, now: Date): Promise<boolean> {
  const { coupon, issuance, orderGid, reason, reversedAt } = undone;
  if (issuance.status !== "redeemed" || (await isUsedElsewhere(tx, shopId, issuance.id))) return false;
  if (!(await returnSpent(tx, shopId, issuance.id, { note: NOTES[reason], orderGid, occurredAt: reversedAt }, now))) return false;
  const { count } = await tx.issuance.updateMany({ where: { shopId, id: issuance.id, status: "redeemed" }, data: { status: "returned", endedAt: now } });
  await takeOff(tx, shopId, coupon, now);
  return count === 1;
}

/** A code of the customer's own ends, here and on Shopify. */
async function takeOff(tx: Tx, shopId: number, { id, codeState }: Coupon, now: Date): Promise<void> {
  const revoked = await tx.coupon.updateMany({ where: { shopId, id, shared: false, status: { in: ["issued", "redeemed"] } }, data: { status: "revoked", statusAt: now } });
  if (revoked.count === 1 && codeState !== "local") await recordChange(tx, shopId, { kind: "withdraw_code", subject: id }, now);
}

/** Whether a use that stands hangs on this issuance. */
async function isUsedElsewhere(tx: Tx, shopId: number, issuanceId: bigint): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ used: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM "Redemption" r JOIN "Issuance" i ON i."shopId" = ${shopId} AND i."id" = ${issuanceId}
      WHERE r."shopId" = ${shopId} AND r."couponId" = i."couponId" AND r."issuanceId" = i."id"
        AND NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = ${shopId} AND v."redemptionId" = r."id")) AS used`;
  return row?.used ?? false;
}

/**
 * The customer can use the coupon again, and nothing is charged a second time. Shopify does not give a use back, so what was
 * used up on Shopify gets another code; where none is left, or the coupon is over, the points go back. Answers how the
 * award's issuances change.
 */
async function makeUsable(tx: Tx, shopId: number, undone: Undone, now: Date): Promise<number> {
  const { coupon, award, issuance } = undone;
  if (issuance.status !== "redeemed") return 0;
  const isSpent = !coupon.shared && coupon.status === "redeemed";
  const needsCode = isSpent && coupon.codeState !== "local";
  // A fresh code has all its uses again: it would be one too many for as long as another use of the old one stands.
  if (needsCode && (await isUsedElsewhere(tx, shopId, issuance.id))) return 0;
  // What came back in points does not come back as a coupon as well: its award gave points then.
  const isOwedPoints = await isPartlyReturned(tx, shopId, issuance);
  if (isOwedPoints || isOver(coupon, issuance, award, now) || (needsCode && !(await replaceCoupon(tx, shopId, { coupon, issuance }, now)))) {
    return (await returnPrice(tx, shopId, undone, now)) ? -1 : 0;
  }
  if (!(await isUsedElsewhere(tx, shopId, issuance.id))) {
    // Paid for and not held: the next use finds nothing to charge.
    await tx.issuance.updateMany({ where: { shopId, id: issuance.id, status: "redeemed" }, data: { status: "open", holdId: null, endedAt: null } });
  }
  await reopen(tx, shopId, coupon, award, now);
  return 0;
}

/** Whether the coupon ended, or staff took it, since it was used: no use of it can be given back. */
function isOver(coupon: Coupon, issuance: Issuance, award: Award, now: Date): boolean {
  const endsAt = couponEnd(coupon.expiresAt ?? issuance.expiresAt, award);
  return coupon.status === "revoked" || (endsAt !== null && endsAt <= now);
}

/** A code that was used up, and is so no longer, is its owner's again: where we count its uses, not Shopify. */
async function reopen(tx: Tx, shopId: number, coupon: Coupon, award: Award, now: Date): Promise<void> {
  const limit = codeLimit(coupon, award);
  if (coupon.codeState !== "local" || coupon.status !== "redeemed" || (limit !== null && coupon.usesCount - 1 >= limit)) return;
  await tx.coupon.updateMany({ where: { shopId, id: coupon.id, status: "redeemed" }, data: { status: "issued", statusAt: now } });
}

async function tellReversed(tx: Tx, shopId: number, { redemption, coupon, reason, reversedAt }: Reversed & Pick<Reversal, "reason" | "reversedAt">, now: Date): Promise<void> {
  const { awardNumber, issuanceId, customerId, id, orderGid } = redemption;
  const data = {
    couponId: publicId("coupon", coupon.id), code: coupon.code, awardId: awardId(awardNumber),
    issuanceId: issuanceId === null ? null : publicId("issuance", issuanceId), customerId: customerId === null ? null : publicId("customer", customerId),
    redemptionId: publicId("redemption", id), orderId: outsideOrderId(orderGid), reason,
  };
  await recordEvent(tx, shopId, { kind: "coupon.reversed", data, occurredAt: reversedAt }, now);
}
