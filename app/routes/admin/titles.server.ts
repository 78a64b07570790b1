/** What the things in an award's scope are called on Shopify, for a page that names them. */
import { openAdmin } from "../../shopify/admin.server";
import { MAX_TITLES, titles } from "../../shopify/operations/titles";

const LIMIT_MS = 3_000;

interface Scope {
  giftVariantGid: string | null;
  productGids: string[];
  variantGids: string[];
  collectionGids: string[];
}

/** Titles of everything that an award names, by gid. */
export function scopeTitles(domain: string, { giftVariantGid, productGids, variantGids, collectionGids }: Scope): Promise<Map<string, string>> {
  return thingTitles(domain, [...(giftVariantGid ? [giftVariantGid] : []), ...productGids, ...variantGids, ...collectionGids]);
}

/** Titles by gid. What is no longer there, or when Shopify does not answer in time, has none: a page does without. */
export async function thingTitles(domain: string, gids: string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const admin = openAdmin(domain, LIMIT_MS);
  for (let from = 0; from < gids.length; from += MAX_TITLES) {
    const result = await admin.call(titles, { ids: gids.slice(from, from + MAX_TITLES) });
    if (result.outcome !== "ok") break;
    for (const node of result.answer) if (node) found.set(node.id, node.displayName ?? node.title ?? "");
  }
  return found;
}
