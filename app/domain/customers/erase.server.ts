/** A customer is forgotten: the person goes, the ledger stays so that the books still add up. */
import { Prisma } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { gidTail, type Gid } from "../../lib/gid";

/**
 * Erases everything that names the customer, Shopify's id included: entries, issuances and redemptions hang on our own id,
 * which from now on leads to nobody. `unknown`: we held nothing. Either way the request is on record.
 */
export async function eraseCustomer(tx: Tx, shopId: number, { gid, webhookId }: { gid: Gid<"Customer">; webhookId: string }, now: Date): Promise<{ outcome: "erased" | "unknown" }> {
  const customer = await tx.customer.findUnique({ where: { shopId_gid: { shopId, gid } }, select: { id: true, email: true, phone: true, externalId: true } });
  const names = [gid, gidTail(gid), customer?.email, customer?.phone, customer?.externalId].filter((name) => typeof name === "string");
  // Rows of files that were handed in, whether or not the customer was found by them.
  await tx.importRow.updateMany({ where: { shopId, OR: [...(customer ? [{ customerId: customer.id }] : []), { name: { in: names } }] }, data: { input: "", name: null, note: null } });
  if (customer) {
    await tx.customer.updateMany({
      where: { shopId, id: customer.id },
      data: { gid: `gid://shopify/Customer/erased-${customer.id}`, firstName: null, lastName: null, email: null, phone: null, externalId: null, erasedAt: now },
    });
  }
  // Earlier exports are copies of what is erased.
  await tx.complianceRequest.updateMany({ where: { shopId, customerGid: gid }, data: { customerGid: null, export: Prisma.DbNull } });
  await tx.complianceRequest.createMany({ data: { shopId, topic: "customers/redact", webhookId, handledAt: now }, skipDuplicates: true });
  return { outcome: customer ? "erased" : "unknown" };
}
