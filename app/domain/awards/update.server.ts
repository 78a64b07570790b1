/** A merchant edits an award. What a shopper has already bought cannot be changed behind their back. */
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { recordChange, recordChanges } from "../changes/record.server";
import { applierOf, type AwardDraft, type Problem } from "./award";
import { changedTerms, type LockedField } from "./locked";
import { openBuckets, recordRefills } from "./parents.server";
import { awardProblems } from "./problems.server";

export type UpdateAward =
  | { outcome: "updated" }
  /** Coupons were given out under these terms; "duplicate with changes" makes a successor. */
  | { outcome: "locked"; fields: LockedField[] }
  /** Somebody else saved it since this editor was opened. */
  | { outcome: "stale" }
  | { outcome: "not_found" }
  | { outcome: "refused"; problems: Problem[] };

/** Saves the draft over the award as the editor saw it (`expectedUpdatedAt`) and has Shopify's discounts follow. */
export async function updateAward(shopId: number, number: number, wanted: AwardDraft, expectedUpdatedAt: Date, now: Date): Promise<UpdateAward> {
  const stored = await prisma.award.findUnique({ where: { shopId_number: { shopId, number } } });
  if (!stored) return { outcome: "not_found" };
  const { currency } = await prisma.shop.findUniqueOrThrow({ where: { id: shopId }, select: { currency: true } });
  const draft = { ...wanted, currency: wanted.currency ?? currency, appliedBy: applierOf(wanted, stored.codeSource) };
  const problems = await awardProblems(shopId, draft, stored.codeSource);
  if (draft.appliedBy !== stored.appliedBy) problems.push({ field: "appliedBy", message: "Codes are on Shopify or they are not: who takes the discount off is settled when the award is made. Duplicate it with changes instead." });
  if (problems.length > 0) return { outcome: "refused", problems };

  return inTransaction(async (tx) => {
    const before = await tx.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number } } });
    const fields = changedTerms(before, draft);
    // The first issuance may come between reading and saving: the condition is part of the update.
    const saved = await tx.award.updateMany({
      where: { shopId, number, updatedAt: expectedUpdatedAt, ...(fields.length > 0 ? { firstIssuedAt: null } : {}) },
      data: { ...draft, updatedAt: now },
    });
    if (saved.count === 1) {
      await followTerms(tx, shopId, number, now);
      // A lower limit may be reached already.
      if (draft.appliedBy === "shopify" && draft.usesTotal !== null && draft.usesTotal !== before.usesTotal) await recordChange(tx, shopId, { kind: "withdraw_rest", subject: BigInt(number) }, now);
      return { outcome: "updated" };
    }
    return before.updatedAt.getTime() === expectedUpdatedAt.getTime() && fields.length > 0 ? { outcome: "locked", fields } : { outcome: "stale" };
  });
}

/** New terms may need other discounts on Shopify, with codes of their own; those that stay are out of date. */
async function followTerms(tx: Tx, shopId: number, number: number, now: Date): Promise<void> {
  const award = await tx.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number } } });
  await openBuckets(tx, shopId, award, now);
  await recordDiscounts(tx, shopId, number, now);
  await recordRefills(tx, shopId, number, now);
}

/** Every parent discount of the award is out of date on Shopify; one whose coupons have all expired may be. */
export async function recordDiscounts(tx: Tx, shopId: number, awardNumber: number, now: Date): Promise<void> {
  const parents = await tx.parentDiscount.findMany({ where: { shopId, awardNumber, state: { not: "local" }, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] }, select: { id: true }, orderBy: { id: "asc" } });
  await recordChanges(tx, shopId, { kind: "put_discount", subjects: parents.map(({ id }) => id) }, now);
}
