/** A part of something as an exact fraction from 0 to 1: what adds up to the whole is the whole, whatever its pieces. Pure. */

export interface Share {
  numerator: bigint;
  /** Above 0. */
  denominator: bigint;
}

export const NOTHING: Share = { numerator: 0n, denominator: 1n };
export const ALL: Share = { numerator: 1n, denominator: 1n };

/** `part` of `whole`, both whole numbers; never below nothing or beyond all. Of nothing it is nothing. */
export function shareOf(part: number, whole: number): Share {
  if (whole <= 0 || part <= 0) return NOTHING;
  return part >= whole ? ALL : { numerator: BigInt(part), denominator: BigInt(whole) };
}

/** The weighted mean of shares: of 3.00 and 1.00, of which half and all went back, it is five eighths. Null: nothing has weight. */
export function meanShare(parts: { weight: number; share: Share }[]): Share | null {
  const weighty = parts.filter(({ weight }) => weight > 0);
  const whole = weighty.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
  if (whole === 0n) return null;
  const denominator = weighty.reduce((common, { share }) => leastCommonMultiple(common, share.denominator), 1n);
  const numerator = weighty.reduce((sum, { weight, share }) => sum + BigInt(weight) * share.numerator * (denominator / share.denominator), 0n);
  return { numerator, denominator: denominator * whole };
}

/** The smaller of two. */
export function lesserShare(one: Share, other: Share): Share {
  return one.numerator * other.denominator <= other.numerator * one.denominator ? one : other;
}

/** So much of `amount`, rounded down. */
export function shareIn(amount: number, { numerator, denominator }: Share): number {
  return Number((BigInt(amount) * numerator) / denominator);
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  return (a / greatestCommonDivisor(a, b)) * b;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
