/** Staff take a key pair out of use, for good. */
import { prisma } from "../../lib/db.server";

/** Revokes a key pair of the shop. `not_found`: there is none in use of this id. */
export async function revokeKey(shopId: number, id: bigint, now: Date): Promise<{ outcome: "revoked" | "not_found" }> {
  const { count } = await prisma.apiKey.updateMany({ where: { shopId, id, revokedAt: null }, data: { revokedAt: now } });
  return { outcome: count === 1 ? "revoked" : "not_found" };
}
