/** A merchant installs the app, opens it again, or comes back after an uninstall: always the same row. */
import { randomBytes } from "node:crypto";
import { inTransaction, prisma } from "../../lib/db.server";

const CODE_KEY_BYTES = 32;

export interface ShopFacts {
  /** example.myshopify.com */
  domain: string;
  name: string;
  /** ISO 4217 code of the shop's own currency. */
  currency: string;
  /** IANA name, e.g. Europe/Berlin. */
  timeZone: string;
}

/**
 * Installs the shop or brings its facts up to date. A shop that comes back finds everything it had; its code key never
 * changes, or codes already given out would no longer be reproducible.
 */
export async function installShop({ domain, name, currency, timeZone }: ShopFacts, now: Date) {
  const shop = await inTransaction(async (tx) => {
    const before = await tx.shop.findUnique({ where: { domain }, select: { id: true, timeZone: true } });
    // Days and months end elsewhere now: what is given out by the calendar is made ready anew. Not through Prisma, which would touch updatedAt.
    if (before && before.timeZone !== timeZone) await tx.$executeRaw`UPDATE "Award" SET "bucketsDueAt" = NULL WHERE "shopId" = ${before.id}`;
    return tx.shop.upsert({
      where: { domain },
      create: { domain, name, currency, timeZone, codeKey: randomBytes(CODE_KEY_BYTES), installedAt: now },
      update: { name, currency, timeZone },
    });
  });
  const returned = await prisma.shop.updateMany({
    where: { id: shop.id, uninstalledAt: { not: null } },
    data: { uninstalledAt: null, installedAt: now },
  });
  // What Shopify refused to hear while the shop was gone waits no longer.
  if (returned.count === 1) await prisma.change.updateMany({ where: { shopId: shop.id, status: "pending", nextAttemptAt: { gt: now } }, data: { nextAttemptAt: now, problem: null } });
  return returned.count === 1 ? { ...shop, uninstalledAt: null, installedAt: now } : shop;
}
