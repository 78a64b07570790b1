/** What makes an upload that is sent again the same import. */
import { prisma } from "../../lib/db.server";
import { KEPT_MS } from "../answers/begin.server";

/**
 * The request key of an upload: for as long as the integrator's key is kept, that of the import it was first sent for; then a new
 * one. The key says nothing of the file, and a program that names every night's file alike means another one each night.
 */
export async function uploadKey(shopId: number, key: string, now: Date): Promise<string> {
  const select = { requestKey: true, createdAt: true } as const;
  const first = await prisma.import.findUnique({ where: { shopId_requestKey: { shopId, requestKey: key } }, select });
  if (!first) return key;
  const latest = (await prisma.import.findFirst({ where: { shopId, requestKey: { startsWith: `${key}:` } }, orderBy: { id: "desc" }, select })) ?? first;
  return now.getTime() - latest.createdAt.getTime() < KEPT_MS ? latest.requestKey : `${key}:${now.getTime()}`;
}
