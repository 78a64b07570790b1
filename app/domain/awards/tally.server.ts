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
