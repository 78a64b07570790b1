/** Makes codes of a generated pool: claims slots by conditional update, turns them into codes, stores them. */
import type { Tx } from "../../lib/db.server";
import { spaceOf, type CodePattern } from "./pattern";
import { codeMaker } from "./permutation";
import { storeCodes } from "./store.server";

const BATCH = 10_000;
/** How often slots whose code somebody typed in before are replaced by further ones. */
const ROUNDS = 40;

export interface PoolToMint extends CodePattern {
  id: bigint;
  awardNumber: number;
  /** The parent discount that will carry the codes. */
  parentId: bigint;
  codeKey: Uint8Array;
}

/** Mints up to `count` codes inside the caller's transaction; fewer only when the pool's space is used up. Returns how many were stored. */
export async function mintCodes(tx: Tx, shopId: number, pool: PoolToMint, count: number, now: Date): Promise<number> {
  const maker = codeMaker(pool.codeKey, pool.id, pool);
  let stored = 0;
  for (let round = 0; round < ROUNDS && stored < count; round++) {
    const claimed = await claimSlots(tx, shopId, pool, count - stored);
    for (let done = 0; done < claimed.count; done += BATCH) {
      const size = Math.min(BATCH, claimed.count - done);
      // In order: the index of codes then grows page by page instead of all over.
      const codes = Array.from({ length: size }, (_, index) => maker.codeAt(claimed.first + done + index)).sort().map((code) => ({ code, customerId: null }));
      stored += (await storeCodes(tx, shopId, { poolId: pool.id, awardNumber: pool.awardNumber, parentId: pool.parentId, shared: false }, codes, now)).length;
    }
    if (claimed.count === 0) break;
  }
  return stored;
}

/** Makes one code and has it stored; codes that somebody typed in before are stepped around. Null when the space is used up. */
export async function mintOne(tx: Tx, shopId: number, pool: PoolToMint, store: (code: string) => Promise<string[]>): Promise<string | null> {
  const maker = codeMaker(pool.codeKey, pool.id, pool);
  for (let round = 0; round < ROUNDS; round++) {
    const claimed = await claimSlots(tx, shopId, pool, 1);
    if (claimed.count === 0) return null;
    const code = maker.codeAt(claimed.first);
    if ((await store(code)).length > 0) return code;
  }
  return null;
}

/** Takes the next slots of the pool, as many as are left. Two minters never get the same slot: the row is updated, then read. */
async function claimSlots(tx: Tx, shopId: number, pool: PoolToMint, count: number): Promise<{ first: number; count: number }> {
  const space = BigInt(Math.min(spaceOf(pool), Number.MAX_SAFE_INTEGER));
  const rows = await tx.$queryRaw<{ first: bigint; last: bigint }[]>`
    WITH before AS (SELECT "nextSlot" FROM "CodePool" WHERE "shopId" = ${shopId} AND "id" = ${pool.id} FOR UPDATE)
    UPDATE "CodePool" p SET "nextSlot" = LEAST(before."nextSlot" + ${count}::int, ${space}::bigint)
    FROM before WHERE p."shopId" = ${shopId} AND p."id" = ${pool.id}
    RETURNING before."nextSlot" AS first, p."nextSlot" AS last`;
  const row = rows[0];
  if (!row) throw new Error(`pool ${pool.id} of shop ${shopId} is not there`);
  return { first: Number(row.first), count: Number(row.last - row.first) };
}
