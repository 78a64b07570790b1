/** Which money of an order earns points, line by line. Pure. */
import { exactMinor } from "../../lib/money";
import type { EarningRules } from "../points/earning-rules.server";
import type { EarnedLine, OrderFacts, OrderLine } from "./order";

/**
 * The order's lines with what of them earns and at which rate; those that earn nothing too, whose discounts may be refunded. A test order earns nothing.
 * `tierMilli`: the multiplier of the buyer's tier, in thousandths.
 */
export function earnedLines({ lines, taxesIncluded, test }: Pick<OrderFacts, "lines" | "taxesIncluded" | "test">, rules: EarningRules, tierMilli: number): EarnedLine[] {
  const taxShare = taxShareOf(taxesIncluded, rules);
  return lines.map((line) => {
    const earns = doesEarn(line, rules);
    return retold(line, { taxShare, earns, rateMilli: earns && !test ? Math.floor((rules.rateMilli(line) * tierMilli) / 1000) : 0 });
  });
}

/** A line as it is told, earning at terms that were settled when it was first told. */
export function retold(line: OrderLine, { taxShare, earns, rateMilli }: EarningTerms): EarnedLine {
  const { id, productGid, variantGid, quantity, removed = 0, netMinor, codes } = line;
  return { id, productGid, variantGid, quantity, removed, netMinor, earningMinor: earns ? earningOf(line, taxShare) : 0, taxShare, rateMilli, codes };
}

export interface EarningTerms extends Pick<EarnedLine, "taxShare" | "rateMilli"> {
  /** Whether it is a kind of line that earns. */
  earns: boolean;
}

/** The terms a line has earned at. */
export function termsOf({ taxShare, rateMilli, earningMinor }: EarnedLine): EarningTerms {
  return { taxShare, rateMilli, earns: earningMinor > 0 || rateMilli > 0 };
}

/** What of an amount earns, given how its tax counts. */
export function earningOf({ netMinor, taxMinor }: Pick<OrderLine, "netMinor" | "taxMinor">, taxShare: EarnedLine["taxShare"]): number {
  return exactMinor(Math.max(0, netMinor + taxShare * taxMinor));
}

/** A gift card earns when it is spent, not when it is bought. */
function doesEarn({ kind }: OrderLine, { earnOnShipping }: EarningRules): boolean {
  return kind === "product" || (kind === "shipping" && earnOnShipping);
}

function taxShareOf(taxesIncluded: boolean, { earnOnTax }: EarningRules): EarnedLine["taxShare"] {
  if (earnOnTax === taxesIncluded) return 0;
  return earnOnTax ? 1 : -1;
}

/** What each code takes off these lines; those that take nothing are left out. */
export function codesTaking(lines: Pick<OrderLine, "codes">[]): Map<string, number> {
  const taking = new Map<string, number>();
  for (const { codes } of lines) for (const [code, minor] of Object.entries(codes)) if (minor > 0) taking.set(code, (taking.get(code) ?? 0) + minor);
  return taking;
}
