/** An integrator's own name for a customer. */
import { Prisma } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";

/** Sets what the integrator calls this customer, or takes it away (null). taken: another customer of the shop is called so. */
export async function setExternalId(shopId: number, customerId: bigint, externalId: string | null): Promise<{ outcome: "set" | "taken" | "unknown" }> {
  try {
    const { count } = await prisma.customer.updateMany({ where: { shopId, id: customerId, erasedAt: null }, data: { externalId } });
    return { outcome: count === 1 ? "set" : "unknown" };
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002") return { outcome: "taken" };
    throw error;
  }
}
