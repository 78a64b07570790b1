/** The code is off Shopify: only now do the points go back. */
import type { Tx } from "../../lib/db.server";
import { endHold } from "../points/end-hold.server";

/** Ends every return of this coupon that waited for its code. Does nothing where an order used the code first. */
export async function finishReturn(tx: Tx, shopId: number, couponId: bigint, now: Date): Promise<{ outcome: "returned" | "nothing_to_return" }> {
  const issuances = await tx.issuance.findMany({ where: { shopId, couponId, status: "returning" }, orderBy: { customerId: "asc" } });
  let returned = 0;
  for (const issuance of issuances) returned += (await finishOne(tx, shopId, issuance, now)) ? 1 : 0;
  if (returned === 0) return { outcome: "nothing_to_return" };
  await tx.coupon.updateMany({ where: { shopId, id: couponId, shared: false, status: "issued" }, data: { status: "revoked" } });
  return { outcome: "returned" };
}

interface Returning {
  id: bigint;
  customerId: bigint;
  holdId: bigint | null;
}

/** The hold decides: whoever ends it, order or return, has won, and the other finds it ended. */
async function finishOne(tx: Tx, shopId: number, { id, customerId, holdId }: Returning, now: Date): Promise<boolean> {
  if (holdId !== null && !(await endHold(tx, shopId, { customerId, holdId, status: "returned" }, now))) return false;
  const { count } = await tx.issuance.updateMany({ where: { shopId, id, status: "returning" }, data: { status: "returned", endedAt: now } });
  if (count !== 1) throw new Error(`issuance ${id} left 'returning' while its account was locked`);
  return true;
}
