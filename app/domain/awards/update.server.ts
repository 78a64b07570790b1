/** A merchant edits an award. What a shopper has already bought cannot be changed behind their back. */
import { inTransaction, type Tx } from "../../lib/db.server";
import { recordChange } from "../changes/record.server";
import { draftProblems, type AwardDraft, type Problem } from "./award";
import { LOCKED_ONCE_ISSUED, type LockedField } from "./locked";

export type UpdateAward =
  | { outcome: "updated" }
  /** Coupons were given out under these terms; "duplicate with changes" makes a successor. */
  | { outcome: "locked"; fields: LockedField[] }
  /** Somebody else saved it since this editor was opened. */
  | { outcome: "stale" }
  | { outcome: "not_found" }
  | { outcome: "refused"; problems: Problem[] };

/** Saves the draft over the award as the editor saw it (`expectedUpdatedAt`) and has Shopify's discount follow. */
export async function updateAward(shopId: number, number: number, draft: AwardDraft, expectedUpdatedAt: Date, now: Date): Promise<UpdateAward> {
  const problems = draftProblems(draft);
  if (problems.length > 0) return { outcome: "refused", problems };

  return inTransaction(async (tx) => {
    const before = await tx.award.findUnique({ where: { shopId_number: { shopId, number } } });
    if (!before) return { outcome: "not_found" };
    const fields = LOCKED_ONCE_ISSUED.filter((field) => before[field] !== draft[field]);
    // The first issuance may come between reading and saving: the condition is part of the update.
    const saved = await tx.award.updateMany({
      where: { shopId, number, updatedAt: expectedUpdatedAt, ...(fields.length > 0 ? { firstIssuedAt: null } : {}) },
      data: { ...draft, currency: draft.currency ?? before.currency, updatedAt: now },
    });
    if (saved.count === 1) {
      await recordDiscounts(tx, shopId, number, now);
      return { outcome: "updated" };
    }
    return before.updatedAt.getTime() === expectedUpdatedAt.getTime() && fields.length > 0 ? { outcome: "locked", fields } : { outcome: "stale" };
  });
}

/** Every parent discount of the award is out of date on Shopify. */
export async function recordDiscounts(tx: Tx, shopId: number, awardNumber: number, now: Date): Promise<void> {
  const parents = await tx.parentDiscount.findMany({ where: { shopId, awardNumber }, select: { id: true }, orderBy: { id: "asc" } });
  for (const { id } of parents) await recordChange(tx, shopId, { kind: "put_discount", subject: id }, now);
}
