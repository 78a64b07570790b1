/** A merchant switches an award on or off, or archives it; Shopify's discount follows. */
import { inTransaction, type Tx } from "../../lib/db.server";
import { recordRefills } from "./parents.server";
import { recordDiscounts } from "./update.server";

export type NewStatus = "active" | "inactive" | "archived";

export type SetAwardStatus = { outcome: "set" } | { outcome: "already" } | { outcome: "not_found" };

/** Sets the status. An award that is not active is neither issued nor redeemed: its codes stop working at checkout. */
export function setAwardStatus(shopId: number, number: number, status: NewStatus, now: Date): Promise<SetAwardStatus> {
  return inTransaction((tx) => changeStatus(tx, shopId, { number, status }, now));
}

/** The same as part of somebody's transaction. */
export async function changeStatus(tx: Tx, shopId: number, { number, status }: { number: number; status: NewStatus }, now: Date): Promise<SetAwardStatus> {
  const set = await tx.award.updateMany({ where: { shopId, number, status: { not: status } }, data: { status, updatedAt: now } });
  if (set.count === 0) {
    const award = await tx.award.findUnique({ where: { shopId_number: { shopId, number } }, select: { number: true } });
    return { outcome: award ? "already" : "not_found" };
  }
  await recordDiscounts(tx, shopId, number, now);
  // A pool stops being refilled while its award is archived; coming back, it may have to catch up.
  if (status === "active") await recordRefills(tx, shopId, number, now);
  return { outcome: "set" };
}
