/** Reads about key pairs. */
import { prisma } from "../../lib/db.server";
import { MAX_KEYS } from "./key.server";

/** The key pair of this public key with its shop, revoked or not; null if there never was one. */
export async function findKey(key: string) {
  const found = await prisma.apiKey.findUnique({ where: { key } });
  if (!found) return null;
  return { ...found, shop: await prisma.shop.findUniqueOrThrow({ where: { id: found.shopId }, omit: { codeKey: true } }) };
}

/** The shop's key pairs in use, newest first; never more than there may be. */
export function listKeys(shopId: number) {
  return prisma.apiKey.findMany({ where: { shopId, revokedAt: null }, orderBy: { id: "desc" }, take: MAX_KEYS, omit: { secretHash: true } });
}
