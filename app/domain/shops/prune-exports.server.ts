/** What was put together for a customer's request is a copy of personal data: it goes when the time to answer them is over. */
import { prisma } from "../../lib/db.server";

/** The law gives 30 days; who is late has as many again. */
const KEEP_DAYS = 60;
const PRUNE_LIMIT = 1_000;

/** Deletes old exports; the requests stay on record. Bounded: the next run finds the rest. */
export async function pruneExports(now: Date): Promise<number> {
  const before = new Date(now.getTime() - KEEP_DAYS * 86_400_000);
  return prisma.$executeRaw`
    UPDATE "ComplianceRequest" c SET "export" = NULL
    FROM (SELECT "shopId", "id" FROM "ComplianceRequest" WHERE "export" IS NOT NULL AND "handledAt" < ${before}::timestamptz ORDER BY "shopId", "id" LIMIT ${PRUNE_LIMIT}) old
    WHERE c."shopId" = old."shopId" AND c."id" = old."id"`;
}
