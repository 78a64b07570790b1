/** Staff are to hear when an award's codes run low or out, once until that is over. */
import { Prisma } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { readyCodes } from "../codes/stock.server";

const PAGE = 500;
const PAGES = 200;
/** A new award's codes need a moment to reach Shopify. */
const SETTLING_MS = 15 * 60_000;

/** Raises and closes the alerts of every active award's stock. */
export async function watchStocks(now: Date): Promise<void> {
  await closeMoot(now);
  let after = { shopId: 0, number: 0 };
  for (let page = 0; page < PAGES; page++) {
    const looked = await lookAtPage(after, now);
    const last = looked.at(-1);
    if (!last || looked.length < PAGE) return;
    after = last;
  }
}

/** Alerts about awards that give nothing out any more, and about limits that were raised. */
async function closeMoot(now: Date): Promise<void> {
  await prisma.$executeRaw`
    UPDATE "StaffAlert" x SET "closedAt" = ${now}::timestamptz
    FROM "Shop" s, "Award" a, "AwardTally" t
    WHERE s."id" = x."shopId" AND a."shopId" = x."shopId" AND a."number" = (x."data" ->> 'awardNumber')::int
      AND t."shopId" = a."shopId" AND t."awardNumber" = a."number" AND x."closedAt" IS NULL
      AND (a."status" <> 'active' OR a."endsAt" <= ${now}::timestamptz
        OR (x."kind" = 'few_remaining' AND coalesce(a."issuesTotal" - t."issued" > a."alertRemaining", true))
        OR (x."kind" <> 'few_remaining' AND (t."issued" >= a."issuesTotal" OR greatest(t."issued", t."used") >= a."usesTotal")))`;
}

/** The next page of awards by shop and number, their alerts raised and closed. Codes of another system run out there, not here. */
function lookAtPage({ shopId, number }: { shopId: number; number: number }, now: Date): Promise<{ shopId: number; number: number }[]> {
  const settled = new Date(now.getTime() - SETTLING_MS);
  const left = readyCodes(Prisma.sql`a."shopId"`, Prisma.sql`a."number"`, Prisma.sql`greatest(coalesce(p."lowStockAt", 1), 1)`);
  return prisma.$queryRaw`
    WITH page AS MATERIALIZED (
      SELECT a."shopId", a."number", p."lowStockAt", a."createdAt" <= ${settled}::timestamptz AS "settled",
        p."source" IN ('generated', 'pattern') AND a."appliedBy" = 'integrator' AS "onDemand",
        t."issued" >= a."issuesTotal" OR greatest(t."issued", t."used") >= a."usesTotal" AS "full", ${left} AS "left"
      FROM "Shop" s
      JOIN "Award" a ON a."shopId" = s."id" AND a."status" = 'active' AND a."startsAt" <= ${now}::timestamptz AND (a."endsAt" IS NULL OR a."endsAt" > ${now}::timestamptz)
      JOIN "AwardTally" t ON t."shopId" = a."shopId" AND t."awardNumber" = a."number"
      JOIN "CodePool" p ON p."shopId" = a."shopId" AND p."awardNumber" = a."number" AND p."source" <> 'third_party'
      WHERE s."uninstalledAt" IS NULL AND (a."shopId", a."number") > (${shopId}::int, ${number}::int)
      ORDER BY a."shopId", a."number" LIMIT ${PAGE}),
    matter AS (
      SELECT "shopId", "number", 'low_stock' AS "kind", NOT coalesce("full", false) AND coalesce("left" < "lowStockAt", false) AS "open",
        jsonb_build_object('awardNumber', "number", 'left', "left", 'lowStockAt', "lowStockAt") AS "data" FROM page
      UNION ALL
      SELECT "shopId", "number", 'out_of_codes', NOT coalesce("full", false) AND "left" = 0 AND "settled" AND NOT "onDemand",
        jsonb_build_object('awardNumber', "number") FROM page),
    raised AS (
      INSERT INTO "StaffAlert" ("shopId", "kind", "subject", "data", "nextAttemptAt", "createdAt")
      SELECT "shopId", "kind", 'awd_' || "number", "data", ${now}::timestamptz, ${now}::timestamptz FROM matter WHERE "open"
      ON CONFLICT ("shopId", "kind", "subject") WHERE "closedAt" IS NULL DO NOTHING),
    closed AS (
      UPDATE "StaffAlert" x SET "closedAt" = ${now}::timestamptz FROM matter m
      WHERE NOT m."open" AND x."shopId" = m."shopId" AND x."kind" = m."kind" AND x."subject" = 'awd_' || m."number" AND x."closedAt" IS NULL)
    SELECT "shopId", "number" FROM page ORDER BY "shopId", "number"`;
}
