/** How often an award was issued, kept by whoever takes an issuance back. */
import type { Tx } from "../../lib/db.server";

/** An award as far as its lock goes. */
export interface Counted {
  number: number;
  issuesTotal: number | null;
  usesTotal: number | null;
}

/** Locks the tally of an award whose totals are limited, before any account: who else counts against the limit waits. */
export async function lockTally(tx: Tx, shopId: number, award: Counted): Promise<void> {
  if (award.issuesTotal === null && award.usesTotal === null) return;
  await tx.$queryRaw`SELECT 1 FROM "AwardTally" WHERE "shopId" = ${shopId} AND "awardNumber" = ${award.number} FOR UPDATE`;
}

/** Counts issuances that are over. The last write of its transaction, where the tally was not locked first. */
export async function uncountIssued(tx: Tx, shopId: number, awardNumber: number, count: number): Promise<void> {
  if (count > 0) await tx.awardTally.updateMany({ where: { shopId, awardNumber }, data: { issued: { decrement: count } } });
}

/** What a transaction adds to an award's counts; taken away where below zero. */
export interface TallyChange {
  awardNumber: number;
  issued: number;
  used: number;
  locked: number;
}

/** Adds to the tallies, in key order. The last write of its transaction, where they were not locked first. */
export async function addToTallies(tx: Tx, shopId: number, changes: TallyChange[]): Promise<void> {
  if (changes.length === 0) return;
  const numbers = [...new Set(changes.map(({ awardNumber }) => awardNumber))];
  await tx.$queryRaw`SELECT 1 FROM "AwardTally" WHERE "shopId" = ${shopId} AND "awardNumber" = ANY(${numbers}::int[]) ORDER BY "awardNumber" FOR UPDATE`;
  await tx.$executeRaw`
    UPDATE "AwardTally" t SET "issued" = t."issued" + d.issued, "used" = t."used" + d.used, "locked" = t."locked" + d.locked
    FROM (SELECT "awardNumber", sum("issued")::int AS issued, sum("used")::int AS used, sum("locked")::int AS locked
      FROM jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) AS c("awardNumber" int, "issued" int, "used" int, "locked" int) GROUP BY 1) d
    WHERE t."shopId" = ${shopId} AND t."awardNumber" = d."awardNumber"`;
}
