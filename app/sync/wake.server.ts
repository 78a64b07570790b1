/** The safety net of the push: whatever should have woken it, a due change is never left lying. */
import { wakePush } from "../domain/changes/record.server";
import { retryChange } from "../domain/changes/retry.server";
import { inTransaction, prisma } from "../lib/db.server";
import { ATTEMPTS } from "./push.server";

const SHOPS_AT_ONCE = 1000;
const RETRIES_AT_ONCE = 1000;
/** How long what was given up is left to staff. */
const LEFT_MS = 86_400_000;

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

/**
 * Has up to 1,000 changes tried again that were given up a day ago because nothing came of any try, not because Shopify said no: points wait
 * for some of them, and whatever kept Shopify away for hours is mostly over. Returns how many.
 */
export async function retryStumbled(now: Date): Promise<number> {
  const given = await prisma.$queryRaw<{ shopId: number; id: bigint }[]>`
    SELECT s."id" AS "shopId", c."id" FROM "Shop" s
    JOIN "Change" c ON c."shopId" = s."id" AND c."status" = 'failed' AND c."attempts" >= ${ATTEMPTS - 1}::int AND c."doneAt" <= ${new Date(now.getTime() - LEFT_MS)}::timestamptz
    WHERE s."uninstalledAt" IS NULL ORDER BY c."doneAt" LIMIT ${RETRIES_AT_ONCE}`;
  let retried = 0;
  for (const { shopId, id } of given) if ((await retryChange(shopId, id, now)).outcome === "retried") retried++;
  return retried;
}
