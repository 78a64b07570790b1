/** Reads about awards, shaped for the merchant's screens. */
import { Prisma, type DiscountState } from "../../generated/prisma/client";
import { inTransaction, prisma } from "../../lib/db.server";
import { cutPage, PAGE_SIZE, type Page, type Position } from "../../lib/page";
import { readInOrder } from "../../lib/read-in-order.server";
import { readyCodes } from "../codes/stock.server";
import type { AwardState, CodeSource } from "./award";
import type { AwardTerms } from "./terms";
import { termsColumns } from "./terms-columns.server";

/** Counts in a list stop here: a list of awards with a million codes each must be as fast as one with ten. */
export const COUNT_BOUND = 1000;

export const AWARD_SORTS = ["newest", "oldest", "name", "ends"] as const;
export type AwardSort = (typeof AWARD_SORTS)[number];

export interface AwardQuery {
  /** Part of a name, or an award id. */
  text: string;
  /** Null: everything that is not archived. */
  state: AwardState | null;
  sort: AwardSort;
  position: Position;
}

export interface AwardRow extends AwardTerms {
  number: number;
  name: string;
  pointsPrice: number | null;
  usesTotal: number | null;
  startsAt: Date;
  endsAt: Date | null;
  state: AwardState;
  codeSource: CodeSource;
  /** Codes that can be handed out now, counted up to COUNT_BOUND + 1. */
  readyCount: number;
  /** Redemptions that stand. */
  redemptionsCount: number;
  discountState: DiscountView;
  /** What the page is ordered by. */
  sortKey: string;
}

/** How each sort orders: the key as text or number, the direction, and how a cursor's text becomes a key again. */
const SORTS: Record<AwardSort, { key: Prisma.Sql; descending: boolean; cast: Prisma.Sql }> = {
  newest: { key: Prisma.sql`a."number"`, descending: true, cast: Prisma.sql`int` },
  oldest: { key: Prisma.sql`a."number"`, descending: false, cast: Prisma.sql`int` },
  name: { key: Prisma.sql`lower(a."name")`, descending: false, cast: Prisma.sql`text` },
  ends: { key: Prisma.sql`coalesce(a."endsAt", 'infinity'::timestamptz)`, descending: false, cast: Prisma.sql`timestamptz` },
};

const stateAt = (now: Date) => Prisma.sql`
  CASE WHEN a."status" <> 'active' THEN a."status"::text
       WHEN a."endsAt" <= ${now} THEN 'expired'
       WHEN a."startsAt" > ${now} THEN 'scheduled'
       ELSE 'active' END`;

/** One page of the shop's awards. */
export async function listAwards(shopId: number, query: AwardQuery, now: Date): Promise<Page<AwardRow>> {
  const { key, descending, cast } = SORTS[query.sort];
  const backwards = query.position?.direction === "before";
  const down = descending !== backwards;
  const [edge, number] = query.position?.key ?? [];
  const from = edge === undefined || !isKey(query.sort, edge, number) ? Prisma.empty : Prisma.sql`
    AND (${key}, a."number") ${down ? Prisma.sql`<` : Prisma.sql`>`} (${edge}::${cast}, ${Number(number)}::int)`;
  const order = down ? Prisma.sql`DESC` : Prisma.sql`ASC`;
  const rows = await prisma.$queryRaw<AwardRow[]>`
    WITH page AS (
      SELECT a.*, ${stateAt(now)} AS "state", (${key})::text AS "sortKey", row_number() OVER (ORDER BY ${key} ${order}, a."number" ${order}) AS "place"
      FROM "Award" a
      WHERE a."shopId" = ${shopId} AND ${matches(query.text)}
        AND ${query.state ? Prisma.sql`${stateAt(now)} = ${query.state}` : Prisma.sql`a."status" <> 'archived'`} ${from}
      ORDER BY ${key} ${order}, a."number" ${order}
      LIMIT ${PAGE_SIZE + 1})
    SELECT a."number", a."name", ${termsColumns}, a."pointsPrice", a."usesTotal",
           a."startsAt", a."endsAt", a."state", a."codeSource"::text, a."sortKey",
           ${readyCount(COUNT_BOUND)} AS "readyCount", t."used" AS "redemptionsCount", ${discountState} AS "discountState"
    FROM page a JOIN "AwardTally" t ON t."shopId" = a."shopId" AND t."awardNumber" = a."number" ORDER BY a."place"`;
  return cutPage(rows, query.position, (row) => [row.sortKey, String(row.number)]);
}

/** A cursor is text from outside: one that is no key of this sort is no position. */
function isKey(sort: AwardSort, edge: string, number: string | undefined): boolean {
  if (!/^\d{1,9}$/.test(number ?? "")) return false;
  switch (sort) {
    case "newest":
    case "oldest":
      return /^\d{1,9}$/.test(edge);
    case "name":
      return true;
    case "ends":
      return edge === "infinity" || !Number.isNaN(Date.parse(edge));
    default:
      return sort satisfies never;
  }
}

function matches(text: string): Prisma.Sql {
  const number = /^(?:awd_)?([1-9]\d{0,8})$/i.exec(text.trim())?.[1];
  if (!text.trim()) return Prisma.sql`true`;
  const byName = Prisma.sql`strpos(lower(a."name"), lower(${text.trim()})) > 0`;
  return number ? Prisma.sql`(a."number" = ${Number(number)}::int OR ${byName})` : byName;
}

const readyCount = (bound: number) => readyCodes(Prisma.sql`a."shopId"`, Prisma.sql`a."number"`, bound + 1);

/** `off`: somebody switched it off or deleted it in Shopify. */
export type DiscountView = DiscountState | "off";

/** The worst of the discounts that an award's codes are given out of: one that failed is what a merchant must hear of. */
const discountState = Prisma.sql`
  (SELECT CASE WHEN bool_or(d."state" = 'failed') THEN 'failed' WHEN bool_or(d."offAt" IS NOT NULL) THEN 'off' WHEN bool_or(d."state" = 'pending') THEN 'pending' WHEN bool_or(d."state" = 'local') THEN 'local' ELSE 'live' END
   FROM "ParentDiscount" d WHERE d."shopId" = a."shopId" AND d."awardNumber" = a."number" AND d."retiredAt" IS NULL)`;

/** The award of this number with its pool and the worst of its discounts on Shopify, or null. */
export async function findAward(shopId: number, number: number) {
  const where = { shopId, awardNumber: number };
  const inUse = (state: DiscountState) => prisma.parentDiscount.findFirst({ where: { ...where, state, retiredAt: null }, orderBy: { id: "asc" } });
  const [award, pool, failed, off, pending, latest] = await Promise.all([
    prisma.award.findUnique({ where: { shopId_number: { shopId, number } } }),
    prisma.codePool.findFirst({ where, orderBy: { id: "asc" } }),
    inUse("failed"),
    prisma.parentDiscount.findFirst({ where: { ...where, offAt: { not: null }, retiredAt: null }, orderBy: { id: "asc" } }),
    inUse("pending"),
    prisma.parentDiscount.findFirst({ where, orderBy: { id: "desc" } }),
  ]);
  const discount = failed ?? off ?? pending ?? latest;
  if (!award || !pool || !discount) return null;
  const state: DiscountView = discount.state !== "failed" && discount.offAt ? "off" : discount.state;
  return { ...award, pool, discount: { ...discount, state } };
}

const DETAIL_BOUND = 10_000;

export interface AwardFigures {
  /** Each counted up to `bound`. */
  readyCount: number;
  waitingCount: number;
  failedCount: number;
  /** Coupons that are out or used, and redemptions that stand: as the limits count them. */
  issuedCount: number;
  redemptionsCount: number;
  /** What redemptions that stand took off, minor units of the award's currency; of the latest, as many as `bound`. */
  discountMinor: number;
  bound: number;
}

/** How an award is doing: its codes and their use. */
export async function awardFigures(shopId: number, number: number): Promise<AwardFigures> {
  const [counts, discountMinor] = await Promise.all([countsOf(shopId, number), discountGiven(shopId, number)]);
  return { ...counts, discountMinor, bound: DETAIL_BOUND };
}

async function countsOf(shopId: number, number: number): Promise<Omit<AwardFigures, "discountMinor" | "bound">> {
  const limit = DETAIL_BOUND + 1;
  const [row] = await prisma.$queryRaw<Omit<AwardFigures, "discountMinor" | "bound">[]>`
    SELECT ${readyCount(DETAIL_BOUND)} AS "readyCount", t."issued" AS "issuedCount", t."used" AS "redemptionsCount",
      (SELECT coalesce(sum(planned."count" + sent."count"), 0)::int
       FROM "ParentDiscount" d,
         LATERAL (SELECT count(*) FROM (SELECT 1 FROM "Coupon" c WHERE c."shopId" = d."shopId" AND c."parentId" = d."id" AND c."codeState" = 'planned' LIMIT ${limit}) p) planned,
         LATERAL (SELECT coalesce(sum(s."codesCount"), 0) AS "count" FROM "CodeSubmission" s WHERE s."shopId" = d."shopId" AND s."parentId" = d."id" AND s."state" <> 'done') sent
       WHERE d."shopId" = a."shopId" AND d."awardNumber" = a."number") AS "waitingCount",
      (SELECT count(*)::int FROM (SELECT 1 FROM "Coupon" c WHERE c."shopId" = a."shopId" AND c."awardNumber" = a."number" AND c."codeState" = 'failed' LIMIT ${limit}) failed) AS "failedCount"
    FROM "Award" a JOIN "AwardTally" t ON t."shopId" = a."shopId" AND t."awardNumber" = a."number"
    WHERE a."shopId" = ${shopId} AND a."number" = ${number}`;
  if (!row) throw new Error("the figures of an award are always one row");
  return row;
}

function discountGiven(shopId: number, number: number): Promise<number> {
  return inTransaction(async (tx) => {
    await readInOrder(tx);
    const [row] = await tx.$queryRaw<{ minor: number }[]>`
      SELECT coalesce(sum("discountMinor"), 0)::float8 AS "minor" FROM (
        SELECT r."discountMinor" FROM "Redemption" r
        WHERE r."shopId" = ${shopId} AND r."awardNumber" = ${number}
          AND r."currency" = (SELECT a."currency" FROM "Award" a WHERE a."shopId" = ${shopId} AND a."number" = ${number})
          AND NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = r."shopId" AND v."redemptionId" = r."id" OFFSET 0)
        ORDER BY r."redeemedAt" DESC LIMIT ${DETAIL_BOUND}) latest`;
    return row?.minor ?? 0;
  });
}
