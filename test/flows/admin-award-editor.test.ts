/** A merchant at the award editor, with every rule there is: real requests, a real database, Shopify's catalogue in the local store. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { draftOfAward, NO_RULES, type AwardDraft } from "#app/domain/awards/award.ts";
import { createAward } from "#app/domain/awards/create.server.ts";
import { importLocations } from "#app/domain/locations/import.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { awardId } from "#app/lib/ids.ts";
import * as awardEdit from "#app/routes/admin/award-edit.tsx";
import { AwardForm, awardFormData, newAwardFields, readPicks, type AwardFields } from "#app/routes/admin/award-form.ts";
import * as awardNew from "#app/routes/admin/award-new.tsx";
import * as award from "#app/routes/admin/award.tsx";
import * as locations from "#app/routes/admin/locations.tsx";
import { draftOf } from "../award-draft.ts";
import { csv } from "../csv.ts";
import { request, resultOf } from "../merchant.ts";
import { openWorld, type World } from "../world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const generated = { source: "generated", stockTarget: 3 } as const;
const fieldsFor = (name: string, change: Partial<AwardFields> = {}): AwardFields => ({ ...newAwardFields(crypto.randomUUID(), "Europe/Berlin", new Date()), name, value: "10", pointsPrice: "100", stockTarget: "5", ...change });
const stored = (name: string) => prisma.award.findFirstOrThrow({ where: { shopId: world.shopId, name } });
const create = (fields: AwardFields, search = "", file?: File) => {
  const form = awardFormData(fields);
  if (file) form.set("file", file);
  return resultOf(awardNew.action({ request: request(world, `/app/awards/new${search}`, { form }), params: {}, context: {} }));
};

/** The editor's fields as the page is given them: what React would show. */
const Opened = z.object({ initial: z.custom<AwardFields>((value) => typeof value === "object"), readAt: z.string().optional(), locked: z.array(z.string()).optional() });
async function openEditor(number: number) {
  const params = { awardId: awardId(number) };
  const answer = await resultOf(awardEdit.loader({ request: request(world, "/app/awards/x/edit"), params, context: {} }));
  return Opened.parse(answer.body);
}
async function save(number: number, fields: AwardFields, readAt = "") {
  const form = awardFormData(fields);
  form.set("readAt", readAt);
  return resultOf(awardEdit.action({ request: request(world, "/app/awards/x/edit", { form }), params: { awardId: awardId(number) }, context: {} }));
}

describe("a new award", () => {
  it.each<[string, Partial<AwardFields>, Partial<AwardDraft>]>([
    ["Capped", { kind: "percentage", value: "20", hasCap: true, capMinor: "15", hasMaximum: true, maxOrderMinor: "300" }, { kind: "percentage", value: 20, capMinor: 1500, maxOrderMinor: 30_000 }],
    ["Chosen", { variable: true, minPoints: "500", maxPoints: "5000", stepPoints: "500", stepMinor: "5" }, { value: 5000, pointsPrice: 500, minPoints: 500, maxPoints: 5000, stepPoints: 500, stepMinor: 500 }],
    ["Shipping", { kind: "free_shipping", value: "" }, { kind: "free_shipping", value: 0 }],
    ["Gift", { kind: "free_product", gift: JSON.stringify([{ gid: "gid://shopify/ProductVariant/7", title: "Tote" }]) }, { kind: "free_product", value: 0, giftVariantGid: "gid://shopify/ProductVariant/7" }],
    ["Theirs", { kind: "custom" }, { kind: "custom", value: 0, appliedBy: "integrator" }],
    ["Riyal", { currency: "sar", value: "50" }, { currency: "SAR", value: 5000 }],
    ["Evenings", { weekdays: '["1","5"]', hasHours: true, fromTime: "18:00", untilTime: "00:00", firstOrderOnly: true, channel: "online" }, { weekdays: [1, 5], fromMinute: 1080, untilMinute: 1440, firstOrderOnly: true, channels: ["online"] }],
    ["Thirty days", { expiryRule: "days", expiryCount: "30", duration: "months", durationMonths: "3" }, { expiryRule: "days", expiryCount: 30, duration: "months", durationMonths: 3 }],
  ])("of every kind: %s", async (name, change, terms) => {
    expect(await create(fieldsFor(name, change))).toMatchObject({ status: 200, body: { outcome: "created" } });
    expect(await stored(name)).toMatchObject(terms);
  });

  it("that nobody could hold is refused where it was filled in, with the way out", async () => {
    const refused = await create(fieldsFor("Held by nobody", { redeemGapDaysOn: true, redeemGapDays: "7" }));
    expect(refused).toMatchObject({ status: 422, body: { outcome: "refused", problems: [{ field: "redeemGapDays", message: expect.stringContaining("integrator") }] } });
    expect(await prisma.award.count({ where: { shopId: world.shopId, name: "Held by nobody" } })).toBe(0);
  });

  it("takes codes after a sample, and codes of another system from a file", async () => {
    expect(await create(fieldsFor("Sampled", { source: "pattern", sample: "SUNNY12345", stockTarget: "4" }))).toMatchObject({ body: { outcome: "created", codes: { added: 4 } } });
    const file = new File(["code\nTHEIRS-7\nTHEIRS-8\n"], "codes.csv");
    expect(await create(fieldsFor("Other system", { source: "third_party" }), "", file)).toMatchObject({ body: { outcome: "created", codes: { added: 2 } } });
    expect(await stored("Other system")).toMatchObject({ codeSource: "third_party", appliedBy: "integrator" });
  });

  it("has texts in the languages they were written in", async () => {
    await create(fieldsFor("With texts", { displayName_de: "Zehn geschenkt", conditions_ar: "مرة واحدة" }));
    const { number } = await stored("With texts");
    expect(await prisma.awardText.findMany({ where: { shopId: world.shopId, awardNumber: number }, select: { locale: true, displayName: true, conditions: true }, orderBy: { locale: "asc" } })).toEqual([
      { locale: "ar", displayName: null, conditions: "مرة واحدة" },
      { locale: "de", displayName: "Zehn geschenkt", conditions: null },
    ]);
    expect(await create(fieldsFor("Too long", { displayName_fr: "n".repeat(121) }))).toMatchObject({ status: 422, body: { problems: [{ field: "displayName_fr" }] } });
  });
});

describe("an award that a program made", () => {
  it("keeps every rule when somebody renames it in the editor", async () => {
    await importLocations(world.shopId, csv("id,name,zone,concept\n10,Alexanderplatz,East,Café\n"));
    await createAward(world.shopId, draftOf({ name: "Excluded" }), generated, new Date());
    const { number: excluded } = await stored("Excluded");
    const rules: AwardDraft = {
      ...NO_RULES, name: "By program", kind: "percentage", value: 20, pointsPrice: null, minOrderMinor: 1000, startsAt: new Date("2026-11-01T12:00:30.123Z"), endsAt: new Date("2030-11-20T12:00:30.500Z"),
      usesPerCode: 1, usesPerCustomer: 2, usesTotal: 3, issuesPerCustomer: 4, issuesTotal: 50, combinesOrder: true, combinesProduct: false, combinesShipping: true, currency: "SAR", capMinor: 500, maxOrderMinor: 9000,
      productGids: ["gid://shopify/Product/1"], redeemableFrom: new Date("2026-12-01T00:00:07Z"), appliedBy: "integrator", alertRemaining: 5, excludedAwards: [excluded], issueGapDays: 9, matchAgain: "existing",
      expiryRule: "date", expiresOn: new Date("2027-01-31T22:59:59.999Z"), shareable: true, redeemGapDays: 10, weekdays: [1, 7], monthDays: [31], fromMinute: 1320, untilMinute: 90,
      registeredFrom: new Date("2026-01-01T11:00:00Z"), maxOrders: 2, channels: ["pos"], locationIds: ["10"], zones: ["East"], concepts: ["Café"], onReversal: "reuse",
    };
    expect(await createAward(world.shopId, rules, generated, new Date())).toMatchObject({ outcome: "created" });
    const { number } = await stored("By program");
    const { initial, readAt } = await openEditor(number);
    expect(AwardForm.safeParse(Object.fromEntries(awardFormData(initial))).success).toBe(true);
    expect((await save(number, { ...initial, name: "By program, renamed" }, readAt)).status).toBe(302);
    expect(draftOfAward(await stored("By program, renamed"))).toEqual({ ...rules, name: "By program, renamed" });
  });

  it("names its products as Shopify does", async () => {
    const tote = world.shop.addProduct({ title: "Canvas tote", price: "40.00" });
    const variant = tote.variants[0]?.gid ?? "";
    await createAward(world.shopId, draftOf({ name: "For totes", productGids: [tote.gid, "gid://shopify/Product/404"], variantGids: [variant] }), generated, new Date());
    const { initial } = await openEditor((await stored("For totes")).number);
    expect(readPicks(initial.products).map(({ title }) => title)).toEqual(["Canvas tote", "Product 404"]);
    expect(readPicks(initial.variants).map(({ title }) => title)).toEqual(["Canvas tote"]);
  });
});

describe("a successor", () => {
  it("starts with everything its predecessor has, and archives it when asked", async () => {
    await create(fieldsFor("First of its kind", { weekdays: '["2"]', displayName_de: "Die Erste" }));
    const first = await stored("First of its kind");
    const search = `?from=${awardId(first.number)}`;
    const opened = await resultOf(awardNew.loader({ request: request(world, `/app/awards/new${search}`), params: {}, context: {} }));
    const { initial } = Opened.parse(opened.body);
    expect(initial).toMatchObject({ name: "First of its kind (copy)", weekdays: '["2"]', displayName_de: "Die Erste" });
    expect(await create({ ...initial, name: "Second of its kind", value: "12", archivePredecessor: true }, search)).toMatchObject({ status: 200 });
    expect(await stored("Second of its kind")).toMatchObject({ value: 1200, weekdays: [2], predecessor: first.number, status: "active" });
    expect(await stored("First of its kind")).toMatchObject({ value: 1000, status: "archived" });
  });

  it("of an award that is not there is not made", async () => {
    expect((await create(fieldsFor("Orphan"), "?from=awd_900000")).status).toBe(404);
    expect(await prisma.award.count({ where: { shopId: world.shopId, name: "Orphan" } })).toBe(0);
  });
});

describe("the award's page", () => {
  it("shows its texts and what it succeeds", async () => {
    const second = await stored("Second of its kind");
    const page = await resultOf(award.loader({ request: request(world, "/app/awards/x"), params: { awardId: awardId(second.number) }, context: {} }));
    expect(page.body).toMatchObject({ award: { predecessor: expect.any(Number) }, texts: [{ locale: "de", displayName: "Die Erste" }] });
  });
});

describe("locations", () => {
  const upload = (content: string) => {
    const form = new FormData();
    if (content) form.set("file", new File([content], "locations.csv"));
    return resultOf(locations.action({ request: request(world, "/app/locations", { form }), params: {}, context: {} }));
  };

  it("are uploaded, found again, and a bad file is refused in words", async () => {
    expect(await upload("id,name,zone\n77,Hauptbahnhof,West\n,Nameless,\n")).toMatchObject({ status: 200, body: { outcome: "imported", added: 1, failedCount: 1, failed: [{ line: 3 }] } });
    const found = await resultOf(locations.loader({ request: request(world, "/app/locations?q=bahnhof"), params: {}, context: {} }));
    expect(found.body).toMatchObject({ page: { rows: [{ id: "77", name: "Hauptbahnhof", zone: "West" }] } });
    expect(await upload("place\nA\n")).toMatchObject({ status: 422, body: { message: expect.stringContaining("“id”") } });
    expect(await upload("")).toMatchObject({ status: 422 });
  });
});
