/** What earns how many points in a shop, now and on the day of an order. */
import type { Tx } from "../../lib/db.server";
import { FormerEarning, termsAt, type EarningTermsOf } from "../shops/former-earning.server";
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
  /** Null: the shop's tiers are those of today. */
  formerTiers: EarningTermsOf<"tiers"> | null;
}

export interface EarningRulesNow extends EarningRules {
  /** The rules as they were on the day of an order; a collection has the products of today. */
  on(day: Date): EarningRules;
}

/**
 * The shop's rules of earning, as far as they concern these things: one snapshot for a whole batch of orders, in one query where
 * nothing was changed since the oldest of them. `since`: the oldest order's day; left out: now alone is asked for.
 */
export async function readEarningRules(tx: Tx, shopId: number, things: readonly SoldThing[], since?: Date): Promise<EarningRulesNow> {
  const gids = [...new Set(things.flatMap(({ productGid, variantGid }) => [productGid, variantGid]).filter((gid) => gid !== null))];
  const [row] = await tx.$queryRaw<{ earnRate: number; earnOnTax: boolean; earnOnShipping: boolean; matches: RuleMatch[]; former: unknown }[]>`
    SELECT s."earnRate", s."earnOnTax", s."earnOnShipping", (
      SELECT coalesce(jsonb_agg(jsonb_build_object('gid', m."gid", 'multiplierMilli', m."multiplierMilli")), '[]') FROM (
        SELECT named."gid", r."multiplierMilli" FROM "EarnRule" r CROSS JOIN LATERAL unnest(r."productGids" || r."variantGids") AS named("gid")
        WHERE r."shopId" = s."id" AND named."gid" = ANY(${gids}::text[])
        UNION ALL
        SELECT p."productGid", r."multiplierMilli" FROM "EarnRule" r CROSS JOIN LATERAL unnest(r."collectionGids") AS named("gid")
        JOIN "EarnCollection" k ON k."shopId" = r."shopId" AND k."id" = split_part(named."gid", '/', 5)::bigint
        JOIN "CollectionProduct" p ON p."shopId" = k."shopId" AND p."collectionId" = k."id" AND p."reading" = k."reading" AND p."productGid" = ANY(${gids}::text[])
        WHERE r."shopId" = s."id") m) AS "matches", (
      SELECT coalesce(jsonb_agg(jsonb_build_object('part', f."part", 'until', f."until", 'terms', f."terms")), '[]') FROM "FormerEarning" f
      WHERE f."shopId" = s."id" AND f."until" > ${since ?? null}::timestamptz) AS "former"
    FROM "Shop" s WHERE s."id" = ${shopId}`;
  if (!row) throw new Error(`there is no shop ${shopId}`);
  const former = FormerEarning.array().parse(row.former);
  const rate = { earnRate: row.earnRate, earnOnTax: row.earnOnTax, earnOnShipping: row.earnOnShipping };
  const productsOf = former.some(({ part }) => part === "rules") ? await readCollections(tx, shopId, gids) : new Map<string, string[]>();
  const matchesOf = (rules: EarningTermsOf<"rules">) => rules.flatMap(({ multiplierMilli, productGids, variantGids, collectionGids }) =>
    [...productGids, ...variantGids, ...collectionGids.flatMap((gid) => productsOf.get(gid) ?? [])].map((gid) => ({ gid, multiplierMilli })));
  const today = rulesFrom(rate, row.matches, null);
  return {
    ...today,
    on: (day) => {
      if (!former.some(({ until }) => until > day)) return today;
      const rules = termsAt(former, "rules", day);
      return rulesFrom(termsAt(former, "rate", day) ?? rate, rules ? matchesOf(rules) : row.matches, termsAt(former, "tiers", day));
    },
  };
}

function rulesFrom({ earnRate, earnOnTax, earnOnShipping }: EarningTermsOf<"rate">, matches: RuleMatch[], formerTiers: EarningRules["formerTiers"]): EarningRules {
  const matchesOf = new Map<string, RuleMatch[]>();
  for (const match of matches) matchesOf.set(match.gid, [...(matchesOf.get(match.gid) ?? []), match]);
  const of = (gid: string | null) => (gid === null ? [] : (matchesOf.get(gid) ?? []));
  return { earnOnTax, earnOnShipping, rateMilli: (line) => earnRate * lineMultiplierMilli(line, [...of(line.productGid), ...of(line.variantGid)]), formerTiers };
}

/** Which of these products each collection has that a rule names, or has named of late. */
async function readCollections(tx: Tx, shopId: number, gids: string[]): Promise<Map<string, string[]>> {
  const rows = await tx.$queryRaw<{ gid: string; productGids: string[] }[]>`
    SELECT 'gid://shopify/Collection/' || k."id" AS "gid", array_agg(p."productGid") AS "productGids"
    FROM "EarnCollection" k JOIN "CollectionProduct" p ON p."shopId" = k."shopId" AND p."collectionId" = k."id" AND p."reading" = k."reading"
    WHERE k."shopId" = ${shopId} AND p."productGid" = ANY(${gids}::text[]) GROUP BY k."id"`;
  return new Map(rows.map(({ gid, productGids }) => [gid, productGids]));
}

/**
 * Each customer's multiplier by the tier that they had reached at their order, in thousandths; 1000 for those who had reached none.
 * However late the order is heard of, what came after it does not count: neither what was earned nor, with `rules`, other tiers.
 */
export async function tierMultipliers(tx: Tx, shopId: number, moments: readonly Moment[], rules?: Pick<EarningRulesNow, "on">): Promise<Map<bigint, number>> {
  const today = moments.length > 0 ? await listTiers(tx, shopId) : [];
  const tiersAt = moments.map(({ at }) => rules?.on(at).formerTiers ?? today);
  const earned = tiersAt.some((tiers) => tiers.length > 0) ? await earnedBefore(tx, shopId, moments) : new Map<bigint, number>();
  return new Map(moments.map(({ customerId }, index) => [customerId, tierReached(tiersAt[index] ?? today, earned.get(customerId) ?? 0)?.multiplierMilli ?? ONE_MILLI]));
}
