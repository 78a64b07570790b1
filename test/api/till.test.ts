/**
 * A till that was written for the published form of this API, unmodified: plain fetch, the documented paths and field names,
 * nothing of ours. A coupon is generated, validated, locked, looked at, burned, burned again; or released; or used by an order.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reverseRedemptions } from "#app/domain/coupons/reverse.server.ts";
import { importLocations } from "#app/domain/locations/import.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { saveTier } from "#app/domain/points/save-tier.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { csv } from "../csv.ts";
import { newAward, NOON, type AwardWish } from "../factories.ts";
import { newIntegrator, newMember, openApiServer, type ApiServer } from "./integrator.ts";

let server: ApiServer;
beforeAll(async () => void (server = await openApiServer()));
afterAll(() => server.close());

const TERMS: AwardWish = { name: "Five off", pointsPrice: 100, codes: 4, minOrderMinor: 3000, combinesOrder: true, endsAt: new Date("2026-12-31T23:00:00Z") };

/** A customer with 500 points in a shop whose award takes 5.00 EUR off orders from 30.00 EUR. */
async function story(wish: AwardWish = {}) {
  const integrator = await newIntegrator(server);
  const customer = await newMember(integrator.shop.id, 500);
  await importLocations(integrator.shop.id, csv("id,name,zone\nberlin-1,Berlin,east\nrome-1,Rome,south\n"));
  const award = await newAward(integrator.shop.id, { ...TERMS, ...wish });
  const { customerId } = customer;
  const post = (path: string, body: object = {}, headers = {}) => integrator.call(path, { body, headers });
  return {
    ...integrator, customer, customerId, award, post,
    get: (path: string) => integrator.call(path),
    /** Spends 100 points for a code. */
    async code(): Promise<string> {
      const { body } = await post("/coupons/predefined", { customerId, ruleId: award.number });
      return String(body.code);
    },
    uses: () => prisma.redemption.count({ where: { shopId: integrator.shop.id } }),
    balance: async () => (await findBalance(integrator.shop.id, customer.id, NOON)).spendable,
  };
}
type Story = Awaited<ReturnType<typeof story>>;

async function locked({ post, customerId }: Story, code: string, more: object = {}): Promise<string> {
  const { body } = await post(`/coupons/${code}/validate`, { customerId, totalPurchaseAmount: 50, lock: true, ...more });
  return String(body.lockReference);
}

describe("a till", () => {
  it("that sends every field of its form, filled in or not, is understood; what is needed is still asked for", async () => {
    const { post, customerId, award, code } = await story();
    expect(await post("/coupons/predefined", { customerId, email: "", mobile: "", ruleId: award.number })).toMatchObject({ status: 200, body: { outcome: "issued" } });
    const told = { customerId, totalPurchaseAmount: 50, merchantId: "", lockReference: "", currency: "" };
    expect(await post(`/coupons/${await code()}/validate`, told)).toMatchObject({ status: 200, body: { isValid: true } });
    expect(await post("/coupons/predefined", { customerId: "", ruleId: award.number })).toMatchObject({ status: 400 });
    expect(await post("/coupons/burn", { customerId, coupons: [""], transactionId: "t-1" })).toMatchObject({ status: 422 });
    expect(await post("/coupons/burn", { customerId, coupons: [await code()], lockReference: "session-1", transactionId: "t-1" })).toMatchObject({ status: 422, body: { message: expect.stringContaining("exactly one") } });
  });

  it.each([
    ["JPY", 500, 2_999, 3_000],
    ["KWD", 0.5, 2.999, 3],
    ["SAR", 5, 29.99, 30],
  ])("that names no currency means the coupon's own, here %s in a shop of euros", async (currency, value, tooLittle, enough) => {
    const { customerId, post, shop } = await story();
    const made = await post("/awards", { name: "Abroad", kind: "fixed_amount", value, currency, minOrderValue: enough, appliedBy: "integrator", codes: { source: "pasted", codes: ["ABROAD"] } });
    await post("/coupons/distribute", { customerId, ruleId: made.body.ruleId });
    const validate = (more: object) => post("/coupons/ABROAD/validate", { customerId, ...more });
    expect((await validate({ totalPurchaseAmount: tooLittle })).body).toMatchObject({ valid: false, reasons: [{ reason: "minimum_order", missingAmount: expect.closeTo(enough - tooLittle, 6), currency }] });
    expect((await validate({ totalPurchaseAmount: enough })).body).toMatchObject({ valid: true, discountAmount: value, currency });
    expect((await validate({ lineItems: [{ productId: 1, price: value / 5, quantity: 2 }] })).body).toMatchObject({ discountAmount: expect.closeTo((value / 5) * 2, 6) });
    expect((await validate({ totalPurchaseAmount: enough, currency: "EUR" })).body).toMatchObject({ valid: false, reasons: [{ reason: "wrong_currency" }] });
    expect((await post("/coupons/burn", { customerId, coupons: ["ABROAD"], transactionId: "abroad-1", totalPurchaseAmount: enough })).status).toBe(200);
    expect(await prisma.redemption.findFirstOrThrow({ where: { shopId: shop.id } })).toMatchObject({ currency, discountMinor: { JPY: 500n, KWD: 500n, SAR: 500n }[currency] });
  });

  it("that tells of lines worth more than money can be counted is refused, by line and by sum", async () => {
    const { customerId, post, code } = await story();
    const name = await code();
    for (const lineItems of [[{ price: 1e12, quantity: 1e6 }], Array.from({ length: 500 }, () => ({ amount: 1e12 }))]) {
      const refused = await post(`/coupons/${name}/validate`, { customerId, lineItems });
      expect([refused.status, refused.body.reason]).toEqual([422, "argument_invalid"]);
    }
    expect((await post(`/coupons/${name}/validate`, { customerId, lineItems: [{ amount: 1e12 }] })).status).toBe(200);
  });

  it("validates a coupon: both published forms of the answer, with all its terms", async () => {
    const { post, customerId, award, code } = await story();
    const name = await code();
    const { status, body } = await post(`/coupons/${name.toLowerCase()}/validate`, { customerId, totalPurchaseAmount: 42.5 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ isValid: true, valid: true, lockReference: null, dateToExpire: null, discountType: "fixed", discountAmount: 5, currency: "EUR", reasons: [] });
    expect(body.coupon).toEqual({
      code: name, type: "fixed", value: 5, currency: "EUR", usageLimit: 1, limitPerCustomer: -1,
      startDate: award.startsAt.toISOString(), expiryDate: "2026-12-31T23:00:00.000Z", capping: null, minOrderValue: 30, maxOrderValue: null,
      entitledProductIds: null, entitledVariantIds: null, entitledCollectionIds: null, entitledMerchantIds: null,
      combinesWith: { orderDiscounts: true, productDiscounts: false, shippingDiscounts: false }, ruleId: award.number, name: "Five off",
    });
  });

  it("is told a percentage's terms: its cap, its bounds, what and where it is for, and what beside it", async () => {
    const scope = { productGids: ["gid://shopify/Product/1"], variantGids: ["gid://shopify/ProductVariant/2"], collectionGids: ["gid://shopify/Collection/3"] };
    const { post, customerId, code } = await story({
      ...scope, appliedBy: "integrator", kind: "percentage", value: 20, capMinor: 1250, maxOrderMinor: 90_000, locationIds: ["berlin-1"], shareable: true, usesPerCode: null, usesPerCustomer: 2,
      redeemableFrom: new Date("2026-11-20T06:00:00Z"), combinesOrder: false, combinesProduct: true, combinesShipping: true,
    });
    const { body } = await post(`/coupons/${await code()}/validate`, { customerId, totalPurchaseAmount: 50, lineItems: [{ productId: "1", amount: 40 }, { productId: "9", amount: 10 }], merchantId: "berlin-1" });
    expect(body).toMatchObject({ valid: true, discountType: "percentage", discountAmount: 8 });
    expect(body.coupon).toMatchObject({
      type: "percentage", value: 20, usageLimit: -1, limitPerCustomer: 2, startDate: "2026-11-20T06:00:00.000Z", capping: 12.5, minOrderValue: 30, maxOrderValue: 900,
      entitledProductIds: ["1"], entitledVariantIds: ["2"], entitledCollectionIds: ["3"], entitledMerchantIds: ["berlin-1"],
      combinesWith: { orderDiscounts: false, productDiscounts: true, shippingDiscounts: true },
    });
  });

  it.each([["free_shipping", "shipping"], ["custom", "custom"]] as const)("is told that %s is of the type %s, and worth no amount", async (kind, type) => {
    const { post, customerId, code } = await story({ kind, value: 0, combinesOrder: false });
    expect((await post(`/coupons/${await code()}/validate`, { customerId, totalPurchaseAmount: 50 })).body).toMatchObject({ valid: true, discountType: type, discountAmount: null, coupon: { type, value: 0 } });
  });

  it("is told what this one coupon is worth and asks for, where that is not as its award says", async () => {
    const { shop, post, get, customerId, award } = await story({ appliedBy: "integrator", minPoints: 100, maxPoints: 400, stepPoints: 100, stepMinor: 250, value: 1000 });
    const { body } = await post("/coupons/predefined", { customerId, ruleId: award.number, points: 300 });
    await prisma.coupon.updateMany({ where: { shopId: shop.id, code: String(body.code) }, data: { minOrderMinor: 4000 } });
    const told = { value: 7.5, minOrderValue: 40 };
    expect((await post(`/coupons/${String(body.code)}/validate`, { customerId, totalPurchaseAmount: 50, lock: true, lockReference: "chosen" })).body).toMatchObject({ valid: true, discountAmount: 7.5, coupon: told });
    expect((await get(`/coupons/${String(body.code)}`)).body).toMatchObject(told);
    expect((await get("/locks/chosen")).body).toMatchObject({ coupons: [told] });
    expect((await get(`/customers/${customerId}/coupons`)).body).toMatchObject({ coupons: [told] });
  });

  it("is told the end of the award wherever that was moved before the coupon's own", async () => {
    const { shop, post, get, customerId, award, code } = await story({ appliedBy: "integrator", expiryRule: "days", expiryCount: 30, matchAgain: "existing" });
    const name = await code();
    const endsAt = new Date("2026-11-25T12:00:00Z");
    await prisma.award.updateMany({ where: { shopId: shop.id }, data: { endsAt } });
    const told = { expiryDate: endsAt.toISOString() };
    expect((await post("/coupons/predefined", { customerId, ruleId: award.number })).body).toMatchObject({ outcome: "existing_sent", ...told });
    expect((await post(`/coupons/${name}/validate`, { customerId, totalPurchaseAmount: 50, lock: true, lockReference: "moved" })).body).toMatchObject({ valid: true, coupon: told });
    expect((await get("/locks/moved")).body).toMatchObject({ coupons: [told] });
    expect((await get(`/coupons/${name}`)).body).toMatchObject(told);
    expect((await get(`/customers/${customerId}/coupons`)).body).toMatchObject({ coupons: [told] });
  });

  it("is told which product a coupon makes free", async () => {
    const { post, get, customerId, code } = await story({ appliedBy: "integrator", kind: "free_product", value: 0, giftVariantGid: "gid://shopify/ProductVariant/4711" });
    const name = await code();
    const { body } = await post(`/coupons/${name}/validate`, { customerId, totalPurchaseAmount: 42.5, lock: true, lockReference: "gift" });
    expect(body).toMatchObject({ valid: true, discountType: "product", discountAmount: null, coupon: { type: "product", entitledVariantIds: ["4711"] } });
    for (const path of [`/coupons/${name}`, "/locks/gift"]) expect(JSON.stringify((await get(path)).body)).toContain(JSON.stringify({ entitledVariantIds: ["4711"] }).slice(1, -1));
  });

  it("generates, validates with lock, looks at the lock, burns it, and burning again uses nothing twice", async () => {
    const till = await story();
    const code = await till.code();
    expect(await till.balance()).toBe(400);

    const { status, body: validated } = await till.post(`/coupons/${code}/validate?lock=true`, { customerId: till.customerId, lockDuration: 30, totalPurchaseAmount: 50 });
    expect(status).toBe(200);
    expect(validated).toMatchObject({ isValid: true, valid: true, lockReference: expect.any(String), dateToExpire: new Date(NOON.getTime() + 30 * 60_000).toISOString() });
    const reference = String(validated.lockReference);
    const { body: lock } = await till.get(`/locks/${reference}`);
    expect(lock).toMatchObject({ customerId: till.customerId, isUsed: false, isExpired: false, lockedCoupons: [{ code }], coupons: [{ code, value: 5 }] });

    const burning = { customerId: till.customerId, lockReference: reference, transactionId: "receipt-1", transactionTime: NOON.toISOString() };
    const first = await till.post("/coupons/burn", burning);
    expect([first.status, first.body]).toEqual([200, { success: true, burnedAt: NOON.toISOString(), transactionId: "receipt-1", coupons: [code] }]);
    server.at(new Date(NOON.getTime() + 60_000));
    const again = await till.post("/coupons/burn", burning);
    server.at(NOON);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(await till.uses()).toBe(1);
    expect(await till.balance()).toBe(400);
    expect((await till.get(`/locks/${reference}`)).body).toMatchObject({ status: "burned", isUsed: true, usedAt: NOON.toISOString(), transactionId: "receipt-1" });
    expect((await till.post(`/coupons/${code}/validate`, { customerId: till.customerId })).body).toMatchObject({ isValid: false, valid: false, reasons: [{ reason: "coupon_redeemed", code: 9124 }] });
  });

  it("dates a burn as the till says, in UTC where it names no zone, and never in the time to come", async () => {
    const till = await story({ minOrderMinor: null });
    const burn = async (transactionId: string, transactionTime: string) => (await till.post("/coupons/burn", { coupons: [await till.code()], transactionId, transactionTime })).status;
    expect([await burn("t-1", "2026-11-20T11:00:00.5"), await burn("t-2", "2026-11-20T12:00:00+02:00"), await burn("t-3", "2027-01-01T00:00:00Z"), await burn("t-4", "0000-01-01T00:00:00Z")]).toEqual([200, 200, 200, 422]);
    const times = await prisma.redemption.findMany({ where: { shopId: till.shop.id }, orderBy: { id: "asc" }, select: { redeemedAt: true } });
    expect(times.map(({ redeemedAt }) => redeemedAt.toISOString())).toEqual(["2026-11-20T11:00:00.500Z", "2026-11-20T10:00:00.000Z", NOON.toISOString()]);
  });

  it("refuses a second session while a lock holds, and lets it in when the lock is released or over", async () => {
    const till = await story();
    const code = await till.code();
    server.at(new Date(NOON.getTime() + 1_000));
    const reference = await locked(till, code);
    server.at(NOON);
    const other = await till.post(`/coupons/${code}/validate`, { customerId: till.customerId, totalPurchaseAmount: 50, lock: true });
    expect([other.status, other.body.code, other.body.reason]).toEqual([409, 9100, "locked_by_another"]);
    // The coupon by its code, and in its customer's list.
    const standing = async () => {
      const shown = [(await till.get(`/coupons/${code}`)).body, ...((await till.get(`/customers/${till.customerId}/coupons`)).body.coupons as object[])];
      return shown.map((coupon) => ("status" in coupon && "last_status_change_on" in coupon ? `${String(coupon.status)} ${String(coupon.last_status_change_on)}` : null));
    };
    expect(await standing()).toEqual(Array(2).fill("locked 2026-11-20T12:00:01.000Z"));
    expect(other.body).toMatchObject({ type: "TRANSACTION_ERROR", documentationUrl: expect.stringContaining("#locked_by_another"), requestId: other.headers.get("x-request-id") });

    const released = await till.call(`/coupons/${reference}`, { method: "DELETE" });
    expect([released.status, released.body]).toEqual([200, { success: true, releasedAt: NOON.toISOString(), releasedCoupons: [code] }]);
    expect((await till.post("/coupons/release", { lockReference: reference })).body).toEqual(released.body);
    expect(await standing()).toEqual(Array(2).fill("issued 2026-11-20T12:00:00.000Z"));
    const second = await locked(till, code, { lockDuration: 1 });
    expect(second).not.toBe(reference);
    server.at(new Date(NOON.getTime() + 61_000));
    expect((await till.post("/coupons/burn", { lockReference: second, transactionId: "late" })).body).toMatchObject({ reason: "lock_expired", code: 9009 });
    expect(await locked(till, code)).toMatch(/^lock_/);
    server.at(NOON);
  });

  it("is told with the lock what this customer was promised, also of one code for everybody", async () => {
    const till = await story({ single: "FOR-ALL", appliedBy: "integrator", expiryRule: "days", expiryCount: 2 });
    const given = await till.post("/coupons/predefined", { customerId: till.customerId, ruleId: till.award.number });
    expect(given.body).toMatchObject({ code: "FOR-ALL", expiryDate: "2026-11-22T22:59:59.999Z" });
    const validated = await till.post("/coupons/FOR-ALL/validate", { customerId: till.customerId, totalPurchaseAmount: 50, lock: true, lockReference: "all" });
    expect((await till.get("/locks/all")).body).toMatchObject({ status: "held", coupons: [validated.body.coupon] });
  });

  it("locks for one session of many that ask at the same moment, and burns for one transaction", async () => {
    const till = await story({ minOrderMinor: null });
    const code = await till.code();
    const sessions = await Promise.all(Array.from({ length: 30 }, () => till.post(`/coupons/${code}/validate`, { customerId: till.customerId, lock: true })));
    expect([sessions.filter(({ status }) => status === 200).length, new Set(sessions.flatMap(({ body }) => body.reason ?? []))]).toEqual([1, new Set(["locked_by_another"])]);
    const other = await till.code();
    const burns = await Promise.all(Array.from({ length: 30 }, (_, number) => till.post("/coupons/burn", { coupons: [other], transactionId: `r-${number}` })));
    expect([burns.filter(({ status }) => status === 200).length, new Set(burns.flatMap(({ body }) => body.reason ?? [])), await till.uses()]).toEqual([1, new Set(["coupon_redeemed"]), 1]);
  });

  it("validates, locks and burns several together, all or none", async () => {
    const till = await story();
    const codes = [await till.code(), await till.code()];
    const both = await till.post("/coupons/validate", { customerId: till.customerId, coupons: codes, totalPurchaseAmount: 50, lock: true });
    expect(both.body).toMatchObject({ valid: true, isValid: true, coupons: codes.map((code) => ({ code })), validCoupons: codes.map((code) => ({ code, discountAmount: 5, discountType: "fixed" })), invalidCoupons: [] });
    await till.post("/coupons/release", { lockReference: both.body.lockReference });

    const mixed = await till.post("/coupons/validate", { customerId: till.customerId, coupons: [{ code: codes[0], pin: "1" }, "NO-SUCH"], totalPurchaseAmount: 50 });
    expect(mixed.body).toMatchObject({ valid: false, validCoupons: [{ code: codes[0] }], invalidCoupons: [{ code: "NO-SUCH", reasons: [{ reason: "coupon_unknown" }] }] });
    const refused = await till.post("/coupons/burn", { customerId: till.customerId, coupons: [codes[0], "NO-SUCH"], transactionId: "r-1", totalPurchaseAmount: 50 });
    expect([refused.status, refused.body.reason]).toEqual([404, "coupon_unknown"]);
    expect(await till.uses()).toBe(0);
    const burned = await till.post("/coupons/burn", { customerId: till.customerId, coupons: codes, transactionId: "r-1", totalPurchaseAmount: 50 });
    expect([burned.status, await till.uses()]).toEqual([200, 2]);
  });

  it("is told everything that stands in the way at once, with the smallest fix", async () => {
    const till = await story({ maxOrders: 0, startsAt: new Date("2026-11-01T00:00:00Z"), redeemableFrom: new Date("2026-12-01T00:00:00Z") });
    const code = await till.code();
    const { status, body } = await till.post(`/coupons/${code}/validate`, { customerId: till.customerId, totalPurchaseAmount: 25.8 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ isValid: false, valid: false });
    expect(body.reasons).toEqual(expect.arrayContaining([
      expect.objectContaining({ reason: "minimum_order", code: 9017, minimumAmount: 30, missingAmount: 4.2, currency: "EUR", message: expect.stringContaining("Add 4.2 EUR") }),
      expect.objectContaining({ reason: "not_redeemable_yet", redeemableFrom: "2026-12-01T00:00:00.000Z" }),
    ]));
    const locking = await till.post(`/coupons/${code}/validate`, { customerId: till.customerId, totalPurchaseAmount: 25.8, lock: true });
    expect(locking.status).toBe(422);
    expect(locking.body.reasons).toHaveLength((body.reasons as unknown[]).length);
  });

  it("places an order: its coupon is burned, it earns points, and told again it is the same order", async () => {
    const till = await story();
    const code = await till.code();
    const order = { customerId: till.customerId, orderId: "web-77", orderDate: NOON.toISOString(), totalPaid: 45, totalPrice: 50, totalTax: 5, totalShipping: 10, redemption: { couponCodes: [code] } };
    const placed = await till.post("/orders", order);
    expect([placed.status, placed.body]).toEqual([200, { customerId: till.customerId, orderId: "web-77", redeemedPoints: 100, rewardedPoints: 30, burnedCoupons: [code], lineItems: [] }]);
    expect((await till.post("/orders", order)).body).toEqual(placed.body);
    expect([await till.uses(), await till.balance()]).toEqual([1, 430]);

    const cancelledAt = new Date(NOON.getTime() + 60_000);
    server.at(cancelledAt);
    const cancelled = await till.post("/orders/web-77/cancel");
    server.at(NOON);
    expect(cancelled.body).toEqual({ success: true, cancelledAt: cancelledAt.toISOString(), reversedCoupons: [code] });
    expect((await till.post("/orders/web-77/cancel")).body).toEqual(cancelled.body);
    expect(await till.balance()).toBe(500);
    expect((await till.get(`/coupons/${code}`)).body).toMatchObject({ isReversed: true, redemptions: [{ transactionId: "web-77", isReversed: true, reversalReason: "cancelled", reversedAt: cancelledAt.toISOString() }] });
    expect((await till.get(`/customers/${till.customerId}/coupons`)).body).toMatchObject({ coupons: [{ code, isReversed: true }] });
    expect((await till.post("/orders/unheard-of/cancel")).body).toMatchObject({ reason: "order_unknown" });

    const other = await till.code();
    await till.post("/coupons/burn", { coupons: [other], transactionId: "web-78", totalPurchaseAmount: 50 });
    const refund = { orderGid: "transaction:web-78", customerId: till.customer.id, reason: "refunded" as const, reversedAt: cancelledAt };
    await inTransaction((tx) => reverseRedemptions(tx, till.shop.id, refund, cancelledAt));
    expect((await till.get(`/coupons/${other}`)).body).toMatchObject({ isReversed: true, redemptions: [{ transactionId: "web-78", reversalReason: "refunded" }] });
  });

  it("that takes another currency says what it is worth in the shop's: without that, an order earns nothing", async () => {
    const till = await story();
    const yen = (orderId: string) => ({ customerId: till.customerId, orderId, orderDate: NOON.toISOString(), currency: "JPY", totalPaid: 10_000 });
    expect((await till.post("/orders", yen("jp-1"))).body).toMatchObject({ rewardedPoints: 0 });
    expect((await till.post("/orders", { ...yen("jp-2"), totalTax: 1_000, exchangeRate: 0.0061 })).body).toMatchObject({ rewardedPoints: 54 });
    expect(await prisma.order.findMany({ where: { shopId: till.shop.id }, orderBy: { name: "asc" }, select: { name: true, currency: true, totalMinor: true } }))
      .toEqual([{ name: "jp-1", currency: "JPY", totalMinor: 10_000n }, { name: "jp-2", currency: "EUR", totalMinor: 6_100n }]);
    expect((await till.post("/orders", { ...yen("jp-3"), totalPaid: 1e12, exchangeRate: 1e6 })).status).toBe(200);
  });

  it("that gives two customers' orders one number is told so: the second's coupon is not used for the first's order", async () => {
    const till = await story();
    const ben = await newMember(till.shop.id, 500);
    const { body } = await till.post("/coupons/predefined", { customerId: ben.customerId, ruleId: till.award.number });
    await till.post("/orders", { customerId: till.customerId, orderId: "b2-0001", totalPaid: 45 });
    const order = { customerId: ben.customerId, orderId: "b2-0001", totalPaid: 80, redemption: { couponCodes: [body.code] } };
    const refused = await till.post("/orders", order);
    expect([refused.status, refused.body.reason, refused.body.code]).toEqual([409, "order_of_another", 9113]);
    expect(await till.uses()).toBe(0);
    expect((await till.post("/orders", { ...order, orderId: "b7-0001" })).body).toMatchObject({ customerId: ben.customerId, rewardedPoints: 80, burnedCoupons: [body.code] });
  });

  it("places an order with a lock; one whose lock was released is refused and records nothing", async () => {
    const till = await story();
    const [first, second] = [await till.code(), await till.code()];
    const reference = await locked(till, first);
    const order = (orderId: string, couponsLockReference: string) => till.post("/orders", { customerId: till.customerId, orderId, totalPaid: 45, redemption: { couponsLockReference } });
    expect((await order("o-1", reference)).body).toMatchObject({ burnedCoupons: [first] });

    const released = await locked(till, second);
    await till.post("/coupons/release", { lockReference: released });
    const refused = await order("o-2", released);
    expect([refused.status, refused.body.reason, refused.body.code]).toEqual([422, "lock_released", 9110]);
    expect(await prisma.order.count({ where: { shopId: till.shop.id } })).toBe(1);
  });

  it("lists a customer's coupons with where each stands, page by page, by status, by place", async () => {
    const till = await story({ appliedBy: "integrator", locationIds: ["berlin-1"] });
    const codes = [await till.code(), await till.code(), await till.code()];
    await till.post("/coupons/burn", { coupons: [codes[0]], transactionId: "r-9", totalPurchaseAmount: 50, merchantId: "berlin-1" });
    await locked(till, codes[1] ?? "", { merchantId: "berlin-1" });

    const path = `/customers/${till.customerId}/coupons`;
    const first = await till.get(`${path}?limit=2`);
    expect(first.body).toMatchObject({ count: 2, hasMore: true, coupons: [{ code: codes[2], status: "issued", isAvailableToUse: true }, { code: codes[1], status: "locked", isLocked: true }] });
    const next = await till.get(`${path}?limit=2&cursor=${String(first.body.nextCursor)}`);
    expect(next.body).toMatchObject({ count: 1, hasMore: false, nextCursor: null, coupons: [{ code: codes[0], status: "redeemed", customerUsedCount: 1, usedCount: 1, isReversed: false, last_status_change_on: NOON.toISOString(), points: 100 }] });
    const count = async (query: string) => (await till.get(`${path}?${query}`)).body.count;
    expect([await count("status=redeemed"), await count("status=expired"), await count("location=berlin-1"), await count("location=rome-1"), await count("zone=east"), await count("zone=south")]).toEqual([1, 0, 3, 0, 3, 0]);
    expect((await till.get(`${path}?cursor=nonsense`)).body).toMatchObject({ reason: "argument_invalid" });

    // What nobody may use now does not stand ready.
    for (const data of [{ status: "inactive" as const }, { status: "active" as const, redeemableFrom: new Date(NOON.getTime() + 1) }]) {
      await prisma.award.updateMany({ where: { shopId: till.shop.id }, data });
      expect((await till.get(`${path}?status=issued`)).body).toMatchObject({ count: 1, coupons: [{ code: codes[2], status: "issued", isAvailableToUse: false }] });
    }
  });

  it("locks and burns under an Idempotency-Key once, however often it is sent", async () => {
    const till = await story();
    const code = await till.code();
    const key = { "Idempotency-Key": randomUUID() };
    const lock = () => till.post(`/coupons/${code}/validate`, { customerId: till.customerId, totalPurchaseAmount: 50, lock: true }, key);
    const answers = await Promise.all([lock(), lock(), lock()]);
    expect(new Set(answers.map(({ body }) => body.lockReference)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});

describe("points", () => {
  it("are told with the tier they led to, and what is missing for the next", async () => {
    const till = await story();
    await saveTier(till.shop.id, null, { name: "Silver", fromPoints: 30, multiplierMilli: 1500 }, NOON);
    await saveTier(till.shop.id, null, { name: "Gold", fromPoints: 100, multiplierMilli: 2000 }, NOON);
    const balance = async () => (await till.get(`/customers/${till.customerId}/balance`)).body;
    expect(await balance()).toMatchObject({ tier: null, nextTier: { name: "Silver", missingPoints: 30 } });
    await till.post("/orders", { customerId: till.customerId, orderId: "web-7", orderDate: NOON.toISOString(), totalPaid: 40, totalPrice: 40 });
    expect(await balance()).toMatchObject({ tier: { name: "Silver", multiplier: 1.5 }, nextTier: { name: "Gold", missingPoints: 60 } });
    expect((await till.post("/orders", { customerId: till.customerId, orderId: "web-8", orderDate: NOON.toISOString(), totalPaid: 40, totalPrice: 40 })).body).toMatchObject({ rewardedPoints: 60 });
    expect(await balance()).toMatchObject({ tier: { name: "Gold", multiplier: 2 }, nextTier: null });
  });

  it("that wait to mature, and those that lapse, are told with the balance and on the statement", async () => {
    const till = await story();
    const { customerId, get } = till;
    await prisma.shop.update({ where: { id: till.shop.id }, data: { pendingDays: 14, expiryMonths: 3 } });
    await till.post("/transactions/manual", { customerId, transactionId: "gift", points: 120, reason: "Sorry" });
    const placed = await till.post("/orders", { customerId, orderId: "web-1", orderDate: NOON.toISOString(), totalPaid: 40, totalPrice: 40 });
    expect(placed.body).toMatchObject({ rewardedPoints: 40 });

    expect((await get(`/customers/${customerId}/balance`)).body).toMatchObject({
      totalPointsBalance: 620, availablePointsBalance: 620, pendingPoints: 40, nextPending: { points: 40, at: "2026-12-04T12:00:00.000Z" }, nextExpiry: { points: 120, at: "2027-02-20T22:59:59.999Z" },
    });
    expect((await get(`/transactions?customerId=${customerId}`)).body.transactions).toMatchObject([
      { type: "adjusted", points: 120, remainingPoints: 120, expiresAt: "2027-02-20T22:59:59.999Z" }, { points: 500, remainingPoints: 500, expiresAt: null },
    ]);
  });

  it("are seen, held, released, redeemed, refunded and adjusted", async () => {
    const till = await story();
    const { customerId, post, get } = till;
    expect((await get(`/customers/${customerId}/balance`)).body).toEqual({ customerId, totalPointsBalance: 500, availablePointsBalance: 500, heldPoints: 0, pendingPoints: 0, nextPending: null, nextExpiry: null, tier: null, nextTier: null, pointsName: "points", currency: "EUR" });

    const held = await post("/transactions/hold", { customerId, pointsToHold: 200, transactionTime: NOON.toISOString() });
    expect(held.body).toMatchObject({ customerId, holdEquivalentPoints: 200, availablePointsBalance: 300, dateToExpire: new Date(NOON.getTime() + 600_000).toISOString() });
    const reference = String(held.body.holdReference);
    expect((await get(`/transactions/hold/${reference}`)).body).toMatchObject({ state: "active", holdEquivalentPoints: 200 });
    expect((await post("/transactions/hold", { customerId, pointsToHold: 301 })).body).toMatchObject({ reason: "insufficient_points", code: 9008, missingPoints: 1 });
    expect((await till.call(`/transactions/hold/${reference}`, { method: "DELETE" })).body).toMatchObject({ success: true, availablePointsBalance: 500 });
    expect((await post("/transactions/redeem", { customerId, transactionId: "t-0", holdReference: reference })).body).toMatchObject({ reason: "hold_over" });

    const again = await post("/transactions/hold", { customerId, pointsToHold: 50 });
    const spent = await post("/transactions/redeem", { customerId, transactionId: "t-1", holdReference: again.body.holdReference });
    expect(spent.body).toMatchObject({ redeemEquivalentPoints: 50, availablePointsBalance: 450 });
    expect((await post("/transactions/redeem", { customerId, transactionId: "t-9", holdReference: again.body.holdReference })).body).toMatchObject({ reason: "hold_over", transactionId: "t-1" });
    const other = await post("/transactions/hold", { customerId, pointsToHold: 10 });
    expect((await post("/transactions/redeem", { customerId, transactionId: "t-1", holdReference: other.body.holdReference })).body).toMatchObject({ redeemEquivalentPoints: 50, holdReference: again.body.holdReference, entryId: spent.body.entryId });
    expect((await till.call(`/transactions/hold/${String(other.body.holdReference)}`, { method: "DELETE" })).body).toMatchObject({ success: true, availablePointsBalance: 450 });
    const redeem = () => post("/transactions/redeem", { customerId, transactionId: "t-2", pointsToRedeem: 100 });
    expect([(await redeem()).body.availablePointsBalance, (await redeem()).body.availablePointsBalance]).toEqual([350, 350]);

    const refund = (refundTransactionId: string, reverseTransactionId: unknown, refundPoints?: number) => post("/transactions/refund", { customerId, refundTransactionId, reverseTransactionId, refundPoints });
    expect((await refund("f-1", "t-2", 30)).body).toMatchObject({ refundEquivalentPoints: 30, refundable: 70, availablePointsBalance: 380 });
    expect((await refund("f-2", "t-2", 71)).body).toMatchObject({ reason: "refund_exceeds", refundable: 70 });
    expect((await refund("f-3", again.body.holdReference, 20)).body).toMatchObject({ refundEquivalentPoints: 20, availablePointsBalance: 400 });
    expect((await refund("f-5", "t-1")).body).toMatchObject({ refundEquivalentPoints: 30, refundable: 0, availablePointsBalance: 430 });
    expect((await refund("f-4", "never")).body).toMatchObject({ reason: "transaction_unknown", code: 9002 });

    const adjust = (transactionId: string, points: number) => post("/transactions/manual", { customerId, transactionId, points, reason: "Sorry", username: "sam" });
    expect((await adjust("a-1", 20)).body).toMatchObject({ points: 20, availablePointsBalance: 450 });
    expect((await adjust("a-1", 999)).body).toMatchObject({ points: 20, availablePointsBalance: 450 });
    expect((await adjust("a-2", -451)).body).toMatchObject({ reason: "insufficient_points" });

    const page = await get(`/transactions?customerId=${customerId}&limit=2`);
    expect(page.body).toMatchObject({ hasMore: true, transactions: [{ type: "adjusted", direction: "+", points: 20, pointsBalanceBefore: 430, pointsBalanceAfter: 450 }, { type: "spending_returned", points: 30 }] });
    const rest = await get(`/transactions?customerId=${customerId}&limit=50&cursor=${String(page.body.nextCursor)}`);
    expect(rest.body).toMatchObject({ count: 5, hasMore: false });
    // Each is named by the transaction that it was made or given back for.
    const named = [page, rest].flatMap(({ body }) => (body.transactions as { type: string; orderId: string | null }[]).map(({ type, orderId }) => [type, orderId]));
    expect(named).toEqual([["adjusted", "a-1"], ["spending_returned", "t-1"], ["spending_returned", "t-1"], ["spending_returned", "t-2"], ["spent", "t-2"], ["spent", "t-1"], ["adjusted", null]]);
  });
});
