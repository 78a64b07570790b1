/** What the steps of an import work on. */
import { z } from "zod";
import { Prisma, type Award, type ImportStatus } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { IMPORT_KINDS, Options, type ImportKind } from "./import";

interface Common {
  id: bigint;
  status: ImportStatus;
  options: Options;
  rowsCount: number;
  appliedUntil: number;
}

export type ImportToWork = Common & ({ kind: Exclude<ImportKind, "points">; award: Award } | { kind: "points"; award: null });

/** The import with its award. */
export async function importToWork(tx: Tx, shopId: number, importId: bigint): Promise<ImportToWork> {
  const row = await tx.import.findUniqueOrThrow({ where: { shopId_id: { shopId, id: importId } } });
  const kind = IMPORT_KINDS.find((each) => each === row.kind);
  if (!kind) throw new Error(`nobody knows an import of kind ${row.kind}`);
  const common = { id: row.id, status: row.status, options: Options.parse(row.options), rowsCount: row.rowsCount, appliedUntil: row.appliedUntil };
  if (kind === "points") return { ...common, kind, award: null };
  const award = await tx.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: row.awardNumber ?? 0 } } });
  return { ...common, kind, award };
}

/** What every job of an import is asked for. */
export const ImportJob = z.object({ importId: z.string().transform(BigInt) });

/** Rows by the line they end on. */
export interface Lines {
  /** Exclusive. */
  from: number;
  /** Inclusive. */
  until: number;
}

/** How many rows have which fate. */
export async function countFates(tx: Tx, shopId: number, importId: bigint): Promise<Record<string, number>> {
  const rows = await tx.$queryRaw<{ fate: string; count: number }[]>`
    SELECT "fate", count(*)::int AS "count" FROM "ImportRow" WHERE "shopId" = ${shopId} AND "importId" = ${importId} AND "fate" IS NOT NULL GROUP BY "fate" ORDER BY "fate"`;
  return Object.fromEntries(rows.map(({ fate, count }) => [fate, count]));
}

/** What is read of a valid row. */
export const VALID_ROW = { line: true, code: true, customerId: true, points: true, note: true } as const;

/**
 * Rows about customers who were merged since they were named are about those who stayed. `page` says which rows come next: a merge of their
 * customers waits until this transaction is over.
 */
export async function followMerges(tx: Tx, shopId: number, importId: bigint, page: Prisma.Sql): Promise<void> {
  const merged = await tx.$queryRaw<{ id: bigint; keptId: bigint }[]>`
    WITH page AS MATERIALIZED (SELECT "customerId" FROM "ImportRow" WHERE "shopId" = ${shopId} AND "importId" = ${importId} AND "fate" IS NULL ${page}),
    -- In the order of their gids, as merging locks them.
    named AS MATERIALIZED (
      SELECT k."id", k."mergedIntoId" FROM "Customer" k
      WHERE k."shopId" = ${shopId} AND k."id" = ANY (ARRAY(SELECT DISTINCT p."customerId" FROM page p WHERE p."customerId" IS NOT NULL)) ORDER BY k."gid" FOR KEY SHARE)
    SELECT "id", "mergedIntoId" AS "keptId" FROM named WHERE "mergedIntoId" IS NOT NULL`;
  if (merged.length === 0) return;
  await tx.$executeRaw`
    UPDATE "ImportRow" r SET "customerId" = m."keptId" FROM unnest(${merged.map(({ id }) => id)}::bigint[], ${merged.map(({ keptId }) => keptId)}::bigint[]) AS m("id", "keptId")
    WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."customerId" = m."id"`;
  // Now the rows name those who stayed: they are not to go meanwhile either.
  await followMerges(tx, shopId, importId, page);
}

/** The next valid rows of an import, in the order of the file. */
export async function nextRows(tx: Tx, shopId: number, importId: bigint, from: number, limit: number) {
  await followMerges(tx, shopId, importId, Prisma.sql`AND "line" > ${from} ORDER BY "line" LIMIT ${limit}`);
  return tx.importRow.findMany({
    where: { shopId, importId, fate: null, line: { gt: from } },
    orderBy: { line: "asc" },
    take: limit,
    select: VALID_ROW,
  });
}
export type ValidRow = Awaited<ReturnType<typeof nextRows>>[number];

/** The customer of a row that has passed the preview. */
export function customerOf({ line, customerId }: ValidRow): bigint {
  if (customerId === null) throw new Error(`the valid row on line ${line} names no customer`);
  return customerId;
}
