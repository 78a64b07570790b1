/** When a coupon ends that is issued now, by the award's rule, in the shop's calendar. Pure; the same stands in SQL (coupon_expires_at). */
import { instantOf, localTime } from "../../lib/zone";

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
      return earlier(endsAt, endBefore(localDay(issuedAt, timeZone, { days: (expiryCount ?? 0) + 1 }), timeZone));
    case "month_ends":
      return earlier(endsAt, endBefore(localDay(issuedAt, timeZone, { months: (expiryCount ?? 0) + 1 }), timeZone));
    case "date":
      return earlier(endsAt, expiresOn);
    default:
      return expiryRule satisfies never;
  }
}

/** The local day so many days after that of `instant`, or the first of the month so many months after its month: "2026-11-13". */
function localDay(instant: Date, timeZone: string, after: { days: number } | { months: number }): string {
  const [year = 0, month = 0, day = 0] = localTime(instant, timeZone).slice(0, 10).split("-").map(Number);
  const moved = "days" in after ? Date.UTC(year, month - 1, day + after.days) : Date.UTC(year, month - 1 + after.months, 1);
  return new Date(moved).toISOString().slice(0, 10);
}

function endBefore(day: string, timeZone: string): Date {
  return new Date(instantOf(`${day}T00:00:00`, timeZone).getTime() - 1);
}

function earlier(one: Date | null, other: Date | null): Date | null {
  if (!one || !other) return one ?? other;
  return one < other ? one : other;
}
