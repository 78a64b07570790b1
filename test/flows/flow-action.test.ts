/** A merchant's Shopify Flow gives customers coupons. */
import { createHmac, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FlowAction, FlowAnswer } from "#app/contract/flow.ts";
import { uninstallShop } from "#app/domain/shops/uninstall.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { env } from "#app/lib/env.server.ts";
import { gid } from "#app/lib/gid.ts";
import { newAward, newCustomer, newShop, type AwardWish } from "#test/factories.ts";
import { openHotServer } from "#test/hot-server.ts";

let app: Awaited<ReturnType<typeof openHotServer>>;
beforeAll(async () => void (app = await openHotServer()));
afterAll(() => app.close());

/** Posts a step as Flow does. */
async function post(body: unknown, { path = "/flow/distribute-coupon", method = "POST", secret = env.SHOPIFY_API_SECRET }: { path?: string; method?: string; secret?: string } = {}) {
  const bytes = typeof body === "string" ? body : JSON.stringify(body);
  const hmac = createHmac("sha256", secret).update(bytes).digest("base64");
  const response = await fetch(app.url + path, { method, headers: { "Content-Type": "application/json", "X-Shopify-Hmac-Sha256": hmac }, ...(method === "POST" && { body: bytes }) });
  return { status: response.status, body: (await response.json()) as unknown };
}

async function openWorkflow(wish: AwardWish = {}) {
  const shop = await newShop();
  const award = await newAward(shop.id, { startsAt: new Date("2026-01-01T00:00:00Z"), ...wish });
  const customer = await newCustomer(shop.id, { gid: gid("Customer", 7007) });
  const step = (changes: Partial<{ shopify_domain: string; action_run_id: string; properties: object }> = {}, properties: object = {}) => ({
    shop_id: 1, shopify_domain: shop.domain, action_run_id: randomUUID(), action_definition_id: "distribute-coupon", handle: "distribute-coupon", step_reference: "1",
    properties: { customer_id: Number(customer.gid.split("/").at(-1)), award: `awd_${award.number}`, ...properties }, ...changes,
  });
  return { shop, award, customer, step };
}

describe("a workflow's step", () => {
  it("gives the customer a coupon that costs no points, and says its code", async () => {
    const { shop, customer, step } = await openWorkflow();
    const { status, body } = await post(step());
    expect(status).toBe(200);
    const { return_value } = FlowAnswer.parse(body);
    expect(return_value).toMatchObject({ outcome: "issued", expiresAt: null });
    const issuance = await prisma.issuance.findFirstOrThrow({ where: { shopId: shop.id } });
    expect(issuance).toMatchObject({ customerId: customer.id, channel: "flow", points: 0 });
    expect(await prisma.coupon.findFirst({ where: { shopId: shop.id, id: issuance.couponId } })).toMatchObject({ code: return_value.code });
  });

  it("tried ten times, at once and later, gives one coupon", async () => {
    const { shop, step } = await openWorkflow();
    const same = step();
    const answers = [...(await Promise.all(Array.from({ length: 9 }, () => post(same)))), await post(same)];
    expect(new Set(answers.map(({ body }) => FlowAnswer.parse(body).return_value.code)).size).toBe(1);
    expect(await prisma.issuance.count({ where: { shopId: shop.id } })).toBe(1);
  });

  it("knows a customer that we have never met", async () => {
    const { shop, step } = await openWorkflow();
    expect(await post(step({}, { customer_id: "99887766554433" }))).toMatchObject({ status: 200, body: { return_value: { outcome: "issued" } } });
    expect(await prisma.customer.findFirst({ where: { shopId: shop.id, gid: "gid://shopify/Customer/99887766554433" } })).not.toBeNull();
  });

  it.each([
    ["had as many as one may have", { issuesPerCustomer: 1 }, "customer_max_reached"],
    ["holds one, where one is enough", { matchAgain: "existing" as const }, "existing_sent"],
    ["comes after the last", { issuesTotal: 1 }, "coupon_max_reached"],
    ["finds the pool empty", { codes: 1 }, "out_of_codes"],
  ])("for a customer who %s goes on with that outcome", async (_, wish, outcome) => {
    const { step } = await openWorkflow(wish);
    await post(step());
    expect(await post(step())).toMatchObject({ status: 200, body: { return_value: { outcome, code: outcome === "existing_sent" ? expect.any(String) : null } } });
  });

  it.each([
    ["of an award that is over", { endsAt: new Date("2026-02-01T00:00:00Z") }, "award_inactive"],
    ["of an award that has not begun", { startsAt: new Date("2100-01-01T00:00:00Z") }, "not_started"],
    ["of an award for chosen customers", { audience: "listed" as const }, "not_eligible"],
  ])("%s gives nothing and says why", async (_, wish, outcome) => {
    const { shop, step } = await openWorkflow(wish);
    expect(await post(step())).toMatchObject({ status: 200, body: { return_value: { outcome, code: null } } });
    expect(await prisma.issuance.count({ where: { shopId: shop.id } })).toBe(0);
  });
});

describe("a step that cannot be worked", () => {
  it.each([
    ["with another secret", {}, {}, { secret: "another" }, 401],
    ["of an award that does not exist", {}, { award: "awd_99" }, {}, 400],
    ["with words for an award", {}, { award: "Ten off" }, {}, 400],
    ["with nobody to give to", {}, { customer_id: null }, {}, 400],
    ["without a run", { action_run_id: "" }, {}, {}, 400],
    ["of a shop that never installed the app", { shopify_domain: "nobody.myshopify.com" }, {}, {}, 404],
    ["at another address", {}, {}, { path: "/flow/give-points" }, 404],
    ["below another address", {}, {}, { path: "/flow/other/flow/distribute-coupon" }, 404],
    ["with another method", {}, {}, { method: "GET" }, 405],
  ])("%s is refused for good, with a reason", async (_, changes, properties, how, status) => {
    const { shop, step } = await openWorkflow();
    expect(await post(step(changes, properties), how)).toMatchObject({ status, body: { message: expect.any(String) } });
    expect(await prisma.issuance.count({ where: { shopId: shop.id } })).toBe(0);
  });

  it.each(["{", "null", "[]", '"x"', JSON.stringify({ shopify_domain: 1 }), "\u0000", JSON.stringify({ properties: { award: "awd_1".repeat(20_000) } })])("with a body like %.20j is refused", async (body) => {
    expect((await post(body)).status).toBeGreaterThanOrEqual(400);
    expect((await post(body)).status).toBeLessThan(500);
  });

  it("of a shop that uninstalled the app gives nothing", async () => {
    const { shop, step } = await openWorkflow();
    await inTransaction((tx) => uninstallShop(tx, shop.id, new Date()));
    expect(await post(step())).toMatchObject({ status: 404 });
  });

  it("names another shop's award in vain: numbers are looked up in the shop that signed", async () => {
    const mine = await openWorkflow();
    const theirs = await openWorkflow();
    await newAward(theirs.shop.id);
    expect(await post(mine.step({}, { award: "awd_2" }))).toMatchObject({ status: 400 });
  });
});

it("is announced to Shopify as it is answered", async () => {
  const folder = new URL("../../extensions/flow-distribute-coupon/", import.meta.url);
  const [manifest, schema, app] = await Promise.all([readFile(new URL("shopify.extension.toml", folder), "utf8"), readFile(new URL("schema.graphql", folder), "utf8"), readFile(new URL("../../shopify.app.toml", import.meta.url), "utf8")]);
  expect(app).toContain('"extensions/flow-distribute-coupon"');
  expect(manifest).toContain('runtime_url = "/flow/distribute-coupon"');
  const asked = [...manifest.matchAll(/type = "customer_reference"|key = "(\w+)"/g)].map(([, key = "customer_id"]) => key);
  expect(asked.sort()).toEqual(Object.keys(FlowAction.shape.properties.shape).sort());
  const told = [...schema.matchAll(/^ {2}(\w+):/gm)].map(([, name = ""]) => name);
  expect(told).toEqual(Object.keys(FlowAnswer.shape.return_value.shape));
});
