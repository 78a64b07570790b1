/** Reads about coupons and their redemptions, shaped for the merchant's screens. */
import { Prisma } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { cutPage, PAGE_SIZE, type Page, type Position } from "../../lib/page";
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
  // The second half says what the index of used coupons holds, so that the planner may use it.
  issued: Prisma.sql`c."status" = 'issued' AND c."status" <> 'available'`,
  redeemed: Prisma.sql`c."status" = 'redeemed' AND c."status" <> 'available'`,
  expired: Prisma.sql`c."status" = 'expired' AND c."status" <> 'available'`,
  revoked: Prisma.sql`c."status" = 'revoked' AND c."status" <> 'available'`,
  archived: Prisma.sql`c."status" = 'archived' AND c."status" <> 'available'`,
  failed: Prisma.sql`c."codeState" = 'failed'`,
};

const ID = /^\d{1,18}$/;

/** Reading on from a cursor, by id; a cursor that is no id reads from the beginning. */
function idsFrom(column: Prisma.Sql, position: Position): { from: Prisma.Sql; order: Prisma.Sql } {
  const backwards = position?.direction === "before";
  const order = backwards ? Prisma.sql`ASC` : Prisma.sql`DESC`;
  const edge = position?.key[0] ?? "";
  if (!ID.test(edge)) return { from: Prisma.empty, order };
  return { from: Prisma.sql`AND ${column} ${backwards ? Prisma.sql`>` : Prisma.sql`<`} ${BigInt(edge)}`, order };
}

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
  const code = text.trim().toUpperCase();
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
  /** An order's name, a whole code, or part of a customer's name or e-mail. */
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
  const rows = await prisma.$queryRaw<RedemptionRow[]>`
    SELECT r."id", r."awardNumber", a."name" AS "awardName", c."code", r."orderGid", r."orderName", r."channel", r."discountMinor"::float8 AS "discountMinor", r."currency",
           r."flags", r."redeemedAt", r."customerId", coalesce(${NAME}, k."email") AS "customerName", v."reversedAt", v."reason" AS "reversalReason"
    FROM "Redemption" r
    JOIN "Award" a ON a."shopId" = r."shopId" AND a."number" = r."awardNumber"
    JOIN "Coupon" c ON c."shopId" = r."shopId" AND c."id" = r."couponId"
    LEFT JOIN "Customer" k ON k."shopId" = r."shopId" AND k."id" = r."customerId"
    LEFT JOIN "RedemptionReversal" v ON v."shopId" = r."shopId" AND v."redemptionId" = r."id"
    WHERE r."shopId" = ${shopId} ${Prisma.join(redemptionConditions(query), " ")} ${from}
    ORDER BY r."id" ${order} LIMIT ${size + 1}`;
  return cutPage(rows, query.position, (row) => [String(row.id)], size);
}

function redemptionConditions({ awardNumber, text, since, until, reversed }: RedemptionQuery): Prisma.Sql[] {
  const wanted = text.trim();
  const conditions = [Prisma.empty];
  if (awardNumber !== null) conditions.push(Prisma.sql`AND r."awardNumber" = ${awardNumber}`);
  if (since) conditions.push(Prisma.sql`AND r."redeemedAt" >= ${since}`);
  if (until) conditions.push(Prisma.sql`AND r."redeemedAt" < ${until}`);
  if (reversed !== null) conditions.push(reversed ? Prisma.sql`AND v."reversedAt" IS NOT NULL` : Prisma.sql`AND v."reversedAt" IS NULL`);
  if (wanted) {
    conditions.push(Prisma.sql`AND (r."orderName" IN (${wanted}, ${`#${wanted}`}) OR c."code" = ${wanted.toUpperCase()}
      OR strpos(lower(concat_ws(' ', k."firstName", k."lastName", k."email")), lower(${wanted})) > 0)`);
  }
  return conditions;
}
