/** What a transaction of an integrator's has spent already: asked again in another way, it spends nothing more. */
import type { Tx } from "../../lib/db.server";
import { onesOf } from "../customers/merge.server";
import { transactionGid } from "./transaction";

interface TransactionSpend {
  reasonKey: string;
  points: number;
}

/** The transaction's first spend `of` a hold or of points, by this customer or who was merged into them; null: none. The account is locked by the caller. */
export async function spendOfTransaction(tx: Tx, shopId: number, { customerId, transactionId, of }: { customerId: bigint; transactionId: string; of: "hold" | "points" }): Promise<TransactionSpend | null> {
  const ids = await onesOf(tx, shopId, customerId);
  const spend = await tx.pointsEntry.findFirst({
    where: { shopId, customerId: { in: ids }, kind: "spent", issuanceId: null, orderGid: transactionGid(transactionId), reasonKey: { startsWith: `spend:${of}:` } },
    orderBy: { id: "asc" },
    select: { reasonKey: true, points: true },
  });
  return spend && { reasonKey: spend.reasonKey, points: -spend.points };
}
