/** Collections of earning rules are read again when it is time: webhooks about them may have been lost. */
import { recordChanges } from "../changes/record.server";
import { inTransaction } from "../../lib/db.server";
import { sweepEach } from "../../lib/sweep.server";
import { lockEarning } from "./lock-earning.server";
import { READ_EVERY_MS, watchCollections } from "./watch-collections.server";

const AT_ONCE = 500;

/** Has up to 500 collections read again that are due, those due longest first, and forgets those that it is time for; how many were due. */
export async function keepCollections(now: Date): Promise<number> {
  const due = await claimDue(now);
  const forgetting = shopsOf(due.filter(({ isNamed }) => !isNamed)).map((shopId) => ({ shopId }));
  await sweepEach(forgetting, "forgetting collections", async ({ shopId }) => {
    await inTransaction(async (tx) => {
      await lockEarning(tx, shopId);
      await watchCollections(tx, shopId, now);
    });
    return 1;
  });
  return due.length;
}

interface DueCollection {
  shopId: number;
  id: bigint;
  /** Whether a rule of today names it. */
  isNamed: boolean;
}

async function claimDue(now: Date): Promise<DueCollection[]> {
  return inTransaction(async (tx) => {
    // The next time is written with the claim: two workers never have the same one read.
    const due = await tx.$queryRaw<DueCollection[]>`
      UPDATE "EarnCollection" k SET "dueAt" = ${new Date(now.getTime() + READ_EVERY_MS)}::timestamptz
      FROM (
        SELECT c."shopId", c."id" FROM "EarnCollection" c JOIN "Shop" s ON s."id" = c."shopId" AND s."uninstalledAt" IS NULL
        WHERE c."dueAt" <= ${now}::timestamptz ORDER BY c."dueAt" LIMIT ${AT_ONCE} FOR UPDATE OF c SKIP LOCKED) due
      WHERE k."shopId" = due."shopId" AND k."id" = due."id"
      RETURNING k."shopId", k."id", EXISTS (
        SELECT 1 FROM "EarnRule" r WHERE r."shopId" = k."shopId" AND ('gid://shopify/Collection/' || k."id") = ANY(r."collectionGids")) AS "isNamed"`;
    for (const shopId of shopsOf(due)) {
      const subjects = due.filter((row) => row.shopId === shopId).map(({ id }) => id);
      await recordChanges(tx, shopId, { kind: "read_collection", subjects }, now);
    }
    return due;
  });
}

function shopsOf(collections: DueCollection[]): number[] {
  return [...new Set(collections.map(({ shopId }) => shopId))].sort((left, right) => left - right);
}
