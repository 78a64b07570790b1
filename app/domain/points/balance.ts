/** What a customer has. Pure. */

export interface PointsBalance {
  balance: number;
  /** Set aside for coupons that no order has proven. */
  held: number;
  /** What can be spent now; never below zero. */
  spendable: number;
}

/** The three figures of an account. */
export function toBalance(balance: number, held: number): PointsBalance {
  return { balance, held, spendable: Math.max(0, balance - held) };
}
