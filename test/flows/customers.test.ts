/** Customers become known from Shopify's webhooks, stay up to date whatever the order of the news, and are found by whatever names them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eraseCustomer } from "#app/domain/customers/erase.server.ts";
import { findCustomers } from "#app/domain/customers/find.server.ts";
import { parseIdentifier } from "#app/domain/customers/identifier.ts";
import { rememberCustomer } from "#app/domain/customers/remember.server.ts";
import { setExternalId } from "#app/domain/customers/set-external-id.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid, gidTail, type Gid } from "#app/lib/gid.ts";
import { newCustomer, newShop, NOON } from "#test/factories.ts";
import { openWorld, type World } from "../world.ts";

describe("Shopify tells of a customer", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  const known = (customerGid: string) => prisma.customer.findUniqueOrThrow({ where: { shopId_gid: { shopId: world.shopId, gid: customerGid } } });

  it("who registers: since when they are one is known, and how often they bought", async () => {
    const registered = new Date("2026-03-01T10:00:00Z");
    const person = world.shop.addCustomer({ firstName: "Amira", lastName: "Okafor", email: "Amira@Example.com", phone: "+49 30 1234567", createdAt: registered });
    const { variants } = world.shop.addProduct({ title: "Tote", price: "40.00" });
    await world.settle();
    expect(await known(person.gid)).toMatchObject({ firstName: "Amira", email: "amira@example.com", phone: "+49301234567", registeredAt: registered, ordersCount: 0 });

    for (let order = 0; order < 2; order++) world.shop.placeOrder({ customerGid: person.gid, lines: [{ variantGid: variants[0]?.gid ?? "", quantity: 1 }], discountCodes: [] });
    await world.settle();
    expect(await known(person.gid)).toMatchObject({ ordersCount: 2 });
  });

  it("again, in another form or the wrong order: the newest facts stand", async () => {
    const payload = (updatedAt: string, firstName: string | null, more: Record<string, unknown> = {}) => ({
      id: 77, admin_graphql_api_id: "gid://shopify/Customer/77", created_at: "2026-01-01T00:00:00Z", updated_at: updatedAt, first_name: firstName, last_name: null, email: null, phone: null, ...more,
    });
    world.shop.webhooks.send("customers/update", payload("2026-11-20T12:00:00Z", "Zoë"));
    world.shop.webhooks.send("customers/create", payload("2026-11-20T11:00:00Z", "Zoe", { email: "zoe@example.com" }));
    world.shop.webhooks.send("customers/update", payload("2026-11-20T12:30:00Z", null));
    world.shop.webhooks.send("customers/purchasing_summary", { customerId: 77, numberOfOrders: "4", occurredAt: "2026-11-20T12:00:00Z" });
    world.shop.webhooks.send("customers/purchasing_summary", { customerId: "gid://shopify/Customer/77", numberOfOrders: 3, occurredAt: "2026-11-20T11:00:00Z" });
    await world.settle();
    expect(await known("gid://shopify/Customer/77")).toMatchObject({ firstName: "Zoë", email: "zoe@example.com", ordersCount: 4, registeredAt: new Date("2026-01-01T00:00:00Z") });
  });

  it("in a form that is none: nothing is made of it", async () => {
    world.shop.webhooks.send("customers/create", { id: 5 });
    world.shop.webhooks.send("customers/purchasing_summary", { customerId: "gid://shopify/Order/5", numberOfOrders: 1 });
    await world.settle();
    const events = await prisma.inboxEvent.findMany({ where: { shopDomain: world.shop.domain, status: "failed" }, orderBy: { id: "asc" }, select: { topic: true } });
    expect(events.map(({ topic }) => topic)).toEqual(["customers/create", "customers/purchasing_summary"]);
  });
});

describe("a customer", () => {
  const find = async (shopId: number, text: string) => {
    const identifier = parseIdentifier(text);
    if (!identifier) throw new Error(`not an identifier: ${text}`);
    const [finding] = await findCustomers(prisma, shopId, [identifier]);
    return finding;
  };

  it("is found by Shopify's number or gid, by ours, by e-mail, phone and the integrator's own id, in their shop only", async () => {
    const shop = await newShop();
    const amira = await newCustomer(shop.id, { gid: gid("Customer", "8271093981356"), email: "amira@example.com", phone: "+49301234567" });
    await newCustomer(shop.id);
    expect(await setExternalId(shop.id, amira.id, "member-7")).toEqual({ outcome: "set" });
    const found = { outcome: "found", customerId: amira.id };
    for (const name of ["8271093981356", "gid://shopify/Customer/8271093981356", `cus_${amira.id}`, "AMIRA@example.com", "+49 30 1234567", "member-7"]) expect(await find(shop.id, name)).toEqual(found);
    const other = await newShop();
    for (const name of ["8271093981356", `cus_${amira.id}`, "amira@example.com", "member-7"]) expect(await find(other.id, name)).toEqual({ outcome: "unknown" });
  });

  it("whom an integrator calls by a number is found by it, unless Shopify calls somebody so", async () => {
    const shop = await newShop();
    const [amira, ben] = [await newCustomer(shop.id), await newCustomer(shop.id, { gid: gid("Customer", "555") })];
    await setExternalId(shop.id, amira.id, "444");
    expect(await find(shop.id, "444")).toEqual({ outcome: "found", customerId: amira.id });
    expect(await setExternalId(shop.id, amira.id, "555")).toEqual({ outcome: "set" });
    expect(await find(shop.id, "555")).toEqual({ outcome: "found", customerId: ben.id });
  });

  it("is nobody in particular where two share an address", async () => {
    const shop = await newShop();
    await newCustomer(shop.id, { email: "family@example.com" });
    await newCustomer(shop.id, { email: "Family@example.com" });
    expect(await find(shop.id, "family@example.com")).toEqual({ outcome: "ambiguous" });
  });

  it("is found among many in one go, in the order asked for", async () => {
    const shop = await newShop();
    const people = [];
    for (let index = 0; index < 5; index++) people.push(await newCustomer(shop.id));
    const names = [...people.map((one) => ({ by: "gid", gid: one.gid as Gid<"Customer"> }) as const), { by: "email", email: people[2]?.email ?? "" } as const, { by: "externalId", externalId: "nobody" } as const];
    const findings = await findCustomers(prisma, shop.id, names);
    expect(findings.map((finding) => (finding.outcome === "found" ? finding.customerId : finding.outcome))).toEqual([...people.map(({ id }) => id), people[2]?.id, "unknown"]);
  });

  it("keeps their own id to themselves, and loses it with everything else when forgotten", async () => {
    const shop = await newShop();
    const [amira, ben] = [await newCustomer(shop.id), await newCustomer(shop.id)];
    expect(await setExternalId(shop.id, amira.id, "member-1")).toEqual({ outcome: "set" });
    expect(await setExternalId(shop.id, ben.id, "member-1")).toEqual({ outcome: "taken" });
    expect(await setExternalId((await newShop()).id, amira.id, "member-2")).toEqual({ outcome: "unknown" });
    await inTransaction((tx) => eraseCustomer(tx, shop.id, { gid: amira.gid as Gid<"Customer">, webhookId: "w1" }, NOON));
    expect(await find(shop.id, "member-1")).toEqual({ outcome: "unknown" });
    expect(await find(shop.id, gidTail(amira.gid))).toEqual({ outcome: "unknown" });
    expect(await setExternalId(shop.id, amira.id, "member-1")).toEqual({ outcome: "unknown" });
  });

  it("met by ten calls at once is one customer", async () => {
    const shop = await newShop();
    const met = await Promise.all(Array.from({ length: 10 }, (_, index) => rememberCustomer(prisma, shop.id, { gid: gid("Customer", "9"), ...(index % 2 && { firstName: "Zoë" }) })));
    expect(new Set(met.map(({ id }) => id)).size).toBe(1);
    expect(await prisma.customer.findMany({ where: { shopId: shop.id }, select: { firstName: true } })).toEqual([{ firstName: "Zoë" }]);
  });
});
