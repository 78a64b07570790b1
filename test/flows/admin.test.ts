/** Stories of a merchant in the embedded admin: real requests with tokens as Shopify signs them, a real database. */
import type { LoaderFunctionArgs } from "@remix-run/node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { findAward } from "#app/domain/awards/queries.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { revokeCoupons } from "#app/domain/coupons/revoke.server.ts";
import { mergeCustomers } from "#app/domain/customers/merge.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import type { Gid } from "#app/lib/gid.ts";
import { awardId, publicId } from "#app/lib/ids.ts";
import * as activity from "#app/routes/admin/activity.tsx";
import * as awardCodes from "#app/routes/admin/award-codes.tsx";
import * as awardEdit from "#app/routes/admin/award-edit.tsx";
import { awardFormData, newAwardFields, type AwardFields } from "#app/routes/admin/award-form.ts";
import * as awardNew from "#app/routes/admin/award-new.tsx";
import * as award from "#app/routes/admin/award.tsx";
import * as awards from "#app/routes/admin/awards.tsx";
import * as couponsCsv from "#app/routes/admin/coupons-csv.ts";
import * as customer from "#app/routes/admin/customer.tsx";
import * as home from "#app/routes/admin/home.tsx";
import * as redemptions from "#app/routes/admin/redemptions.tsx";
import * as settings from "#app/routes/admin/settings.tsx";
import * as unknown from "#app/routes/admin/unknown.tsx";
import { givePoints, newAward, newCustomer, newShop, NOON } from "../factories.ts";
import { request, resultOf } from "../merchant.ts";
import { till } from "../till.ts";
import { openWorld, type World } from "../world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const fieldsFor = (name: string, change: Partial<AwardFields> = {}): AwardFields => ({ ...newAwardFields(crypto.randomUUID(), "Europe/Berlin", new Date()), name, value: "10", pointsPrice: "100", stockTarget: "5", ...change });
const create = (fields: AwardFields, file?: File) => {
  const form = awardFormData(fields);
  if (file) form.set("file", file);
  return resultOf(awardNew.action({ request: request(world, "/app/awards/new", { form }), params: {}, context: {} }));
};
const open = (loader: (args: LoaderFunctionArgs) => unknown, path: string, params: Record<string, string> = {}) => resultOf(loader({ request: request(world, path), params, context: {} }));
const awardNamed = (name: string) => prisma.award.findFirst({ where: { shopId: world.shopId, name } });

describe("at the door", () => {
  it("a page without a token is sent to fetch one", async () => {
    expect((await open(awards.loader, "/app/awards")).status).toBe(200);
    const bare = await resultOf(awards.loader({ request: request(world, "/app/awards", { token: null }), params: {}, context: {} }));
    expect(bare.status).toBe(302);
  });

  it.each([
    ["signed with another secret", { secret: "somebody-elses-secret" }],
    ["of another app", { aud: "another-app" }],
    ["expired", { exp: Math.floor(Date.now() / 1000) - 3600 }],
  ])("a token %s is refused", async (_what, overrides) => {
    const answer = await resultOf(awards.loader({ request: request(world, "/app/awards", { overrides }), params: {}, context: {} }));
    expect(answer.status).toBe(401);
  });

  it("says nothing on the console: what the Shopify library notes goes to the log, which cuts out what is private", async () => {
    const said = vi.spyOn(console, "log");
    await open(awards.loader, "/app/awards");
    await resultOf(awards.loader({ request: request(world, "/app/awards", { overrides: { aud: "another-app" } }), params: {}, context: {} }));
    expect(said.mock.calls).toEqual([]);
    said.mockRestore();
  });

  it("a shop's first request installs it, with the facts that Shopify gives", async () => {
    const domain = `first-${crypto.randomUUID()}.myshopify.com`;
    const facts = world.store.shop(domain);
    const answer = await resultOf(home.loader({ request: request(world, "/app", { shop: facts }), params: {}, context: {} }));
    expect(answer.status).toBe(200);
    expect(await prisma.shop.findUnique({ where: { domain } })).toMatchObject({ name: facts.name, currency: facts.currency, timeZone: facts.timeZone });
  });

  it("an address that is no page is said to be none, to who may be here", async () => {
    expect(await open(unknown.loader, "/app/nowhere")).toMatchObject({ status: 404, body: { title: "This page does not exist" } });
    expect((await resultOf(unknown.loader({ request: request(world, "/app/nowhere", { token: null }), params: {}, context: {} }))).status).toBe(302);
  });

  it("another shop's award and customer do not exist here", async () => {
    const other = await newShop();
    // A number that this shop's own awards do not reach: a look-up without the shop would find it.
    await prisma.shop.update({ where: { id: other.id }, data: { nextAwardNumber: 900 } });
    const theirs = await newAward(other.id);
    const person = await newCustomer(other.id);
    expect((await open(award.loader, "/app/awards/x", { awardId: awardId(theirs.number) })).status).toBe(404);
    expect((await open(customer.loader, "/app/customers/x", { customerId: publicId("customer", person.id) })).status).toBe(404);
    const form = new FormData();
    form.set("intent", "archived");
    const archived = await resultOf(award.action({ request: request(world, "/app/awards/x", { form }), params: { awardId: awardId(theirs.number) }, context: {} }));
    expect(archived.status).toBe(404);
    expect((await findAward(other.id, theirs.number))?.status).toBe("active");
  });
});

describe("an award", () => {
  it("is created as the form says, and its discount and codes are on their way", async () => {
    const answer = await create(fieldsFor("Ten off"));
    expect(answer).toMatchObject({ status: 200, body: { outcome: "created" } });
    const stored = await awardNamed("Ten off");
    expect(stored).toMatchObject({ kind: "fixed_amount", value: 1000, currency: world.shop.currency, pointsPrice: 100, status: "active" });
    expect(await prisma.coupon.count({ where: { shopId: world.shopId, awardNumber: stored?.number } })).toBe(5);
    await world.settle();
    const page = await open(award.loader, "/app/awards/x", { awardId: awardId(stored?.number ?? 0) });
    expect(page.body).toMatchObject({ state: "active", invalid: [], figures: { readyCount: 5 } });
  });

  it("says what Shopify refused also where the discount lives on with its older terms", async () => {
    await create(fieldsFor("Behind"));
    await world.settle();
    const { number } = await prisma.award.findFirstOrThrow({ where: { shopId: world.shopId, name: "Behind" } });
    await prisma.parentDiscount.updateMany({ where: { shopId: world.shopId, awardNumber: number }, data: { problem: "Shopify refused: Title is too long" } });
    const page = await open(award.loader, "/app/awards/x", { awardId: awardId(number) });
    expect(page.body).toMatchObject({ award: { discount: { state: "live" } }, discountShown: "behind", problems: [{ kind: "behind", problem: "Shopify refused: Title is too long", isTried: false }] });
  });

  it("whose discount was deleted in Shopify waits for nothing while it is off: neither itself nor its codes are on their way", async () => {
    await create(fieldsFor("Deleted there"));
    await world.settle();
    const { number } = await prisma.award.findFirstOrThrow({ where: { shopId: world.shopId, name: "Deleted there" } });
    const set = async (intent: "active" | "inactive") => {
      const form = new FormData();
      form.set("intent", intent);
      await award.action({ request: request(world, "/app/awards/x", { form }), params: { awardId: awardId(number) }, context: {} });
      await world.settle();
    };
    const shown = async () => (await open(award.loader, "/app/awards/x", { awardId: awardId(number) })).body;
    const { gid } = await prisma.parentDiscount.findFirstOrThrow({ where: { shopId: world.shopId, awardNumber: number } });
    world.shop.deleteDiscount(gid ?? "");
    await world.settle();
    expect(await shown()).toMatchObject({ discountShown: "off", stock: { ready: 0, stopped: true } });

    await set("inactive");
    expect(await shown()).toMatchObject({ discountShown: "absent", figures: { waitingCount: 5 }, stock: { ready: 0, stopped: false, waiting: true } });

    await set("active");
    expect(await shown()).toMatchObject({ discountShown: "live", figures: { waitingCount: 0 }, stock: { ready: 5, waiting: false } });
  });

  it("sent twice, is one award", async () => {
    const fields = fieldsFor("Pressed twice");
    const both = await Promise.all([create(fields), create(fields)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(await prisma.award.count({ where: { shopId: world.shopId, name: "Pressed twice" } })).toBe(1);
  });

  it.each<[string, Partial<AwardFields>, string]>([
    ["an end before its start", { hasEnd: true, endsDate: "2020-01-01" }, "endsAt"],
    ["a price of 0", { pointsPrice: "0" }, "pointsPrice"],
    ["101 percent", { kind: "percentage", value: "101" }, "value"],
    ["codes too short to be safe", { length: "2" }, "length"],
    ["a list of nothing but nonsense", { source: "pasted", codes: "=1+1" }, "codes"],
    ["no file", { source: "uploaded" }, "codes"],
  ])("with %s is refused at that field, and nothing is stored", async (what, change, field) => {
    const answer = await create(fieldsFor(what, change));
    expect(answer).toMatchObject({ status: 422, body: { outcome: "refused", problems: [{ field }] } });
    expect(await awardNamed(what)).toBeNull();
  });

  it("is saved although some of its codes fail, and each of those is named", async () => {
    const answer = await create(fieldsFor("Some good", { source: "pasted", codes: "GOOD-1\ngood-1\nba d\nGOOD-2" }));
    expect(answer.body).toMatchObject({ outcome: "created", codes: { added: 2, failedCount: 2, failed: [{ line: 2, reason: "duplicate_in_list" }, { line: 3, code: "ba d", reason: "malformed" }] } });
  });

  it("takes its codes from a CSV file; a wrong header is named", async () => {
    const good = await create(fieldsFor("From a file", { source: "uploaded" }), new File(["code,note\nFILE-1,a\nFILE-2,b\n"], "codes.csv"));
    expect(good.body).toMatchObject({ outcome: "created", codes: { added: 2 } });
    const bad = await create(fieldsFor("Wrong header", { source: "uploaded" }), new File(["coupon\nX1\n"], "codes.csv"));
    expect(bad).toMatchObject({ status: 422, body: { problems: [{ field: "codes" }] } });
    expect(JSON.stringify(bad.body)).toContain("coupon");
  });

  it("is edited, but not over somebody else's changes", async () => {
    await create(fieldsFor("To be edited"));
    const stored = await awardNamed("To be edited");
    const params = { awardId: awardId(stored?.number ?? 0) };
    const save = (name: string, readAt: string) => {
      const form = awardFormData(fieldsFor(name));
      form.set("readAt", readAt);
      return resultOf(awardEdit.action({ request: request(world, "/app/awards/x/edit", { form }), params, context: {} }));
    };
    const readAt = stored?.updatedAt.toISOString() ?? "";
    expect((await save("Edited once", readAt)).status).toBe(302);
    expect(await save("Edited blindly", readAt)).toMatchObject({ status: 422, body: { problems: [{ field: "award" }] } });
    expect(await awardNamed("Edited blindly")).toBeNull();
  });

  it("keeps its terms once a coupon was given out; its name may change", async () => {
    const sold = await newAward(world.shopId, { name: "Sold already" });
    await prisma.award.update({ where: { shopId_number: { shopId: world.shopId, number: sold.number } }, data: { firstIssuedAt: new Date() } });
    const fresh = await findAward(world.shopId, sold.number);
    const form = awardFormData(fieldsFor("Sold, renamed", { value: "99" }));
    form.set("readAt", fresh?.updatedAt.toISOString() ?? "");
    const answer = await resultOf(awardEdit.action({ request: request(world, "/app/awards/x/edit", { form }), params: { awardId: awardId(sold.number) }, context: {} }));
    expect(answer).toMatchObject({ status: 422, body: { problems: [{ field: "value" }] } });
    expect((await findAward(world.shopId, sold.number))?.value).toBe(500);
  });

  it("counts what is out and what was used as its limits do, and adds up no two currencies", async () => {
    const shared = await newAward(world.shopId, { name: "Three for all", appliedBy: "integrator", pointsPrice: null, kind: "percentage", value: 20, issuesTotal: 3 });
    const { holder, burn } = till(world.shopId, shared.number);
    const holders = [await holder(), await holder(), await holder()];
    await burn([holders[0]?.code ?? ""], { totalMinor: 10_000, currency: "EUR" });
    await burn([holders[1]?.code ?? ""], { totalMinor: 10_000, currency: "USD" });
    const page = async () => (await open(award.loader, "/app/awards/x", { awardId: awardId(shared.number) })).body;
    expect(await page()).toMatchObject({ invalid: expect.arrayContaining(["all its coupons are given out"]), figures: { issuedCount: 3, redemptionsCount: 2, discountMinor: 2_000 } });

    await revokeCoupons(world.shopId, { awardNumber: shared.number, mode: "unredeemed", understood: true, returnPoints: false, requestKey: crypto.randomUUID() }, NOON);
    await world.settle();
    expect(await page()).toMatchObject({ invalid: expect.not.arrayContaining(["all its coupons are given out"]), figures: { issuedCount: 2, redemptionsCount: 2 } });
    const listed = (await open(awards.loader, "/app/awards?q=Three+for+all")).body;
    expect(listed).toMatchObject({ page: { rows: [{ redemptionsCount: 2 }] } });
  });

  it("is archived from the list, found under its tab, and comes back", async () => {
    const old = await newAward(world.shopId, { name: "Past its day" });
    const form = new FormData();
    form.append("archive", String(old.number));
    const archive = () => resultOf(awards.action({ request: request(world, "/app/awards", { form }), params: {}, context: {} }));
    const listed = async (query: string) => JSON.stringify((await open(awards.loader, `/app/awards?${query}`)).body, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
    expect(await listed("q=past+its")).toContain("Past its day");
    expect((await archive()).body).toEqual({ archived: 1 });
    expect((await archive()).body).toEqual({ archived: 0 });
    expect(await listed("q=past+its")).not.toContain("Past its day");
    expect(await listed("status=archived")).toContain("Past its day");
    const activate = new FormData();
    activate.set("intent", "active");
    await resultOf(award.action({ request: request(world, "/app/awards/x", { form: activate }), params: { awardId: awardId(old.number) }, context: {} }));
    expect(await listed(`q=${awardId(old.number)}`)).toContain("Past its day");
  });

  it("exports its codes, and no cell runs as a formula", async () => {
    const exported = await newAward(world.shopId, { name: "Exported", codes: 2 });
    const person = await newCustomer(world.shopId, { firstName: "=cmd()", lastName: "" });
    await prisma.coupon.updateMany({ where: { shopId: world.shopId, awardNumber: exported.number }, data: { customerId: person.id } });
    const answer = await couponsCsv.loader({ request: request(world, "/app/awards/x/coupons.csv"), params: { awardId: awardId(exported.number) }, context: {} });
    const lines = (await answer.text()).trim().split("\r\n");
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain(",'=cmd()");
  });
});

describe("an award's codes", () => {
  const send = (number: number, fields: Record<string, string>, file?: File) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ requestKey: crypto.randomUUID(), ...fields })) form.set(name, value);
    if (file) form.set("file", file);
    return resultOf(awardCodes.action({ request: request(world, "/app/awards/x/codes", { form }), params: { awardId: awardId(number) }, context: {} }));
  };

  it("are made, pasted, uploaded and typed; those left out are named", async () => {
    const { number } = await newAward(world.shopId, { codes: 1 });
    expect((await send(number, { intent: "make", count: "3" })).body).toMatchObject({ tone: "success", title: "3 codes added" });
    expect((await send(number, { intent: "paste", codes: "MORE-1\nno good" })).body).toMatchObject({ tone: "warning", title: "1 code added, 1 left out", lines: [expect.stringMatching(/^Line 2, “no good”: Only letters/)] });
    expect((await send(number, { intent: "type", code: "no good" })).body).toMatchObject({ tone: "critical", title: "No code was added", lines: [expect.stringMatching(/^“no good”: Only letters/)] });
    expect((await send(number, { intent: "upload" }, new File(["code\nMORE-2\n"], "codes.csv"))).body).toMatchObject({ title: "1 code added" });
    expect(await send(number, { intent: "upload" })).toMatchObject({ status: 422, body: { lines: ["Choose a file."] } });
    await send(number, { intent: "type", code: "own", uses: "3", minimum: "25.50", expires: "2030-06-01", firstOrder: "on" });
    expect(await prisma.coupon.findFirst({ where: { shopId: world.shopId, code: "OWN" } })).toMatchObject({
      usesPerCode: 3, minOrderMinor: 2550, firstOrderOnly: true, expiresAt: new Date("2030-06-01T21:59:59Z"),
    });
    expect((await send(number, { intent: "type", code: "own-2", uses: "three" })).body).toMatchObject({ tone: "critical" });
    const page = await open(awardCodes.loader, "/app/awards/x/codes", { awardId: awardId(number) });
    expect(page.body).toMatchObject({ stock: { ready: 1, guess: null } });
  });

  it("one for everybody is replaced and put on a schedule", async () => {
    const { number } = await newAward(world.shopId, { single: "HELLO-1" });
    const pressed = { intent: "rotate", replaces: "HELLO-1", code: "hello-2" };
    expect((await send(number, pressed)).body).toMatchObject({ tone: "success", title: "The new code is HELLO-2" });
    expect((await send(number, { ...pressed, code: "" })).body).toMatchObject({ tone: "critical" });
    expect((await send(number, { intent: "care", rotateDays: "7" })).body).toMatchObject({ title: "Saved" });
    expect(await send(number, { intent: "care", rotateDays: "often" })).toMatchObject({ status: 422, body: { lines: [expect.stringContaining("whole number of days")] } });
    expect((await open(awardCodes.loader, "/app/awards/x/codes", { awardId: awardId(number) })).body).toMatchObject({ newest: { code: "HELLO-2" }, stock: { rotateDays: 7 } });
  });

  it("are looked after as the form says", async () => {
    await create(fieldsFor("Looked after", { stockTarget: "50" }));
    const number = (await awardNamed("Looked after"))?.number ?? 0;
    expect((await send(number, { intent: "care", stockTarget: "80", lowStockAt: "20", selfSizing: "on" })).body).toMatchObject({ title: "Saved" });
    expect(await prisma.codePool.findFirst({ where: { shopId: world.shopId, awardNumber: number } })).toMatchObject({ stockTarget: 80, lowStockAt: 20, selfSizing: true, rotateDays: null });
    expect(await send(number, { intent: "care", stockTarget: "80", lowStockAt: "79" })).toMatchObject({ status: 422 });
    const theirs = await newAward((await newShop()).id, { name: "Not yours either" });
    expect((await send(theirs.number + 1000, { intent: "make", count: "1" })).status).toBe(404);
  });
});

describe("awards page by page", () => {
  it.each(["newest", "oldest", "name", "ends"])("are all there once, sorted by %s, forwards and back", async (sort) => {
    const shop = world.store.shop(`many-${sort}-${crypto.randomUUID()}.myshopify.com`);
    const shopId = await world.install(shop.domain);
    const day = 86_400_000;
    const now = Date.now();
    await prisma.award.createMany({
      data: Array.from({ length: 60 }, (_, index) => ({
        shopId, number: index + 1, name: `Award ${(index * 7) % 20}`, kind: "percentage" as const, value: 5, currency: "USD", pointsPrice: 10,
        startsAt: new Date(now - day), endsAt: index % 3 ? new Date(now + day * (1 + (index % 5))) : null, codeSource: "single" as const,
      })),
    });
    await prisma.awardTally.createMany({ data: Array.from({ length: 60 }, (_, index) => ({ shopId, awardNumber: index + 1 })) });
    const turn = async (cursor: string) => {
      const answer = await resultOf(awards.loader({ request: request(world, `/app/awards?sort=${sort}${cursor}`, { shop }), params: {}, context: {} }));
      return (answer.body as { page: { rows: { number: number }[]; next: string | null; previous: string | null } }).page;
    };
    const pages = [await turn("")];
    for (let next = pages[0]?.next; next && pages.length < 5; next = pages.at(-1)?.next) pages.push(await turn(`&after=${next}`));
    const seen = pages.flatMap((page) => page.rows.map((row) => row.number));
    expect(pages.map((page) => page.rows.length)).toEqual([25, 25, 10]);
    expect(new Set(seen).size).toBe(60);
    const back = await turn(`&before=${pages[2]?.previous}`);
    expect(back.rows).toEqual(pages[1]?.rows);
  });
});

describe("redemptions", () => {
  it("say whether there are none at all or none that were searched for", async () => {
    const shop = world.store.shop(`no-orders-${crypto.randomUUID()}.myshopify.com`);
    await world.install(shop.domain);
    const look = (query: string) => resultOf(redemptions.loader({ request: request(world, `/app/redemptions${query}`, { shop }), params: {}, context: {} }));
    expect((await look("")).body).toMatchObject({ page: { rows: [] }, unfiltered: true });
    expect((await look("?after=x")).body).toMatchObject({ unfiltered: true });
    for (const query of ["?q=%231001", "?award=awd_1", "?since=2026-11-01", "?until=2026-11-01", "?reversed=yes"]) expect((await look(query)).body).toMatchObject({ page: { rows: [] }, unfiltered: false });
  });
});

describe("a customer's points", () => {
  const adjust = (id: bigint, fields: Record<string, string>) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ direction: "give", amount: "50", reason: "Sorry for the wait", requestKey: crypto.randomUUID(), ...fields })) form.set(name, value);
    return resultOf(customer.action({ request: request(world, "/app/customers/x", { form }), params: { customerId: publicId("customer", id) }, context: {} }));
  };
  const balanceOf = async (id: bigint) => (await prisma.pointsAccount.findUnique({ where: { shopId_customerId: { shopId: world.shopId, customerId: id } } }))?.balance ?? 0;

  it("are adjusted once, however often the form is sent, and stand on the statement", async () => {
    const { id } = await newCustomer(world.shopId);
    const requestKey = crypto.randomUUID();
    await Promise.all([adjust(id, { requestKey }), adjust(id, { requestKey })]);
    expect(await balanceOf(id)).toBe(50);
    const page = await open(customer.loader, "/app/customers/x", { customerId: publicId("customer", id) });
    expect(page.body).toMatchObject({ points: { balance: 50 }, statement: { rows: [{ points: 50, note: "Sorry for the wait" }] } });
  });

  it("spent on a coupon name its award, beside lines that have none", async () => {
    const { id } = await newCustomer(world.shopId);
    await givePoints(world.shopId, id, 100, new Date());
    const bought = await newAward(world.shopId, { name: "A treat", pointsPrice: 30 }, new Date());
    const issuing = await issueCoupon(world.shopId, { customerId: id, awardNumber: bought.number, requestKey: crypto.randomUUID(), channel: "admin" }, new Date());
    expect(issuing).toMatchObject({ outcome: "issued" });
    const page = await open(customer.loader, "/app/customers/x", { customerId: publicId("customer", id) });
    expect(page.body).toMatchObject({ statement: { rows: [{ kind: "spent", points: -30, award: { number: bought.number, name: "A treat" } }, { points: 100, award: null }] } });
  });

  it("of one who was merged are the other's: both pages say so, and an old tab adjusts who stayed", async () => {
    const [kept, gone] = [await newCustomer(world.shopId), await newCustomer(world.shopId)];
    await givePoints(world.shopId, gone.id, 30, new Date());
    await inTransaction((tx) => mergeCustomers(tx, world.shopId, { keptGid: kept.gid as Gid<"Customer">, deletedGid: gone.gid as Gid<"Customer"> }, new Date()));
    expect((await adjust(gone.id, { amount: "20" })).body).toMatchObject({ adjusted: true });
    expect([await balanceOf(kept.id), await balanceOf(gone.id)]).toEqual([50, 0]);
    const page = (id: bigint) => open(customer.loader, "/app/customers/x", { customerId: publicId("customer", id) });
    expect((await page(kept.id)).body).toMatchObject({ points: { balance: 50 }, mergedIds: [gone.id] });
    expect((await page(gone.id)).body).toMatchObject({ customer: { mergedIntoId: kept.id }, points: { balance: 0 }, statement: { rows: [{ kind: "merged", points: -30 }, { points: 30 }] } });
  });

  it.each<[string, Record<string, string>]>([
    ["no reason", { reason: " " }],
    ["zero", { amount: "0" }],
    ["a fraction", { amount: "1.5" }],
    ["more than there is to take", { direction: "take", amount: "101" }],
  ])("stay as they were after an adjustment with %s", async (_what, fields) => {
    const { id } = await newCustomer(world.shopId);
    await givePoints(world.shopId, id, 100, new Date());
    expect((await adjust(id, fields)).status).toBe(422);
    expect(await balanceOf(id)).toBe(100);
  });
});

describe("settings", () => {
  const PLAIN = { pointsName: "stars", earnRate: "2", pendingDays: "14", expiryMonths: "", expiryNoticeDays: "30", hundred: "", signupPoints: "0", birthdayPoints: "0", holdMinutes: "30" };
  const save = (fields: Record<string, string>) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...PLAIN, ...fields })) form.set(name, value);
    return resultOf(settings.action({ request: request(world, "/app/settings", { form }), params: {}, context: {} }));
  };

  it("are saved", async () => {
    expect((await save({})).body).toEqual({ saved: true });
    expect(await prisma.shop.findUnique({ where: { id: world.shopId } })).toMatchObject({ pointsName: "stars", earnRate: 2, pendingDays: 14, expiryMonths: null, hundredMinor: null, holdMinutes: 30, alertEmail: null });
    await save({ pendingDays: "0", earnOnTax: "on", expiryMonths: "12", hundred: "1.50", signupPoints: "100", birthdayPoints: "50" });
    expect(await prisma.shop.findUnique({ where: { id: world.shopId } })).toMatchObject({
      earnOnTax: true, earnOnShipping: false, pendingDays: 0, expiryMonths: 12, expiryNoticeDays: 30, hundredMinor: 150, signupPoints: 100, birthdayPoints: 50,
    });
    await save({ alertEmail: " staff@example.com " });
    expect(await prisma.shop.findUnique({ where: { id: world.shopId } })).toMatchObject({ alertEmail: "staff@example.com" });
  });

  it.each([["pointsName", " "], ["earnRate", "1.5"], ["earnRate", "-1"], ["holdMinutes", "0"], ["holdMinutes", "soon"], ["alertEmail", "staff"], ["pendingDays", "366"], ["expiryMonths", "0"], ["hundred", "1,5"], ["hundred", "0"], ["birthdayPoints", "many"]])("refuse %s %j", async (field, value) => {
    const answer = await save({ [field]: value });
    expect(answer).toMatchObject({ status: 422, body: { saved: false } });
    expect(JSON.stringify(answer.body)).toContain(`"${field}"`);
  });
});

describe("activity", () => {
  it("shows a change that Shopify refused, and tries it again when asked", async () => {
    const change = await prisma.change.create({ data: { shopId: world.shopId, kind: "refill_pool", subject: "1", status: "failed", attempts: 9, problem: "Shopify said no", nextAttemptAt: new Date() } });
    expect((await open(activity.loader, "/app/activity")).body).toMatchObject({ health: { failedChanges: 1 }, shown: { view: "failed", rows: [{ problem: "Shopify said no" }] } });
    const form = new FormData();
    form.set("intent", "retry");
    form.set("id", publicId("change", change.id));
    const answer = await resultOf(activity.action({ request: request(world, "/app/activity", { form }), params: {}, context: {} }));
    expect(answer.body).toEqual({ said: "Trying again" });
    expect(await prisma.change.count({ where: { shopId: world.shopId, kind: "refill_pool", subject: "1", status: "failed" } })).toBe(0);
  });
});
