/** How many codes a pool keeps ready, and how long they last. Pure. */
import { MAX_STOCK } from "./pool";

/** Days of the busiest demand that a stock should last while nothing new can be put on Shopify. */
export const LEAD_DAYS = 3;
/** A pool that nobody asks of keeps so many. */
const MIN_STOCK = 50;
/** A stock is counted no further: a merchant need not know whether a million codes are left or two. */
export const STOCK_BOUND = 100_000;
const DAY_MS = 86_400_000;

export interface Demand {
  /** Codes given out on the busiest of the recent days. */
  busiestDay: number;
  /** How many more the award's limits let out; null: no limit. */
  remaining: number | null;
  /** How many more the pattern can make. */
  makeable: number;
}

/** The stock that recent demand asks for; at least 1. */
export function stockTargetFor({ busiestDay, remaining, makeable }: Demand): number {
  const wanted = Math.max(MIN_STOCK, busiestDay * LEAD_DAYS);
  return Math.max(1, Math.min(wanted, remaining ?? MAX_STOCK, makeable, MAX_STOCK));
}

export interface Pull {
  /** Codes that were given out. */
  given: number;
  /** Over how long. */
  sinceMs: number;
}

/** Codes given out a day. */
export function perDay({ given, sinceMs }: Pull): number {
  return (given * DAY_MS) / Math.max(1, sinceMs);
}

/** When `left` codes will have been given out at this pull; null: not within ten years, as it looks. */
export function runsDryAt(left: number, pull: Pull, now: Date): Date | null {
  const rate = perDay(pull);
  const days = rate > 0 ? left / rate : Number.POSITIVE_INFINITY;
  return days <= 3650 ? new Date(now.getTime() + days * DAY_MS) : null;
}
