/** A merchant has everything tried again that was given up. */
import { prisma } from "../../lib/db.server";
import { retryChange } from "./retry.server";

/** As many as one press may take; another takes the next. */
const RETRIED_AT_ONCE = 500;

/** Retries failed changes, the oldest first, at most 500 at once; answers how many. */
export async function retryFailed(shopId: number, now: Date): Promise<number> {
  const failed = await prisma.change.findMany({ where: { shopId, status: "failed" }, orderBy: { id: "asc" }, take: RETRIED_AT_ONCE, select: { id: true } });
  let retried = 0;
  for (const { id } of failed) if ((await retryChange(shopId, id, now)).outcome === "retried") retried++;
  return retried;
}
