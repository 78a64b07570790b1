/** One piece of news about an order at a time. */
import type { Tx } from "../../lib/db.server";

/**
 * Waits until no other transaction works on this order. A row lock would not do: a refund and its order that arrive at
 * the same moment would each not see the other, and the refund would never be applied.
 */
export async function lockOrder(tx: Tx, shopId: number, orderGid: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM pg_advisory_xact_lock(hashtextextended(${`${shopId}:${orderGid}`}, 0))`;
}
