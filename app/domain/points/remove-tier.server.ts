/** Staff take a tier away. */
import { inTransaction } from "../../lib/db.server";
import { changeTerms } from "../shops/former-earning.server";
import { lockEarning } from "./lock-earning.server";

/** Whoever had reached it falls to the tier below; orders placed before earn as they did. `unknown`: it was not there (any more). */
export async function removeTier(shopId: number, tierId: bigint, now: Date): Promise<{ outcome: "removed" | "unknown" }> {
  return inTransaction(async (tx) => {
    await lockEarning(tx, shopId);
    const { count } = await changeTerms(tx, shopId, "tiers", now, () => tx.tier.deleteMany({ where: { shopId, id: tierId } }));
    return { outcome: count === 1 ? "removed" : "unknown" };
  });
}
