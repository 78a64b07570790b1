/** The safety net of the push: whatever should have woken it, a due change is never left lying. */
import { wakePush } from "../domain/changes/record.server";
import { inTransaction, prisma } from "../lib/db.server";

const SHOPS_AT_ONCE = 1000;

/** Wakes the push of up to 1,000 installed shops that have a due change, the longest waiting first; returns how many. */
export async function wakeDueShops(now: Date): Promise<number> {
  const shops = await prisma.$queryRaw<{ id: number }[]>`
    SELECT s."id" FROM "Shop" s
    CROSS JOIN LATERAL (
      SELECT c."nextAttemptAt" FROM "Change" c
      WHERE c."shopId" = s."id" AND c."status" = 'pending' AND c."nextAttemptAt" <= ${now}::timestamptz
      ORDER BY c."nextAttemptAt" LIMIT 1) due
    WHERE s."uninstalledAt" IS NULL
    ORDER BY due."nextAttemptAt" LIMIT ${SHOPS_AT_ONCE}`;
  for (const { id } of shops) await inTransaction((tx) => wakePush(tx, id));
  return shops.length;
}
