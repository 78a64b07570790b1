/**
 * Webhooks of orders, cancellations and refunds, told in any order, some of them twice: the ledger that they leave is the same
 * to the last byte, and telling all of it again changes nothing at all.
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { workWaiting } from "#app/inbox/handle.server.ts";
import { receiveEvent } from "#app/inbox/receive.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";
import { orderPayload, refundPayload } from "#test/fixtures/payloads.ts";
import { checkBooks } from "./books";

const CUSTOMERS = 2;

const Order = fc.record({
  customer: fc.nat(CUSTOMERS - 1),
  /** Each order has a code of its own customer's, or none. */
  withCode: fc.boolean(),
  units: fc.integer({ min: 1, max: 3 }),
  cancelled: fc.boolean(),
  refunded: fc.array(fc.constant(1), { maxLength: 2 }),
});
const Scene = fc.array(Order, { minLength: 1, maxLength: 4 }).chain((orders) => {
  const told = orders.reduce((sum, { cancelled, units, refunded }) => sum + 1 + Number(cancelled) + Math.min(units, refunded.length), 0);
  const Telling = fc.record({
    order: fc.shuffledSubarray(Array.from({ length: told }, (_, index) => index), { minLength: told }),
    twice: fc.subarray(Array.from({ length: told }, (_, index) => index)),
    /** After how many deliveries the inbox is worked. */
    workedAfter: fc.integer({ min: 1, max: 6 }),
  });
  return fc.record({ orders: fc.constant(orders), one: Telling, other: Telling });
});
type Scene = typeof Scene extends fc.Arbitrary<infer T> ? T : never;

async function openShop(orders: Scene["orders"]) {
  const shop = await newShop();
  const award = await newAward(shop.id, { codes: orders.length, pointsPrice: 100 });
  const customers = [];
  for (let index = 0; index < CUSTOMERS; index++) {
    const customer = await newCustomer(shop.id, { gid: `gid://shopify/Customer/${index + 1}` });
    await givePoints(shop.id, customer.id, 450);
    customers.push(customer);
  }
  const codes: string[] = [];
  for (const { customer } of orders) {
    const issuing = await issueCoupon(shop.id, { customerId: customers[customer]?.id ?? 0n, awardNumber: award.number, requestKey: randomUUID(), channel: "checkout" }, NOON);
    if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
    codes.push(issuing.code);
  }
  const deliveries = orders.flatMap(({ customer, withCode, units, cancelled, refunded }, index) => {
    const code = codes[index] ?? "";
    const id = index + 1;
    const payload = (more: { cancelledAt?: string } = {}) =>
      orderPayload({ id, customerGid: `gid://shopify/Customer/${customer + 1}`, lines: [{ id: 11, price: "100.00", quantity: units, ...(withCode && { codes: { [code]: `${units}.00` } }) }], ...more });
    const paid = withCode ? "99.00" : "100.00";
    return [
      { topic: "orders/create", payload: payload() },
      ...(cancelled ? [{ topic: "orders/cancelled", payload: payload({ cancelledAt: "2026-11-22T00:00:00Z" }) }] : []),
      ...refunded.slice(0, units).map((_, nth) => ({ topic: "refunds/create", payload: refundPayload({ id: id * 10 + nth, orderId: id, lines: [{ id: 11, quantity: 1, subtotal: paid }] }) })),
    ];
  });
  return { ...shop, customers, deliveries, codes };
}
type Shop = Awaited<ReturnType<typeof openShop>>;

async function tell({ domain, deliveries }: Shop, { order, twice, workedAfter }: Scene["one"]): Promise<void> {
  const all = [...order, ...twice];
  for (const [nth, index] of all.entries()) {
    const delivery = deliveries[index];
    if (!delivery) continue;
    const body = Buffer.from(JSON.stringify(delivery.payload));
    await receiveEvent({ shopDomain: domain, webhookId: randomUUID(), topic: delivery.topic, apiVersion: "2026-07", triggeredAt: NOON, body, receivedAt: NOON });
    if ((nth + 1) % workedAfter === 0) await workWaiting(domain, () => NOON);
  }
  await workWaiting(domain, () => NOON);
  expect(await prisma.inboxEvent.count({ where: { shopDomain: domain, status: { not: "done" } } })).toBe(0);
}

/** What the customers and the merchant can tell, without the numbers that say in which order it came to be. */
async function ledgerOf({ id: shopId, customers, codes }: Shop): Promise<string> {
  const coupons = await prisma.coupon.findMany({ where: { shopId } });
  const which = (couponId: bigint) => codes.indexOf(coupons.find(({ id }) => id === couponId)?.code ?? "");
  const ledgers = [];
  for (const { id: customerId } of customers) {
    const where = { shopId, customerId };
    const account = await prisma.pointsAccount.findFirst({ where });
    const lots = await prisma.pointsLot.findMany({ where: { ...where, remaining: { gt: 0 } } });
    const sums = await prisma.pointsEntry.groupBy({ by: ["orderGid", "issuanceId"], where, _sum: { points: true } });
    ledgers.push({
      balance: account?.balance, held: account?.held,
      lots: lots.map(({ remaining, expiresAt }) => [remaining, expiresAt]).sort(),
      sums: sums.filter(({ _sum }) => _sum.points !== 0).map(({ orderGid, _sum }) => [orderGid, _sum.points]).sort(),
    });
  }
  const redemptions = await prisma.redemption.findMany({ where: { shopId } });
  const reversals = await prisma.redemptionReversal.findMany({ where: { shopId } });
  return JSON.stringify({
    ledgers,
    redemptions: redemptions.map(({ id, orderGid, couponId, flags }) => [orderGid, which(couponId), flags, reversals.some(({ redemptionId }) => redemptionId === id)]).sort(),
  });
}

/** Every byte of the tables that hold points and what they paid for. */
async function rawOf(shopId: number): Promise<unknown> {
  return prisma.$queryRaw`
    SELECT (SELECT json_agg(t ORDER BY t."id") FROM "PointsEntry" t WHERE t."shopId" = ${shopId})::text AS entries,
      (SELECT json_agg(t ORDER BY t."id") FROM "PointsLot" t WHERE t."shopId" = ${shopId})::text AS lots,
      (SELECT json_agg(t ORDER BY t."entryId", t."lotId") FROM "PointsLotUse" t WHERE t."shopId" = ${shopId})::text AS uses,
      (SELECT json_agg(t ORDER BY t."customerId") FROM "PointsAccount" t WHERE t."shopId" = ${shopId})::text AS accounts,
      (SELECT json_agg(t ORDER BY t."gid") FROM "Order" t WHERE t."shopId" = ${shopId})::text AS orders,
      (SELECT json_agg(t ORDER BY t."id") FROM "Redemption" t WHERE t."shopId" = ${shopId})::text AS redemptions,
      (SELECT json_agg(t ORDER BY t."id") FROM "Issuance" t WHERE t."shopId" = ${shopId})::text AS issuances,
      (SELECT json_agg(t ORDER BY t."id") FROM "Coupon" t WHERE t."shopId" = ${shopId})::text AS coupons`;
}

it("in any order, told twice, worked at any moment: the same ledger; and told again: not a byte of it changes", async () => {
  await fc.assert(
    fc.asyncProperty(Scene, async ({ orders, one, other }) => {
      const [first, second] = await Promise.all([openShop(orders), openShop(orders)]);
      await tell(first, one);
      await tell(second, other);
      expect(await ledgerOf(second)).toBe(await ledgerOf(first));
      for (const { id } of [first, second]) expect(await checkBooks(id, NOON)).toEqual([]);
      const before = await rawOf(second.id);
      await tell(second, one);
      expect(await rawOf(second.id)).toEqual(before);
    }),
    { numRuns: 10 },
  );
}, 180_000);
