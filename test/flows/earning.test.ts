/** How customers come by points: what earns more or nothing, tiers, signing up and birthdays. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setBirthday } from "#app/domain/customers/set-birthday.server.ts";
import { recordOrder, recordOrders } from "#app/domain/orders/record.server.ts";
import type { OrderFacts, OrderLine, OrderNews } from "#app/domain/orders/order.ts";
import { updateOrder } from "#app/domain/orders/update.server.ts";
import { COLLECTION_LIMIT, type EarnRuleDraft } from "#app/domain/points/earn-rule.ts";
import { readEarningRules, tierMultipliers } from "#app/domain/points/earning-rules.server.ts";
import { giveBirthdays } from "#app/domain/points/give-birthdays.server.ts";
import { keepCollections } from "#app/domain/points/keep-collections.server.ts";
import { postEntry } from "#app/domain/points/post.server.ts";
import { removeEarnRule } from "#app/domain/points/remove-earn-rule.server.ts";
import { removeTier } from "#app/domain/points/remove-tier.server.ts";
import { saveEarnRule } from "#app/domain/points/save-earn-rule.server.ts";
import { saveTier } from "#app/domain/points/save-tier.server.ts";
import { storeCollectionPage } from "#app/domain/points/store-collection.server.ts";
import { readStanding } from "#app/domain/points/tiers.server.ts";
import { changeSettings, ShopSettings } from "#app/domain/shops/change-settings.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid, gidTail } from "#app/lib/gid.ts";
import { givePoints, newCustomer, newShop, NOON } from "#test/factories.ts";
import { openWorld, type World } from "../world.ts";

const DAY_MS = 86_400_000;
const NO_RULE: EarnRuleDraft = { name: "A rule", multiplierMilli: 2000, productGids: [], variantGids: [], collectionGids: [] };
const [BEANS, CUP] = [gid("Product", 1), gid("Product", 2)];
const KILO = gid("ProductVariant", 11);

async function rule(shopId: number, draft: Partial<EarnRuleDraft>, now = NOON) {
  const saving = await saveEarnRule(shopId, null, { ...NO_RULE, name: randomUUID(), ...draft }, now);
  if (saving.outcome !== "saved") throw new Error(saving.outcome);
  return saving.ruleId;
}

async function tier(shopId: number, name: string, fromPoints: number, multiplierMilli: number) {
  const saving = await saveTier(shopId, null, { name, fromPoints, multiplierMilli }, NOON);
  if (saving.outcome !== "saved") throw new Error(saving.outcome);
  return saving.tierId;
}

const line = (id: string, netMinor: number, more: Partial<OrderLine> = {}): OrderLine => ({ id, kind: "product", productGid: null, variantGid: null, quantity: 1, netMinor, taxMinor: 0, codes: {}, ...more });

let orders = 0;
async function buy(shopId: number, customer: { id: bigint; gid: string }, lines: OrderLine[], now = NOON, more: Partial<OrderFacts> = {}) {
  const total = lines.reduce((sum, { netMinor }) => sum + netMinor, 0);
  const orderGid = gid("Order", `${Date.now()}${orders++}`);
  const { gid: customerGid } = await prisma.customer.findUniqueOrThrow({ where: { shopId_id: { shopId, id: customer.id } } });
  const facts: OrderFacts = {
    gid: orderGid, name: "#1001", customer: { gid: gid("Customer", gidTail(customerGid)) }, currency: "EUR", lines, totalMinor: total, discountMinor: 0, taxesIncluded: false, test: false,
    channel: "checkout", processedAt: now, updatedAt: now, codes: [], ...more,
  };
  await inTransaction((tx) => recordOrder(tx, shopId, facts, now));
  return prisma.pointsEntry.aggregate({ where: { shopId, orderGid }, _sum: { points: true } }).then(({ _sum }) => _sum.points ?? 0);
}

describe("a shopper whose order has several lines", () => {
  it("earns for each by its product: doubled, excluded, or at the shop's rate; gift cards never", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    await rule(shop.id, { productGids: [BEANS], multiplierMilli: 2000 });
    await rule(shop.id, { variantGids: [KILO], multiplierMilli: 3500 });
    await rule(shop.id, { productGids: [CUP], multiplierMilli: 0 });
    await rule(shop.id, { productGids: [CUP], multiplierMilli: 100_000 });
    const lines = [
      line("1", 1000, { productGid: BEANS, variantGid: gid("ProductVariant", 10) }), // 20
      line("2", 1000, { productGid: BEANS, variantGid: KILO }), // 35
      line("3", 1000, { productGid: CUP }), // 0
      line("4", 1050), // 10.5
      line("5", 5000, { kind: "gift_card", productGid: BEANS }), // 0
      line("6", 500, { kind: "shipping" }), // 0
    ];
    expect(await buy(shop.id, customer, lines)).toBe(65);
  });

  it("earns for tax and shipping where the shop says so", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    await prisma.shop.update({ where: { id: shop.id }, data: { earnOnTax: true, earnOnShipping: true, earnRate: 3 } });
    expect(await buy(shop.id, customer, [line("1", 1000, { taxMinor: 190 }), line("2", 500, { kind: "shipping", taxMinor: 95 })])).toBe(53);
  });

  it("keeps the rate of the time when the rule is taken away", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    const ruleId = await rule(shop.id, { productGids: [BEANS] });
    expect(await buy(shop.id, customer, [line("1", 1000, { productGid: BEANS })])).toBe(20);
    expect(await removeEarnRule(shop.id, ruleId, NOON)).toEqual({ outcome: "removed" });
    expect(await removeEarnRule(shop.id, ruleId, NOON)).toEqual({ outcome: "unknown" });
    expect(await buy(shop.id, customer, [line("1", 1000, { productGid: BEANS })])).toBe(10);
    const rates = (await prisma.order.findMany({ where: { shopId: shop.id }, orderBy: { recordedAt: "asc" } })).map(({ lines }) => JSON.stringify(lines).match(/"rateMilli":(\d+)/)?.[1]);
    expect(rates.sort()).toEqual(["1000", "2000"]);
  });

  it("is not touched by another shop's rules", async () => {
    const [mine, other] = [await newShop(), await newShop()];
    await rule(other.id, { productGids: [BEANS], multiplierMilli: 0 });
    const rules = await inTransaction((tx) => readEarningRules(tx, mine.id, [{ productGid: BEANS, variantGid: null }]));
    expect(rules.rateMilli({ productGid: BEANS, variantGid: null })).toBe(1000);
  });
});

describe("an order that is found late, after staff changed how the shop's customers earn", () => {
  const day = (days: number) => new Date(NOON.getTime() + days * DAY_MS);
  const beans = [line("1", 1000, { productGid: BEANS }), line("2", 500, { kind: "shipping" })];

  it("earns by the rules and the rate of its day", async () => {
    const [shop, other] = [await newShop(), await newShop()];
    const settings = await prisma.shop.findUniqueOrThrow({ where: { id: shop.id } });
    const ruleId = await rule(shop.id, { name: "Beans", productGids: [BEANS] }, day(0));
    await saveEarnRule(shop.id, ruleId, { ...NO_RULE, name: "Beans", productGids: [BEANS], multiplierMilli: 3000 }, day(2));
    await changeSettings(shop.id, { ...ShopSettings.parse(settings), earnRate: 5, earnOnShipping: true }, day(3));
    await removeEarnRule(shop.id, ruleId, day(4));
    for (const { id } of [shop, other]) await changeSettings(id, { ...ShopSettings.parse(settings), earnRate: 7 }, day(6));

    const customer = await newCustomer(shop.id);
    const found = (days: number) => buy(shop.id, customer, beans, day(10), { processedAt: day(days) });
    const days = [-1, 0, 1, 2.5, 3.5, 5, 7];
    const earned: number[] = [];
    for (const one of days.toReversed()) earned.unshift(await found(one));
    expect(earned).toEqual([10, 20, 20, 30, 5 * 30 + 25, 50 + 25, 70]);
  });

  it("also where several are found at once, and by the products that its collection has now", async () => {
    const shop = await newShop();
    const [coffee, customer] = [gid("Collection", 7), await newCustomer(shop.id)];
    const ruleId = await rule(shop.id, { name: "Coffee", collectionGids: [coffee] }, day(0));
    await prisma.earnCollection.update({ where: { shopId_id: { shopId: shop.id, id: 7n } }, data: { reading: 1, title: "Coffee" } });
    await prisma.collectionProduct.create({ data: { shopId: shop.id, collectionId: 7n, reading: 1, productGid: BEANS } });
    await saveEarnRule(shop.id, ruleId, { ...NO_RULE, name: "Coffee", collectionGids: [coffee], multiplierMilli: 4000 }, day(2));
    const { gid: customerGid } = await prisma.customer.findUniqueOrThrow({ where: { shopId_id: { shopId: shop.id, id: customer.id } } });
    const facts = [3, -1, 1].map((days, index): OrderFacts => ({
      gid: gid("Order", `${Date.now()}found${index}`), name: "#1001", customer: { gid: gid("Customer", gidTail(customerGid)) }, currency: "EUR", lines: beans, totalMinor: 1500, discountMinor: 0,
      taxesIncluded: false, test: false, channel: "checkout", processedAt: day(days), updatedAt: day(days), codes: [],
    }));
    await inTransaction((tx) => recordOrders(tx, shop.id, facts, day(5)));
    const points = await Promise.all(facts.map(async (one) => (await prisma.pointsEntry.findFirstOrThrow({ where: { shopId: shop.id, orderGid: one.gid } })).points));
    expect(points).toEqual([40, 10, 20]);
  });

  it("also by a rule for a collection that no rule names any more, for as long as orders are found", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    const ruleId = await rule(shop.id, { collectionGids: [gid("Collection", 7)] }, day(0));
    await storeCollectionPage(shop.id, 7n, { after: null, title: "Coffee", productGids: [BEANS], next: null }, day(0));
    await removeEarnRule(shop.id, ruleId, day(2));
    const found = (days: number) => buy(shop.id, customer, beans, day(10), { processedAt: day(days) });
    expect([await found(-1), await found(1), await found(3)]).toEqual([10, 20, 10]);

    const isKept = () => prisma.earnCollection.count({ where: { shopId: shop.id } });
    await keepCollections(day(61));
    expect(await isKept()).toBe(1);
    await keepCollections(day(63));
    expect([await isKept(), await prisma.collectionProduct.count({ where: { shopId: shop.id } })]).toEqual([0, 0]);
  });

  it("earns by the tiers of its day, whatever they are called and worth since", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    const silver = await tier(shop.id, "Silver", 100, 1500);
    await buy(shop.id, customer, [line("1", 10_000)], day(1));
    await saveTier(shop.id, silver, { name: "Silver", fromPoints: 100, multiplierMilli: 2000 }, day(3));
    await removeTier(shop.id, silver, day(5));
    const found = (days: number) => buy(shop.id, customer, [line("1", 1000)], day(10), { processedAt: day(days) });
    expect([await found(2), await found(4), await found(6)]).toEqual([15, 20, 10]);
  });

  it("and what an edit adds to an order earns by the rules of the order's day", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    const ruleId = await rule(shop.id, { productGids: [BEANS] }, day(0));
    const facts = { gid: gid("Order", `${Date.now()}added`), processedAt: day(1), updatedAt: day(1) };
    await buy(shop.id, customer, [line("1", 1000)], day(1), facts);
    await removeEarnRule(shop.id, ruleId, day(2));
    const { gid: customerGid } = await prisma.customer.findUniqueOrThrow({ where: { shopId_id: { shopId: shop.id, id: customer.id } } });
    const news: OrderNews = {
      ...facts, name: "#1001", customer: { gid: gid("Customer", gidTail(customerGid)) }, currency: "EUR", lines: [line("1", 1000), line("2", 1000, { productGid: BEANS })], totalMinor: 2000, discountMinor: 0,
      taxesIncluded: false, test: false, channel: "checkout", updatedAt: day(3), codes: [], refunds: [], cancelledAt: null,
    };
    await inTransaction((tx) => updateOrder(tx, shop.id, news, day(3)));
    expect(await readStanding(shop.id, customer.id, day(3))).toBeNull();
    const { _sum } = await prisma.pointsEntry.aggregate({ where: { shopId: shop.id, orderGid: facts.gid }, _sum: { points: true } });
    expect(_sum.points).toBe(30);
  });

  it("of a change that changes nothing for it, or is made twice, nothing is kept", async () => {
    const shop = await newShop();
    const settings = ShopSettings.parse(await prisma.shop.findUniqueOrThrow({ where: { id: shop.id } }));
    await changeSettings(shop.id, { ...settings, pointsName: "Beans", pendingDays: 14 }, day(1));
    const ruleId = await rule(shop.id, { name: "Beans", productGids: [BEANS] }, day(1));
    for (const name of ["Cups", "Cups"]) await saveEarnRule(shop.id, ruleId, { ...NO_RULE, name, productGids: [BEANS] }, day(2));
    expect(await prisma.formerEarning.findMany({ where: { shopId: shop.id } })).toMatchObject([{ part: "rules", until: day(1), terms: [] }]);
  });
});

describe("staff who write rules", () => {
  it("save one once, however often the form is sent, and no two of one name", async () => {
    const shop = await newShop();
    const draft = { ...NO_RULE, name: "Beans twice", productGids: [BEANS] };
    const savings = await Promise.all(Array.from({ length: 5 }, () => saveEarnRule(shop.id, null, draft, NOON)));
    expect(new Set(savings.map((saving) => JSON.stringify(saving, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)))).size).toBe(1);
    expect(await prisma.earnRule.count({ where: { shopId: shop.id } })).toBe(1);
    expect(await saveEarnRule(shop.id, null, { ...draft, name: "beans TWICE", multiplierMilli: 3000 }, NOON)).toEqual({ outcome: "name_taken" });
    const other = await rule(shop.id, { name: "Cups", productGids: [CUP] });
    expect(await saveEarnRule(shop.id, other, draft, NOON)).toEqual({ outcome: "name_taken" });
    expect(await saveEarnRule(shop.id, other, { ...draft, name: "Cups", multiplierMilli: 0 }, NOON)).toEqual({ outcome: "saved", ruleId: other });
    expect(await saveEarnRule(shop.id, 999_999n, { ...draft, name: "New" }, NOON)).toEqual({ outcome: "unknown" });
  });

  it("have two tiers neither of one name nor from the same points", async () => {
    const shop = await newShop();
    const silver = await tier(shop.id, "Silver", 500, 1250);
    const again = { name: "Silver", fromPoints: 500, multiplierMilli: 1250 };
    expect(await saveTier(shop.id, null, again, NOON)).toEqual({ outcome: "saved", tierId: silver });
    expect(await saveTier(shop.id, null, { ...again, name: "Bronze" }, NOON)).toEqual({ outcome: "points_taken" });
    expect(await saveTier(shop.id, null, { ...again, fromPoints: 600 }, NOON)).toEqual({ outcome: "name_taken" });
    const gold = await tier(shop.id, "Gold", 2000, 1500);
    expect(await saveTier(shop.id, gold, { ...again, name: "Gold" }, NOON)).toEqual({ outcome: "points_taken" });
    expect(await saveTier(shop.id, gold, { name: "Gold", fromPoints: 3000, multiplierMilli: 2000 }, NOON)).toEqual({ outcome: "saved", tierId: gold });
    expect(await removeTier(shop.id, gold, NOON)).toEqual({ outcome: "removed" });
    expect(await removeTier(shop.id, gold, NOON)).toEqual({ outcome: "unknown" });
  });
});

describe("a shopper who reaches a tier", () => {
  it("earns more from the next order on, and less again when the year has passed or what counted was taken back", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    await tier(shop.id, "Silver", 100, 1500);
    await tier(shop.id, "Gold", 1000, 2000);
    const lines = [line("1", 10_000)];
    expect(await buy(shop.id, customer, lines)).toBe(100);
    expect(await readStanding(shop.id, customer.id, NOON)).toMatchObject({ earnedPoints: 100, tier: { name: "Silver" }, next: { tier: { name: "Gold" }, missingPoints: 900 } });
    expect(await buy(shop.id, customer, lines)).toBe(150);

    const nextYear = new Date("2027-11-20T12:00:00Z");
    expect((await readStanding(shop.id, customer.id, new Date(nextYear.getTime() - 1)))?.tier?.name).toBe("Silver");
    expect((await readStanding(shop.id, customer.id, nextYear))?.tier).toBeNull();
    expect(await buy(shop.id, customer, lines, nextYear)).toBe(100);

    const reversal = { customerId: customer.id, kind: "earning_reversed" as const, points: -1, reasonKey: "refund", note: null, occurredAt: nextYear, overdraft: true };
    await inTransaction((tx) => postEntry(tx, shop.id, reversal, nextYear));
    expect(await readStanding(shop.id, customer.id, nextYear)).toMatchObject({ earnedPoints: 99, tier: null, next: { missingPoints: 1 } });
  });

  it("earns with an order that is found late as on its day: by what was theirs then, not by what came or was taken back since", async () => {
    const shop = await newShop();
    await tier(shop.id, "Silver", 100, 1500);
    const [amira, bilal, chen] = [await newCustomer(shop.id), await newCustomer(shop.id), await newCustomer(shop.id)];
    const lines = [line("1", 10_000)];
    const [missedAt, foundAt] = [NOON, new Date(NOON.getTime() + 3 * DAY_MS)];
    const onDay = (days: number) => new Date(NOON.getTime() + days * DAY_MS);
    const found = { processedAt: missedAt, updatedAt: missedAt };

    // Amira reached the tier after the order that nobody told us of.
    await buy(shop.id, amira, lines, onDay(1));
    expect(await buy(shop.id, amira, lines, foundAt, found)).toBe(100);
    expect(await buy(shop.id, amira, lines, foundAt)).toBe(150);
    // Bilal had it then and lost it since; what Chen's earned with ran out of the year since.
    await buy(shop.id, bilal, lines, onDay(-1));
    const reversal = { customerId: bilal.id, kind: "earning_reversed" as const, points: -100, reasonKey: "refund", note: null, occurredAt: onDay(1), overdraft: true };
    await inTransaction((tx) => postEntry(tx, shop.id, reversal, onDay(1)));
    expect(await buy(shop.id, bilal, lines, foundAt, found)).toBe(150);
    await buy(shop.id, chen, lines, onDay(-364));
    expect(await buy(shop.id, chen, lines, foundAt, found)).toBe(150);
  });

  it("does not get there by the very order that reaches it: what an edit adds earns as what was bought with it", async () => {
    const shop = await newShop();
    await tier(shop.id, "Silver", 100, 1500);
    const customer = await newCustomer(shop.id);
    const facts = { gid: gid("Order", `${Date.now()}edited`), lines: [line("1", 10_000)] };
    await buy(shop.id, customer, facts.lines, NOON, facts);
    const { gid: customerGid } = await prisma.customer.findUniqueOrThrow({ where: { shopId_id: { shopId: shop.id, id: customer.id } } });
    const later = new Date(NOON.getTime() + DAY_MS);
    const news: OrderNews = {
      gid: facts.gid, name: "#1001", customer: { gid: gid("Customer", gidTail(customerGid)) }, currency: "EUR", lines: [...facts.lines, line("2", 10_000)], totalMinor: 20_000, discountMinor: 0,
      taxesIncluded: false, test: false, channel: "checkout", processedAt: NOON, updatedAt: later, codes: [], refunds: [], cancelledAt: null,
    };
    await inTransaction((tx) => updateOrder(tx, shop.id, news, later));
    expect(await readStanding(shop.id, customer.id, later)).toMatchObject({ earnedPoints: 200 });
  });

  it("of whom several were found late at once, each with their own day, earns what they had reached on it", async () => {
    const shop = await newShop();
    await tier(shop.id, "Silver", 100, 1500);
    const [early, late] = [await newCustomer(shop.id), await newCustomer(shop.id)];
    const day = (days: number) => new Date(NOON.getTime() + days * DAY_MS);
    for (const customer of [early, late]) await buy(shop.id, customer, [line("1", 10_000)], day(2));
    const multipliers = await inTransaction((tx) => tierMultipliers(tx, shop.id, [{ customerId: early.id, at: day(1), orderGid: null }, { customerId: late.id, at: day(3), orderGid: null }]));
    expect(multipliers).toEqual(new Map([[early.id, 1000], [late.id, 1500]]));
  });

  it("does not get there by what staff give, nor by what was bought in another shop", async () => {
    const [shop, other] = [await newShop(), await newShop()];
    const customer = await newCustomer(shop.id);
    await tier(shop.id, "Silver", 100, 1500);
    await givePoints(shop.id, customer.id, 5000);
    const elsewhere = await newCustomer(other.id);
    await buy(other.id, elsewhere, [line("1", 100_000)]);
    const multipliers = await inTransaction((tx) => tierMultipliers(tx, shop.id, [customer, elsewhere].map(({ id }) => ({ customerId: id, at: NOON, orderGid: null }))));
    expect([...multipliers.values()]).toEqual([1000, 1000]);
    expect(await readStanding(other.id, elsewhere.id, NOON)).toBeNull();
  });
});

describe("a shopper who has a birthday", () => {
  const birthdayShop = async (timeZone = "Europe/Berlin") => {
    const shop = await newShop({ timeZone });
    await prisma.shop.update({ where: { id: shop.id }, data: { birthdayPoints: 50 } });
    const gifts = () => prisma.pointsEntry.findMany({ where: { shopId: shop.id, reasonKey: { startsWith: "birthday:" } }, select: { customerId: true, reasonKey: true, points: true } });
    const born = async (month: number, day: number) => {
      const customer = await newCustomer(shop.id);
      await setBirthday(prisma, shop.id, customer.id, { month, day });
      return customer;
    };
    return { shop, gifts, born };
  };
  const at = (text: string) => new Date(text);

  it("is given points on that day by the shop's calendar, once, however many sweeps run at once, and again next year", async () => {
    const { gifts, born } = await birthdayShop();
    const customer = await born(11, 21);
    await born(11, 22);
    await giveBirthdays(at("2026-11-20T22:59:00Z"));
    expect(await gifts()).toEqual([]);
    await Promise.all(Array.from({ length: 4 }, () => giveBirthdays(at("2026-11-20T23:00:00Z"))));
    expect(await gifts()).toEqual([{ customerId: customer.id, reasonKey: `birthday:${customer.id}:2026`, points: 50 }]);
    await giveBirthdays(at("2026-11-21T22:59:00Z"));
    expect(await gifts()).toHaveLength(1);
    await giveBirthdays(at("2027-11-21T12:00:00Z"));
    expect((await gifts()).map(({ reasonKey }) => reasonKey)).toContain(`birthday:${customer.id}:2027`);
  });

  it("who was born on 29 February is given them on the 28th where there is none, and on the 29th where there is", async () => {
    const { gifts, born } = await birthdayShop("UTC");
    await born(2, 29);
    await giveBirthdays(at("2027-02-28T12:00:00Z"));
    expect(await gifts()).toHaveLength(1);
    await giveBirthdays(at("2028-02-28T12:00:00Z"));
    expect(await gifts()).toHaveLength(1);
    await giveBirthdays(at("2028-02-29T12:00:00Z"));
    expect(await gifts()).toHaveLength(2);
  });

  it("gets them two days late if nothing ran, and not three; over New Year they belong to the old year", async () => {
    const { gifts, born } = await birthdayShop("UTC");
    const customer = await born(12, 31);
    await giveBirthdays(at("2027-01-03T12:00:00Z"));
    expect(await gifts()).toEqual([]);
    await giveBirthdays(at("2027-01-02T12:00:00Z"));
    expect(await gifts()).toMatchObject([{ reasonKey: `birthday:${customer.id}:2026` }]);
  });

  it.each([
    ["to later in the year", [11, 21], "2026-11-21T12:00:00Z", [12, 1], "2026-12-01T12:00:00Z"],
    ["into the new year", [12, 30], "2026-12-30T12:00:00Z", [1, 5], "2027-01-05T12:00:00Z"],
    ["back over New Year", [1, 1], "2027-01-01T12:00:00Z", [12, 31], "2027-01-02T12:00:00Z"],
  ])("who changes the date %s is not given them twice", async (_what, [month = 1, day = 1], first, [newMonth = 1, newDay = 1], second) => {
    const { shop, gifts, born } = await birthdayShop("UTC");
    const customer = await born(month, day);
    await giveBirthdays(at(first));
    await setBirthday(prisma, shop.id, customer.id, { month: newMonth, day: newDay });
    await giveBirthdays(at(second));
    expect(await gifts()).toHaveLength(1);
  });

  it("whom Shopify merged with somebody who was given them this year is not given them again", async () => {
    const { shop, gifts, born } = await birthdayShop("UTC");
    const before = await born(11, 19);
    await giveBirthdays(at("2026-11-19T12:00:00Z"));
    const kept = await born(11, 21);
    await prisma.customer.update({ where: { shopId_id: { shopId: shop.id, id: before.id } }, data: { mergedIntoId: kept.id } });
    await giveBirthdays(at("2026-11-21T12:00:00Z"));
    expect(await gifts()).toHaveLength(1);
    await giveBirthdays(at("2027-11-21T12:00:00Z"));
    expect((await gifts()).map(({ reasonKey }) => reasonKey)).toContain(`birthday:${kept.id}:2027`);
  });

  it("is given nothing by a shop that gives nothing, was uninstalled, or has forgotten them", async () => {
    const { shop, gifts, born } = await birthdayShop("UTC");
    const customer = await born(11, 21);
    await prisma.customer.update({ where: { shopId_id: { shopId: shop.id, id: customer.id } }, data: { erasedAt: NOON } });
    await giveBirthdays(at("2026-11-21T12:00:00Z"));
    await born(11, 21);
    await prisma.shop.update({ where: { id: shop.id }, data: { birthdayPoints: 0 } });
    await giveBirthdays(at("2026-11-21T12:00:00Z"));
    await prisma.shop.update({ where: { id: shop.id }, data: { birthdayPoints: 50, uninstalledAt: NOON } });
    await giveBirthdays(at("2026-11-21T12:00:00Z"));
    expect(await gifts()).toEqual([]);
  });

  it("among more than one page of them gets theirs", async () => {
    const { shop, gifts } = await birthdayShop("UTC");
    await prisma.customer.createMany({ data: Array.from({ length: 450 }, (_, index) => ({ shopId: shop.id, gid: gid("Customer", `b${index}`), birthMonth: 11, birthDay: 21 })) });
    await giveBirthdays(at("2026-11-21T12:00:00Z"));
    expect(await gifts()).toHaveLength(450);
  });
});

describe("Shopify tells of people and collections", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  const customerOf = (customerGid: string) => prisma.customer.findUniqueOrThrow({ where: { shopId_gid: { shopId: world.shopId, gid: customerGid } } });
  const entriesOf = async (customerGid: string) => prisma.pointsEntry.findMany({ where: { shopId: world.shopId, customerId: (await customerOf(customerGid)).id }, select: { reasonKey: true, points: true } });
  const payload = (number: number, more: Record<string, unknown> = {}) => ({
    id: number, admin_graphql_api_id: `gid://shopify/Customer/${number}`, created_at: "2026-01-01T00:00:00Z", updated_at: "2026-11-20T12:00:00Z", first_name: "Zoë", last_name: null, email: null, phone: null, ...more,
  });
  const tell = (topic: string, body: Record<string, unknown>) => {
    world.shop.webhooks.send(topic, body);
    return world.settle();
  };

  it("who signs up is given points once, however often it is told; who is only updated, or buys, is not", async () => {
    await prisma.shop.update({ where: { id: world.shopId }, data: { signupPoints: 100 } });
    world.shop.webhooks.send("customers/create", payload(501));
    world.shop.webhooks.send("customers/create", payload(501));
    await tell("customers/update", payload(502));
    const { id } = await customerOf("gid://shopify/Customer/501");
    expect(await entriesOf("gid://shopify/Customer/501")).toEqual([{ reasonKey: `signup:${id}`, points: 100 }]);
    expect(await entriesOf("gid://shopify/Customer/502")).toEqual([]);

    // Met by an order first: signing up is told later.
    const early = await newCustomer(world.shopId, { gid: gid("Customer", 503) });
    await tell("customers/create", payload(503));
    expect(await entriesOf(early.gid)).toMatchObject([{ points: 100 }]);

    await prisma.shop.update({ where: { id: world.shopId }, data: { signupPoints: 0 } });
    await tell("customers/create", payload(504));
    expect(await entriesOf("gid://shopify/Customer/504")).toEqual([]);
    expect(await prisma.pointsAccount.count({ where: { shopId: world.shopId, customerId: (await customerOf("gid://shopify/Customer/504")).id } })).toBe(0);
    // What is given from now on is for whoever signs up from now on.
    await prisma.shop.update({ where: { id: world.shopId }, data: { signupPoints: 50 } });
    await tell("customers/update", payload(504));
    expect(await entriesOf("gid://shopify/Customer/504")).toEqual([]);
  });

  it("when somebody was born: the newest news stands, whatever comes late only fills a gap", async () => {
    const born = (value: unknown) => ({ metafields: [{ namespace: "custom", key: "birth_date", value: "2000-01-01" }, { namespace: "facts", key: "birth_date", value }] });
    await tell("customers/create", payload(601, born("1990-02-29")));
    expect(await customerOf("gid://shopify/Customer/601")).toMatchObject({ birthMonth: null });
    await tell("customers/update", payload(601, { ...born("1992-02-29"), updated_at: "2026-11-20T13:00:00Z" }));
    expect(await customerOf("gid://shopify/Customer/601")).toMatchObject({ birthMonth: 2, birthDay: 29 });
    await tell("customers/update", payload(601, { ...born("1992-03-01"), updated_at: "2026-11-20T12:30:00Z" }));
    await tell("customers/update", payload(601, { updated_at: "2026-11-20T14:00:00Z" }));
    expect(await customerOf("gid://shopify/Customer/601")).toMatchObject({ birthMonth: 2, birthDay: 29 });
  });

  const collection = (id: bigint) => prisma.earnCollection.findUnique({ where: { shopId_id: { shopId: world.shopId, id } } });
  const idOf = (collectionGid: string) => BigInt(collectionGid.slice(collectionGid.lastIndexOf("/") + 1));
  const rateOf = async (productGid: string) => (await inTransaction((tx) => readEarningRules(tx, world.shopId, [{ productGid, variantGid: null }]))).rateMilli({ productGid, variantGid: null });

  it("a collection with more products than a page is read to its end, then counts as a whole; its news are followed", async () => {
    const add = (title: string) => world.shop.addProduct({ title, price: "10.00" }).gid;
    const [first, many, end, last] = [add("First bean"), Array.from({ length: 257 }, (_, index) => add(`Bean ${index}`)), add("Bean at the end"), add("Bean of no collection")];
    const beans = world.shop.addCollection("Beans", [first, ...many, end]);
    const ruleId = await rule(world.shopId, { collectionGids: [beans.gid], multiplierMilli: 3000 }, world.now());
    expect(await rateOf(first)).toBe(1000);
    await world.settle();
    expect(await collection(idOf(beans.gid))).toMatchObject({ title: "Beans", productsCount: 259, readAt: expect.any(Date), cursor: null, isCut: false });
    expect([await rateOf(first), await rateOf(end), await rateOf(last)]).toEqual([3000, 3000, 1000]);

    beans.productGids = [last];
    await world.advance(120_000);
    await tell("collections/update", { id: Number(idOf(beans.gid)), admin_graphql_api_id: beans.gid });
    expect([await rateOf(first), await rateOf(last)]).toEqual([1000, 3000]);
    expect(await prisma.collectionProduct.count({ where: { shopId: world.shopId, collectionId: idOf(beans.gid) } })).toBe(1);

    // A lost webhook: the hourly look finds it.
    beans.productGids = [first];
    await world.advance(60 * 60_000);
    await world.sweep();
    await world.settle();
    expect([await rateOf(first), await rateOf(last)]).toEqual([3000, 1000]);

    await removeEarnRule(world.shopId, ruleId, world.now());
    await keepCollections(new Date(world.now().getTime() + 61 * DAY_MS));
    expect(await collection(idOf(beans.gid))).toBeNull();
    expect(await prisma.collectionProduct.count({ where: { shopId: world.shopId } })).toBe(0);
    await tell("collections/update", { id: Number(idOf(beans.gid)) });
    expect(await collection(idOf(beans.gid))).toBeNull();
  });

  it("a collection that was deleted has no products any more, and says so; one that comes back counts again", async () => {
    const cup = world.shop.addProduct({ title: "Cup", price: "10.00" }).gid;
    const cups = world.shop.addCollection("Cups", [cup]);
    await rule(world.shopId, { collectionGids: [cups.gid], multiplierMilli: 0 }, world.now());
    await world.settle();
    expect(await rateOf(cup)).toBe(0);
    const deleted = { ...cups };
    world.shop.state.collections.delete(cups.gid);
    await world.advance(120_000);
    await tell("collections/delete", { id: Number(idOf(cups.gid)), published_scope: "web" });
    expect(await collection(idOf(cups.gid))).toMatchObject({ title: "Cups", goneAt: expect.any(Date), productsCount: 0 });
    expect(await rateOf(cup)).toBe(1000);
    world.shop.state.collections.set(deleted.gid, deleted);
    await world.advance(25 * 60 * 60_000);
    await world.sweep();
    await world.settle();
    expect(await collection(idOf(cups.gid))).toMatchObject({ goneAt: null, productsCount: 1 });
    expect(await rateOf(cup)).toBe(0);
  });
});

describe("a collection that is read page by page", () => {
  const watched = async () => {
    const shop = await newShop();
    await rule(shop.id, { collectionGids: [gid("Collection", 7)] });
    const page = (after: string | null, productGids: string[], next: string | null) => storeCollectionPage(shop.id, 7n, { after, title: "Seven", productGids, next }, NOON);
    const counts = async (product: string) => (await inTransaction((tx) => readEarningRules(tx, shop.id, [{ productGid: product, variantGid: null }]))).rateMilli({ productGid: product, variantGid: null }) === 2000;
    return { shop, page, counts };
  };

  it("goes on after a crash where it was, and a page told twice counts once", async () => {
    const { page, counts } = await watched();
    expect(await page(null, ["a", "b"], "p2")).toEqual({ outcome: "at", cursor: "p2" });
    expect(await counts("a")).toBe(false);
    expect(await page(null, ["a", "b"], "p2")).toEqual({ outcome: "at", cursor: "p2" });
    expect(await page("p2", ["c"], null)).toEqual({ outcome: "read" });
    expect([await counts("a"), await counts("b"), await counts("c")]).toEqual([true, true, true]);
  });

  it("keeps the products of the last reading until the next one is whole", async () => {
    const { page, counts } = await watched();
    await page(null, ["a"], null);
    await page(null, ["b"], "p2");
    expect([await counts("a"), await counts("b")]).toEqual([true, false]);
    await page("p2", ["c"], null);
    expect([await counts("a"), await counts("b"), await counts("c")]).toEqual([false, true, true]);
  });

  it("ends at the limit, and says that there is more", async () => {
    const { shop, page } = await watched();
    await page(null, ["a"], "p2");
    await prisma.earnCollection.updateMany({ where: { shopId: shop.id }, data: { seenCount: COLLECTION_LIMIT - 1 } });
    expect(await page("p2", ["b"], "p3")).toEqual({ outcome: "read" });
    expect(await prisma.earnCollection.findFirst({ where: { shopId: shop.id } })).toMatchObject({ isCut: true, productsCount: 2 });
  });

  it("is nothing to us once its rule is gone, and is claimed by one sweep only when it is due", async () => {
    const { shop, page } = await watched();
    await prisma.shop.updateMany({ where: { id: { not: shop.id } }, data: { uninstalledAt: NOON } });
    await prisma.change.updateMany({ where: { shopId: shop.id }, data: { status: "done" } });
    const later = new Date(NOON.getTime() + DAY_MS);
    expect((await Promise.all([keepCollections(later), keepCollections(later), keepCollections(later)])).sort()).toEqual([0, 0, 1]);
    expect(await prisma.change.count({ where: { shopId: shop.id, kind: "read_collection", status: "pending" } })).toBe(1);
    const [only] = await prisma.earnRule.findMany({ where: { shopId: shop.id } });
    await removeEarnRule(shop.id, only?.id ?? 0n, NOON);
    expect(await page(null, ["a"], null)).toEqual({ outcome: "unwatched" });
  });
});
