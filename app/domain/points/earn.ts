/** How money becomes points, and how a refund takes them back. Pure. */
import { minorDigits } from "../../lib/money";

/** One order earns no more: points are counted in 32 bits, and an order must be recorded whatever its amount. */
export const POINTS_OF_ORDER_LIMIT = 1_000_000_000;

/**
 * Points for `earningMinor` of this currency at `earnRate` points for each major unit, rounded down, and at most
 * POINTS_OF_ORDER_LIMIT.
 */
export function pointsFor(earningMinor: number, earnRate: number, currency: string): number {
  // In whole numbers throughout: 0.29 × 100 is not 29 in floating point.
  const points = (BigInt(Math.max(0, earningMinor)) * BigInt(earnRate)) / 10n ** BigInt(minorDigits(currency));
  return Number(points > POINTS_OF_ORDER_LIMIT ? POINTS_OF_ORDER_LIMIT : points);
}

export interface Earning {
  /** What of the order earned points, minor units. */
  earningMinor: number;
  earnRate: number;
  currency: string;
}

/**
 * Points that an order keeps once `refundedMinor` of what earned is refunded. From the total refunded so far, never from
 * one refund: any split of a refund ends at the same number. Of an order at the limit, a refund takes only what the rest
 * would not have earned.
 */
export function pointsKept({ earningMinor, earnRate, currency }: Earning, refundedMinor: number): number {
  return pointsFor(earningMinor - refundedMinor, earnRate, currency);
}
