/** A key pair was used: staff see when, to the minute or so. */
import { prisma } from "../../lib/db.server";

/** Remembers the latest use; an older one that is told later changes nothing. */
export async function noteKeyUse(shopId: number, id: bigint, usedAt: Date): Promise<void> {
  await prisma.apiKey.updateMany({ where: { shopId, id, OR: [{ lastUsedAt: null }, { lastUsedAt: { lt: usedAt } }] }, data: { lastUsedAt: usedAt } });
}
