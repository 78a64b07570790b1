/** Reads of differences and of the looks that found them. */
import { Prisma, type ReconciliationStatus } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { idsFrom } from "../../lib/ids-from.server";
import { cutPage, PAGE_SIZE, type Page, type Position } from "../../lib/page";
import { demandKey } from "./demand.server";
import { DRIFT_KINDS, DriftDetails, isDriftKind, type DriftAction } from "./drift";

export interface DriftRow {
  id: bigint;
  kind: string;
  /** What kind of difference, and what becomes of it: in words. What waited for staff and no longer does has no remedy. */
  title: string;
  remedy: string;
  status: "queued" | "healed" | "closed";
  /** What happened here. */
  reason: string;
  details: DriftDetails;
  /** What staff can do about it; empty once it has ended. */
  actions: readonly DriftAction[];
  awardNumber: number | null;
  awardName: string | null;
  foundAt: Date;
  endedAt: Date | null;
}

/** One page of differences: those that wait for staff, or those that ended, the newest first. */
export async function listDrift(shopId: number, which: "waiting" | "ended", position: Position): Promise<Page<DriftRow>> {
  const { from, order } = idsFrom(Prisma.sql`d."id"`, position);
  const rows = await prisma.$queryRaw<Stored[]>`
    -- The page first: its awards are looked up for its rows only, however many differences there are.
    WITH page AS MATERIALIZED (
      SELECT * FROM "Drift" d
      WHERE d."shopId" = ${shopId} AND ${which === "waiting" ? Prisma.sql`d."status" = 'queued'` : Prisma.sql`d."status" <> 'queued'`} ${from}
      ORDER BY d."id" ${order} LIMIT ${PAGE_SIZE + 1})
    SELECT d."id", d."kind", d."status"::text, d."reason", d."details", d."foundAt", d."endedAt", a."number" AS "awardNumber", a."name" AS "awardName"
    FROM page d LEFT JOIN "Award" a ON a."shopId" = d."shopId" AND a."number" = (d."details"->>'awardNumber')::int
    ORDER BY d."id" ${order}`;
  return cutPage(rows.map(readRow), position, ({ id }) => [String(id)]);
}

type Stored = Omit<DriftRow, "title" | "remedy" | "details" | "actions"> & { details: unknown };

function readRow({ details, ...row }: Stored): DriftRow {
  const meaning = isDriftKind(row.kind) ? DRIFT_KINDS[row.kind] : { title: row.kind, heals: "itself", remedy: "", actions: [] };
  const isWaiting = row.status === "queued";
  const remedy = isWaiting || meaning.heals === "itself" ? meaning.remedy : "";
  return { ...row, details: DriftDetails.parse(details), title: meaning.title, remedy, actions: isWaiting ? meaning.actions : [] };
}

/** How many differences wait for staff. */
export function countDrift(shopId: number): Promise<number> {
  return prisma.drift.count({ where: { shopId, status: "queued" } });
}

export interface LastLook {
  kind: "orders" | "codes";
  status: ReconciliationStatus;
  startedAt: Date;
  endedAt: Date | null;
  /** Orders or codes that were looked at, differences that healed, and those that were left to staff. */
  looked: number;
  healed: number;
  queued: number;
  problem: string | null;
}

/** The last look at orders and the last one at codes, each if there was one. */
export async function readLastLooks(shopId: number): Promise<LastLook[]> {
  return prisma.$queryRaw<LastLook[]>`
    SELECT DISTINCT ON ("kind") "kind", "status"::text, "startedAt", "endedAt", "looked", "healed", "queued", "problem"
    FROM "Reconciliation" WHERE "shopId" = ${shopId} ORDER BY "kind" DESC, "startedAt" DESC`;
}

/** Whether a look that staff asked for is not over yet. One that was given up is. */
export async function isLookUnderWay(shopId: number): Promise<boolean> {
  const [row] = await prisma.$queryRaw<{ underWay: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM graphile_worker.jobs WHERE "key" = ${demandKey(shopId)} AND ("attempts" < "max_attempts" OR "locked_at" IS NOT NULL)) AS "underWay"`;
  return row?.underWay ?? false;
}
