/** Accounts locked before anything about their customers is decided. */
import { Prisma } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";

/** Locks these customers' accounts until the transaction ends, in key order: two transactions never wait for each other. */
export async function lockAccounts(tx: Tx, shopId: number, customerIds: bigint[]): Promise<void> {
  if (customerIds.length === 0) return;
  await tx.$queryRaw`
    SELECT 1 FROM "PointsAccount" WHERE "shopId" = ${shopId} AND "customerId" IN (${Prisma.join(customerIds)})
    ORDER BY "customerId" FOR UPDATE`;
}

/** Locks these customers' accounts as `lockAccounts` does, and makes those that are missing: what comes to be is waited for in order too. */
export async function openAccounts(tx: Tx, shopId: number, customerIds: bigint[]): Promise<void> {
  if (customerIds.length > 0) await tx.$queryRaw`SELECT 1 FROM open_points_accounts(${shopId}::int, ${customerIds}::bigint[])`;
}
