/** How many codes of an award are left, how long they last, and what a guess is worth. */
import { Prisma } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { guess, spaceOf } from "./pattern";
import { perDay, runsDryAt, STOCK_BOUND } from "./sizing";

const WEEK_MS = 7 * 86_400_000;
const DAY_MS = 86_400_000;
/** As many issuances say how fast codes are given out. */
const PULL_BOUND = 10_000;

/**
 * The codes of an award that can be given out now, to anybody or to the one they are bound to: a count, up to `limit`. Each
 * discount's codes are limited by themselves, in the words of the index that claims are served from: it is read no further.
 */
export function readyCodes(shopId: Prisma.Sql, awardNumber: Prisma.Sql, limit: Prisma.Sql | number): Prisma.Sql {
  return Prisma.sql`
    (SELECT count(*)::int FROM (
       SELECT 1 FROM "ParentDiscount" d CROSS JOIN LATERAL (
         SELECT 1 FROM "Coupon" c
         WHERE c."shopId" = d."shopId" AND c."parentId" = d."id"
           AND c."status" = 'available' AND c."codeState" IN ('live', 'local') AND c."boundCustomerId" IS NULL
           AND NOT c."firstOrderOnly" AND c."usesPerCode" IS NULL AND c."minOrderMinor" IS NULL
         LIMIT ${limit}) c
       WHERE d."shopId" = ${shopId} AND d."awardNumber" = ${awardNumber} AND d."retiredAt" IS NULL AND d."offAt" IS NULL
       UNION ALL
       SELECT 1 FROM "Coupon" c
       WHERE c."shopId" = ${shopId} AND c."awardNumber" = ${awardNumber} AND c."status" = 'available' AND c."boundCustomerId" IS NOT NULL
         AND c."codeState" IN ('live', 'local') AND NOT discount_is_off(c."shopId", c."parentId")
       LIMIT ${limit}) ready)`;
}

export interface StockForecast {
  /** Codes that can be given out now, counted up to STOCK_BOUND + 1. */
  ready: number;
  /** How many are kept ready; 0: we do not make them. */
  stockTarget: number;
  selfSizing: boolean;
  lowStockAt: number | null;
  rotateDays: number | null;
  /** Codes given out a day, lately. */
  perDay: number;
  /** When the last code that there is or that can be made will be given out, at that pace. Null: not in sight. */
  dryAt: Date | null;
  /** One code for everybody: it does not run dry. */
  shared: boolean;
  /** The discount was switched off or deleted in Shopify: there may be codes, but none is given out. */
  stopped: boolean;
  /** No code is ready, and there are some that Shopify does not have yet. */
  waiting: boolean;
  /** What a guess is worth, where we make the codes. */
  guess: {
    /** How many codes the pattern has, how many of them were made, and how many of those may still work, at most. */
    space: number;
    made: number;
    live: number;
    fill: number;
    odds: number;
    risky: boolean;
  } | null;
}

/** The stock of an award's codes and what will become of it; null: there is no such award. */
export async function stockForecast(shopId: number, awardNumber: number, now: Date): Promise<StockForecast | null> {
  const pool = await prisma.codePool.findFirst({ where: { shopId, awardNumber }, orderBy: { id: "asc" } });
  if (!pool) return null;
  const { ready, used, given, firstAt, createdAt } = await readFigures(shopId, awardNumber, now);
  const since = given === PULL_BOUND && firstAt ? now.getTime() - firstAt.getTime() : Math.min(WEEK_MS, Math.max(DAY_MS, now.getTime() - createdAt.getTime()));
  const pull = { given, sinceMs: since };
  const { stockTarget, selfSizing, lowStockAt, rotateDays, source } = pool;
  const minted = source === "generated" || source === "pattern";
  const space = spaceOf(pool);
  const made = Number(pool.nextSlot);
  const live = Math.max(0, made - used);
  const left = ready + (minted ? space - made : 0);
  return {
    ready, stockTarget, selfSizing, lowStockAt, rotateDays,
    perDay: perDay(pull),
    dryAt: source === "single" ? null : runsDryAt(left, pull, now),
    shared: source === "single",
    stopped: ready === 0 && (await prisma.parentDiscount.count({ where: { shopId, awardNumber, offAt: { not: null }, retiredAt: null } })) > 0,
    waiting: ready === 0 && (await areCodesWaiting(shopId, awardNumber)),
    guess: minted ? { space, made, live, fill: made / space, ...guess(live, space) } : null,
  };
}

async function areCodesWaiting(shopId: number, awardNumber: number): Promise<boolean> {
  const rows = await prisma.$queryRaw<unknown[]>`
    SELECT 1 FROM "ParentDiscount" d
    WHERE d."shopId" = ${shopId} AND d."awardNumber" = ${awardNumber} AND d."retiredAt" IS NULL
      AND (EXISTS (SELECT 1 FROM "Coupon" c WHERE c."shopId" = d."shopId" AND c."parentId" = d."id" AND c."codeState" = 'planned')
        OR EXISTS (SELECT 1 FROM "CodeSubmission" s WHERE s."shopId" = d."shopId" AND s."parentId" = d."id" AND s."state" <> 'done'))
    LIMIT 1`;
  return rows.length > 0;
}

interface Figures {
  ready: number;
  used: number;
  given: number;
  firstAt: Date | null;
  createdAt: Date;
}

async function readFigures(shopId: number, awardNumber: number, now: Date): Promise<Figures> {
  const weekAgo = new Date(now.getTime() - WEEK_MS);
  const [figures] = await prisma.$queryRaw<Figures[]>`
    SELECT ${readyCodes(Prisma.sql`${shopId}`, Prisma.sql`${awardNumber}`, STOCK_BOUND + 1)} AS "ready", t."used", a."createdAt", pull."given", pull."firstAt"
    FROM "Award" a
    JOIN "AwardTally" t ON t."shopId" = a."shopId" AND t."awardNumber" = a."number"
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS "given", min("issuedAt") AS "firstAt" FROM (
        SELECT i."issuedAt" FROM "Issuance" i
        WHERE i."shopId" = a."shopId" AND i."awardNumber" = a."number" AND i."issuedAt" > ${weekAgo}::timestamptz AND i."issuedAt" <= ${now}::timestamptz
        ORDER BY i."issuedAt" DESC LIMIT ${PULL_BOUND}) latest) AS pull
    WHERE a."shopId" = ${shopId} AND a."number" = ${awardNumber}`;
  if (!figures) throw new Error(`award ${awardNumber} of shop ${shopId} has a pool and no tally`);
  return figures;
}
