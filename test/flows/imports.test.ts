/** Files that merchants hand in: every row has a fate before anything is done, and what was done can be taken back. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { addCodesToAward } from "#app/domain/awards/add-codes.server.ts";
import { setAwardStatus } from "#app/domain/awards/set-status.server.ts";
import { eraseCustomer } from "#app/domain/customers/erase.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { revokeCoupons } from "#app/domain/coupons/revoke.server.ts";
import { mergeCustomers } from "#app/domain/customers/merge.server.ts";
import { applyImport } from "#app/domain/imports/apply.server.ts";
import { cancelImport } from "#app/domain/imports/cancel.server.ts";
import type { NewImport } from "#app/domain/imports/import.ts";
import { issuesFile } from "#app/domain/imports/issues-file.server.ts";
import { previewImport } from "#app/domain/imports/preview.server.ts";
import { pruneImports } from "#app/domain/imports/prune.server.ts";
import { findImport, listImportRows, listImports } from "#app/domain/imports/queries.server.ts";
import { MAX_IMPORT_ROWS, stageImport } from "#app/domain/imports/stage.server.ts";
import { undoImport } from "#app/domain/imports/undo.server.ts";
import { nextRows } from "#app/domain/imports/work.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, type AwardWish } from "#test/factories.ts";

const DAY = 86_400_000;
const LATER = new Date(NOON.getTime() + 60_000);

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

function stage(shopId: number, wanted: object, text: string | Uint8Array, now = NOON) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return stageImport(shopId, { fileName: "rows.csv", requestKey: randomUUID(), ...wanted } as NewImport, inPieces(bytes, 4096), now);
}

async function staged(shopId: number, wanted: object, text: string | Uint8Array, now = NOON): Promise<bigint> {
  const staging = await stage(shopId, wanted, text, now);
  if (staging.outcome !== "staged") throw new Error(JSON.stringify(staging, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)));
  return staging.importId;
}

/** Staged and applied, the valid rows of it. */
async function imported(shopId: number, wanted: object, text: string, now = NOON): Promise<bigint> {
  const importId = await staged(shopId, wanted, text, now);
  const applying = await applyImport(shopId, { importId, mode: "valid_rows" }, now);
  if (applying.outcome !== "applying") throw new Error(applying.outcome);
  return importId;
}

/** Every row's fate, in the order of the file; null: valid or applied. */
async function fatesOf(shopId: number, importId: bigint) {
  return (await prisma.importRow.findMany({ where: { shopId, importId }, orderBy: { line: "asc" } })).map(({ fate }) => fate);
}

async function issuesOf(shopId: number, importId: bigint): Promise<string> {
  const pieces = await issuesFile(shopId, importId);
  if (!pieces) throw new Error("there is no such import");
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

async function stageShop(wish: AwardWish = {}) {
  const shop = await newShop();
  const award = await newAward(shop.id, wish);
  return { shopId: shop.id, awardNumber: award.number };
}

const numberOf = ({ gid }: { gid: string }) => gid.split("/").at(-1) ?? "";
/** A customer whom Shopify names by digits alone. */
let nextNumber = Date.now();
const numbered = (shopId: number, facts: { email?: string; phone?: string } = {}) => newCustomer(shopId, { gid: `gid://shopify/Customer/${nextNumber++}`, ...facts });
const accountOf = (shopId: number, customerId: bigint) => prisma.pointsAccount.findUnique({ where: { shopId_customerId: { shopId, customerId } } });

describe("codes", () => {
  it("tells every row's fate before anything is stored, then stores the valid ones", async () => {
    const { shopId, awardNumber } = await stageShop({ codes: 1 });
    const other = await newAward(shopId, { codes: 1 });
    const here = await prisma.coupon.findFirstOrThrow({ where: { shopId, awardNumber } });
    const there = await prisma.coupon.findFirstOrThrow({ where: { shopId, awardNumber: other.number } });
    const text = `Note,Code\nfirst,new-1\nsecond,NEW-2\nagain,New-1\n,\nbad,=1+1\nlong,${"X".repeat(256)}\nours,${here.code.toLowerCase()}\ntheirs,${there.code}\n`;
    const importId = await staged(shopId, { kind: "codes", awardNumber }, text);
    expect(await fatesOf(shopId, importId)).toEqual([null, null, "duplicate_in_file", "no_code", "malformed_code", "code_too_long", "already_here", "already_ours"]);
    expect(await findImport(shopId, importId)).toMatchObject({ status: "previewed", rowsCount: 8, validCount: 2, appliedCount: 0, fates: { already_here: 1, already_ours: 1, duplicate_in_file: 1, no_code: 1 } });
    expect(await prisma.coupon.count({ where: { shopId, awardNumber } })).toBe(1);

    expect(await applyImport(shopId, { importId, mode: "valid_rows" }, LATER)).toMatchObject({ outcome: "applying", job: { status: "done", outcomes: { applied: 2 } } });
    expect(await applyImport(shopId, { importId, mode: "valid_rows" }, LATER)).toEqual({ outcome: "already_applied" });
    expect(await findImport(shopId, importId)).toMatchObject({ status: "applied", appliedCount: 2, appliedAt: LATER, job: { kind: "import_apply" } });
    const stored = await prisma.coupon.findMany({ where: { shopId, awardNumber, code: { startsWith: "NEW-" } }, orderBy: { code: "asc" } });
    expect(stored).toMatchObject([{ code: "NEW-1", status: "available", codeState: "planned" }, { code: "NEW-2" }]);
    expect(await prisma.change.count({ where: { shopId, kind: "push_codes", status: "pending" } })).toBe(1);
  });

  it("gives back what failed as a file that can be corrected and uploaded as it is", async () => {
    const { shopId, awardNumber } = await stageShop();
    const importId = await imported(shopId, { kind: "codes", awardNumber }, 'Code;Phone;Said\nGOOD-1;+491701234567;"a ""b"", c"\nbad one;+491701234567;"a ""b"", c"\n');
    const issues = await issuesOf(shopId, importId);
    expect(issues).toBe(
      'Code,Phone,Said,issue code,issue text\r\n' +
      'bad one,\'+491701234567,"a ""b"", c",malformed_code,"Only letters A–Z, digits, dashes, dots and underscores can be used, starting with a letter or digit."\r\n',
    );
    const again = await imported(shopId, { kind: "codes", awardNumber }, issues.replace("bad one", "BETTER-1"));
    expect(await fatesOf(shopId, again)).toEqual([null]);
    expect(await issuesOf(shopId, again)).toBe("Code,Phone,Said,issue code,issue text\r\n");
    expect(await prisma.coupon.count({ where: { shopId, awardNumber, code: "BETTER-1" } })).toBe(1);
    expect(await issuesFile(shopId, 999_999n)).toBeNull();
  });

  it("gives back a reason with any separator in it as it was written", async () => {
    const { shopId } = await stageShop();
    const one = await numbered(shopId);
    const importId = await imported(shopId, { kind: "points" }, `reason,points,customer id\n"Sorry; late",ten,${numberOf(one)}\n`);
    const again = await imported(shopId, { kind: "points" }, (await issuesOf(shopId, importId)).replace("ten", "10"));
    expect(await fatesOf(shopId, again)).toEqual([null]);
    expect(await prisma.pointsEntry.findMany({ where: { shopId, customerId: one.id } })).toMatchObject([{ points: 10, note: "Sorry; late" }]);
  });

  it("binds codes to the customers that stand beside them, however they are named", async () => {
    const { shopId, awardNumber } = await stageShop();
    const one = await numbered(shopId, { phone: "+491701234567" });
    await prisma.customer.update({ where: { shopId_id: { shopId, id: one.id } }, data: { externalId: "ext-1" } });
    const text = ["code,customer id,external id,email,phone,customer", `A-1,${numberOf(one)},,,,`, `A-2,${one.gid},,,,`, "A-3,,ext-1,,,", `A-4,,,${one.email?.toUpperCase()},,`, "A-5,,,,0049 170 / 123 45-67,", `A-6,,,,,cus_${one.id}`, `A-7,,,,,${numberOf(one)}`].join("\n");
    const importId = await imported(shopId, { kind: "customer_codes", awardNumber }, text);
    expect(await fatesOf(shopId, importId)).toEqual([null, null, null, null, null, null, null]);
    expect(await prisma.coupon.count({ where: { shopId, awardNumber, boundCustomerId: one.id } })).toBe(7);
  });

  it.each([
    ["customer id", "abc", "bad_customer_id"],
    ["customer id", "424242424242", "unknown_customer_id"],
    ["email", "not an address", "bad_email"],
    ["email", "nobody@example.com", "unknown_email"],
    ["phone", "0170 1234567", "bad_phone"],
    ["phone", "+49170999999", "unknown_phone"],
    ["external id", "x".repeat(101), "bad_external_id"],
    ["external id", "nobody", "unknown_external_id"],
    ["customer", "gid://shopify/Customer/abc", "bad_customer_id"],
    ["customer", "nobody@example.com", "unknown_email"],
    ["email", "", "no_customer"],
    ["email", "twice@example.com", "ambiguous_customer"],
  ])("has its own word for what is wrong with a customer: %s %j", async (column, name, fate) => {
    const { shopId, awardNumber } = await stageShop();
    await numbered(shopId, { email: "twice@example.com" });
    await numbered(shopId, { email: "twice@example.com" });
    const importId = await staged(shopId, { kind: "customer_codes", awardNumber }, `code,${column}\nMINE-1,${name}\n`);
    expect(await fatesOf(shopId, importId)).toEqual([fate]);
  });

  it("adds none to an award that was archived, or ended, after the preview", async () => {
    const { shopId, awardNumber } = await stageShop();
    const importId = await staged(shopId, { kind: "codes", awardNumber }, "code\nLATE-1\nLATE-2\n");
    await setAwardStatus(shopId, awardNumber, "archived", NOON);
    expect(await applyImport(shopId, { importId, mode: "all_or_nothing" }, LATER)).toMatchObject({ job: { outcomes: { not_applied: 2 } } });
    expect(await fatesOf(shopId, importId)).toEqual(["takes_no_codes", "takes_no_codes"]);
    expect(await prisma.coupon.count({ where: { shopId, code: { startsWith: "LATE-" } } })).toBe(0);

    // Active again, the same file is looked at anew; and then its award ends.
    await setAwardStatus(shopId, awardNumber, "active", LATER);
    await previewImport(shopId, importId, LATER);
    expect(await fatesOf(shopId, importId)).toEqual([null, null]);
    await prisma.award.updateMany({ where: { shopId, number: awardNumber }, data: { endsAt: LATER } });
    await previewImport(shopId, importId, LATER);
    expect(await findImport(shopId, importId)).toMatchObject({ status: "previewed", validCount: 0, fates: { takes_no_codes: 2 } });
    expect(await applyImport(shopId, { importId, mode: "valid_rows" }, LATER)).toMatchObject({ job: { status: "done", done: 0 } });
    expect(await prisma.coupon.count({ where: { shopId, code: { startsWith: "LATE-" } } })).toBe(0);
  });

  it("takes no letters that are others in upper case: nobody could use what was printed", async () => {
    const { shopId, awardNumber } = await stageShop();
    const importId = await imported(shopId, { kind: "codes", awardNumber }, "code\nstraße-1\nind\u0131rim10\nstrasse-1\n");
    expect(await fatesOf(shopId, importId)).toEqual(["malformed_code", "malformed_code", null]);
  });

  it("leaves a code that another file of the award names too, until that is undone as well", async () => {
    const { shopId, awardNumber } = await stageShop();
    const first = await imported(shopId, { kind: "codes", awardNumber }, "code\nBOTH-1\nONCE-1\n");
    const second = await imported(shopId, { kind: "codes", awardNumber }, "code\nboth-1\nTWO-1\n");
    const available = async () => (await prisma.coupon.findMany({ where: { shopId, status: "available", code: { endsWith: "-1" } }, orderBy: { code: "asc" } })).map(({ code }) => code);
    expect(await undoImport(shopId, first, LATER)).toMatchObject({ job: { outcomes: { undone: 1, in_use: 1 } } });
    expect(await available()).toEqual(["BOTH-1", "TWO-1"]);
    expect(await undoImport(shopId, second, LATER)).toMatchObject({ job: { outcomes: { undone: 2 } } });
    expect(await available()).toEqual([]);
  });

  it("is undone within seven days where nobody has the code, which can then be imported anew", async () => {
    const { shopId, awardNumber } = await stageShop();
    const importId = await imported(shopId, { kind: "codes", awardNumber }, "code\nU-1\nU-2\nU-3\n");
    await prisma.coupon.updateMany({ where: { shopId, code: "U-1" }, data: { codeState: "live" } });
    await prisma.coupon.updateMany({ where: { shopId, code: "U-2" }, data: { status: "issued", issuedAt: NOON } });
    expect(await undoImport(shopId, importId, new Date(NOON.getTime() + 7 * DAY + 1))).toEqual({ outcome: "too_late" });
    expect(await undoImport(shopId, importId, new Date(NOON.getTime() + 7 * DAY))).toMatchObject({ outcome: "undoing", job: { status: "done", outcomes: { undone: 2, in_use: 1 } } });
    expect(await undoImport(shopId, importId, LATER)).toEqual({ outcome: "already_undone" });
    expect(await prisma.coupon.findMany({ where: { shopId, code: { startsWith: "U-" } }, orderBy: { code: "asc" } })).toMatchObject([
      { status: "revoked", codeState: "live" }, { status: "issued" }, { status: "revoked", codeState: "withdrawn" },
    ]);
    expect(await prisma.change.count({ where: { shopId, kind: "withdraw_code", status: "pending" } })).toBe(1);

    // U-1 is on Shopify still, U-2 is somebody's: only U-3 is free again.
    const other = await newAward(shopId);
    const again = await imported(shopId, { kind: "codes", awardNumber: other.number }, "code\nU-1\nU-2\nU-3\n");
    expect(await fatesOf(shopId, again)).toEqual(["already_ours", "already_ours", null]);
    expect(await prisma.coupon.findFirstOrThrow({ where: { shopId, code: "U-3" } })).toMatchObject({ awardNumber: other.number, status: "available", codeState: "planned" });
  });
});

describe("a code that was taken back before anybody had it", () => {
  const takeBack = (shopId: number, awardNumber: number, mode: "not_issued" | "unredeemed") =>
    revokeCoupons(shopId, { awardNumber, mode, returnPoints: false, understood: true, requestKey: randomUUID() }, NOON);

  it("comes anew as the file says, without the restrictions it had", async () => {
    const { shopId, awardNumber } = await stageShop();
    const restricted = { code: "ANEW-1", firstOrderOnly: true, usesPerCode: 5, minOrderMinor: 9_900, expiresAt: new Date(NOON.getTime() + DAY) };
    expect(await addCodesToAward(shopId, awardNumber, { source: "typed", codes: [restricted] }, NOON, randomUUID())).toMatchObject({ codes: { added: 1 } });
    await takeBack(shopId, awardNumber, "not_issued");
    const other = await newAward(shopId);
    expect(await fatesOf(shopId, await imported(shopId, { kind: "codes", awardNumber: other.number }, "code\nANEW-1\n"))).toEqual([null]);
    expect(await prisma.coupon.findFirstOrThrow({ where: { shopId, code: "ANEW-1" } })).toMatchObject({
      awardNumber: other.number, status: "available", firstOrderOnly: false, usesPerCode: null, minOrderMinor: null, expiresAt: null,
    });
  });

  it("and was everybody's does not come anew: whoever held it would hold somebody's own code", async () => {
    const { shopId, awardNumber } = await stageShop({ single: "ALL-OF-US" });
    const holder = await numbered(shopId);
    expect(await issueCoupon(shopId, { customerId: holder.id, awardNumber, requestKey: "x", channel: "admin", distributed: true }, NOON)).toMatchObject({ outcome: "issued" });
    await takeBack(shopId, awardNumber, "unredeemed");
    await prisma.coupon.updateMany({ where: { shopId, code: "ALL-OF-US" }, data: { codeState: "withdrawn" } });
    const other = await newAward(shopId);
    expect(await fatesOf(shopId, await imported(shopId, { kind: "codes", awardNumber: other.number }, "code\nall-of-us\n"))).toEqual(["already_ours"]);
    expect(await prisma.coupon.findFirstOrThrow({ where: { shopId, code: "ALL-OF-US" } })).toMatchObject({ awardNumber, status: "revoked", shared: true });
  });
});

describe("the file", () => {
  const utf16 = (text: string) => Uint8Array.from([0xff, 0xfe, ...new Uint8Array(Uint16Array.from(text, (letter) => letter.charCodeAt(0)).buffer)]);

  it.each<[string, string | Uint8Array]>([
    ["semicolons", "code;x\nF-1;1\nF-2;2\n"],
    ["tabs", "code\tx\nF-1\t1\nF-2\t2\n"],
    ["a byte-order mark and Windows line ends", "\uFEFFcode,x\r\nF-1,1\r\n\r\nF-2,2\r\n"],
    ["UTF-16", utf16("code,x\nF-1,1\nF-2,2\n")],
    ["one separator and the others in its cells", "x,code\none; or\ttwo,F-1\n;,F-2\n"],
    ["a decimal comma between semicolons", "\n \nx;code;\"y, or,\n,,\"\n1,5;F-1\n2,5;F-2;\n"],
    ["several line ends, as parts of it come from several machines", "x,code\r\n1,F-1\n2,F-2\r"],
    ["quotes, spaces and another name for the column", '"Coupon Code" , x\n" F-1 ",1\n"F-2","2\n2"\n'],
  ])("may have %s", async (_, text) => {
    const { shopId, awardNumber } = await stageShop();
    const importId = await staged(shopId, { kind: "codes", awardNumber }, text);
    expect((await prisma.importRow.findMany({ where: { shopId, importId }, orderBy: { line: "asc" } })).map(({ code }) => code)).toEqual(["F-1", "F-2"]);
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ["empty", "", /empty/],
    ["only a first line", "code\n", /no rows/],
    ["without its column", "name,price\nA,1\n", /must name a column “code”; it has “name”, “price”/],
    ["no text", Uint8Array.from([0x50, 0x4b, 0x03, 0x04, 0x00, 0x00]), /not text/],
    ["no text further on", `code,${"x".repeat(2000)}\0\nA\n`, /not text/],
    ["of a column whose long name ends in a sign of two halves", `${"c".repeat(39)}😀,x\nA,1\n`, /it has “c{39}😀”, “x”/u],
    ["not UTF-8", Uint8Array.from([...new TextEncoder().encode("code\n"), 0xff, 0xfe, 0x41]), /not in UTF-8/],
    ["a broken quote", 'code\n"A-1\n', /not a proper CSV/],
  ])("is refused when it is %s, and nothing of it stays", async (_, text, message) => {
    const { shopId, awardNumber } = await stageShop();
    expect(await stage(shopId, { kind: "codes", awardNumber }, text)).toEqual({ outcome: "refused", message: expect.stringMatching(message) });
    expect(await prisma.importRow.count({ where: { shopId } })).toBe(0);
    expect(await prisma.import.findMany({ where: { shopId } })).toMatchObject([{ status: "failed", problem: expect.stringMatching(message) }]);
  });

  it.each<[string, object, RegExp]>([
    ["an award that is not there", { kind: "codes", awardNumber: 99 }, /no such award/],
    ["a revocation without the tick", { kind: "revoke", awardNumber: 1, returnPoints: false, understood: false }, /understand/],
  ])("is not even read for %s", async (_, wanted, message) => {
    const { shopId } = await stageShop();
    expect(await stage(shopId, wanted, "code\nA\n")).toEqual({ outcome: "refused", message: expect.stringMatching(message) });
    expect(await prisma.import.count({ where: { shopId } })).toBe(0);
  });

  it("is told to be the same as before, and doubles nothing; on purpose it may come again", async () => {
    const { shopId, awardNumber } = await stageShop({ codes: 9 });
    const one = await numbered(shopId);
    const text = `customer id\n${numberOf(one)}\n`;
    const wanted = { kind: "issue", awardNumber, distributed: true };
    const first = await imported(shopId, wanted, text);
    expect(await stage(shopId, wanted, text)).toEqual({ outcome: "already_imported", importId: first });
    const twins = await Promise.all([1, 2, 3].map(() => stage(shopId, { ...wanted, repeat: false }, `${text}\n`)));
    expect(twins.map(({ outcome }) => outcome).sort()).toEqual(["already_imported", "already_imported", "staged"]);
    expect(await prisma.issuance.count({ where: { shopId } })).toBe(1);
    expect(await prisma.importRow.count({ where: { shopId } })).toBe(2);

    await imported(shopId, { ...wanted, repeat: true }, text);
    expect(await prisma.issuance.count({ where: { shopId } })).toBe(2);
    // Another award is another matter; so is a file whose import was undone.
    const other = await newAward(shopId);
    await staged(shopId, { ...wanted, awardNumber: other.number }, text);
    await undoImport(shopId, first, NOON);
    await staged(shopId, wanted, text);
  });

  it("is one import however often its upload is sent", async () => {
    const { shopId, awardNumber } = await stageShop();
    const key = { kind: "codes", awardNumber, requestKey: "upload-1" };
    const importId = await staged(shopId, key, "code\nA-1\n");
    expect(await stage(shopId, key, "code\nA-1\n")).toEqual({ outcome: "staged", importId });
    expect(await prisma.importRow.count({ where: { shopId } })).toBe(1);
    const twins = await Promise.all([1, 2, 3].map(() => stage(shopId, { ...key, requestKey: "upload-3" }, "code\nB-1\nbad one\n")));
    expect(new Set(twins.map((twin) => JSON.stringify(twin, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))))).toHaveProperty("size", 1);
    expect(await prisma.importRow.count({ where: { shopId } })).toBe(3);
  });

  it("is read anew when its upload was cut off in the middle", async () => {
    const { shopId, awardNumber } = await stageShop();
    async function* cutOff() {
      yield new TextEncoder().encode("code\nA-1\nA-2\n");
      throw new Error("the connection is gone");
    }
    const wanted = { kind: "codes", awardNumber, fileName: "rows.csv", requestKey: "upload-2" } as const;
    await expect(stageImport(shopId, wanted, cutOff(), NOON)).rejects.toThrow("the connection is gone");
    expect(await prisma.importRow.count({ where: { shopId } })).toBe(0);
    const importId = await staged(shopId, wanted, "code\nA-1\nA-2\nA-3\n");
    expect(await fatesOf(shopId, importId)).toEqual([null, null, null]);
  });
});

describe("coupons for customers", () => {
  const give = (awardNumber: number, distributed = true) => ({ kind: "issue", awardNumber, distributed });
  const rows = (...customers: { gid: string }[]) => `customer id\n${customers.map((customer) => `${numberOf(customer)}\n`).join("")}`;

  /** What the preview says of each row, and applying then does. */
  async function foretold(shopId: number, wanted: object, text: string) {
    const importId = await staged(shopId, wanted, text);
    const fates = await fatesOf(shopId, importId);
    await applyImport(shopId, { importId, mode: "valid_rows" }, NOON);
    expect(await fatesOf(shopId, importId)).toEqual(fates);
    return { importId, fates };
  }

  it("gives three at most to one customer, over two files", async () => {
    const { shopId, awardNumber } = await stageShop({ codes: 10, issuesPerCustomer: 3 });
    const one = await numbered(shopId);
    const other = await numbered(shopId);
    const first = await imported(shopId, give(awardNumber), rows(one, one, other));
    expect(await fatesOf(shopId, first)).toEqual([null, null, null]);
    const second = await staged(shopId, give(awardNumber), rows(one, one, other, one));
    expect(await fatesOf(shopId, second)).toEqual([null, "customer_max_reached", null, "customer_max_reached"]);
    expect(await applyImport(shopId, { importId: second, mode: "valid_rows" }, LATER)).toMatchObject({ job: { outcomes: { applied: 2 } } });
    expect(await prisma.issuance.count({ where: { shopId, customerId: one.id } })).toBe(3);
    expect(await prisma.issuance.findFirstOrThrow({ where: { shopId, customerId: one.id } })).toMatchObject({ importId: first, points: 0, holdId: null, channel: "import" });
  });

  it("keeps a gap of one day between two", async () => {
    const { shopId, awardNumber } = await stageShop({ codes: 10, issueGapDays: 1 });
    const one = await numbered(shopId);
    expect((await foretold(shopId, give(awardNumber), rows(one, one))).fates).toEqual([null, "too_soon"]);
    expect(await fatesOf(shopId, await staged(shopId, give(awardNumber), `${rows(one)}\n`))).toEqual(["too_soon"]);
    const tomorrow = new Date(NOON.getTime() + DAY);
    expect(await fatesOf(shopId, await imported(shopId, { ...give(awardNumber), repeat: true }, rows(one), tomorrow))).toEqual([null]);
  });

  it("stops at a series of two", async () => {
    const { shopId, awardNumber } = await stageShop({ codes: 10, issuesTotal: 2 });
    const people = [await numbered(shopId), await numbered(shopId), await numbered(shopId)] as const;
    expect((await foretold(shopId, give(awardNumber), rows(...people))).fates).toEqual([null, null, "coupon_max_reached"]);
    expect(await fatesOf(shopId, await staged(shopId, give(awardNumber), rows(people[2])))).toEqual(["coupon_max_reached"]);
  });

  it("gives a code that everybody shares once to each", async () => {
    const { shopId, awardNumber } = await stageShop({ single: `ALL-${randomUUID().slice(0, 8)}` });
    const one = await numbered(shopId);
    const other = await numbered(shopId);
    expect((await foretold(shopId, give(awardNumber), rows(one, other, one))).fates).toEqual([null, null, "generic_twice"]);
    expect(await fatesOf(shopId, await staged(shopId, give(awardNumber), rows(one)))).toEqual(["generic_twice"]);
  });

  it.each<[string, AwardWish, (string | null)[]]>([
    ["has no more codes than were uploaded", { codes: 1 }, [null, "out_of_codes"]],
    ["is for listed customers only", { audience: "listed" }, ["not_eligible", "not_eligible"]],
    ["has not begun", { startsAt: new Date(NOON.getTime() + DAY) }, ["not_started", "not_started"]],
    ["sends the existing coupon", { matchAgain: "existing" }, [null, null]],
  ])("knows before it gives when the award %s", async (_, wish, fates) => {
    const { shopId, awardNumber } = await stageShop(wish);
    const importId = await staged(shopId, give(awardNumber), rows(await numbered(shopId), await numbered(shopId)));
    expect(await fatesOf(shopId, importId)).toEqual(fates);
  });

  it.each<[string, AwardWish]>([["existing_sent", { matchAgain: "existing" }], ["customer_max_reached", { matchAgain: "none" }]])("a second row of one customer: %s", async (fate, wish) => {
    const { shopId, awardNumber } = await stageShop(wish);
    const one = await numbered(shopId);
    expect((await foretold(shopId, give(awardNumber), rows(one, one))).fates).toEqual([null, fate]);
  });

  it("gives each the codes that are theirs alone, and counts nobody else's as stock", async () => {
    const { shopId, awardNumber } = await stageShop({ codes: 1 });
    const [one, other, third] = [await numbered(shopId), await numbered(shopId), await numbered(shopId)];
    await imported(shopId, { kind: "customer_codes", awardNumber }, `code,customer id\nMINE-1,${numberOf(one)}\nMINE-2,${numberOf(one)}\n`);
    await prisma.coupon.updateMany({ where: { shopId, awardNumber }, data: { codeState: "live" } });
    await addCodesToAward(shopId, awardNumber, { source: "typed", codes: [{ code: "BIG-ORDERS", minOrderMinor: 9_900 }] }, NOON, randomUUID());
    const rows = [other, one, one, third, one].map((customer) => `${numberOf(customer)}\n`).join("");
    const importId = await staged(shopId, { kind: "issue", awardNumber, distributed: true }, `customer id\n${rows}`);
    expect(await fatesOf(shopId, importId)).toEqual([null, null, null, "out_of_codes", "out_of_codes"]);
    expect(await applyImport(shopId, { importId, mode: "valid_rows" }, NOON)).toMatchObject({ job: { outcomes: { applied: 3 } } });
    expect((await prisma.coupon.findMany({ where: { shopId, customerId: one.id }, orderBy: { code: "asc" } })).map(({ code }) => code)).toEqual(["MINE-1", "MINE-2"]);
  });

  it("asks their price of them where it is not for nothing, and gives it back when it is undone", async () => {
    const { shopId, awardNumber } = await stageShop({ codes: 9 });
    const one = await numbered(shopId);
    const poor = await numbered(shopId);
    await givePoints(shopId, one.id, 250);
    await prisma.coupon.updateMany({ where: { shopId }, data: { codeState: "local" } });
    const { importId, fates } = await foretold(shopId, give(awardNumber, false), rows(one, one, one, poor));
    expect(fates).toEqual([null, null, "insufficient_points", "insufficient_points"]);
    expect(await accountOf(shopId, one.id)).toMatchObject({ balance: 50 });

    const used = await prisma.issuance.findFirstOrThrow({ where: { shopId, importId }, orderBy: { id: "asc" } });
    await prisma.issuance.updateMany({ where: { shopId, id: used.id }, data: { status: "redeemed" } });
    expect(await undoImport(shopId, importId, LATER)).toMatchObject({ job: { outcomes: { undone: 1, in_use: 1 } } });
    expect(await accountOf(shopId, one.id)).toMatchObject({ balance: 150, held: 0 });
    expect((await prisma.awardTally.findFirstOrThrow({ where: { shopId, awardNumber } })).issued).toBe(1);
  });

  it("looks again when it is applied: what has changed since the preview is told, and nothing breaks a limit", async () => {
    const { shopId, awardNumber } = await stageShop({ codes: 9, issuesTotal: 2 });
    const [one, other, buyer] = [await numbered(shopId), await numbered(shopId), await numbered(shopId)];
    const importId = await staged(shopId, give(awardNumber), rows(one, other));
    await givePoints(shopId, buyer.id, 100);
    expect(await issueCoupon(shopId, { customerId: buyer.id, awardNumber, requestKey: "shop", channel: "checkout" }, LATER)).toMatchObject({ outcome: "issued" });
    expect(await applyImport(shopId, { importId, mode: "valid_rows" }, LATER)).toMatchObject({ job: { outcomes: { applied: 1, coupon_max_reached: 1 } } });
    expect(await fatesOf(shopId, importId)).toEqual([null, "coupon_max_reached"]);
    expect(await findImport(shopId, importId)).toMatchObject({ appliedCount: 1, fates: { coupon_max_reached: 1 } });
  });

  it("can be previewed again before it is applied", async () => {
    const { shopId, awardNumber } = await stageShop({ codes: 9, issuesTotal: 1 });
    const [one, buyer] = [await numbered(shopId), await numbered(shopId)];
    const importId = await staged(shopId, give(awardNumber), `${rows(one)}x\n`);
    expect(await fatesOf(shopId, importId)).toEqual([null, "bad_customer_id"]);
    await issueCoupon(shopId, { customerId: buyer.id, awardNumber, requestKey: "x", channel: "admin", distributed: true }, LATER);
    expect(await previewImport(shopId, importId, LATER)).toEqual({ outcome: "previewing" });
    expect(await fatesOf(shopId, importId)).toEqual(["coupon_max_reached", "bad_customer_id"]);
    await prisma.award.updateMany({ where: { shopId }, data: { issuesTotal: 9 } });
    await previewImport(shopId, importId, LATER);
    expect(await fatesOf(shopId, importId)).toEqual([null, "bad_customer_id"]);
    await applyImport(shopId, { importId, mode: "valid_rows" }, LATER);
    expect(await previewImport(shopId, importId, LATER)).toEqual({ outcome: "not_to_preview" });
  });

  it("gives one customer as many as stand in the file, also where all rows are to be applied or none", async () => {
    const { shopId, awardNumber } = await stageShop({ codes: 5 });
    const [one, other] = [await numbered(shopId), await numbered(shopId)];
    const importId = await staged(shopId, give(awardNumber), rows(one, one, other, one));
    expect(await applyImport(shopId, { importId, mode: "all_or_nothing" }, LATER)).toMatchObject({ outcome: "applying", job: { status: "done", outcomes: { applied: 4 } } });
    expect(await prisma.issuance.count({ where: { shopId, customerId: one.id } })).toBe(3);
  });

  it("applies all rows or none, whoever else takes coupons at the same moment", async () => {
    const { shopId, awardNumber } = await stageShop({ codes: 40, issuesTotal: 20 });
    const people = [];
    for (let made = 0; made < 20; made++) people.push(await numbered(shopId));
    const failing = await staged(shopId, give(awardNumber), rows(...people, people[0] ?? { gid: "" }));
    expect(await applyImport(shopId, { importId: failing, mode: "all_or_nothing" }, LATER)).toEqual({ outcome: "rows_fail", fates: { coupon_max_reached: 1 } });

    const importId = await staged(shopId, give(awardNumber), rows(...people));
    const buyer = await numbered(shopId);
    const buying = issueCoupon(shopId, { customerId: buyer.id, awardNumber, requestKey: "x", channel: "admin", distributed: true }, LATER);
    const [applying, issuing] = await Promise.all([applyImport(shopId, { importId, mode: "all_or_nothing" }, LATER), buying]);
    const given = await prisma.issuance.count({ where: { shopId, importId } });
    if (issuing.outcome === "issued") {
      expect(applying).toMatchObject({ outcome: "applying", job: { outcomes: { not_applied: 20 } } });
      expect(given).toBe(0);
      expect(await findImport(shopId, importId)).toMatchObject({ status: "previewed", appliedCount: 0, problem: expect.stringContaining("Nothing was applied. Line 21: The award was given as often as it may be.") });
      expect(await applyImport(shopId, { importId, mode: "valid_rows" }, LATER)).toMatchObject({ job: { outcomes: { applied: 19 } } });
    } else {
      expect(issuing.outcome).toBe("coupon_max_reached");
      expect(given).toBe(20);
    }
    expect((await prisma.awardTally.findFirstOrThrow({ where: { shopId, awardNumber } })).issued).toBe(20);
  });
});

describe("other files", () => {
  it("revokes what customers hold, and cannot be undone", async () => {
    const { shopId, awardNumber } = await stageShop({ codes: 9 });
    const [one, none] = [await numbered(shopId), await numbered(shopId)];
    await imported(shopId, { kind: "issue", awardNumber, distributed: true }, `customer id\n${numberOf(one)}\n${numberOf(one)}\n`);
    const importId = await imported(shopId, { kind: "revoke", awardNumber, returnPoints: false, understood: true }, `customer id\n${numberOf(one)}\n${numberOf(none)}\n${numberOf(one)}\n`, LATER);
    expect(await fatesOf(shopId, importId)).toEqual([null, "nothing_to_revoke", "duplicate_in_file"]);
    expect(await prisma.coupon.count({ where: { shopId, status: "revoked" } })).toBe(2);
    expect(await undoImport(shopId, importId, LATER)).toEqual({ outcome: "cannot_be_undone" });
  });

  it("revokes more coupons than go in one reading, and says of nobody that they had none", async () => {
    const { shopId, awardNumber } = await stageShop({ codes: 1020 });
    const people = await Promise.all(Array.from({ length: 30 }, () => numbered(shopId)));
    const rows = (times: number) => `customer id\n${people.map((person) => `${numberOf(person)}\n`.repeat(times)).join("")}`;
    await imported(shopId, { kind: "issue", awardNumber, distributed: true }, rows(34));
    expect(await prisma.coupon.count({ where: { shopId, status: "issued" } })).toBe(1020);
    const importId = await staged(shopId, { kind: "revoke", awardNumber, returnPoints: false, understood: true }, rows(1), LATER);
    expect(await applyImport(shopId, { importId, mode: "all_or_nothing" }, LATER)).toMatchObject({ outcome: "applying", job: { status: "done", outcomes: { applied: 30 } } });
    expect(await findImport(shopId, importId)).toMatchObject({ status: "applied", appliedCount: 30, problem: null, fates: {} });
    expect(await prisma.coupon.count({ where: { shopId, status: "revoked" } })).toBe(1020);
  });

  it("gives and takes points, each row once, and takes back what is still there", async () => {
    const { shopId } = await stageShop();
    const [one, other] = [await numbered(shopId), await numbered(shopId)];
    const text = `customer id,points,reason\n${numberOf(one)},100,Moved over\n${numberOf(other)},50,\n${numberOf(one)},-30,\n${numberOf(one)},-71,\n${numberOf(one)},0,\n${numberOf(one)},1.5,\n${numberOf(one)},2147483648,\n`;
    const importId = await imported(shopId, { kind: "points" }, text);
    expect(await fatesOf(shopId, importId)).toEqual([null, null, null, "below_zero", "bad_points", "bad_points", "bad_points"]);
    expect(await accountOf(shopId, one.id)).toMatchObject({ balance: 70 });
    expect(await prisma.pointsEntry.findMany({ where: { shopId, customerId: one.id }, orderBy: { seq: "asc" } })).toMatchObject([
      { kind: "imported", points: 100, note: "Moved over", reasonKey: `import:${importId}:2` }, { kind: "imported", points: -30 },
    ]);

    await givePoints(shopId, other.id, 1);
    await prisma.pointsAccount.updateMany({ where: { shopId, customerId: other.id }, data: { held: 20 } });
    expect(await undoImport(shopId, importId, LATER)).toMatchObject({ job: { outcomes: { undone: 2, in_use: 1 } } });
    expect(await accountOf(shopId, one.id)).toMatchObject({ balance: 0 });
    expect(await accountOf(shopId, other.id)).toMatchObject({ balance: 51 });
  });

  it("judges each row of points by those before it that will count, and no other", async () => {
    const { shopId } = await stageShop();
    const [one, other] = [await numbered(shopId), await numbered(shopId)];
    await givePoints(shopId, one.id, 50);
    const rows: [{ gid: string }, number, string | null][] = [
      [one, -100, "below_zero"], [one, 60, null], [other, -1, "below_zero"], [one, -40, null], [one, -71, "below_zero"], [one, -70, null], [one, -1, "below_zero"], [other, 5, null], [other, -5, null],
    ];
    const importId = await staged(shopId, { kind: "points" }, `customer id,points\n${rows.map(([customer, points]) => `${numberOf(customer)},${points}\n`).join("")}`);
    expect(await fatesOf(shopId, importId)).toEqual(rows.map(([, , fate]) => fate));
    expect(await applyImport(shopId, { importId, mode: "valid_rows" }, LATER)).toMatchObject({ job: { status: "done", outcomes: { applied: 5 } } });
    expect([await accountOf(shopId, one.id), await accountOf(shopId, other.id)]).toMatchObject([{ balance: 0 }, { balance: 0 }]);
  });

  it("gives nobody more points than can be counted, nor takes what was spent since the preview: each such row is named", async () => {
    const { shopId } = await stageShop();
    const [rich, spender] = [await numbered(shopId), await numbered(shopId)];
    for (const points of [1_000_000_000, 1_000_000_000, 147_483_597]) await givePoints(shopId, rich.id, points);
    await givePoints(shopId, spender.id, 10);
    const importId = await staged(shopId, { kind: "points" }, `customer id,points\n${numberOf(rich)},51\n${numberOf(rich)},40\n${numberOf(spender)},-10\n`);
    expect(await fatesOf(shopId, importId)).toEqual(["too_many_points", null, null]);

    await givePoints(shopId, rich.id, 20);
    await givePoints(shopId, spender.id, -1);
    expect(await applyImport(shopId, { importId, mode: "valid_rows" }, LATER)).toMatchObject({ job: { status: "done", outcomes: { too_many_points: 1, below_zero: 1 } } });
    expect(await fatesOf(shopId, importId)).toEqual(["too_many_points", "too_many_points", "below_zero"]);
    expect([await accountOf(shopId, rich.id), await accountOf(shopId, spender.id)]).toMatchObject([{ balance: 2_147_483_617 }, { balance: 9 }]);
  });

  it("lists who may have an award, and takes from the list whom nothing was given", async () => {
    const { shopId, awardNumber } = await stageShop({ audience: "listed" });
    const [one, other, third] = [await numbered(shopId), await numbered(shopId), await numbered(shopId)];
    const first = await imported(shopId, { kind: "eligible", awardNumber }, `customer id\n${numberOf(one)}\n${numberOf(other)}\n`);
    expect(await fatesOf(shopId, await imported(shopId, { kind: "eligible", awardNumber }, `customer id\n${numberOf(one)}\n${numberOf(third)}\n`))).toEqual(["already_listed", null]);
    await issueCoupon(shopId, { customerId: one.id, awardNumber, requestKey: "x", channel: "admin", distributed: true }, NOON);
    expect(await undoImport(shopId, first, LATER)).toMatchObject({ job: { outcomes: { undone: 1, in_use: 1 } } });
    expect((await prisma.awardCustomer.findMany({ where: { shopId }, orderBy: { customerId: "asc" } })).map(({ customerId }) => customerId)).toEqual([one.id, third.id]);
  });

  it("leaves on the list whom another file names too, until that is undone as well", async () => {
    const { shopId, awardNumber } = await stageShop({ audience: "listed" });
    const [one, other, third] = [await numbered(shopId), await numbered(shopId), await numbered(shopId)];
    const list = (...people: { gid: string }[]) => imported(shopId, { kind: "eligible", awardNumber }, `customer id\n${people.map((person) => `${numberOf(person)}\n`).join("")}`);
    const listed = async () => (await prisma.awardCustomer.findMany({ where: { shopId }, orderBy: { customerId: "asc" } })).map(({ customerId }) => customerId);
    const january = await list(one, other);
    const february = await list(third, one);
    // Seen, and never applied: it says nothing.
    await staged(shopId, { kind: "eligible", awardNumber }, `customer id\n${numberOf(other)}\n`);

    expect(await undoImport(shopId, january, LATER)).toMatchObject({ job: { status: "done", outcomes: { undone: 1, in_use: 1 } } });
    expect(await listed()).toEqual([one.id, third.id]);
    expect(await findImport(shopId, february)).toMatchObject({ appliedCount: 2, fates: {} });

    expect(await undoImport(shopId, february, LATER)).toMatchObject({ job: { status: "done", outcomes: { undone: 2 } } });
    expect(await listed()).toEqual([]);
  });

  it("list whom the preview found there already, and an undo has taken off since", async () => {
    const { shopId, awardNumber } = await stageShop({ audience: "listed" });
    const [one, other] = [await numbered(shopId), await numbered(shopId)];
    const january = await imported(shopId, { kind: "eligible", awardNumber }, `customer id\n${numberOf(one)}\n`);
    const february = await staged(shopId, { kind: "eligible", awardNumber }, `customer id\n${numberOf(one)}\n${numberOf(other)}\n${numberOf(one)}\n`);
    expect(await fatesOf(shopId, february)).toEqual(["already_listed", null, "duplicate_in_file"]);
    await undoImport(shopId, january, LATER);
    expect(await applyImport(shopId, { importId: february, mode: "valid_rows" }, LATER)).toMatchObject({ job: { status: "done", outcomes: { applied: 2 } } });
    expect(await prisma.awardCustomer.count({ where: { shopId, customerId: { in: [one.id, other.id] }, importId: february } })).toBe(2);
    expect(await findImport(shopId, february)).toMatchObject({ status: "applied", appliedCount: 2, fates: { duplicate_in_file: 1 } });
  });

  it("take as many rows as the limit says; of a file with one more nothing is kept but why", async () => {
    const { shopId, awardNumber } = await stageShop();
    const of = (rows: number, requestKey: string = randomUUID()) => {
      const text = `code\n${Array.from({ length: rows }, (_, index) => `FULL-${index}\n`).join("")}`;
      return stageImport(shopId, { kind: "codes", awardNumber, fileName: "rows.csv", requestKey }, inPieces(new TextEncoder().encode(text), 4096), NOON, 1_500);
    };
    const message = "The file has more than 1,500 rows. Upload it in parts.";
    const requestKey = randomUUID();
    expect(await of(1_501, requestKey)).toEqual({ outcome: "refused", message });
    expect(await prisma.importRow.count({ where: { shopId } })).toBe(0);
    expect(await prisma.import.findFirst({ where: { shopId, requestKey } })).toMatchObject({ status: "failed", problem: message, rowsCount: 0, jobId: null });

    const staging = await of(1_500);
    if (staging.outcome !== "staged") throw new Error(staging.outcome);
    expect(await findImport(shopId, staging.importId)).toMatchObject({ status: "previewed", rowsCount: 1_500, validCount: 1_500 });
    expect(MAX_IMPORT_ROWS).toBe(1_000_000);
  });

  it("can be stopped in the middle: what was given until then stays, and can be taken back", async () => {
    const { shopId } = await stageShop();
    const people = await prisma.$queryRaw<{ gid: string }[]>`
      INSERT INTO "Customer" ("shopId", "gid", "updatedAt") SELECT ${shopId}, 'gid://shopify/Customer/7' || n, now() FROM generate_series(1, 1700) n RETURNING "gid"`;
    const text = `customer id,points\n${people.map((customer) => `${numberOf(customer)},5\n`).join("")}`;
    const importId = await staged(shopId, { kind: "points" }, text);
    expect(await applyImport(shopId, { importId, mode: "valid_rows" }, LATER)).toMatchObject({ job: { status: "running", done: 1500 } });
    expect(await cancelImport(shopId, importId, LATER)).toEqual({ outcome: "cancelled" });
    expect(await findImport(shopId, importId)).toMatchObject({ status: "cancelled", appliedCount: 1500, job: { status: "cancelled" } });
    expect(await prisma.pointsAccount.count({ where: { shopId, balance: 5 } })).toBe(1500);
    // The file once more would give those 1,500 their points twice.
    expect(await stage(shopId, { kind: "points" }, text)).toEqual({ outcome: "already_imported", importId });
    expect(await undoImport(shopId, importId, LATER)).toMatchObject({ job: { outcomes: { undone: 1500 } } });
  });

  it("that was given up in the middle goes on as it was begun, though all or nothing is asked for now", async () => {
    const { shopId, awardNumber } = await stageShop();
    const importId = await imported(shopId, { kind: "codes", awardNumber }, "code\nHALF-1\nHALF-2\n");
    await prisma.coupon.deleteMany({ where: { shopId, code: "HALF-2" } });
    const { jobId } = await prisma.import.update({ where: { shopId_id: { shopId, id: importId } }, data: { status: "applying", appliedUntil: 2, appliedCount: 1, appliedAt: null } });
    await prisma.bulkJob.updateMany({ where: { shopId, id: jobId ?? 0n }, data: { status: "failed" } });
    expect(await applyImport(shopId, { importId, mode: "all_or_nothing" }, LATER)).toMatchObject({ job: { status: "done", outcomes: { applied: 1 } } });
    expect(await findImport(shopId, importId)).toMatchObject({ status: "applied", appliedCount: 2, fates: {} });
    expect(await prisma.coupon.count({ where: { shopId, code: { startsWith: "HALF-" } } })).toBe(2);
  });

  it("can be stopped before it is applied, is listed, and its rows go after thirty days", async () => {
    const { shopId, awardNumber } = await stageShop();
    const importId = await staged(shopId, { kind: "codes", awardNumber }, "code\nS-1\nbad one\n");
    expect((await listImportRows(shopId, importId, { fate: null, position: null })).rows).toMatchObject([{ line: 2, fate: null, text: null }, { line: 3, fate: "malformed_code", text: expect.stringContaining("Only letters") }]);
    expect((await listImportRows(shopId, importId, { fate: "malformed_code", position: null })).rows).toHaveLength(1);
    expect((await listImports(shopId, null)).rows).toMatchObject([{ id: importId, status: "previewed", validCount: 1 }]);
    expect(await cancelImport(shopId, importId, LATER)).toEqual({ outcome: "cancelled" });
    expect(await cancelImport(shopId, importId, LATER)).toEqual({ outcome: "over" });
    expect(await applyImport(shopId, { importId, mode: "valid_rows" }, LATER)).toEqual({ outcome: "over" });
    expect(await undoImport(shopId, importId, LATER)).toEqual({ outcome: "not_applied" });
    expect(await applyImport(shopId, { importId: 999_999n, mode: "valid_rows" }, LATER)).toEqual({ outcome: "import_unknown" });

    await pruneImports(new Date(NOON.getTime() + 30 * DAY));
    expect(await prisma.importRow.count({ where: { shopId } })).toBe(2);
    await pruneImports(new Date(NOON.getTime() + 30 * DAY + 1));
    expect(await prisma.importRow.count({ where: { shopId } })).toBe(0);
    expect(await findImport(shopId, importId)).toMatchObject({ rowsCount: 2 });
  });

  it("forgets who is to be forgotten, also somebody whom only a file has named", async () => {
    const { shopId, awardNumber } = await stageShop();
    await staged(shopId, { kind: "issue", awardNumber, distributed: true }, "customer,note\n4471,Amira\ngid://shopify/Customer/4471,Amira\n4472,Noor\n");
    await inTransaction((tx) => eraseCustomer(tx, shopId, { gid: gid("Customer", 4471), webhookId: "w1" }, NOON));
    const rows = await prisma.importRow.findMany({ where: { shopId }, orderBy: { line: "asc" } });
    expect(rows.map(({ name, input }) => [name, input])).toEqual([[null, ""], [null, ""], ["4472", expect.stringContaining("Noor")]]);
  });

  it("whose undoing was given up is undone from there, and what is undone is not told as in use", async () => {
    const { shopId, awardNumber } = await stageShop();
    const importId = await imported(shopId, { kind: "codes", awardNumber }, "code\nGONE-1\nGONE-2\n");
    await prisma.coupon.updateMany({ where: { shopId, code: "GONE-1" }, data: { status: "revoked", codeState: "withdrawn" } });
    const { jobId } = await prisma.import.update({ where: { shopId_id: { shopId, id: importId } }, data: { status: "undoing" } });
    await prisma.bulkJob.updateMany({ where: { shopId, id: jobId ?? 0n }, data: { kind: "import_undo", status: "failed", cursor: "2" } });
    expect(await undoImport(shopId, importId, LATER)).toMatchObject({ outcome: "undoing", job: { status: "done", failed: 0, outcomes: { undone: 1 } } });
    expect(await findImport(shopId, importId)).toMatchObject({ status: "undone" });
    expect(await prisma.coupon.count({ where: { shopId, code: { startsWith: "GONE-" }, status: "revoked" } })).toBe(2);
  });

  it("can be taken back for seven days however late it was applied", async () => {
    const { shopId, awardNumber } = await stageShop();
    const importId = await staged(shopId, { kind: "codes", awardNumber }, "code\nLATE-1\n");
    const days = (count: number) => new Date(NOON.getTime() + count * DAY);
    await applyImport(shopId, { importId, mode: "valid_rows" }, days(29));
    await pruneImports(days(35));
    expect(await undoImport(shopId, importId, days(36))).toMatchObject({ job: { status: "done", outcomes: { undone: 1 } } });
    expect(await prisma.coupon.findFirst({ where: { shopId, code: "LATE-1" } })).toMatchObject({ status: "revoked" });
    await pruneImports(new Date(days(36).getTime() + 1));
    expect(await prisma.importRow.count({ where: { shopId } })).toBe(0);
  });

  it("is given up with its rows when nobody applied it in thirty days", async () => {
    const { shopId, awardNumber } = await stageShop();
    const importId = await staged(shopId, { kind: "codes", awardNumber }, `code\n${Array.from({ length: 50_100 }, (_, index) => `S-${index}\n`).join("")}`);
    const muchLater = new Date(NOON.getTime() + 30 * DAY + 1);
    expect(await pruneImports(muchLater)).toBeGreaterThanOrEqual(50_100);
    expect(await prisma.importRow.count({ where: { shopId } })).toBe(0);
    expect(await applyImport(shopId, { importId, mode: "valid_rows" }, muchLater)).toEqual({ outcome: "over" });
    expect(await findImport(shopId, importId)).toMatchObject({ status: "failed", problem: "It was not applied within 30 days.", appliedCount: 0 });
  });
});

describe("customers whom Shopify merges while a file about them is here", () => {
  async function twoOfOne(wish: AwardWish = {}) {
    const { shopId, awardNumber } = await stageShop({ codes: 9, ...wish });
    const [home, work] = [await numbered(shopId), await numbered(shopId)];
    const merge = () => inTransaction((tx) => mergeCustomers(tx, shopId, { keptGid: home.gid as Gid<"Customer">, deletedGid: work.gid as Gid<"Customer"> }, LATER));
    const apply = async (importId: bigint) => expect(await applyImport(shopId, { importId, mode: "valid_rows" }, LATER)).toMatchObject({ outcome: "applying" });
    const listed = async () => (await prisma.awardCustomer.findMany({ where: { shopId } })).map(({ customerId }) => customerId);
    return { shopId, awardNumber, home, work, merge, apply, listed };
  }

  it("leaves the points and coupons of the file with the one who stays", async () => {
    const { shopId, awardNumber, home, work, merge, apply } = await twoOfOne();
    const points = await staged(shopId, { kind: "points" }, `customer id,points\n${numberOf(work)},100\n`);
    const coupons = await staged(shopId, { kind: "issue", awardNumber, distributed: true }, `customer id\n${numberOf(work)}\n`);
    const codes = await staged(shopId, { kind: "customer_codes", awardNumber }, `code,customer id\nMINE-1,${numberOf(work)}\n`);
    await merge();
    for (const importId of [points, coupons, codes]) await apply(importId);
    expect(await accountOf(shopId, home.id)).toMatchObject({ balance: 100 });
    expect((await accountOf(shopId, work.id))?.balance ?? 0).toBe(0);
    expect(await prisma.issuance.findMany({ where: { shopId } })).toMatchObject([{ customerId: home.id, importId: coupons }]);
    expect(await prisma.coupon.findFirst({ where: { shopId, code: "MINE-1" } })).toMatchObject({ boundCustomerId: home.id });
    const revoked = await imported(shopId, { kind: "revoke", awardNumber, returnPoints: false, understood: true }, `customer id\n${numberOf(work)}\n`, LATER);
    expect(await fatesOf(shopId, revoked)).toEqual([null]);
  });

  it("means one person by an address that both had", async () => {
    const { shopId, home, work, merge, apply } = await twoOfOne();
    await prisma.customer.updateMany({ where: { shopId }, data: { email: "amira@example.com" } });
    const text = "email,points\namira@example.com,40\n";
    expect(await fatesOf(shopId, await staged(shopId, { kind: "points" }, text))).toEqual(["ambiguous_customer"]);
    await merge();
    await prisma.customer.updateMany({ where: { shopId }, data: { email: "amira@example.com" } });
    await apply(await staged(shopId, { kind: "points", repeat: true }, text));
    expect(await accountOf(shopId, home.id)).toMatchObject({ balance: 40 });
    expect((await accountOf(shopId, work.id))?.balance ?? 0).toBe(0);
  });

  it("revokes what the one who stays has now", async () => {
    const { shopId, awardNumber, work, merge, apply } = await twoOfOne();
    await imported(shopId, { kind: "issue", awardNumber, distributed: true }, `customer id\n${numberOf(work)}\n`);
    const importId = await staged(shopId, { kind: "revoke", awardNumber, returnPoints: false, understood: true }, `customer id\n${numberOf(work)}\n`, LATER);
    await merge();
    await apply(importId);
    expect(await fatesOf(shopId, importId)).toEqual([null]);
    expect(await prisma.coupon.count({ where: { shopId, status: "revoked" } })).toBe(1);
  });

  it("lists the one who stays, once", async () => {
    const { shopId, awardNumber, home, work, merge, apply, listed } = await twoOfOne({ audience: "listed" });
    const importId = await staged(shopId, { kind: "eligible", awardNumber }, `customer id\n${numberOf(home)}\n${numberOf(work)}\n`);
    await merge();
    await apply(importId);
    expect(await listed()).toEqual([home.id]);
    expect(await fatesOf(shopId, importId)).toEqual([null, "already_listed"]);
  });

  it("lets the one who stays be merged on only after the rows that are being applied", async () => {
    const { shopId, awardNumber, home, work, merge } = await twoOfOne();
    const last = await numbered(shopId);
    const importId = await staged(shopId, { kind: "customer_codes", awardNumber }, `code,customer id\nMINE-1,${numberOf(work)}\n`);
    await merge();
    let merging: Promise<unknown> = Promise.resolve();
    const met = await inTransaction(async (tx) => {
      expect(await nextRows(tx, shopId, importId, 0, 10)).toMatchObject([{ customerId: home.id }]);
      merging = inTransaction((other) => mergeCustomers(other, shopId, { keptGid: last.gid as Gid<"Customer">, deletedGid: home.gid as Gid<"Customer"> }, LATER));
      return Promise.race([merging.then(() => "merged"), new Promise((resolve) => setTimeout(resolve, 1_000, "waits"))]);
    });
    expect(met).toBe("waits");
    await merging;
    expect(await prisma.customer.findFirst({ where: { shopId, id: work.id } })).toMatchObject({ mergedIntoId: last.id });
  });

  it("leaves a place on a list to who had it before, though the file named the one they are now merged with", async () => {
    const { shopId, awardNumber, home, work, merge, listed } = await twoOfOne({ audience: "listed" });
    const third = await numbered(shopId);
    const list = (...people: { gid: string }[]) => imported(shopId, { kind: "eligible", awardNumber }, `customer id\n${people.map((one) => `${numberOf(one)}\n`).join("")}`);
    const before = await list(home);
    const places = await list(work, third);
    await merge();
    expect(await undoImport(shopId, places, LATER)).toMatchObject({ job: { outcomes: { undone: 1, in_use: 1 } } });
    expect(await listed()).toEqual([home.id]);
    expect(await undoImport(shopId, before, LATER)).toMatchObject({ job: { outcomes: { undone: 1 } } });
    expect(await listed()).toEqual([]);
  });

  it("leaves it to another file that named the one who goes", async () => {
    const { shopId, awardNumber, home, work, merge, listed } = await twoOfOne({ audience: "listed" });
    const [first, second] = [
      await imported(shopId, { kind: "eligible", awardNumber }, `customer id\n${numberOf(home)}\n`),
      await imported(shopId, { kind: "eligible", awardNumber }, `customer id\n${numberOf(work)}\n`),
    ];
    await merge();
    expect(await undoImport(shopId, first, LATER)).toMatchObject({ job: { outcomes: { in_use: 1 } } });
    expect(await listed()).toEqual([home.id]);
    expect(await undoImport(shopId, second, LATER)).toMatchObject({ job: { outcomes: { undone: 1 } } });
    expect(await listed()).toEqual([]);
  });

  it("leaves it also where the one who stays came to the list after the one who goes", async () => {
    const { shopId, awardNumber, home, work, merge, listed } = await twoOfOne({ audience: "listed" });
    // By hand, long ago.
    await prisma.awardCustomer.create({ data: { shopId, awardNumber, customerId: work.id } });
    const places = await imported(shopId, { kind: "eligible", awardNumber }, `customer id\n${numberOf(home)}\n`);
    await merge();
    expect(await undoImport(shopId, places, LATER)).toMatchObject({ job: { outcomes: { in_use: 1 } } });
    expect(await listed()).toEqual([home.id]);
  });

  it("takes points and places on a list back from the one who stays", async () => {
    const { shopId, awardNumber, home, work, merge, listed } = await twoOfOne({ audience: "listed" });
    const points = await imported(shopId, { kind: "points" }, `customer id,points\n${numberOf(work)},100\n`);
    const places = await imported(shopId, { kind: "eligible", awardNumber }, `customer id\n${numberOf(work)}\n`);
    await givePoints(shopId, home.id, 30);
    await merge();
    expect(await listed()).toEqual([home.id]);
    for (const importId of [points, places]) expect(await undoImport(shopId, importId, LATER)).toMatchObject({ job: { outcomes: { undone: 1 } } });
    expect(await accountOf(shopId, home.id)).toMatchObject({ balance: 30 });
    expect(await accountOf(shopId, work.id)).toMatchObject({ balance: 0 });
    expect(await listed()).toEqual([]);
  });
});
