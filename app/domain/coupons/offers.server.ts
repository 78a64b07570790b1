/** What a customer can redeem at the checkout, and what they hold already. */
import { z } from "zod";
import type { AwardOffer, CheckoutHints, HeldCoupon, RewardsAnswer } from "../../contract/checkout";
import { Prisma } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import type { Gid } from "../../lib/gid";
import { textsOfAwards } from "../awards/find-texts.server";
import { shownText, type AwardText } from "../awards/text";
import { describeTerms, type AwardTerms } from "../awards/terms";
import { termsColumns } from "../awards/terms-columns.server";
import { storedCode } from "../codes/list";
import { findCustomerByGid } from "../customers/queries.server";
import { toBalance } from "../points/balance";
import { findBalance, findOutlook, type Outlook } from "../points/queries.server";
import type { Standing } from "../points/tier";
import { readStanding } from "../points/tiers.server";
import type { AppliedCode, Combining } from "./conditions";
import { heldCoupon, type Held } from "./answers";
import { heldObstacles, OfferAward, obstacles, type OfferFacts, type Shopper } from "./obstacles";
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
  const reader = { locale: safeLocale(hints.locale), timeZone, pointsName };
  const customer = await findCustomerByGid(shopId, customerGid);
  const [applied, balance, offered, held, outlook, standing] = await Promise.all([
    findApplied(shopId, hints.codes ?? []),
    customer ? findBalance(shopId, customer.id, now) : toBalance(0, 0),
    listAwards(shopId, customer?.id ?? null, now),
    customer ? listHeld(shopId, customer.id, now) : [],
    customer ? findOutlook(shopId, customer.id, now) : null,
    customer ? readStanding(shopId, customer.id, now) : null,
  ]);
  const texts = await textsOfAwards(shopId, [...new Set([...offered.map(({ award }) => award.number), ...held.map(({ number }) => number)])]);
  const shopper: Shopper = {
    ...reader, customerId: customer?.id ?? null, registeredAt: customer?.registeredAt ?? null, ordersCount: customer?.ordersCount ?? 0,
    freePoints: balance.balance - balance.held, subtotalMinor: hints.subtotalMinor, currency: hints.currency, applied,
  };
  const offers = offered.map((facts) => toOffer(facts, texts.get(facts.award.number) ?? [], shopper, now));
  offers.sort((a, b) => Number(a.obstacles.length > 0) - Number(b.obstacles.length > 0) || a.pointsPrice - b.pointsPrice || a.awardNumber - b.awardNumber);
  const coupons = held.map((row) => toCoupon(row, texts.get(row.number) ?? [], shopper));
  return { state: "member", pointsName, points: balance.spendable, heldPoints: balance.held, ...(outlook && toCome(outlook)), ...(standing && { tier: toTier(standing) }), awards: offers, coupons };
}

/** What we know of the codes that are on the checkout. */
async function findApplied(shopId: number, codes: string[]): Promise<AppliedCode[]> {
  if (codes.length === 0) return [];
  const ours = await prisma.coupon.findMany({ where: { shopId, code: { in: codes.map(storedCode) } }, select: { code: true, awardNumber: true } });
  const awards = await prisma.award.findMany({ where: { shopId, number: { in: ours.map(({ awardNumber }) => awardNumber) } } });
  const numbers = new Map(ours.map(({ code, awardNumber }) => [code, awardNumber]));
  return codes.map((code) => ({ code, award: awards.find(({ number }) => number === numbers.get(storedCode(code))) ?? null }));
}

function toCome({ pending, nextPending, nextLapse }: Outlook) {
  return {
    ...(nextPending && { pending: { points: pending, firstPoints: nextPending.points, firstAt: nextPending.at.toISOString() } }),
    ...(nextLapse && { lapsing: { points: nextLapse.points, at: nextLapse.at.toISOString() } }),
  };
}

function toTier({ tier, next }: Standing) {
  return { name: tier?.name ?? null, next: next && { name: next.tier.name, missingPoints: next.missingPoints } };
}

function toOffer(facts: OfferFacts, texts: AwardText[], shopper: Shopper, now: Date): AwardOffer {
  const { award } = facts;
  const { number, pointsPrice, minPoints, maxPoints, stepPoints, stepMinor, currency } = award;
  const { name, conditions } = shownText(award.name, texts, shopper.locale);
  const isChosen = minPoints !== null && maxPoints !== null && stepPoints !== null && stepMinor !== null;
  return {
    awardNumber: number,
    name,
    terms: describeTerms(award, shopper.locale, shopper),
    ...(conditions !== null && { conditions }),
    pointsPrice,
    ...(isChosen && { choice: { minPoints, maxPoints, stepPoints, stepMinor, currency } }),
    obstacles: obstacles(facts, shopper, now),
  };
}

/** What PostgreSQL answers for one award. */
export const OfferRow = z.object({
  award: OfferAward,
  issuedCount: z.int(),
  lastIssuedAt: z.date().nullable(),
  remaining: z.int().nullable(),
  hadExcluded: z.boolean(),
  hasCode: z.boolean(),
  isOff: z.boolean(),
  customerUses: z.int(),
  lastUsedAt: z.date().nullable(),
});

/**
 * Awards that Shopify's checkout can apply, that are sold for points and not over, with what decides about them. Left out are
 * those for other customers, and those of which the customer holds a coupon that will do: it stands among their coupons.
 */
async function listAwards(shopId: number, customerId: bigint | null, now: Date): Promise<OfferFacts[]> {
  const rows = await readOffers(shopId, customerId, Prisma.sql`
    AND a."status" = 'active' AND a."appliedBy" = 'shopify' AND a."pointsPrice" IS NOT NULL
      AND (a."endsAt" IS NULL OR a."endsAt" > ${now}::timestamptz)
      AND (a."audience" = 'anyone' OR EXISTS (
        SELECT 1 FROM "AwardCustomer" l WHERE l."shopId" = ${shopId} AND l."awardNumber" = a."number" AND l."customerId" = ${customerId}::bigint))
      AND NOT ((a."matchAgain" = 'existing' OR a."codeSource" = 'single') AND EXISTS (
        SELECT 1 FROM "Issuance" i JOIN "Coupon" c ON c."shopId" = ${shopId} AND c."id" = i."couponId"
        WHERE ${issuedTo(shopId, customerId)} AND i."awardNumber" = a."number" AND ${usable(now)}))`, now);
  return z.array(OfferRow).parse(rows);
}

const issuedTo = (shopId: number, customerId: bigint | null) => Prisma.sql`i."shopId" = ${shopId} AND i."customerId" = ${customerId}::bigint`;

/** Rows like OfferRow, of the awards `a` that are asked for, the cheapest first: what decides whether this customer can be given a coupon of them. */
export function readOffers(shopId: number, customerId: bigint | null, asked: Prisma.Sql, now: Date): Promise<unknown> {
  const mine = issuedTo(shopId, customerId);
  return prisma.$queryRaw`
    SELECT to_jsonb(a) || jsonb_build_object('timeZone', s."timeZone", 'lockMinutes', s."lockMinutes") AS "award",
      coalesce(past."count", 0)::int AS "issuedCount", past."lastAt" AS "lastIssuedAt",
      least(a."issuesTotal" - t."issued", a."usesTotal" - greatest(t."issued", t."used")) AS "remaining",
      EXISTS (SELECT 1 FROM "Issuance" i WHERE ${mine} AND i."awardNumber" = ANY (a."excludedAwards") AND i."status" <> 'returned'
        AND i."issuedAt" > ((${now}::timestamptz AT TIME ZONE s."timeZone") - interval '6 months') AT TIME ZONE s."timeZone") AS "hadExcluded",
      has_code(${shopId}::int, a."number", ${customerId}::bigint, ${now}::timestamptz) AS "hasCode",
      EXISTS (SELECT 1 FROM "ParentDiscount" d WHERE d."shopId" = ${shopId} AND d."awardNumber" = a."number" AND d."offAt" IS NOT NULL AND d."retiredAt" IS NULL) AS "isOff",
      customer_uses(${shopId}::int, ${customerId}::bigint, a."number", a."usesPerCustomer") AS "customerUses",
      (SELECT max(r."redeemedAt") FROM "Redemption" r
        WHERE a."redeemGapDays" IS NOT NULL AND r."shopId" = ${shopId} AND r."customerId" = ${customerId}::bigint AND r."awardNumber" = a."number"
          AND NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = ${shopId} AND v."redemptionId" = r."id")) AS "lastUsedAt"
    FROM "Award" a
    JOIN "Shop" s ON s."id" = a."shopId"
    JOIN "AwardTally" t ON t."shopId" = a."shopId" AND t."awardNumber" = a."number"
    LEFT JOIN LATERAL (
      SELECT count(*) AS "count", max(i."issuedAt") AS "lastAt" FROM "Issuance" i
      WHERE ${mine} AND i."awardNumber" = a."number" AND i."status" NOT IN ('returned', 'revoked')) past ON true
    WHERE a."shopId" = ${shopId} ${asked}
    ORDER BY a."pointsPrice", a."number" LIMIT ${AWARDS_LIMIT}`;
}

/** An unused issuance `i` whose coupon `c` still works. */
const usable = (now: Date) => Prisma.sql`i."status" = 'open' AND c."status" IN ('available', 'issued', 'locked') AND c."codeState" IN ('live', 'local')
  AND (i."expiresAt" IS NULL OR i."expiresAt" > ${now}::timestamptz)`;

interface HeldRow extends AwardTerms, Pick<Combining, "combinesOrder" | "combinesProduct" | "combinesShipping">, Omit<Held, "award"> {
  number: number;
  name: string;
  endsAt: Date | null;
}

/** The customer's coupons that this checkout can apply, the newest first. */
function listHeld(shopId: number, customerId: bigint, now: Date): Promise<HeldRow[]> {
  return prisma.$queryRaw<HeldRow[]>`
    SELECT i."id" AS "issuanceId", c."code", i."points", i."expiresAt", i."valueMinor", a."number", a."name", a."endsAt",
      a."combinesOrder", a."combinesProduct", a."combinesShipping", ${termsColumns}
    FROM "Issuance" i
    JOIN "Coupon" c ON c."shopId" = ${shopId} AND c."id" = i."couponId"
    JOIN "Award" a ON a."shopId" = ${shopId} AND a."number" = i."awardNumber"
    WHERE i."shopId" = ${shopId} AND i."customerId" = ${customerId} AND ${usable(now)}
      AND a."appliedBy" = 'shopify' AND a."status" = 'active' AND (a."endsAt" IS NULL OR a."endsAt" > ${now}::timestamptz)
    ORDER BY i."id" DESC LIMIT ${COUPONS_LIMIT}`;
}

function toCoupon({ issuanceId, code, points, expiresAt, valueMinor, ...award }: HeldRow, texts: AwardText[], shopper: Shopper): HeldCoupon {
  const inTheWay = heldObstacles({ code, award }, shopper);
  return { ...heldCoupon({ issuanceId, code, points, expiresAt, valueMinor, award: { ...award, texts } }, shopper), ...(inTheWay.length > 0 && { obstacles: inTheWay }) };
}
