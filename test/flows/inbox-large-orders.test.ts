import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { listRedemptions } from "#app/domain/coupons/queries.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { verifyChain } from "#app/domain/points/verify.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";
import { orderPayload, refundPayload, type OrderWish } from "#test/fixtures/payloads.ts";
import { openHotServer, workInbox } from "#test/hot-server.ts";

let app: Awaited<ReturnType<typeof openHotServer>>;
beforeAll(async () => void (app = await openHotServer()));
afterAll(() => app.close());

describe("an order of very many small units", () => {
  const RUPIAH = { currency: "IDR", price: "500000000.00" };

  /** A shop in Jakarta with an award of 5,000.00 for 100 points. */
  async function jakarta(earnRate: number) {
    const shop = await newShop({ currency: "IDR", timeZone: "Asia/Jakarta" });
    await prisma.shop.update({ where: { id: shop.id }, data: { earnRate } });
    const customer = await newCustomer(shop.id, { gid: "gid://shopify/Customer/77" });
    await givePoints(shop.id, customer.id, 100);
    const award = await newAward(shop.id, { value: 500_000 });
    const issuing = await issueCoupon(shop.id, { customerId: customer.id, awardNumber: award.number, requestKey: randomUUID(), channel: "checkout" }, NOON);
    if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
    const order = (more: Partial<OrderWish> = {}) => orderPayload({ id: 1, customerGid: customer.gid, ...RUPIAH, codes: [{ code: issuing.code, amount: "5000.00" }], ...more });
    const tell = async (topic: string, payload: unknown) => {
      await app.deliver(shop.domain, topic, payload);
      return workInbox(shop.domain, NOON);
    };
    return { shop, customer, order, tell, balance: async () => (await findBalance(shop.id, customer.id, NOON)).balance };
  }

  it("is recorded, redeems, earns, is refunded in part and cancelled, to the last unit", async () => {
    const { shop, order, tell, balance } = await jakarta(1);
    expect(await tell("orders/create", order())).toEqual(["done"]);
    expect(await balance()).toBe(499_995_000);
    expect(await prisma.order.findFirstOrThrow({ where: { shopId: shop.id } })).toMatchObject({ earningMinor: 49_999_500_000n, totalMinor: 49_999_500_000n });
    const { rows } = await listRedemptions(shop.id, { awardNumber: null, text: "", since: null, until: null, reversed: null, position: null });
    expect(rows).toMatchObject([{ discountMinor: 500_000 }]);

    expect(await tell("refunds/create", refundPayload({ id: 9, orderId: 1, amountOnly: "300000000.00", currency: "IDR" }))).toEqual(["done"]);
    expect(await balance()).toBe(199_995_000);
    expect(await tell("orders/cancelled", order({ cancelledAt: "2026-11-21T00:00:00Z" }))).toEqual(["done"]);
    expect(await balance()).toBe(100);
    expect(await tell("customers/data_request", { customer: { id: 77 } })).toEqual(["done"]);
    const { export: held } = await prisma.complianceRequest.findFirstOrThrow({ where: { shopId: shop.id } });
    expect(held).toMatchObject({ orders: [{ totalMinor: 49_999_500_000 }], redemptions: [{ discountMinor: 500_000 }] });
  });

  it("that would earn more than can be counted earns the most there is, order by order, and loses it when cancelled", async () => {
    const { shop, customer, order, tell, balance } = await jakarta(100_000);
    for (const id of [1, 2, 3]) expect(await tell("orders/create", order({ id, codes: [] }))).toEqual(["done"]);
    expect(await balance()).toBe(2_147_483_647);
    expect(await tell("refunds/create", refundPayload({ id: 9, orderId: 1, amountOnly: "300000000.00", currency: "IDR" }))).toEqual(["done"]);
    expect(await balance()).toBe(2_147_483_647);
    for (const id of [1, 2, 3]) expect(await tell("orders/cancelled", order({ id, codes: [], cancelledAt: "2026-11-21T00:00:00Z" }))).toEqual(["done"]);
    expect(await balance()).toBe(100);
    expect(await verifyChain(shop.id, customer.id)).toEqual({ outcome: "unbroken", entriesCount: 7 });
  });
});
