/** What an order says about a code of ours, and what is to be flagged about it. Pure. */

export const REDEMPTION_FLAGS = [
  /** The coupon had been given back when the order came, or when an edit put back what the order had lost. */
  "late",
  /** A part of its price had been given back, with an earlier order or with units that an edit then put back, and its owner's points do not pay for it again. */
  "partly_paid",
  /** It was used after its end. */
  "expired",
  /** It was used on a day or at an hour at which it may not be. */
  "outside_window",
  /** More uses than the code, the customer or the award may have. */
  "over_limit",
  /** Nobody had been given the coupon. */
  "not_issued",
  /** It had been given to somebody else than the order's customer (a guest is somebody else), and only its owner may use it. */
  "other_customer",
] as const;
export type RedemptionFlag = (typeof REDEMPTION_FLAGS)[number];

export interface RedemptionFacts {
  orderGid: string;
  orderName: string;
  /** Null: a guest. */
  customerId: bigint | null;
  channel: string;
  currency: string;
  redeemedAt: Date;
  /** Every code on the order, ours or not, with what it took off. */
  codes: { code: string; discountMinor: number }[];
}

/** Uses that count, this one included, beside what is allowed; null: no limit. */
export interface Usage {
  ofCode: number;
  ofCustomer: number;
  ofAward: number;
}

/** Whether this use is one too many for any of the three limits. */
export function isOverLimit(usage: Usage, limits: { usesPerCode: number | null; usesPerCustomer: number | null; usesTotal: number | null }): boolean {
  const over = (count: number, limit: number | null) => limit !== null && count > limit;
  return over(usage.ofCode, limits.usesPerCode) || over(usage.ofCustomer, limits.usesPerCustomer) || over(usage.ofAward, limits.usesTotal);
}

/** What an order is called outside: an integrator's transaction by the id they gave it, Shopify's order by its gid. */
export function outsideOrderId(orderGid: string): string {
  return orderGid.replace(/^transaction:/, "");
}
