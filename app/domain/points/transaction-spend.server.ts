/** What a transaction of an integrator's has spent already: asked again in another way, it spends nothing more. */
import type { Tx } from "../../lib/db.server";
import { onesOf } from "../customers/merge.server";
import { transactionGid } from "./transaction";

interface TransactionSpend {
  reasonKey: string;
  points: number;
  /** The hold that it redeemed; null: none. */
  holdId: bigint | null;
}

const OF_HOLD = "spend:hold:";

/** Why the points of a hold are spent. */
export function spendOfHold(holdId: bigint): string {
  return `${OF_HOLD}${holdId}`;
}

/** The transaction's first spend, of a hold or of points, by this customer or who was merged into them; null: none. The account is locked by the caller. */
export async function spendOfTransaction(tx: Tx, shopId: number, { customerId, transactionId }: { customerId: bigint; transactionId: string }): Promise<TransactionSpend | null> {
  const ids = await onesOf(tx, shopId, customerId);
  const spend = await tx.pointsEntry.findFirst({
    where: {
      shopId, customerId: { in: ids }, kind: "spent", issuanceId: null, orderGid: transactionGid(transactionId),
      OR: [{ reasonKey: { startsWith: OF_HOLD } }, { reasonKey: { startsWith: "spend:points:" } }],
    },
    orderBy: { id: "asc" },
    select: { reasonKey: true, points: true },
  });
  if (!spend) return null;
  const { reasonKey, points } = spend;
  return { reasonKey, points: -points, holdId: reasonKey.startsWith(OF_HOLD) ? BigInt(reasonKey.slice(OF_HOLD.length)) : null };
}
