/** "Duplicate with changes": terms that were bought stay as they are, a successor offers others. */
import { prisma } from "../../lib/db.server";
import { draftOfAward, type AwardDraft } from "./award";
import type { NewCodeSource } from "./code-source";
import { createAward, type CreateAward } from "./create.server";
import { setAwardStatus } from "./set-status.server";

export type DuplicateAward = CreateAward | { outcome: "not_found" };

export interface Successor {
  /** What differs from the predecessor. */
  changes: Partial<AwardDraft>;
  source: NewCodeSource;
  /** Whether the predecessor is archived: its coupons then no longer work. */
  archive: boolean;
}

/** Makes the successor of an award; the history stays with the old one. The same `requestKey` again makes no second one. */
export async function duplicateAward(shopId: number, number: number, { changes, source, archive }: Successor, now: Date, requestKey?: string): Promise<DuplicateAward> {
  const award = await prisma.award.findUnique({ where: { shopId_number: { shopId, number } } });
  if (!award) return { outcome: "not_found" };
  const created = await createAward(shopId, { ...draftOfAward(award), ...changes }, source, now, requestKey, number);
  if (created.outcome === "created" && archive) await setAwardStatus(shopId, number, "archived", now);
  return created;
}
