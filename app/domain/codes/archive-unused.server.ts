/** Codes that nobody has and nobody may get any more. */
import { Prisma } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";

/** Codes of one statement. */
export const ARCHIVE_STEP = 5000;

/** What anybody can be given, as the index of it says. */
export const UNRESTRICTED = Prisma.sql`"boundCustomerId" IS NULL AND NOT "firstOrderOnly" AND "usesPerCode" IS NULL AND "minOrderMinor" IS NULL`;
const RESTRICTED = Prisma.sql`("boundCustomerId" IS NOT NULL OR "firstOrderOnly" OR "usesPerCode" IS NOT NULL OR "minOrderMinor" IS NOT NULL)`;

/**
 * Archives up to 5,000 codes of a parent discount that nobody has; how many. One that everybody shares stays. Those that were
 * never on Shopify are done with; those that are there are to be withdrawn.
 */
export async function archiveUnused(tx: Tx, shopId: number, parentId: bigint, now: Date): Promise<number> {
  const of = (which: Prisma.Sql) => Prisma.sql`
    (SELECT "id" FROM "Coupon" WHERE "shopId" = ${shopId} AND "parentId" = ${parentId} AND "status" = 'available' AND NOT "shared" AND ${which} LIMIT ${ARCHIVE_STEP})`;
  // Each by an index of its own.
  const unused = Prisma.join([of(Prisma.sql`"codeState" = 'planned'`), of(Prisma.sql`"codeState" = 'live' AND ${UNRESTRICTED}`), of(Prisma.sql`"codeState" = 'live' AND ${RESTRICTED}`)], " UNION ALL ");
  return tx.$executeRaw`
    UPDATE "Coupon" SET "status" = 'archived', "statusAt" = ${now}, "codeState" = CASE WHEN "codeState" = 'planned' THEN 'withdrawn' ELSE "codeState" END
    WHERE "shopId" = ${shopId} AND "status" = 'available' AND "id" IN (SELECT "id" FROM (${unused}) unused LIMIT ${ARCHIVE_STEP})`;
}
