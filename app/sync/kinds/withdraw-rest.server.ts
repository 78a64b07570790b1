/** The last use of an award is used up: no other code of it may work at a checkout any more, and nobody pays for one that does not. */
import { usesOfOneCode } from "../../domain/awards/award";
import { recordChanges } from "../../domain/changes/record.server";
import { archiveUnused, ARCHIVE_STEP } from "../../domain/codes/archive-unused.server";
import { beginReturn } from "../../domain/coupons/return.server";
import { inTransaction, prisma } from "../../lib/db.server";
import type { Push, Worked } from "../work";

/** Coupons of one turn. */
const TURN = 100;

/** Archives codes that nobody has and takes what customers hold off Shopify, page by page; a code that everybody shares ends by its own limit. */
export async function withdrawRest(push: Push, awardNumber: number): Promise<Worked> {
  const { shopId, clock } = push;
  const award = await prisma.award.findUnique({ where: { shopId_number: { shopId, number: awardNumber } } });
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
  return (await withdrawHeld(push, awardNumber, usesOfOneCode(award))) > 0 ? { outcome: "again", afterMs: 0 } : { outcome: "done" };
}

/**
 * Has a page of codes withdrawn that customers hold and could still use; how many. What nobody has used goes back with its
 * points; one that was used before, or that a till has locked, loses only its code. Each withdrawal has its own pace and end from
 * there: recorded anew here, one that Shopify does not take would be tried without a pause, for ever.
 */
async function withdrawHeld({ shopId, clock }: Push, awardNumber: number, usesPerCode: number | null): Promise<number> {
  const held = await prisma.$queryRaw<{ id: bigint; issuanceId: bigint | null; customerId: bigint | null }[]>`
    SELECT c."id", i."id" AS "issuanceId", i."customerId" FROM "Coupon" c
    LEFT JOIN "Issuance" i ON i."shopId" = c."shopId" AND i."couponId" = c."id" AND i."status" = 'open' AND c."status" = 'issued'
    WHERE c."shopId" = ${shopId} AND c."awardNumber" = ${awardNumber} AND c."status" IN ('issued', 'redeemed', 'locked') AND c."codeState" = 'live' AND NOT c."shared"
      AND c."usesCount" < coalesce(c."usesPerCode", ${usesPerCode}::int, c."usesCount" + 1)
      AND NOT EXISTS (SELECT 1 FROM "Change" h WHERE h."shopId" = c."shopId" AND h."status" IN ('pending', 'failed') AND h."kind" = 'withdraw_code' AND h."subject" = c."id"::text)
    ORDER BY c."id" LIMIT ${TURN}`;
  for (const { issuanceId, customerId } of held) {
    if (issuanceId !== null && customerId !== null) await inTransaction((tx) => beginReturn(tx, shopId, { issuanceId, customerId }, clock()));
  }
  const subjects = held.flatMap(({ id, issuanceId }) => (issuanceId === null ? [id] : []));
  await inTransaction((tx) => recordChanges(tx, shopId, { kind: "withdraw_code", subjects }, clock()));
  return held.length;
}
