/** A merchant changes how the codes of an award are looked after. */
import { inTransaction } from "../../lib/db.server";
import { recordChange } from "../changes/record.server";
import { growth } from "./pattern";
import { poolProblems, type PoolCare } from "./pool";

/** What is left out stays as it is. */
export type PoolChange = Partial<Omit<PoolCare, "minted">>;

export type ChangePool =
  | { outcome: "changed" }
  | { outcome: "refused"; problems: { field: keyof PoolChange; message: string }[] }
  | { outcome: "not_found" };

/** Changes stock, alert and rotation of an award's pool; a larger stock is filled at once. */
export async function changePool(shopId: number, awardNumber: number, change: PoolChange, now: Date): Promise<ChangePool> {
  return inTransaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM "CodePool" WHERE "shopId" = ${shopId} AND "awardNumber" = ${awardNumber} ORDER BY "id" FOR UPDATE`;
    const pool = await tx.codePool.findFirst({ where: { shopId, awardNumber }, orderBy: { id: "asc" } });
    if (!pool) return { outcome: "not_found" };
    const { stockTarget, selfSizing, lowStockAt, rotateDays } = { ...pool, ...change };
    const minted = pool.stockTarget > 0;
    const problems = [...unfitting(pool.source, minted, change), ...poolProblems({ minted, stockTarget, selfSizing, lowStockAt, rotateDays })];
    const fit = minted && stockTarget > pool.stockTarget ? growth(pool, stockTarget - pool.stockTarget, { made: Number(pool.nextSlot), live: 0 }) : null;
    if (fit?.outcome === "refused") problems.push(...fit.problems.map(({ message }) => ({ field: "stockTarget" as const, message })));
    if (problems.length > 0) return { outcome: "refused", problems };

    await tx.codePool.update({ where: { shopId_id: { shopId, id: pool.id } }, data: { stockTarget, selfSizing, lowStockAt, rotateDays } });
    if (stockTarget > pool.stockTarget) await recordChange(tx, shopId, { kind: "refill_pool", subject: pool.id }, now);
    return { outcome: "changed" };
  });
}

/** What this source of codes does not have. */
function unfitting(source: string, minted: boolean, { stockTarget, selfSizing, lowStockAt, rotateDays }: PoolChange): { field: keyof PoolChange; message: string }[] {
  const problems: ReturnType<typeof unfitting> = [];
  const brought = "We do not make the codes of this award: there is no stock to keep.";
  if (!minted && stockTarget) problems.push({ field: "stockTarget", message: brought });
  if (!minted && selfSizing) problems.push({ field: "selfSizing", message: brought });
  if (lowStockAt != null && (source === "single" || source === "third_party")) problems.push({ field: "lowStockAt", message: "The codes of this award do not run low here." });
  if (rotateDays != null && source !== "single") problems.push({ field: "rotateDays", message: "Only one code for everybody can be replaced." });
  return problems;
}
