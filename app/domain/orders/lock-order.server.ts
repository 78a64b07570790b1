/** One piece of news about an order at a time. */
import type { Order } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";

/**
 * Waits until no other transaction works on this order. A row lock would not do: a refund and its order that arrive at
 * the same moment would each not see the other, and the refund would never be applied.
 */
export async function lockOrder(tx: Tx, shopId: number, orderGid: string): Promise<void> {
  await lockOrders(tx, shopId, [orderGid]);
}

/** Waits for several, in the order of their keys: two batches never wait for each other. */
export async function lockOrders(tx: Tx, shopId: number, orderGids: string[]): Promise<void> {
  const names = orderGids.map((gid) => `${shopId}:${gid}`);
  await tx.$queryRaw`
    SELECT 1 FROM (SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest(${names}::text[]) AS name ORDER BY 1) keys,
      LATERAL pg_advisory_xact_lock(key)`;
}

/** The order as it is, and whose it is until the transaction ends: merges lock an order by its row alone. Before any account. */
export async function keepOrder(tx: Tx, shopId: number, orderGid: string): Promise<Order> {
  await tx.$queryRaw`SELECT 1 FROM "Order" WHERE "shopId" = ${shopId} AND "gid" = ${orderGid} FOR UPDATE`;
  return tx.order.findUniqueOrThrow({ where: { shopId_gid: { shopId, gid: orderGid } } });
}
