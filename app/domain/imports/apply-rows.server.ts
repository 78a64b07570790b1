/** The next rows of an import are applied: each kind by the verb that does the same for one. */
import { Prisma, type Award } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { joinOnce } from "../../lib/join-once.server";
import { whyNoMoreCodes } from "../awards/add-codes.server";
import { recordDiscounts } from "../awards/update.server";
import { additionHome } from "../awards/addition-home.server";
import { lockTally } from "../awards/tally.server";
import { issueCoupons, issueCouponsIn, type IssueRequest, type Issuing } from "../coupons/issue.server";
import { ACTIVE, takeBack } from "../coupons/take-back.server";
import { lockAccounts } from "../points/lock-accounts.server";
import type { ImportFate } from "./fates";
import { FREE_AGAIN } from "./judge.server";
import { customerOf, followMerges, nextRows, type ImportToWork, type ValidRow } from "./work.server";

export interface AppliedRows {
  /** The last line that was worked; null: no row was left. */
  until: number | null;
  applied: number;
  /** Rows that failed after all: something has changed since the preview. */
  failed: { line: number; fate: ImportFate }[];
  /** The next row found no code, and codes are being made. */
  waitsForCodes?: boolean;
}

export interface RowsToApply {
  work: ImportToWork;
  from: number;
  /** All in the caller's transaction, so that one failure can take everything back; else what commits by itself may. */
  wholly: boolean;
  /** Whether to wait where a stock that is filled up by itself has run out. */
  patient: boolean;
}

/** Applies the next rows of an import after line `from`; every one of them only once, however often it is called. */
export async function applyRows(tx: Tx, shopId: number, rows: RowsToApply, now: Date): Promise<AppliedRows> {
  const { work, from } = rows;
  switch (work.kind) {
    case "codes":
    case "customer_codes":
      return applyCodes(tx, shopId, work, from, now);
    case "issue":
      return applyIssues(tx, shopId, { ...rows, award: work.award }, now);
    case "revoke":
      return applyRevocations(tx, shopId, { ...rows, award: work.award }, now);
    case "points":
      return applyPoints(tx, shopId, work, from, now);
    case "eligible":
      return applyListing(tx, shopId, work, work.award.number, from, now);
    default:
      return work satisfies never;
  }
}

const CODES_STEP = 50_000;

async function applyCodes(tx: Tx, shopId: number, { id, kind, award }: ImportToWork & { award: Award }, from: number, now: Date): Promise<AppliedRows> {
  if (whyNoMoreCodes(award, "uploaded", now)) {
    const rows = await tx.importRow.findMany({ where: { shopId, importId: id, fate: null, line: { gt: from } }, orderBy: { line: "asc" }, take: CODES_STEP, select: { line: true } });
    return { until: rows.at(-1)?.line ?? null, applied: 0, failed: rows.map(({ line }) => ({ line, fate: "takes_no_codes" })) };
  }
  if (kind === "customer_codes") await followMerges(tx, shopId, id, Prisma.sql`AND "line" > ${from} ORDER BY "line" LIMIT ${CODES_STEP}`);
  const { pool, tellShopify } = await additionHome(tx, shopId, award.number, now);
  await joinOnce(tx);
  const [stored] = await tx.$queryRaw<{ until: number | null; count: number; failed: number[] | null }[]>`
    WITH listed AS MATERIALIZED (
      SELECT r."line", r."code", r."customerId" FROM "ImportRow" r
      WHERE r."shopId" = ${shopId} AND r."importId" = ${id} AND r."fate" IS NULL AND r."line" > ${from} ORDER BY r."line" LIMIT ${CODES_STEP}),
    stored AS (
      INSERT INTO "Coupon" AS c ("shopId", "awardNumber", "poolId", "parentId", "code", "codeState", "boundCustomerId", "createdAt")
      SELECT ${shopId}::int, ${award.number}::int, ${pool.id}::bigint, d."id", l."code", CASE d."state" WHEN 'local' THEN 'local' ELSE 'planned' END::"CodeState", l."customerId", ${now}::timestamptz
      FROM listed l JOIN "ParentDiscount" d ON d."shopId" = ${shopId} AND d."id" = ${pool.parentId}
      ON CONFLICT ("shopId", "code") DO UPDATE SET "awardNumber" = EXCLUDED."awardNumber", "poolId" = EXCLUDED."poolId", "parentId" = EXCLUDED."parentId",
        "status" = 'available', "statusAt" = NULL, "codeState" = EXCLUDED."codeState", "boundCustomerId" = EXCLUDED."boundCustomerId", "createdAt" = EXCLUDED."createdAt",
        "redeemCodeGid" = NULL, "submissionId" = NULL, "problem" = NULL,
        "firstOrderOnly" = false, "usesPerCode" = NULL, "minOrderMinor" = NULL, "expiresAt" = NULL, "valueMinor" = NULL
      WHERE ${FREE_AGAIN}
      RETURNING c."code")
    SELECT (SELECT max("line") FROM listed) AS "until", (SELECT count(*)::int FROM stored) AS "count",
      (SELECT array_agg(l."line") FROM listed l WHERE NOT EXISTS (SELECT 1 FROM stored s WHERE s."code" = l."code")) AS "failed"`;
  if (!stored) throw new Error("storing codes answered nothing");
  if (stored.count > 0) await tellShopify(tx, [pool.parentId]);
  return { until: stored.until, applied: stored.count, failed: (stored.failed ?? []).map((line) => ({ line, fate: "already_ours" as const })) };
}

const ISSUES_STEP = 640;

async function applyIssues(tx: Tx, shopId: number, { work, award, from, wholly, patient }: RowsToApply & { award: Award }, now: Date): Promise<AppliedRows> {
  const page = await nextRows(tx, shopId, work.id, from, ISSUES_STEP);
  const requests: IssueRequest[] = page.map((row) => ({
    customerId: customerOf(row), awardNumber: award.number, requestKey: `${work.id}:${row.line}`, channel: "import", distributed: work.options.distributed, importId: work.id,
  }));
  if (wholly) {
    await lockTally(tx, shopId, award);
    await lockAccounts(tx, shopId, requests.map(({ customerId }) => customerId));
  }
  const issuings = wholly ? await issueCouponsIn(tx, shopId, requests, now) : await issueCoupons(shopId, requests, now);
  const dry = patient && isFilledUp(award) ? issuings.findIndex(({ outcome }) => outcome === "out_of_codes") : -1;
  // Those behind the first without a code come again, and are answered as they were.
  const rows = dry < 0 ? page : page.slice(0, dry);
  const failed = rows.flatMap(({ line }, index) => {
    const fate = issueFate(issuings[index], award);
    return fate === null ? [] : [{ line, fate }];
  });
  const until = rows.at(-1)?.line ?? (dry < 0 ? null : from);
  return { until, applied: rows.length - failed.length, failed, waitsForCodes: dry >= 0 };
}

/** Whether codes are made when the stock runs low. */
function isFilledUp({ codeSource }: Award): boolean {
  return codeSource === "generated" || codeSource === "pattern";
}

/** Null: the coupon was given. */
function issueFate(issuing: Issuing | undefined, award: Award): ImportFate | null {
  if (!issuing) throw new Error("a request was not answered");
  if (issuing.outcome === "issued") return null;
  return issuing.outcome === "existing_sent" && award.codeSource === "single" ? "generic_twice" : issuing.outcome;
}

const REVOCATIONS_STEP = 100;
const COUPONS_OF_STEP = 1000;

async function applyRevocations(tx: Tx, shopId: number, { work, award, from }: RowsToApply & { award: Award }, now: Date): Promise<AppliedRows> {
  const page = await nextRows(tx, shopId, work.id, from, REVOCATIONS_STEP);
  const held = await tx.$queryRaw<{ id: bigint; customerId: bigint }[]>`
    SELECT i."id", i."customerId" FROM "Issuance" i
    WHERE i."shopId" = ${shopId} AND i."awardNumber" = ${award.number} AND i."customerId" = ANY (${page.map(customerOf)}::bigint[]) AND ${ACTIVE}`;
  const byCustomer = new Map(page.map((row) => [customerOf(row), [] as bigint[]]));
  for (const { id, customerId } of held) byCustomer.get(customerId)?.push(id);
  const heldBy = (row: ValidRow) => byCustomer.get(customerOf(row)) ?? [];
  const rows = fitting(page, (row) => heldBy(row).length);
  const fates = await takeBack(tx, shopId, award, { issuanceIds: rows.flatMap(heldBy), returnPoints: work.options.returnPoints }, now);

  const failed = rows.flatMap((row): AppliedRows["failed"] => {
    const theirs = heldBy(row).map((id) => fates.get(id));
    if (theirs.includes("locked")) return [{ line: row.line, fate: "locked" }];
    return theirs.includes("revoked") ? [] : [{ line: row.line, fate: "nothing_to_revoke" }];
  });
  return { until: rows.at(-1)?.line ?? null, applied: rows.length - failed.length, failed };
}

/** As many rows as hold no more coupons than go in one step, but one at least: a row is judged by all that its customer holds. */
function fitting(rows: ValidRow[], countOf: (row: ValidRow) => number): ValidRow[] {
  let count = 0;
  const beyond = rows.findIndex((row, index) => (count += countOf(row)) > COUPONS_OF_STEP && index > 0);
  return beyond < 0 ? rows : rows.slice(0, beyond);
}

const ENTRIES_STEP = 500;

async function applyPoints(tx: Tx, shopId: number, work: ImportToWork, from: number, now: Date): Promise<AppliedRows> {
  const rows = await nextRows(tx, shopId, work.id, from, ENTRIES_STEP);
  const posted = await postRows(tx, shopId, rows, { kind: "imported", sign: 1, reason: `import:${work.id}:`, note: "Imported" }, now);
  const failed = posted.flatMap(({ line, outcome }): AppliedRows["failed"] => {
    if (outcome === "posted" || outcome === "already_posted") return [];
    return [{ line, fate: outcome === "full" ? "too_many_points" : "below_zero" }];
  });
  return { until: rows.at(-1)?.line ?? null, applied: rows.length - failed.length, failed };
}

interface RowEntries {
  kind: "imported" | "adjusted";
  sign: 1 | -1;
  /** What the reason key begins with, before the line. */
  reason: string;
  note: string;
}

/** Posts an entry for each row, the accounts locked in key order first; what became of each. */
export async function postRows(tx: Tx, shopId: number, rows: ValidRow[], { kind, sign, reason, note }: RowEntries, now: Date): Promise<{ line: number; outcome: "posted" | "already_posted" | "insufficient" | "full" }[]> {
  const customerIds = rows.map(customerOf);
  await tx.pointsAccount.createMany({ data: [...new Set(customerIds)].map((customerId) => ({ shopId, customerId })), skipDuplicates: true });
  await lockAccounts(tx, shopId, customerIds);
  return tx.$queryRaw`
    SELECT r."line", e."outcome"
    FROM unnest(${rows.map(({ line }) => line)}::int[], ${customerIds}::bigint[], ${rows.map(({ points }) => sign * (points ?? 0))}::int[], ${rows.map((row) => row.note ?? note)}::text[])
      AS r("line", "customerId", "points", "note"),
    LATERAL post_points_entry(${shopId}::int, r."customerId", ${kind}::"PointsEntryKind", r."points", ${reason}::text || r."line", r."note", NULL, NULL, ${now}::timestamptz, ${now}::timestamptz, false) e`;
}

const LISTED_STEP = 20_000;

async function applyListing(tx: Tx, shopId: number, { id }: ImportToWork, awardNumber: number, from: number, now: Date): Promise<AppliedRows> {
  await followMerges(tx, shopId, id, Prisma.sql`AND "line" > ${from} ORDER BY "line" LIMIT ${LISTED_STEP}`);
  await joinOnce(tx);
  const [stored] = await tx.$queryRaw<{ until: number | null; count: number; failed: number[] | null }[]>`
    WITH listed AS MATERIALIZED (
      -- Two rows may have come to be about one customer.
      SELECT r."line", r."customerId", row_number() OVER (PARTITION BY r."customerId" ORDER BY r."line") AS "nth" FROM "ImportRow" r
      WHERE r."shopId" = ${shopId} AND r."importId" = ${id} AND r."fate" IS NULL AND r."line" > ${from} ORDER BY r."line" LIMIT ${LISTED_STEP}),
    stored AS (
      INSERT INTO "AwardCustomer" ("shopId", "awardNumber", "customerId", "importId") SELECT ${shopId}::int, ${awardNumber}::int, l."customerId", ${id}::bigint FROM listed l
      ON CONFLICT DO NOTHING RETURNING "customerId")
    SELECT (SELECT max("line") FROM listed) AS "until", (SELECT count(*)::int FROM stored) AS "count",
      (SELECT array_agg(l."line") FROM listed l WHERE l."nth" > 1 OR NOT EXISTS (SELECT 1 FROM stored s WHERE s."customerId" = l."customerId")) AS "failed"`;
  if (!stored) throw new Error("listing customers answered nothing");
  // Shopify binds the discount to a short list of customers.
  if (stored.count > 0) await recordDiscounts(tx, shopId, awardNumber, now);
  return { until: stored.until, applied: stored.count, failed: (stored.failed ?? []).map((line) => ({ line, fate: "already_listed" as const })) };
}
