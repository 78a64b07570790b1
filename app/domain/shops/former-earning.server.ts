/** What earned how much before staff changed it. */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Tx } from "../../lib/db.server";

const FORMS = {
  /** The shop's rate, and what beside goods earns. */
  rate: z.object({ earnRate: z.int(), earnOnTax: z.boolean(), earnOnShipping: z.boolean() }),
  rules: z.array(z.object({ multiplierMilli: z.int(), productGids: z.array(z.string()), variantGids: z.array(z.string()), collectionGids: z.array(z.string()) })),
  tiers: z.array(z.object({ fromPoints: z.int(), multiplierMilli: z.int() })),
};
type Part = keyof typeof FORMS;
/** The terms of each part, as far as orders earn by them. */
export type EarningTermsOf<P extends Part> = z.infer<(typeof FORMS)[P]>;

/** A part of the terms that held until this instant, since the row of that part before it. */
export const FormerEarning = z.discriminatedUnion("part", [
  z.object({ part: z.literal("rate"), until: z.coerce.date(), terms: FORMS.rate }),
  z.object({ part: z.literal("rules"), until: z.coerce.date(), terms: FORMS.rules }),
  z.object({ part: z.literal("tiers"), until: z.coerce.date(), terms: FORMS.tiers }),
]);
export type FormerEarning = z.infer<typeof FormerEarning>;

/** Changes a part of the terms and keeps what they were, if they are others then. The caller has locked them. */
export async function changeTerms<P extends Part, T>(tx: Tx, shopId: number, part: P, now: Date, change: () => Promise<T>): Promise<T> {
  const before = await readTerms(tx, shopId, part);
  const changed = await change();
  if (isDeepStrictEqual(await readTerms(tx, shopId, part), before)) return changed;
  // Of several changes at one instant the first knows what held until then.
  await tx.formerEarning.createMany({ data: { shopId, part, until: now, terms: before }, skipDuplicates: true });
  return changed;
}

/** The terms of one part as they were at an instant; null: as they are now. The oldest that held until after it. */
export function termsAt<P extends Part>(former: readonly FormerEarning[], part: P, at: Date): EarningTermsOf<P> | null {
  const later = former.filter((one): one is Extract<FormerEarning, { part: P }> => one.part === part && one.until > at);
  const [first] = later.toSorted((left, right) => left.until.getTime() - right.until.getTime());
  return first ? (first.terms as EarningTermsOf<P>) : null;
}

async function readTerms(tx: Tx, shopId: number, part: Part): Promise<EarningTermsOf<Part>> {
  switch (part) {
    case "rate":
      return tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { earnRate: true, earnOnTax: true, earnOnShipping: true } });
    case "rules":
      return tx.earnRule.findMany({ where: { shopId }, orderBy: { id: "asc" }, select: { multiplierMilli: true, productGids: true, variantGids: true, collectionGids: true } });
    case "tiers":
      return tx.tier.findMany({ where: { shopId }, orderBy: { fromPoints: "asc" }, select: { fromPoints: true, multiplierMilli: true } });
    default:
      return part satisfies never;
  }
}
