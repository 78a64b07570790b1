/** How money becomes points, and how a refund takes them back. Pure. */
import { minorDigits } from "../../lib/money";

/** One order earns no more: points are counted in 32 bits, and an order must be recorded whatever its amount. */
export const POINTS_OF_ORDER_LIMIT = 1_000_000_000;

/** Money and the thousandths of a point that each major unit of it earns. */
export interface Earning {
  earningMinor: number;
  rateMilli: number;
}

/** Points of all these together, in this currency: rounded down once, at the end, and at most POINTS_OF_ORDER_LIMIT. */
export function pointsFor(earnings: Earning[], currency: string): number {
  // In whole numbers throughout: 0.29 × 100 is not 29 in floating point.
  const sum = earnings.reduce((total, { earningMinor, rateMilli }) => total + BigInt(Math.max(0, earningMinor)) * BigInt(rateMilli), 0n);
  const points = sum / (1000n * 10n ** BigInt(minorDigits(currency)));
  return Number(points > POINTS_OF_ORDER_LIMIT ? POINTS_OF_ORDER_LIMIT : points);
}

/**
 * Points that an order keeps once `refundedMinor` of what earned is refunded. From the total refunded so far, never from
 * one refund: any split of a refund ends at the same number. Of an order at the limit, a refund takes only what the rest
 * would not have earned.
 */
export function pointsKept(earnings: Earning[], refundedMinor: number, currency: string): number {
  const earningMinor = earnings.reduce((total, earning) => total + earning.earningMinor, 0);
  const keptMinor = Math.max(0, earningMinor - refundedMinor);
  if (keptMinor === 0) return 0;
  const sum = earnings.reduce((total, earning) => total + BigInt(earning.earningMinor) * BigInt(earning.rateMilli), 0n);
  const points = (sum * BigInt(keptMinor)) / (BigInt(earningMinor) * 1000n * 10n ** BigInt(minorDigits(currency)));
  return Number(points > POINTS_OF_ORDER_LIMIT ? POINTS_OF_ORDER_LIMIT : points);
}
