/** Locks whose time is up are marked, so that an award's tally counts what holds. */
import { inTransaction, prisma } from "../../lib/db.server";
import { sweepEach } from "../../lib/sweep.server";

const AWARDS_AT_ONCE = 500;
const LOCKS_OF_AWARD = 10_000;

/** Marks locks past their end; answers how many. Nobody waits for it: a lock is over when its time is. What is left is found by the next run. */
export async function endLocks(now: Date): Promise<number> {
  const due = await prisma.$queryRaw<{ shopId: number; number: number }[]>`
    SELECT a."shopId", a."number" FROM "AwardTally" t JOIN "Award" a ON a."shopId" = t."shopId" AND a."number" = t."awardNumber"
    WHERE t."locked" > 0 AND EXISTS (SELECT 1 FROM "CouponLock" l
      WHERE l."shopId" = t."shopId" AND l."awardNumber" = t."awardNumber" AND l."status" = 'held' AND l."endsAt" <= ${now}::timestamptz)
    ORDER BY a."shopId", a."number" LIMIT ${AWARDS_AT_ONCE}`;
  // One award in a transaction: its tally is then the first and only one that is locked.
  return sweepEach(due, "ending locks", async ({ shopId, number }) => {
    const [row] = await inTransaction((tx) => tx.$queryRaw<{ ended: number }[]>`SELECT end_locks(${shopId}::int, ${number}::int, ${now}::timestamptz, ${LOCKS_OF_AWARD}::int) AS ended`);
    return row?.ended ?? 0;
  });
}
