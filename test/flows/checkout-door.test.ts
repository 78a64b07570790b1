import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DoorError, RedeemAnswer, ReturnAnswer, RewardsAnswer } from "#app/contract/checkout.ts";
import { prisma } from "#app/lib/db.server.ts";
import { givePoints, newAward, newCustomer, newShop } from "#test/factories.ts";
import { openHotServer, sessionToken } from "#test/hot-server.ts";

let app: Awaited<ReturnType<typeof openHotServer>>;
beforeAll(async () => void (app = await openHotServer()));
afterAll(() => app.close());

async function member(points: number) {
  const shop = await newShop();
  const customer = await newCustomer(shop.id);
  if (points > 0) await givePoints(shop.id, customer.id, points);
  const token = sessionToken({ dest: `https://${shop.domain}`, sub: customer.gid });
  return {
    shop, customer, token,
    rewards: async (query = "") => RewardsAnswer.parse((await app.call(`/checkout/rewards${query}`, token)).body),
    redeem: async (awardNumber: number, more: object = {}) => RedeemAnswer.parse((await app.call("/checkout/redeem", token, { awardNumber, requestKey: randomUUID(), ...more })).body),
    giveBack: async (issuanceId: string) => ReturnAnswer.parse((await app.call("/checkout/return", token, { issuanceId, reason: "given_up" })).body),
  };
}

describe("a shopper in the checkout", () => {
  it("sees what waits to mature and what lapses first", async () => {
    const shopper = await member(150);
    expect(await shopper.rewards()).not.toHaveProperty("pending");
    await prisma.shop.update({ where: { id: shopper.shop.id }, data: { expiryMonths: 1 } });
    await givePoints(shopper.shop.id, shopper.customer.id, 30, new Date());
    const maturesAt = new Date(Date.now() + 86_400_000);
    await prisma.pendingEarning.create({ data: { shopId: shopper.shop.id, orderGid: "gid://shopify/Order/1", customerId: shopper.customer.id, points: 44, occurredAt: new Date(), maturesAt } });
    const lot = await prisma.pointsLot.findFirstOrThrow({ where: { shopId: shopper.shop.id, points: 30 } });
    expect(await shopper.rewards()).toMatchObject({ points: 180, pending: { points: 44, firstPoints: 44, firstAt: maturesAt.toISOString() }, lapsing: { points: 30, at: lot.expiresAt?.toISOString() } });
  });

  it("sees points, what they buy and what is missing; redeems; holds the coupon; gives it back", async () => {
    const shopper = await member(150);
    const cheap = await newAward(shopper.shop.id, { name: "Five off", pointsPrice: 100, minOrderMinor: 3000 });
    const dear = await newAward(shopper.shop.id, { name: "A fifth off", kind: "percentage", value: 20, pointsPrice: 270 });

    const before = await shopper.rewards("?locale=en&subtotalMinor=2580&currency=EUR");
    expect(before).toMatchObject({ state: "member", points: 150, heldPoints: 0, coupons: [] });
    expect(before.state === "member" && before.awards.map(({ awardNumber, obstacles }) => ({ awardNumber, obstacles }))).toEqual([
      { awardNumber: cheap.number, obstacles: [{ outcome: "below_minimum", message: "Add €4.20 more to use this.", missingMinor: 420 }] },
      { awardNumber: dear.number, obstacles: [{ outcome: "insufficient_points", message: "You need 120 more points.", missingPoints: 120 }] },
    ]);

    const redeemed = await shopper.redeem(cheap.number);
    expect(redeemed).toMatchObject({ outcome: "issued", points: 50, heldPoints: 100, coupon: { awardName: "Five off", terms: "€5.00 off, orders from €30.00", points: 100, expiresAt: null } });
    if (redeemed.outcome !== "issued") return;
    expect(await shopper.rewards()).toMatchObject({ points: 50, heldPoints: 100, coupons: [redeemed.coupon] });

    expect(await shopper.giveBack(redeemed.coupon.issuanceId)).toMatchObject({ outcome: "returning", points: 50, heldPoints: 100 });
    expect(await shopper.rewards()).toMatchObject({ coupons: [] });
  });

  it("reads refusals in their own language, and in English where we have none or the language is nonsense", async () => {
    const shopper = await member(10);
    const award = await newAward(shopper.shop.id);
    const message = async (locale: string) => {
      const answer = await shopper.redeem(award.number, { locale });
      return answer.outcome === "issued" ? "" : answer.message;
    };
    expect(await message("de-AT")).toBe("Es fehlen noch 90 points.");
    expect(await message("nl")).toBe("You need 90 more points.");
    expect(await message("!!")).toBe("You need 90 more points.");
    expect(await message("ar")).toContain("points");
  });

  it.each([
    ["en", "This is not available right now."],
    ["de", "Diese Prämie ist gerade nicht verfügbar."],
    ["fr", "Cette récompense n’est pas disponible pour le moment."],
    ["ar", "هذه المكافأة غير متاحة الآن."],
  ])("who presses after the discount was switched off in Shopify is not told to come back in a few minutes (%s)", async (locale, message) => {
    const shopper = await member(150);
    const { number } = await newAward(shopper.shop.id);
    expect(await shopper.rewards()).toMatchObject({ awards: [{ obstacles: [] }] });
    await prisma.parentDiscount.updateMany({ where: { shopId: shopper.shop.id, awardNumber: number }, data: { offAt: new Date() } });
    expect(await shopper.redeem(number, { locale })).toMatchObject({ outcome: "out_of_codes", message, points: 150, heldPoints: 0 });
  });

  it("as a guest is asked to log in, and can spend nobody's points", async () => {
    const shop = await newShop();
    const token = sessionToken({ dest: shop.domain });
    expect((await app.call("/checkout/rewards", token)).body).toEqual({ state: "guest", pointsName: "points" });
    const { status, body } = await app.call("/checkout/redeem", token, { awardNumber: 1, requestKey: randomUUID() });
    expect([status, DoorError.parse(body).error.code]).toEqual([403, "log_in_required"]);
  });

  it("whom we have never met has no points, and seeing that leaves no trace", async () => {
    const shop = await newShop();
    const award = await newAward(shop.id);
    const token = sessionToken({ dest: shop.domain, sub: "gid://shopify/Customer/77" });
    expect((await app.call("/checkout/rewards", token)).body).toMatchObject({ state: "member", points: 0 });
    expect(await prisma.customer.count({ where: { shopId: shop.id } })).toBe(0);
    const { body } = await app.call("/checkout/redeem", token, { awardNumber: award.number, requestKey: randomUUID() });
    expect(body).toMatchObject({ outcome: "insufficient_points", missingPoints: 100, points: 0 });
  });

  it("cannot give back somebody else's coupon, nor another shop's", async () => {
    const [one, other] = [await member(100), await member(100)];
    const award = await newAward(one.shop.id);
    const answer = await one.redeem(award.number);
    if (answer.outcome !== "issued") throw new Error(answer.outcome);
    const neighbour = await newCustomer(one.shop.id);
    const token = sessionToken({ dest: one.shop.domain, sub: neighbour.gid });
    const { body } = await app.call("/checkout/return", token, { issuanceId: answer.coupon.issuanceId, reason: "given_up" });
    expect(body).toMatchObject({ outcome: "not_found" });
    expect(await other.giveBack(answer.coupon.issuanceId)).toMatchObject({ outcome: "not_found" });
    expect(await one.rewards()).toMatchObject({ heldPoints: 100 });
  });
});

describe("the door of the checkout", () => {
  const past = () => Math.floor(Date.now() / 1000) - 60;
  const cases: [string, (dest: string) => string | null, number, string][] = [
    ["no token", () => null, 401, "token_missing"],
    ["nonsense", () => "nonsense", 401, "token_malformed"],
    ["a token of another secret", (dest) => sessionToken({ dest }, "another-secret"), 401, "token_not_signed_by_shopify"],
    ["a token whose customer was changed", (dest) => tampered(sessionToken({ dest, sub: "gid://shopify/Customer/1" })), 401, "token_not_signed_by_shopify"],
    ["a token that says it needs no signature", (dest) => sessionToken({ dest }, "", { alg: "none" }), 401, "token_malformed"],
    ["an expired token", (dest) => sessionToken({ dest, exp: past() }), 401, "token_expired"],
    ["a token of tomorrow", (dest) => sessionToken({ dest, nbf: past() + 3600 }), 401, "token_not_yet_valid"],
    ["a token for another app, well signed", (dest) => sessionToken({ dest, aud: "another-app" }), 401, "token_for_another_app"],
    ["a token without an audience", (dest) => sessionToken({ dest, aud: "" }), 401, "token_for_another_app"],
    ["a token whose subject is no customer", (dest) => sessionToken({ dest, sub: "42" }), 401, "token_malformed"],
    ["a token of a shop we have never met", () => sessionToken({ dest: "https://stranger.myshopify.com" }), 403, "shop_unknown"],
  ];
  it.each(cases)("refuses %s", async (_name, tokenOf, status, code) => {
    const { domain } = await newShop();
    const answer = await app.call("/checkout/rewards", tokenOf(domain));
    const { error } = DoorError.parse(answer.body);
    expect([answer.status, error.code]).toEqual([status, code]);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("x-request-id")).toBe(error.requestId);
  });

  function tampered(token: string): string {
    const [header, payload, signature] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload ?? "", "base64url").toString()) as object;
    return [header, Buffer.from(JSON.stringify({ ...claims, sub: "gid://shopify/Customer/2" })).toString("base64url"), signature].join(".");
  }

  it("refuses a shop that removed the app", async () => {
    const shop = await newShop();
    await app.deliver(shop.domain, "app/uninstalled", {});
    await prisma.shop.update({ where: { id: shop.id }, data: { uninstalledAt: new Date() } });
    const { status, body } = await app.call("/checkout/rewards", sessionToken({ dest: shop.domain }));
    expect([status, DoorError.parse(body).error.code]).toEqual([403, "shop_uninstalled"]);
  });

  it("lets somebody we have never met press twice at once", async () => {
    const { domain } = await newShop();
    for (let number = 1; number <= 5; number++) {
      const token = sessionToken({ dest: domain, sub: `gid://shopify/Customer/${number}` });
      const press = () => app.call("/checkout/redeem", token, { awardNumber: 1, requestKey: "first-press" });
      const answers = await Promise.all(Array.from({ length: 8 }, press));
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    }
  });

  it.each([
    ["not JSON", "{", 400, "malformed"],
    ["an award that is no number", { awardNumber: "one", requestKey: "12345678" }, 400, "malformed"],
    ["an award number beyond what there can be", { awardNumber: 3_000_000_000, requestKey: "12345678" }, 400, "malformed"],
    ["a key that is too short", { awardNumber: 1, requestKey: "1" }, 400, "malformed"],
    ["nothing it needs", {}, 400, "malformed"],
    ["more than 16 kB", { awardNumber: 1, requestKey: "12345678", locale: "x".repeat(20_000) }, 413, "body_too_large"],
  ])("refuses a body with %s", async (_name, sent, status, code) => {
    const shopper = await member(0);
    const { status: answered, body } = await app.call("/checkout/redeem", shopper.token, sent);
    expect([answered, DoorError.parse(body).error.code]).toEqual([status, code]);
  });

  it("answers a preflight, an unknown address and a wrong method with CORS", async () => {
    const preflight = await fetch(`${app.url}/checkout/redeem`, { method: "OPTIONS", headers: { Origin: "null" } });
    expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([204, "Authorization, Content-Type"]);
    const { token } = await member(0);
    expect((await app.call("/checkout/nothing", token)).status).toBe(404);
    expect((await app.call("/checkout/redeem", token)).status).toBe(405);
  });

  it("asks a customer who asks too often to wait, and nobody else", async () => {
    const [busy, calm] = [await member(0), await member(0)];
    const statuses = await Promise.all(Array.from({ length: 61 }, () => app.call("/checkout/rewards", busy.token)));
    const refused = statuses.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(1);
    expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await calm.rewards()).toMatchObject({ state: "member" });
  });
});
