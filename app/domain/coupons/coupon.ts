/** What a coupon is at an instant: true even before a sweep has been by. Pure. */
import type { CouponStatus } from "../../generated/prisma/client";

export interface Dated {
  status: CouponStatus;
  expiresAt: Date | null;
}

/** When a coupon ends: at its own end or its award's, which may have been moved before it; null: never. */
export function couponEnd(own: Date | null, award: { endsAt: Date | null }): Date | null {
  return own !== null && (award.endsAt === null || own < award.endsAt) ? own : award.endsAt;
}

/** The status that a reader is shown. A coupon is expired from its end on, its own or its award's, and not before. */
export function couponStatus(coupon: Dated, award: { endsAt: Date | null }, now: Date): CouponStatus {
  const endsAt = couponEnd(coupon.expiresAt, award);
  const isOver = endsAt !== null && endsAt <= now;
  switch (coupon.status) {
    case "issued":
      return isOver ? "expired" : "issued";
    case "expired":
      return isOver ? "expired" : "issued";
    case "available":
    case "locked":
    case "redeemed":
    case "revoked":
    case "archived":
      return coupon.status;
    default:
      return coupon.status satisfies never;
  }
}
