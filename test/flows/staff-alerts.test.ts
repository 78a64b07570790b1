/** Staff hear by mail when codes run low or out: once, until that is over; and stocks follow demand. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addCodesToAward } from "#app/domain/awards/add-codes.server.ts";
import type { NewCodeSource } from "#app/domain/awards/code-source.ts";
import { createAward } from "#app/domain/awards/create.server.ts";
import { setAwardStatus } from "#app/domain/awards/set-status.server.ts";
import { changePool } from "#app/domain/codes/change-pool.server.ts";
import { sizePools } from "#app/domain/codes/size-pools.server.ts";
import { stockForecast } from "#app/domain/codes/stock.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { sendAlerts } from "#app/domain/messages/send-alerts.server.ts";
import { watchStocks } from "#app/domain/messages/watch-stocks.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { openMailer, type Mailer } from "#app/lib/mailer.server.ts";
import { draftOf } from "#test/award-draft.ts";
import { newCustomer, newShop, NOON } from "#test/factories.ts";
import { openMailSink, type MailSink } from "#test/mail-sink.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const later = (ms: number) => new Date(NOON.getTime() + ms);
const linkTo = (domain: string, awardNumber: number | null) => `https://${domain}/award/${awardNumber}`;

let sink: MailSink;
let mailer: Mailer | null;
let shopId: number;
beforeEach(async () => {
  sink = await openMailSink();
  mailer = openMailer(sink.url, "Scrip <scrip@example.com>");
  // The sweep looks at every shop: those of other tests are gone.
  await prisma.shop.updateMany({ data: { uninstalledAt: NOON } });
  shopId = (await newShop()).id;
  await prisma.shop.update({ where: { id: shopId }, data: { alertEmail: "staff@example.com", name: "Northlake Goods" } });
});
afterEach(() => sink.close());

/** An award that a till applies: its codes can be given out at once. */
async function tillAward(source: NewCodeSource, wish: Parameters<typeof draftOf>[0] = {}) {
  const created = await createAward(shopId, draftOf({ kind: "custom", value: 0, startsAt: later(-10 * DAY_MS), name: "Spring", ...wish }), source, NOON);
  if (created.outcome !== "created") throw new Error(JSON.stringify(created.problems));
  return created.awardNumber;
}

async function giveOut(awardNumber: number, count: number, at = NOON) {
  for (let n = 0; n < count; n++) {
    const { id } = await newCustomer(shopId);
    const issuing = await issueCoupon(shopId, { customerId: id, awardNumber, requestKey: `g${n}`, channel: "admin", distributed: true }, at);
    if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
  }
}

const open = async () => (await prisma.staffAlert.findMany({ where: { shopId, closedAt: null }, orderBy: { id: "asc" } })).map(({ kind }) => kind);
const minute = async (at: Date) => {
  await watchStocks(at);
  return sendAlerts(mailer, linkTo, at);
};

describe("a stock that runs low", () => {
  it("is told once, and again only after it was filled", async () => {
    const award = await tillAward({ source: "pasted", text: "A1,A2,A3,A4,A5,A6", lowStockAt: 4 });
    expect(await minute(NOON)).toBe(0);
    await giveOut(award, 3);
    expect(await minute(later(MINUTE_MS))).toBe(1);
    expect(await minute(later(2 * MINUTE_MS))).toBe(0);
    expect(sink.mails).toHaveLength(1);
    const [mail] = sink.mails;
    expect(mail?.to).toEqual(["staff@example.com"]);
    expect(mail?.raw).toContain("From: Scrip <scrip@example.com>");
    expect(mail?.raw.replace(/=\r?\n/g, "")).toMatch(/Only 3 codes are left/);
    expect(mail?.raw).toMatch(/^Subject: Codes run low: Spring \(Northlake Goods\)/m);
    expect(mail?.raw).toMatch(new RegExp(`^Message-ID: <alert-${shopId}-\\d+@scrip.test>`, "m"));

    await addCodesToAward(shopId, award, { source: "pasted", text: "B1,B2,B3" }, NOON, "k");
    await minute(later(3 * MINUTE_MS));
    expect(await open()).toEqual([]);
    await giveOut(award, 3, later(4 * MINUTE_MS));
    expect(await minute(later(5 * MINUTE_MS))).toBe(1);
    expect(sink.mails).toHaveLength(2);
  });

  it("that is filled before the mail goes out is no news", async () => {
    const award = await tillAward({ source: "pasted", text: "A1,A2", lowStockAt: 3 });
    await watchStocks(NOON);
    expect(await open()).toEqual(["low_stock"]);
    await addCodesToAward(shopId, award, { source: "pasted", text: "B1,B2,B3" }, NOON, "k");
    expect(await minute(later(MINUTE_MS))).toBe(0);
    expect(sink.mails).toEqual([]);
  });

  it("is told from the moment staff ask for it, and no more once they do not", async () => {
    const award = await tillAward({ source: "pasted", text: "A1,A2" });
    await minute(NOON);
    expect(await open()).toEqual([]);
    await changePool(shopId, award, { lowStockAt: 5 }, NOON);
    await minute(NOON);
    expect(await open()).toEqual(["low_stock"]);
    await changePool(shopId, award, { lowStockAt: null }, NOON);
    await minute(NOON);
    expect(await open()).toEqual([]);
  });
});

describe("an award without a code to give", () => {
  it("is told after a moment to settle, unless it is off, used up, or makes its codes on demand", async () => {
    const empty = await tillAward({ source: "pasted", text: "A1" });
    await giveOut(empty, 1);
    const limited = await tillAward({ source: "pasted", text: "B1" }, { issuesTotal: 1 });
    await giveOut(limited, 1);
    const made = await tillAward({ source: "generated", stockTarget: 1 });
    await giveOut(made, 1);
    await tillAward({ source: "third_party", text: "EXT-1" });
    await minute(later(MINUTE_MS));
    expect(await open()).toEqual([]);
    await minute(later(16 * MINUTE_MS));
    expect(await prisma.staffAlert.findMany({ where: { shopId, closedAt: null } })).toMatchObject([{ kind: "out_of_codes", subject: `awd_${empty}` }]);
    expect(sink.mails).toHaveLength(1);
    await setAwardStatus(shopId, empty, "inactive", NOON);
    await minute(later(17 * MINUTE_MS));
    expect(await open()).toEqual([]);
  });

  it("is told of codes that wait for Shopify too long", async () => {
    await createAward(shopId, draftOf({ startsAt: later(-DAY_MS) }), { source: "pasted", text: "W1,W2" }, NOON);
    await minute(later(16 * MINUTE_MS));
    expect(await open()).toEqual(["out_of_codes"]);
  });
});

describe("an award's limit of coupons that comes near", () => {
  it("is told when it is crossed, once", async () => {
    const award = await tillAward({ source: "generated", stockTarget: 10 }, { issuesTotal: 5, alertRemaining: 2 });
    await giveOut(award, 2);
    expect(await minute(NOON)).toBe(0);
    await giveOut(award, 2, later(HOUR_MS));
    expect(await minute(later(HOUR_MS))).toBe(1);
    expect(sink.mails[0]?.raw).toMatch(/Nearly all given out: Spring/);
    expect(await minute(later(2 * HOUR_MS))).toBe(0);
  });
});

describe("the mail", () => {
  beforeEach(async () => {
    await tillAward({ source: "pasted", text: "A1", lowStockAt: 3 });
    await watchStocks(NOON);
  });

  it("is tried again with growing delay while the server refuses, and is one mail in the end", async () => {
    sink.refuse(true);
    expect(await sendAlerts(mailer, linkTo, NOON)).toBe(0);
    expect(await prisma.staffAlert.findFirst({ where: { shopId } })).toMatchObject({ attempts: 1, sentAt: null, problem: "The mail server did not take it.", nextAttemptAt: later(MINUTE_MS) });
    expect(await sendAlerts(mailer, linkTo, later(30_000))).toBe(0);
    expect(await prisma.staffAlert.findFirst({ where: { shopId } })).toMatchObject({ attempts: 1 });
    await sendAlerts(mailer, linkTo, later(MINUTE_MS));
    sink.refuse(false);
    expect(await sendAlerts(mailer, linkTo, later(2 * MINUTE_MS))).toBe(0);
    expect(await sendAlerts(mailer, linkTo, later(3 * MINUTE_MS))).toBe(1);
    expect(sink.mails).toHaveLength(1);
    expect(await prisma.staffAlert.findFirst({ where: { shopId } })).toMatchObject({ sentAt: later(3 * MINUTE_MS), problem: null });
  });

  it("is given up after a bounded number of tries", async () => {
    sink.refuse(true);
    for (let hour = 0; hour < 24 * 6; hour++) await sendAlerts(mailer, linkTo, later(hour * HOUR_MS));
    expect(await prisma.staffAlert.findFirst({ where: { shopId } })).toMatchObject({ attempts: 14, sentAt: null });
  });

  it("is sent once by workers that meet", async () => {
    const sent = await Promise.all(Array.from({ length: 4 }, () => sendAlerts(mailer, linkTo, NOON)));
    expect(sent.reduce((sum, each) => sum + each)).toBe(1);
    expect(sink.mails).toHaveLength(1);
  });

  it("is kept while there is no mail server or no address, and goes out when there is", async () => {
    expect(await sendAlerts(null, linkTo, NOON)).toBe(0);
    expect(await prisma.staffAlert.findFirst({ where: { shopId } })).toMatchObject({ attempts: 0, problem: "No mail server is set up." });
    await prisma.shop.update({ where: { id: shopId }, data: { alertEmail: null } });
    expect(await sendAlerts(mailer, linkTo, later(HOUR_MS))).toBe(0);
    await prisma.shop.update({ where: { id: shopId }, data: { alertEmail: "boss@example.com" } });
    expect(await sendAlerts(mailer, linkTo, later(HOUR_MS))).toBe(1);
    expect(sink.mails[0]?.to).toEqual(["boss@example.com"]);
  });
});

describe("a stock that follows demand", () => {
  it("grows with the busiest of the recent days and shrinks when that is over", async () => {
    const award = await tillAward({ source: "generated", stockTarget: 60, selfSizing: true });
    const target = async () => (await prisma.codePool.findFirstOrThrow({ where: { shopId, awardNumber: award } })).stockTarget;
    await giveOut(award, 25, later(-2 * DAY_MS + HOUR_MS));
    expect(await sizePools(NOON)).toBe(1);
    expect(await target()).toBe(75);
    expect(await prisma.change.count({ where: { shopId, kind: "refill_pool", status: "pending" } })).toBe(1);
    expect(await sizePools(NOON)).toBe(0);
    await sizePools(later(20 * DAY_MS));
    expect(await target()).toBe(50);
  });

  it("never asks for more than the award still lets out", async () => {
    const award = await tillAward({ source: "generated", stockTarget: 60, selfSizing: true }, { issuesTotal: 20 });
    await giveOut(award, 5);
    await sizePools(NOON);
    expect(await prisma.codePool.findFirst({ where: { shopId, awardNumber: award } })).toMatchObject({ stockTarget: 15 });
  });
});

describe("the forecast", () => {
  it("says how many codes are left and when they run dry", async () => {
    const award = await tillAward({ source: "pasted", text: Array.from({ length: 21 }, (_, index) => `F${index}`).join(",") });
    expect(await stockForecast(shopId, award, later(HOUR_MS))).toMatchObject({ ready: 21, perDay: 0, dryAt: null, guess: null });
    await giveOut(award, 7, later(HOUR_MS));
    // Seven in the award's first day: the other fourteen last two days.
    expect(await stockForecast(shopId, award, later(DAY_MS))).toMatchObject({ ready: 14, perDay: 7, dryAt: later(3 * DAY_MS) });
  });

  it.each([
    ["a day, of an award that is younger", HOUR_MS, 2 * HOUR_MS, 7],
    ["a week, of an award that is older", 8 * DAY_MS, 9 * DAY_MS, 1],
  ])("counts its pace over %s", async (_span, givenMs, askedMs, perDay) => {
    const award = await tillAward({ source: "pasted", text: Array.from({ length: 21 }, (_, index) => `P${index}`).join(",") });
    await giveOut(award, 7, later(givenMs));
    expect(await stockForecast(shopId, award, later(askedMs))).toMatchObject({ ready: 14, perDay, dryAt: later(askedMs + (14 / perDay) * DAY_MS) });
  });

  it("counts on what can still be made, and one code for everybody never runs dry", async () => {
    const minted = await tillAward({ source: "pattern", sample: "20261", stockTarget: 100 });
    await giveOut(minted, 10, later(HOUR_MS));
    expect(await stockForecast(shopId, minted, later(DAY_MS))).toMatchObject({ ready: 90, perDay: 10, dryAt: later(100 * DAY_MS) });
    const shared = await tillAward({ source: "single", code: "welcome" });
    await giveOut(shared, 3, later(HOUR_MS));
    expect(await stockForecast(shopId, shared, later(DAY_MS))).toMatchObject({ shared: true, perDay: 3, dryAt: null });
  });

  it("says what a guess is worth, counting every code that was made and may still work", async () => {
    const award = await tillAward({ source: "pattern", sample: "20261", stockTarget: 100 });
    expect(await stockForecast(shopId, award, NOON)).toMatchObject({ guess: { space: 1000, made: 100, live: 100, fill: 0.1, odds: 0.1, risky: true } });
    await prisma.awardTally.updateMany({ where: { shopId, awardNumber: award }, data: { used: 40 } });
    expect(await stockForecast(shopId, award, NOON)).toMatchObject({ guess: { made: 100, live: 60, fill: 0.1, odds: 0.06 } });
    const safe = await tillAward({ source: "generated", stockTarget: 100 });
    expect(await stockForecast(shopId, safe, NOON)).toMatchObject({ guess: { made: 100, odds: 100 / 2 ** 50, risky: false } });
  });

  it("is of one's own shop only", async () => {
    const award = await tillAward({ source: "pasted", text: "A1" });
    const other = await newShop();
    expect(await stockForecast(other.id, award, NOON)).toBeNull();
  });
});
