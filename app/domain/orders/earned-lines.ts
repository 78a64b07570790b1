/** Which money of an order earns points, line by line. Pure. */
import { exactMinor } from "../../lib/money";
import type { EarningRules } from "../points/earning-rules.server";
import type { EarnedLine, OrderFacts, OrderLine } from "./order";

/**
 * The order's lines with what of them earns and at which rate; those that earn nothing too, whose discounts may be refunded. A test order earns nothing.
 * `tierMilli`: the multiplier of the buyer's tier, in thousandths.
 */
export function earnedLines({ lines, taxesIncluded, test }: Pick<OrderFacts, "lines" | "taxesIncluded" | "test">, rules: EarningRules, tierMilli: number): EarnedLine[] {
  return lines.map((line) => ({
    id: line.id,
    quantity: line.quantity,
    earningMinor: earningMinor(line, taxesIncluded, rules),
    rateMilli: test ? 0 : Math.floor((rules.rateMilli(line) * tierMilli) / 1000),
    codes: line.codes,
  }));
}

/** A gift card earns when it is spent, not when it is bought. */
function earningMinor({ kind, netMinor, taxMinor }: OrderLine, taxesIncluded: boolean, { earnOnTax, earnOnShipping }: EarningRules): number {
  if (kind === "gift_card" || (kind === "shipping" && !earnOnShipping)) return 0;
  const tax = (earnOnTax ? taxMinor : 0) - (taxesIncluded ? taxMinor : 0);
  return exactMinor(Math.max(0, netMinor + tax));
}
