/** Keeps a pool that we fill in stock, bucket by bucket: mints ahead, and has the new codes pushed. */
import { codesToGo } from "../../domain/awards/codes-to-go.server";
import { openBuckets } from "../../domain/awards/parents.server";
import { UNRESTRICTED } from "../../domain/codes/archive-unused.server";
import { MAX_STOCK } from "../../domain/codes/pool";
import { mintBulk } from "../../domain/codes/mint-bulk.server";
import { mintCodes, type PoolToMint } from "../../domain/codes/mint.server";
import { recordChange } from "../../domain/changes/record.server";
import { inTransaction, prisma } from "../../lib/db.server";
import type { Push, Worked } from "../work";

/** From this many missing codes on COPY is worth its own transaction. */
const BULK_FROM = 10_000;
const USED_UP: Worked = { outcome: "failed", problem: "Every code this pattern can make has been made. Duplicate the award with a longer code." };

/** A pool as far as one of its buckets is filled from it. */
interface Stock extends PoolToMint {
  /** How many codes each bucket keeps ready. */
  target: number;
  /** Its codes never go to Shopify. */
  isLocal: boolean;
  /** Every bucket has had as many at some time: from then on it is filled only when half of it is gone. */
  wasFull: boolean;
}

/** Mints up to the stock target in each bucket of which less than half is left or that was never full, those of now first. */
export async function refillPool(push: Push, poolId: bigint): Promise<Worked> {
  for (const stock of await findStocks(push, poolId)) {
    const worked = await refill(push, stock);
    if (worked.outcome !== "done") return worked;
  }
  return { outcome: "done" };
}

/** The pool with what minting needs, once for each bucket; none if nothing is minted for it (any more). */
async function findStocks({ shopId, clock }: Push, poolId: bigint): Promise<Stock[]> {
  const pool = await prisma.codePool.findUnique({ where: { shopId_id: { shopId, id: poolId } } });
  if (!pool || pool.stockTarget === 0) return [];
  const award = await prisma.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: pool.awardNumber } } });
  if (award.status === "archived" || (award.endsAt && award.endsAt <= clock())) return [];
  const { codeKey } = await prisma.shop.findUniqueOrThrow({ where: { id: shopId }, select: { codeKey: true } });
  const parents = await inTransaction((tx) => openBuckets(tx, shopId, award, clock()));
  const target = Math.min(pool.stockTarget, Math.floor(MAX_STOCK / parents.length));
  const buckets = await prisma.parentDiscount.count({ where: { shopId, awardNumber: award.number, usesPerCode: null, minOrderMinor: null, customerGid: null, firstOrderOnly: false } });
  const wasFull = pool.nextSlot >= BigInt(target) * BigInt(buckets);
  return parents.map(({ id, state }) => ({ ...pool, codeKey, parentId: id, isLocal: state === "local", target, wasFull }));
}

async function refill(push: Push, stock: Stock): Promise<Worked> {
  const level = await levelOf(push.shopId, stock);
  const missing = Math.min(stock.target - level, await codesToGo(push.shopId, stock.awardNumber, "made"));
  if (missing <= 0 || (stock.wasFull && level * 2 >= stock.target)) return { outcome: "done" };
  return missing >= BULK_FROM ? mintMany(push, stock, missing) : mintFew(push, stock, missing);
}

async function mintFew({ shopId, clock }: Push, pool: Stock, missing: number): Promise<Worked> {
  const wanted = Math.min(missing, BULK_FROM);
  return inTransaction(async (tx) => {
    const minted = await mintCodes(tx, shopId, pool, wanted, clock());
    if (minted > 0 && !pool.isLocal) await recordChange(tx, shopId, { kind: "push_codes", subject: pool.parentId }, clock());
    if (minted < wanted) return USED_UP;
    return missing > wanted ? { outcome: "again", afterMs: 0 } : { outcome: "done" };
  });
}

async function mintMany(push: Push, pool: Stock, missing: number): Promise<Worked> {
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

async function recordPush({ shopId, clock }: Push, { parentId, isLocal }: Stock): Promise<void> {
  if (isLocal) return;
  await inTransaction((tx) => recordChange(tx, shopId, { kind: "push_codes", subject: parentId }, clock()));
}

/**
 * Codes of the bucket that can still be handed out, now or once they are on Shopify: counted no further than the target,
 * along the indexes of available and of planned codes.
 */
async function levelOf(shopId: number, { id, parentId, target }: Stock): Promise<number> {
  const rows = await prisma.$queryRaw<{ level: bigint }[]>`
    SELECT
      (SELECT count(*) FROM (
        SELECT 1 FROM "Coupon" WHERE "shopId" = ${shopId} AND "parentId" = ${parentId} AND "poolId" = ${id} AND "status" = 'available' AND "codeState" IN ('live', 'local') AND ${UNRESTRICTED}
        LIMIT ${target}) ready) +
      (SELECT count(*) FROM (
        SELECT 1 FROM "Coupon" WHERE "shopId" = ${shopId} AND "parentId" = ${parentId} AND "poolId" = ${id} AND "status" = 'available' AND "codeState" = 'planned'
        LIMIT ${target}) planned) +
      (SELECT count(*) FROM "CodeSubmission" s JOIN "Coupon" c ON c."shopId" = s."shopId" AND c."submissionId" = s."id" AND c."codeState" = 'submitted'
        WHERE s."shopId" = ${shopId} AND s."parentId" = ${parentId} AND s."state" <> 'done' AND c."poolId" = ${id} AND c."status" = 'available') AS level`;
  return Number(rows[0]?.level ?? 0);
}
