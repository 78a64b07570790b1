/** Whether a customer's ledger is as it was written. */
import { prisma } from "../../lib/db.server";

export type Verification =
  | { outcome: "unbroken"; entriesCount: number }
  /** The first entry that no longer fits: changed, or standing after a missing one. Null: entries at the end are missing. */
  | { outcome: "broken"; seq: number | null };

/** Walks the customer's chain from the first entry and compares its head with the account. */
export async function verifyChain(shopId: number, customerId: bigint): Promise<Verification> {
  const [first] = await prisma.$queryRaw<{ seq: number }[]>`
    SELECT "seq" FROM (
      SELECT e.*,
        lag("seq", 1, 0) OVER walk AS "previousSeq",
        lag("balanceAfter", 1, 0) OVER walk AS "previousBalance",
        lag("hash") OVER walk AS "previousHash"
      FROM "PointsEntry" e WHERE "shopId" = ${shopId} AND "customerId" = ${customerId}
      WINDOW walk AS (ORDER BY "seq")) chain
    WHERE "seq" <> "previousSeq" + 1 OR "balanceAfter" <> "previousBalance" + "points"
      OR "hash" <> points_entry_hash("previousHash", "shopId", "customerId", "seq", "kind"::text, "points", "balanceAfter",
        "reasonKey", "note", "orderGid", "issuanceId", "occurredAt")
    ORDER BY "seq" LIMIT 1`;
  if (first) return { outcome: "broken", seq: first.seq };

  const account = await prisma.pointsAccount.findUnique({ where: { shopId_customerId: { shopId, customerId } } });
  const last = await prisma.pointsEntry.findFirst({ where: { shopId, customerId }, orderBy: { seq: "desc" } });
  const fits = (account?.lastSeq ?? 0) === (last?.seq ?? 0) && (account?.balance ?? 0) === (last?.balanceAfter ?? 0);
  return fits ? { outcome: "unbroken", entriesCount: last?.seq ?? 0 } : { outcome: "broken", seq: null };
}
