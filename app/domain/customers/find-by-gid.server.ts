/** The customer a session token names. */
import { prisma } from "../../lib/db.server";
import type { Gid } from "../../lib/gid";

/** Our id of Shopify's customer; null for one we have not met. */
export async function findCustomerByGid(shopId: number, gid: Gid<"Customer">): Promise<bigint | null> {
  const customer = await prisma.customer.findUnique({ where: { shopId_gid: { shopId, gid } }, select: { id: true } });
  return customer?.id ?? null;
}
