/** A discount's status is derived from its dates, as Shopify derives it. */
import type { StoreDiscount } from "../../discount-records";

export type DiscountStatus = "ACTIVE" | "EXPIRED" | "SCHEDULED";

export function statusOf(discount: StoreDiscount, now: Date): DiscountStatus {
  if (discount.endsAt && Date.parse(discount.endsAt) <= now.getTime()) return "EXPIRED";
  return Date.parse(discount.startsAt) > now.getTime() ? "SCHEDULED" : "ACTIVE";
}
