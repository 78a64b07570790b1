/** What earns how many points in a shop, now. */
import type { Tx } from "../../lib/db.server";

export interface EarningRules {
  earnOnTax: boolean;
  earnOnShipping: boolean;
  /** Thousandths of a point for each major unit spent on this line, before the buyer's tier. */
  rateMilli(line: { productGid: string | null; variantGid: string | null }): number;
}

/** The shop's rules of earning. */
export async function readEarningRules(tx: Tx, shopId: number): Promise<EarningRules> {
  const { earnRate, earnOnTax, earnOnShipping } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { earnRate: true, earnOnTax: true, earnOnShipping: true } });
  return { earnOnTax, earnOnShipping, rateMilli: () => earnRate * 1000 };
}

/** Each customer's multiplier by their tier, in thousandths; 1000 for those who have reached none. */
export async function tierMultipliers(_tx: Tx, _shopId: number, customerIds: bigint[], _now: Date): Promise<Map<bigint, number>> {
  return new Map(customerIds.map((id) => [id, 1000]));
}
