/** What becomes of an import's rows, before anything is done: each that would fail is given its fate, by set-based statements. */
import { Prisma, type Award } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { joinOnce } from "../../lib/join-once.server";
import { ACTIVE } from "../coupons/take-back.server";
import { whyNoMoreCodes } from "../awards/add-codes.server";
import { UNRESTRICTED } from "../codes/archive-unused.server";
import type { Options } from "./import";
import type { ImportToWork, Lines } from "./work.server";

/** What can be said of rows by themselves, a page of them at a time. */
export async function judgeRows(tx: Tx, shopId: number, work: ImportToWork, lines: Lines, now: Date): Promise<void> {
  if (work.kind === "issue") await judgeIssues(tx, shopId, { importId: work.id, award: work.award, options: work.options, lines }, now);
}

/** What can only be said of all rows together. */
export async function judgeTogether(tx: Tx, shopId: number, work: ImportToWork, now: Date): Promise<void> {
  await joinOnce(tx);
  switch (work.kind) {
    case "codes":
    case "customer_codes":
      await repeatedIn(tx, shopId, work.id, Prisma.sql`"code"`);
      await codesWeHave(tx, shopId, work.id, work.award.number);
      if (whyNoMoreCodes(work.award, "uploaded", now)) await tx.importRow.updateMany({ where: { shopId, importId: work.id, fate: null }, data: { fate: "takes_no_codes" } });
      return;
    case "issue":
      await repeatedCustomers(tx, shopId, work.id, work.award, work.options, now);
      return beyondTotals(tx, shopId, work.id, work.award, now);
    case "revoke":
      await repeatedIn(tx, shopId, work.id, Prisma.sql`"customerId"`);
      return nothingToRevoke(tx, shopId, work.id, work.award.number);
    case "points":
      return beyondBalances(tx, shopId, work.id);
    case "eligible":
      await repeatedIn(tx, shopId, work.id, Prisma.sql`"customerId"`);
      return listedBefore(tx, shopId, work.id, work.award.number);
    default:
      return work satisfies never;
  }
}

/** The rows of an import that nothing stands against so far. */
const validRows = (shopId: number, importId: bigint) => Prisma.sql`"ImportRow" r WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."fate" IS NULL`;

async function repeatedIn(tx: Tx, shopId: number, importId: bigint, column: Prisma.Sql): Promise<void> {
  await tx.$executeRaw`
    WITH repeated AS (SELECT r.${column} AS value, min(r."line") AS first FROM ${validRows(shopId, importId)} GROUP BY r.${column} HAVING count(*) > 1)
    UPDATE "ImportRow" r SET "fate" = 'duplicate_in_file' FROM repeated
    WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."fate" IS NULL AND r.${column} = repeated.value AND r."line" > repeated.first`;
}

/** A code whose import was undone before anybody had it, and that is off Shopify, is free again. Of everybody's code none can say that nobody had it. */
export const FREE_AGAIN = Prisma.sql`(c."status" = 'revoked' AND c."codeState" = 'withdrawn' AND NOT c."shared" AND c."issuedAt" IS NULL AND c."usesCount" = 0)`;

/** Rows that were found done already when the preview was made, and are not any more: what had done them was undone since. */
export async function judgeAgain(tx: Tx, shopId: number, { id, kind, award }: ImportToWork): Promise<void> {
  switch (kind) {
    case "codes":
    case "customer_codes":
      return void (await tx.$executeRaw`
        UPDATE "ImportRow" r SET "fate" = NULL
        WHERE r."shopId" = ${shopId} AND r."importId" = ${id} AND r."fate" = 'already_here' AND NOT EXISTS (
          SELECT 1 FROM "Coupon" c WHERE c."shopId" = ${shopId} AND c."code" = r."code" AND NOT ${FREE_AGAIN} OFFSET 0)`);
    case "eligible":
      return void (await tx.$executeRaw`
        UPDATE "ImportRow" r SET "fate" = NULL
        WHERE r."shopId" = ${shopId} AND r."importId" = ${id} AND r."fate" = 'already_listed' AND NOT EXISTS (
          SELECT 1 FROM "AwardCustomer" l WHERE l."shopId" = ${shopId} AND l."awardNumber" = ${award.number} AND l."customerId" = r."customerId" OFFSET 0)`);
    case "issue":
    case "revoke":
    case "points":
      return;
    default:
      return kind satisfies never;
  }
}

async function codesWeHave(tx: Tx, shopId: number, importId: bigint, awardNumber: number): Promise<void> {
  const ours = Prisma.sql`(
    SELECT CASE WHEN c."awardNumber" = ${awardNumber} THEN 'already_here' ELSE 'already_ours' END FROM "Coupon" c
    WHERE c."shopId" = ${shopId} AND c."code" = r."code" AND NOT ${FREE_AGAIN})`;
  await tx.$executeRaw`
    UPDATE "ImportRow" r SET "fate" = ${ours}
    WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."fate" IS NULL AND ${ours} IS NOT NULL`;
}

interface IssuesToJudge {
  importId: bigint;
  award: Award;
  options: Options;
  lines: Lines;
}

/** Every row as if it were alone, by the rules that issuing itself goes by. */
async function judgeIssues(tx: Tx, shopId: number, { importId, award, options, lines }: IssuesToJudge, now: Date): Promise<void> {
  const rows = Prisma.sql`${validRows(shopId, importId)} AND r."line" > ${lines.from} AND r."line" <= ${lines.until}`;
  // As issuing has it: a plan made while the tables were small must not walk through them when they are large.
  await tx.$executeRaw`SELECT set_config(name, 'off', true) FROM unnest(ARRAY['enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin', 'jit']) AS name`;
  // Where nobody has had points there is no account; issuing would make it.
  await tx.$executeRaw`
    INSERT INTO "PointsAccount" ("shopId", "customerId") SELECT DISTINCT ${shopId}::int, r."customerId" FROM ${rows} ORDER BY 2 ON CONFLICT DO NOTHING`;
  await tx.$executeRaw`
    WITH judged AS MATERIALIZED (
      -- One row with all that fail, by their line: nothing that could be joined the wrong way round.
      SELECT coalesce(jsonb_object_agg(q."index", CASE WHEN q."shared" AND q."outcome" = 'existing_sent' THEN 'generic_twice' ELSE q."outcome" END), '{}') AS fates
      FROM unnest(issue_candidates(ARRAY(
        SELECT ROW(r."line", ${shopId}::int, r."customerId", ${award.number}::int, ${`preview:${importId}:`}::text || r."line", 'import', ${now}::timestamptz,
          NULL, ${options.distributed}::boolean, NULL, NULL, NULL)::issue_request
        FROM ${rows}))) q
      WHERE q."outcome" IS NOT NULL)
    UPDATE "ImportRow" r SET "fate" = judged.fates ->> r."line"::text FROM judged
    WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."line" > ${lines.from} AND r."line" <= ${lines.until} AND judged.fates ? r."line"::text`;
}

/** Further rows of a customer, who will have had the ones before. */
async function repeatedCustomers(tx: Tx, shopId: number, importId: bigint, award: Award, { distributed }: Options, now: Date): Promise<void> {
  const limited = award.codeSource !== "third_party";
  const limits = [award.issuesPerCustomer, award.usesPerCustomer].filter((limit) => limit !== null);
  const perCustomer = limited && limits.length > 0 ? Math.min(...limits) : null;
  const price = distributed ? 0 : (award.pointsPrice ?? 0);
  await tx.$executeRaw`
    WITH numbered AS (SELECT r."line", r."customerId", row_number() OVER (PARTITION BY r."customerId" ORDER BY r."line") AS nth FROM ${validRows(shopId, importId)}),
    again AS (
      SELECT n."line", CASE
        WHEN ${award.codeSource === "single"}::boolean THEN 'generic_twice'
        WHEN ${award.matchAgain}::text = 'existing' THEN 'existing_sent'
        WHEN ${award.matchAgain}::text = 'none' THEN 'customer_max_reached'
        WHEN n.nth + kept.count > ${perCustomer}::int THEN 'customer_max_reached'
        WHEN ${limited ? (award.issueGapDays ?? 0) : 0}::int > 0 THEN 'too_soon'
        WHEN ${price}::bigint * n.nth > p."balance" - p."held" THEN 'insufficient_points' END AS fate
      FROM numbered n
      CROSS JOIN LATERAL (SELECT p."balance", p."held" FROM "PointsAccount" p WHERE p."shopId" = ${shopId} AND p."customerId" = n."customerId" OFFSET 0) p
      CROSS JOIN LATERAL (
        SELECT count(*) AS count FROM "Issuance" i
        WHERE i."shopId" = ${shopId} AND i."customerId" = n."customerId" AND i."awardNumber" = ${award.number} AND i."status" NOT IN ('returned', 'revoked')
          AND i."issuedAt" <= ${now}::timestamptz) kept
      WHERE n.nth > 1)
    UPDATE "ImportRow" r SET "fate" = again.fate FROM again
    WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."line" = again."line" AND again.fate IS NOT NULL`;
}

/** Rows beyond what the award may still be given, or beyond a stock that nobody fills up. */
async function beyondTotals(tx: Tx, shopId: number, importId: bigint, award: Award, now: Date): Promise<void> {
  const [left] = await tx.$queryRaw<{ remaining: number | null }[]>`
    SELECT CASE WHEN a."codeSource" <> 'third_party' THEN least(a."issuesTotal" - t."issued", a."usesTotal" - greatest(t."issued", t."used")) END AS "remaining"
    FROM "Award" a JOIN "AwardTally" t ON t."shopId" = a."shopId" AND t."awardNumber" = a."number"
    WHERE a."shopId" = ${shopId} AND a."number" = ${award.number}`;
  if (left && left.remaining !== null) {
    await tx.$executeRaw`
      WITH placed AS (SELECT r."line", row_number() OVER (ORDER BY r."line") AS place FROM ${validRows(shopId, importId)})
      UPDATE "ImportRow" r SET "fate" = 'coupon_max_reached' FROM placed
      WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."line" = placed."line" AND placed.place > ${left.remaining}`;
  }
  const filledUp = award.codeSource === "single" || award.codeSource === "generated" || award.codeSource === "pattern";
  if (!filledUp) await beyondStock(tx, shopId, importId, award.number, now);
}

/** Each customer is given the codes that are theirs alone first; all others come out of what anybody can be given. */
async function beyondStock(tx: Tx, shopId: number, importId: bigint, awardNumber: number, now: Date): Promise<void> {
  const ready = Prisma.sql`
    "Coupon" c WHERE c."shopId" = ${shopId} AND c."awardNumber" = ${awardNumber} AND c."status" = 'available' AND c."codeState" IN ('live', 'local', 'planned', 'submitted')
      AND c."parentId" NOT IN (SELECT d."id" FROM "ParentDiscount" d WHERE d."shopId" = ${shopId} AND d."awardNumber" = ${awardNumber} AND d."offAt" IS NOT NULL)`;
  await tx.$executeRaw`
    WITH theirs AS MATERIALIZED (
      SELECT c."boundCustomerId" AS "customerId", count(*) AS count FROM ${ready} AND c."boundCustomerId" IS NOT NULL AND (c."expiresAt" IS NULL OR c."expiresAt" > ${now}::timestamptz) GROUP BY 1),
    numbered AS (SELECT r."line", r."customerId", row_number() OVER (PARTITION BY r."customerId" ORDER BY r."line") AS nth FROM ${validRows(shopId, importId)}),
    placed AS (
      SELECT n."line", row_number() OVER (ORDER BY n."line") AS place FROM numbered n LEFT JOIN theirs t ON t."customerId" = n."customerId"
      WHERE n.nth > coalesce(t.count, 0))
    UPDATE "ImportRow" r SET "fate" = 'out_of_codes' FROM placed
    WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."line" = placed."line"
      AND placed.place > (SELECT count(*) FROM ${ready} AND ${UNRESTRICTED})`;
}

async function nothingToRevoke(tx: Tx, shopId: number, importId: bigint, awardNumber: number): Promise<void> {
  await tx.$executeRaw`
    UPDATE "ImportRow" r SET "fate" = 'nothing_to_revoke'
    WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."fate" IS NULL AND NOT EXISTS (
      SELECT 1 FROM "Issuance" i WHERE i."shopId" = ${shopId} AND i."customerId" = r."customerId" AND i."awardNumber" = ${awardNumber} AND ${ACTIVE} OFFSET 0)`;
}

/** So many rows of one customer that fail are told apart from those that only come behind them. */
const FAILING_ROWS = 20;

/** The rows of one customer count together, in their order; one that fails does not count, so those behind it are looked at anew. */
async function beyondBalances(tx: Tx, shopId: number, importId: bigint): Promise<void> {
  for (let pass = 1; pass <= FAILING_ROWS; pass++) {
    const again = pass === 1 ? Prisma.empty : Prisma.sql`
      AND r."customerId" IN (SELECT f."customerId" FROM "ImportRow" f WHERE f."shopId" = ${shopId} AND f."importId" = ${importId} AND f."fate" IN ('below_zero', 'too_many_points'))`;
    const failed = await tx.$executeRaw`
      WITH running AS (
        SELECT r."line", r."customerId", r."points", coalesce(p."balance" - p."held", 0) + sum(r."points"::bigint) OVER (PARTITION BY r."customerId" ORDER BY r."line") AS free,
          coalesce(p."balance", 0) + sum(r."points"::bigint) OVER (PARTITION BY r."customerId" ORDER BY r."line") AS balance
        FROM "ImportRow" r
        LEFT JOIN LATERAL (SELECT p."balance", p."held" FROM "PointsAccount" p WHERE p."shopId" = ${shopId} AND p."customerId" = r."customerId" OFFSET 0) p ON true
        WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."fate" IS NULL ${again}),
      failing AS (
        SELECT w."line", w."points", row_number() OVER (PARTITION BY w."customerId" ORDER BY w."line") AS nth FROM running w
        WHERE (w."points" < 0 AND w.free < 0) OR (w."points" > 0 AND w.balance > 2147483647))
      UPDATE "ImportRow" r SET "fate" = CASE WHEN f."points" < 0 THEN 'below_zero' ELSE 'too_many_points' END FROM failing f
      WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."line" = f."line" AND (f.nth = 1 OR ${pass === FAILING_ROWS})`;
    if (failed === 0) return;
  }
}

async function listedBefore(tx: Tx, shopId: number, importId: bigint, awardNumber: number): Promise<void> {
  await tx.$executeRaw`
    UPDATE "ImportRow" r SET "fate" = 'already_listed'
    WHERE r."shopId" = ${shopId} AND r."importId" = ${importId} AND r."fate" IS NULL AND EXISTS (
      SELECT 1 FROM "AwardCustomer" l WHERE l."shopId" = ${shopId} AND l."awardNumber" = ${awardNumber} AND l."customerId" = r."customerId" OFFSET 0)`;
}
