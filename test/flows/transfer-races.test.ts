/** Staff hand a coupon to another customer in the very moment in which an order uses it: the order waits, and follows the coupon. */
import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { transferCoupon } from "#app/domain/coupons/transfer.server.ts";
import { recordOrder } from "#app/domain/orders/record.server.ts";
import { inTransaction, pool, prisma } from "#app/lib/db.server.ts";
import { gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, oneLine } from "#test/factories.ts";
import { checkBooks } from "#test/properties/books.ts";
import { somebodyWaits } from "#test/somebody-waits.ts";

it("a guest's order is a use by whoever has the coupon then, not a late one by whoever had it", async () => {
  const { id: shopId } = await newShop();
  const award = await newAward(shopId);
  const [amira, bruno] = [await newCustomer(shopId), await newCustomer(shopId)];
  for (const { id } of [amira, bruno]) await givePoints(shopId, id, 100);
  const issued = await issueCoupon(shopId, { customerId: amira.id, awardNumber: award.number, requestKey: randomUUID(), channel: "admin" }, NOON);
  if (issued.outcome !== "issued") throw new Error(issued.outcome);
  const facts = {
    gid: gid("Order", 1), name: "#1", customer: null, currency: "EUR", lines: oneLine(5000), totalMinor: 5000, discountMinor: 500,
    taxesIncluded: false, test: false, channel: "web", processedAt: NOON, updatedAt: NOON, codes: [{ code: issued.code, discountMinor: 500 }],
  };

  const holder = await pool.connect();
  await holder.query("BEGIN");
  await holder.query(`SELECT 1 FROM "PointsAccount" WHERE "shopId" = $1 AND "customerId" = $2 FOR UPDATE`, [shopId, bruno.id]);
  const transferring = transferCoupon(shopId, { couponId: issued.couponId, toCustomerId: bruno.id, requestKey: "x" }, NOON);
  await somebodyWaits(1);
  const ordering = inTransaction((tx) => recordOrder(tx, shopId, facts, NOON));
  await somebodyWaits(2);
  await holder.query("COMMIT");
  holder.release();

  expect([(await transferring).outcome, (await ordering).outcome]).toEqual(["transferred", "recorded"]);
  const his = await prisma.issuance.findFirstOrThrow({ where: { shopId, customerId: bruno.id } });
  expect(his).toMatchObject({ status: "redeemed" });
  expect(await prisma.redemption.findMany({ where: { shopId }, select: { issuanceId: true, flags: true } })).toEqual([{ issuanceId: his.id, flags: ["other_customer"] }]);
  expect(await prisma.coupon.findUniqueOrThrow({ where: { shopId_id: { shopId, id: issued.couponId } } })).toMatchObject({ status: "redeemed", usesCount: 1 });
  expect(await checkBooks(shopId, NOON)).toEqual([]);
});
