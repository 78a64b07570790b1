/** The code is off Shopify: only now do the points go back. */
import type { Coupon } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { publicId, awardId } from "../../lib/ids";
import { lockTally, uncountIssued } from "../awards/tally.server";
import { recordEvent } from "../events/record.server";
import { lockAccounts } from "../points/lock-accounts.server";
import { givePointsBack, type Paid } from "./give-points-back.server";

/** Returns of one coupon ended in one transaction at most; a code that was everybody's may have many. */
const RETURNS_LIMIT = 200;

export interface FinishReturn {
  outcome: "returned" | "nothing_to_return";
  /** More wait than one transaction ends: call again. */
  more: boolean;
}

/** Ends the returns of this coupon that waited for its code. Does nothing where an order used the code first. */
export async function finishReturn(tx: Tx, shopId: number, couponId: bigint, now: Date): Promise<FinishReturn> {
  const waiting = await tx.issuance.findMany({ where: { shopId, couponId, status: "returning" }, orderBy: { id: "asc" }, take: RETURNS_LIMIT });
  if (waiting.length === 0) return { outcome: "nothing_to_return", more: false };

  const coupon = await tx.coupon.findUniqueOrThrow({ where: { shopId_id: { shopId, id: couponId } } });
  const award = await tx.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: coupon.awardNumber } }, select: { number: true, issuesTotal: true, usesTotal: true } });
  await lockTally(tx, shopId, award);
  await lockAccounts(tx, shopId, waiting.map(({ customerId }) => customerId));
  let ended = 0;
  for (const issuance of waiting) ended += (await finishOne(tx, shopId, { coupon, issuance }, now)) ? 1 : 0;
  // One that had ended too: it is nobody's any more, should its award end later after all.
  await tx.coupon.updateMany({ where: { shopId, id: couponId, shared: false, status: { in: ["issued", "expired"] } }, data: { status: "revoked", statusAt: now } });
  await uncountIssued(tx, shopId, award.number, ended);
  return { outcome: ended > 0 ? "returned" : "nothing_to_return", more: waiting.length === RETURNS_LIMIT };
}

/** The hold decides: whoever ends it, order or return, has won, and the other finds it ended. */
async function finishOne(tx: Tx, shopId: number, { coupon, issuance }: { coupon: Coupon; issuance: Paid }, now: Date): Promise<boolean> {
  const { id, points } = issuance;
  // A coupon that is revoked already was taken back by staff; one that is still issued was given back by its owner.
  const status = coupon.status === "revoked" ? "revoked" : "returned";
  const [ended] = await tx.issuance.updateManyAndReturn({ where: { shopId, id, status: "returning" }, data: { status, endedAt: now }, select: { customerId: true } });
  if (!ended) return false;
  // Not as it was read: its owner may have been merged while their account was waited for.
  const { customerId } = ended;
  if (!(await givePointsBack(tx, shopId, { ...issuance, customerId }, now))) throw new Error(`the hold of issuance ${id} ended while the issuance was returning`);
  if (status === "returned") {
    const data = { couponId: publicId("coupon", coupon.id), code: coupon.code, awardId: awardId(coupon.awardNumber), issuanceId: publicId("issuance", id), customerId: publicId("customer", customerId), points };
    await recordEvent(tx, shopId, { kind: "coupon.returned", data, occurredAt: now }, now);
  }
  return true;
}
