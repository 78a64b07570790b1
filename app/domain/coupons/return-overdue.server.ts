/** Abandoned checkouts: coupons that no order proved in time go back. */
import { Prisma } from "../../generated/prisma/client";
import { inTransaction, prisma } from "../../lib/db.server";
import { log } from "../../lib/log.server";
import { beginReturn } from "./return.server";

const SHOPS_AT_ONCE = 500;
const ISSUANCES_PER_SHOP = 100;
/** Orders that wait longer, tried once at most, are a backlog: the worker was away, and has still to hear of them. */
const BACKLOG_MS = 60_000;

/** An open issuance `i` that a till has locked for a transaction: what was promised to the till holds as long as the lock. */
const isLocked = (now: Date) => Prisma.sql`
  EXISTS (SELECT 1 FROM "CouponLock" l WHERE l."shopId" = i."shopId" AND l."couponId" = i."couponId" AND l."issuanceId" = i."id" AND l."status" = 'held' AND l."endsAt" > ${now}::timestamptz)`;

/**
 * Begins the return of open issuances whose hold is past its end; answers how many. Bounded: what is left over is found
 * by the next run. Shops that uninstalled the app are passed by, their codes cannot be withdrawn; so are those whose orders wait to be
 * worked, which may prove what looks abandoned.
 */
export async function returnOverdue(now: Date): Promise<number> {
  const shops = await prisma.$queryRaw<{ id: number }[]>`
    SELECT s."id" FROM "Shop" s
    WHERE s."uninstalledAt" IS NULL
      AND NOT EXISTS (SELECT 1 FROM "InboxEvent" e
        WHERE e."shopDomain" = s."domain" AND e."status" = 'received' AND e."attempts" <= 1 AND e."topic" IN ('orders/create', 'orders/updated')
          AND e."receivedAt" <= ${new Date(now.getTime() - BACKLOG_MS)}::timestamptz)
      -- Open ones only: shops whose withdrawals are stuck must not fill the list for ever.
      AND EXISTS (SELECT 1 FROM "PointsHold" h
        JOIN "Issuance" i ON i."shopId" = s."id" AND i."holdId" = h."id" AND i."status" = 'open'
        WHERE h."shopId" = s."id" AND h."status" = 'held' AND h."endsAt" <= ${now}::timestamptz AND NOT ${isLocked(now)})
    ORDER BY s."id" LIMIT ${SHOPS_AT_ONCE}`;
  let returned = 0;
  for (const { id } of shops) returned += await returnOverdueOf(id, now);
  return returned;
}

async function returnOverdueOf(shopId: number, now: Date): Promise<number> {
  const overdue = await prisma.$queryRaw<{ id: bigint; customerId: bigint }[]>`
    SELECT i."id", i."customerId" FROM "PointsHold" h
    JOIN "Issuance" i ON i."shopId" = ${shopId} AND i."holdId" = h."id" AND i."status" = 'open'
    WHERE h."shopId" = ${shopId} AND h."status" = 'held' AND h."endsAt" <= ${now}::timestamptz AND NOT ${isLocked(now)}
    ORDER BY h."endsAt" LIMIT ${ISSUANCES_PER_SHOP}`;
  let begun = 0;
  for (const { id, customerId } of overdue) {
    if (await isBegun(shopId, { issuanceId: id, customerId }, now)) begun++;
  }
  return begun;
}

/** One that fails is met first again on every run: it must not keep those behind it, or other shops, from their points. */
async function isBegun(shopId: number, overdue: { issuanceId: bigint; customerId: bigint }, now: Date): Promise<boolean> {
  try {
    const { outcome } = await inTransaction((tx) => beginReturn(tx, shopId, overdue, now));
    return outcome === "returning" || outcome === "returned";
  } catch (error) {
    log.error({ shopId, issuance: String(overdue.issuanceId), problem: String(error) }, "an overdue coupon could not be given back");
    return false;
  }
}
