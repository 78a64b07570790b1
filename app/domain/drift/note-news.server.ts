/** Shopify says that a discount changed or is gone: if it is ours, it is compared with its award. */
import type { Tx } from "../../lib/db.server";
import { recordChange } from "../changes/record.server";

/** Has the discount compared. Our own changes are told too: comparing finds nothing then. `not_ours`: nothing was done. */
export async function noteDiscountNews(tx: Tx, shopId: number, discountGid: string, now: Date): Promise<{ outcome: "noted" | "not_ours" }> {
  const parent = await tx.parentDiscount.findFirst({ where: { shopId, gid: discountGid }, select: { id: true } });
  if (!parent) return { outcome: "not_ours" };
  await recordChange(tx, shopId, { kind: "check_discount", subject: parent.id }, now);
  return { outcome: "noted" };
}
