/** Makes many codes of a pool at once: their bytes go from the permutation straight into COPY, no string in between. */
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { pool as connections } from "../../lib/db.server";
import type { PoolToMint } from "./mint.server";
import { spaceOf } from "./pattern";
import { codeMaker, type CodeMaker } from "./permutation";

/** Rows of one transaction: at most so many are made anew after a crash. */
export const BULK_STEP = 50_000;
/** Rows of one piece of the stream. */
const PIECE = 10_000;
const UNIQUE_VIOLATION = "23505";

export type MintBulk =
  | { outcome: "stored"; count: number }
  /** One of the codes exists already: nothing was stored, and the slower way steps around it. */
  | { outcome: "collided" }
  | { outcome: "used_up" };

/** Mints up to 50,000 codes in a transaction of its own: slots and codes are stored together or not at all. */
export async function mintBulk(shopId: number, pool: PoolToMint, count: number, now: Date): Promise<MintBulk> {
  const client = await connections.connect();
  try {
    await client.query("BEGIN");
    const slots = await claimSlots(client, shopId, pool, Math.min(count, BULK_STEP));
    if (slots.count === 0) {
      await client.query("ROLLBACK");
      return { outcome: "used_up" };
    }
    await copyCodes(client, shopId, pool, slots, now);
    await client.query("COMMIT");
    return { outcome: "stored", count: slots.count };
  } catch (error) {
    await client.query("ROLLBACK");
    if (error instanceof Error && "code" in error && error.code === UNIQUE_VIOLATION) return { outcome: "collided" };
    throw error;
  } finally {
    client.release();
  }
}

interface Slots {
  first: number;
  count: number;
}

async function claimSlots(client: pg.PoolClient, shopId: number, pool: PoolToMint, count: number): Promise<Slots> {
  const { rows } = await client.query<{ nextSlot: bigint }>('SELECT "nextSlot" FROM "CodePool" WHERE "shopId" = $1 AND "id" = $2 FOR UPDATE', [shopId, pool.id]);
  const first = Number(rows[0]?.nextSlot ?? 0);
  const size = Math.min(count, Math.min(spaceOf(pool), Number.MAX_SAFE_INTEGER) - first);
  await client.query('UPDATE "CodePool" SET "nextSlot" = $3 WHERE "shopId" = $1 AND "id" = $2', [shopId, pool.id, first + size]);
  return { first, count: size };
}

async function copyCodes(client: pg.PoolClient, shopId: number, pool: PoolToMint, slots: Slots, now: Date): Promise<void> {
  const fixed = { shopId, awardNumber: pool.awardNumber, poolId: pool.id, parentId: pool.parentId, createdAt: now.toISOString(), codeState: await firstState(client, shopId, pool) };
  const columns = [...Object.keys(fixed), "code"].map((name) => `"${name}"`).join(", ");
  const sink = client.query(copyFrom(`COPY "Coupon" (${columns}) FROM STDIN`));
  await pipeline(Readable.from(lines(codeMaker(pool.codeKey, pool.id, pool), pool.prefix.length, `${Object.values(fixed).join("\t")}\t`, slots)), sink);
}

/** Where a discount is never on Shopify, its codes can be handed out as they stand. */
async function firstState(client: pg.PoolClient, shopId: number, { parentId }: PoolToMint): Promise<"local" | "planned"> {
  const { rows } = await client.query<{ state: string }>('SELECT "state" FROM "ParentDiscount" WHERE "shopId" = $1 AND "id" = $2', [shopId, parentId]);
  return rows[0]?.state === "local" ? "local" : "planned";
}

/**
 * COPY's text form, one piece at a time in one buffer each, what is the same in every line written once and the codes between.
 * Codes come in the order of their beginnings: the index of codes then grows page by page instead of all over.
 */
function* lines({ blank, writeCodes }: CodeMaker, randomFrom: number, before: string, slots: Slots): Generator<Buffer> {
  const width = blank.length;
  const codes = Buffer.alloc(slots.count * width, blank, "latin1");
  writeCodes(slots.first, slots.count, codes, width);
  const order = byBeginning(codes, width, randomFrom);
  const line = `${before}${blank}\n`;
  for (let done = 0; done < slots.count; done += PIECE) {
    const size = Math.min(PIECE, slots.count - done);
    const piece = Buffer.alloc(size * line.length, line, "latin1");
    for (let row = 0; row < size; row++) {
      const place = (order[done + row] ?? 0) * width;
      codes.copy(piece, row * line.length + before.length, place, place + width);
    }
    yield piece;
  }
}

/** A code's place among at most 2^21, below 32 bits of its beginning: together a whole number that a float holds. */
const PLACES = 2 ** 21;

/** The places of the codes in the order of their first four random characters. */
function byBeginning(codes: Buffer, width: number, randomFrom: number): Float64Array {
  const order = new Float64Array(codes.length / width);
  for (let place = 0; place < order.length; place++) {
    const at = place * width + randomFrom;
    order[place] = (at + 4 <= codes.length ? codes.readUInt32BE(at) : 0) * PLACES + place;
  }
  return order.sort().map((key) => key % PLACES);
}
