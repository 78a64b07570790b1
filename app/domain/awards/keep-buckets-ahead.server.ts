/** Awards whose coupons expire by the calendar have tomorrow's codes on Shopify before midnight, and yesterday's taken off it. */
import { inTransaction, prisma } from "../../lib/db.server";
import { log } from "../../lib/log.server";
import { openBuckets, recordRefills } from "./parents.server";

const AWARDS_AT_ONCE = 500;

/** Makes and retires the buckets of up to 500 awards whose period has changed, and has their stock filled; how many awards. */
export async function keepBucketsAhead(now: Date): Promise<number> {
  const awards = await prisma.$queryRaw<{ shopId: number; number: number }[]>`
    SELECT a."shopId", a."number" FROM "Shop" s JOIN "Award" a ON a."shopId" = s."id"
    WHERE s."uninstalledAt" IS NULL AND a."status" = 'active' AND a."expiryRule" IN ('days', 'month_ends') AND a."appliedBy" = 'shopify'
      AND (a."bucketsDueAt" IS NULL OR a."bucketsDueAt" <= ${now}::timestamptz) AND (a."endsAt" IS NULL OR a."endsAt" > ${now}::timestamptz)
      AND EXISTS (SELECT 1 FROM "CodePool" p WHERE p."shopId" = a."shopId" AND p."awardNumber" = a."number" AND p."stockTarget" > 0)
    ORDER BY a."bucketsDueAt" NULLS FIRST, a."shopId", a."number" LIMIT ${AWARDS_AT_ONCE}`;
  let kept = 0;
  for (const award of awards) kept += (await isKept(award, now)) ? 1 : 0;
  return kept;
}

/** One that fails is met again on the next run: it must not keep the others from theirs. */
async function isKept({ shopId, number }: { shopId: number; number: number }, now: Date): Promise<boolean> {
  try {
    await inTransaction(async (tx) => {
      const award = await tx.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number } } });
      await openBuckets(tx, shopId, award, now);
      await recordRefills(tx, shopId, number, now);
    });
    return true;
  } catch (error) {
    log.error({ shopId, award: number, problem: String(error) }, "the buckets of an award could not be kept ahead");
    return false;
  }
}
