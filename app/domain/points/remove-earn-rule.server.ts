/** Staff take a rule of earning away. */
import { inTransaction } from "../../lib/db.server";
import { changeTerms } from "../shops/former-earning.server";
import { lockEarning } from "./lock-earning.server";
import { watchCollections } from "./watch-collections.server";

/** Orders placed from now on earn without it. `unknown`: it was not there (any more). */
export async function removeEarnRule(shopId: number, ruleId: bigint, now: Date): Promise<{ outcome: "removed" | "unknown" }> {
  return inTransaction(async (tx) => {
    await lockEarning(tx, shopId);
    const { count } = await changeTerms(tx, shopId, "rules", now, () => tx.earnRule.deleteMany({ where: { shopId, id: ruleId } }));
    await watchCollections(tx, shopId, now);
    return { outcome: count === 1 ? "removed" : "unknown" };
  });
}
