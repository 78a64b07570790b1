/** A customer becomes known to us: by an order, by opening the checkout, by a merchant's import. */
import type { prisma, Tx } from "../../lib/db.server";
import type { Gid } from "../../lib/gid";

export interface CustomerFacts {
  gid: Gid<"Customer">;
  firstName?: string | null;
  lastName?: string | null;
  email?: string | null;
  phone?: string | null;
}

/** The customer's row, made if absent. A field that is not known (undefined or null) leaves what we had. */
export async function rememberCustomer(tx: Tx | typeof prisma, shopId: number, facts: CustomerFacts) {
  const { gid, ...fields } = facts;
  const known = Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));
  if (Object.keys(known).length === 0) {
    // An upsert that updates nothing looks first and then inserts: the second of two first presses would fail.
    await tx.customer.createMany({ data: { shopId, gid }, skipDuplicates: true });
    return tx.customer.findUniqueOrThrow({ where: { shopId_gid: { shopId, gid } } });
  }
  return tx.customer.upsert({
    where: { shopId_gid: { shopId, gid } },
    create: { shopId, gid, ...known },
    update: known,
  });
}
