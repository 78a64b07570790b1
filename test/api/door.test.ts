/** The door of the integration API: addresses, methods, bodies, rates, repetitions, and whatever a broken program sends. */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { beginAnswer } from "#app/domain/answers/begin.server.ts";
import { pruneAnswers } from "#app/domain/answers/prune.server.ts";
import { OPERATIONS } from "#app/contract/api/operations.ts";
import type { Operation } from "#app/contract/api/operation.ts";
import { prisma } from "#app/lib/db.server.ts";
import { newAward, NOON } from "../factories.ts";
import { BASE, call, newIntegrator, newMember, openApiServer, type ApiServer, type Integrator } from "./integrator.ts";

let server: ApiServer;
let till: Integrator;
beforeAll(async () => {
  server = await openApiServer();
  till = await newIntegrator(server);
});
afterAll(() => server.close());

describe("addresses and methods", () => {
  it.each([
    ["/api/v4.0/integrations/nothing", "GET", 404, "address_unknown"],
    ["/api/v4.0/integrations", "GET", 404, "address_unknown"],
    ["/api/v4.0/integrations/coupons/%E0%A4%A/validate", "POST", 404, "address_unknown"],
    ["/api/v3.0/integrations/coupons/X/validate", "POST", 404, "address_unknown"],
    ["/api/", "GET", 404, "address_unknown"],
    ["/api/v4.0/integrations/coupons/burn", "PATCH", 405, "method_not_allowed"],
    ["/api/v4.0/integrations/awards", "DELETE", 405, "method_not_allowed"],
    ["/api/openapi.json", "POST", 405, "method_not_allowed"],
  ])("%s %s is %i", async (path, method, status, reason) => {
    const answer = await call(server.url + path, { method, headers: till.auth });
    expect([answer.status, answer.body.reason]).toEqual([status, reason]);
    expect(answer.body).toMatchObject({ code: expect.any(Number), type: expect.any(String), message: expect.any(String), documentationUrl: `https://scrip.test/api/reference#${reason}`, requestId: answer.headers.get("x-request-id") });
  });

  it("says which methods there are, and answers HEAD as GET without its body", async () => {
    const options = await call(`${server.url}${BASE}/awards`, { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, POST, HEAD, OPTIONS"]);
    const head = await call(`${server.url}${BASE}/awards`, { method: "HEAD", headers: till.auth });
    expect([head.status, head.body, Number(head.headers.get("content-length")) > 0]).toEqual([200, null, true]);
    expect((await call(`${server.url}${BASE}/coupons/validate`, { method: "GET", headers: till.auth })).body).toMatchObject({ reason: "coupon_unknown" });
  });
});

describe("bodies", () => {
  it.each([
    ["not JSON", "{", {}, 400, "not_json"],
    ["JSON that is no object", "[1]", {}, 422, "argument_invalid"],
    ["null", "null", {}, 422, "argument_invalid"],
    ["a NUL", '{"customerId":"a\\u0000b","ruleId":1}', {}, 400, "not_json"],
    ["half a character", '{"customerId":"\\ud800","ruleId":1}', {}, 400, "not_json"],
    ["bytes that are not UTF-8", Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), {}, 400, "not_json"],
    ["100,000 brackets", "[".repeat(100_000), {}, 400, "not_json"],
    ["a form", "customerId=1", { "Content-Type": "application/x-www-form-urlencoded" }, 415, "media_type_unsupported"],
    ["more than 256 kB", JSON.stringify({ customerId: "x".repeat(300_000) }), {}, 413, "body_too_large"],
    ["nothing", undefined, {}, 400, "argument_missing"],
  ])("that hold %s are refused", async (_name, body, headers, status, reason) => {
    const answer = await till.call("/coupons/predefined", { method: "POST", body, headers });
    expect([answer.status, answer.body.reason]).toEqual([status, reason]);
  });

  it("may say more than we know: it is passed over", async () => {
    const answer = await till.call("/coupons/X/validate", { body: { customerId: null, hash: "1", otp: "2", ignoreOTP: true, pin: null, __proto__: { lock: true } } });
    expect([answer.status, answer.body.valid, answer.body.lockReference]).toEqual([200, false, null]);
  });
});

describe("whatever a broken program sends", () => {
  const nasty = fc.oneof(
    fc.constantFrom("", "0", "-1", "1e999", "' OR 1=1 --", '"; DROP TABLE "Coupon"; --', "{{7*7}}", "../../etc/passwd", "%00", "é".repeat(200), "👩‍👩‍👧", "a".repeat(5000), "gid://shopify/Customer/", "gid://shopify/Customer/99999999999999999999", "cus_999999999999999999", "null", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-12:00", "0000-01-01T00:00:00Z", "2026-11-20T12:00:00Z", "2026-11-20T12:00:00"),
    fc.constantFrom(0, -1, 1.5, 1e15, 2 ** 53, -(2 ** 53), 2_147_483_648, 1e300, true, false, null),
    fc.string(), fc.double(), fc.integer(), fc.jsonValue({ maxDepth: 3 }),
  );

  it("no call answers it with a fault of ours", async () => {
    const award = await newAward(till.shop.id, { codes: 3 });
    const operations = Object.values(OPERATIONS).filter((operation: Operation) => operation.method !== "DELETE");
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...operations), fc.infiniteStream(nasty), fc.boolean(), async (operation: Operation, values, known) => {
        const next = () => values.next().value as unknown;
        const fields = operation.body ? Object.keys(operation.body.shape) : [];
        const body = operation.body ? Object.fromEntries(fields.filter(() => known || next() !== null).map((field) => [field, field === "ruleId" && known ? award.number : next()])) : undefined;
        const filled = operation.path.replace(/\{\w+\}/g, () => encodeURIComponent(String(next() ?? "x").replace(/[\p{Surrogate}]/gu, "") || "x"));
        const query = Object.keys(operation.query.shape).map((name) => `${name}=${encodeURIComponent(String(next()).replace(/[\p{Surrogate}]/gu, ""))}`);
        const answer = await till.call(`${filled}?${query.join("&")}`, { method: operation.method, body });
        expect(answer.status, `${operation.method} ${filled}?${query.join("&")} ${JSON.stringify(body)} → ${JSON.stringify(answer.body)}`).toBeLessThan(500);
      }),
      { numRuns: 600 },
    );
  }, 120_000);

  it.each(["' OR 1=1 --", "%27%3B--", "../x", "ÄÖ", "👍", "A".repeat(255), "a\u0001b"])("a code like %j is looked up and not found", async (code) => {
    const answer = await till.call(`/coupons/${encodeURIComponent(code)}/validate`, { body: { customerId: null } });
    expect([answer.status, answer.body.valid, answer.body.coupon]).toEqual([200, false, null]);
  });

  it("a NUL in an address is refused as what it is", async () => {
    for (const path of ["/coupons/%00", "/locks/a%00b", "/customers/%00/balance", "/locations?search=%00", "/transactions?customerId=%00"]) {
      const answer = await till.call(path);
      expect([path, answer.status, answer.body.reason]).toEqual([path, 422, "argument_invalid"]);
    }
  });
});

describe("rates", () => {
  it("are counted for each pair, told in headers, and bounded", async () => {
    const slow = await openApiServer({ requests: 3, windowMs: 10_000 });
    const [one, other] = [await newIntegrator(slow), await newIntegrator(slow)];
    const answers = [];
    for (let number = 0; number < 4; number++) answers.push(await one.call("/awards"));
    expect(answers.map(({ status, headers }) => [status, headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-remaining")])).toEqual([[200, "3", "2"], [200, "3", "1"], [200, "3", "0"], [429, "3", "0"]]);
    expect(answers[3]?.body).toMatchObject({ reason: "too_many_requests", code: 2029 });
    expect(answers[3]?.headers.get("retry-after")).toBe("10");
    expect(Number(answers[3]?.headers.get("x-ratelimit-reset"))).toBe(NOON.getTime() / 1000 + 10);
    expect((await other.call("/awards")).status).toBe(200);
    slow.at(new Date(NOON.getTime() + 10_000));
    expect((await one.call("/awards")).status).toBe(200);
    await slow.close();
  });
});

describe("an Idempotency-Key", () => {
  async function story() {
    const integrator = await newIntegrator(server);
    const { customerId } = await newMember(integrator.shop.id, 150);
    const { number } = await newAward(integrator.shop.id, { codes: 5 });
    const key: string = randomUUID();
    const buy = (body: object = {}, idempotencyKey = key) => integrator.call("/coupons/predefined", { body: { customerId, ruleId: number, ...body }, headers: { "Idempotency-Key": idempotencyKey } });
    return { ...integrator, key, buy, issued: () => prisma.issuance.count({ where: { shopId: integrator.shop.id } }) };
  }

  it("is answered again with the refusal that it got, until it is forgotten", async () => {
    const { buy, issued, shop } = await story();
    await buy({}, "first");
    const refused = await buy();
    expect(refused.body).toMatchObject({ reason: "insufficient_points" });
    await prisma.pointsAccount.updateMany({ where: { shopId: shop.id }, data: { balance: 1000 } });
    const again = await buy();
    expect([again.body, again.headers.get("idempotency-replayed")]).toEqual([refused.body, "true"]);
    const lastInstant = new Date(NOON.getTime() + 24 * 3_600_000 - 1);
    server.at(lastInstant);
    await pruneAnswers(lastInstant);
    expect((await buy()).headers.get("idempotency-replayed")).toBe("true");
    server.at(new Date(NOON.getTime() + 24 * 3_600_000 + 1));
    expect(await pruneAnswers(new Date(NOON.getTime() + 24 * 3_600_000 + 1))).toBeGreaterThan(0);
    expect(await prisma.apiAnswer.count({ where: { shopId: shop.id } })).toBe(0);
    server.at(NOON);
    expect(await issued()).toBe(1);
  });

  it("forgotten after a day, it may stand for another request; the same one, from a till that was offline, still buys nothing twice", async () => {
    const { buy, issued, shop } = await story();
    const first = await buy();
    const twoDaysLater = new Date(NOON.getTime() + 48 * 3_600_000);
    server.at(twoDaysLater);
    await pruneAnswers(twoDaysLater);
    await prisma.pointsAccount.updateMany({ where: { shopId: shop.id }, data: { balance: 1000 } });
    const late = await buy();
    expect([late.status, late.body.code, late.headers.get("idempotency-replayed")]).toEqual([200, first.body.code, null]);
    expect(await issued()).toBe(1);
    await pruneAnswers(new Date(twoDaysLater.getTime() + 24 * 3_600_000 + 1));
    const other = await buy({ email: "amira@example.com" });
    expect([other.status, await issued()]).toEqual([200, 2]);
    server.at(NOON);
  });

  it("refuses another body, another path, and a form that is none", async () => {
    const { buy, call: send, key } = await story();
    await buy();
    expect((await buy({ email: "amira@example.com" })).body).toMatchObject({ reason: "idempotency_key_reused", code: 2009 });
    expect((await send("/coupons/release", { body: { lockReference: "x" }, headers: { "Idempotency-Key": key } })).status).toBe(409);
    expect((await buy({}, "a b")).body).toMatchObject({ reason: "idempotency_key_malformed" });
    expect((await buy({}, "x".repeat(256))).body).toMatchObject({ reason: "idempotency_key_malformed" });
  });

  it("belongs to its pair: another pair's same key is another request", async () => {
    const [one, other] = [await story(), await story()];
    const [first, second] = [await one.buy({}, "1"), await other.buy({}, "1")];
    expect([first.status, second.status, first.body.code === second.body.code]).toEqual([200, 200, false]);
  });

  it("tells a repetition to come back while the first is at work, and does the work of one who died", async () => {
    const { buy, key, keyId, shop, issued } = await story();
    const stored = `${keyId}:${key}`;
    const probe = await buy({}, "probe");
    expect(probe.status).toBe(200);
    const { requestHash } = await prisma.apiAnswer.findFirstOrThrow({ where: { shopId: shop.id, key: `${keyId}:probe` } });
    await prisma.pointsAccount.updateMany({ where: { shopId: shop.id }, data: { balance: 1000 } });
    expect((await beginAnswer(shop.id, { key: stored, requestHash: new Uint8Array(requestHash) }, NOON)).outcome).toBe("first");
    const busy = await buy();
    expect([busy.status, busy.body.reason, busy.headers.get("retry-after")]).toEqual([409, "request_in_progress", "1"]);
    server.at(new Date(NOON.getTime() + 60_000));
    expect((await buy()).status).toBe(200);
    server.at(NOON);
    expect(await issued()).toBe(2);
  });

  it("of a call that failed on our side is free again", async () => {
    const { buy, call: send, key, shop } = await story();
    await prisma.$executeRaw`UPDATE "Shop" SET "currency" = 'no' WHERE "id" = ${shop.id}`;
    server.at(new Date(NOON.getTime() + 5_000));
    const failed = await send("/orders", { body: { customerId: `cus_${(await prisma.customer.findFirstOrThrow({ where: { shopId: shop.id } })).id}`, orderId: "1", totalPaid: 1 }, headers: { "Idempotency-Key": key } });
    expect([failed.status, failed.body.reason]).toEqual([503, "unavailable"]);
    await prisma.$executeRaw`UPDATE "Shop" SET "currency" = 'EUR' WHERE "id" = ${shop.id}`;
    server.at(new Date(NOON.getTime() + 10_000));
    expect((await buy()).status).toBe(200);
    server.at(NOON);
  });
});
