/** The merchant's screens of earning: rules, tiers, birthdays, and where a customer stands. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postEntry } from "#app/domain/points/post.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid } from "#app/lib/gid.ts";
import { publicId } from "#app/lib/ids.ts";
import * as birthday from "#app/routes/admin/customer-birthday.ts";
import * as customer from "#app/routes/admin/customer.tsx";
import * as customers from "#app/routes/admin/customers.tsx";
import * as rulePage from "#app/routes/admin/earning-rule.tsx";
import * as earning from "#app/routes/admin/earning.tsx";
import * as home from "#app/routes/admin/home.tsx";
import { newCustomer, newShop } from "../factories.ts";
import { request, resultOf } from "../merchant.ts";
import { openWorld, type World } from "../world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const formOf = (fields: Record<string, string>) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
};
const post = (fields: Record<string, string>) => resultOf(earning.action({ request: request(world, "/app/earning", { form: formOf(fields) }), params: {}, context: {} }));
const read = async () => (await resultOf(earning.loader({ request: request(world, "/app/earning"), params: {}, context: {} }))).body;
const picks = (...gids: string[]) => JSON.stringify(gids.map((each) => ({ gid: each, title: "A thing" })));
const saveRule = (fields: Record<string, string>, ruleId = "new") =>
  resultOf(
    rulePage.action({
      request: request(world, `/app/earning/${ruleId}`, { form: formOf({ name: randomUUID(), kind: "times", multiplier: "2", products: "[]", variants: "[]", collections: "[]", ...fields }) }),
      params: { ruleId },
      context: {},
    }),
  );
const openRule = (ruleId: string) => resultOf(rulePage.loader({ request: request(world, `/app/earning/${ruleId}`), params: { ruleId }, context: {} }));

describe("staff who look after rules", () => {
  it("add one by its products, find it with their titles, change it to nothing and delete it", async () => {
    const mug = world.shop.addProduct({ title: "Mug", price: "10.00" });
    const mugs = world.shop.addCollection("Mugs", [mug.gid]);
    expect((await saveRule({ name: "Mugs", multiplier: "1.5", products: picks(mug.gid), collections: picks(mugs.gid) })).status).toBe(302);
    const [made] = await prisma.earnRule.findMany({ where: { shopId: world.shopId } });
    const id = publicId("earnRule", made?.id ?? 0n);
    expect(await read()).toMatchObject({ rules: [{ name: "Mugs", multiplierMilli: 1500, collections: [{ readAt: null, goneAt: null }] }] });
    await world.settle();
    expect(await read()).toMatchObject({ rules: [{ collections: [{ title: "Mugs", productsCount: 1, readAt: expect.any(Date) }] }] });
    expect((await openRule(id)).body).toMatchObject({ rule: { name: "Mugs" }, picks: { products: [{ title: "Mug" }], collections: [{ title: "Mugs" }] } });

    expect((await saveRule({ name: "Mugs", kind: "nothing", products: picks(mug.gid) }, id)).status).toBe(302);
    expect(await prisma.earnRule.findFirst({ where: { shopId: world.shopId } })).toMatchObject({ multiplierMilli: 0, collectionGids: [] });
    expect((await post({ intent: "remove-rule", id })).body).toEqual({ said: "Rule deleted", problems: null });
    expect(await read()).toMatchObject({ rules: [] });
    expect((await openRule(id)).status).toBe(404);
    expect((await saveRule({ name: "Mugs", products: picks(mug.gid) }, id)).status).toBe(404);
  });

  it.each([
    ["no name", { name: " " }, "name", "Give the rule a name."],
    ["no products", { products: "[]" }, "things", "Choose at least one product, variant or collection."],
    ["a multiplier that is none", { multiplier: "1,5" }, "multiplierMilli", "Enter a number with at most three digits after the point, e.g. 2 or 1.5."],
    ["too much", { multiplier: "101" }, "multiplierMilli", "At most 100 times."],
    ["something of another kind", { products: picks("gid://shopify/Order/1") }, "productGids", "This is not of this store."],
    ["nonsense for products", { products: "{" }, "things", "Choose at least one product, variant or collection."],
  ])("are told at the field when a rule has %s, and nothing is saved", async (_what, fields, field, message) => {
    const before = await prisma.earnRule.count({ where: { shopId: world.shopId } });
    const { status, body } = await saveRule({ products: picks(gid("Product", 1)), ...fields });
    expect({ status, body }).toMatchObject({ status: 422, body: { problems: { [field]: message } } });
    expect(await prisma.earnRule.count({ where: { shopId: world.shopId } })).toBe(before);
  });

  it("do not reach another shop's rule", async () => {
    const other = await newShop();
    const { id } = await prisma.earnRule.create({ data: { shopId: other.id, name: "Theirs", multiplierMilli: 2000, productGids: [gid("Product", 1)], createdAt: new Date() } });
    expect((await openRule(publicId("earnRule", id))).status).toBe(404);
    expect((await saveRule({ name: "Mine", products: picks(gid("Product", 2)) }, publicId("earnRule", id))).status).toBe(404);
    await post({ intent: "remove-rule", id: publicId("earnRule", id) });
    expect(await prisma.earnRule.findUnique({ where: { shopId_id: { shopId: other.id, id } } })).toMatchObject({ name: "Theirs" });
  });
});

describe("staff who look after tiers", () => {
  const save = (fields: Record<string, string>) => post({ intent: "save-tier", id: "", name: "Silver", fromPoints: "500", multiplier: "1.25", ...fields });

  it("add, change and delete them, and see who stands where", async () => {
    expect((await save({})).body).toEqual({ said: "Tier saved", problems: null });
    expect((await save({ name: "Gold", fromPoints: "2000", multiplier: "2" })).body).toMatchObject({ said: "Tier saved" });
    const [silver, gold] = await prisma.tier.findMany({ where: { shopId: world.shopId }, orderBy: { fromPoints: "asc" } });
    expect((await save({ id: publicId("tier", silver?.id ?? 0n), fromPoints: "400" })).body).toMatchObject({ said: "Tier saved" });

    const { id } = await newCustomer(world.shopId);
    const now = new Date();
    await inTransaction((tx) => postEntry(tx, world.shopId, { customerId: id, kind: "earned", points: 450, reasonKey: randomUUID(), note: null, occurredAt: now }, now));
    const path = `/app/customers/${publicId("customer", id)}`;
    const page = await resultOf(customer.loader({ request: request(world, path), params: { customerId: publicId("customer", id) }, context: {} }));
    expect(page.body).toMatchObject({ standing: { earnedPoints: 450, tier: { name: "Silver" }, next: { tier: { name: "Gold" }, missingPoints: 1550 } }, birthday: null, outlook: { pending: 0 } });
    const list = await resultOf(customers.loader({ request: request(world, "/app/customers"), params: {}, context: {} }));
    expect(list.body).toMatchObject({ tiers: { [String(id)]: "Silver" } });

    expect((await post({ intent: "remove-tier", id: publicId("tier", gold?.id ?? 0n) })).body).toMatchObject({ said: "Tier deleted" });
    expect(await read()).toMatchObject({ tiers: [{ name: "Silver", fromPoints: 400 }] });
  });

  it.each([
    ["the same points as another", { name: "Bronze", fromPoints: "400" }, "fromPoints", "Another tier is reached with as many points."],
    ["another's name", { name: "SILVER", fromPoints: "7" }, "name", "Another tier has this name."],
    ["no points", { name: "Bronze", fromPoints: "0" }, "fromPoints", "Enter 1 or more: everybody has earned 0."],
    ["a fraction of a point", { name: "Bronze", fromPoints: "1.5" }, "fromPoints", "Enter a whole number."],
    ["less than others earn", { name: "Bronze", fromPoints: "7", multiplier: "0.5" }, "multiplierMilli", "Enter 1 or more: who reaches a tier does not earn less."],
    ["an id that is gone", { name: "Bronze", fromPoints: "7", id: "tie_999999" }, "name", "Somebody deleted this tier in the meantime. Close this and add it anew."],
  ])("are told at the field when a tier has %s", async (_what, fields, field, message) => {
    expect(await save(fields)).toMatchObject({ status: 422, body: { problems: { [field]: message } } });
  });
});

describe("staff who enter a birthday", () => {
  const enter = async (customerId: bigint, month: string, day: string) => {
    const id = publicId("customer", customerId);
    return resultOf(birthday.action({ request: request(world, `/app/customers/${id}/birthday`, { form: formOf({ month, day }) }), params: { customerId: id }, context: {} }));
  };
  const stored = (id: bigint) => prisma.customer.findUniqueOrThrow({ where: { shopId_id: { shopId: world.shopId, id } }, select: { birthMonth: true, birthDay: true } });

  it("save it, take it away again, and are told of a day that is none", async () => {
    const { id } = await newCustomer(world.shopId);
    expect((await enter(id, "2", "29")).body).toEqual({ saved: true, problem: null });
    expect(await stored(id)).toEqual({ birthMonth: 2, birthDay: 29 });
    expect(await enter(id, "4", "31")).toMatchObject({ status: 422, body: { problem: "This month has no such day." } });
    expect(await enter(id, "4", "")).toMatchObject({ status: 422, body: { problem: "Choose a month and a day." } });
    expect(await stored(id)).toEqual({ birthMonth: 2, birthDay: 29 });
    await enter(id, "", "");
    expect(await stored(id)).toEqual({ birthMonth: null, birthDay: null });
  });

  it("cannot do so for another shop's customer, nor for one who was forgotten", async () => {
    const elsewhere = await newCustomer((await newShop()).id);
    expect((await enter(elsewhere.id, "1", "1")).status).toBe(404);
    const { id } = await newCustomer(world.shopId);
    await prisma.customer.update({ where: { shopId_id: { shopId: world.shopId, id } }, data: { erasedAt: new Date() } });
    expect((await enter(id, "1", "1")).status).toBe(404);
  });
});

it("home says what is owed, in money where points are valued", async () => {
  const shopId = world.shopId;
  const open = async () => (await resultOf(home.loader({ request: request(world, "/app"), params: {}, context: {} }))).body;
  expect(await open()).toMatchObject({ liability: { points: 450, moneyMinor: null } });
  await prisma.shop.update({ where: { id: shopId }, data: { hundredMinor: 101 } });
  expect(await open()).toMatchObject({ liability: { points: 450, moneyMinor: 454 } });
});
