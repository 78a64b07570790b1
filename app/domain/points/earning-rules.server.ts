/** What earns how many points in a shop, now. */
import type { Tx } from "../../lib/db.server";
import { lineMultiplierMilli, ONE_MILLI, type RuleMatch } from "./earn-rule";
import { tierReached } from "./tier";
import { earnedBefore, listTiers, type Moment } from "./tiers.server";

/** What a line sells, as far as rules look at it. */
export interface SoldThing {
  productGid: string | null;
  variantGid: string | null;
}

export interface EarningRules {
  earnOnTax: boolean;
  earnOnShipping: boolean;
  /** Thousandths of a point for each major unit spent on this line, before the buyer's tier. */
  rateMilli(line: SoldThing): number;
}

/** The shop's rules of earning, as far as they concern these things: one snapshot for a whole batch of orders, in one query. */
export async function readEarningRules(tx: Tx, shopId: number, things: readonly SoldThing[]): Promise<EarningRules> {
  const gids = [...new Set(things.flatMap(({ productGid, variantGid }) => [productGid, variantGid]).filter((gid) => gid !== null))];
  const [row] = await tx.$queryRaw<{ earnRate: number; earnOnTax: boolean; earnOnShipping: boolean; matches: RuleMatch[] }[]>`
    SELECT s."earnRate", s."earnOnTax", s."earnOnShipping", (
      SELECT coalesce(jsonb_agg(jsonb_build_object('gid', m."gid", 'multiplierMilli', m."multiplierMilli")), '[]') FROM (
        SELECT named."gid", r."multiplierMilli" FROM "EarnRule" r CROSS JOIN LATERAL unnest(r."productGids" || r."variantGids") AS named("gid")
        WHERE r."shopId" = s."id" AND named."gid" = ANY(${gids}::text[])
        UNION ALL
        SELECT p."productGid", r."multiplierMilli" FROM "EarnRule" r CROSS JOIN LATERAL unnest(r."collectionGids") AS named("gid")
        JOIN "EarnCollection" k ON k."shopId" = r."shopId" AND k."id" = split_part(named."gid", '/', 5)::bigint
        JOIN "CollectionProduct" p ON p."shopId" = k."shopId" AND p."collectionId" = k."id" AND p."reading" = k."reading" AND p."productGid" = ANY(${gids}::text[])
        WHERE r."shopId" = s."id") m) AS "matches"
    FROM "Shop" s WHERE s."id" = ${shopId}`;
  if (!row) throw new Error(`there is no shop ${shopId}`);
  const { earnRate, earnOnTax, earnOnShipping } = row;
  const matchesOf = new Map<string, RuleMatch[]>();
  for (const match of row.matches) matchesOf.set(match.gid, [...(matchesOf.get(match.gid) ?? []), match]);
  const of = (gid: string | null) => (gid === null ? [] : (matchesOf.get(gid) ?? []));
  return { earnOnTax, earnOnShipping, rateMilli: (line) => earnRate * lineMultiplierMilli(line, [...of(line.productGid), ...of(line.variantGid)]) };
}

/**
 * Each customer's multiplier by the tier that they had reached at their order, in thousandths; 1000 for those who had reached none.
 * However late the order is heard of, what came after it does not count.
 */
export async function tierMultipliers(tx: Tx, shopId: number, moments: readonly Moment[]): Promise<Map<bigint, number>> {
  const tiers = moments.length > 0 ? await listTiers(tx, shopId) : [];
  const earned = tiers.length > 0 ? await earnedBefore(tx, shopId, moments) : new Map<bigint, number>();
  return new Map(moments.map(({ customerId }) => [customerId, tierReached(tiers, earned.get(customerId) ?? 0)?.multiplierMilli ?? ONE_MILLI]));
}
