/** What the law asks: a person's data is put together and forgotten, a shop's too, wherever it stands. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Customer } from "#app/generated/prisma/client.ts";
import { addCodesToAward } from "#app/domain/awards/add-codes.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { resendCoupon } from "#app/domain/coupons/resend.server.ts";
import { exportCustomer } from "#app/domain/customers/export.server.ts";
import { createKey } from "#app/domain/keys/create.server.ts";
import { adjustPoints } from "#app/domain/points/adjust.server.ts";
import { findBalance, listStatement } from "#app/domain/points/queries.server.ts";
import { redeemPoints } from "#app/domain/points/redeem.server.ts";
import { verifyChain } from "#app/domain/points/verify.server.ts";
import { installShop } from "#app/domain/shops/install.server.ts";
import { pruneExports } from "#app/domain/shops/prune-exports.server.ts";
import { retryCompliance } from "#app/inbox/wake.server.ts";
import { inTransaction, pool, prisma } from "#app/lib/db.server.ts";
import { publicId } from "#app/lib/ids.ts";
import { taskList } from "#app/tasks.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "../factories.ts";
import { orderPayload, refundPayload } from "../fixtures/payloads.ts";
import { openHotServer, workInbox } from "../hot-server.ts";
import { tamper } from "../tamper.ts";

let app: Awaited<ReturnType<typeof openHotServer>>;
beforeAll(async () => void (app = await openHotServer()));
afterAll(() => app.close());

interface Column {
  table: string;
  column: string;
  by: "shopId" | "shopDomain" | "shop";
}

/** Every column of every table that can hold words of this shop, whatever tables there will be. */
async function wordyColumns(): Promise<Column[]> {
  const { rows } = await pool.query<Column>(`
    SELECT c.table_name AS table, c.column_name AS column, k.column_name AS by
    FROM information_schema.columns c
    JOIN information_schema.columns k ON k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name IN ('shopId', 'shopDomain', 'shop')
    WHERE c.table_schema = 'public' AND c.table_name <> '_prisma_migrations'
      AND (c.data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea') OR (c.data_type = 'ARRAY' AND c.udt_name IN ('_text', '_varchar')))
    UNION ALL SELECT 'Shop', column_name, 'id' FROM information_schema.columns WHERE table_name = 'Shop' AND data_type = 'text'`);
  return rows;
}

/** Where in the shop's tables any of these words stands: "Table.column: the text around it". */
async function findWords(shop: { id: number; domain: string }, words: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const { table, column, by } of await wordyColumns()) {
    const key = by === "shopDomain" || by === "shop" ? shop.domain : shop.id;
    const { rows } = await pool.query<{ text: string }>(`
      SELECT * FROM (SELECT CASE WHEN pg_typeof("${column}") = 'bytea'::regtype THEN encode("${column}"::text::bytea, 'escape') ELSE "${column}"::text END AS text
        FROM "${table}" WHERE "${by}" = $1 AND "${column}" IS NOT NULL) t`, [key]);
    for (const { text } of rows) {
      const word = words.find((each) => new RegExp(`(?<![A-Za-z0-9])${each.replace(/[^A-Za-z0-9]/g, "\\$&")}(?![A-Za-z0-9])`, "i").test(text));
      if (word) found.push(`${table}.${column}: ${word} in ${text.slice(0, 120)}`);
    }
  }
  return found;
}

const unique = () => 7_000_000_000_000 + Math.floor(Math.random() * 1e12);

/** An order whose payload says of its customer what we know. */
function orderOf({ gid, firstName, lastName, email, phone }: Customer, id: number, codes: { code: string; amount: string }[] = []) {
  const customer = { id: Number(gid.split("/").at(-1)), admin_graphql_api_id: gid, first_name: firstName, last_name: lastName, email, phone };
  return { ...orderPayload({ id, customerGid: gid, codes }), email, contact_email: email, customer };
}

/** A shopper who has done whatever leaves a trace, beside another who shares only the shop. */
async function storyOfAmira() {
  const shop = await newShop();
  const shopId = shop.id;
  const number = unique();
  const email = `amira.okafor-${number}@example.com`;
  const phone = `+49301${String(number).slice(-7)}`;
  const gid = `gid://shopify/Customer/${number}` as const;
  const amira = await newCustomer(shopId, { gid, firstName: "Amirah", lastName: "Okaforova", email, phone });
  await prisma.customer.updateMany({ where: { shopId, id: amira.id }, data: { externalId: `till-${number}`, birthMonth: 3, birthDay: 14, registeredAt: NOON } });
  const ben = await newCustomer(shopId, { gid: `gid://shopify/Customer/${number}1`, firstName: "Benedikt", email: `ben-${unique()}@example.com` });
  await app.deliver(shop.domain, "orders/create", orderOf(amira, number + 1));
  await app.deliver(shop.domain, "orders/create", orderOf(ben, number + 2));
  await app.deliver(shop.domain, "customers/update", `not JSON, but about ${email}`);
  await workInbox(shop.domain, NOON);
  await givePoints(shopId, amira.id, 500);

  const award = await newAward(shopId);
  const issued = await issueCoupon(shopId, { customerId: amira.id, awardNumber: award.number, requestKey: "for-amira", channel: "checkout" }, NOON);
  if (issued.outcome !== "issued") throw new Error(issued.outcome);
  await resendCoupon(shopId, { couponId: issued.couponId, customerId: amira.id, channel: "api", requestKey: "for-amira" }, NOON);
  const typed = await newAward(shopId, { source: { source: "typed", codes: [{ code: "FIRST-1" }] } });
  await addCodesToAward(shopId, typed.number, { source: "typed", codes: [{ code: "ONLY-YOURS", customer: gid }] }, NOON, "bound");
  await prisma.awardCustomer.create({ data: { shopId, awardNumber: award.number, customerId: amira.id } });
  await prisma.couponLock.create({ data: { shopId, reference: "till-7", couponId: issued.couponId, awardNumber: award.number, customerId: amira.id, lockedAt: NOON, endsAt: NOON } });
  await prisma.pointsHold.create({ data: { shopId, customerId: amira.id, points: 5, requestKey: "hold-1", note: "For Amirah at the counter", status: "returned", heldAt: NOON, endsAt: NOON, endedAt: NOON } });
  await prisma.pendingEarning.create({ data: { shopId, orderGid: `gid://shopify/Order/${number + 9}`, customerId: amira.id, points: 7, note: "For Amirah, who waited", occurredAt: NOON, maturesAt: NOON } });

  const file = await prisma.import.create({ data: { shopId, kind: "points", fileName: `points of ${email}.csv`, requestKey: "file-1", createdAt: NOON, problem: `unknown: ${phone}` } });
  await prisma.importRow.createMany({
    data: [
      { shopId, importId: file.id, line: 2, input: `${email},5`, namedBy: "email", name: email.toUpperCase(), note: "Amirah asked for it", customerId: amira.id },
      { shopId, importId: file.id, line: 3, input: `till-${number},5`, namedBy: "externalId", name: `till-${number}` },
      { shopId, importId: file.id, line: 4, input: `${ben.email},5,a friend of ${email}`, namedBy: "email", name: ben.email, customerId: ben.id },
      { shopId, importId: file.id, line: 5, input: `${ben.email},9`, namedBy: "email", name: ben.email, customerId: ben.id },
    ],
  });
  const endpoint = await prisma.webhookEndpoint.create({ data: { shopId, url: "https://crm.example.com/hook", secret: "whsec", kinds: [], listensFrom: NOON, createdAt: NOON } });
  const event = await prisma.event.findFirstOrThrow({ where: { shopId, kind: "coupon.issued" } });
  // Of a coupon that went from her to Ben; the endpoint complained about both events.
  const passedOn = await prisma.event.create({ data: { shopId, kind: "coupon.transferred", data: { customerId: publicId("customer", ben.id), previousCustomerId: publicId("customer", amira.id) }, occurredAt: NOON } });
  for (const { id } of [event, passedOn]) {
    await prisma.webhookDelivery.create({ data: { shopId, endpointId: endpoint.id, eventId: id, status: "failed", httpStatus: 400, answer: `no such person: ${email}`, nextAttemptAt: NOON, giveUpAt: NOON, createdAt: NOON } });
  }
  await prisma.apiAnswer.create({ data: { shopId, key: "till-key-1", requestHash: Buffer.from("h"), status: 200, body: JSON.stringify({ customerId: gid, email }), createdAt: NOON } });
  await prisma.bulkJob.create({ data: { shopId, kind: "revoke", request: { customers: [email] }, requestKey: "job-1", status: "done", problem: `not ${gid}`, createdAt: NOON, endedAt: NOON } });
  await prisma.change.create({ data: { shopId, kind: "push_codes", subject: "99", status: "failed", problem: `Customer ${gid} does not exist`, nextAttemptAt: NOON } });
  await prisma.drift.create({ data: { shopId, kind: "edited", subject: "gid://shopify/DiscountCodeNode/1", status: "queued", reason: "context", details: { customers: [gid] }, foundAt: NOON, seenAt: NOON } });

  // Others' words about her where she is not the one it is about.
  await prisma.pointsHold.create({ data: { shopId, customerId: ben.id, points: 5, requestKey: "hold-2", note: `paid for by ${email}`, status: "returned", heldAt: NOON, endsAt: NOON, endedAt: NOON } });
  await prisma.pendingEarning.create({ data: { shopId, orderGid: `gid://shopify/Order/${number + 8}`, customerId: ben.id, points: 7, note: `a present of ${phone}`, occurredAt: NOON, maturesAt: NOON } });
  await prisma.parentDiscount.updateMany({ where: { shopId, awardNumber: award.number }, data: { problem: `Customer ${gid} does not exist` } });
  await prisma.coupon.updateMany({ where: { shopId, id: issued.couponId }, data: { problem: `taken by ${email}` } });
  await prisma.staffAlert.create({ data: { shopId, kind: "webhooks_off", subject: "whe_1", data: { host: "crm.example.com", days: 3 }, problem: `no mail for ${email}`, nextAttemptAt: NOON, createdAt: NOON } });
  await prisma.reconciliation.create({ data: { shopId, kind: "codes", status: "failed", problem: `could not read ${gid}`, startedAt: NOON } });
  await prisma.webhookDelivery.updateMany({ where: { shopId, eventId: event.id }, data: { problem: `redirected to /people/${email}` } });

  const tell = async (topic: string) => {
    await app.deliver(shop.domain, topic, { shop_domain: shop.domain, customer: { id: number, email, phone } });
    return workInbox(shop.domain, NOON);
  };
  return { shop, amira, ben, tell, gid, email, phone, words: [gid, String(number), email, phone, "Amirah", "Okaforova", `till-${number}`] };
}

describe("a person who asks what we hold", () => {
  it("is told all of it, and nothing of others but where both stand in one line", async () => {
    const { shop, tell, ben } = await storyOfAmira();
    expect(await tell("customers/data_request")).toEqual(["done"]);
    const { export: held } = await prisma.complianceRequest.findFirstOrThrow({ where: { shopId: shop.id, topic: "customers/data_request" } });
    const kinds = z.record(z.string(), z.unknown()).parse(held);
    const sizes = Object.fromEntries(Object.entries(kinds).filter(([, rows]) => Array.isArray(rows)).map(([name, rows]) => [name, z.array(z.unknown()).parse(rows).length]));
    expect(sizes).toEqual({
      mergedCustomers: 0, points: 1, entries: 2, lots: 2, pendingEarnings: 1, holds: 2, issuances: 1, coupons: 2, locks: 1, redemptions: 0, reversals: 0, orders: 1, refunds: 0,
      lists: 1, importRows: 3, events: 5, deliveries: 2, apiAnswers: 1, webhooks: 3,
    });
    expect(kinds.cut).toBeUndefined();
    expect(JSON.stringify(kinds.events)).toContain("coupon.resent");
    expect(JSON.stringify(held)).toContain("Okaforova");
    // His address and her own stand in one row, as its text and as its name.
    expect(JSON.stringify(held).split(ben.email ?? "?")).toHaveLength(3);
  });

  it("is told what they used, what was undone of it and what was paid back, and what whoever was merged into them had", async () => {
    const shop = await newShop();
    const shopId = shop.id;
    const number = unique();
    const [amira, former] = [await newCustomer(shopId, { gid: `gid://shopify/Customer/${number}` }), await newCustomer(shopId, { gid: `gid://shopify/Customer/${number}1` })];
    await givePoints(shopId, amira.id, 500);
    await prisma.customer.updateMany({ where: { shopId, id: former.id }, data: { mergedIntoId: amira.id } });
    await adjustPoints(shopId, amira.id, { points: 5, reason: "A word", requestKey: randomUUID() }, NOON);
    const { number: awardNumber } = await newAward(shopId);
    const issued = await issueCoupon(shopId, { customerId: amira.id, awardNumber, requestKey: "used", channel: "checkout" }, NOON);
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    await app.deliver(shop.domain, "orders/create", orderOf(amira, number + 1, [{ code: issued.code, amount: "5.00" }]));
    await app.deliver(shop.domain, "refunds/create", refundPayload({ id: number + 2, orderId: number + 1, subtotal: "10.00" }));
    await app.deliver(shop.domain, "customers/data_request", { customer: { id: number } });
    expect(await workInbox(shop.domain, NOON)).toEqual(["done", "done", "done"]);

    const { export: held } = await prisma.complianceRequest.findFirstOrThrow({ where: { shopId } });
    expect(held).toMatchObject({
      customer: { gid: amira.gid }, mergedCustomers: [{ gid: former.gid }],
      redemptions: [{ orderGid: `gid://shopify/Order/${number + 1}` }], reversals: [{ reason: "refunded" }], refunds: [{ gid: `gid://shopify/Refund/${number + 2}` }],
    });
    // What secures the ledger says nothing about them.
    const { entries } = z.object({ entries: z.array(z.record(z.string(), z.unknown())).min(3) }).parse(held);
    expect(entries.flatMap((entry) => Object.keys(entry).filter((name) => /hash|salt|digest/i.test(name)))).toEqual([]);
  });

  it("is told where there is more than fits, and of what", async () => {
    const { id: shopId } = await newShop();
    const letters = { name: "letters", read: async (_person: unknown, limit: number) => new Array<object>(limit).fill({}) };
    await inTransaction((tx) => exportCustomer(tx, shopId, { gid: "gid://shopify/Customer/7", webhookId: "asked" }, [letters], NOON));
    const { export: held } = await prisma.complianceRequest.findFirstOrThrow({ where: { shopId } });
    expect(z.object({ cut: z.array(z.string()), letters: z.array(z.unknown()) }).parse(held)).toMatchObject({ cut: ["letters"], letters: { length: 200_000 } });
  });

  it("leaves a copy that goes when the time to answer is over", async () => {
    const { shop, tell } = await storyOfAmira();
    await tell("customers/data_request");
    await pruneExports(new Date(NOON.getTime() + 59 * 86_400_000));
    expect((await prisma.complianceRequest.findFirstOrThrow({ where: { shopId: shop.id } })).export).not.toBeNull();
    await pruneExports(new Date(NOON.getTime() + 61 * 86_400_000));
    expect((await prisma.complianceRequest.findFirstOrThrow({ where: { shopId: shop.id } })).export).toBeNull();
  });
});

describe("a person who is to be forgotten", () => {
  it("stands in no column of any table any more; the books add up, and nobody else is touched", async () => {
    const { shop, amira, ben, tell, words } = await storyOfAmira();
    await tell("customers/data_request");
    expect((await findWords(shop, words)).length).toBeGreaterThan(12);
    expect(await tell("customers/redact")).toEqual(["done"]);

    expect(await findWords(shop, words)).toEqual([]);
    expect(await findBalance(shop.id, amira.id, NOON)).toMatchObject({ balance: 600 });
    expect(await verifyChain(shop.id, amira.id)).toMatchObject({ outcome: "unbroken" });
    expect(await prisma.customer.findUniqueOrThrow({ where: { shopId_id: { shopId: shop.id, id: amira.id } } })).toMatchObject({ birthMonth: null, birthDay: null, registeredAt: null, erasedAt: NOON });
    expect(await prisma.customer.findUniqueOrThrow({ where: { shopId_id: { shopId: shop.id, id: ben.id } } })).toMatchObject({ firstName: "Benedikt", email: ben.email });
    expect(await prisma.importRow.findMany({ where: { shopId: shop.id, NOT: { input: "" } }, select: { line: true } })).toEqual([{ line: 5 }]);
    const bound = await prisma.parentDiscount.findFirstOrThrow({ where: { shopId: shop.id, bucket: { startsWith: "erased" } } });
    expect(bound).toMatchObject({ customerGid: null, retiredAt: NOON, expiresAt: NOON });
    expect(await prisma.change.count({ where: { shopId: shop.id, kind: "put_discount", subject: String(bound.id), status: "pending" } })).toBe(1);
  });

  it("asked twice, is forgotten once; and so is one whom Shopify had merged into another", async () => {
    const { shop, amira, tell, words } = await storyOfAmira();
    const old = unique();
    const former = await newCustomer(shop.id, { gid: `gid://shopify/Customer/${old}`, firstName: "Amirah", email: `old-${old}@example.com` });
    await prisma.customer.updateMany({ where: { shopId: shop.id, id: former.id }, data: { mergedIntoId: amira.id } });
    expect([...(await tell("customers/redact")), ...(await tell("customers/redact"))]).toEqual(["done", "done"]);
    expect(await findWords(shop, [...words, String(old), `old-${old}@example.com`])).toEqual([]);
  });

  it("asked twice before the first request was worked, is forgotten by both", async () => {
    const { shop, gid, words } = await storyOfAmira();
    for (let time = 0; time < 2; time++) await app.deliver(shop.domain, "customers/redact", { customer: { id: Number(gid.split("/").at(-1)) } });
    expect((await workInbox(shop.domain, NOON)).slice(-2)).toEqual(["done", "done"]);
    expect(await prisma.complianceRequest.count({ where: { shopId: shop.id, topic: "customers/redact" } })).toBe(2);
    expect(await findWords(shop, words)).toEqual([]);
  });

  it("is asked for again each day where it could not be done, for as long as the law gives", async () => {
    const { shop, gid, words } = await storyOfAmira();
    await app.deliver(shop.domain, "customers/redact", { customer: { id: Number(gid.split("/").at(-1)) } });
    const request = () => prisma.inboxEvent.findFirstOrThrow({ where: { shopDomain: shop.domain, topic: "customers/redact" } });
    const days = (count: number) => new Date(Date.now() + count * 86_400_000);
    // Other news of her failed over and over, for as long as the request was tried.
    await prisma.inboxEvent.updateMany({ where: { shopDomain: shop.domain, status: "received" }, data: { status: "failed", attempts: 8, workedAt: days(0) } });
    await retryCompliance(days(0.9));
    await retryCompliance(days(31));
    expect(await request()).toMatchObject({ status: "failed" });
    await retryCompliance(days(1));
    expect(await request()).toMatchObject({ status: "received", attempts: 0 });
    expect(await workInbox(shop.domain, NOON)).toEqual(["done"]);
    expect(await findWords(shop, words)).toEqual([]);
  });

  it("unknown to us as a customer, is erased from files all the same", async () => {
    const shop = await newShop();
    const email = `stranger-${unique()}@example.com`;
    await prisma.import.create({ data: { shopId: shop.id, id: 1n, kind: "points", fileName: "a.csv", requestKey: "f", createdAt: NOON } });
    await prisma.importRow.create({ data: { shopId: shop.id, importId: 1n, line: 2, input: `${email},5`, namedBy: "email", name: email } });
    await app.deliver(shop.domain, "customers/redact", { customer: { id: 123, email } });
    expect(await workInbox(shop.domain, NOON)).toEqual(["done"]);
    expect(await findWords(shop, [email])).toEqual([]);
  });

  it("whose order waits to be worked, is forgotten after it: what the order used is known, who placed it is not", async () => {
    const { shop, amira, gid, words } = await storyOfAmira();
    const { code } = await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, customerId: amira.id, status: "issued" } });
    await app.deliver(shop.domain, "customers/redact", { customer: { id: Number(gid.split("/").at(-1)) } });
    await app.deliver(shop.domain, "orders/create", orderOf(amira, unique(), [{ code, amount: "5.00" }]));
    // The request comes first, and is put off.
    await expect(workInbox(shop.domain, NOON)).rejects.toThrow("other news of this customer is worked first");
    await workInbox(shop.domain, NOON, "desc");
    expect(await prisma.redemption.count({ where: { shopId: shop.id, customerId: amira.id } })).toBe(1);
    expect(await findWords(shop, words)).toEqual([]);
  });
});

describe("what staff wrote beside somebody's points", () => {
  /** Staff apologise to Amira, twice, and note on Ben's statement whose friend he is. */
  async function notes() {
    const shop = await newShop();
    const email = `amira-${unique()}@example.com`;
    const [amira, ben] = [await newCustomer(shop.id, { gid: `gid://shopify/Customer/${unique()}`, email }), await newCustomer(shop.id, { gid: `gid://shopify/Customer/${unique()}` })];
    const adjust = async (id: bigint, reason: string) => expect(await adjustPoints(shop.id, id, { points: 10, reason, requestKey: randomUUID() }, NOON)).toMatchObject({ outcome: "posted" });
    await adjust(amira.id, "Sorry that the parcel went to Gartenweg 5");
    await adjust(amira.id, "Her sister Leonie called");
    await adjust(ben.id, `A friend of ${email}`);
    await adjust(ben.id, "Sorry for the wait");
    await prisma.pointsHold.create({ data: { shopId: shop.id, customerId: amira.id, points: 5, requestKey: "hold", note: "For Leonie", status: "returned", heldAt: NOON, endsAt: NOON, endedAt: NOON } });
    const noted = async (id: bigint) => (await listStatement(shop.id, id, null)).rows.map(({ note }) => note);
    return { shop, amira, ben, email, noted, words: [email, "Gartenweg", "Leonie"] };
  }

  it("is forgotten with them, a word about them on another's statement too; the chains hold, and an altered note is still found", async () => {
    const { shop, amira, ben, noted, words } = await notes();
    expect(await findWords(shop, words)).toHaveLength(5);
    for (let time = 0; time < 2; time++) {
      await app.deliver(shop.domain, "customers/redact", { customer: { id: Number(amira.gid.split("/").at(-1)) } });
      expect(await workInbox(shop.domain, NOON)).toEqual(["done"]);
    }

    expect(await findWords(shop, words)).toEqual([]);
    expect(await noted(amira.id)).toEqual([null, null]);
    expect(await noted(ben.id)).toEqual(["Sorry for the wait", null]);
    for (const { id } of [amira, ben]) expect(await verifyChain(shop.id, id)).toEqual({ outcome: "unbroken", entriesCount: 2 });
    // Nothing is left by which the words could be guessed.
    expect(await prisma.pointsEntry.count({ where: { shopId: shop.id, customerId: amira.id, noteSalt: null, noteDigest: { not: null } } })).toBe(2);

    await adjustPoints(shop.id, amira.id, { points: 1, reason: "A late correction", requestKey: randomUUID() }, NOON);
    expect(await verifyChain(shop.id, amira.id)).toEqual({ outcome: "unbroken", entriesCount: 3 });
    await tamper(`UPDATE "PointsEntry" SET "note" = 'Sorry for the mess' WHERE "shopId" = $1 AND "customerId" = $2 AND "seq" = 2`, [shop.id, ben.id]);
    await tamper(`UPDATE "PointsEntry" SET "note" = 'Never said' WHERE "shopId" = $1 AND "customerId" = $2 AND "seq" = 1`, [shop.id, amira.id]);
    expect(await verifyChain(shop.id, ben.id)).toEqual({ outcome: "broken", seq: 2 });
    expect(await verifyChain(shop.id, amira.id)).toEqual({ outcome: "broken", seq: 1 });
  });

  it("is forgotten with the whole shop, however long its ledger is", async () => {
    const { shop, amira, ben, words } = await notes();
    // Longer than what is erased at once; its customer has no account.
    await pool.query(
      `INSERT INTO "PointsEntry" ("shopId", "customerId", "seq", "kind", "points", "balanceAfter", "reasonKey", "note", "noteSalt", "hash", "occurredAt", "recordedAt")
       SELECT $1, 900000000, n, 'adjusted', 1, n, 'crowd:' || n, 'Gartenweg ' || n, 'salt', '', $2, $2 FROM generate_series(1, 21000) n`, [shop.id, NOON]);
    await app.deliver(shop.domain, "app/uninstalled", {});
    await app.deliver(shop.domain, "shop/redact", {});
    await workInbox(shop.domain, NOON);
    const job = await prisma.bulkJob.findFirstOrThrow({ where: { shopId: shop.id, kind: "redact_shop" } });
    const tasks = taskList({ clock: () => NOON });
    for (let step = 0; step < 5; step++) await tasks.step_job?.({ shopId: shop.id, jobId: String(job.id) }, { job: { attempts: 1, max_attempts: 8 } } as never);
    expect((await prisma.bulkJob.findUniqueOrThrow({ where: { shopId_id: { shopId: shop.id, id: job.id } } })).status).toBe("done");
    expect(await findWords(shop, [...words, "Sorry for the wait"])).toEqual([]);
    for (const { id } of [amira, ben]) expect(await verifyChain(shop.id, id)).toEqual({ outcome: "unbroken", entriesCount: 2 });
  });
});

describe("a shop that left for good", () => {
  it("is forgotten: its people and its customers stand nowhere, more of them than one transaction erases", async () => {
    const { shop, ben, words } = await storyOfAmira();
    await pool.query(
      `INSERT INTO "Customer" ("shopId", "gid", "firstName", "email", "updatedAt") SELECT $1, 'gid://shopify/Customer/' || n, 'Crowdmember', 'crowd' || n || '@example.com', now() FROM generate_series(900000001, 900016000) n`, [shop.id]);
    await pool.query(`UPDATE "Customer" SET "createdAt" = $2 WHERE "shopId" = $1`, [shop.id, NOON]);
    await pool.query(
      `INSERT INTO "WebhookDelivery" ("shopId", "endpointId", "eventId", "nextAttemptAt", "giveUpAt", "answer", "createdAt") SELECT $1, 900000, n, $2, $2, 'Crowdmember', $2 FROM generate_series(900000001, 900016000) n`, [shop.id, NOON]);
    await pool.query(`UPDATE "InboxEvent" SET "receivedAt" = $2 WHERE "shopDomain" = $1`, [shop.domain, NOON]);
    await prisma.shop.update({ where: { id: shop.id }, data: { alertEmail: "owner@northlake.example" } });
    await prisma.session.create({ data: { id: `offline_${shop.domain}`, shop: shop.domain, state: "", accessToken: "shpat_x", firstName: "Ownerina", email: "owner@northlake.example" } });
    await prisma.drift.create({ data: { shopId: shop.id, kind: "discount_edited", subject: "discount 1", status: "queued", reason: "Edited.", details: { parentId: "1" }, foundAt: NOON, seenAt: NOON } });
    await createKey(shop.id, { name: "Ownerina's till", scopes: ["coupons:read"] }, NOON);
    await prisma.complianceRequest.create({ data: { shopId: shop.id, topic: "customers/data_request", customerGid: ben.gid, webhookId: "asked", export: { email: ben.email }, handledAt: NOON } });
    await app.deliver(shop.domain, "app/uninstalled", {});
    await workInbox(shop.domain, NOON);
    // Somebody's page was still open as the app was removed.
    await prisma.session.create({ data: { id: `${shop.domain}_7`, shop: shop.domain, state: "", isOnline: true, accessToken: "shpat_y", email: "owner@northlake.example" } });
    await prisma.inboxEvent.updateMany({ where: { shopDomain: shop.domain }, data: { receivedAt: NOON } });
    await app.deliver(shop.domain, "shop/redact", {});
    await workInbox(shop.domain, NOON);
    expect(await prisma.webhookEndpoint.count({ where: { shopId: shop.id } })).toBe(0);
    // Whoever comes while the rest is being erased belongs to a shop that is back.
    const back = await newCustomer(shop.id, { firstName: "Returna" });
    expect(await prisma.apiKey.count({ where: { shopId: shop.id, revokedAt: null } })).toBe(0);
    const job = await prisma.bulkJob.findFirstOrThrow({ where: { shopId: shop.id, kind: "redact_shop" } });
    expect(await prisma.webhookDelivery.count({ where: { shopId: shop.id, endpointId: 900_000n } })).toBeGreaterThan(0);
    const tasks = taskList({ clock: () => NOON });
    const helpers = { job: { attempts: 1, max_attempts: 8 } } as never;
    for (let step = 0; step < 3; step++) await tasks.step_job?.({ shopId: shop.id, jobId: String(job.id) }, helpers);
    expect((await prisma.bulkJob.findUniqueOrThrow({ where: { shopId_id: { shopId: shop.id, id: job.id } } })).status).toBe("done");

    expect(await findWords(shop, [...words, ben.gid, ben.email ?? "?", "Benedikt", "Crowdmember", "owner@northlake.example", "Ownerina", "Northlake Goods", "shpat_x"])).toEqual([]);
    expect(await prisma.customer.findUniqueOrThrow({ where: { shopId_id: { shopId: shop.id, id: back.id } } })).toMatchObject({ firstName: "Returna" });
    expect(await prisma.session.count({ where: { shop: shop.domain } })).toBe(0);
    expect(await prisma.webhookDelivery.count({ where: { shopId: shop.id } })).toBe(0);
    // Nobody is asked about what cannot be settled any more.
    expect(await prisma.drift.count({ where: { shopId: shop.id, status: "queued" } })).toBe(0);
    expect(await prisma.pointsEntry.count({ where: { shopId: shop.id } })).toBe(3);
  });

  it("and is back, or has never gone, loses nothing when the request is told once more", async () => {
    const { shop, amira } = await storyOfAmira();
    await app.deliver(shop.domain, "shop/redact", {});
    expect(await workInbox(shop.domain, NOON)).toEqual(["done"]);
    expect(await prisma.shop.findUniqueOrThrow({ where: { id: shop.id } })).toMatchObject({ name: "Northlake Goods" });
    expect(await prisma.customer.findUniqueOrThrow({ where: { shopId_id: { shopId: shop.id, id: amira.id } } })).toMatchObject({ firstName: "Amirah", erasedAt: null });
    expect(await prisma.webhookEndpoint.count({ where: { shopId: shop.id } })).toBe(1);
  });

  it("and comes back, gives nobody anew what their orders of before had earned, and they had spent", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id, { gid: `gid://shopify/Customer/${unique()}` });
    const told = async (topic: string, payload: unknown) => {
      await app.deliver(shop.domain, topic, payload);
      return workInbox(shop.domain, NOON);
    };
    await told("orders/create", orderPayload({ id: 7, customerGid: customer.gid }));
    await redeemPoints(shop.id, { customerId: customer.id, points: 100, requestKey: "till-7", note: null }, NOON);
    await told("app/uninstalled", {});
    await told("shop/redact", {});
    const { domain, currency, timeZone } = shop;
    await installShop({ domain, name: "Northlake Goods", currency, timeZone }, NOON);

    // The order is told as it was, and then with all of it paid back.
    const again = (updatedAt: string, refunds: ReturnType<typeof refundPayload>[] = []) => told("orders/updated", orderPayload({ id: 7, customerGid: customer.gid, updatedAt, refunds }));
    expect(await again("2026-11-21T15:04:07-05:00")).toEqual(["done"]);
    expect(await prisma.pointsAccount.findMany({ where: { shopId: shop.id, balance: { not: 0 } } })).toEqual([]);
    expect(await again("2026-11-22T15:04:07-05:00", [refundPayload({ id: 9, orderId: 7, subtotal: "100.00" })])).toEqual(["done"]);

    const accounts = await prisma.pointsAccount.findMany({ where: { shopId: shop.id }, select: { customerId: true, balance: true } });
    expect(accounts.filter(({ balance }) => balance !== 0)).toEqual([{ customerId: customer.id, balance: -100 }]);
    expect(await prisma.pointsEntry.findMany({ where: { shopId: shop.id, kind: { in: ["earned", "earning_reversed"] } }, orderBy: { id: "asc" }, select: { customerId: true, points: true } }))
      .toEqual([{ customerId: customer.id, points: 100 }, { customerId: customer.id, points: -100 }]);
  });
});
