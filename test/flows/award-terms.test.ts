/** A merchant decides an award's terms: what is refused and why, what stays as it was bought, and what shoppers read. */
import { describe, expect, it } from "vitest";
import type { AwardDraft } from "#app/domain/awards/award.ts";
import { createAward } from "#app/domain/awards/create.server.ts";
import { duplicateAward } from "#app/domain/awards/duplicate.server.ts";
import { listAwardTexts } from "#app/domain/awards/find-texts.server.ts";
import { setAwardTexts } from "#app/domain/awards/set-text.server.ts";
import { shownText } from "#app/domain/awards/text.ts";
import { updateAward } from "#app/domain/awards/update.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { importLocations } from "#app/domain/locations/import.server.ts";
import { listGroups, listLocations } from "#app/domain/locations/queries.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { draftOf } from "#test/award-draft.ts";
import { csv } from "#test/csv.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";

const generated = { source: "generated", stockTarget: 3 } as const;
const seconds = (count: number) => new Date(NOON.getTime() + count * 1000);

async function storedAward(shopId: number, number = 1) {
  return prisma.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number } } });
}

describe("rules that the chosen way cannot hold", () => {
  it("are refused when the award is made, each at its field and with the way out; the integrator's way takes them", async () => {
    const { id: shopId } = await newShop();
    const rules: Partial<AwardDraft> = { redeemGapDays: 7, registeredFrom: NOON, shareable: true };
    const refused = await createAward(shopId, draftOf(rules), generated, NOON);
    expect(refused).toMatchObject({ outcome: "refused", problems: [{ field: "redeemGapDays", message: expect.stringContaining("let an integrator apply the award") }, { field: "registeredFrom" }] });
    expect(await prisma.award.count({ where: { shopId } })).toBe(0);

    expect(await createAward(shopId, draftOf({ ...rules, appliedBy: "integrator" }), generated, NOON)).toMatchObject({ outcome: "created" });
    expect(await storedAward(shopId)).toMatchObject({ redeemGapDays: 7, registeredFrom: NOON, shareable: true });
  });

  it("are refused when the award is edited, by the codes it has", async () => {
    const { id: shopId } = await newShop();
    await createAward(shopId, draftOf(), { source: "single", code: "EVERYBODY" }, NOON);
    const { updatedAt } = await storedAward(shopId);
    expect(await updateAward(shopId, 1, draftOf({ expiryRule: "days", expiryCount: 7 }), updatedAt, NOON)).toMatchObject({ outcome: "refused", problems: [{ field: "expiryRule" }] });
    expect(await updateAward(shopId, 1, draftOf({ weekdays: [1, 2], capMinor: null }), updatedAt, NOON)).toEqual({ outcome: "updated" });
    expect(await storedAward(shopId)).toMatchObject({ weekdays: [1, 2], expiryRule: "with_award" });
  });

  it("a limit that is lowered below what was used takes the other codes off Shopify", async () => {
    const { id: shopId } = await newShop();
    const award = await newAward(shopId, { codes: 3 });
    await prisma.awardTally.update({ where: { shopId_awardNumber: { shopId, awardNumber: 1 } }, data: { used: 2 } });
    expect(await updateAward(shopId, 1, draftOf({ startsAt: award.startsAt, usesPerCode: 1, usesTotal: 2 }), award.updatedAt, NOON)).toEqual({ outcome: "updated" });
    expect(await prisma.change.findMany({ where: { shopId, status: "pending", kind: "withdraw_rest" }, select: { subject: true } })).toEqual([{ subject: "1" }]);
  });

  it("who takes the discount off is settled when the award is made", async () => {
    const { id: shopId } = await newShop();
    await createAward(shopId, draftOf(), generated, NOON);
    const { updatedAt } = await storedAward(shopId);
    expect(await updateAward(shopId, 1, draftOf({ appliedBy: "integrator" }), updatedAt, NOON)).toMatchObject({ outcome: "refused", problems: [{ field: "appliedBy" }] });
  });

  it("what only an integrator knows is the integrator's, asked for or not", async () => {
    const { id: shopId } = await newShop();
    await createAward(shopId, draftOf({ kind: "custom", value: 0 }), generated, NOON);
    await createAward(shopId, draftOf(), { source: "third_party", text: "THEIRS-1" }, NOON);
    expect(await prisma.award.findMany({ where: { shopId }, select: { appliedBy: true } })).toEqual([{ appliedBy: "integrator" }, { appliedBy: "integrator" }]);
  });

  it("codes of another system cannot be shared, nor their giving be limited by us", async () => {
    const { id: shopId } = await newShop();
    expect(await createAward(shopId, draftOf({ shareable: true, issuesTotal: 5 }), { source: "third_party", text: "THEIRS-1" }, NOON)).toMatchObject({ outcome: "refused", problems: [{ field: "shareable" }, { field: "issuesTotal" }] });
  });
});

describe("when a customer registered", () => {
  const JANUARY = { registeredFrom: new Date("2026-01-01T00:00:00Z"), registeredUntil: new Date("2026-01-31T23:59:59Z") };

  it.each<[string, Partial<AwardDraft>, Date | null, string]>([
    ["on the first instant", {}, JANUARY.registeredFrom, "issued"],
    ["on the last", {}, JANUARY.registeredUntil, "issued"],
    ["before", {}, new Date("2025-12-31T23:59:59Z"), "not_eligible: registered_outside"],
    ["after", {}, new Date("2026-02-01T00:00:00Z"), "not_eligible: registered_outside"],
    ["nobody knows when", {}, null, "not_eligible: registered_outside"],
    ["any time before the end, where there is no beginning", { registeredFrom: null }, new Date("2020-01-01T00:00:00Z"), "issued"],
    ["before, for a code that somebody else may use", { shareable: true, appliedBy: "integrator" }, null, "issued"],
  ])("decides who is given a code for its owner alone: %s", async (_what, wish, registeredAt, outcome) => {
    const { id: shopId } = await newShop();
    await newAward(shopId, { ...JANUARY, ...wish });
    const customer = await newCustomer(shopId);
    await prisma.customer.update({ where: { shopId_id: { shopId, id: customer.id } }, data: { registeredAt } });
    await givePoints(shopId, customer.id, 100);
    const issuing = await issueCoupon(shopId, { customerId: customer.id, awardNumber: 1, requestKey: "one", channel: "admin" }, NOON);
    expect("problem" in issuing ? `${issuing.outcome}: ${issuing.problem}` : issuing.outcome).toBe(outcome);
  });
});

describe("what an award names", () => {
  it("must be there: awards and places that are not are refused by name", async () => {
    const { id: shopId } = await newShop();
    const other = await newShop();
    await importLocations(shopId, csv("id,name,zone,concept\n10,Alexanderplatz,East,Café\n"));
    await importLocations(other.id, csv("id,name\n99,Elsewhere\n"));
    await createAward(shopId, draftOf(), generated, NOON);
    const draft = draftOf({ appliedBy: "integrator", excludedAwards: [1, 7], locationIds: ["10", "99", "nowhere"], zones: ["East", "Moon"], concepts: ["café"] });
    expect(await createAward(shopId, draft, generated, NOON)).toEqual({
      outcome: "refused",
      problems: [
        { field: "excludedAwards", message: "There is no award “7”." },
        { field: "locationIds", message: "There is no location “99”, “nowhere”." },
        { field: "zones", message: "There is no zone “Moon”." },
        { field: "concepts", message: "There is no concept “café”." },
      ],
    });
    expect(await createAward(shopId, { ...draft, excludedAwards: [1], locationIds: ["10"], zones: ["East"], concepts: ["Café"] }, generated, NOON)).toMatchObject({ outcome: "created" });
  });
});

describe("locations", () => {
  it("come from a CSV, row by row; the same file again changes nothing", async () => {
    const { id: shopId } = await newShop();
    const file = "\uFEFFID;Name;Zone;Concept\r\n1;Mitte;Berlin;Flagship\r\n2;;Berlin;\r\n3;Hafen;Hamburg;\r\n1;Again;Berlin;\r\n";
    expect(await importLocations(shopId, csv(file))).toEqual({
      outcome: "imported", added: 2, changed: 0, unchanged: 0,
      failed: [{ line: 3, message: "The name is empty." }, { line: 5, message: "The id “1” stands in an earlier line." }],
    });
    expect(await importLocations(shopId, csv(file))).toMatchObject({ added: 0, changed: 0, unchanged: 2 });
    expect(await importLocations(shopId, csv("id,name\n3,Hafen City\n4,Altona"))).toMatchObject({ added: 1, changed: 1, unchanged: 0 });
    expect((await listLocations(shopId, { text: "", position: null })).rows).toEqual([
      { id: "4", name: "Altona", zone: null, concept: null },
      { id: "3", name: "Hafen City", zone: null, concept: null },
      { id: "1", name: "Mitte", zone: "Berlin", concept: "Flagship" },
    ]);
    expect(await listGroups(shopId)).toEqual({ zones: ["Berlin"], concepts: ["Flagship"] });
  });

  it.each([
    ["an empty file", "", "The file is empty. Its first line must name the columns id, name, zone and concept."],
    ["no header", "1,Mitte\n2,Hafen", "The first line must name a column “id” and a column “name”."],
    ["a broken quote", 'id,name\n1,"Mitte', "The file is not a proper CSV"],
  ])("refuses %s", async (_what, text, message) => {
    const { id: shopId } = await newShop();
    expect(await importLocations(shopId, csv(text))).toEqual({ outcome: "refused", message: expect.stringContaining(message) });
  });

  it("are paged by name, and two imports at once do not hurt each other", async () => {
    const { id: shopId } = await newShop();
    const rows = Array.from({ length: 60 }, (_, index) => `${index},Place ${String(index).padStart(2, "0")}`);
    const imports = await Promise.all([rows, [...rows].reverse()].map((lines) => importLocations(shopId, csv(`id,name\n${lines.join("\n")}`))));
    expect(imports.reduce((sum, imported) => sum + (imported.outcome === "imported" ? imported.added : 0), 0)).toBe(60);
    const first = await listLocations(shopId, { text: "place", position: null });
    expect(first.rows).toHaveLength(25);
    expect(first.next).not.toBeNull();
    expect((await listLocations(shopId, { text: "", position: { direction: "after", key: ["Place 57", "57"] } })).rows.map(({ id }) => id)).toEqual(["58", "59"]);
    expect((await listLocations(shopId, { text: "41", position: null })).rows.map(({ id }) => id)).toContain("41");
  });
});

describe("what was bought", () => {
  async function issuedAward(wish: Partial<AwardDraft> = {}) {
    const { id: shopId } = await newShop();
    await newAward(shopId, { codes: 5, ...wish });
    const customer = await newCustomer(shopId);
    await givePoints(shopId, customer.id, 100);
    expect(await issueCoupon(shopId, { customerId: customer.id, awardNumber: 1, requestKey: "one", channel: "admin" }, NOON)).toMatchObject({ outcome: "issued" });
    return { shopId, award: await storedAward(shopId) };
  }

  const chosen = { appliedBy: "integrator", minPoints: 100, maxPoints: 400, stepPoints: 100, stepMinor: 250, value: 1000 } as const;
  it.each<[string, Partial<AwardDraft>, Partial<AwardDraft>, string[]]>([
    ["a percentage", { kind: "percentage", value: 20, capMinor: 1000 }, { value: 10, capMinor: null }, ["value", "capMinor"]],
    ["the kind", {}, { kind: "free_shipping", value: 0 }, ["kind", "value"]],
    ["the currency", {}, { currency: "SAR" }, ["currency"]],
    ["the duration", {}, { duration: "months", durationMonths: 3 }, ["duration", "durationMonths"]],
    ["the scope", { productGids: ["gid://shopify/Product/1", "gid://shopify/Product/2"] }, { productGids: ["gid://shopify/Product/1"] }, ["productGids"]],
    ["the scope's variants", {}, { variantGids: ["gid://shopify/ProductVariant/1"] }, ["variantGids"]],
    ["the scope's collections", { collectionGids: ["gid://shopify/Collection/1"] }, { collectionGids: [] }, ["collectionGids"]],
    ["the free product", { kind: "free_product", value: 0, giftVariantGid: "gid://shopify/ProductVariant/1" }, { giftVariantGid: "gid://shopify/ProductVariant/2" }, ["giftVariantGid"]],
    ["the least that can be chosen", chosen, { minPoints: 200, pointsPrice: 200 }, ["minPoints"]],
    ["the most that can be chosen", chosen, { maxPoints: 600, value: 1500 }, ["value", "maxPoints"]],
    ["the steps between them", chosen, { stepPoints: 50, stepMinor: 125 }, ["stepPoints", "stepMinor"]],
    ["the order bounds", { minOrderMinor: 100 }, { minOrderMinor: 200, maxOrderMinor: 300 }, ["minOrderMinor", "maxOrderMinor"]],
  ])("stays as it is: %s", async (_what, terms, changes, fields) => {
    const { shopId, award } = await issuedAward(terms);
    const draft = draftOf({ startsAt: award.startsAt, usesPerCode: 1, ...terms });
    expect(await updateAward(shopId, 1, { ...draft, ...changes }, award.updatedAt, NOON)).toEqual({ outcome: "locked", fields });
    expect(await storedAward(shopId)).toEqual(award);
  });

  it("leaves name, dates, limits, rules and texts open, and does not mind the order of a list", async () => {
    const products = ["gid://shopify/Product/1", "gid://shopify/Product/2"];
    const { shopId, award } = await issuedAward({ productGids: products });
    const draft = draftOf({ name: "Renamed", usesPerCode: 1, productGids: [...products].reverse(), endsAt: new Date("2027-01-01"), usesTotal: 9, weekdays: [1], currency: "EUR" });
    expect(await updateAward(shopId, 1, draft, award.updatedAt, NOON)).toEqual({ outcome: "updated" });
    expect(await setAwardTexts(shopId, 1, [{ locale: "de", displayName: "Fünf geschenkt", conditions: null }])).toEqual({ outcome: "set" });
  });

  it("is either the old terms or the new ones, whoever comes first", async () => {
    const { id: shopId } = await newShop();
    for (let round = 0; round < 12; round++) {
      const award = await newAward(shopId, { codes: 2 });
      const customer = await newCustomer(shopId);
      await givePoints(shopId, customer.id, 100);
      const draft = draftOf({ startsAt: award.startsAt, usesPerCode: 1, value: 900 });
      const late = (work: () => Promise<unknown>, first: boolean) => (first ? work() : new Promise((resolve) => setImmediate(resolve)).then(work));
      const [issuing, saved] = await Promise.all([
        late(() => issueCoupon(shopId, { customerId: customer.id, awardNumber: award.number, requestKey: `round-${round}`, channel: "admin" }, NOON), round % 2 === 0),
        late(() => updateAward(shopId, award.number, draft, award.updatedAt, seconds(round)), round % 2 === 1),
      ]);
      expect(issuing).toMatchObject({ outcome: "issued" });
      const { value, firstIssuedAt } = await storedAward(shopId, award.number);
      expect(firstIssuedAt).not.toBeNull();
      const { outcome } = saved as { outcome: string };
      expect(value).toBe(outcome === "updated" ? 900 : 500);
      expect(["updated", "locked"]).toContain(outcome);
    }
  });
});

describe("a successor", () => {
  it("takes over the terms with changes, and the history stays with the old one", async () => {
    const { id: shopId } = await newShop();
    const award = await newAward(shopId, { codes: 2, weekdays: [1], usesTotal: 7 });
    const made = await duplicateAward(shopId, 1, { changes: { name: "Ten off", value: 1000 }, source: generated, archive: true }, NOON, "copy");
    expect(made).toMatchObject({ outcome: "created", awardNumber: 2 });
    expect(await storedAward(shopId, 2)).toMatchObject({ name: "Ten off", value: 1000, weekdays: [1], usesTotal: 7, startsAt: award.startsAt, predecessor: 1, status: "active", firstIssuedAt: null });
    expect(await storedAward(shopId, 1)).toMatchObject({ name: "Five off", value: 500, status: "archived", predecessor: null });
    expect(await prisma.coupon.count({ where: { shopId, awardNumber: 1 } })).toBe(2);

    expect(await duplicateAward(shopId, 1, { changes: { name: "Ten off", value: 1000 }, source: generated, archive: true }, NOON, "copy")).toMatchObject({ awardNumber: 2 });
    expect(await prisma.award.count({ where: { shopId } })).toBe(2);
  });

  it("is refused as any award is, and then the old one runs on", async () => {
    const { id: shopId } = await newShop();
    await newAward(shopId);
    expect(await duplicateAward(shopId, 1, { changes: { value: 0 }, source: generated, archive: true }, NOON)).toMatchObject({ outcome: "refused", problems: [{ field: "value" }] });
    expect(await storedAward(shopId)).toMatchObject({ status: "active" });
    const other = await newShop();
    expect(await duplicateAward(other.id, 1, { changes: {}, source: generated, archive: false }, NOON)).toEqual({ outcome: "not_found" });
  });
});

describe("texts", () => {
  it("are read in the reader's language, else in English, else by the award's name", async () => {
    const { id: shopId } = await newShop();
    await newAward(shopId);
    expect(await setAwardTexts(shopId, 1, [
      { locale: "en", displayName: "A fiver", conditions: "One per order." },
      { locale: "ar", displayName: "خمسة", conditions: " " },
    ])).toEqual({ outcome: "set" });
    const texts = await listAwardTexts(shopId, 1);
    expect(shownText("Five off", texts, "ar-EG")).toEqual({ name: "خمسة", conditions: "One per order." });
    expect(shownText("Five off", texts, "fr")).toEqual({ name: "A fiver", conditions: "One per order." });

    expect(await setAwardTexts(shopId, 1, [{ locale: "en", displayName: "", conditions: null }])).toEqual({ outcome: "set" });
    expect(shownText("Five off", await listAwardTexts(shopId, 1), "fr")).toEqual({ name: "Five off", conditions: null });
    expect(await prisma.awardText.count({ where: { shopId } })).toBe(1);
  });

  it("have their bounds, and belong to an award of this shop", async () => {
    const { id: shopId } = await newShop();
    const other = await newShop();
    await newAward(shopId);
    expect(await setAwardTexts(shopId, 1, [{ locale: "de", displayName: "n".repeat(121), conditions: "c".repeat(5001) }])).toMatchObject({ outcome: "refused", problems: [{ field: "displayName_de" }, { field: "conditions_de" }] });
    expect(await setAwardTexts(other.id, 1, [{ locale: "de", displayName: "Fremd", conditions: null }])).toEqual({ outcome: "not_found" });
    expect(await prisma.awardText.count({ where: { shopId: other.id } })).toBe(0);
  });
});
