/** Codes that nobody has and nobody may get any more. */
import type { Tx } from "../../lib/db.server";

/** Codes of one statement. */
export const ARCHIVE_STEP = 5000;

/**
 * Archives up to 5,000 codes of a parent discount that nobody has; how many. One that everybody shares stays. Those that were
 * never on Shopify are done with; those that are there are to be withdrawn.
 */
export async function archiveUnused(tx: Tx, shopId: number, { parentId, awardNumber }: { parentId: bigint; awardNumber: number }, now: Date): Promise<number> {
  // By pool as well: the index of codes that can be handed out is by pool.
  return tx.$executeRaw`
    UPDATE "Coupon" SET "status" = 'archived', "statusAt" = ${now}, "codeState" = CASE WHEN "codeState" IN ('planned', 'failed') THEN 'withdrawn' ELSE "codeState" END
    WHERE "shopId" = ${shopId} AND "status" = 'available' AND "id" IN (
      SELECT "id" FROM (
        (SELECT "id" FROM "Coupon" WHERE "shopId" = ${shopId} AND "parentId" = ${parentId} AND "codeState" = 'planned' AND "status" = 'available' AND NOT "shared" LIMIT ${ARCHIVE_STEP})
        UNION ALL
        (SELECT c."id" FROM "CodePool" p JOIN "Coupon" c ON c."shopId" = p."shopId" AND c."poolId" = p."id"
         WHERE p."shopId" = ${shopId} AND p."awardNumber" = ${awardNumber} AND c."parentId" = ${parentId} AND c."status" = 'available' AND c."codeState" = 'live' AND NOT c."shared"
         LIMIT ${ARCHIVE_STEP})) unused
      LIMIT ${ARCHIVE_STEP})`;
}
