/** Reads about imports. */
import { z } from "zod";
import { prisma } from "../../lib/db.server";
import { cutPage, PAGE_SIZE, type Page, type Position } from "../../lib/page";
import { Outcomes, type JobProgress } from "../jobs/job";
import { findJob } from "../jobs/queries.server";
import { fateText } from "./fates";

const SUMMARY = {
  id: true, kind: true, awardNumber: true, fileName: true, status: true, rowsCount: true, fates: true, appliedCount: true, problem: true, createdAt: true, appliedAt: true, undoneAt: true,
} as const;

const ID = z.string().regex(/^\d{1,18}$/).transform(BigInt);

/** One page of the shop's imports, newest first. */
export async function listImports(shopId: number, position: Position, size = PAGE_SIZE) {
  const backwards = position?.direction === "before";
  const edge = ID.safeParse(position?.key[0]);
  const rows = await prisma.import.findMany({
    where: { shopId, ...(edge.success && { id: backwards ? { gt: edge.data } : { lt: edge.data } }) },
    orderBy: { id: backwards ? "asc" : "desc" },
    take: size + 1,
    select: SUMMARY,
  });
  return cutPage(rows.map(read), position, ({ id }) => [String(id)], size);
}

/** An import with the progress of its last job, or null. */
export async function findImport(shopId: number, importId: bigint) {
  const found = await prisma.import.findUnique({ where: { shopId_id: { shopId, id: importId } }, select: { ...SUMMARY, jobId: true } });
  if (!found) return null;
  const job: JobProgress | null = found.jobId === null ? null : await findJob(shopId, found.jobId);
  return { ...read(found), job };
}

/** Rows that fail by fate, and how many are left that do not. */
function read<Row extends { fates: unknown; rowsCount: number }>(row: Row) {
  const fates = Outcomes.parse(row.fates);
  const failing = Object.values(fates).reduce((sum, count) => sum + count, 0);
  return { ...row, fates, validCount: row.rowsCount - failing };
}

export interface ImportRowFate {
  line: number;
  input: string;
  customerId: bigint | null;
  /** Null: the row is valid, or applied. */
  fate: string | null;
  text: string | null;
}

/** One page of an import's rows in the order of the file; `fate` narrows it to rows that fail in this way. */
export async function listImportRows(shopId: number, importId: bigint, { fate, position }: { fate: string | null; position: Position }, size = PAGE_SIZE): Promise<Page<ImportRowFate>> {
  const backwards = position?.direction === "before";
  const line = Number(position?.key[0] ?? 0) || 0;
  const rows = await prisma.importRow.findMany({
    where: { shopId, importId, ...(fate !== null && { fate }), ...(position && { line: backwards ? { lt: line } : { gt: line } }) },
    orderBy: { line: backwards ? "desc" : "asc" },
    take: size + 1,
    select: { line: true, input: true, customerId: true, fate: true },
  });
  const told = rows.map((row) => ({ ...row, text: row.fate === null ? null : fateText(row.fate) }));
  return cutPage(told, position, (row) => [String(row.line)], size);
}
