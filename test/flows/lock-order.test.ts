/**
 * Who locks several customers' accounts locks the lowest first: two at once then wait for each other, never both for ever.
 * Each test holds the lowest account back and looks whether anything above it was locked meanwhile.
 */
import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { revokeCoupons } from "#app/domain/coupons/revoke.server.ts";
import { transferCoupon } from "#app/domain/coupons/transfer.server.ts";
import { cancelOrder } from "#app/domain/orders/cancel.server.ts";
import type { OrderFacts } from "#app/domain/orders/order.ts";
import { recordOrder } from "#app/domain/orders/record.server.ts";
import { inTransaction, pool } from "#app/lib/db.server.ts";
import { gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, oneLine } from "#test/factories.ts";
import { somebodyWaits } from "#test/somebody-waits.ts";

type Customer = Awaited<ReturnType<typeof newCustomer>>;

/** Customers with points, the lowest id first. */
async function people(shopId: number, size: number): Promise<[Customer, ...Customer[]]> {
  const first = await newCustomer(shopId);
  const rest: Customer[] = [];
  for (let made = 1; made < size; made++) rest.push(await newCustomer(shopId));
  for (const { id } of [first, ...rest]) await givePoints(shopId, id, 100);
  return [first, ...rest];
}

/** Starts `work` while the lowest account is locked; answers how many accounts it had locked before it came to wait there. */
async function lockedAhead(shopId: number, lowest: bigint, work: () => Promise<unknown>): Promise<number> {
  const holder = await pool.connect();
  const others = `SELECT 1 FROM "PointsAccount" WHERE "shopId" = $1 AND "customerId" <> $2`;
  try {
    await holder.query("BEGIN");
    await holder.query(`SELECT 1 FROM "PointsAccount" WHERE "shopId" = $1 AND "customerId" = $2 FOR UPDATE`, [shopId, lowest]);
    const working = work();
    await somebodyWaits();
    const { rowCount: all } = await pool.query(others, [shopId, lowest]);
    const { rowCount: free } = await pool.query(`${others} FOR UPDATE SKIP LOCKED`, [shopId, lowest]);
    await holder.query("COMMIT");
    await working;
    return (all ?? 0) - (free ?? 0);
  } finally {
    holder.release();
  }
}

it("a batch of issuances, whatever the order of its requests", async () => {
  const shop = await newShop();
  const award = await newAward(shop.id, { codes: 40 });
  const crowd = await people(shop.id, 40);
  const requests = crowd.toReversed().map(({ id }) => ({ shopId: shop.id, customerId: String(id), awardNumber: award.number, requestKey: randomUUID(), channel: "checkout", at: NOON }));
  expect(await lockedAhead(shop.id, crowd[0].id, () => pool.query("SELECT * FROM issue_coupons($1::jsonb)", [JSON.stringify(requests)]))).toBe(0);
});

/** An order by the lower of two customers that uses the coupon of the higher. */
async function orderWithAnothersCoupon() {
  const shop = await newShop();
  const award = await newAward(shop.id);
  const [buyer, owner] = await people(shop.id, 2);
  const issuing = await issueCoupon(shop.id, { customerId: owner?.id ?? 0n, awardNumber: award.number, requestKey: randomUUID(), channel: "checkout" }, NOON);
  if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
  const order: OrderFacts = {
    gid: gid("Order", 1), name: "#1", customer: { gid: gid("Customer", buyer.gid.split("/").at(-1) ?? "") }, currency: "EUR", lines: oneLine(5000), totalMinor: 5000, discountMinor: 500,
    taxesIncluded: false, test: false, channel: "web", processedAt: NOON, updatedAt: NOON, codes: [{ code: issuing.code, discountMinor: 500 }],
  };
  return {
    shop, buyer,
    record: () => inTransaction((tx) => recordOrder(tx, shop.id, order, NOON)),
    cancel: () => inTransaction((tx) => cancelOrder(tx, shop.id, { orderGid: order.gid, cancelledAt: NOON }, NOON)),
  };
}

it("an order that uses another customer's coupon", async () => {
  const { shop, buyer, record } = await orderWithAnothersCoupon();
  expect(await lockedAhead(shop.id, buyer.id, record)).toBe(0);
});

it("its cancellation", async () => {
  const { shop, buyer, record, cancel } = await orderWithAnothersCoupon();
  await record();
  expect(await lockedAhead(shop.id, buyer.id, cancel)).toBe(0);
});

it("a revocation of many customers' coupons", async () => {
  const shop = await newShop();
  const award = await newAward(shop.id, { codes: 20 });
  const crowd = await people(shop.id, 20);
  for (const { id } of crowd.toReversed()) await issueCoupon(shop.id, { customerId: id, awardNumber: award.number, requestKey: randomUUID(), channel: "admin" }, NOON);
  const revocation = { awardNumber: award.number, mode: "unredeemed" as const, understood: true, returnPoints: true, requestKey: randomUUID() };
  expect(await lockedAhead(shop.id, crowd[0].id, () => revokeCoupons(shop.id, revocation, NOON))).toBe(0);
});

it("a transfer from one customer to another", async () => {
  const shop = await newShop();
  const award = await newAward(shop.id);
  const [lower, higher] = await people(shop.id, 2);
  const issuing = await issueCoupon(shop.id, { customerId: higher?.id ?? 0n, awardNumber: award.number, requestKey: randomUUID(), channel: "admin" }, NOON);
  if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
  expect(await lockedAhead(shop.id, lower.id, () => transferCoupon(shop.id, { couponId: issuing.couponId, toCustomerId: lower.id, requestKey: "x" }, NOON))).toBe(0);
});
