/** How well Shopify and the app agree, and whether the ledger is as it was written: what waits, what failed, what differs. */
import { prisma } from "../../lib/db.server";

/** Counted up to here: beyond, a number says no more. */
export const HEALTH_BOUND = 10_000;

export interface Health {
  pendingChanges: number;
  failedChanges: number;
  waitingEvents: number;
  failedEvents: number;
  /** Differences that wait for staff. */
  differences: number;
  /** Customers whose ledger the last check found broken. */
  brokenLedgers: number;
  /** Exports of customers' data that can be downloaded. */
  privacyRequests: number;
}

/** The counts behind the home page's line and the titles of the activity page; each up to HEALTH_BOUND + 1. */
export async function readHealth({ id, domain }: { id: number; domain: string }): Promise<Health> {
  const limit = HEALTH_BOUND + 1;
  const [row] = await prisma.$queryRaw<Health[]>`
    SELECT
      (SELECT count(*)::int FROM (SELECT 1 FROM "Change" WHERE "shopId" = ${id} AND "status" = 'pending' LIMIT ${limit}) c) AS "pendingChanges",
      (SELECT count(*)::int FROM (SELECT 1 FROM "Change" WHERE "shopId" = ${id} AND "status" = 'failed' LIMIT ${limit}) c) AS "failedChanges",
      (SELECT count(*)::int FROM (SELECT 1 FROM "InboxEvent" WHERE "shopDomain" = ${domain} AND "status" = 'received' LIMIT ${limit}) e) AS "waitingEvents",
      (SELECT count(*)::int FROM (SELECT 1 FROM "InboxEvent" WHERE "shopDomain" = ${domain} AND "status" = 'failed' LIMIT ${limit}) e) AS "failedEvents",
      (SELECT count(*)::int FROM (SELECT 1 FROM "Drift" WHERE "shopId" = ${id} AND "status" = 'queued' LIMIT ${limit}) d) AS "differences",
      coalesce((SELECT l."brokenCount" FROM "LedgerCheck" l WHERE l."shopId" = ${id} AND (l."endedAt" IS NOT NULL OR l."brokenCount" > 0) ORDER BY l."id" DESC LIMIT 1), 0) AS "brokenLedgers",
      (SELECT count(*)::int FROM "ComplianceRequest" WHERE "shopId" = ${id} AND "export" IS NOT NULL) AS "privacyRequests"`;
  if (!row) throw new Error("the health is always one row");
  return row;
}
