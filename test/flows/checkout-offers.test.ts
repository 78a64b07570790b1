/** What a shopper is offered at the checkout: true before points move, and in their language. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { issueCoupon, type IssueRequest } from "#app/domain/coupons/issue.server.ts";
import { listRewards } from "#app/domain/coupons/offers.server.ts";
import { postEntry } from "#app/domain/points/post.server.ts";
import { saveTier } from "#app/domain/points/save-tier.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import type { Gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";

const DAY_MS = 86_400_000;
const days = (count: number) => new Date(NOON.getTime() + count * DAY_MS);

async function open() {
  const shop = await newShop();
  const customer = await newCustomer(shop.id);
  await givePoints(shop.id, customer.id, 1000);
  const rewards = async (locale = "en", now = NOON, codes: string[] = []) => {
    const answer = await listRewards(shop.id, { customerGid: customer.gid as Gid<"Customer">, pointsName: "points", timeZone: shop.timeZone, hints: { locale, subtotalMinor: 5000, currency: "EUR", codes } }, now);
    if (answer.state !== "member") throw new Error("a member was taken for a guest");
    return answer;
  };
  const issue = (awardNumber: number, wish: Partial<IssueRequest> = {}, now = NOON) =>
    issueCoupon(shop.id, { customerId: customer.id, awardNumber, requestKey: randomUUID(), channel: "checkout", ...wish }, now);
  return { shop, customer, rewards, issue };
}

it("a shopper sees their tier and what is missing for the next one, in a shop that has tiers", async () => {
  const { shop, customer, rewards } = await open();
  expect(await rewards()).not.toHaveProperty("tier");
  await saveTier(shop.id, null, { name: "Silver", fromPoints: 100, multiplierMilli: 1500 }, NOON);
  expect(await rewards()).toMatchObject({ tier: { name: null, next: { name: "Silver", missingPoints: 100 } } });
  const entry = { customerId: customer.id, kind: "earned" as const, points: 100, reasonKey: "earn:1", note: null, occurredAt: NOON };
  await inTransaction((tx) => postEntry(tx, shop.id, entry, NOON));
  expect(await rewards()).toMatchObject({ tier: { name: "Silver", next: null } });
});

describe("the awards a shopper is offered", () => {
  it("are those that this checkout can apply and that are for them", async () => {
    const { shop, customer, rewards } = await open();
    await newAward(shop.id, { name: "At the till", kind: "custom", value: 0, appliedBy: "integrator" });
    await newAward(shop.id, { name: "A present", pointsPrice: null });
    await newAward(shop.id, { name: "For others", audience: "listed" });
    const chosen = await newAward(shop.id, { name: "For them", audience: "listed" });
    await prisma.awardCustomer.create({ data: { shopId: shop.id, awardNumber: chosen.number, customerId: customer.id } });
    expect((await rewards()).awards).toMatchObject([{ name: "For them", obstacles: [] }]);
  });

  it("say which codes to take off the checkout first: ours that do not combine, and any beside what combines with nothing", async () => {
    const { shop, rewards, issue } = await open();
    const alone = await newAward(shop.id, { name: "Alone" });
    await newAward(shop.id, { name: "Beside orders", combinesOrder: true });
    const shipping = await newAward(shop.id, { name: "Shipping", kind: "free_shipping", value: 0, combinesOrder: true });
    const given = await issue(alone.number);
    const freight = await issue(shipping.number);
    if (given.outcome !== "issued" || freight.outcome !== "issued") throw new Error("no coupon was given");
    const inTheWay = async (codes: string[]) => Object.fromEntries((await rewards("en", NOON, codes)).awards.map(({ name, obstacles }) => [name, obstacles.map((obstacle) => obstacle.codes)]));
    expect(await inTheWay([])).toEqual({ "Alone": [], "Beside orders": [], "Shipping": [] });
    expect(await inTheWay([given.code])).toEqual({ "Alone": [[given.code]], "Beside orders": [[given.code]], "Shipping": [[given.code]] });
    expect(await inTheWay([freight.code.toLowerCase()])).toEqual({ "Alone": [[freight.code.toLowerCase()]], "Beside orders": [[freight.code.toLowerCase()]], "Shipping": [[freight.code.toLowerCase()]] });
    expect(await inTheWay(["SPRING10"])).toEqual({ "Alone": [["SPRING10"]], "Beside orders": [], "Shipping": [] });
    const [offer] = (await rewards("de", NOON, ["SPRING10", given.code])).awards.filter(({ name }) => name === "Alone");
    expect(offer?.obstacles).toEqual([{ outcome: "cannot_combine", message: `Entferne SPRING10 und ${given.code}, um das einzulösen.`, codes: ["SPRING10", given.code] }]);
  });

  it("and coupons held say which codes to take off first, too; one that is on the checkout already says nothing", async () => {
    const { shop, rewards, issue } = await open();
    const alone = await issue((await newAward(shop.id, { name: "Alone" })).number);
    const beside = await issue((await newAward(shop.id, { name: "Beside orders", combinesOrder: true })).number);
    if (alone.outcome !== "issued" || beside.outcome !== "issued") throw new Error("no coupon was given");
    const inTheWay = async (codes: string[], locale = "en") => Object.fromEntries((await rewards(locale, NOON, codes)).coupons.map(({ awardName, obstacles }) => [awardName, obstacles]));
    const remove = (...codes: string[]) => [{ outcome: "cannot_combine", message: `Remove ${codes.join(" and ")} to use this.`, codes }];
    expect(await inTheWay([])).toEqual({ "Alone": undefined, "Beside orders": undefined });
    expect(await inTheWay(["SPRING10"])).toEqual({ "Alone": remove("SPRING10"), "Beside orders": undefined });
    expect(await inTheWay([alone.code.toLowerCase()])).toEqual({ "Alone": undefined, "Beside orders": remove(alone.code.toLowerCase()) });
    expect(await inTheWay(["SPRING10", beside.code])).toEqual({ "Alone": remove("SPRING10", beside.code), "Beside orders": undefined });
    expect((await inTheWay(["SPRING10"], "de"))["Alone"]).toMatchObject([{ message: "Entferne SPRING10, um das einzulösen." }]);
  });

  it("say what stands in the way exactly when asking for them is refused for it", async () => {
    const { shop, rewards, issue } = await open();
    const later = await newAward(shop.id, { startsAt: days(1) });
    const weekly = await newAward(shop.id, { issueGapDays: 7 });
    const once = await newAward(shop.id, { matchAgain: "none" });
    const few = await newAward(shop.id, { issuesTotal: 1 });
    const gone = await newAward(shop.id, { expiryRule: "date", expiresOn: NOON });
    const empty = await newAward(shop.id, { codes: 1 });
    const dear = await newAward(shop.id, { pointsPrice: 5000 });
    for (const { number } of [weekly, once, few, empty]) expect((await issue(number)).outcome).toBe("issued");
    await prisma.award.updateMany({ where: { shopId: shop.id, number: dear.number }, data: { excludedAwards: [once.number] } });
    const { awards } = await rewards();
    const told = new Map(awards.map(({ awardNumber, obstacles }) => [awardNumber, obstacles.map(({ outcome }) => outcome)]));
    for (const { number } of [later, weekly, once, few, gone, empty, dear]) {
      const { outcome } = await issue(number);
      expect(told.get(number)?.[0], `award ${number}`).toBe(outcome);
    }
    expect(told.get(dear.number)).toEqual(["not_eligible", "insufficient_points"]);
  });

  it.each([
    ["en", "This is not available right now."],
    ["de-AT", "Diese Prämie ist gerade nicht verfügbar."],
    ["fr", "Cette récompense n’est pas disponible pour le moment."],
    ["ar", "هذه المكافأة غير متاحة الآن."],
  ])("do not promise more in a few minutes where the discount is switched off in Shopify (%s)", async (locale, message) => {
    const { shop, rewards, issue } = await open();
    const { number } = await newAward(shop.id);
    await prisma.parentDiscount.updateMany({ where: { shopId: shop.id, awardNumber: number }, data: { offAt: NOON } });
    expect((await rewards(locale)).awards).toMatchObject([{ awardNumber: number, obstacles: [{ outcome: "out_of_codes", message }] }]);
    expect((await issue(number)).outcome).toBe("out_of_codes");
  });

  it("are affordable first, named in the shopper's language, with the merchant's conditions and the choice of points", async () => {
    const { shop, rewards } = await open();
    await newAward(shop.id, { name: "Too dear", pointsPrice: 2000 });
    const choice = { minPoints: 200, maxPoints: 400, stepPoints: 100, stepMinor: 500 };
    const award = await newAward(shop.id, { name: "Money off", ...choice, value: 2000, pointsPrice: 200, source: { source: "generated", stockTarget: 9 } });
    await prisma.awardText.create({ data: { shopId: shop.id, awardNumber: award.number, locale: "de", displayName: "Geld zurück", conditions: "Solange der Vorrat reicht." } });
    const { awards } = await rewards("de-AT");
    expect(awards[0]).toMatchObject({ name: "Geld zurück", conditions: "Solange der Vorrat reicht.", choice: { ...choice, currency: "EUR" }, obstacles: [] });
    expect(awards[1]).toMatchObject({ name: "Too dear" });
  });

  it("leave out what the shopper holds already and would only be sent again", async () => {
    const { shop, rewards, issue } = await open();
    const award = await newAward(shop.id, { matchAgain: "existing", expiryRule: "days", expiryCount: 0 });
    await issue(award.number);
    expect(await rewards()).toMatchObject({ awards: [], coupons: [{ awardName: "Five off", expiresAt: "2026-11-20T22:59:59.999Z" }] });
    expect((await rewards("en", days(1))).coupons).toEqual([]);
  });
});

describe("the coupons a shopper holds", () => {
  it("are those that still work at this checkout, with what they are worth", async () => {
    const { shop, rewards, issue } = await open();
    const till = await newAward(shop.id, { kind: "custom", value: 0, appliedBy: "integrator" });
    const off = await newAward(shop.id, { name: "Switched off" });
    const choice = { minPoints: 100, maxPoints: 300, stepPoints: 100, stepMinor: 500, value: 1500, pointsPrice: 100 };
    const worth = await newAward(shop.id, { name: "Money off", ...choice, source: { source: "generated", stockTarget: 9 } });
    for (const number of [till.number, off.number]) expect((await issue(number)).outcome).toBe("issued");
    expect((await issue(worth.number, { points: 100 })).outcome).toBe("issued");
    await prisma.award.updateMany({ where: { shopId: shop.id, number: off.number }, data: { status: "inactive" } });
    const { coupons } = await rewards();
    expect(coupons).toMatchObject([{ awardName: "Money off", points: 100 }]);
    expect(coupons[0]?.terms).toContain("€5.00 off");
  });
});
