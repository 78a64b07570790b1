/** Accounts locked before anything about their customers is decided. */
import { Prisma } from "../../generated/prisma/client";
import { MovedMeanwhile, type Tx } from "../../lib/db.server";
import { keptOf } from "../customers/merge.server";

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

/** Locks the account of whoever has this customer's points now and returns who that is. Throws MovedMeanwhile if a merge was waited for. */
export async function lockKept(tx: Tx, shopId: number, customerId: bigint): Promise<bigint> {
  const keptId = await keptOf(tx, shopId, customerId);
  await openAccounts(tx, shopId, [keptId]);
  if ((await keptOf(tx, shopId, customerId)) !== keptId) throw new MovedMeanwhile(`the points of customer ${customerId} went over to another`);
  return keptId;
}
