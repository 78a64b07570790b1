/** What a customer can redeem, and what they hold already. */
import type { AwardOffer, CheckoutHints, HeldCoupon, RewardsAnswer } from "../../contract/checkout";
import { prisma } from "../../lib/db.server";
import type { Gid } from "../../lib/gid";
import { describeTerms, type AwardTerms } from "../awards/terms";
import { termsColumns } from "../awards/terms-columns.server";
import { findCustomerByGid } from "../customers/find-by-gid.server";
import { toBalance } from "../points/balance";
import { findBalance } from "../points/queries.server";
import { heldCoupon, type Held, type Reader } from "./answers";
import { obstacles, type OfferFacts, type Shopper } from "./obstacles";
import { safeLocale } from "./sentences";

const AWARDS_LIMIT = 50;
const COUPONS_LIMIT = 20;

export interface RewardsQuery {
  customerGid: Gid<"Customer">;
  pointsName: string;
  timeZone: string;
  hints: CheckoutHints;
}

/** The rewards of a customer: what can be redeemed first, cheapest first. A customer we have not met has no points. */
export async function listRewards(shopId: number, { customerGid, pointsName, timeZone, hints }: RewardsQuery, now: Date): Promise<RewardsAnswer> {
  const locale = safeLocale(hints.locale);
  const customerId = await findCustomerByGid(shopId, customerGid);
  const [balance, awards, coupons] = await Promise.all([
    customerId === null ? toBalance(0, 0) : findBalance(shopId, customerId),
    listAwards(shopId, customerId, now),
    customerId === null ? [] : listHeld(shopId, customerId, { locale, timeZone, pointsName }),
  ]);
  const shopper = { freePoints: balance.balance - balance.held, subtotalMinor: hints.subtotalMinor, currency: hints.currency, locale, timeZone, pointsName };
  const offers = awards.map((award) => toOffer(award, shopper, now));
  offers.sort((a, b) => Number(a.obstacles.length > 0) - Number(b.obstacles.length > 0) || a.pointsPrice - b.pointsPrice || a.awardNumber - b.awardNumber);
  return { state: "member", pointsName, points: balance.spendable, heldPoints: balance.held, awards: offers, coupons };
}

interface AwardRow extends OfferFacts, AwardTerms {
  number: number;
  name: string;
}

function toOffer(award: AwardRow, shopper: Shopper, now: Date): AwardOffer {
  return {
    awardNumber: award.number,
    name: award.name,
    terms: describeTerms(award, shopper.locale, shopper),
    pointsPrice: award.pointsPrice,
    obstacles: obstacles(award, shopper, now),
  };
}

/** Awards that are sold for points and not over, with what decides about them. Totals are counted only as far as their limit. */
function listAwards(shopId: number, customerId: bigint | null, now: Date): Promise<AwardRow[]> {
  return prisma.$queryRaw<AwardRow[]>`
    SELECT a."number", a."name", ${termsColumns}, a."pointsPrice", a."startsAt", a."issuesPerCustomer", a."issuesTotal", a."usesTotal",
      (SELECT count(*)::int FROM "Issuance" i
        WHERE i."shopId" = ${shopId} AND i."customerId" = ${customerId}::bigint AND i."awardNumber" = a."number" AND i."status" <> 'returned') AS "customerIssuances",
      (SELECT count(*)::int FROM (SELECT 1 FROM "Issuance" i
        WHERE i."shopId" = ${shopId} AND i."awardNumber" = a."number" AND i."status" <> 'returned'
        LIMIT coalesce(least(a."issuesTotal", a."usesTotal"), 0)) counted) AS "allIssuances",
      EXISTS (SELECT 1 FROM "CodePool" p JOIN LATERAL (
          SELECT 1 FROM "Coupon" c
          WHERE c."shopId" = ${shopId} AND c."poolId" = p."id" AND c."status" = 'available' AND c."codeState" = 'live' LIMIT 1) code ON true
        WHERE p."shopId" = ${shopId} AND p."awardNumber" = a."number") AS "hasCode"
    FROM "Award" a
    WHERE a."shopId" = ${shopId} AND a."status" = 'active' AND a."pointsPrice" IS NOT NULL AND (a."endsAt" IS NULL OR a."endsAt" > ${now}::timestamptz)
    ORDER BY a."pointsPrice", a."number" LIMIT ${AWARDS_LIMIT}`;
}

async function listHeld(shopId: number, customerId: bigint, reader: Reader): Promise<HeldCoupon[]> {
  const rows = await prisma.$queryRaw<(AwardTerms & Omit<Held, "award"> & { name: string; endsAt: Date | null })[]>`
    SELECT i."id" AS "issuanceId", c."code", i."points", i."expiresAt", i."valueMinor", a."name", a."endsAt", ${termsColumns}
    FROM "Issuance" i
    JOIN "Coupon" c ON c."shopId" = ${shopId} AND c."id" = i."couponId"
    JOIN "Award" a ON a."shopId" = ${shopId} AND a."number" = i."awardNumber"
    WHERE i."shopId" = ${shopId} AND i."customerId" = ${customerId} AND i."status" = 'open'
    ORDER BY i."id" DESC LIMIT ${COUPONS_LIMIT}`;
  return rows.map(({ issuanceId, code, points, expiresAt, valueMinor, ...award }) => heldCoupon({ issuanceId, code, points, expiresAt, valueMinor, award }, reader));
}
