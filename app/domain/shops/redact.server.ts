/** The law's last step after an uninstall: nothing that names a person, or the shop's people, is left. */
import { Prisma } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";

/**
 * Erases the personal data of all the shop's customers, its tokens and its name. The ledger and the redemptions stay, under
 * pseudonyms. A shop that is installed is not touched: Shopify does not ask for that, a replay of old news might.
 */
export async function redactShop(tx: Tx, shopId: number, webhookId: string, now: Date): Promise<{ outcome: "redacted" | "installed" }> {
  const { count } = await tx.shop.updateMany({ where: { id: shopId, uninstalledAt: { not: null } }, data: { name: "", alertEmail: null } });
  if (count === 0) return { outcome: "installed" };

  const { domain } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { domain: true } });
  await tx.session.deleteMany({ where: { shop: domain } });
  await tx.$executeRaw`
    UPDATE "Customer" SET "gid" = 'gid://shopify/Customer/erased-' || "id", "firstName" = NULL, "lastName" = NULL, "email" = NULL,
      "phone" = NULL, "externalId" = NULL, "erasedAt" = coalesce("erasedAt", ${now}::timestamptz), "updatedAt" = ${now}::timestamptz
    WHERE "shopId" = ${shopId}`;
  await tx.importRow.deleteMany({ where: { shopId } });
  await tx.webhookDelivery.deleteMany({ where: { shopId } });
  await tx.webhookEndpoint.deleteMany({ where: { shopId } });
  await tx.complianceRequest.updateMany({ where: { shopId }, data: { customerGid: null, export: Prisma.DbNull } });
  await tx.complianceRequest.createMany({ data: { shopId, topic: "shop/redact", webhookId, handledAt: now }, skipDuplicates: true });
  return { outcome: "redacted" };
}
