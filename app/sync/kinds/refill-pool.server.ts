/** Keeps a generated pool in stock: mints ahead, and has the new codes pushed. */
import { recordChange } from "../../domain/changes/record.server";
import { mintCodes } from "../../domain/codes/mint.server";
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import type { Push, Worked } from "../work";

/** Minted in one transaction; a larger stock takes several. */
const STEP = 10_000;

/** Mints up to the stock target if fewer than half of it is left, or it was never reached. */
export async function refillPool({ shopId, clock }: Push, poolId: bigint): Promise<Worked> {
  const pool = await prisma.codePool.findUnique({ where: { shopId_id: { shopId, id: poolId } } });
  if (!pool || pool.stockTarget === 0) return { outcome: "done" };
  const award = await prisma.award.findUnique({ where: { shopId_number: { shopId, number: pool.awardNumber } }, select: { status: true, endsAt: true } });
  if (!award || award.status === "archived" || (award.endsAt && award.endsAt <= clock())) return { outcome: "done" };

  return inTransaction(async (tx) => {
    const stock = await stockOf(tx, shopId, pool);
    const filledBefore = pool.nextSlot >= BigInt(pool.stockTarget);
    if (stock >= pool.stockTarget || (filledBefore && stock * 2 >= pool.stockTarget && pool.stockTarget > 1)) return { outcome: "done" };
    return mint(tx, shopId, pool, pool.stockTarget - stock, clock());
  });
}

interface Pool {
  id: bigint;
  awardNumber: number;
  prefix: string;
  alphabet: string;
  length: number;
  groupSize: number;
  stockTarget: number;
}

async function mint(tx: Tx, shopId: number, pool: Pool, missing: number, now: Date): Promise<Worked> {
  const shop = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { codeKey: true } });
  const parent = await tx.parentDiscount.findUniqueOrThrow({ where: { shopId_awardNumber_bucket: { shopId, awardNumber: pool.awardNumber, bucket: "" } } });
  const wanted = Math.min(missing, STEP);
  const minted = await mintCodes(tx, shopId, { ...pool, parentId: parent.id, codeKey: shop.codeKey }, wanted, now);
  if (minted > 0) await recordChange(tx, shopId, { kind: "push_codes", subject: parent.id }, now);
  if (minted < wanted) return { outcome: "failed", problem: "Every code this pattern can make has been made. Duplicate the award with a longer code." };
  return missing > wanted ? { outcome: "again", afterMs: 0 } : { outcome: "done" };
}

/** Codes that can still be handed out, now or once they are on Shopify; counted no further than the target. */
async function stockOf(tx: Tx, shopId: number, { id, stockTarget }: Pool): Promise<number> {
  const rows = await tx.$queryRaw<{ stock: bigint }[]>`
    SELECT count(*) AS stock FROM (
      SELECT 1 FROM "Coupon"
      WHERE "shopId" = ${shopId} AND "poolId" = ${id} AND "status" = 'available' AND "codeState" IN ('planned', 'submitted', 'live')
      LIMIT ${stockTarget}) AS stock`;
  return Number(rows[0]?.stock ?? 0);
}
