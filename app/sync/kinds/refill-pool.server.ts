/** Keeps a generated pool in stock: mints ahead, and has the new codes pushed. */
import { recordChange } from "../../domain/changes/record.server";
import { mintBulk } from "../../domain/codes/mint-bulk.server";
import { mintCodes, type PoolToMint } from "../../domain/codes/mint.server";
import { inTransaction, prisma } from "../../lib/db.server";
import type { Push, Worked } from "../work";

/** From this many missing codes on COPY is worth its own transaction. */
const BULK_FROM = 10_000;
const USED_UP: Worked = { outcome: "failed", problem: "Every code this pattern can make has been made. Duplicate the award with a longer code." };

interface Pool extends PoolToMint {
  stockTarget: number;
  nextSlot: bigint;
}

/** Mints up to the stock target if fewer than half of it is left, or it was never reached. */
export async function refillPool(push: Push, poolId: bigint): Promise<Worked> {
  const pool = await findPool(push, poolId);
  if (!pool) return { outcome: "done" };
  const stock = await stockOf(push.shopId, pool);
  const filledBefore = pool.nextSlot >= BigInt(pool.stockTarget);
  const missing = pool.stockTarget - stock;
  if (missing <= 0 || (filledBefore && stock * 2 >= pool.stockTarget)) return { outcome: "done" };
  return missing >= BULK_FROM ? mintMany(push, pool, missing) : mintFew(push, pool, missing);
}

/** The pool with what minting needs; null if nothing is minted for it (any more). */
async function findPool({ shopId, clock }: Push, poolId: bigint): Promise<Pool | null> {
  const pool = await prisma.codePool.findUnique({ where: { shopId_id: { shopId, id: poolId } } });
  if (!pool || pool.stockTarget === 0) return null;
  const award = await prisma.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: pool.awardNumber } }, select: { status: true, endsAt: true } });
  if (award.status === "archived" || (award.endsAt && award.endsAt <= clock())) return null;
  const shop = await prisma.shop.findUniqueOrThrow({ where: { id: shopId }, select: { codeKey: true } });
  const parent = await prisma.parentDiscount.findUniqueOrThrow({ where: { shopId_awardNumber_bucket: { shopId, awardNumber: pool.awardNumber, bucket: "" } } });
  return { ...pool, codeKey: shop.codeKey, parentId: parent.id };
}

async function mintFew({ shopId, clock }: Push, pool: Pool, missing: number): Promise<Worked> {
  const wanted = Math.min(missing, BULK_FROM);
  return inTransaction(async (tx) => {
    const minted = await mintCodes(tx, shopId, pool, wanted, clock());
    if (minted > 0) await recordChange(tx, shopId, { kind: "push_codes", subject: pool.parentId }, clock());
    if (minted < wanted) return USED_UP;
    return missing > wanted ? { outcome: "again", afterMs: 0 } : { outcome: "done" };
  });
}

async function mintMany(push: Push, pool: Pool, missing: number): Promise<Worked> {
  // Recorded before, because the codes are stored in a transaction of their own: a crash after it leaves none unpushed.
  await recordPush(push, pool);
  const minted = await mintBulk(push.shopId, pool, missing, push.clock());
  switch (minted.outcome) {
    case "stored":
      await recordPush(push, pool);
      return missing > minted.count ? { outcome: "again", afterMs: 0 } : { outcome: "done" };
    case "collided":
      return mintFew(push, pool, missing);
    case "used_up":
      return USED_UP;
    default:
      return minted satisfies never;
  }
}

async function recordPush({ shopId, clock }: Push, { parentId }: Pool): Promise<void> {
  await inTransaction((tx) => recordChange(tx, shopId, { kind: "push_codes", subject: parentId }, clock()));
}

/** Codes that can still be handed out, now or once they are on Shopify; counted no further than the target. */
async function stockOf(shopId: number, { id, stockTarget }: Pool): Promise<number> {
  const rows = await prisma.$queryRaw<{ stock: bigint }[]>`
    SELECT count(*) AS stock FROM (
      SELECT 1 FROM "Coupon"
      WHERE "shopId" = ${shopId} AND "poolId" = ${id} AND "status" = 'available' AND "codeState" IN ('planned', 'submitted', 'live')
      LIMIT ${stockTarget}) AS stock`;
  return Number(rows[0]?.stock ?? 0);
}
