/** Reads every code of our discounts from Shopify into SeenCode: page by page where there are few, by one bulk query where there are many. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { from as copyFrom } from "pg-copy-streams";
import { storedCode } from "../../domain/codes/list";
import { pool, prisma } from "../../lib/db.server";
import { readBulkResult } from "../../shopify/bulk-result.server";
import { BulkCodeLine, discountCodes } from "../../shopify/operations/discount-codes";
import type { AdminPort } from "../../shopify/operation";
import { waitAfter } from "./bulk.server";

export interface CodesLook {
  shopId: number;
  admin: AdminPort;
  now(): Date;
}

/** From so many codes, or discounts, on, one bulk query is cheaper than pages. */
const BULK_FROM_CODES = 10_000;
const BULK_FROM_DISCOUNTS = 200;

/** Whether the shop has so many codes on Shopify that they are read in bulk. */
export async function isLarge(shopId: number): Promise<boolean> {
  const [row] = await prisma.$queryRaw<{ codes: bigint; discounts: bigint }[]>`
    SELECT (SELECT count(*) FROM (SELECT 1 FROM "Coupon" WHERE "shopId" = ${shopId} AND "codeState" = 'live' LIMIT ${BULK_FROM_CODES}) c) AS codes,
      (SELECT count(*) FROM "ParentDiscount" WHERE "shopId" = ${shopId} AND "gid" IS NOT NULL) AS discounts`;
  return Number(row?.codes ?? 0) >= BULK_FROM_CODES || Number(row?.discounts ?? 0) >= BULK_FROM_DISCOUNTS;
}

/** Where a reading by pages stands: the discount it is at (its row), and the page that was read last. */
export interface PagePlace {
  parentId: string;
  after: string | null;
}

export type ReadPage =
  | { outcome: "read"; place: PagePlace; codes: number }
  /** Every discount was read. */
  | { outcome: "over" }
  | { outcome: "again"; afterMs: number };

/** Reads and stores the page that follows `place`. A discount that is gone at Shopify is passed by: it is not seen. */
export async function readPage({ shopId, admin }: CodesLook, passId: bigint, place: PagePlace): Promise<ReadPage> {
  const [parent] = await prisma.$queryRaw<{ id: bigint; gid: string }[]>`
    SELECT "id", "gid" FROM "ParentDiscount"
    WHERE "shopId" = ${shopId} AND "gid" IS NOT NULL AND "id" >= ${BigInt(place.parentId)} AND (${place.after !== null} OR "id" > ${BigInt(place.parentId)}) ORDER BY "id" LIMIT 1`;
  if (!parent) return { outcome: "over" };
  // The discount that the last page was of may be gone from here.
  const after = String(parent.id) === place.parentId ? place.after : null;
  const found = await admin.call(discountCodes, { id: parent.gid, after });
  if (found.outcome === "refused") return { outcome: "read", place: { parentId: String(parent.id), after: null }, codes: 0 };
  if (found.outcome !== "ok") return { outcome: "again", afterMs: waitAfter(found) };
  const { nodes, pageInfo } = found.answer ?? { nodes: null, pageInfo: { hasNextPage: false, endCursor: null } };
  if (nodes) {
    const rows = [{ code: parent.gid, id: parent.gid, uses: 0 }, ...nodes.map(({ code, id, asyncUsageCount }) => ({ code: storedCode(code), id, uses: asyncUsageCount }))];
    await prisma.$executeRaw`
      INSERT INTO "SeenCode" ("shopId", "reconciliationId", "code", "gid", "parentGid", "uses")
      SELECT ${shopId}, ${passId}, code, gid, ${parent.gid}, uses
      FROM unnest(${rows.map(({ code }) => code)}::text[], ${rows.map(({ id }) => id)}::text[], ${rows.map(({ uses }) => uses)}::int[]) AS seen(code, gid, uses)
      ON CONFLICT ("shopId", "reconciliationId", "code") DO NOTHING`;
  }
  return { outcome: "read", place: { parentId: String(parent.id), after: pageInfo.hasNextPage ? pageInfo.endCursor : null }, codes: nodes?.length ?? 0 };
}

const COLUMNS = '"shopId", "reconciliationId", "code", "gid", "parentGid", "uses"';
/** Lines of the result that are one piece of COPY. */
const PIECE = 2_000;

/** Stores the whole result of the bulk query, or nothing of it: a connection that breaks half way leaves no half. Answers how many codes there are. */
export async function storeBulk(shopId: number, passId: bigint, url: string): Promise<number> {
  const parents = await prisma.parentDiscount.findMany({ where: { shopId, gid: { not: null } }, select: { gid: true } });
  const ours = new Set(parents.flatMap(({ gid }) => gid ?? []));
  const counted = { codes: 0 };
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query('DELETE FROM "SeenCode" WHERE "shopId" = $1 AND "reconciliationId" = $2', [shopId, passId]);
    // Codes that differ for Shopify can be one in capitals ("Straße", "STRASSE"). COPY knows no conflicts, so lines come by a table without a key.
    await client.query('CREATE TEMPORARY TABLE "ReadCode" (LIKE "SeenCode" INCLUDING DEFAULTS) ON COMMIT DROP');
    await pipeline(Readable.from(pieces(readBulkResult(url), `${shopId}\t${passId}\t`, ours, counted)), client.query(copyFrom(`COPY "ReadCode" (${COLUMNS}) FROM STDIN`)));
    await client.query(`INSERT INTO "SeenCode" (${COLUMNS}) SELECT ${COLUMNS} FROM "ReadCode" ON CONFLICT ("shopId", "reconciliationId", "code") DO NOTHING`);
    await client.query('ANALYZE "SeenCode"');
    await client.query("COMMIT");
    return counted.codes;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

async function* pieces(lines: AsyncIterable<string>, home: string, ours: Set<string>, counted: { codes: number }): AsyncGenerator<Buffer> {
  let rows: string[] = [];
  for await (const line of lines) {
    const row = rowOf(line, ours);
    if (row === null) continue;
    if (row.isCode) counted.codes++;
    rows.push(home + row.text);
    if (rows.length < PIECE) continue;
    yield Buffer.from(rows.join(""));
    rows = [];
  }
  yield Buffer.from(rows.join(""));
}

/** A line of our discounts, or of their codes, in COPY's text form; others' are passed by. */
function rowOf(line: string, ours: Set<string>): { text: string; isCode: boolean } | null {
  const read = BulkCodeLine.parse(JSON.parse(line));
  if (!("__parentId" in read)) return ours.has(read.id) ? { text: `${read.id}\t${read.id}\t${read.id}\t0\n`, isCode: false } : null;
  if (!ours.has(read.__parentId)) return null;
  return { text: `${storedCode(read.code).replace(/[\\\t\n\r]/g, (special) => ESCAPES[special] ?? "")}\t${read.id}\t${read.__parentId}\t${read.asyncUsageCount}\n`, isCode: true };
}

/** https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2 */
const ESCAPES: Record<string, string> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };
