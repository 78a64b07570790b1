/** When a customer's birthday is: told by Shopify, by staff, or taken away. */
import type { prisma, Tx } from "../../lib/db.server";
import type { Birthday } from "./birthday";

/** Sets it, or takes it away (null). `unknown`: there is no such customer, or they were erased. */
export async function setBirthday(db: Tx | typeof prisma, shopId: number, customerId: bigint, birthday: Birthday | null): Promise<{ outcome: "set" | "unknown" }> {
  const { count } = await db.customer.updateMany({
    where: { shopId, id: customerId, erasedAt: null },
    data: { birthMonth: birthday?.month ?? null, birthDay: birthday?.day ?? null },
  });
  return { outcome: count === 1 ? "set" : "unknown" };
}
