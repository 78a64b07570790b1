/** One step of undoing an import: what its next rows did, where nobody has used it since. */
import { Prisma, type Award } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { recordDiscounts } from "../awards/update.server";
import { recordChanges } from "../changes/record.server";
import { takeBack } from "../coupons/take-back.server";
import type { Job, Stepped } from "../jobs/job";
import { postRows } from "./apply-rows.server";
import { handOverCodes, handOverPlaces } from "./hand-over.server";
import { followMerges, ImportJob, importToWork, VALID_ROW, type ImportToWork } from "./work.server";

interface Undone {
  /** Where the next step begins; null: nothing is left. */
  until: number | bigint | null;
  undone: number;
  inUse: number;
}

export async function stepUndo(tx: Tx, shopId: number, job: Job, now: Date): Promise<Stepped> {
  const { importId } = ImportJob.parse(job.request);
  const work = await importToWork(tx, shopId, importId);
  const { until, undone, inUse } = await undoNext(tx, shopId, work, BigInt(job.cursor || 0), now);
  if (until === null) await tx.import.updateMany({ where: { shopId, id: importId, status: "undoing" }, data: { status: "undone", undoneAt: now } });
  return { done: undone + inUse, failed: inUse, outcomes: { undone, in_use: inUse }, cursor: String(until ?? ""), finished: until === null };
}

async function undoNext(tx: Tx, shopId: number, work: ImportToWork, from: bigint, now: Date): Promise<Undone> {
  switch (work.kind) {
    case "codes":
    case "customer_codes":
      return undoCodes(tx, shopId, work, from, now);
    case "issue":
      return undoIssues(tx, shopId, work, from, now);
    case "points":
      return undoPoints(tx, shopId, work, from, now);
    case "eligible":
      return undoListing(tx, shopId, work, from, now);
    case "revoke":
      throw new Error("a revocation cannot be undone");
    default:
      return work satisfies never;
  }
}

/** The lines that one step works on. */
const pageOf = (shopId: number, { id, appliedUntil }: ImportToWork, from: bigint, limit: number) => Prisma.sql`
  SELECT r."line" FROM "ImportRow" r
  WHERE r."shopId" = ${shopId} AND r."importId" = ${id} AND r."fate" IS NULL AND r."line" > ${from} AND r."line" <= ${appliedUntil} ORDER BY r."line" LIMIT ${limit}`;

const CODES_STEP = 10_000;

/** Codes nobody has, and no other file names, are revoked and leave Shopify; from then on the same code can be imported anew. */
async function undoCodes(tx: Tx, shopId: number, work: ImportToWork & { award: Award }, from: bigint, now: Date): Promise<Undone> {
  const { id, award, appliedUntil } = work;
  const handedOver = await handOverCodes(tx, shopId, work, pageOf(shopId, work, from, CODES_STEP));
  const [page] = await tx.$queryRaw<{ until: number | null; count: number; withdrawn: bigint[] | null; undone: number }[]>`
    WITH listed AS MATERIALIZED (
      SELECT r."line", r."code" FROM "ImportRow" r
      WHERE r."shopId" = ${shopId} AND r."importId" = ${id} AND r."fate" IS NULL AND r."line" > ${from} AND r."line" <= ${appliedUntil} ORDER BY r."line" LIMIT ${CODES_STEP}),
    -- One look-up for each code, never a walk through the award's codes.
    found AS MATERIALIZED (
      SELECT c."id" FROM listed l CROSS JOIN LATERAL (SELECT c."id", c."awardNumber" FROM "Coupon" c WHERE c."shopId" = ${shopId} AND c."code" = l."code" OFFSET 0) c
      WHERE c."awardNumber" = ${award.number} AND l."line" NOT IN (SELECT unnest(${handedOver}::int[]))),
    unused AS MATERIALIZED (
      SELECT c."id", c."codeState" FROM "Coupon" c
      WHERE c."shopId" = ${shopId} AND c."id" = ANY (ARRAY(SELECT f."id" FROM found f)) AND c."status" = 'available' ORDER BY c."id" FOR UPDATE),
    undone AS (
      UPDATE "Coupon" c SET "status" = 'revoked', "statusAt" = ${now}, "codeState" = CASE WHEN u."codeState" IN ('live', 'submitted') THEN u."codeState" ELSE 'withdrawn' END
      FROM unused u WHERE c."shopId" = ${shopId} AND c."id" = u."id" AND c."status" = 'available'
      RETURNING c."id", u."codeState")
    SELECT (SELECT max("line") FROM listed) AS "until", (SELECT count(*)::int FROM listed) AS "count", (SELECT count(*)::int FROM undone) AS "undone",
      (SELECT array_agg("id") FROM undone WHERE "codeState" IN ('live', 'submitted')) AS "withdrawn"`;
  if (!page) throw new Error("undoing codes answered nothing");
  await recordChanges(tx, shopId, { kind: "withdraw_code", subjects: page.withdrawn ?? [] }, now);
  return { until: page.until, undone: page.undone, inUse: page.count - page.undone };
}

const ISSUANCES_STEP = 200;

/** Coupons that were given and not used are taken back; what they cost goes back too. */
async function undoIssues(tx: Tx, shopId: number, { id, award }: ImportToWork & { award: Award }, from: bigint, now: Date): Promise<Undone> {
  const given = await tx.issuance.findMany({ where: { shopId, importId: id, id: { gt: from } }, orderBy: { id: "asc" }, take: ISSUANCES_STEP, select: { id: true, status: true } });
  const unused = given.filter(({ status }) => status === "open").map((issuance) => issuance.id);
  const fates = await takeBack(tx, shopId, award, { issuanceIds: unused, returnPoints: true }, now);
  const undone = [...fates.values()].filter((fate) => fate === "revoked").length;
  return { until: given.at(-1)?.id ?? null, undone, inUse: given.length - undone };
}

const ENTRIES_STEP = 500;

/** A line of the ledger stays; another takes its points back where they are still there. The last row first, as it came on top. */
async function undoPoints(tx: Tx, shopId: number, { id, appliedUntil }: ImportToWork, from: bigint, now: Date): Promise<Undone> {
  const before = from === 0n ? appliedUntil + 1 : Number(from);
  await followMerges(tx, shopId, id, Prisma.sql`AND "line" < ${before} ORDER BY "line" DESC LIMIT ${ENTRIES_STEP}`);
  const rows = await tx.importRow.findMany({ where: { shopId, importId: id, fate: null, line: { lt: before } }, orderBy: { line: "desc" }, take: ENTRIES_STEP, select: VALID_ROW });
  const posted = await postRows(tx, shopId, rows.map((row) => ({ ...row, note: null })), { kind: "adjusted", sign: -1, reason: `undo:import:${id}:`, note: "Import undone" }, now);
  const undone = posted.filter(({ outcome }) => outcome === "posted" || outcome === "already_posted").length;
  return { until: rows.at(-1)?.line ?? null, undone, inUse: rows.length - undone };
}

const LISTED_STEP = 10_000;

/**
 * Whoever has been given the award meanwhile stays on its list, and so does who was there before (merged, they may be one with
 * somebody of the file) and whom another file names.
 */
async function undoListing(tx: Tx, shopId: number, work: ImportToWork & { award: Award }, from: bigint, now: Date): Promise<Undone> {
  const { id, award, appliedUntil } = work;
  await followMerges(tx, shopId, id, Prisma.sql`AND "line" > ${from} AND "line" <= ${appliedUntil} ORDER BY "line" LIMIT ${LISTED_STEP}`);
  await handOverPlaces(tx, shopId, work, pageOf(shopId, work, from, LISTED_STEP));
  const [page] = await tx.$queryRaw<{ until: number | null; count: number; undone: number }[]>`
    WITH listed AS MATERIALIZED (
      SELECT r."line", r."customerId" FROM "ImportRow" r
      WHERE r."shopId" = ${shopId} AND r."importId" = ${id} AND r."fate" IS NULL AND r."line" > ${from} AND r."line" <= ${appliedUntil} ORDER BY r."line" LIMIT ${LISTED_STEP}),
    undone AS (
      DELETE FROM "AwardCustomer" c
      WHERE c."shopId" = ${shopId} AND c."awardNumber" = ${award.number} AND c."importId" = ${id} AND c."customerId" = ANY (ARRAY(SELECT l."customerId" FROM listed l)) AND NOT EXISTS (
        SELECT 1 FROM "Issuance" i WHERE i."shopId" = ${shopId} AND i."customerId" = c."customerId" AND i."awardNumber" = ${award.number} AND i."status" NOT IN ('returned', 'revoked'))
      RETURNING 1)
    SELECT (SELECT max("line") FROM listed) AS "until", (SELECT count(*)::int FROM listed) AS "count", (SELECT count(*)::int FROM undone) AS "undone"`;
  if (!page) throw new Error("undoing a list answered nothing");
  if (page.undone > 0) await recordDiscounts(tx, shopId, award.number, now);
  return { until: page.until, undone: page.undone, inUse: page.count - page.undone };
}
