/** Reads about shops. */
import { prisma } from "../../lib/db.server";

/** The shop of this domain, installed or not; null if we have never met it. Its code key is left out. */
export function findShop(domain: string) {
  return prisma.shop.findUnique({ where: { domain }, omit: { codeKey: true } });
}
