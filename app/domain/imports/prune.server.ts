/** Rows of old imports go; what an import did stays on record with it. */
import { prisma } from "../../lib/db.server";
import { UNDO_DAYS } from "./import";

const ROWS_AT_ONCE = 50_000;
/** Of one run: two million rows. */
const MAX_BATCHES = 40;
const KEPT_DAYS = 30;
const NOT_APPLIED = `It was not applied within ${KEPT_DAYS} days.`;

/** Deletes rows of imports that came more than 30 days ago and can no longer be undone, gives up those that were not applied until then, and uploads that were cut off a day ago; answers how many rows. */
export async function pruneImports(now: Date): Promise<number> {
  await prisma.$executeRaw`
    UPDATE "Import" SET "status" = 'failed', "problem" = 'The upload was cut off.'
    WHERE "status" = 'staging' AND "createdAt" < ${now}::timestamptz - interval '1 day'`;
  // Without its rows nothing is left to apply.
  await prisma.$executeRaw`
    UPDATE "Import" SET "status" = 'failed', "problem" = ${NOT_APPLIED}
    WHERE "status" IN ('staged', 'previewed') AND "createdAt" < ${now}::timestamptz - ${KEPT_DAYS} * interval '1 day'`;
  let pruned = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const deleted = await pruneRows(now);
    pruned += deleted;
    if (deleted < ROWS_AT_ONCE) break;
  }
  return pruned;
}

function pruneRows(now: Date): Promise<number> {
  return prisma.$executeRaw`
    DELETE FROM "ImportRow" WHERE ("shopId", "importId", "line") IN (
      SELECT r."shopId", r."importId", r."line" FROM "Import" i JOIN "ImportRow" r ON r."shopId" = i."shopId" AND r."importId" = i."id"
      WHERE i."createdAt" < ${now}::timestamptz - ${KEPT_DAYS} * interval '1 day' AND i."status" NOT IN ('applying', 'undoing')
        -- Undoing reads them.
        AND (i."appliedAt" IS NULL OR i."appliedAt" < ${now}::timestamptz - ${UNDO_DAYS} * interval '1 day')
      LIMIT ${ROWS_AT_ONCE})`;
}
