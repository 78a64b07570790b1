/** Collections of earning rules are read again when it is time: webhooks about them may have been lost. */
import { recordChanges } from "../changes/record.server";
import { inTransaction } from "../../lib/db.server";
import { READ_EVERY_MS } from "./watch-collections.server";

const AT_ONCE = 500;

/** Has up to 500 collections read again that are due, those due longest first; how many. */
export async function keepCollections(now: Date): Promise<number> {
  return inTransaction(async (tx) => {
    // The next time is written with the claim: two workers never have the same one read.
    const due = await tx.$queryRaw<{ shopId: number; id: bigint }[]>`
      UPDATE "EarnCollection" k SET "dueAt" = ${new Date(now.getTime() + READ_EVERY_MS)}::timestamptz
      FROM (
        SELECT c."shopId", c."id" FROM "EarnCollection" c JOIN "Shop" s ON s."id" = c."shopId" AND s."uninstalledAt" IS NULL
        WHERE c."dueAt" <= ${now}::timestamptz ORDER BY c."dueAt" LIMIT ${AT_ONCE} FOR UPDATE OF c SKIP LOCKED) due
      WHERE k."shopId" = due."shopId" AND k."id" = due."id" RETURNING k."shopId", k."id"`;
    const shops = [...new Set(due.map(({ shopId }) => shopId))].sort((left, right) => left - right);
    for (const shopId of shops) {
      const subjects = due.filter((row) => row.shopId === shopId).map(({ id }) => id);
      await recordChanges(tx, shopId, { kind: "read_collection", subjects }, now);
    }
    return due.length;
  });
}
