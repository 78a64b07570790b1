/** Staff type how something begins, and find who or what it is: in a small shop and in a large one. */
import { beforeAll, describe, expect, it } from "vitest";
import { listRedemptions } from "#app/domain/coupons/queries.server.ts";
import { collected, customersNamed } from "#app/domain/customers/named.server.ts";
import { listCustomers } from "#app/domain/customers/queries.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { gid } from "#app/lib/gid.ts";
import { publicId } from "#app/lib/ids.ts";
import { readPosition, type Position } from "#app/lib/page.ts";
import { newAward, newCustomer, newShop, NOON } from "#test/factories.ts";

const at = (direction: "after" | "before", cursor: string | null) => readPosition(new URLSearchParams({ [direction]: cursor ?? "" }), 1);

async function openShop() {
  const { id: shopId } = await newShop();
  const meet = (number: number, firstName: string | null, lastName: string | null, email: string | null, phone: string | null = null) =>
    newCustomer(shopId, { gid: gid("Customer", `${shopId}${number}`), firstName, lastName, email, phone });
  const amira = await meet(8801, "Amira", "Okafor", "Lion@example.com", "+49 30 123456");
  const ben = await meet(8802, "Ben", "Okafor-Dyk", "ben@example.com", "+49 30 999999");
  const noor = await meet(8803, "Noor", null, "amirah@example.com");
  await prisma.customer.updateMany({ where: { shopId, id: noor.id }, data: { externalId: "till 7" } });
  // Merged into another: not a customer of their own any more.
  const former = await meet(8804, "Amira", "Okafor", "old@example.com");
  await prisma.customer.updateMany({ where: { shopId, id: former.id }, data: { mergedIntoId: amira.id } });
  await newCustomer((await newShop()).id, { firstName: "Amira", lastName: "Okafor" });
  const names = new Map([[amira.id, "amira"], [ben.id, "ben"], [noor.id, "noor"]]);
  return { shopId, amira, ben, noor, names };
}

describe("a customer", () => {
  it.each<[string, string[]]>([
    ["ami", ["amira", "noor"]],
    ["OKAFOR", ["amira", "ben"]],
    ["amira ok", ["amira"]],
    ["ben okafor-dyk", ["ben"]],
    ["noor ", ["noor"]],
    ["lion@EX", ["amira"]],
    ["+49 30 12", ["amira"]],
    ["0049-30", ["amira", "ben"]],
    ["till 7", ["noor"]],
    // Not how anything begins, and nothing but what was typed.
    ["kafor", []],
    ["example.com", []],
    ["till", []],
    ["%", []],
    ["a_ira", []],
  ])("is found by “%s”", async (text, expected) => {
    const { shopId, names } = await openShop();
    const { rows } = await listCustomers(shopId, { text, position: null });
    expect(rows.map(({ id }) => names.get(id)).sort()).toEqual(expected);
  });

  it("is found by an id, ours or Shopify's", async () => {
    const { shopId, ben } = await openShop();
    for (const text of [publicId("customer", ben.id), ben.gid, ben.gid.replace(/\D/g, "")]) {
      expect((await listCustomers(shopId, { text, position: null })).rows.map(({ id }) => id), text).toEqual([ben.id]);
    }
  });
});

describe("a redemption", () => {
  it("is found by its order, its code and its customer, within the other filters and page by page", async () => {
    const { shopId, amira, ben } = await openShop();
    const { number } = await newAward(shopId, { codes: 60 });
    const coupons = await prisma.coupon.findMany({ where: { shopId }, orderBy: { id: "asc" } });
    await prisma.redemption.createMany({
      data: coupons.map(({ id }, index) => ({
        shopId, awardNumber: number, couponId: id, customerId: index < 50 ? amira.id : ben.id, orderGid: `gid://shopify/Order/${index}`, orderName: `#${1000 + index}`, channel: "online",
        discountMinor: 500n, currency: "EUR", redeemedAt: NOON,
      })),
    });
    const recorded = await prisma.redemption.findMany({ where: { shopId }, orderBy: { id: "desc" } });
    await prisma.redemptionReversal.createMany({ data: recorded.slice(0, 30).map(({ id }) => ({ shopId, redemptionId: id, reason: "cancelled", reversedAt: NOON })) });
    const find = async (text: string, reversed: boolean | null = null, position: Position = null) =>
      listRedemptions(shopId, { awardNumber: null, text, since: null, until: null, reversed, position });
    const orders = async (...asked: Parameters<typeof find>) => (await find(...asked)).rows.map(({ orderName }) => orderName);

    expect(await orders("1007")).toEqual(["#1007"]);
    expect(await orders("#1007")).toEqual(["#1007"]);
    expect(await orders(coupons[3]?.code.toLowerCase() ?? "")).toEqual(["#1003"]);
    expect(await orders("ben@")).toHaveLength(10);
    expect(await orders("100")).toEqual([]);
    expect(await orders("okafor", true)).toHaveLength(25);
    expect(await orders("amira", true)).toHaveLength(20);
    expect((await find("amira", false)).rows).toHaveLength(25);

    const first = await find("amira");
    const second = await find("amira", null, at("after", first.next));
    expect([...first.rows, ...second.rows].map(({ orderName }) => orderName)).toEqual(Array.from({ length: 50 }, (_, index) => `#${1049 - index}`));
    expect(second.next).toBeNull();
    expect(await orders("amira", null, at("before", second.previous))).toEqual(first.rows.map(({ orderName }) => orderName));
  });
});

describe("in a shop of 25,000", () => {
  let shopId: number;
  beforeAll(async () => {
    ({ id: shopId } = await newShop());
    await prisma.$executeRaw`
      INSERT INTO "Customer" ("shopId", "gid", "firstName", "lastName", "email", "phone", "externalId", "updatedAt")
      SELECT ${shopId}, 'gid://shopify/Customer/' || n, 'Crowd' || n, 'Member' || n, 'crowd' || n || '@example.com', '+4930' || n, 'till-' || n, now() FROM generate_series(1000000, 1024999) n`;
    await prisma.$executeRaw`ANALYZE "Customer"`;
  });

  it.each(["crowd1012345", "member1012345", "+49301012345", "till-1012345", "1012345", "cus_7"])("whoever is “%s” is found by an index, not by walking past all", async (text) => {
    const plan = await prisma.$queryRaw<{ "QUERY PLAN": string }[]>`EXPLAIN ${collected(shopId, await customersNamed(shopId, text))}`;
    const lines = plan.map((line) => line["QUERY PLAN"]);
    expect(lines.filter((line) => /Seq Scan|Filter:/.test(line))).toEqual([]);
    expect(lines.filter((line) => /Index Cond:/.test(line)).every((line) => (line.match(/ AND /g) ?? []).length >= 1)).toBe(true);
    expect((await listCustomers(shopId, { text: text === "cus_7" ? "cus_0" : text, position: null })).rows).toHaveLength(text === "cus_7" ? 0 : 1);
  });

  it("what nearly all begin with shows the newest of them, page by page", async () => {
    expect(await customersNamed(shopId, "crowd")).toMatchObject({ areMany: true });
    const first = await listCustomers(shopId, { text: "crowd", position: null });
    expect(first.rows[0]).toMatchObject({ firstName: "Crowd1024999" });
    const second = await listCustomers(shopId, { text: "crowd", position: at("after", first.next) });
    expect(second.rows[0]).toMatchObject({ firstName: `Crowd${1_024_999 - first.rows.length}` });
    const { number } = await newAward(shopId);
    const coupon = await prisma.coupon.findFirstOrThrow({ where: { shopId } });
    const customerId = first.rows[0]?.id ?? 0n;
    await prisma.redemption.create({
      data: { shopId, awardNumber: number, couponId: coupon.id, customerId, orderGid: "gid://shopify/Order/1", orderName: "#1001", channel: "online", discountMinor: 500n, currency: "EUR", redeemedAt: NOON },
    });
    const found = await listRedemptions(shopId, { awardNumber: null, text: "crowd", since: null, until: null, reversed: false, position: null });
    expect(found.rows).toMatchObject([{ orderName: "#1001", customerId, code: coupon.code }]);
  });
});
