/** A hold ends: its points are spent, or they are free again. */
import type { Tx } from "../../lib/db.server";

export interface HoldEnd {
  customerId: bigint;
  holdId: bigint;
  status: "spent" | "returned";
}

/** Ends a hold; true if this call did, false if it had ended before. Locks the account. `spent` posts no entry by itself. */
export async function endHold(tx: Tx, shopId: number, { customerId, holdId, status }: HoldEnd, now: Date): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ ended: boolean }[]>`
    SELECT end_points_hold(${shopId}::int, ${customerId}::bigint, ${holdId}::bigint, ${status}::"HoldStatus", ${now}::timestamptz) AS ended`;
  return row?.ended ?? false;
}
