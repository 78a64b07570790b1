/** Staff say from when on customers earn more. */
import { inTransaction } from "../../lib/db.server";
import { changeTerms } from "../shops/former-earning.server";
import { lockEarning } from "./lock-earning.server";
import { TIER_LIMIT, type TierDraft } from "./tier";

export type SaveTier =
  | { outcome: "saved"; tierId: bigint }
  /** Another tier has this name. */
  | { outcome: "name_taken" }
  /** Another tier is reached with as many points. */
  | { outcome: "points_taken" }
  | { outcome: "too_many" }
  /** The tier to change is not there (any more). */
  | { outcome: "unknown" };

/** Makes a tier, or changes one. Where customers stand follows at once; orders placed before earn as they did. */
export async function saveTier(shopId: number, tierId: bigint | null, draft: TierDraft, now: Date): Promise<SaveTier> {
  return inTransaction(async (tx) => {
    await lockEarning(tx, shopId);
    const others = await tx.tier.findMany({ where: { shopId, ...(tierId !== null && { id: { not: tierId } }) } });
    const [namesake] = others.filter(({ name }) => name.toLowerCase() === draft.name.toLowerCase());
    const [equal] = others.filter(({ fromPoints }) => fromPoints === draft.fromPoints);
    // The same form sent twice makes one tier.
    if (tierId === null && namesake && namesake === equal && namesake.multiplierMilli === draft.multiplierMilli) return { outcome: "saved", tierId: namesake.id };
    if (namesake) return { outcome: "name_taken" };
    if (equal) return { outcome: "points_taken" };
    if (tierId !== null) {
      const { count } = await changeTerms(tx, shopId, "tiers", now, () => tx.tier.updateMany({ where: { shopId, id: tierId }, data: draft }));
      return count === 1 ? { outcome: "saved", tierId } : { outcome: "unknown" };
    }
    if (others.length >= TIER_LIMIT) return { outcome: "too_many" };
    const { id } = await changeTerms(tx, shopId, "tiers", now, () => tx.tier.create({ data: { shopId, ...draft, createdAt: now }, select: { id: true } }));
    return { outcome: "saved", tierId: id };
  });
}
