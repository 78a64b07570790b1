/** Making codes and storing them, beside a well-known generator from npm, Prisma's createMany, and COPY into a bare table. */
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { from as copyFrom } from "pg-copy-streams";
import { mintBulk } from "#app/domain/codes/mint-bulk.server.ts";
import { mintCodes } from "#app/domain/codes/mint.server.ts";
import { ALPHABETS, type CodePattern } from "#app/domain/codes/pattern.ts";
import { codeMaker } from "#app/domain/codes/permutation.ts";
import { closeDatabase, inTransaction, pool, prisma } from "#app/lib/db.server.ts";
import { atLeast, atMost, figure, medians, perSecond, type Row } from "./row";
import { benchAward, benchShop, type BenchAward } from "./shop";

const require = createRequire(import.meta.url);
const voucher = require("voucher-code-generator") as { generate(config: { length: number; count: number; charset: string; prefix: string }): string[] };

const MADE = 300_000;
const STORED = 100_000;
const CREATE_MANY = 10_000;
const PATTERN: CodePattern = { prefix: "BENCH", alphabet: ALPHABETS.alphanumeric, length: 10, groupSize: 0 };
const KEY = Buffer.alloc(32, 7);

export async function bench(): Promise<Row[]> {
  const made = await medians(5, { bytes: makeBytes, strings: makeStrings, voucher: makeVoucher });
  const whole = makeWholeSpace();
  const shop = await benchShop();
  const award = await benchAward(shop.id, 0);
  const stored = await medians(3, {
    bulk: () => storeBulk(shop.id, award),
    unnest: () => storeInTransaction(shop.id, award),
    createMany: () => storeByCreateMany(shop.id, award),
    copy: () => storeByBareCopy(shop.id, award),
  });
  await closeDatabase();
  return [
    figure("made as bytes: 5 fixed and 10 random characters", made.bytes, "codes/s"),
    figure("the same as strings", made.strings, "codes/s"),
    figure("the same by voucher-code-generator", made.voucher, "codes/s"),
    atLeast("made: bytes / voucher-code-generator", made.bytes / made.voucher, "×", 10),
    atMost("all 36^5 codes, made and checked", whole.seconds, "s", 10),
    atMost("codes made twice among them", whole.duplicates, "codes", 0),
    atMost("heap grown meanwhile", whole.grownMiB, "MiB", 32),
    figure("minted and stored by COPY, all indexes", stored.bulk, "rows/s"),
    figure("minted and stored by unnest, in the award's transaction", stored.unnest, "rows/s"),
    figure("the same rows by Prisma createMany", stored.createMany, "rows/s"),
    figure("the same rows by COPY into a table without indexes", stored.copy, "rows/s"),
    atLeast("stored: COPY / createMany", stored.bulk / stored.createMany, "×", 15),
    atLeast("stored: COPY / COPY without indexes", stored.bulk / stored.copy, "×", 0.2),
  ];
}

let nextPool = 1n;

/** As a large stock is made: straight into the buffer that is sent. */
function makeBytes(): Promise<number> {
  const maker = codeMaker(KEY, nextPool++, PATTERN);
  const size = maker.blank.length;
  return perSecond(MADE, () => maker.writeCodes(0, MADE, Buffer.alloc(MADE * size, maker.blank, "latin1"), size));
}

function makeStrings(): Promise<number> {
  const maker = codeMaker(KEY, nextPool++, PATTERN);
  return perSecond(MADE, () => {
    for (let slot = 0; slot < MADE; slot++) if (maker.codeAt(slot).length !== 15) throw new Error("a code has the wrong length");
  });
}

function makeVoucher(): Promise<number> {
  return perSecond(MADE, () => voucher.generate({ length: 10, count: MADE, charset: ALPHABETS.alphanumeric, prefix: "BENCH" }));
}

/** Every slot of a five-character space once: each code is read back to its number and ticked off in a bitmap. */
function makeWholeSpace() {
  const maker = codeMaker(KEY, 99n, { ...PATTERN, prefix: "", length: 5 });
  const { space } = maker;
  const codeLength = maker.blank.length;
  const digit = new Uint8Array(128);
  [...ALPHABETS.alphanumeric].forEach((letter, value) => (digit[letter.charCodeAt(0)] = value));
  const seen = new Uint8Array(Math.ceil(space / 8));
  const batch = Buffer.alloc(100_000 * codeLength);
  const heapBefore = process.memoryUsage().heapUsed;
  const startedAt = performance.now();
  let duplicates = 0;
  for (let slot = 0; slot < space; slot += 100_000) {
    const count = Math.min(100_000, space - slot);
    maker.writeCodes(slot, count, batch, codeLength);
    for (let at = 0; at < count * codeLength; at += codeLength) {
      let value = 0;
      for (let index = at; index < at + codeLength; index++) value = value * 36 + (digit[batch[index] ?? 0] ?? 0);
      const bit = 1 << (value & 7);
      if ((seen[value >>> 3] ?? 0) & bit) duplicates++;
      seen[value >>> 3] = (seen[value >>> 3] ?? 0) | bit;
    }
  }
  return { duplicates, seconds: (performance.now() - startedAt) / 1000, grownMiB: Math.max(0, (process.memoryUsage().heapUsed - heapBefore) / 2 ** 20) };
}

/** The domain's own verb for a large stock. */
function storeBulk(shopId: number, { number, poolId, parentId }: BenchAward): Promise<number> {
  return perSecond(STORED, async () => {
    for (let left = STORED; left > 0; ) {
      const minted = await mintBulk(shopId, { ...PATTERN, id: poolId, awardNumber: number, parentId, codeKey: KEY }, left, new Date());
      if (minted.outcome !== "stored") throw new Error(`not stored: ${minted.outcome}`);
      left -= minted.count;
    }
  });
}

/** The domain's verb for the first codes of an award: slots claimed, codes made, rows stored, one transaction. */
function storeInTransaction(shopId: number, { number, poolId, parentId }: BenchAward): Promise<number> {
  return perSecond(STORED, async () => {
    const minted = await inTransaction((tx) => mintCodes(tx, shopId, { ...PATTERN, id: poolId, awardNumber: number, parentId, codeKey: KEY }, STORED, new Date()));
    if (minted !== STORED) throw new Error(`only ${minted} of ${STORED} codes were stored`);
  });
}

function storeByCreateMany(shopId: number, { number, poolId, parentId }: BenchAward): Promise<number> {
  const maker = codeMaker(KEY, nextPool++, { ...PATTERN, prefix: "MANY" });
  const rows = Array.from({ length: CREATE_MANY }, (_, slot) => ({ shopId, awardNumber: number, poolId, parentId, code: maker.codeAt(slot) }));
  return perSecond(CREATE_MANY, () => prisma.coupon.createMany({ data: rows }));
}

/** The same rows into a table with no index or constraint to look after: as fast as they can arrive. */
async function storeByBareCopy(shopId: number, { number, poolId, parentId }: BenchAward): Promise<number> {
  await pool.query(`DROP TABLE IF EXISTS bare_coupon; CREATE TABLE bare_coupon (LIKE "Coupon" INCLUDING DEFAULTS)`);
  const maker = codeMaker(KEY, nextPool++, PATTERN);
  const client = await pool.connect();
  try {
    return await perSecond(STORED, () =>
      pipeline(
        Readable.from(lines(maker.codeAt, [shopId, number, poolId, parentId].join("\t"))),
        client.query(copyFrom(`COPY bare_coupon ("shopId", "awardNumber", "poolId", "parentId", "code") FROM STDIN`)),
      ),
    );
  } finally {
    client.release();
  }
}

function* lines(codeAt: (slot: number) => string, home: string): Generator<Buffer> {
  for (let slot = 0; slot < STORED; slot += 5_000) {
    yield Buffer.from(Array.from({ length: 5_000 }, (_, index) => `${home}\t${codeAt(slot + index)}\n`).join(""));
  }
}
