/** Reads about coupons and their redemptions, shaped for the merchant's screens. */
import { Prisma } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { idsFrom } from "../../lib/ids-from.server";
import { cutPage, PAGE_SIZE, type Page, type Position } from "../../lib/page";
import { storedCode } from "../codes/list";
import { collected, customersNamed, isOneOf, type NamedCustomers } from "../customers/named.server";
import { couponStatus } from "./coupon";

/** What a list of coupons can be narrowed to; each is found by an index, however many coupons are of another kind. */
export const COUPON_FILTERS = ["available", "issued", "redeemed", "expired", "revoked", "archived", "failed"] as const;
export type CouponFilter = (typeof COUPON_FILTERS)[number];

export interface CouponRow {
  id: bigint;
  code: string;
  status: "available" | "issued" | "locked" | "redeemed" | "expired" | "revoked" | "archived";
  /** `off`: its discount was switched off or deleted in Shopify. */
  codeState: "planned" | "submitted" | "live" | "failed" | "withdrawn" | "local" | "off";
  shared: boolean;
  problem: string | null;
  usesCount: number;
  createdAt: Date;
  issuedAt: Date | null;
  customerId: bigint | null;
  customerName: string | null;
}

const FILTERS: Record<CouponFilter, Prisma.Sql> = {
  available: Prisma.sql`c."status" = 'available' AND c."codeState" = 'live'`,
  issued: Prisma.sql`c."status" = 'issued'`,
  redeemed: Prisma.sql`c."status" = 'redeemed'`,
  expired: Prisma.sql`c."status" = 'expired'`,
  revoked: Prisma.sql`c."status" = 'revoked'`,
  archived: Prisma.sql`c."status" = 'archived'`,
  failed: Prisma.sql`c."codeState" = 'failed'`,
};

const NAME = Prisma.sql`nullif(trim(concat_ws(' ', k."firstName", k."lastName")), '')`;

/**
 * One page of an award's coupons, newest first. `text` is a whole code: among a million, only that is found at once. Statuses
 * are those of this instant, swept or not.
 */
export async function listCoupons(
  shopId: number,
  { awardNumber, text, filter, position, size = PAGE_SIZE }: { awardNumber: number; text: string; filter: CouponFilter | null; position: Position; size?: number },
  now: Date,
): Promise<Page<CouponRow>> {
  const { from, order } = idsFrom(Prisma.sql`c."id"`, position);
  const code = storedCode(text);
  const rows = await prisma.$queryRaw<(CouponRow & { expiresAt: Date | null; awardEndsAt: Date | null; isLocked: boolean })[]>`
    SELECT c."id", c."code", c."status"::text, c."expiresAt", a."endsAt" AS "awardEndsAt",
           CASE WHEN c."codeState" = 'live' AND d."offAt" IS NOT NULL THEN 'off' ELSE c."codeState"::text END AS "codeState",
           EXISTS (SELECT 1 FROM "CouponLock" l WHERE l."shopId" = c."shopId" AND l."couponId" = c."id" AND l."status" = 'held' AND l."endsAt" > ${now}::timestamptz) AS "isLocked",
           c."shared", c."problem", c."usesCount", c."createdAt", c."issuedAt",
           c."customerId", coalesce(${NAME}, k."email") AS "customerName"
    FROM "Coupon" c JOIN "Award" a ON a."shopId" = c."shopId" AND a."number" = c."awardNumber"
    LEFT JOIN "ParentDiscount" d ON d."shopId" = c."shopId" AND d."id" = c."parentId"
    LEFT JOIN LATERAL (SELECT k."firstName", k."lastName", k."email" FROM "Customer" k WHERE k."shopId" = c."shopId" AND k."id" = c."customerId" OFFSET 0) k ON true
    WHERE c."shopId" = ${shopId} AND c."awardNumber" = ${awardNumber} AND ${filter ? FILTERS[filter] : Prisma.sql`true`}
      AND ${code ? Prisma.sql`c."code" = ${code}` : Prisma.sql`true`} ${from}
    ORDER BY c."id" ${order} LIMIT ${size + 1}`;
  const shown = rows.map(({ expiresAt, awardEndsAt, isLocked, ...row }) => {
    const status = couponStatus({ status: row.status, expiresAt }, { endsAt: awardEndsAt }, now);
    return { ...row, status: status === "issued" && isLocked ? ("locked" as const) : status };
  });
  return cutPage(shown, position, (row) => [String(row.id)], size);
}

export interface HeldCouponRow {
  issuanceId: bigint;
  awardNumber: number;
  awardName: string;
  code: string;
  points: number;
  status: "open" | "redeemed" | "returning" | "returned";
  issuedAt: Date;
}

/** The newest coupons a customer was given; at most 50. */
export function listCouponsOf(shopId: number, customerId: bigint): Promise<HeldCouponRow[]> {
  return prisma.$queryRaw<HeldCouponRow[]>`
    SELECT i."id" AS "issuanceId", i."awardNumber", a."name" AS "awardName", c."code", i."points", i."status"::text, i."issuedAt"
    FROM "Issuance" i
    JOIN "Coupon" c ON c."shopId" = i."shopId" AND c."id" = i."couponId"
    JOIN "Award" a ON a."shopId" = i."shopId" AND a."number" = i."awardNumber"
    WHERE i."shopId" = ${shopId} AND i."customerId" = ${customerId}
    ORDER BY i."id" DESC LIMIT 50`;
}

export interface RedemptionQuery {
  awardNumber: number | null;
  /** An order's name, a whole code, or what `customersNamed` finds customers by. */
  text: string;
  /** Inclusive and exclusive bounds of the redemption's time. */
  since: Date | null;
  until: Date | null;
  reversed: boolean | null;
  position: Position;
  size?: number;
}

export interface RedemptionRow {
  id: bigint;
  awardNumber: number;
  awardName: string;
  code: string;
  orderGid: string;
  orderName: string;
  channel: string;
  discountMinor: number;
  currency: string;
  flags: string[];
  redeemedAt: Date;
  customerId: bigint | null;
  customerName: string | null;
  reversedAt: Date | null;
  reversalReason: string | null;
}

/** One page of the shop's redemption records, newest first by the order in which they were recorded. */
export async function listRedemptions(shopId: number, query: RedemptionQuery): Promise<Page<RedemptionRow>> {
  const { from, order } = idsFrom(Prisma.sql`r."id"`, query.position);
  const size = query.size ?? PAGE_SIZE;
  const conditions = redemptionConditions(query);
  const wanted = query.text.trim();
  const named = wanted ? await customersNamed(shopId, wanted) : null;
  const found = !named ? Prisma.empty : named.areMany
    ? Prisma.sql`AND ${isFound(shopId, wanted, named)}`
    : Prisma.sql`AND r."id" = ANY (ARRAY(SELECT r."id" FROM (${collectFound(shopId, wanted, named, conditions)}) r WHERE true ${from} ORDER BY r."id" ${order} LIMIT ${size + 1}))`;
  const rows = await prisma.$queryRaw<RedemptionRow[]>`
    -- The page first: what it is about is looked up for its rows only, however many there are.
    WITH page AS MATERIALIZED (
      SELECT * FROM "Redemption" r WHERE r."shopId" = ${shopId} ${conditions} ${found} ${from} ORDER BY r."id" ${order} LIMIT ${size + 1})
    SELECT r."id", r."awardNumber", a."name" AS "awardName", c."code", r."orderGid", r."orderName", r."channel", r."discountMinor"::float8 AS "discountMinor", r."currency",
           r."flags", r."redeemedAt", r."customerId", coalesce(${NAME}, k."email") AS "customerName", v."reversedAt", v."reason" AS "reversalReason"
    FROM page r
    JOIN "Award" a ON a."shopId" = ${shopId} AND a."number" = r."awardNumber"
    CROSS JOIN LATERAL (SELECT c."code" FROM "Coupon" c WHERE c."shopId" = ${shopId} AND c."id" = r."couponId" OFFSET 0) c
    LEFT JOIN LATERAL (SELECT k."firstName", k."lastName", k."email" FROM "Customer" k WHERE k."shopId" = ${shopId} AND k."id" = r."customerId" OFFSET 0) k ON true
    LEFT JOIN LATERAL (SELECT v."reversedAt", v."reason" FROM "RedemptionReversal" v WHERE v."shopId" = ${shopId} AND v."redemptionId" = r."id" OFFSET 0) v ON true
    ORDER BY r."id" ${order}`;
  return cutPage(rows, query.position, (row) => [String(row.id)], size);
}

function redemptionConditions({ awardNumber, since, until, reversed }: RedemptionQuery): Prisma.Sql {
  const conditions = [Prisma.empty];
  if (awardNumber !== null) conditions.push(Prisma.sql`AND r."awardNumber" = ${awardNumber}`);
  if (since) conditions.push(Prisma.sql`AND r."redeemedAt" >= ${since}`);
  if (until) conditions.push(Prisma.sql`AND r."redeemedAt" < ${until}`);
  if (reversed !== null) {
    conditions.push(Prisma.sql`AND ${reversed ? Prisma.empty : Prisma.sql`NOT`} EXISTS (SELECT 1 FROM "RedemptionReversal" w WHERE w."shopId" = r."shopId" AND w."redemptionId" = r."id" OFFSET 0)`);
  }
  return Prisma.join(conditions, " ");
}

/** The ids of redemptions of this order, of this code, or of these customers: each found by its index. */
function collectFound(shopId: number, wanted: string, named: NamedCustomers, conditions: Prisma.Sql): Prisma.Sql {
  const those = (key: Prisma.Sql) => Prisma.sql`SELECT r."id" FROM "Redemption" r WHERE r."shopId" = ${shopId} AND ${key} ${conditions}`;
  return Prisma.sql`
    ${those(ofOrder(wanted))}
    UNION ${those(ofCode(shopId, wanted))}
    UNION SELECT r."id" FROM (${collected(shopId, named)}) k CROSS JOIN LATERAL (${those(Prisma.sql`r."customerId" = k."id"`)} OFFSET 0) r`;
}

/** The same, asked of one redemption `r`. */
function isFound(shopId: number, wanted: string, named: NamedCustomers): Prisma.Sql {
  return Prisma.sql`(${ofOrder(wanted)} OR ${ofCode(shopId, wanted)}
    OR EXISTS (SELECT 1 FROM "Customer" k WHERE k."shopId" = ${shopId} AND k."id" = r."customerId" AND ${isOneOf(named)} OFFSET 0))`;
}

const ofOrder = (wanted: string) => Prisma.sql`r."orderName" IN (${wanted}, ${`#${wanted}`})`;
const ofCode = (shopId: number, wanted: string) => Prisma.sql`r."couponId" = (SELECT c."id" FROM "Coupon" c WHERE c."shopId" = ${shopId} AND c."code" = ${storedCode(wanted)})`;
