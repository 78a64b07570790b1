/** An integrator's app lets a customer turn points into a coupon. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setAwardStatus } from "#app/domain/awards/set-status.server.ts";
import { setExternalId } from "#app/domain/customers/set-external-id.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { gidTail } from "#app/lib/gid.ts";
import { newAward, NOON } from "../factories.ts";
import { newIntegrator, newMember, openApiServer, type ApiServer } from "./integrator.ts";

let server: ApiServer;
beforeAll(async () => void (server = await openApiServer()));
afterAll(() => server.close());

/** A customer with points, an award for 100 of them, and the integrator who serves both. */
async function story(points = 250) {
  const integrator = await newIntegrator(server);
  const customer = await newMember(integrator.shop.id, points);
  const award = await newAward(integrator.shop.id, { pointsPrice: 100, codes: 5, endsAt: new Date("2026-12-31T23:00:00Z") });
  const generate = (body: object = {}, headers = {}) => integrator.call("/coupons/predefined", { body: { customerId: gidTail(customer.gid), ruleId: award.number, ...body }, headers });
  return { ...integrator, customer, award, generate, balance: () => findBalance(integrator.shop.id, customer.id, NOON) };
}

describe("POST /coupons/predefined", () => {
  it("gives a code for points, spent at once", async () => {
    const { award, customer, shop, generate, balance } = await story();
    const { status, body } = await generate();
    expect(status).toBe(200);
    expect(body).toMatchObject({ code: expect.stringMatching(/^LIVE-/), startDate: award.startsAt.toISOString(), expiryDate: "2026-12-31T23:00:00.000Z", outcome: "issued", ruleId: award.number, pointsSpent: 100 });
    expect(body.url).toBe(`https://${shop.domain}/discount/${String(body.code)}`);
    expect(await prisma.issuance.findMany({ where: { shopId: shop.id, customerId: customer.id }, select: { points: true } })).toEqual([{ points: 100 }]);
    expect((await balance()).spendable).toBe(150);
  });

  it("knows the customer by Shopify's number or gid, our id, their own id, an e-mail address, a phone number", async () => {
    const { customer, shop, generate } = await story(1000);
    await setExternalId(shop.id, customer.id, "till-77");
    await prisma.customer.update({ where: { shopId_id: { shopId: shop.id, id: customer.id } }, data: { phone: "+49301234567" } });
    for (const named of [{ customerId: customer.gid }, { customerId: Number(gidTail(customer.gid)) }, { customerId: "till-77" }, { customerId: "nobody", email: customer.email?.toUpperCase() }, { customerId: "nobody", mobile: "+49 30 1234567" }]) {
      expect((await generate(named)).body, JSON.stringify(named)).toMatchObject({ outcome: "issued" });
    }
  });

  it("knows a number that is the integrator's own, where it is none of Shopify's", async () => {
    const { customer, shop, generate } = await story();
    await setExternalId(shop.id, customer.id, "20260042");
    expect((await generate({ customerId: 20260042 })).body).toMatchObject({ outcome: "issued" });
  });

  it("remembers the integrator's own id of somebody whom only the e-mail address named", async () => {
    const { customer, generate } = await story(1000);
    expect((await generate({ customerId: "app-user-9" })).status).toBe(404);
    expect((await generate({ customerId: "app-user-9", email: customer.email })).status).toBe(200);
    expect((await generate({ customerId: "app-user-9" })).status).toBe(200);
  });

  it.each([
    ["a customer nobody knows", { customerId: "nobody" }, 404, "customer_unknown", 7000],
    ["an award there is not", { ruleId: 999 }, 404, "award_unknown", 4010],
    ["no customer", { customerId: undefined }, 400, "argument_missing", 3000],
    ["an award that is no number", { ruleId: "one" }, 422, "argument_invalid", 3003],
    ["an award number beyond what there can be", { ruleId: 1e300 }, 422, "argument_invalid", 3003],
  ])("refuses %s", async (_name, wrong, status, reason, code) => {
    const { generate, balance } = await story();
    const answer = await generate(wrong);
    expect([answer.status, answer.body.reason, answer.body.code]).toEqual([status, reason, code]);
    expect((await balance()).spendable).toBe(250);
  });

  it("says why there is none, with a code of its own for each reason", async () => {
    const poor = await story(30);
    expect((await poor.generate()).body).toMatchObject({ code: 9008, reason: "insufficient_points", missingPoints: 70 });
    const off = await story();
    await setAwardStatus(off.shop.id, off.award.number, "inactive", NOON);
    expect((await off.generate()).body).toMatchObject({ code: 9014, reason: "award_inactive" });
  });

  it("says everything that stands in the way at once, each with what would change it", async () => {
    const { generate, call, customer, award, shop, balance } = await story(150);
    expect((await generate()).status).toBe(200);
    await prisma.award.update({ where: { shopId_number: { shopId: shop.id, number: award.number } }, data: { issueGapDays: 2, audience: "listed", usesTotal: 1, registeredFrom: new Date("2030-01-01T00:00:00Z") } });
    const { status, body } = await generate();
    expect([status, body.reason, body.problem]).toEqual([422, "not_eligible", "not_listed"]);
    expect(body.reasons).toEqual([
      { code: 9011, reason: "not_eligible", problem: "not_listed", message: expect.any(String) },
      { code: 9011, reason: "not_eligible", problem: "registered_outside", message: expect.any(String) },
      { code: 9103, reason: "too_soon", availableAt: "2026-11-21T23:00:00.000Z", message: expect.stringContaining("2026-11-21T23:00:00.000Z") },
      { code: 9104, reason: "coupon_max_reached", message: expect.any(String) },
      { code: 9008, reason: "insufficient_points", missingPoints: 50, message: "50 more points are needed." },
    ]);
    // Who would get again what they hold has not had too many.
    await prisma.award.update({ where: { shopId_number: { shopId: shop.id, number: award.number } }, data: { matchAgain: "existing", issuesPerCustomer: 1 } });
    expect(((await generate()).body.reasons as { reason: string }[]).map(({ reason }) => reason)).not.toContain("customer_max_reached");
    // Given for nothing, points do not matter.
    const free = await call("/coupons/distribute", { body: { customerId: customer.customerId, ruleId: award.number } });
    expect((free.body.reasons as { reason: string }[]).map(({ reason }) => reason)).toEqual(["not_eligible", "not_eligible", "too_soon", "coupon_max_reached"]);
    expect((await balance()).spendable).toBe(50);
  });

  it("tells a discount that somebody switched off in Shopify from a stock that is being refilled", async () => {
    const { shop, award, generate, balance } = await story();
    const parent = { where: { shopId: shop.id, awardNumber: award.number } };
    await prisma.parentDiscount.updateMany({ ...parent, data: { offAt: NOON } });
    const off = await generate();
    expect([off.status, off.body.code, off.body.reason]).toEqual([422, 9106, "discount_off"]);
    await prisma.parentDiscount.updateMany({ ...parent, data: { offAt: null } });
    await prisma.coupon.updateMany({ where: { shopId: shop.id, awardNumber: award.number }, data: { codeState: "submitted" } });
    expect((await generate()).body).toMatchObject({ code: 9105, reason: "out_of_codes" });
    expect((await balance()).spendable).toBe(250);
  });

  it("sells what is left once, however many ask at the same moment", async () => {
    const { generate, balance } = await story(150);
    const answers = await Promise.all(Array.from({ length: 40 }, () => generate()));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(answers.flatMap(({ body }) => body.reason ?? []))).toEqual(new Set(["insufficient_points"]));
    expect((await balance()).spendable).toBe(50);
  });

  it("does once what is sent twice with the same Idempotency-Key, also at the same moment", async () => {
    const { generate, balance } = await story();
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 8 }, () => generate({}, { "Idempotency-Key": key })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.code)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get("idempotency-replayed") === "true")).toHaveLength(7);
    expect((await balance()).spendable).toBe(150);
    expect((await generate()).body.code).not.toBe(answers[0]?.body.code);
  });
});
