/** A file comes in: its rows go straight into the database as they are read, in bounded memory. */
import { createHash, type Hash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { Prisma } from "../../generated/prisma/client";
import { csvLine } from "../../lib/csv";
import { readCsv, UnreadableFile, type CsvRow } from "../../lib/csv-file";
import { inTransaction, pool as connections, prisma, type Tx } from "../../lib/db.server";
import { whyNoMoreCodes } from "../awards/add-codes.server";
import { startJob } from "../jobs/start.server";
import { stepAtOnce } from "../jobs/step.server";
import { NewImport, Options, type ImportKind } from "./import";
import { stepPreview } from "./preview-step.server";
import { readHeader, readRow, type Layout } from "./row";

export const MAX_IMPORT_BYTES = 200 * 1024 * 1024;
export const MAX_IMPORT_ROWS = 1_000_000;
/** From so many rows on the planner is told what the table has become. */
const ANALYZE_FROM = 10_000;

export type StageImport =
  /** Every row is stored. Their fates are worked out at once for a small file, by the worker for a large one. */
  | { outcome: "staged"; importId: bigint }
  /** This very file was imported for this award before, and that stands, wholly or up to where it was stopped; nothing was stored. */
  | { outcome: "already_imported"; importId: bigint }
  /** The file, or what is wanted with it, cannot be used; the message says what to do. */
  | { outcome: "refused"; message: string };

/** Stages an import of at most `maxRows`. The same request key is the same import: sent again after a crash, the file is read anew. */
export async function stageImport(shopId: number, wanted: NewImport, chunks: AsyncIterable<Uint8Array>, now: Date, maxRows: number = MAX_IMPORT_ROWS): Promise<StageImport> {
  const { kind, fileName, requestKey, repeat, ...rest } = NewImport.parse(wanted);
  const awardNumber = "awardNumber" in rest ? rest.awardNumber : null;
  const refusal = ("understood" in rest && !rest.understood ? "Say that you understand that revoking coupons will make them unredeemable." : null) ?? (await refusalOf(shopId, kind, awardNumber, now));
  if (refusal) return { outcome: "refused", message: refusal };

  await prisma.import.createMany({ data: { shopId, kind, awardNumber, options: Options.parse(rest), fileName, requestKey, createdAt: now }, skipDuplicates: true });
  const { id, status } = await prisma.import.findUniqueOrThrow({ where: { shopId_requestKey: { shopId, requestKey } }, select: { id: true, status: true } });
  if (status !== "staging") return { outcome: "staged", importId: id };
  const hash = createHash("sha256");
  try {
    await storeRows(shopId, { id, kind, maxRows }, hashed(chunks, hash));
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    await prisma.import.updateMany({ where: { shopId, id, status: "staging" }, data: { status: "failed", problem: error.message } });
    return { outcome: "refused", message: error.message };
  }
  return finish(shopId, { importId: id, kind, awardNumber, fileHash: repeat ? null : hash.digest() }, now);
}

/** What stands against importing for this award at all. */
async function refusalOf(shopId: number, kind: ImportKind, awardNumber: number | null, now: Date): Promise<string | null> {
  if (awardNumber === null) return null;
  const award = await prisma.award.findUnique({ where: { shopId_number: { shopId, number: awardNumber } } });
  if (!award) return "There is no such award.";
  if (kind !== "codes" && kind !== "customer_codes") return null;
  return whyNoMoreCodes(award, "uploaded", now)?.message ?? null;
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

const COPY = 'COPY "ImportRow" ("shopId", "importId", "line", "input", "code", "namedBy", "name", "points", "note", "fate") FROM STDIN';

/** All rows or none: what an earlier try left is replaced. */
async function storeRows(shopId: number, { id: importId, kind, maxRows }: { id: bigint; kind: ImportKind; maxRows: number }, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const client = await connections.connect();
  try {
    await client.query("BEGIN");
    const { rows } = await client.query<{ status: string }>('SELECT "status" FROM "Import" WHERE "shopId" = $1 AND "id" = $2 FOR UPDATE', [shopId, importId]);
    if (rows[0]?.status !== "staging") {
      // The same upload came twice at once, and the other one was faster.
      await client.query("ROLLBACK");
      return;
    }
    await client.query('DELETE FROM "ImportRow" WHERE "shopId" = $1 AND "importId" = $2', [shopId, importId]);
    const file: FileSoFar = { layout: null, header: "", rowsCount: 0, maxRows };
    await pipeline(Readable.from(copyLines(kind, `${shopId}\t${importId}\t`, readCsv(chunks, { maxBytes: MAX_IMPORT_BYTES }), file)), client.query(copyFrom(COPY)));
    if (file.layout === null) throw new UnreadableFile("The file is empty. Its first line must name the columns.");
    if (file.rowsCount === 0) throw new UnreadableFile("The file has no rows below its first line.");
    await client.query('UPDATE "Import" SET "header" = $3, "rowsCount" = $4 WHERE "shopId" = $1 AND "id" = $2', [shopId, importId, file.header, file.rowsCount]);
    if (file.rowsCount >= ANALYZE_FROM) await client.query('ANALYZE "ImportRow"');
    await client.query("COMMIT");
  } catch (error) {
    await rollback(client);
    throw error;
  } finally {
    client.release();
  }
}

/** A connection that broke has rolled back by itself. */
async function rollback(client: pg.PoolClient): Promise<void> {
  await client.query("ROLLBACK").catch(() => {});
}

interface FileSoFar {
  layout: Layout | null;
  header: string;
  rowsCount: number;
  maxRows: number;
}

/** COPY's text form of the rows, a few hundred at a time; says in `file` what it has met. */
async function* copyLines(kind: ImportKind, home: string, batches: AsyncIterable<CsvRow[]>, file: FileSoFar): AsyncGenerator<Buffer> {
  for await (const batch of batches) {
    let text = "";
    for (const { line, cells } of batch) {
      if (file.layout === null) readFirstLine(kind, cells, file);
      else {
        if (++file.rowsCount > file.maxRows) throw new UnreadableFile(`The file has more than ${file.maxRows.toLocaleString("en")} rows. Upload it in parts.`);
        text += home + copyLine(kind, file.layout, line, cells);
      }
    }
    yield Buffer.from(text);
  }
}

function readFirstLine(kind: ImportKind, cells: string[], file: FileSoFar): void {
  const layout = readHeader(kind, cells);
  if (typeof layout === "string") throw new UnreadableFile(layout);
  file.layout = layout;
  file.header = ownCells(layout, cells);
}

function copyLine(kind: ImportKind, layout: Layout, line: number, cells: string[]): string {
  const { code, namedBy, name, points, note, fate } = readRow(kind, layout, cells);
  const fields = [ownCells(layout, cells), code, namedBy, name, points === null ? null : String(points), note, fate];
  return `${line}\t${fields.map(copyField).join("\t")}\n`;
}

/** The merchant's own cells as one line of CSV. */
function ownCells({ own }: Layout, cells: string[]): string {
  return csvLine(own.map((place) => cells[place] ?? "")).trimEnd();
}

const ESCAPES: Record<string, string> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** A field of COPY's text form: https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2 */
function copyField(value: string | null): string {
  if (value === null) return "\\N";
  return value.replace(/[\\\t\n\r]/g, (special) => ESCAPES[special] ?? "");
}

interface Staged {
  importId: bigint;
  kind: ImportKind;
  awardNumber: number | null;
  fileHash: Uint8Array<ArrayBuffer> | null;
}

async function finish(shopId: number, { importId, kind, awardNumber, fileHash }: Staged, now: Date): Promise<StageImport> {
  if (fileHash !== null && (await findHalf(shopId, { importId, kind, awardNumber, fileHash }))) return forget(shopId, { importId, kind, awardNumber, fileHash });
  try {
    await inTransaction((tx) => endStaging(tx, shopId, { importId, fileHash }, now));
  } catch (error) {
    if (!(error instanceof Prisma.PrismaClientKnownRequestError) || error.code !== "P2002" || fileHash === null) throw error;
    return forget(shopId, { importId, kind, awardNumber, fileHash });
  }
  const { jobId } = await prisma.import.findUniqueOrThrow({ where: { shopId_id: { shopId, id: importId } }, select: { jobId: true } });
  if (jobId !== null) await stepAtOnce(shopId, jobId, { import_preview: stepPreview }, now);
  return { outcome: "staged", importId };
}

/** Every row is stored: their fates are worked out next. Does nothing if that was said before. */
export async function endStaging(tx: Tx, shopId: number, { importId, fileHash }: Pick<Staged, "importId" | "fileHash">, now: Date): Promise<void> {
  const { count } = await tx.import.updateMany({ where: { shopId, id: importId, status: "staging" }, data: { status: "staged", fileHash } });
  if (count === 0) return;
  const { jobId } = await startJob(tx, shopId, { kind: "import_preview", request: { importId: String(importId) }, requestKey: `import:${importId}:preview` }, now);
  await tx.import.updateMany({ where: { shopId, id: importId }, data: { jobId } });
}

/** The same file stands already: this upload leaves nothing but the note that it came. */
async function forget(shopId: number, { importId, kind, awardNumber, fileHash }: Staged & { fileHash: Uint8Array<ArrayBuffer> }): Promise<StageImport> {
  await prisma.$transaction([
    prisma.importRow.deleteMany({ where: { shopId, importId } }),
    prisma.import.updateMany({ where: { shopId, id: importId, status: "staging" }, data: { status: "failed", problem: "This file was imported before." } }),
  ]);
  const standing = await prisma.import.findFirst({
    where: { shopId, kind, awardNumber, fileHash, OR: [{ status: { in: ["staged", "previewed", "applying", "applied", "undoing"] } }, STOPPED_HALF] },
    select: { id: true },
  });
  return standing ? { outcome: "already_imported", importId: standing.id } : { outcome: "refused", message: "This file was being imported a moment ago. Upload it again." };
}

/** What was applied until then stands: from its beginning, the file would do that twice. */
const STOPPED_HALF = { status: "cancelled", appliedCount: { gt: 0 } } as const;

function findHalf(shopId: number, { importId, kind, awardNumber, fileHash }: Staged & { fileHash: Uint8Array<ArrayBuffer> }): Promise<{ id: bigint } | null> {
  return prisma.import.findFirst({ where: { shopId, kind, awardNumber, fileHash, ...STOPPED_HALF, id: { not: importId } }, select: { id: true } });
}
