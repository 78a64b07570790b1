/** Where codes come from: what becomes of every code of every source, on Shopify's side and on ours. */
import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { addCodesToAward } from "#app/domain/awards/add-codes.server.ts";
import type { NewCodeSource } from "#app/domain/awards/code-source.ts";
import { createAward } from "#app/domain/awards/create.server.ts";
import { setAwardStatus } from "#app/domain/awards/set-status.server.ts";
import { readCodeFile } from "#app/domain/codes/file.server.ts";
import type { TypedCode } from "#app/domain/codes/typed.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { setExternalId } from "#app/domain/customers/set-external-id.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { gid, gidTail } from "#app/lib/gid.ts";
import { draftOf } from "#test/award-draft.ts";
import { newCustomer, newShop, NOON } from "#test/factories.ts";

const DAY_MS = 86_400_000;
let shopId: number;
beforeEach(async () => void (shopId = (await newShop()).id));

async function create(source: NewCodeSource, draft = draftOf()) {
  const created = await createAward(shopId, draft, source, NOON);
  if (created.outcome !== "created") throw new Error(JSON.stringify(created.problems));
  return created;
}

async function fileOf(text: string) {
  const file = await readCodeFile((async function* () { yield Buffer.from(text); })());
  if (file.outcome !== "read") throw new Error(file.message);
  return file;
}

const couponsOf = (awardNumber: number) => prisma.coupon.findMany({ where: { shopId, awardNumber }, orderBy: { id: "asc" } });
const parentsOf = (awardNumber: number) => prisma.parentDiscount.findMany({ where: { shopId, awardNumber }, orderBy: { id: "asc" } });
const changes = async (kind: string) => (await prisma.change.findMany({ where: { shopId, kind, status: "pending" } })).map(({ subject }) => BigInt(subject));

describe("every source", () => {
  const SOURCES: [string, NewCodeSource, number, RegExp][] = [
    ["generated, numeric, with prefix and dashes", { source: "generated", prefix: "vip-", length: 8, alphabet: "numeric", groupSize: 4, stockTarget: 5 }, 5, /^VIP-\d{4}-\d{4}$/],
    ["generated without look-alikes", { source: "generated", stockTarget: 5 }, 5, /^[A-HJ-NP-Z2-9]{10}$/],
    ["after a sample of letters and digits", { source: "pattern", sample: "Test12345", stockTarget: 5 }, 5, /^TEST[A-Z0-9]{5}$/],
    ["after a sample of digits", { source: "pattern", sample: "20261", stockTarget: 5 }, 5, /^20\d{3}$/],
    ["one for everybody, made by us", { source: "single" }, 1, /^[A-HJ-NP-Z2-9]{10}$/],
    ["one for everybody, named", { source: "single", code: "summer26" }, 1, /^SUMMER26$/],
    ["pasted", { source: "pasted", text: "a-1, a-2\na-3" }, 3, /^A-\d$/],
    ["typed and left blank", { source: "typed", codes: [{ code: "staff-1" }, { code: " " }] }, 2, /^(STAFF-1|[A-HJ-NP-Z2-9]{10})$/],
    ["of another system", { source: "third_party", text: "ext-1\next-2" }, 2, /^EXT-\d$/],
  ];

  it.each(SOURCES)("%s: its codes look as they should and wait where they belong", async (_, source, count, look) => {
    const { awardNumber, codes } = await create(source);
    expect(codes).toEqual({ added: count, failedCount: 0, failed: [] });
    const coupons = await couponsOf(awardNumber);
    expect(coupons).toHaveLength(count);
    for (const { code } of coupons) expect(code).toMatch(look);
    const elsewhere = source.source === "third_party";
    for (const coupon of coupons) expect(coupon).toMatchObject({ status: "available", codeState: elsewhere ? "local" : "planned", shared: source.source === "single" });
    expect(await prisma.award.findFirst({ where: { shopId } })).toMatchObject({ codeSource: source.source, appliedBy: elsewhere ? "integrator" : "shopify" });
  });

  it.each(SOURCES)("%s: an integrator's award tells Shopify nothing", async (_, source, count) => {
    const { awardNumber } = await create(source, draftOf({ kind: "custom", value: 0 }));
    expect(await parentsOf(awardNumber)).toMatchObject([{ bucket: "", state: "local" }]);
    expect((await couponsOf(awardNumber)).map(({ codeState }) => codeState)).toEqual(Array(count).fill("local"));
    expect([...(await changes("put_discount")), ...(await changes("push_codes"))]).toEqual([]);
  });
});

describe("a sample code", () => {
  it.each(["ABCD", "ABCDEFGHIJK", "AB-CD", "ABC DE", "ÄBCDE", ""])("%j is none", async (sample) => {
    expect(await createAward(shopId, draftOf(), { source: "pattern", sample, stockTarget: 5 }, NOON)).toMatchObject({ outcome: "refused", problems: [{ field: "sample" }] });
  });

  it("keeps its fixed part for one award of the shop, and says which", async () => {
    await create({ source: "pattern", sample: "TEST12345", stockTarget: 5 }, draftOf({ name: "Spring" }));
    const taken = await createAward(shopId, draftOf(), { source: "pattern", sample: "testabcde", stockTarget: 5 }, NOON);
    expect(taken).toEqual({ outcome: "refused", problems: [{ field: "sample", message: "Codes that begin with TEST belong to “Spring” (award 1). Begin the sample differently." }] });
    await create({ source: "pattern", sample: "TESS12345", stockTarget: 5 });
    const other = await newShop();
    expect(await createAward(other.id, draftOf(), { source: "pattern", sample: "TEST12345", stockTarget: 5 }, NOON)).toMatchObject({ outcome: "created" });
  });

  it("belongs to one of two awards that are made at once", async () => {
    const both = await Promise.all([1, 2].map(() => createAward(shopId, draftOf(), { source: "pattern", sample: "RACE12345", stockTarget: 5 }, NOON)));
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(["created", "refused"]);
  });

  it("holds as many codes as it can make and not one more", async () => {
    expect(await createAward(shopId, draftOf(), { source: "pattern", sample: "20261", stockTarget: 1001 }, NOON)).toMatchObject({
      outcome: "refused",
      problems: [{ field: "stockTarget", message: "This pattern has only 1,000 codes left to make; make the random part longer." }],
    });
    const { codes } = await create({ source: "pattern", sample: "20261", stockTarget: 1000 });
    expect(codes.added).toBe(1000);
  });
});

describe("codes that a file names customers for", () => {
  it("are bound to them, and those of unknown customers are named with their line", async () => {
    const amira = await newCustomer(shopId, { gid: gid("Customer", "7700123"), phone: "+4915112345678" });
    const ben = await newCustomer(shopId);
    await setExternalId(shopId, ben.id, "crm-7");
    const text = `code,customer\nA-1,7700123\nA-2,${amira.email?.toUpperCase()}\nA-3,+49 151 12345678\nA-4,crm-7\nA-5,\nA-6,nobody@example.com\nA-7,999\n`;
    const { awardNumber, codes } = await create({ source: "uploaded", file: await fileOf(text) });
    expect(codes).toEqual({
      added: 5,
      failedCount: 2,
      failed: [{ line: 7, code: "A-6", reason: "unknown_customer" }, { line: 8, code: "A-7", reason: "unknown_customer" }],
    });
    const bound = (await couponsOf(awardNumber)).map(({ code, boundCustomerId }) => [code, boundCustomerId]);
    expect(bound).toEqual([["A-1", amira.id], ["A-2", amira.id], ["A-3", amira.id], ["A-4", ben.id], ["A-5", null]]);
  });

  it("are not bound to a customer of another shop", async () => {
    const other = await newShop();
    const stranger = await newCustomer(other.id, { gid: gid("Customer", "7700124") });
    const refused = await createAward(shopId, draftOf(), { source: "uploaded", file: await fileOf(`code,customer\nA-1,${gidTail(stranger.gid)}\n`) }, NOON);
    expect(refused).toMatchObject({ outcome: "refused", problems: [{ field: "codes", message: expect.stringContaining("No customer goes by this id") }] });
  });
});

describe("codes typed one by one", () => {
  it("carry their own restrictions, each set of them under a discount of its own", async () => {
    const amira = await newCustomer(shopId);
    const expiresAt = new Date(NOON.getTime() + 7 * DAY_MS);
    const { awardNumber, codes } = await create({
      source: "typed",
      codes: [{ code: "plain" }, { code: "ten", usesPerCode: 10 }, { code: "ten-too", usesPerCode: 10 }, { code: "amira", customer: amira.email ?? "" }, { code: "big", minOrderMinor: 5000, expiresAt }, { code: "first", firstOrderOnly: true }],
    });
    expect(codes).toEqual({ added: 6, failedCount: 0, failed: [] });
    const parents = new Map((await parentsOf(awardNumber)).map((parent) => [parent.id, parent]));
    const coupons = new Map((await couponsOf(awardNumber)).map((coupon) => [coupon.code, { ...coupon, parent: parents.get(coupon.parentId) }]));
    expect(coupons.get("PLAIN")).toMatchObject({ usesPerCode: null, parent: { bucket: "" } });
    expect(coupons.get("TEN")).toMatchObject({ usesPerCode: 10, parent: { usesPerCode: 10 } });
    expect(coupons.get("TEN-TOO")?.parentId).toBe(coupons.get("TEN")?.parentId);
    expect(coupons.get("AMIRA")).toMatchObject({ boundCustomerId: amira.id, parent: { customerGid: amira.gid } });
    expect(coupons.get("BIG")).toMatchObject({ minOrderMinor: 5000, expiresAt, parent: { minOrderMinor: 5000, expiresAt } });
    expect(coupons.get("FIRST")).toMatchObject({ firstOrderOnly: true, parent: { firstOrderOnly: true } });
    expect(parents.size).toBe(5);
    expect((await changes("put_discount")).sort()).toEqual([...parents.keys()].sort());
  });

  it("with an end of its own is not what just anybody is given", async () => {
    const expiresAt = new Date(NOON.getTime() + DAY_MS);
    const { awardNumber } = await create({ source: "typed", codes: [{ code: "short", expiresAt }, { code: "long" }] }, draftOf({ kind: "custom", value: 0, startsAt: new Date(NOON.getTime() - DAY_MS) }));
    const give = async (n: number) => issueCoupon(shopId, { customerId: (await newCustomer(shopId)).id, awardNumber, requestKey: `k${n}`, channel: "admin", distributed: true }, NOON);
    expect(await give(1)).toMatchObject({ outcome: "issued", code: "LONG" });
    expect(await give(2)).toMatchObject({ outcome: "out_of_codes" });
    expect(await prisma.coupon.findFirst({ where: { shopId, code: "SHORT" } })).toMatchObject({ status: "available", expiresAt, usesPerCode: 1 });
  });

  it("may last until the award's very end", async () => {
    const endsAt = new Date(NOON.getTime() + 30 * DAY_MS);
    const { codes } = await create({ source: "typed", codes: [{ code: "to-the-end", expiresAt: endsAt }] }, draftOf({ endsAt }));
    expect(codes).toMatchObject({ added: 1, failed: [] });
  });

  const FATES: [string, TypedCode, string][] = [
    ["a code with a space", { code: "A B" }, "malformed"],
    ["a code of another award", { code: "taken" }, "already_ours"],
    ["the same code again", { code: "GOOD" }, "duplicate_in_list"],
    ["nobody's customer", { code: "x-1", customer: "nobody@example.com" }, "unknown_customer"],
    ["an end in the past", { code: "x-2", expiresAt: NOON }, "already_over"],
    ["an end after the award's", { code: "x-3", expiresAt: new Date(NOON.getTime() + 31 * DAY_MS) }, "after_award"],
    ["no uses", { code: "x-4", usesPerCode: 0 }, "bad_limit"],
    ["a broken minimum", { code: "x-5", minOrderMinor: 1.5 }, "bad_minimum"],
  ];
  it.each(FATES)("saves the award though %s fails, and names it", async (_, typed, reason) => {
    await create({ source: "single", code: "taken" });
    const { codes } = await create({ source: "typed", codes: [{ code: "good" }, typed] }, draftOf({ endsAt: new Date(NOON.getTime() + 30 * DAY_MS) }));
    expect(codes).toEqual({ added: 1, failedCount: 1, failed: [{ line: 2, code: expect.stringMatching(new RegExp(typed.code ?? "", "i")), reason }] });
  });

  it("saves nothing when every one fails", async () => {
    expect(await createAward(shopId, draftOf(), { source: "typed", codes: [{ code: "=x" }, { code: "y", usesPerCode: -1 }] }, NOON)).toEqual({
      outcome: "refused",
      problems: [{ field: "codes", message: expect.stringContaining("None of the 2 codes can be used. Line 1:") }],
    });
    expect(await prisma.award.count({ where: { shopId } })).toBe(0);
  });
});

describe("adding codes to an award", () => {
  it("gives every code its fate, and pushes what is new", async () => {
    const { awardNumber } = await create({ source: "pasted", text: "HERE-1" });
    await create({ source: "single", code: "there-1" });
    await prisma.parentDiscount.updateMany({ where: { shopId }, data: { state: "live", gid: "gid://shopify/DiscountCodeNode/1" } });
    const added = await addCodesToAward(shopId, awardNumber, { source: "pasted", text: "here-1\nthere-1\nnew-1\nnew-1" }, NOON, "k1");
    expect(added).toEqual({
      outcome: "added",
      repeated: false,
      codes: { added: 1, failedCount: 3, failed: [{ line: 1, code: "HERE-1", reason: "already_here" }, { line: 2, code: "THERE-1", reason: "already_ours" }, { line: 4, code: "new-1", reason: "duplicate_in_list" }] },
    });
    const [parent] = await parentsOf(awardNumber);
    expect(await changes("push_codes")).toEqual([parent?.id]);
  });

  it("adds once however often it is asked, and answers the same", async () => {
    const { awardNumber } = await create({ source: "generated", stockTarget: 5 });
    const answers = await Promise.all(Array.from({ length: 4 }, () => addCodesToAward(shopId, awardNumber, { source: "generated", count: 40 }, NOON, "k2")));
    for (const answer of answers) expect(answer).toMatchObject({ outcome: "added", codes: { added: 40, failed: [] } });
    expect(await prisma.coupon.count({ where: { shopId, awardNumber } })).toBe(45);
    expect(await addCodesToAward(shopId, awardNumber, { source: "generated", count: 40 }, NOON, "k2")).toMatchObject({ repeated: true });
  });

  it("goes on where it was cut off, with the same fate for every code", async () => {
    const { awardNumber } = await create({ source: "pasted", text: "FIRST-1" });
    const text = Array.from({ length: 120_000 }, (_, index) => `LONG-${index}`).join("\n");
    const file = await fileOf(`code\n${text}\nLONG-1\n`);
    await addCodesToAward(shopId, awardNumber, { source: "uploaded", file }, NOON, "whole");
    // As a crash leaves it after the first of three steps.
    await prisma.$executeRaw`DELETE FROM "Coupon" WHERE "shopId" = ${shopId} AND "code" = ANY(${file.listed.slice(50_000).map(({ code }) => code)}::text[])`;
    await prisma.codeAddition.updateMany({ where: { shopId, requestKey: "add:whole" }, data: { done: 50_000, added: 50_000 } });
    const again = await addCodesToAward(shopId, awardNumber, { source: "uploaded", file }, NOON, "whole");
    expect(again).toEqual({ outcome: "added", repeated: true, codes: { added: 120_000, failedCount: 1, failed: [{ line: 120_002, code: "LONG-1", reason: "duplicate_in_list" }] } });
    expect(await prisma.coupon.count({ where: { shopId, awardNumber } })).toBe(120_001);
  }, 60_000);

  it("takes more codes with customers and restrictions for any award", async () => {
    const amira = await newCustomer(shopId);
    const { awardNumber } = await create({ source: "generated", stockTarget: 3 });
    expect(await addCodesToAward(shopId, awardNumber, { source: "typed", codes: [{ code: "hers", customer: amira.email ?? "" }, { usesPerCode: 3 }] }, NOON, "k3")).toMatchObject({ codes: { added: 2, failed: [] } });
    expect(await prisma.coupon.findMany({ where: { shopId, awardNumber, OR: [{ boundCustomerId: amira.id }, { usesPerCode: 3 }] } })).toHaveLength(2);
  });

  it.each([
    ["one code for everybody", { source: "single" }, "source"],
    ["codes of another system, of ours", { source: "third_party", text: "EXT-1" }, "source"],
  ] as const)("is refused for %s", async (_, source, field) => {
    const { awardNumber } = await create(source);
    expect(await addCodesToAward(shopId, awardNumber, { source: "generated", count: 2 }, NOON, randomUUID())).toMatchObject({ outcome: "refused", problems: [{ field }] });
  });

  it("is refused where Shopify would need a discount for each code's day", async () => {
    const { awardNumber } = await create({ source: "generated", stockTarget: 3 }, draftOf({ expiryRule: "days", expiryCount: 3 }));
    expect(await addCodesToAward(shopId, awardNumber, { source: "pasted", text: "MINE-1" }, NOON, "k")).toMatchObject({ outcome: "refused", problems: [{ field: "source" }] });
    expect(await addCodesToAward(shopId, awardNumber, { source: "generated", count: 2 }, NOON, "k")).toMatchObject({ outcome: "added", codes: { added: 2 } });
  });

  it("is refused for more than the pattern has, an archived award, one that is over, and one that is not there", async () => {
    const { awardNumber } = await create({ source: "pattern", sample: "20261", stockTarget: 900 }, draftOf({ endsAt: new Date(NOON.getTime() + DAY_MS) }));
    const add = (count: number, now = NOON) => addCodesToAward(shopId, awardNumber, { source: "generated", count }, now, randomUUID());
    expect(await add(101)).toMatchObject({ outcome: "refused", problems: [{ field: "count", message: expect.stringContaining("only 100 codes left") }] });
    expect(await add(100, new Date(NOON.getTime() + DAY_MS))).toMatchObject({ outcome: "refused", problems: [{ field: "award" }] });
    await setAwardStatus(shopId, awardNumber, "archived", NOON);
    expect(await add(100)).toMatchObject({ outcome: "refused", problems: [{ field: "award" }] });
    expect(await addCodesToAward(shopId, 99, { source: "generated", count: 1 }, NOON, "k")).toEqual({ outcome: "not_found" });
    const other = await newShop();
    expect(await addCodesToAward(other.id, awardNumber, { source: "generated", count: 1 }, NOON, "k")).toEqual({ outcome: "not_found" });
  });
});

describe("a list of codes too long for one transaction", () => {
  it("makes one award with every code, also when the first attempt was cut off", async () => {
    const file = await fileOf(`code\n${Array.from({ length: 60_000 }, (_, index) => `HUGE-${index}`).join("\n")}`);
    const source: NewCodeSource = { source: "uploaded", file };
    expect(await createAward(shopId, draftOf(), source, NOON, "form-1")).toMatchObject({ outcome: "created", codes: { added: 60_000, failed: [] } });
    // As a crash leaves it between the award's transaction and the next step.
    await prisma.$executeRaw`DELETE FROM "Coupon" WHERE "shopId" = ${shopId} AND "code" = ANY(${file.listed.slice(50_000).map(({ code }) => code)}::text[])`;
    await prisma.codeAddition.updateMany({ where: { shopId }, data: { done: 50_000, added: 50_000 } });
    expect(await createAward(shopId, draftOf(), source, NOON, "form-1")).toMatchObject({ outcome: "created", awardNumber: 1, codes: { added: 60_000 } });
    expect(await prisma.award.count({ where: { shopId } })).toBe(1);
    expect(await prisma.coupon.count({ where: { shopId } })).toBe(60_000);
  }, 60_000);
});
