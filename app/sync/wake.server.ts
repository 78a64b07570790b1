/** The safety net of the push: whatever should have woken it, a due change is never left lying. */
import { wakePush } from "../domain/changes/record.server";
import { inTransaction, prisma } from "../lib/db.server";

const SHOPS = 1000;

/** Wakes the push of up to 1,000 installed shops that have a due change; returns how many. */
export async function wakeDueShops(now: Date): Promise<number> {
  const due = await prisma.change.findMany({
    where: { status: "pending", nextAttemptAt: { lte: now } },
    distinct: ["shopId"],
    select: { shopId: true },
    take: SHOPS,
  });
  const installed = await prisma.shop.findMany({ where: { id: { in: due.map(({ shopId }) => shopId) }, uninstalledAt: null }, select: { id: true } });
  for (const { id } of installed) await inTransaction((tx) => wakePush(tx, id));
  return installed.length;
}
