/** Staff put a coupon away, or bring it back: the only change of status a coupon takes by hand. */
import { inTransaction, type Tx } from "../../lib/db.server";
import { recordChange } from "../changes/record.server";
import { lockCoupons } from "./take-back.server";

export type ArchiveCoupon =
  | { outcome: "archived" | "already_archived" | "coupon_unknown" }
  /** A till has it locked for a transaction. */
  | { outcome: "locked" }
  /** Redeemed, expired or revoked: it is over anyway, and stays what it is. */
  | { outcome: "over" };

/** Archives a coupon: it is neither handed out nor redeemed, and its code leaves Shopify. Points stay where they are. */
export async function archiveCoupon(shopId: number, couponId: bigint, now: Date): Promise<ArchiveCoupon> {
  return inTransaction(async (tx) => {
    const coupon = (await lockCoupons(tx, shopId, [couponId])).get(couponId);
    if (!coupon) return { outcome: "coupon_unknown" };
    if (await tx.couponLock.findFirst({ where: { shopId, couponId, status: "held", endsAt: { gt: now } } })) return { outcome: "locked" };
    switch (coupon.status) {
      case "archived":
        return { outcome: "already_archived" };
      case "redeemed":
      case "expired":
      case "revoked":
        return { outcome: "over" };
      case "available":
      case "issued":
      case "locked":
        break;
      default:
        return coupon.status satisfies never;
    }
    const neverThere = coupon.codeState === "planned" || coupon.codeState === "failed";
    await tx.coupon.updateMany({ where: { shopId, id: couponId }, data: { status: "archived", statusAt: now, ...(neverThere && { codeState: "withdrawn" }) } });
    if (coupon.codeState === "live" || coupon.codeState === "submitted") await recordChange(tx, shopId, { kind: "withdraw_code", subject: couponId }, now);
    return { outcome: "archived" };
  });
}

export type UnarchiveCoupon =
  | { outcome: "unarchived" | "not_archived" | "coupon_unknown" }
  /** Its code is still on its way off Shopify: it can come back once it is gone. */
  | { outcome: "withdrawing" }
  /** It ended meanwhile, or its discount has. */
  | { outcome: "expired" };

/** Brings an archived coupon back to where it was; its code is put on Shopify again. */
export async function unarchiveCoupon(shopId: number, couponId: bigint, now: Date): Promise<UnarchiveCoupon> {
  return inTransaction(async (tx) => {
    const coupon = (await lockCoupons(tx, shopId, [couponId])).get(couponId);
    if (!coupon) return { outcome: "coupon_unknown" };
    if (coupon.status !== "archived") return { outcome: "not_archived" };
    if (coupon.codeState !== "withdrawn" && coupon.codeState !== "local") return { outcome: "withdrawing" };
    const parent = await tx.parentDiscount.findUniqueOrThrow({ where: { shopId_id: { shopId, id: coupon.parentId } } });
    if (parent.retiredAt !== null || (coupon.expiresAt !== null && coupon.expiresAt <= now)) return { outcome: "expired" };

    const onShopify = coupon.codeState === "withdrawn";
    const status = (await isHeld(tx, shopId, couponId)) && !coupon.shared ? "issued" : "available";
    await tx.coupon.updateMany({ where: { shopId, id: couponId }, data: { status, statusAt: now, ...(onShopify && { codeState: "planned", redeemCodeGid: null, submissionId: null }) } });
    if (onShopify) await recordChange(tx, shopId, { kind: "push_codes", subject: parent.id }, now);
    return { outcome: "unarchived" };
  });
}

/** Whether a customer holds it still, used or not: one that was used up is not archived. */
async function isHeld(tx: Tx, shopId: number, couponId: bigint): Promise<boolean> {
  return (await tx.issuance.findFirst({ where: { shopId, couponId, status: { in: ["open", "redeemed"] } }, select: { id: true } })) !== null;
}
