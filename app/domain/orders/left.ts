/**
 * What is left of an order after its refunds and edits. Always from all of them together, never from one: any split of a
 * refund, and any order in which its parts are told, ends at the same. Pure.
 */
import { exactMinor } from "../../lib/money";
import { ALL, meanShare, shareOf, type Share } from "../coupons/share";
import { pointsKept } from "../points/earn";
import { earningOf } from "./earned-lines";
import { SHIPPING_LINE, TOTAL_LINE, type EarnedLine, type RefundFacts } from "./order";

type RefundedPart = Pick<RefundFacts, "lines" | "beyondMinor" | "beyondTaxMinor">;

export interface Left {
  /** Whether every unit went back, by refunds or edits; shipping does not count. */
  isEveryUnitGone: boolean;
  /** Points the order keeps, at each line's rate of the time. */
  points(currency: string): number;
  /** How much of what a code took off went back with the units it was taken off; null: it took nothing off any line. */
  goneShare(code: string): Share | null;
}

/** What is left of these lines once these parts were refunded. */
export function leftOf(lines: EarnedLine[], refunds: RefundedPart[]): Left {
  const gone = new Map(lines.map((line) => [line.id, goneOf(line, refunds)]));
  const shares = lines.map((line) => ({ line, share: gone.get(line.id)?.share ?? ALL }));
  const units = shares.filter(({ line }) => line.id !== SHIPPING_LINE && line.quantity > 0);
  return {
    isEveryUnitGone: units.length > 0 && units.every(({ share }) => share.numerator >= share.denominator),
    points: (currency) => {
      const earnings = lines.map(({ id, earningMinor, rateMilli }) => ({ earningMinor: earningMinor - (gone.get(id)?.earningMinor ?? 0), rateMilli }));
      return pointsKept(earnings, beyondLines(lines, refunds), currency);
    },
    goneShare: (code) => meanShare(shares.map(({ line, share }) => ({ weight: line.codes[code] ?? 0, share }))),
  };
}

/** What of a line earns no more, and how much of it went back. All its units gone: all of it is, whatever the cents say. */
function goneOf(line: EarnedLine, refunds: RefundedPart[]): { share: Share; earningMinor: number } {
  const parts = refunds.flatMap((refund) => refund.lines).filter(({ lineId }) => lineId === line.id);
  const sum = (of: "quantity" | "netMinor" | "taxMinor") => exactMinor(parts.reduce((total, part) => total + part[of], 0));
  const refunded = { netMinor: sum("netMinor"), taxMinor: sum("taxMinor") };
  // Shipping has no units: what was paid for it says how much went back.
  const share = line.id === SHIPPING_LINE ? shareOf(refunded.netMinor, line.netMinor) : shareOf(sum("quantity") + line.removed, line.quantity);
  if (share.numerator >= share.denominator) return { share, earningMinor: line.earningMinor };
  const earningMinor = earningOf(refunded, line.taxShare) + partOf(line.earningMinor, line.removed, line.quantity);
  return { share, earningMinor: Math.min(line.earningMinor, earningMinor) };
}

/**
 * Money given back that belongs to no line, its tax counted as that of the lines. What one refund held back from its lines was
 * given back by another; and what was paid for units that an edit took away comes back without naming them.
 */
function beyondLines(lines: EarnedLine[], refunds: RefundedPart[]): number {
  const told = exactMinor(refunds.reduce((sum, { beyondMinor }) => sum + beyondMinor, 0) + inOneSum(lines, refunds));
  const removed = lines.reduce((sum, { netMinor, removed, quantity }) => sum + partOf(netMinor, removed, quantity), 0);
  const beyond = exactMinor(told - removed);
  if (told <= 0 || beyond <= 0) return 0;
  const taxMinor = exactMinor(refunds.reduce((sum, { beyondTaxMinor = 0 }) => sum + beyondTaxMinor, 0));
  const taxShare = lines.find(({ earningMinor }) => earningMinor > 0)?.taxShare ?? 0;
  // Of what is beyond, as much is tax as of all that was told.
  return earningOf({ netMinor: beyond, taxMinor: partOf(taxMinor, beyond, told) }, taxShare);
}

/** Of an order that was told as one sum, every refund is an amount. */
function inOneSum(lines: EarnedLine[], refunds: RefundedPart[]): number {
  if (!lines.some(({ id }) => id === TOTAL_LINE)) return 0;
  return refunds.flatMap((refund) => refund.lines).reduce((sum, { netMinor }) => sum + netMinor, 0);
}

function partOf(minor: number, units: number, quantity: number): number {
  return quantity === 0 ? 0 : Number((BigInt(minor) * BigInt(units)) / BigInt(quantity));
}
