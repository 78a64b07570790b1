/** The reason of an entry that names its customer, who may have been somebody else when it was posted. */
import type { Tx } from "../../lib/db.server";
import { onesOf } from "../customers/merge.server";

/**
 * The reason as it was said before of this customer or of whoever was merged into them, else as it is said of this one: a call
 * that is repeated after a merge finds what it did. The account is locked by the caller.
 */
export async function sameReason(tx: Tx, shopId: number, customerId: bigint, reasonOf: (customerId: bigint) => string): Promise<string> {
  const ids = await onesOf(tx, shopId, customerId);
  const own = reasonOf(customerId);
  // An entry cannot be renamed, as requests for holds and coupons are when their customer is merged.
  if (ids.length === 1) return own;
  const before = await tx.pointsEntry.findFirst({ where: { shopId, reasonKey: { in: ids.map(reasonOf) } }, orderBy: { id: "asc" }, select: { reasonKey: true } });
  return before?.reasonKey ?? own;
}
