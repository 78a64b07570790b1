/** When a coupon ends that is issued now, by the award's rule, in the shop's calendar. Pure; the same stands in SQL (coupon_expires_at). */
import { periodEnd } from "../awards/bucket";

export interface ExpiryTerms {
  expiryRule: "with_award" | "days" | "month_ends" | "date";
  /** Of days and month_ends; 0: the day or month of issue itself. */
  expiryCount: number | null;
  expiresOn: Date | null;
  endsAt: Date | null;
}

/** The coupon's own end, never later than the award's; null: it ends with the award. Ends of days and months are their last millisecond. */
export function couponExpiresAt({ expiryRule, expiryCount, expiresOn, endsAt }: ExpiryTerms, timeZone: string, issuedAt: Date): Date | null {
  switch (expiryRule) {
    case "with_award":
      return null;
    case "days":
    case "month_ends":
      return earlier(endsAt, periodEnd(expiryRule, expiryCount ?? 0, issuedAt, timeZone));
    case "date":
      return earlier(endsAt, expiresOn);
    default:
      return expiryRule satisfies never;
  }
}

function earlier(one: Date | null, other: Date | null): Date | null {
  if (!one || !other) return one ?? other;
  return one < other ? one : other;
}
