/** Reads of the rules of earning, shaped for the merchant's screens. */
import type { EarnRule } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { gidTail } from "../../lib/gid";
import { EARN_RULE_LIMIT } from "./earn-rule";

/** How well a rule's collection is known. */
export interface CollectionState {
  gid: string;
  /** Null: never read. */
  title: string | null;
  productsCount: number;
  /** It has more products than are read. */
  isCut: boolean;
  /** Null: not read yet. */
  readAt: Date | null;
  /** Since when Shopify does not know it. Null: it does, as far as we know. */
  goneAt: Date | null;
}

export interface EarnRuleRow extends EarnRule {
  collections: CollectionState[];
}

/** All rules of the shop, by name. */
export async function listEarnRules(shopId: number): Promise<EarnRuleRow[]> {
  const [rules, collections] = await Promise.all([
    prisma.earnRule.findMany({ where: { shopId }, orderBy: [{ name: "asc" }, { id: "asc" }], take: EARN_RULE_LIMIT }),
    prisma.earnCollection.findMany({ where: { shopId } }),
  ]);
  const known = new Map(collections.map((collection) => [String(collection.id), collection]));
  return rules.map((rule) => ({
    ...rule,
    collections: rule.collectionGids.map((gid) => {
      const { title = null, productsCount = 0, isCut = false, readAt = null, goneAt = null } = known.get(gidTail(gid)) ?? {};
      return { gid, title, productsCount, isCut, readAt, goneAt };
    }),
  }));
}

/** A rule of the shop, or null. */
export async function findEarnRule(shopId: number, ruleId: bigint): Promise<EarnRuleRow | null> {
  return (await listEarnRules(shopId)).find(({ id }) => id === ruleId) ?? null;
}
