/** Staff say which products earn more than others, or nothing. */
import { inTransaction } from "../../lib/db.server";
import { changeTerms } from "../shops/former-earning.server";
import { EARN_RULE_LIMIT, type EarnRuleDraft } from "./earn-rule";
import { lockEarning } from "./lock-earning.server";
import { watchCollections } from "./watch-collections.server";

export type SaveEarnRule =
  | { outcome: "saved"; ruleId: bigint }
  /** Another rule has this name. The same form sent twice is answered so too, unless nothing in it differs. */
  | { outcome: "name_taken" }
  /** The shop has as many as it can have. */
  | { outcome: "too_many" }
  /** The rule to change is not there (any more). */
  | { outcome: "unknown" };

/** Makes a rule, or changes one. Orders placed from now on earn by it. */
export async function saveEarnRule(shopId: number, ruleId: bigint | null, draft: EarnRuleDraft, now: Date): Promise<SaveEarnRule> {
  return inTransaction(async (tx) => {
    await lockEarning(tx, shopId);
    const namesake = await tx.earnRule.findFirst({ where: { shopId, name: { equals: draft.name, mode: "insensitive" }, ...(ruleId !== null && { id: { not: ruleId } }) } });
    if (namesake) return ruleId === null && says(namesake, draft) ? { outcome: "saved", ruleId: namesake.id } : { outcome: "name_taken" };
    if (ruleId !== null) {
      const { count } = await changeTerms(tx, shopId, "rules", now, () => tx.earnRule.updateMany({ where: { shopId, id: ruleId }, data: draft }));
      if (count === 0) return { outcome: "unknown" };
      await watchCollections(tx, shopId, now);
      return { outcome: "saved", ruleId };
    }
    if ((await tx.earnRule.count({ where: { shopId } })) >= EARN_RULE_LIMIT) return { outcome: "too_many" };
    const { id } = await changeTerms(tx, shopId, "rules", now, () => tx.earnRule.create({ data: { shopId, ...draft, createdAt: now }, select: { id: true } }));
    await watchCollections(tx, shopId, now);
    return { outcome: "saved", ruleId: id };
  });
}

const FIELDS = ["name", "multiplierMilli", "productGids", "variantGids", "collectionGids"] as const;

function says(rule: EarnRuleDraft, draft: EarnRuleDraft): boolean {
  return FIELDS.every((field) => JSON.stringify(rule[field]) === JSON.stringify(draft[field]));
}
