/** A merchant creates, edits and switches awards, and types the things that merchants type. */
import { describe, expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { setAwardStatus } from "#app/domain/awards/set-status.server.ts";
import { updateAward } from "#app/domain/awards/update.server.ts";
import { readCodeFile } from "#app/domain/codes/file.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { draftOf } from "#test/award-draft.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";

const generated = { source: "generated", stockTarget: 3 } as const;

async function nothingIsStored(shopId: number): Promise<void> {
  expect(await prisma.award.count({ where: { shopId } })).toBe(0);
  expect(await prisma.coupon.count({ where: { shopId } })).toBe(0);
  expect(await prisma.change.count({ where: { shopId } })).toBe(0);
}

describe("creating an award", () => {
  it("makes award, pool, discount and codes together, and asks for the push", async () => {
    const { id: shopId } = await newShop({ currency: "USD" });
    expect(await createAward(shopId, draftOf(), { ...generated, prefix: "vip-", length: 8, groupSize: 4 }, NOON)).toEqual({ outcome: "created", awardNumber: 1, codes: { added: 3, failedCount: 0, failed: [] } });
    expect(await createAward(shopId, draftOf({ name: "Second" }), generated, NOON)).toMatchObject({ awardNumber: 2 });

    expect(await prisma.award.findMany({ where: { shopId }, orderBy: { number: "asc" } })).toMatchObject([{ number: 1, currency: "USD", codeSource: "generated", status: "active" }, { number: 2, name: "Second" }]);
    const coupons = await prisma.coupon.findMany({ where: { shopId, awardNumber: 1 } });
    for (const coupon of coupons) expect(coupon).toMatchObject({ status: "available", codeState: "planned", shared: false, code: expect.stringMatching(/^VIP-[A-Z2-9]{4}-[A-Z2-9]{4}$/) });
    expect(await prisma.change.findMany({ where: { shopId }, select: { kind: true, status: true } })).toEqual([{ kind: "put_discount", status: "pending" }, { kind: "put_discount", status: "pending" }]);
  });

  it.each([
    ["an end before its start", draftOf({ startsAt: NOON, endsAt: new Date(NOON.getTime() - 1) }), "endsAt"],
    ["an end that is its start", draftOf({ startsAt: NOON, endsAt: NOON }), "endsAt"],
    ["a price of 0", draftOf({ pointsPrice: 0 }), "pointsPrice"],
    ["half a point", draftOf({ pointsPrice: 1.5 }), "pointsPrice"],
    ["0 %", draftOf({ kind: "percentage", value: 0 }), "value"],
    ["101 %", draftOf({ kind: "percentage", value: 101 }), "value"],
    ["a value of 0", draftOf({ value: 0 }), "value"],
    ["no name", draftOf({ name: "   " }), "name"],
    ["a limit of 0", draftOf({ usesPerCode: 0 }), "usesPerCode"],
  ])("refuses %s and stores nothing", async (_, draft, field) => {
    const { id: shopId } = await newShop();
    expect(await createAward(shopId, draft, generated, NOON)).toMatchObject({ outcome: "refused", problems: [{ field }] });
    await nothingIsStored(shopId);
  });

  it("names everything that is wrong at once, terms and codes", async () => {
    const { id: shopId } = await newShop();
    const refused = await createAward(shopId, draftOf({ name: "", pointsPrice: 0 }), { source: "generated", length: 4, alphabet: "numeric", stockTarget: 20_000 }, NOON);
    expect(refused.outcome === "refused" && refused.problems.map(({ field }) => field).sort()).toEqual(["name", "pointsPrice", "stockTarget"]);
    await nothingIsStored(shopId);
  });

  it("is saved even if some codes fail, and names each with its line and reason", async () => {
    const { id: shopId } = await newShop();
    await createAward(shopId, draftOf(), { source: "single", code: "welcome" }, NOON);
    const created = await createAward(shopId, draftOf(), { source: "pasted", text: "Spring-1\nspring-1\nWELCOME, =cmd\nSPRING-2" }, NOON);
    expect(created).toEqual({
      outcome: "created",
      awardNumber: 2,
      codes: {
        added: 2,
        failedCount: 3,
        failed: [
          { line: 2, code: "spring-1", reason: "duplicate_in_list" },
          { line: 3, code: "=cmd", reason: "malformed" },
          { line: 3, code: "WELCOME", reason: "already_ours" },
        ],
      },
    });
  });

  it("is not saved when no code is left, and leaves no gap in the numbers", async () => {
    const { id: shopId } = await newShop();
    await createAward(shopId, draftOf(), { source: "single", code: "ONLY-1" }, NOON);
    expect(await createAward(shopId, draftOf(), { source: "pasted", text: "only-1\nONLY-1" }, NOON)).toMatchObject({ outcome: "refused", problems: [{ field: "codes" }] });
    expect(await createAward(shopId, draftOf(), { source: "single", code: "only-1" }, NOON)).toMatchObject({ outcome: "refused", problems: [{ field: "code" }] });
    expect(await createAward(shopId, draftOf(), { source: "pasted", text: " ,\n;" }, NOON)).toMatchObject({ outcome: "refused", problems: [{ field: "codes", message: "Add at least one code." }] });
    expect(await createAward(shopId, draftOf(), { source: "pasted", text: "A".repeat(11 * 1024 * 1024) }, NOON)).toMatchObject({ outcome: "refused" });
    expect(await createAward(shopId, draftOf(), generated, NOON)).toMatchObject({ awardNumber: 2 });
  });

  it("makes the one code itself when it is left blank, and shares it", async () => {
    const { id: shopId } = await newShop();
    await createAward(shopId, draftOf(), { source: "single", code: " " }, NOON);
    expect(await prisma.coupon.findMany({ where: { shopId } })).toMatchObject([{ shared: true, code: expect.stringMatching(/^[A-Z2-9]{10}$/) }]);
  });

  it("takes 100,000 codes from a file", async () => {
    const { id: shopId } = await newShop();
    const bytes = Buffer.from(`code\n${Array.from({ length: 100_000 }, (_, index) => `BIG-${index}`).join("\n")}`);
    const file = await readCodeFile((async function* () { yield bytes; })());
    if (file.outcome !== "read") throw new Error(file.message);
    expect(await createAward(shopId, draftOf(), { source: "uploaded", file }, NOON)).toMatchObject({ outcome: "created", codes: { added: 100_000, failed: [] } });
    expect(await prisma.coupon.count({ where: { shopId } })).toBe(100_000);
  });

  it("happens once however often the form is sent", async () => {
    const { id: shopId } = await newShop();
    const sent = await Promise.all(Array.from({ length: 5 }, () => createAward(shopId, draftOf(), generated, NOON, "form-1")));
    for (const answer of sent) expect(answer).toMatchObject({ outcome: "created", awardNumber: 1 });
    expect(await prisma.award.count({ where: { shopId } })).toBe(1);
    expect(await prisma.coupon.count({ where: { shopId } })).toBe(3);
  });

  it("never gives two pools of a shop the same code, made at the same time or not", async () => {
    const { id: shopId } = await newShop();
    const tight = { source: "generated", length: 4, alphabet: "numeric", stockTarget: 900 } as const;
    await Promise.all(Array.from({ length: 6 }, () => createAward(shopId, draftOf(), tight, NOON)));
    const codes = (await prisma.coupon.findMany({ where: { shopId }, select: { code: true } })).map(({ code }) => code);
    // 10,000 codes for six pools of 900: about a quarter meet a code that is taken, and others are made for them.
    expect(codes).toHaveLength(5400);
    expect(new Set(codes).size).toBe(5400);
  });
});

describe("editing an award", () => {
  async function awardOf(shopId: number) {
    await createAward(shopId, draftOf(), generated, NOON);
    return prisma.award.findFirstOrThrow({ where: { shopId } });
  }

  it("saves new terms and has Shopify follow", async () => {
    const { id: shopId } = await newShop();
    const award = await awardOf(shopId);
    await prisma.change.updateMany({ where: { shopId }, data: { status: "done" } });
    expect(await updateAward(shopId, award.number, draftOf({ value: 900 }), award.updatedAt, NOON)).toEqual({ outcome: "updated" });
    expect(await prisma.award.findFirstOrThrow({ where: { shopId } })).toMatchObject({ value: 900 });
    expect(await prisma.change.count({ where: { shopId, kind: "put_discount", status: "pending" } })).toBe(1);
  });

  it("lets one of two editors win and tells the other", async () => {
    const { id: shopId } = await newShop();
    const award = await awardOf(shopId);
    const saved = await Promise.all(["Left", "Right"].map((name, index) => updateAward(shopId, award.number, draftOf({ name }), award.updatedAt, new Date(NOON.getTime() + 1000 * (index + 1)))));
    expect(saved.map(({ outcome }) => outcome).sort()).toEqual(["stale", "updated"]);
  });

  it("locks what was bought once a coupon was given, and leaves name and end open", async () => {
    const { id: shopId } = await newShop();
    const award = await newAward(shopId);
    const customer = await newCustomer(shopId);
    await givePoints(shopId, customer.id, 100);
    expect(await issueCoupon(shopId, { customerId: customer.id, awardNumber: award.number, requestKey: "one", channel: "admin" }, NOON)).toMatchObject({ outcome: "issued" });
    const issued = await prisma.award.findFirstOrThrow({ where: { shopId } });
    const same = draftOf({ startsAt: award.startsAt, usesPerCode: 1 });

    expect(await updateAward(shopId, award.number, { ...same, value: 1, kind: "percentage" }, issued.updatedAt, NOON)).toEqual({ outcome: "locked", fields: ["kind", "value"] });
    expect(await updateAward(shopId, award.number, { ...same, name: "Renamed", endsAt: new Date("2027-01-01") }, issued.updatedAt, NOON)).toEqual({ outcome: "updated" });
  });

  it("refuses bad terms, and finds no award of another shop", async () => {
    const { id: shopId } = await newShop();
    const other = await newShop();
    const award = await awardOf(shopId);
    expect(await updateAward(shopId, award.number, draftOf({ value: 0 }), award.updatedAt, NOON)).toMatchObject({ outcome: "refused" });
    expect(await updateAward(other.id, award.number, draftOf(), award.updatedAt, NOON)).toEqual({ outcome: "not_found" });
    expect(await setAwardStatus(other.id, award.number, "archived", NOON)).toEqual({ outcome: "not_found" });
  });

  it("switches on and off once: a second click changes nothing", async () => {
    const { id: shopId } = await newShop();
    await awardOf(shopId);
    expect(await setAwardStatus(shopId, 1, "inactive", NOON)).toEqual({ outcome: "set" });
    expect(await setAwardStatus(shopId, 1, "inactive", NOON)).toEqual({ outcome: "already" });
  });
});
