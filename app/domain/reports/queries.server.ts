/** Reads over the whole of a shop: how the programme does, and how well Shopify and the app agree. */
import { Prisma } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { idsFrom } from "../../lib/ids-from.server";
import { cutPage, PAGE_SIZE, type Page, type Position } from "../../lib/page";
import { readyCodes } from "../codes/stock.server";

const DAY_MS = 86_400_000;
const WINDOW_DAYS = 30;

export interface Overview {
  heldPoints: number;
  issuedCount: number;
  redeemedCount: number;
  reversedCount: number;
  /** Minor units of the shop's currency. */
  discountMinor: number;
}

/** The shop's figures: points now, coupons over the last 30 days. */
export async function readOverview(shop: { id: number; currency: string }, now: Date): Promise<Overview> {
  const since = new Date(now.getTime() - WINDOW_DAYS * DAY_MS);
  const [row] = await prisma.$queryRaw<Overview[]>`
    SELECT
      (SELECT coalesce(sum("held"), 0)::float8 FROM "PointsAccount" WHERE "shopId" = ${shop.id}) AS "heldPoints",
      (SELECT count(*)::int FROM "Issuance" WHERE "shopId" = ${shop.id} AND "issuedAt" >= ${since}) AS "issuedCount",
      used."redeemedCount", used."reversedCount", used."discountMinor"
    FROM (
      SELECT count(*) FILTER (WHERE v."reversedAt" IS NULL)::int AS "redeemedCount", count(v."reversedAt")::int AS "reversedCount",
             coalesce(sum(r."discountMinor") FILTER (WHERE v."reversedAt" IS NULL AND r."currency" = ${shop.currency}), 0)::float8 AS "discountMinor"
      FROM "Redemption" r LEFT JOIN "RedemptionReversal" v ON v."shopId" = r."shopId" AND v."redemptionId" = r."id"
      WHERE r."shopId" = ${shop.id} AND r."redeemedAt" >= ${since}) used`;
  if (!row) throw new Error("the overview is always one row");
  return row;
}

export interface Setup {
  awardActive: boolean;
  codesLive: boolean;
  usedInCheckout: boolean;
  redeemed: boolean;
}

/** How far a shop has come, from what happened: nothing here is ticked by hand. */
export async function readSetup(shopId: number): Promise<Setup> {
  const [row] = await prisma.$queryRaw<Setup[]>`
    SELECT
      EXISTS (SELECT 1 FROM "Award" WHERE "shopId" = ${shopId} AND "status" = 'active') AS "awardActive",
      EXISTS (SELECT 1 FROM "Coupon" WHERE "shopId" = ${shopId} AND "codeState" IN ('live', 'withdrawn')) AS "codesLive",
      EXISTS (SELECT 1 FROM "Issuance" WHERE "shopId" = ${shopId} AND "channel" = 'checkout') AS "usedInCheckout",
      EXISTS (SELECT 1 FROM "Redemption" WHERE "shopId" = ${shopId}) AS "redeemed"`;
  if (!row) throw new Error("the setup is always one row");
  return row;
}

export interface StockWarning {
  awardNumber: number;
  name: string;
  readyCount: number;
  /** Coupons given out a day over the last week; 0: none. */
  perDay: number;
}

const LOW_STOCK = 20;
const WEEK_DAYS = 7;
const WARNINGS = 5;

/** Active awards whose own codes run dry: fewer than 20 left, or less than a week at last week's pace. At most five. */
export function listStockWarnings(shopId: number, now: Date): Promise<StockWarning[]> {
  const since = new Date(now.getTime() - WEEK_DAYS * DAY_MS);
  return prisma.$queryRaw<StockWarning[]>`
    SELECT * FROM (
      SELECT a."number" AS "awardNumber", a."name",
        ${readyCodes(Prisma.sql`a."shopId"`, Prisma.sql`a."number"`, 10_000)} AS "readyCount",
        (SELECT count(*)::float8 / ${WEEK_DAYS} FROM "Issuance" i WHERE i."shopId" = a."shopId" AND i."awardNumber" = a."number" AND i."issuedAt" >= ${since}) AS "perDay"
      FROM "Award" a
      WHERE a."shopId" = ${shopId} AND a."status" = 'active' AND a."startsAt" <= ${now} AND (a."endsAt" IS NULL OR a."endsAt" > ${now})
        AND a."codeSource" NOT IN ('single', 'third_party')
        AND NOT EXISTS (SELECT 1 FROM "ParentDiscount" d WHERE d."shopId" = a."shopId" AND d."awardNumber" = a."number" AND d."offAt" IS NOT NULL AND d."retiredAt" IS NULL)
        AND EXISTS (SELECT 1 FROM "ParentDiscount" d WHERE d."shopId" = a."shopId" AND d."awardNumber" = a."number" AND d."state" IN ('live', 'local'))) stock
    WHERE "readyCount" < ${LOW_STOCK} OR "readyCount" < "perDay" * ${WEEK_DAYS}
    ORDER BY "readyCount" LIMIT ${WARNINGS}`;
}

export interface ChangeRow {
  id: bigint;
  kind: string;
  status: "pending" | "done" | "failed";
  attempts: number;
  problem: string | null;
  createdAt: Date;
  nextAttemptAt: Date;
  /** The award it is about, where there is one. */
  awardNumber: number | null;
  awardName: string | null;
}

/** One page of what Shopify must still be told, or would not hear; failed ones first seen newest. */
export async function listChanges(shopId: number, status: "pending" | "failed", position: Position): Promise<Page<ChangeRow>> {
  const { from, order } = idsFrom(Prisma.sql`h."id"`, position);
  const rows = await prisma.$queryRaw<ChangeRow[]>`
    -- The page first: what it is about is looked up for its rows only, however many wait.
    WITH page AS MATERIALIZED (
      SELECT * FROM "Change" h WHERE h."shopId" = ${shopId} AND h."status" = ${status}::"ChangeStatus" ${from} ORDER BY h."id" ${order} LIMIT ${PAGE_SIZE + 1})
    SELECT h."id", h."kind", h."status"::text, h."attempts", h."problem", h."createdAt", h."nextAttemptAt", a."number" AS "awardNumber", a."name" AS "awardName"
    FROM page h
    LEFT JOIN "ParentDiscount" d ON h."kind" IN ('put_discount', 'push_codes', 'withdraw_codes', 'check_discount') AND d."shopId" = h."shopId" AND d."id" = h."subject"::bigint
    LEFT JOIN "CodePool" p ON h."kind" = 'refill_pool' AND p."shopId" = h."shopId" AND p."id" = h."subject"::bigint
    LEFT JOIN "Coupon" c ON h."kind" = 'withdraw_code' AND c."shopId" = h."shopId" AND c."id" = h."subject"::bigint
    LEFT JOIN "Award" a ON a."shopId" = h."shopId" AND a."number" = coalesce(d."awardNumber", p."awardNumber", c."awardNumber", CASE WHEN h."kind" = 'withdraw_rest' THEN h."subject"::int END)
    ORDER BY h."id" ${order}`;
  return cutPage(rows, position, (row) => [String(row.id)]);
}

export interface EventRow {
  id: bigint;
  topic: string;
  status: "received" | "done" | "failed" | "ignored";
  attempts: number;
  problem: string | null;
  receivedAt: Date;
  workedAt: Date | null;
  /** Whether it can be worked again: its content goes when it names somebody who is to be forgotten. */
  replayable: boolean;
}

/** One page of the webhooks that Shopify sent for this shop. `failed`: only those that could not be worked. */
export async function listEvents(shopDomain: string, failed: boolean, position: Position): Promise<Page<EventRow>> {
  const { from, order } = idsFrom(Prisma.sql`e."id"`, position);
  const rows = await prisma.$queryRaw<EventRow[]>`
    SELECT e."id", e."topic", e."status"::text, e."attempts", e."problem", e."receivedAt", e."workedAt", (length(e."body") > 0 AND e."status" <> 'received') AS "replayable"
    FROM "InboxEvent" e WHERE e."shopDomain" = ${shopDomain} AND ${failed ? Prisma.sql`e."status" = 'failed'` : Prisma.sql`true`} ${from}
    ORDER BY e."id" ${order} LIMIT ${PAGE_SIZE + 1}`;
  return cutPage(rows, position, (row) => [String(row.id)]);
}
