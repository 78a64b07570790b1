/** The last use of an award is used up: no other code of it may work at a checkout any more, and nobody pays for one that does not. */
import { recordChanges } from "../../domain/changes/record.server";
import { archiveUnused, ARCHIVE_STEP } from "../../domain/codes/archive-unused.server";
import { beginReturn } from "../../domain/coupons/return.server";
import { inTransaction, prisma } from "../../lib/db.server";
import type { Push, Worked } from "../work";

/** Issuances of one turn. */
const RETURNS = 100;

/** Archives codes that nobody has and gives back what customers hold, page by page; a code that everybody shares ends by its own limit. */
export async function withdrawRest(push: Push, awardNumber: number): Promise<Worked> {
  const { shopId, clock } = push;
  const award = await prisma.award.findUnique({ where: { shopId_number: { shopId, number: awardNumber } }, select: { usesTotal: true, appliedBy: true } });
  const tally = await prisma.awardTally.findUnique({ where: { shopId_awardNumber: { shopId, awardNumber } } });
  // An order may have been reversed meanwhile: there is a use again.
  if (award?.usesTotal == null || award.appliedBy === "integrator" || (tally?.used ?? 0) < award.usesTotal) return { outcome: "done" };

  const parents = await prisma.parentDiscount.findMany({ where: { shopId, awardNumber, state: { not: "local" } }, select: { id: true }, orderBy: { id: "asc" } });
  for (const { id } of parents) {
    const archived = await inTransaction(async (tx) => {
      const count = await archiveUnused(tx, shopId, id, clock());
      if (count > 0) await recordChanges(tx, shopId, { kind: "withdraw_codes", subjects: [id] }, clock());
      return count;
    });
    if (archived === ARCHIVE_STEP) return { outcome: "again", afterMs: 0 };
  }
  return (await returnIssued(push, awardNumber)) ? { outcome: "again", afterMs: 0 } : { outcome: "done" };
}

/** Begins the return of a page of coupons that customers hold; true: there may be more. */
async function returnIssued({ shopId, clock }: Push, awardNumber: number): Promise<boolean> {
  const held = await prisma.$queryRaw<{ id: bigint; customerId: bigint }[]>`
    SELECT i."id", i."customerId" FROM "Issuance" i JOIN "Coupon" c ON c."shopId" = i."shopId" AND c."id" = i."couponId"
    WHERE i."shopId" = ${shopId} AND i."awardNumber" = ${awardNumber} AND i."status" = 'open' AND NOT c."shared" AND c."status" = 'issued'
    ORDER BY i."issuedAt", i."id" LIMIT ${RETURNS}`;
  let begun = 0;
  for (const { id, customerId } of held) {
    const { outcome } = await inTransaction((tx) => beginReturn(tx, shopId, { issuanceId: id, customerId }, clock()));
    if (outcome === "returning" || outcome === "returned") begun++;
  }
  return begun === RETURNS;
}
