/** A back office makes awards, changes them, gives coupons to customers, takes them back. */
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { NOON } from "../factories.ts";
import { BASE, newIntegrator, newMember, openApiServer, type ApiServer } from "./integrator.ts";

let server: ApiServer;
beforeAll(async () => void (server = await openApiServer()));
afterAll(() => server.close());

const TILL_AWARD = { name: "Till five", kind: "fixed_amount", value: 5, pointsPrice: 100, appliedBy: "integrator", codes: { source: "pasted", codes: ["TILL-A", "TILL-B", "TILL-C"] } };

async function story() {
  const integrator = await newIntegrator(server);
  const person = () => newMember(integrator.shop.id, 1000);
  const send = (method: string, path: string, body?: object) => integrator.call(path, { method, body });
  const create = async (more: object = {}) => {
    const { status, body } = await send("POST", "/awards", { ...TILL_AWARD, ...more });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return Number(body.ruleId);
  };
  const give = async (customerId: string, ruleId: number) => String((await send("POST", "/coupons/distribute", { customerId, ruleId })).body.code);
  return { ...integrator, person, send, create, give };
}

describe("awards", () => {
  it("are made with their codes; those that fail are named", async () => {
    const { send } = await story();
    const { status, body } = await send("POST", "/awards", {
      name: "A fifth off", kind: "percentage", value: 20, capping: 10.5, minOrderValue: 30, appliedBy: "integrator", usesPerCustomer: 1, usesTotal: 3,
      entitledProductIds: [632910392], weekdays: [1, 5], startDate: "2026-11-01T00:00:00Z", endDate: "2026-12-31T23:00:00Z",
      codes: { source: "pasted", codes: ["FIFTH-1", "FIFTH-2", "fifth-1", "not a code"] },
    });
    expect([status, body.codes]).toMatchObject([200, { added: 2, failedCount: 2, failed: [{ code: "fifth-1" }, { code: "not a code" }] }]);
    expect(body).toMatchObject({ value: 20, capping: 10.5, minOrderValue: 30, currency: "EUR", entitledProductIds: ["632910392"], weekdays: [1, 5], state: "active", issued: 0, used: 0, terms: expect.stringContaining("20%") });
    const german = await send("GET", `/awards/${String(body.ruleId)}?locale=de`);
    expect(german.body.terms).toMatch(/^20\s%/);
  });

  it.each([
    ["generated", { source: "generated", stockTarget: 5, length: 12, prefix: "GEN-" }, 5],
    ["after a sample", { source: "pattern", sample: "TEST12345", stockTarget: 5 }, 5],
    ["one for everybody", { source: "single", code: "EVERYBODY" }, 1],
    ["of another system", { source: "third_party", codes: ["X-1", "X-2"] }, 2],
    ["typed one by one", { source: "typed", codes: [{ code: "T-1", usesPerCode: 2, minOrderValue: 10 }, {}] }, 2],
  ])("take codes %s", async (_name, codes, added) => {
    const { send } = await story();
    const { status, body } = await send("POST", "/awards", { ...TILL_AWARD, codes });
    expect([status, body.codes]).toMatchObject([200, { added }]);
  });

  it("are made although some codes are nonsense: each of those is named with its reason", async () => {
    const { send } = await story();
    const made = async (codes: object) => {
      const { status, body } = await send("POST", "/awards", { ...TILL_AWARD, codes });
      const { added, failed } = body.codes as { added: number; failed: { line: number; reason: string }[] };
      return [status, added, ...failed.map(({ line, reason }) => `${line} ${reason}`)];
    };
    expect(await made({ source: "pasted", codes: ["FINE", "L".repeat(256), "", "no good"] })).toEqual([200, 1, "2 too_long", "4 malformed"]);
    const typed = [{ code: "GOOD" }, { code: "L".repeat(256) }, { code: "UNLIMITED", usesPerCode: 0 }, { code: "HALVES", usesPerCode: 1.5 }, { code: "NEGATIVE", minOrderValue: -1 }];
    expect(await made({ source: "typed", codes: typed })).toEqual([200, 1, "2 too_long", "3 bad_limit", "4 bad_limit", "5 bad_minimum"]);
  });

  it("say of each rule who holds it: what Shopify cannot is known from the start", async () => {
    const { send } = await story();
    const award = { ...TILL_AWARD, appliedBy: "shopify", usesPerCustomer: 2, minOrderValue: 30 };
    const holders = async (more: object) => {
      const { ruleId } = (await send("POST", "/awards", { ...award, ...more })).body;
      const { body } = await send("GET", `/awards/${String(ruleId)}`);
      return Object.fromEntries((body.enforcement as { rule: string; by: string }[]).map(({ rule, by }) => [rule, by]));
    };
    const native = { value: "shopify", minOrderValue: "shopify", startDate: "shopify", usesPerCode: "shopify", usesPerCustomer: "us", combinesWith: "shopify" };
    expect(await holders({})).toEqual(native);
    const codes = (code: string) => ({ codes: { source: "pasted", codes: [code] } });
    expect(await holders({ weekdays: [1], ...codes("MON") })).toEqual({ ...native, value: "function", minOrderValue: "function", weekdays: "function" });
    expect(await holders({ appliedBy: "integrator", locationIds: [], ...codes("TILL-9") })).toEqual({ value: "integrator", minOrderValue: "us", startDate: "us", usesPerCode: "us", usesPerCustomer: "us", combinesWith: "us" });
  });

  it("whose codes are easily guessed are warned of, by what will be kept ready", async () => {
    const { send } = await story();
    const made = async (codes: object) => (await send("POST", "/awards", { ...TILL_AWARD, usesPerCustomer: 1, usesTotal: 9, codes })).body.warnings;
    expect(await made({ source: "pattern", sample: "TEST1", stockTarget: 5 })).toEqual([expect.stringContaining("one guess in 9,331 hits one that works")]);
    expect(await made({ source: "generated", alphabet: "numeric", length: 8, stockTarget: 99 })).toEqual([]);
    expect(await made({ source: "generated", alphabet: "numeric", length: 8, prefix: "N", stockTarget: 100 })).toEqual([expect.stringContaining("one guess in 1,000,000")]);
  });

  it("are refused with the field's name here and what to do", async () => {
    const { send } = await story();
    const { status, body } = await send("POST", "/awards", { ...TILL_AWARD, kind: "percentage", value: 120, endDate: "2020-01-01T00:00:00Z" });
    expect([status, body.reason, body.code]).toEqual([422, "award_refused", 9170]);
    expect((body.problems as { field: string }[]).map(({ field }) => field)).toEqual(expect.arrayContaining(["value", "endDate"]));
  });

  it("are changed until a coupon was given; then only what was not bought, or by a successor", async () => {
    const { send, create, person, give } = await story();
    const ruleId = await create();
    const before = (await send("GET", `/awards/${ruleId}`)).body;
    const changed = await send("PUT", `/awards/${ruleId}`, { value: 7.5, updatedAt: before.updatedAt });
    expect(changed.body).toMatchObject({ value: 7.5, name: "Till five" });
    const stale = await send("PUT", `/awards/${ruleId}`, { value: 8, updatedAt: "2020-01-01T00:00:00Z" });
    expect([stale.status, stale.body.reason]).toEqual([409, "award_stale"]);

    await give((await person()).customerId, ruleId);
    const current = (await send("GET", `/awards/${ruleId}`)).body;
    expect(current.issued).toBe(1);
    const locked = await send("PUT", `/awards/${ruleId}`, { value: 9, minOrderValue: 1, updatedAt: current.updatedAt });
    expect([locked.status, locked.body.reason, locked.body.fields]).toEqual([409, "award_locked", expect.arrayContaining(["value", "minOrderValue"])]);
    const successor = await send("POST", `/awards/${ruleId}/duplicate`, { value: 9, name: "Till nine", archive: true, codes: { source: "pasted", codes: ["NINE-1"] } });
    expect(successor.body).toMatchObject({ value: 9, name: "Till nine", predecessor: ruleId, appliedBy: "integrator" });
    expect((await send("GET", `/awards/${ruleId}`)).body).toMatchObject({ state: "archived", value: 7.5 });
  });

  it("keep their amounts when they change their currency, whatever digits it has", async () => {
    const { send, create } = await story();
    const ruleId = await create({ minOrderValue: 30 });
    const { updatedAt } = (await send("GET", `/awards/${ruleId}`)).body;
    const yen = await send("PUT", `/awards/${ruleId}`, { currency: "JPY", updatedAt });
    expect(yen.body).toMatchObject({ currency: "JPY", value: 5, minOrderValue: 30 });
    const dinars = await send("POST", `/awards/${ruleId}/duplicate`, { currency: "KWD", minOrderValue: 7.125, codes: { source: "pasted", codes: ["KWD-1"] } });
    expect(dinars.body).toMatchObject({ currency: "KWD", value: 5, minOrderValue: 7.125 });
  });

  it("ask for a new number when they become of another kind: ten off is not ten percent", async () => {
    const { send, create } = await story();
    const ruleId = await create({ value: 10 });
    const { updatedAt } = (await send("GET", `/awards/${ruleId}`)).body;
    expect(await send("PUT", `/awards/${ruleId}`, { kind: "percentage", updatedAt })).toMatchObject({ status: 422 });
    expect(await send("PUT", `/awards/${ruleId}`, { kind: "percentage", value: 20, updatedAt })).toMatchObject({ status: 200, body: { kind: "percentage", value: 20 } });
  });

  it("are switched off and on, get more codes, and are listed page by page", async () => {
    const { send, create } = await story();
    const [first, second] = [await create(), await create({ name: "Not sold", pointsPrice: null, codes: { source: "pasted", codes: ["N-1"] } })];
    expect((await send("POST", `/awards/${first}/status`, { status: "inactive" })).body).toMatchObject({ status: "inactive", state: "inactive" });
    expect((await send("POST", `/awards/${second}/codes`, { codes: { source: "pasted", codes: ["N-2", "N-1"] } })).body).toMatchObject({ added: 1, failedCount: 1 });
    const page = (await send("GET", "/awards?limit=1")).body;
    expect(page).toMatchObject({ count: 1, hasMore: true, awards: [{ ruleId: second }] });
    expect((await send("GET", `/awards?limit=1&cursor=${String(page.nextCursor)}`)).body).toMatchObject({ awards: [{ ruleId: first }], hasMore: false });
    expect((await send("GET", "/awards?sold=false")).body).toMatchObject({ awards: [{ name: "Not sold" }] });
    expect((await send("GET", "/awards?status=inactive")).body).toMatchObject({ awards: [{ ruleId: first }] });
    expect((await send("GET", "/awards/999")).body).toMatchObject({ reason: "award_unknown" });
  });
});

describe("coupons that are out", () => {
  it("are given for nothing, handed to another customer, put away and brought back", async () => {
    const { send, create, give, person, shop } = await story();
    const ruleId = await create();
    const [one, other] = [await person(), await person()];
    const code = await give(one.customerId, ruleId);
    expect((await findBalance(shop.id, one.id, NOON)).balance).toBe(1000);

    const handed = await send("POST", `/coupons/${code}/transfer`, { customerId: other.customerId });
    expect([handed.status, handed.body.code]).toEqual([200, code]);
    expect((await send("GET", `/coupons/${code}`)).body).toMatchObject({ customerId: other.customerId, status: "issued" });
    expect((await send("POST", `/coupons/${code}/transfer`, { customerId: other.customerId })).body).toMatchObject({ reason: "already_theirs" });
    expect((await send("POST", "/coupons/NO-SUCH/transfer", { customerId: other.customerId })).body).toMatchObject({ reason: "coupon_unknown" });

    expect((await send("POST", `/coupons/${code}/archive`, {})).body).toEqual({ success: true, code, archived: true });
    expect((await send("POST", `/coupons/${code}/validate`, { customerId: other.customerId })).body).toMatchObject({ valid: false, reasons: [{ reason: "coupon_archived" }] });
    expect((await send("POST", `/coupons/${code}/archive`, { archived: false })).body).toMatchObject({ archived: false });
    expect((await send("POST", `/coupons/${code}/validate`, { customerId: other.customerId })).body).toMatchObject({ valid: true });
  });

  it("with rules of their own are given by their name, and only so", async () => {
    const { send, create, person } = await story();
    const ruleId = await create({ codes: { source: "typed", codes: [{ code: "WELCOME", firstOrderOnly: true }, { code: "THRICE", usesPerCode: 3 }] } });
    const [one, other] = [await person(), await person()];
    const give = (customerId: string, code?: string) => send("POST", "/coupons/distribute", { customerId, ruleId, code });
    expect((await give(one.customerId)).body).toMatchObject({ reason: "out_of_codes" });
    expect((await give(one.customerId, "welcome")).body).toMatchObject({ code: "WELCOME", outcome: "issued", pointsSpent: 0 });
    expect((await send("POST", "/coupons/WELCOME/validate", { customerId: one.customerId })).body).toMatchObject({ valid: true });
    for (const taken of ["WELCOME", "NO-SUCH"]) expect((await give(other.customerId, taken)).body).toMatchObject({ reason: "out_of_codes", message: expect.stringContaining("no such code") });
    expect((await give(other.customerId, "THRICE")).body).toMatchObject({ code: "THRICE" });
  });

  it("are revoked only by who understands what that does, and points go back if that is wished", async () => {
    const { send, create, person, shop } = await story();
    const ruleId = await create();
    const [one, other] = [await person(), await person()];
    const bought = await send("POST", "/coupons/predefined", { customerId: one.customerId, ruleId });
    await send("POST", "/coupons/predefined", { customerId: other.customerId, ruleId });
    const revoke = (more: object) => send("POST", "/coupons/revoke", { ruleId, mode: "customers", customerIds: [one.customerId], understood: true, returnPoints: true, ...more });
    expect((await revoke({ understood: false })).body).toMatchObject({ reason: "not_understood" });
    // Who names customers never means everybody, and who means some customers names them.
    for (const slip of [{ mode: "unredeemed" }, { mode: "not_issued" }, { customerIds: [] }]) expect((await revoke(slip)).body).toMatchObject({ reason: "argument_invalid" });
    expect((await revoke({ customerIds: undefined })).body).toMatchObject({ reason: "argument_missing" });
    const job = await revoke({});
    expect(job.body).toMatchObject({ status: "done", outcomes: { revoked: 1 } });
    expect((await send("GET", `/jobs/${String(job.body.jobId)}`)).body).toEqual(job.body);
    expect([(await findBalance(shop.id, one.id, NOON)).spendable, (await findBalance(shop.id, other.id, NOON)).spendable]).toEqual([1000, 900]);
    expect((await send("POST", `/coupons/${String(bought.body.code)}/validate`, { customerId: one.customerId })).body).toMatchObject({ valid: false, reasons: [{ reason: "coupon_revoked" }] });
    expect((await send("GET", "/jobs/job_999999")).body).toMatchObject({ reason: "job_unknown" });
  });
});

describe("a customer who cannot find their coupon", () => {
  const resentOf = (shopId: number) => prisma.event.findMany({ where: { shopId, kind: "coupon.resent" }, orderBy: { id: "asc" } });

  it("is told of it again by whoever sends the shop's messages; points and limits stay as they are", async () => {
    const { send, create, person, shop } = await story();
    const ruleId = await create({ issuesPerCustomer: 1, endDate: "2026-12-31T23:00:00Z" });
    const one = await person();
    const bought = await send("POST", "/coupons/predefined", { customerId: one.customerId, ruleId });
    const code = String(bought.body.code);
    const books = async () => [await findBalance(shop.id, one.id, NOON), await prisma.pointsEntry.count({ where: { shopId: shop.id } }), await prisma.awardTally.findMany({ where: { shopId: shop.id } }), (await send("GET", `/coupons/${code}`)).body];
    const before = await books();

    const resent = await send("POST", `/coupons/${code.toLowerCase()}/resend`);
    const [event] = await resentOf(shop.id);
    expect([resent.status, resent.body]).toEqual([200, { success: true, code, issuanceId: expect.stringMatching(/^iss_/), eventId: `evt_${event?.id}`, resentAt: NOON.toISOString() }]);
    expect(event).toMatchObject({ occurredAt: NOON, data: { couponId: bought.body.couponId, code, awardId: `awd_${ruleId}`, issuanceId: resent.body.issuanceId, customerId: `cus_${one.id}`, expiresAt: "2026-12-31T23:00:00.000Z", channel: "api" } });
    expect(await books()).toEqual(before);
  });

  it("is told once for each time it is asked: the same Idempotency-Key is the same time, also where its answer was lost", async () => {
    const { call, create, give, person, shop, send } = await story();
    const ruleId = await create();
    const one = await person();
    const code = await give(one.customerId, ruleId);
    const resend = (key: string) => call(`/coupons/${code}/resend`, { body: {}, headers: { "Idempotency-Key": key } });
    const first = await resend("asked-by-phone");
    expect((await resend("asked-by-phone")).headers.get("idempotency-replayed")).toBe("true");
    // The first one's process died before it had kept its answer; meanwhile the coupon was put away.
    await prisma.apiAnswer.deleteMany({ where: { shopId: shop.id } });
    await send("POST", `/coupons/${code}/archive`, {});
    server.at(new Date(NOON.getTime() + 1_000));
    const again = await resend("asked-by-phone");
    server.at(NOON);
    expect([again.status, again.body, again.headers.get("idempotency-replayed")]).toEqual([200, first.body, null]);
    await send("POST", `/coupons/${code}/archive`, { archived: false });
    expect((await resend("asked-once-more")).body.eventId).not.toBe(first.body.eventId);
    expect(await resentOf(shop.id)).toHaveLength(2);
  });

  it("is not told of what they do not have or cannot use, and staff hear why", async () => {
    const { send, create, give, person, shop } = await story();
    const ends = new Date(NOON.getTime() + 3_600_000);
    const ruleId = await create({ endDate: ends.toISOString(), codes: { source: "pasted", codes: ["R-1", "R-2", "R-3", "R-4", "R-5"] } });
    const [one, other] = [await person(), await person()];
    const code = await give(one.customerId, ruleId);
    const free = ["R-1", "R-2", "R-3", "R-4", "R-5"].find((each) => each !== code) ?? "";
    const reasonOf = async (asked: string, body: object = {}) => (await send("POST", `/coupons/${asked}/resend`, body)).body.reason;
    expect(await reasonOf("NO-SUCH")).toBe("coupon_unknown");
    expect(await reasonOf(free)).toBe("not_issued");
    expect(await reasonOf(code, { customerId: other.customerId })).toBe("not_owner");
    expect(await reasonOf(code, { customerId: "nobody" })).toBe("customer_unknown");

    await send("POST", `/coupons/${code}/archive`, {});
    expect(await reasonOf(code)).toBe("coupon_archived");
    const used = await give(one.customerId, ruleId);
    await send("POST", "/coupons/burn", { customerId: one.customerId, coupons: [used], transactionId: "sale-1" });
    expect(await reasonOf(used)).toBe("coupon_redeemed");
    const revoked = await give(other.customerId, ruleId);
    await send("POST", "/coupons/revoke", { ruleId, mode: "customers", customerIds: [other.customerId], understood: true });
    expect(await reasonOf(revoked)).toBe("coupon_revoked");
    const late = await give(other.customerId, ruleId);
    await send("POST", `/awards/${ruleId}/status`, { status: "inactive" });
    expect(await reasonOf(late)).toBe("award_inactive");
    await send("POST", `/awards/${ruleId}/status`, { status: "archived" });
    expect(await reasonOf(late)).toBe("award_inactive");
    server.at(ends);
    expect(await reasonOf(late)).toBe("coupon_expired");
    server.at(NOON);
    const put = await create({ codes: { source: "pasted", codes: ["P-1"] } });
    const early = await give(one.customerId, put);
    await prisma.award.updateMany({ where: { shopId: shop.id, number: put }, data: { startsAt: ends } });
    expect(await reasonOf(early)).toBe("not_started");
    expect(await resentOf(shop.id)).toEqual([]);
  });
});

describe("locations", () => {
  it("are added, renamed and listed, and an award names only places there are", async () => {
    const { send, create } = await story();
    const berlin = { id: "b-1", name: "Berlin Mitte", zone: "Berlin" };
    expect((await send("PUT", "/locations", { locations: [berlin, { id: "r-1", name: "Roma" }] })).body).toEqual({ added: 2, changed: 0, unchanged: 0 });
    expect((await send("PUT", "/locations", { locations: [{ ...berlin, concept: "outlet" }] })).body).toEqual({ added: 0, changed: 1, unchanged: 0 });
    const page = (await send("GET", "/locations?limit=1")).body;
    expect(page).toMatchObject({ locations: [{ id: "b-1", name: "Berlin Mitte", zone: "Berlin", concept: "outlet" }], hasMore: true });
    expect((await send("GET", `/locations?limit=1&cursor=${String(page.nextCursor)}`)).body).toMatchObject({ locations: [{ id: "r-1" }], hasMore: false });
    // Blanks around a name are nobody's, and a name of blanks is none.
    await send("PUT", "/locations", { locations: [{ id: " k-1 ", name: "Köln", zone: " Rhein" }] });
    expect((await send("GET", "/locations?search=k-1")).body).toMatchObject({ locations: [{ id: "k-1", name: "Köln", zone: "Rhein" }] });
    expect((await send("PUT", "/locations", { locations: [{ id: " ", name: "Nowhere" }] })).body).toMatchObject({ reason: "argument_invalid" });
    await expect(create({ locationIds: ["nowhere"] })).rejects.toThrow("nowhere");
    expect(await create({ locationIds: ["b-1"] })).toBeGreaterThan(0);
  });
});

describe("imports", () => {
  it("show each row's fate before anything is done, apply what is valid, name what is not, and are undone", async () => {
    const { call, create, person, send, shop } = await story();
    const ruleId = await create({ codes: { source: "generated", stockTarget: 10 } });
    const [one, other] = [await person(), await person()];
    const upload = (file: string, query = "") => call(`/imports?kind=issue&ruleId=${ruleId}&fileName=spring.csv${query}`, { method: "POST", body: file, headers: { "Content-Type": "text/csv" } });
    const file = `customer\n${one.customerId}\nnobody\n${other.customerId}\n`;
    const staged = await upload(file);
    expect(staged.body).toMatchObject({ kind: "issue", ruleId, fileName: "spring.csv", status: "previewed", rowsCount: 3, validCount: 2, appliedCount: 0 });
    const path = `/imports/${String(staged.body.importId)}`;
    const issues = await send("GET", `${path}/issues`);
    expect([issues.headers.get("content-type"), issues.text.split("\r\n")[0]]).toEqual(["text/csv; charset=utf-8", "customer,issue code,issue text"]);
    expect(issues.text).toContain("nobody");
    expect((await send("POST", `${path}/apply`, { mode: "all_or_nothing" })).body).toMatchObject({ reason: "import_rows_fail" });
    expect(await prisma.issuance.count({ where: { shopId: shop.id } })).toBe(0);
    expect((await send("POST", `${path}/apply`, {})).body).toMatchObject({ status: "applied", appliedCount: 2 });
    expect((await send("GET", `/customers/${one.customerId}/coupons`)).body).toMatchObject({ count: 1 });
    expect((await upload(file)).body).toMatchObject({ reason: "import_repeated", importId: staged.body.importId });

    expect((await send("POST", `${path}/undo`)).body).toMatchObject({ status: "undone" });
    expect((await send("GET", `/customers/${one.customerId}/coupons?status=issued`)).body).toMatchObject({ count: 0 });
    expect((await call("/imports?kind=issue", { method: "POST", body: { customer: 1 } })).body).toMatchObject({ reason: "media_type_unsupported" });
    expect((await upload("nothing useful\n1\n", "&repeat=true")).body).toMatchObject({ reason: "import_refused" });
  });

  it("under one Idempotency-Key are one file: sent again it is answered the same, another file is refused", async () => {
    const { call, person, shop } = await story();
    const { customerId } = await person();
    const upload = (points: number) => call("/imports?kind=points", { method: "POST", body: `customer,points\n${customerId},${points}\n`, headers: { "Content-Type": "text/csv", "Idempotency-Key": "one-file" } });
    const [first, again, other] = [await upload(5), await upload(5), await upload(500)];
    expect([first.status, again.body, again.headers.get("idempotency-replayed")]).toEqual([200, first.body, "true"]);
    expect([other.status, other.body.reason]).toEqual([409, "idempotency_key_reused"]);
    expect(await prisma.import.count({ where: { shopId: shop.id } })).toBe(1);
  });

  it("under the same Idempotency-Key every night are a file each night: after a day the key is forgotten", async () => {
    const { call, person, shop } = await story();
    const { customerId } = await person();
    const night = async (hours: number, points: number) => {
      server.at(new Date(NOON.getTime() + hours * 3_600_000));
      const { status, body } = await call("/imports?kind=points&repeat=true", { method: "POST", body: `customer,points\n${customerId},${points}\n`, headers: { "Content-Type": "text/csv", "Idempotency-Key": "nightly" } });
      server.at(NOON);
      return { status, importId: body.importId };
    };
    const nights = [await night(0, 1), await night(0.5, 1), await night(25, 2), await night(26, 2), await night(50, 3)];
    expect(nights.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(nights.map(({ importId }) => importId)).size).toBe(3);
    expect((await prisma.importRow.findMany({ where: { shopId: shop.id }, orderBy: { importId: "asc" } })).map(({ points }) => points)).toEqual([1, 2, 3]);
  });

  it("that are refused at their first line are answered, however much is still to come", async () => {
    const { call } = await story();
    const upload = () => call("/imports?kind=points", { method: "POST", body: `nothing,useful\n${"1,2\n".repeat(5_000_000)}`, headers: { "Content-Type": "text/csv", "Idempotency-Key": "refused" } });
    const refused = await upload();
    expect([refused.status, refused.body.reason]).toEqual([422, "import_refused"]);
    expect((await upload()).headers.get("idempotency-replayed")).toBe("true");
    const unkeyed = await call("/imports?kind=points", { method: "POST", body: `nothing,useful\n${"1,2\n".repeat(5_000_000)}`, headers: { "Content-Type": "text/csv" } });
    expect([unkeyed.status, unkeyed.body.reason]).toEqual([422, "import_refused"]);
  });

  it("that come slowly keep nobody else waiting: of one shop one file is read at a time", async () => {
    const { auth, call, person, shop } = await story();
    const { customerId } = await person();
    const file = `customer,points\n${customerId},5\n`;
    const slow = request(`${server.url}${BASE}/imports?kind=points`, { method: "POST", headers: { ...auth, "Content-Type": "text/csv" } });
    const answered = new Promise<number | undefined>((resolve) => slow.on("response", (response) => resolve(response.resume().statusCode)));
    slow.write(file);
    const upload = () => call("/imports?kind=points&repeat=true", { method: "POST", body: file, headers: { "Content-Type": "text/csv" } });
    // Sent on connections of their own, the second could be the first to be heard.
    await expect.poll(() => prisma.import.count({ where: { shopId: shop.id, status: "staging" } }), { timeout: 20_000 }).toBe(1);
    expect((await upload()).body.reason).toBe("busy");
    expect((await call("/awards")).status).toBe(200);
    slow.end();
    expect([await answered, (await upload()).status]).toEqual([200, 200]);
  });

  it("give an award to a list of customers at once", async () => {
    const { create, person, send } = await story();
    const ruleId = await create({ codes: { source: "generated", stockTarget: 10 } });
    const people = [await person(), await person()];
    const given = await send("POST", `/awards/${ruleId}/distribute`, { customers: [...people.map(({ customerId }) => customerId), "nobody"] });
    expect(given.body).toMatchObject({ kind: "issue", status: "applied", rowsCount: 3, appliedCount: 2 });
    expect((await send("GET", `/awards/${ruleId}`)).body.issued).toBe(2);
  });
});

it("the same award sent twice under one Idempotency-Key is one award", async () => {
  const { call } = await story();
  const make = () => call("/awards", { body: TILL_AWARD, headers: { "Idempotency-Key": "make-it-once" } });
  const [one, two] = [await make(), await make()];
  expect(two.body).toEqual(one.body);
  const other = await call("/awards", { body: { ...TILL_AWARD, name: "Another" }, headers: { "Idempotency-Key": "make-it-once" } });
  expect([other.status, other.body.reason]).toEqual([409, "idempotency_key_reused"]);
  server.at(new Date(NOON.getTime() + 24 * 3_600_000));
  const later = await call("/awards", { body: { ...TILL_AWARD, name: "Another day", codes: { source: "pasted", codes: ["LATER-1"] } }, headers: { "Idempotency-Key": "make-it-once" } });
  server.at(NOON);
  expect([later.status, later.body.name]).toEqual([200, "Another day"]);
});
