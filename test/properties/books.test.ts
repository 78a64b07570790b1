/** The judge is judged: each rule of the books finds the one thing that was broken on purpose. */
import { describe, expect, it } from "vitest";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { recordOrder } from "#app/domain/orders/record.server.ts";
import { holdPoints } from "#app/domain/points/hold.server.ts";
import { lapsePoints } from "#app/domain/points/lapse.server.ts";
import { maturePoints } from "#app/domain/points/mature.server.ts";
import { redeemHold } from "#app/domain/points/redeem-hold.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, oneLine } from "#test/factories.ts";
import { checkBooks } from "./books";

/** A shop after an ordinary day: points given, coupons issued and used, a till's hold spent; points that lapsed, matured, and wait. */
async function ordinaryShop(): Promise<number> {
  const { id: shopId } = await newShop();
  const customer = await newCustomer(shopId);
  await givePoints(shopId, customer.id, 500);
  const { number } = await newAward(shopId, { codes: 5 });
  const issue = (requestKey: string) => issueCoupon(shopId, { customerId: customer.id, awardNumber: number, requestKey, channel: "checkout" }, NOON);
  const issuing = await issue("first");
  await issue("second");
  if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
  const order = {
    gid: gid("Order", 1), name: "#1", currency: "EUR", lines: oneLine(5000), totalMinor: 5000, discountMinor: 500, taxesIncluded: false, test: false,
    customer: { gid: customer.gid as Gid<"Customer"> }, channel: "web", processedAt: NOON, updatedAt: NOON, codes: [{ code: issuing.code, discountMinor: 500 }],
  };
  await inTransaction((tx) => recordOrder(tx, shopId, order, NOON));
  const holding = await holdPoints(shopId, { customerId: customer.id, points: 20, minutes: 10, requestKey: "till", note: null }, NOON);
  if (holding.outcome === "held") await redeemHold(shopId, { holdId: holding.holdId, transactionId: "t-1" }, NOON);

  await prisma.shop.update({ where: { id: shopId }, data: { pendingDays: 14, expiryMonths: 1 } });
  await givePoints(shopId, customer.id, 30, new Date("2026-09-01T12:00:00Z"));
  await lapsePoints(NOON);
  const placed = (number: number, processedAt: Date) => ({ ...order, gid: gid("Order", number), name: `#${number}`, codes: [], processedAt });
  await inTransaction((tx) => recordOrder(tx, shopId, placed(2, new Date("2026-11-01T12:00:00Z")), new Date("2026-11-01T12:00:00Z")));
  await maturePoints(NOON);
  await inTransaction((tx) => recordOrder(tx, shopId, placed(3, NOON), NOON));
  return shopId;
}

describe("the books of a shop", () => {
  it("are sound after an ordinary day", async () => {
    expect(await checkBooks(await ordinaryShop(), NOON)).toEqual([]);
  });

  it.each([
    [`UPDATE "PointsAccount" SET "balance" = "balance" + 1 WHERE "shopId" = $1`, "balance = sum of entries"],
    [`UPDATE "PointsAccount" SET "held" = "held" + 1 WHERE "shopId" = $1`, "held = sum of open holds"],
    [`UPDATE "PointsLot" SET "remaining" = "remaining" - 1 WHERE "remaining" > 0 AND "shopId" = $1`, "a lot's remaining"],
    [`UPDATE "PointsHold" SET "endedAt" = now() WHERE "status" = 'held' AND "shopId" = $1`, "a hold has ended exactly when"],
    [`UPDATE "PointsHold" SET "status" = 'returned' WHERE "requestKey" IS NOT NULL AND "shopId" = $1`, "is returned and cost 20"],
    [`UPDATE "Issuance" SET "status" = 'returned' WHERE "status" = 'redeemed' AND "shopId" = $1`, "is returned and cost 100"],
    [`UPDATE "Issuance" SET "status" = 'redeemed' WHERE "status" = 'open' AND "shopId" = $1`, "its hold held"],
    [`DELETE FROM "AwardTally" WHERE "shopId" = $1`, "an award has a tally"],
    [`UPDATE "AwardTally" SET "used" = "used" + 1 WHERE "shopId" = $1`, "a tally counts what stands"],
    [`UPDATE "Award" SET "issuesTotal" = 1 WHERE "shopId" = $1`, "no more is issued than the award allows"],
    [`UPDATE "Award" SET "issuesPerCustomer" = 1 WHERE "shopId" = $1`, "no customer has more than the award allows one"],
    [`UPDATE "Issuance" SET "couponId" = (SELECT min("couponId") FROM "Issuance" x WHERE x."shopId" = "Issuance"."shopId") WHERE "shopId" = $1`, "a code is one person's"],
    [`UPDATE "Coupon" SET "status" = 'available' WHERE "status" = 'issued' AND "shopId" = $1`, "a coupon that is out names whose it is"],
    [`UPDATE "Coupon" SET "usesCount" = "usesCount" + 1 WHERE "status" = 'redeemed' AND "shopId" = $1`, "a coupon counts its uses"],
    [`UPDATE "Coupon" SET "usesPerCode" = 0 WHERE "status" = 'redeemed' AND "shopId" = $1`, "a code is used within its limit"],
    [`UPDATE "Award" SET "usesPerCustomer" = 0 WHERE "shopId" = $1`, "a customer uses an award within its limit"],
    [`UPDATE "Award" SET "usesTotal" = 0 WHERE "shopId" = $1`, "an award is used within its limit"],
    [`INSERT INTO "CouponLock" ("shopId", "reference", "couponId", "awardNumber", "status", "lockedAt", "endsAt") SELECT "shopId", 'r', "id", "awardNumber", 'burned', now(), now() FROM "Coupon" WHERE "shopId" = $1`, "a lock has ended exactly when"],
    [`INSERT INTO "CouponLock" ("shopId", "reference", "couponId", "awardNumber", "lockedAt", "endsAt") SELECT "shopId", 'r', "id", "awardNumber", now(), '2099-01-01' FROM "Coupon" WHERE "status" = 'redeemed' AND "shopId" = $1`, "locks that hold reserve no more"],
    [`DELETE FROM "Order" WHERE "shopId" = $1`, "a redemption has its order"],
    [`INSERT INTO "RedemptionReversal" ("shopId", "redemptionId", "reason", "reversedAt") SELECT "id", 999999999, 'cancelled', now() FROM "Shop" WHERE "id" = $1`, "a redemption is reversed at most once"],
    [`UPDATE "Coupon" SET "codeState" = 'withdrawn' WHERE "status" = 'issued' AND "shopId" = $1`, "a code that somebody may still use is live"],
    [`UPDATE "PointsLot" SET "expiresAt" = '2099-01-01' WHERE "shopId" = $1`, "points that lapse are all of one lot"],
    [`UPDATE "PointsLot" SET "expiresAt" = '2026-11-20T11:00:00Z' WHERE "points" = 500 AND "shopId" = $1`, "points whose day is over are spent only if"],
    [`UPDATE "PendingEarning" SET "points" = "points" + 1 WHERE "endedAt" IS NOT NULL AND "shopId" = $1`, "what is pending has no entry"],
    [`UPDATE "PendingEarning" SET "endedAt" = now() WHERE "endedAt" IS NULL AND "shopId" = $1`, "what is pending has no entry"],
    [`UPDATE "PointsAccount" SET "lapsesAt" = NULL WHERE "shopId" = $1`, "hash chain unbroken"],
    [`DELETE FROM "Event" WHERE "kind" = 'points.changed' AND "shopId" = $1`, "every entry was told"],
    [`DELETE FROM "Event" WHERE "kind" = 'coupon.redeemed' AND "shopId" = $1`, "every use was told"],
    [`UPDATE "Event" SET "data" = "data" - 'customerId' WHERE "shopId" = $1`, "is not of its form"],
    [`UPDATE "Event" SET "seq" = "id" * 2 WHERE "shopId" = $1`, "events are numbered without gaps"],
  ])("are not after: %s", async (broken, found) => {
    const shopId = await ordinaryShop();
    await prisma.$executeRawUnsafe(broken, shopId);
    expect((await checkBooks(shopId, NOON)).join("\n")).toContain(found);
  });
});
