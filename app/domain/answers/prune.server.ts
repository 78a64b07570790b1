/** Kept answers are forgotten after their time. */
import { prisma } from "../../lib/db.server";
import { KEPT_MS } from "./begin.server";

const BATCH = 5_000;
const MAX_BATCHES = 200;

/** Deletes answers that are older than they are kept, of every shop; how many there were. */
export async function pruneAnswers(now: Date): Promise<number> {
  const before = new Date(now.getTime() - KEPT_MS);
  let pruned = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const deleted = await prisma.$executeRaw`
      DELETE FROM "ApiAnswer" WHERE ctid IN (
        SELECT a.ctid FROM "Shop" s JOIN "ApiAnswer" a ON a."shopId" = s."id" AND a."createdAt" < ${before} LIMIT ${BATCH})`;
    pruned += deleted;
    if (deleted < BATCH) break;
  }
  return pruned;
}
