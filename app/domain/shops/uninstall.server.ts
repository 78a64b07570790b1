/** A merchant removed the app. What they had stays, in case they come back. */
import type { Tx } from "../../lib/db.server";

/**
 * Marks the shop uninstalled and drops its access tokens. News that is older than the last installation is stale: the
 * merchant is back already, and their new tokens stay.
 */
export async function uninstallShop(tx: Tx, shopId: number, uninstalledAt: Date): Promise<{ outcome: "uninstalled" | "stale" }> {
  const { count } = await tx.shop.updateMany({
    where: { id: shopId, uninstalledAt: null, installedAt: { lte: uninstalledAt } },
    data: { uninstalledAt },
  });
  if (count === 0) return { outcome: "stale" };
  const { domain } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { domain: true } });
  await tx.session.deleteMany({ where: { shop: domain } });
  return { outcome: "uninstalled" };
}
