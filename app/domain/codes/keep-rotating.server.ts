/** Codes for everybody are replaced on their day; replaced ones leave when nobody holds them any more. */
import { inTransaction, prisma } from "../../lib/db.server";
import { sweepEach } from "../../lib/sweep.server";
import { recordChange } from "../changes/record.server";
import { rotateCode, stopHandingOut } from "./rotate.server";
import { rotationDueAt } from "./rotation";

const AT_ONCE = 500;
/** Somebody may have been given the old code while the new one took its place. */
const GRACE_MS = 60 * 60_000;
/** No day is shorter than this. */
const SHORTEST_DAY_HOURS = 22;

/** Replaces codes whose day has come, and takes replaced ones out of use; at most 500 of each a run. */
export async function keepRotating(now: Date): Promise<void> {
  await rotateDue(now);
  await retireReplaced(now);
  await withdrawUnheld(now);
}

/** An award that is off, or not begun, keeps its code: nobody is given it. */
async function rotateDue(now: Date): Promise<void> {
  const pools = await prisma.$queryRaw<{ shopId: number; awardNumber: number; rotatedAt: Date; rotateDays: number; timeZone: string }[]>`
    SELECT p."shopId", p."awardNumber", coalesce(p."rotatedAt", p."createdAt") AS "rotatedAt", p."rotateDays", s."timeZone"
    FROM "Shop" s
    JOIN "CodePool" p ON p."shopId" = s."id" AND p."rotateDays" IS NOT NULL AND p."source" = 'single'
    JOIN "Award" a ON a."shopId" = p."shopId" AND a."number" = p."awardNumber"
    WHERE s."uninstalledAt" IS NULL AND a."status" = 'active' AND a."startsAt" <= ${now}::timestamptz AND (a."endsAt" IS NULL OR a."endsAt" > ${now}::timestamptz)
      AND coalesce(p."rotatedAt", p."createdAt") + make_interval(hours => ${SHORTEST_DAY_HOURS}::int * p."rotateDays" - 24) <= ${now}::timestamptz
    ORDER BY p."rotatedAt" NULLS FIRST, p."shopId", p."id" LIMIT ${AT_ONCE}`;
  await sweepEach(pools, "replacing codes", async ({ shopId, awardNumber, rotatedAt, rotateDays, timeZone }) => {
    if (rotationDueAt(rotatedAt, rotateDays, timeZone) > now) return 0;
    await rotateCode(shopId, awardNumber, {}, now);
    return 1;
  });
}

async function retireReplaced(now: Date): Promise<void> {
  const awards = await prisma.$queryRaw<{ shopId: number; awardNumber: number }[]>`
    SELECT DISTINCT old."shopId", old."awardNumber"
    FROM "Shop" s
    JOIN "Coupon" old ON old."shopId" = s."id" AND old."shared" AND old."status" = 'available'
    JOIN "Coupon" new ON new."shopId" = old."shopId" AND new."awardNumber" = old."awardNumber" AND new."shared" AND new."id" > old."id"
      AND new."status" = 'available' AND new."codeState" IN ('live', 'local')
    WHERE s."uninstalledAt" IS NULL
    LIMIT ${AT_ONCE}`;
  await sweepEach(awards, "retiring replaced codes", ({ shopId, awardNumber }) => inTransaction((tx) => stopHandingOut(tx, shopId, awardNumber, now)));
}

/** A replaced code that no unused, unexpired coupon stands for any more is taken off Shopify. */
async function withdrawUnheld(now: Date): Promise<void> {
  const before = new Date(now.getTime() - GRACE_MS);
  const codes = await prisma.$queryRaw<{ shopId: number; id: bigint }[]>`
    SELECT c."shopId", c."id"
    FROM "Shop" s
    JOIN "Coupon" c ON c."shopId" = s."id" AND c."shared" AND c."status" = 'issued' AND c."codeState" IN ('live', 'local') AND c."statusAt" <= ${before}::timestamptz
    WHERE s."uninstalledAt" IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM "Issuance" i
        WHERE i."shopId" = c."shopId" AND i."couponId" = c."id" AND i."status" IN ('open', 'returning')
          AND (i."expiresAt" IS NULL OR i."expiresAt" > ${now}::timestamptz))
    ORDER BY c."statusAt" LIMIT ${AT_ONCE}`;
  await sweepEach(codes, "withdrawing replaced codes", ({ shopId, id }) =>
    inTransaction(async (tx) => {
      const archived = await tx.coupon.updateMany({ where: { shopId, id, status: "issued" }, data: { status: "archived", statusAt: now } });
      const onShopify = await tx.coupon.count({ where: { shopId, id, codeState: "live" } });
      if (archived.count === 1 && onShopify === 1) await recordChange(tx, shopId, { kind: "withdraw_code", subject: id }, now);
      return archived.count;
    }));
}
