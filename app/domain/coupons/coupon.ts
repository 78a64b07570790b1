/** What a coupon is at an instant: true even before a sweep has been by. Pure. */
import type { CouponStatus } from "../../generated/prisma/client";

export interface Dated {
  status: CouponStatus;
  expiresAt: Date | null;
}

/** The status that a reader is shown. A coupon is expired from its end on, its own or its award's, and not before. */
export function couponStatus(coupon: Dated, award: { endsAt: Date | null }, now: Date): CouponStatus {
  const endsAt = coupon.expiresAt ?? award.endsAt;
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
