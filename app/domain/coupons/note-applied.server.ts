/** A checkout shows a coupon's discount: between being given and being proven by an order. */
import { prisma } from "../../lib/db.server";

/** Notes the first time that a checkout showed it; nothing else depends on it. `not_found`: no such issuance of this customer. */
export async function noteApplied(shopId: number, { issuanceId, customerId }: { issuanceId: bigint; customerId: bigint }, now: Date): Promise<{ outcome: "noted" | "not_found" }> {
  const mine = { shopId, id: issuanceId, customerId };
  const { count } = await prisma.issuance.updateMany({ where: { ...mine, appliedAt: null }, data: { appliedAt: now } });
  if (count === 1 || (await prisma.issuance.findFirst({ where: mine, select: { id: true } }))) return { outcome: "noted" };
  return { outcome: "not_found" };
}
