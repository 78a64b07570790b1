/** A merchant has everything about one award tried again that was given up. */
import { prisma } from "../../lib/db.server";
import { retryChange } from "./retry.server";

const MAX_RETRIED = 500;

/** Retries the failed changes of an award, at most 500 at once; how many there were. */
export async function retryAward(shopId: number, awardNumber: number, now: Date): Promise<number> {
  const failed = await prisma.$queryRaw<{ id: bigint }[]>`
    SELECT h."id" FROM "Change" h
    LEFT JOIN "ParentDiscount" d ON h."kind" IN ('put_discount', 'push_codes', 'withdraw_codes', 'check_discount') AND d."shopId" = h."shopId" AND d."id" = h."subject"::bigint
    LEFT JOIN "CodePool" p ON h."kind" = 'refill_pool' AND p."shopId" = h."shopId" AND p."id" = h."subject"::bigint
    LEFT JOIN "Coupon" c ON h."kind" = 'withdraw_code' AND c."shopId" = h."shopId" AND c."id" = h."subject"::bigint
    WHERE h."shopId" = ${shopId} AND h."status" = 'failed' AND coalesce(d."awardNumber", p."awardNumber", c."awardNumber", CASE WHEN h."kind" = 'withdraw_rest' THEN h."subject"::int END) = ${awardNumber}
    ORDER BY h."id" LIMIT ${MAX_RETRIED}`;
  let retried = 0;
  for (const { id } of failed) if ((await retryChange(shopId, id, now)).outcome === "retried") retried++;
  return retried;
}
