/** Staff take a tier away. */
import { inTransaction } from "../../lib/db.server";
import { lockEarning } from "./lock-earning.server";

/** Whoever had reached it falls to the tier below; orders recorded before keep what they earned. `unknown`: it was not there (any more). */
export async function removeTier(shopId: number, tierId: bigint): Promise<{ outcome: "removed" | "unknown" }> {
  return inTransaction(async (tx) => {
    await lockEarning(tx, shopId);
    const { count } = await tx.tier.deleteMany({ where: { shopId, id: tierId } });
    return { outcome: count === 1 ? "removed" : "unknown" };
  });
}
