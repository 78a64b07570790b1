/** A coupon is given back: it did not apply, the shopper gave it up, or no order came in time. */
import type { IssuanceStatus } from "../../generated/prisma/client";
import { inTransaction, type Tx } from "../../lib/db.server";
import { lockTally } from "../awards/tally.server";
import { recordChange } from "../changes/record.server";
import { lockAccounts } from "../points/lock-accounts.server";
import { finishReturn } from "./finish-return.server";

export interface Return {
  outcome:
    /** The code is being withdrawn at Shopify; the points follow. */
    | "returning"
    | "returned"
    | "already_redeemed"
    /** A till has locked it for a transaction: what was promised to the till holds as long as the lock. */
    | "locked"
    /** No such issuance of this customer. */
    | "not_found";
}

/** Gives an issuance back. Repeating it changes nothing and is answered with where the return stands. */
export function returnCoupon(shopId: number, { issuanceId, customerId }: { issuanceId: bigint; customerId: bigint }, now: Date): Promise<Return> {
  return inTransaction((tx) => beginReturn(tx, shopId, { issuanceId, customerId }, now));
}

/**
 * The same within a transaction. A code of the customer's own leaves Shopify before the points go back. A shared code stays
 * for the others: its points go back at once, and should the shopper use it all the same, the order charges them again.
 */
export async function beginReturn(tx: Tx, shopId: number, { issuanceId, customerId }: { issuanceId: bigint; customerId: bigint }, now: Date): Promise<Return> {
  const issuance = await tx.issuance.findFirst({ where: { shopId, id: issuanceId, customerId } });
  if (!issuance) return { outcome: "not_found" };
  const { shared } = await tx.coupon.findFirstOrThrow({ where: { shopId, id: issuance.couponId }, select: { shared: true } });
  const award = await tx.award.findFirstOrThrow({ where: { shopId, number: issuance.awardNumber }, select: { number: true, issuesTotal: true, usesTotal: true } });
  if (shared) await lockTally(tx, shopId, award);
  await lockAccounts(tx, shopId, [customerId]);
  if (await isLockedByTill(tx, shopId, { issuanceId, couponId: issuance.couponId }, now)) return { outcome: "locked" };
  const begun = await tx.issuance.updateMany({ where: { shopId, id: issuanceId, customerId, status: "open" }, data: { status: "returning" } });
  if (begun.count === 0) {
    const found = await tx.issuance.findFirstOrThrow({ where: { shopId, id: issuanceId } });
    // Merged while their account was waited for: it is the same person's still.
    return found.customerId === customerId ? standing(found) : beginReturn(tx, shopId, { issuanceId, customerId: found.customerId }, now);
  }

  // Read under the lock: a reversal may have hung another code on it meanwhile.
  const { couponId } = await tx.issuance.findFirstOrThrow({ where: { shopId, id: issuanceId } });
  if (shared) {
    await finishReturn(tx, shopId, couponId, now);
    return { outcome: "returned" };
  }
  await recordChange(tx, shopId, { kind: "withdraw_code", subject: couponId }, now);
  return { outcome: "returning" };
}

/** Whether a till's lock on the coupon holds. The coupon is locked with it, as a till locks it: from here on none can begin before the return has. */
async function isLockedByTill(tx: Tx, shopId: number, { issuanceId, couponId }: { issuanceId: bigint; couponId: bigint }, now: Date): Promise<boolean> {
  await tx.$queryRaw`SELECT 1 FROM "Coupon" WHERE "shopId" = ${shopId} AND "id" = ${couponId} FOR UPDATE`;
  return (await tx.couponLock.count({ where: { shopId, couponId, issuanceId, status: "held", endsAt: { gt: now } } })) > 0;
}

function standing({ status }: { status: IssuanceStatus }): Return {
  switch (status) {
    case "redeemed":
      return { outcome: "already_redeemed" };
    case "returned":
    case "returning":
      return { outcome: status };
    case "revoked":
      return { outcome: "not_found" };
    case "open":
      throw new Error("an issuance cannot be open again");
    default:
      return status satisfies never;
  }
}
