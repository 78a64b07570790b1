/** Which products earn more than the shop's rate, or nothing. Pure. */
import { z } from "zod";
import { gidTail, isGid } from "../../lib/gid";

/** Rules of a shop, and things that one rule names, at most. */
export const EARN_RULE_LIMIT = 100;
export const EARN_RULE_THINGS = 250;
/** Of a collection so many products are read. */
export const COLLECTION_LIMIT = 25_000;

/** Thousandths of an ordinary multiplier, and the highest one. */
export const ONE_MILLI = 1_000;
export const MAX_MULTIPLIER_MILLI = 100_000;

/** Thousandths: 0 to 100 times. */
export const MultiplierMilli = z
  .int("Enter a number with at most three digits after the point, e.g. 2 or 1.5.")
  .min(0, "Enter 0 or more.")
  .max(MAX_MULTIPLIER_MILLI, "At most 100 times.");

const Gids = (type: string) =>
  z
    .array(z.string().max(100).refine((text) => isGid(type, text) && /^\d{1,18}$/.test(gidTail(text)), "This is not of this store."))
    .max(EARN_RULE_THINGS, `At most ${EARN_RULE_THINGS}.`)
    .refine((gids) => new Set(gids).size === gids.length, "Each can be chosen once.");

export const EarnRuleDraft = z
  .object({
    name: z.string().trim().min(1, "Give the rule a name.").max(60, "At most 60 characters."),
    multiplierMilli: MultiplierMilli,
    productGids: Gids("Product"),
    variantGids: Gids("ProductVariant"),
    collectionGids: Gids("Collection"),
  })
  .refine((draft) => draft.productGids.length + draft.variantGids.length + draft.collectionGids.length > 0, {
    message: "Choose at least one product, variant or collection.",
    path: ["things"],
  });
export type EarnRuleDraft = z.infer<typeof EarnRuleDraft>;

/** Something that a rule names, or a product of a collection that it names. */
export interface RuleMatch {
  gid: string;
  multiplierMilli: number;
}

/**
 * What multiplies the shop's rate on a line, in thousandths: an exclusion (0) beats all, else the highest of the rules that
 * match counts; 1000 where none does. A line that names no product matches none.
 */
export function lineMultiplierMilli({ productGid, variantGid }: { productGid: string | null; variantGid: string | null }, matches: readonly RuleMatch[]): number {
  const mine = matches.filter(({ gid }) => gid === productGid || gid === variantGid).map(({ multiplierMilli }) => multiplierMilli);
  if (mine.length === 0) return ONE_MILLI;
  return Math.min(...mine) === 0 ? 0 : Math.max(...mine);
}
