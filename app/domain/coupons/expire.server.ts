/** Coupons whose time is over: marked, told, and the points that a checkout still held for them set free. */
import { Prisma } from "../../generated/prisma/client";
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { sweepEach } from "../../lib/sweep.server";
import { recordChanges } from "../changes/record.server";

const SHOPS_AT_ONCE = 500;
const COUPONS_PER_SHOP = 1000;
/** An award that ended longer ago has no coupon left to mark: none is issued after the end, and no lock lasts so long. */
const LOOK_BACK = Prisma.sql`interval '30 days'`;
/** An award whose end was moved is looked at for so long. */
const LOOK_BACK_EDITED = Prisma.sql`interval '1 day'`;

/**
 * Marks issued coupons past their end as expired, in bounded pages: what is left over is found by the next run; answers how
 * many. What readers show does not wait for it: they go by the time (couponStatus). Codes stay on Shopify where their discount
 * ended at the same instant; one whose discount goes on is withdrawn. Where the end of an award was moved on since, its coupons come back.
 */
export async function expireCoupons(now: Date): Promise<number> {
  const expired = await sweepEach(await shopsWith(dueCoupon(Prisma.sql`s."id"`, now)), "expiring coupons", ({ shopId }) => expireIn(shopId, now));
  await sweepEach(await shopsWith(revivedCoupon(Prisma.sql`s."id"`, now)), "bringing coupons back", ({ shopId }) => reviveIn(shopId, now));
  return expired;
}

function shopsWith(coupon: Prisma.Sql): Promise<{ shopId: number }[]> {
  return prisma.$queryRaw`SELECT s."id" AS "shopId" FROM "Shop" s WHERE EXISTS (${coupon}) ORDER BY s."id" LIMIT ${SHOPS_AT_ONCE}`;
}

/** By itself it would not be over. */
const endsLater = (now: Date) => Prisma.sql`(c."expiresAt" IS NULL OR c."expiresAt" > ${now}::timestamptz)`;

const UNLOCKED = (now: Date) => Prisma.sql`
  NOT EXISTS (SELECT 1 FROM "CouponLock" l WHERE l."shopId" = c."shopId" AND l."couponId" = c."id" AND l."status" = 'held' AND l."endsAt" > ${now}::timestamptz)`;

/** Issued coupons past their own end, then those whose award has ended before that. A till that has one locked may still use it. */
const dueCoupon = (shopId: Prisma.Sql, now: Date) => Prisma.sql`
  SELECT c."id" FROM "Coupon" c
  WHERE c."shopId" = ${shopId} AND c."status" = 'issued' AND c."expiresAt" IS NOT NULL AND c."expiresAt" <= ${now}::timestamptz AND ${UNLOCKED(now)}
  UNION ALL
  SELECT c."id" FROM "Award" a JOIN "Coupon" c ON c."shopId" = a."shopId" AND c."awardNumber" = a."number"
  WHERE a."shopId" = ${shopId} AND a."endsAt" <= ${now}::timestamptz AND a."endsAt" > ${now}::timestamptz - ${LOOK_BACK}
    AND c."status" = 'issued' AND c."status" <> 'available' AND ${endsLater(now)} AND ${UNLOCKED(now)}`;

const revivedCoupon = (shopId: Prisma.Sql, now: Date) => Prisma.sql`
  SELECT c."id" FROM "Award" a JOIN "Coupon" c ON c."shopId" = a."shopId" AND c."awardNumber" = a."number"
  WHERE a."shopId" = ${shopId} AND a."updatedAt" > ${now}::timestamptz - ${LOOK_BACK_EDITED} AND (a."endsAt" IS NULL OR a."endsAt" > ${now}::timestamptz)
    AND c."status" = 'expired' AND c."status" <> 'available' AND ${endsLater(now)}`;

async function expireIn(shopId: number, now: Date): Promise<number> {
  const expired = await inTransaction(async (tx) => {
    const marked = await markExpired(tx, shopId, now);
    await withdrawOutlived(tx, shopId, marked, now);
    return marked;
  });
  // On its own, since accounts and holds are locked before coupons. If it is lost, the holds end by themselves a little later.
  await prisma.$executeRaw`
    UPDATE "PointsHold" h SET "endsAt" = ${now}
    FROM "Issuance" i
    WHERE i."shopId" = ${shopId} AND i."couponId" = ANY(${expired}::bigint[]) AND i."status" = 'open'
      AND h."shopId" = ${shopId} AND h."id" = i."holdId" AND h."status" = 'held' AND h."endsAt" > ${now}::timestamptz`;
  return expired.length;
}

async function markExpired(tx: Tx, shopId: number, now: Date): Promise<bigint[]> {
  const marked = await tx.$queryRaw<{ id: bigint }[]>`
    WITH due AS (
      SELECT c."id" FROM "Coupon" c
      WHERE c."shopId" = ${shopId} AND c."id" IN (SELECT d."id" FROM (${dueCoupon(Prisma.sql`${shopId}::int`, now)} LIMIT ${COUPONS_PER_SHOP}) d)
      ORDER BY c."id" FOR UPDATE SKIP LOCKED),
    marked AS (
      UPDATE "Coupon" c SET "status" = 'expired', "statusAt" = ${now} FROM due
      WHERE c."shopId" = ${shopId} AND c."id" = due."id" AND c."status" = 'issued'
      RETURNING c."id", c."code", c."awardNumber", c."customerId"),
    told AS (
      INSERT INTO "Event" ("shopId", "kind", "data", "occurredAt", "recordedAt")
      SELECT ${shopId}, 'coupon.expired', jsonb_build_object('couponId', 'cpn_' || m."id", 'code', m."code", 'awardId', 'awd_' || m."awardNumber",
        'issuanceId', (SELECT 'iss_' || i."id" FROM "Issuance" i WHERE i."shopId" = ${shopId} AND i."couponId" = m."id" ORDER BY i."id" DESC LIMIT 1),
        'customerId', 'cus_' || m."customerId"), ${now}::timestamptz, ${now}::timestamptz
      FROM marked m)
    SELECT "id" FROM marked`;
  return marked.map(({ id }) => id);
}

/** Codes that others made share one discount whatever day they are given on: it does not end with the coupon. */
async function withdrawOutlived(tx: Tx, shopId: number, couponIds: bigint[], now: Date): Promise<void> {
  const outlived = await tx.$queryRaw<{ id: bigint }[]>`
    SELECT c."id" FROM "Coupon" c
    JOIN "ParentDiscount" d ON d."shopId" = c."shopId" AND d."id" = c."parentId" AND d."expiresAt" IS NULL
    JOIN "Award" a ON a."shopId" = c."shopId" AND a."number" = c."awardNumber" AND a."expiryRule" IN ('days', 'month_ends')
    WHERE c."shopId" = ${shopId} AND c."id" = ANY(${couponIds}::bigint[]) AND c."expiresAt" <= ${now}::timestamptz AND c."codeState" IN ('live', 'submitted')`;
  await recordChanges(tx, shopId, { kind: "withdraw_code", subjects: outlived.map(({ id }) => id) }, now);
}

function reviveIn(shopId: number, now: Date): Promise<number> {
  return prisma.$executeRaw`
    UPDATE "Coupon" c SET "status" = 'issued', "statusAt" = ${now}
    WHERE c."shopId" = ${shopId} AND c."status" = 'expired'
      AND c."id" IN (SELECT d."id" FROM (${revivedCoupon(Prisma.sql`${shopId}::int`, now)} LIMIT ${COUPONS_PER_SHOP}) d)`;
}
