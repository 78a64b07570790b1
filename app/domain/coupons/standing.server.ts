/** Where coupons stand, as an integrator asks: one by its code, or all of a customer. */
import { Prisma, type Award, type Coupon } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { idsFrom } from "../../lib/ids-from.server";
import { cutPage, type Page, type Position } from "../../lib/page";
import { couponEnd, couponStatus } from "./coupon";
import type { CouponRow } from "./queries.server";
import { storedCode } from "../codes/list";

const REDEMPTIONS_SHOWN = 50;
type Status = CouponRow["status"];

/** A coupon with its award; `endsAt` as its holder was promised. */
export interface CouponWithAward {
  coupon: Coupon;
  award: Award;
  endsAt: Date | null;
}

/** The coupons of these codes (upper case) that the shop has, in that order. */
export async function listByCodes(shopId: number, codes: string[]): Promise<CouponWithAward[]> {
  const coupons = await prisma.coupon.findMany({ where: { shopId, code: { in: codes } } });
  const awards = await prisma.award.findMany({ where: { shopId, number: { in: coupons.map(({ awardNumber }) => awardNumber) } } });
  const awardOf = new Map(awards.map((award) => [award.number, award]));
  const couponOf = new Map(coupons.map((coupon) => [coupon.code, coupon]));
  return codes.flatMap((code) => {
    const coupon = couponOf.get(code);
    const award = coupon && awardOf.get(coupon.awardNumber);
    return award ? { coupon, award, endsAt: couponEnd(coupon.expiresAt, award) } : [];
  });
}

/** The coupon of this code with its newest uses; null: the shop has none. */
export async function findCouponDetail(shopId: number, code: string, now: Date) {
  const [found] = await listByCodes(shopId, [storedCode(code)]);
  if (!found) return null;
  const { coupon, award } = found;
  const where = { shopId, couponId: coupon.id };
  const redemptions = await prisma.redemption.findMany({ where, orderBy: { id: "desc" }, take: REDEMPTIONS_SHOWN });
  const reversals = await prisma.redemptionReversal.findMany({ where: { shopId, redemptionId: { in: redemptions.map(({ id }) => id) } } });
  const reversalOf = new Map(reversals.map((reversal) => [reversal.redemptionId, reversal]));
  const lock = await prisma.couponLock.findFirst({ where: { ...where, status: "held", endsAt: { gt: now } }, orderBy: { lockedAt: "desc" }, select: { lockedAt: true } });
  const isLocked = lock !== null;
  const status = couponStatus(coupon, award, now);
  const holder = coupon.customerId === null ? null : await prisma.customer.findUnique({ where: { shopId_id: { shopId, id: coupon.customerId } }, select: { gid: true } });
  return {
    ...found,
    // As the customer's list has it: one code for everybody is no more locked than given.
    ...(status === "issued" && lock ? { status: "locked" as const, statusAt: lock.lockedAt } : { status, statusAt: coupon.statusAt ?? coupon.issuedAt }),
    isLocked,
    holderGid: holder?.gid ?? null,
    redemptions: redemptions.map((redemption) => ({ ...redemption, reversal: reversalOf.get(redemption.id) ?? null })),
  };
}

export interface CustomerCouponQuery {
  customerId: bigint;
  status: Status | null;
  /** Only coupons that can be used at this location, or in this zone. */
  location: string | null;
  zone: string | null;
  position: Position;
  size: number;
}

export interface CustomerCoupon extends CouponWithAward {
  issuanceId: bigint;
  status: Status;
  points: number;
  valueMinor: number | null;
  issuedAt: Date;
  isReversed: boolean;
  isLocked: boolean;
  customerUsedCount: number;
  statusAt: Date;
}

interface StandingRow {
  issuanceId: bigint;
  couponId: bigint;
  awardNumber: number;
  points: number;
  valueMinor: number | null;
  issuedAt: Date;
  endsAt: Date | null;
  status: Status;
  isReversed: boolean;
  isLocked: boolean;
  customerUsedCount: number;
  statusAt: Date;
}

/** One page of what a customer was given, newest first. */
export async function listCustomerCoupons(shopId: number, { customerId, status, location, zone, position, size }: CustomerCouponQuery, now: Date): Promise<Page<CustomerCoupon>> {
  const { from, order } = idsFrom(Prisma.sql`i."id"`, position);
  const rows = await prisma.$queryRaw<StandingRow[]>`
    SELECT * FROM (
      SELECT i."id" AS "issuanceId", i."couponId", i."awardNumber", i."points", coalesce(i."valueMinor", c."valueMinor") AS "valueMinor", i."issuedAt",
        e."endsAt", l."lockedAt" IS NOT NULL AS "isLocked", u."isReversed", u."customerUsedCount",
        greatest(i."issuedAt", i."endedAt", c."statusAt", l."lockedAt", u."lastAt", CASE WHEN e."endsAt" <= ${now}::timestamptz THEN e."endsAt" END) AS "statusAt",
        CASE WHEN i."status" = 'redeemed' THEN 'redeemed'
             WHEN i."status" IN ('returning', 'returned', 'revoked') OR c."status" = 'revoked' THEN 'revoked'
             WHEN c."status" = 'archived' THEN 'archived'
             WHEN e."endsAt" <= ${now}::timestamptz THEN 'expired'
             WHEN l."lockedAt" IS NOT NULL THEN 'locked' ELSE 'issued' END AS "status"
      FROM "Issuance" i
      JOIN "Coupon" c ON c."shopId" = i."shopId" AND c."id" = i."couponId"
      JOIN "Award" a ON a."shopId" = i."shopId" AND a."number" = i."awardNumber",
      LATERAL (SELECT least(i."expiresAt", c."expiresAt", a."endsAt") AS "endsAt") e,
      LATERAL (SELECT max(k."lockedAt") AS "lockedAt" FROM "CouponLock" k WHERE k."shopId" = i."shopId" AND k."couponId" = i."couponId" AND k."status" = 'held'
        AND k."endsAt" > ${now}::timestamptz AND (NOT c."shared" OR k."customerId" = i."customerId")) l,
      LATERAL (SELECT count(*) FILTER (WHERE v."redemptionId" IS NULL)::int AS "customerUsedCount", bool_or(v."redemptionId" IS NOT NULL) IS TRUE AS "isReversed",
          greatest(max(r."redeemedAt"), max(v."reversedAt")) AS "lastAt"
        FROM "Redemption" r LEFT JOIN "RedemptionReversal" v ON v."shopId" = r."shopId" AND v."redemptionId" = r."id"
        WHERE r."shopId" = i."shopId" AND r."couponId" = i."couponId" AND r."customerId" = i."customerId") u
      WHERE i."shopId" = ${shopId} AND i."customerId" = ${customerId} ${placed(location, zone)} ${from}) standing
    WHERE ${status === null ? Prisma.sql`true` : Prisma.sql`"status" = ${status}`}
    ORDER BY "issuanceId" ${order} LIMIT ${size + 1}`;
  const page = cutPage(rows, position, (row) => [String(row.issuanceId)], size);
  return { ...page, rows: await withCoupons(shopId, page.rows) };
}

/** An award that names no place can be used anywhere. */
function placed(location: CustomerCouponQuery["location"], zone: string | null): Prisma.Sql {
  const anywhere = Prisma.sql`(cardinality(a."locationIds") = 0 AND cardinality(a."zones") = 0 AND cardinality(a."concepts") = 0)`;
  const at = location === null
    ? Prisma.empty
    : Prisma.sql`AND (${anywhere} OR ${location} = ANY(a."locationIds") OR EXISTS (
        SELECT 1 FROM "Location" p WHERE p."shopId" = a."shopId" AND p."id" = ${location} AND (p."zone" = ANY(a."zones") OR p."concept" = ANY(a."concepts"))))`;
  const within = zone === null
    ? Prisma.empty
    : Prisma.sql`AND (${anywhere} OR ${zone} = ANY(a."zones") OR EXISTS (
        SELECT 1 FROM "Location" p WHERE p."shopId" = a."shopId" AND p."zone" = ${zone} AND (p."id" = ANY(a."locationIds") OR p."concept" = ANY(a."concepts"))))`;
  return Prisma.sql`${at} ${within}`;
}

async function withCoupons(shopId: number, rows: StandingRow[]): Promise<CustomerCoupon[]> {
  const coupons = await prisma.coupon.findMany({ where: { shopId, id: { in: rows.map(({ couponId }) => couponId) } } });
  const awards = await prisma.award.findMany({ where: { shopId, number: { in: rows.map(({ awardNumber }) => awardNumber) } } });
  const couponOf = new Map(coupons.map((coupon) => [coupon.id, coupon]));
  const awardOf = new Map(awards.map((award) => [award.number, award]));
  return rows.map((row) => {
    const [coupon, award] = [couponOf.get(row.couponId), awardOf.get(row.awardNumber)];
    if (!coupon || !award) throw new Error(`issuance ${row.issuanceId} has no coupon or no award`);
    return { ...row, coupon, award };
  });
}
