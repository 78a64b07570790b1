/** Points lapse at the end of a day of the shop, not before, once, and never under somebody's hands. */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EVENT_DATA } from "#app/contract/events.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { adjustPoints } from "#app/domain/points/adjust.server.ts";
import { holdPoints } from "#app/domain/points/hold.server.ts";
import { lapsePoints } from "#app/domain/points/lapse.server.ts";
import { postEntry } from "#app/domain/points/post.server.ts";
import { findBalance, findOutlook, listStatement } from "#app/domain/points/queries.server.ts";
import { redeemHold } from "#app/domain/points/redeem-hold.server.ts";
import { redeemPoints } from "#app/domain/points/redeem.server.ts";
import { refundPoints } from "#app/domain/points/refund.server.ts";
import { releaseHold } from "#app/domain/points/release-hold.server.ts";
import { tellLapses } from "#app/domain/points/tell-lapses.server.ts";
import type { ShopFacts } from "#app/domain/shops/install.server.ts";
import { inTransaction, pool, prisma } from "#app/lib/db.server.ts";
import { instantOf, localTime } from "#app/lib/zone.ts";
import { newAward, newCustomer, newShop } from "#test/factories.ts";
import { checkBooks } from "../properties/books";

const MINUTE = 60_000;
const at = (text: string) => new Date(text);
const later = (date: Date, minutes: number) => new Date(date.getTime() + minutes * MINUTE);

/** A shopper of a shop in Berlin whose points live for one month. */
async function shopper({ expiryMonths = 1 as number | null, ...facts }: Partial<ShopFacts> & { expiryMonths?: number | null } = {}) {
  const { id: shopId } = await newShop(facts);
  await prisma.shop.update({ where: { id: shopId }, data: { expiryMonths, expiryNoticeDays: 7 } });
  const { id: customerId } = await newCustomer(shopId);
  const spend = (points: number, now: Date) => redeemPoints(shopId, { customerId, points, requestKey: randomUUID(), note: null }, now);
  return {
    shopId,
    customerId,
    spend,
    give: (points: number, now: Date) => adjustPoints(shopId, customerId, { points, reason: "A gift", requestKey: randomUUID() }, now),
    hold: async (points: number, now: Date, minutes = 60) => {
      const holding = await holdPoints(shopId, { customerId, points, minutes, requestKey: randomUUID(), note: null }, now);
      if (holding.outcome !== "held") throw new Error(holding.outcome);
      return holding.holdId;
    },
    spent: async (points: number, now: Date) => {
      const spending = await spend(points, now);
      if (spending.outcome !== "redeemed") throw new Error(spending.outcome);
      return spending.entryId;
    },
    balance: (now: Date) => findBalance(shopId, customerId, now),
    lots: async () => (await prisma.pointsLot.findMany({ where: { shopId }, orderBy: { id: "asc" } })).map(({ remaining }) => remaining),
    lapsed: async () => (await prisma.pointsEntry.findMany({ where: { shopId, kind: "expired" }, orderBy: { seq: "asc" } })).map(({ points }) => -points),
    faults: (now: Date) => checkBooks(shopId, now),
  };
}

/** Given on 10 November in the afternoon; over when Berlin's 10 December is. */
const GIVEN = at("2026-11-10T14:00:00Z");
const END = at("2026-12-10T22:59:59.999Z");
const AFTER = at("2026-12-10T23:00:30Z");

describe("points that nobody spends", () => {
  it("stay to the last millisecond of the day, and are gone in the next", async () => {
    const amira = await shopper();
    await amira.give(100, GIVEN);
    expect(await findOutlook(amira.shopId, amira.customerId, GIVEN)).toEqual({ pending: 0, nextPending: null, nextLapse: { points: 100, at: END } });
    expect(await lapsePoints(later(END, -1))).toBe(0);
    expect(await amira.balance(later(END, -1))).toEqual({ balance: 100, held: 0, spendable: 100 });

    expect(await lapsePoints(AFTER)).toBe(100);
    expect(await amira.balance(AFTER)).toEqual({ balance: 0, held: 0, spendable: 0 });
    const { rows } = await listStatement(amira.shopId, amira.customerId, null);
    expect(rows.map(({ kind, points, occurredAt }) => [kind, points, occurredAt])).toEqual([["expired", -100, END], ["adjusted", 100, GIVEN]]);
    expect(await lapsePoints(AFTER)).toBe(0);
    expect(await amira.faults(AFTER)).toEqual([]);
  });

  it("lapse once, however many workers come by at once", async () => {
    const amira = await shopper();
    for (let day = 0; day < 5; day++) await amira.give(10, later(GIVEN, day));
    await Promise.all(Array.from({ length: 8 }, () => lapsePoints(AFTER)));
    expect(await amira.lapsed()).toEqual([10, 10, 10, 10, 10]);
    expect(await amira.faults(AFTER)).toEqual([]);
  });

  it("keep the end they had when the setting changes; those that come later have the new one", async () => {
    const amira = await shopper({ expiryMonths: null });
    await amira.give(10, GIVEN);
    await prisma.shop.update({ where: { id: amira.shopId }, data: { expiryMonths: 1 } });
    await amira.give(20, GIVEN);
    await prisma.shop.update({ where: { id: amira.shopId }, data: { expiryMonths: 24 } });
    await amira.give(40, GIVEN);
    // Nothing that comes now ends any more; what came with an end keeps it.
    await prisma.shop.update({ where: { id: amira.shopId }, data: { expiryMonths: null } });
    await lapsePoints(at("2028-11-10T22:00:00Z"));
    expect(await amira.lapsed()).toEqual([20]);
    await lapsePoints(at("2028-11-10T23:00:00Z"));
    expect(await amira.lapsed()).toEqual([20, 40]);
    expect(await amira.balance(at("2099-01-01T00:00:00Z"))).toMatchObject({ balance: 10 });
  });

  it.each(["earned", "adjusted", "imported", "spending_returned"] as const)("end so many months after they came, if they were %s", async (kind) => {
    const amira = await shopper();
    const entry = { customerId: amira.customerId, kind, points: 15, reasonKey: "brings", note: null, occurredAt: GIVEN };
    await inTransaction((tx) => postEntry(tx, amira.shopId, entry, later(GIVEN, 60)));
    expect(await prisma.pointsLot.findMany({ where: { shopId: amira.shopId } })).toMatchObject([{ points: 15, expiresAt: END }]);
    expect((await listStatement(amira.shopId, amira.customerId, null)).rows).toMatchObject([{ remaining: 15, expiresAt: END }]);
  });

  it("bring those who are below zero no further down", async () => {
    const amira = await shopper();
    await amira.give(30, GIVEN);
    const reversal = { customerId: amira.customerId, kind: "earning_reversed" as const, points: -50, reasonKey: "unearn", note: null, occurredAt: GIVEN, overdraft: true };
    await inTransaction((tx) => postEntry(tx, amira.shopId, reversal, GIVEN));
    await amira.give(60, GIVEN);
    // 20 of the 60 have paid back what was below zero.
    await lapsePoints(AFTER);
    expect(await amira.lapsed()).toEqual([40]);
    expect(await amira.balance(AFTER)).toMatchObject({ balance: 0 });
    expect(await amira.faults(AFTER)).toEqual([]);
  });
});

describe("the end of a lot", () => {
  const expiresAt = async (months: number, zone: string, now: string | Date) => (await pool.query<{ at: Date | null }>("SELECT points_expire_at($1, $2, $3) AS at", [months, zone, now])).rows[0]?.at ?? null;

  it.each([
    ["a month on", 1, "UTC", "2026-11-12T10:00:00Z", "2026-12-12T23:59:59.999Z"],
    ["in the shop's day, not in London's", 1, "Asia/Tokyo", "2026-11-12T20:00:00Z", "2026-12-13T14:59:59.999Z"],
    ["from the last of a month to the last of a shorter one", 1, "UTC", "2027-01-31T10:00:00Z", "2027-02-28T23:59:59.999Z"],
    ["of a leap year", 12, "UTC", "2028-02-29T10:00:00Z", "2029-02-28T23:59:59.999Z"],
    ["into summer time", 1, "Europe/Berlin", "2026-02-28T12:00:00Z", "2026-03-28T22:59:59.999Z"],
    ["onto a day of 23 hours", 1, "Europe/Berlin", "2026-02-28T23:30:00Z", "2026-04-01T21:59:59.999Z"],
    ["before a day that has no midnight", 1, "Africa/Cairo", "2026-03-23T12:00:00Z", "2026-04-23T21:59:59.999Z"],
    ["before a day that has two", 1, "America/Havana", "2026-09-30T12:00:00Z", "2026-10-31T03:59:59.999Z"],
    ["ten years on", 120, "UTC", "2026-11-12T10:00:00Z", "2036-11-12T23:59:59.999Z"],
  ])("%s", async (_name, months, zone, now, expected) => {
    expect((await expiresAt(months, zone, now))?.toISOString()).toBe(expected);
  });

  it("is what a calendar says, in any zone and at any instant", async () => {
    const Zone = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati");
    const Instant = fc.date({ min: at("2024-01-01T00:00:00Z"), max: at("2030-01-01T00:00:00Z"), noInvalidDate: true });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 120 }), Zone, Instant, async (months, zone, now) => {
        const [year = 0, month = 0, day = 0] = localTime(now, zone).slice(0, 10).split("-").map(Number);
        const lastOfMonth = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
        const next = new Date(Date.UTC(year, month - 1 + months, Math.min(day, lastOfMonth) + 1)).toISOString().slice(0, 10);
        expect(await expiresAt(months, zone, now)).toEqual(new Date(instantOf(`${next}T00:00:00`, zone).getTime() - 1));
      }),
      { numRuns: 500 },
    );
  });
});

describe("a shopper who spends", () => {
  it("spends first what lapses first, whenever it came", async () => {
    const amira = await shopper({ expiryMonths: 3 });
    await amira.give(100, GIVEN);
    await prisma.shop.update({ where: { id: amira.shopId }, data: { expiryMonths: 1 } });
    await amira.give(50, later(GIVEN, 1));
    await prisma.shop.update({ where: { id: amira.shopId }, data: { expiryMonths: null } });
    await amira.give(10, later(GIVEN, 2));
    const spend = await amira.spent(120, later(GIVEN, 3));
    expect(await amira.lots()).toEqual([30, 0, 10]);
    // And what was used last comes back first, to the lots it came from.
    await refundPoints(amira.shopId, { entryId: spend, points: 80, requestKey: "one", note: null }, later(GIVEN, 4));
    expect(await amira.lots()).toEqual([100, 10, 10]);
    await refundPoints(amira.shopId, { entryId: spend, points: null, requestKey: "rest", note: null }, later(GIVEN, 5));
    expect(await amira.lots()).toEqual([100, 50, 10]);
  });

  it("cannot spend what has lapsed, though no worker has come by", async () => {
    const amira = await shopper();
    await amira.give(100, GIVEN);
    await amira.give(40, at("2026-11-20T12:00:00Z"));
    expect(await amira.balance(AFTER)).toEqual({ balance: 40, held: 0, spendable: 40 });
    expect(await amira.spend(41, AFTER)).toMatchObject({ outcome: "insufficient", balance: 40 });
    expect(await amira.spend(40, AFTER)).toMatchObject({ outcome: "redeemed", balance: 0 });
    expect(await amira.lapsed()).toEqual([100]);
    expect(await amira.faults(AFTER)).toEqual([]);
  });

  it("is refused an award that only lapsed points would pay, though no worker has come by", async () => {
    const amira = await shopper();
    await amira.give(120, GIVEN);
    const award = await newAward(amira.shopId, { pointsPrice: 100 }, GIVEN);
    const issue = (now: Date) => issueCoupon(amira.shopId, { customerId: amira.customerId, awardNumber: award.number, requestKey: randomUUID(), channel: "checkout" }, now);
    expect(await issue(AFTER)).toMatchObject({ outcome: "insufficient_points", balance: 0 });
    await amira.give(100, AFTER);
    expect(await issue(AFTER)).toMatchObject({ outcome: "issued", balance: 100, held: 100 });
    expect(await amira.faults(AFTER)).toEqual([]);
  });

  it("is refused a hold of what has lapsed", async () => {
    const amira = await shopper();
    await amira.give(100, GIVEN);
    await expect(amira.hold(1, AFTER)).rejects.toThrow("insufficient");
    expect(await amira.lapsed()).toEqual([100]);
  });

  it("gets points back to the lot they came from: one that has ended meanwhile lapses again", async () => {
    const amira = await shopper();
    await amira.give(100, GIVEN);
    const spend = await amira.spent(60, later(GIVEN, 1));
    await lapsePoints(AFTER);
    expect(await refundPoints(amira.shopId, { entryId: spend, points: 20, requestKey: "one", note: null }, later(AFTER, 1))).toMatchObject({ outcome: "refunded" });
    expect(await amira.balance(later(AFTER, 1))).toMatchObject({ spendable: 0 });
    await refundPoints(amira.shopId, { entryId: spend, points: null, requestKey: "rest", note: null }, later(AFTER, 3));
    await lapsePoints(later(AFTER, 4));
    expect(await amira.lapsed()).toEqual([40, 20, 40]);
    expect(await amira.faults(later(AFTER, 4))).toEqual([]);
  });
});

describe("points that are held when their day ends", () => {
  it("wait for the order, and are those it spends", async () => {
    const amira = await shopper();
    await amira.give(100, GIVEN);
    await amira.give(100, at("2026-11-20T12:00:00Z"));
    const hold = await amira.hold(50, later(END, -10));
    await lapsePoints(AFTER);
    expect(await amira.lapsed()).toEqual([50]);
    expect(await amira.balance(AFTER)).toEqual({ balance: 150, held: 50, spendable: 100 });

    // What is spent otherwise meanwhile does not come out of what is held.
    await amira.spent(30, later(AFTER, 1));
    expect(await amira.lots()).toEqual([50, 70]);
    expect(await redeemHold(amira.shopId, { holdId: hold, transactionId: "t-1" }, later(AFTER, 2))).toMatchObject({ outcome: "redeemed", balance: 70 });
    expect(await amira.lots()).toEqual([0, 70]);
    expect(await amira.faults(later(AFTER, 2))).toEqual([]);
  });

  it("keep no other shop from its turn, in however many shops they are", async () => {
    await pool.query(
      `WITH shops AS (
         INSERT INTO "Shop" ("domain", "name", "currency", "timeZone", "codeKey", "installedAt")
         SELECT 'crowd-' || n || '.myshopify.com', 'Crowd', 'EUR', 'Europe/Berlin', '\\x00', $1 FROM generate_series(1, 500) n RETURNING "id"),
       accounts AS (INSERT INTO "PointsAccount" ("shopId", "customerId", "balance", "held", "lapsesAt") SELECT "id", 1, 5, 5, $2 FROM shops),
       lots AS (INSERT INTO "PointsLot" ("shopId", "customerId", "entryId", "points", "remaining", "expiresAt") SELECT "id", 1, 1, 5, 5, $2 FROM shops)
       INSERT INTO "PointsHold" ("shopId", "customerId", "points", "requestKey", "heldAt", "endsAt") SELECT "id", 1, 5, 'held', $1, $3 FROM shops`, [GIVEN, END, later(AFTER, 60)]);
    const amira = await shopper();
    await amira.give(100, GIVEN);
    expect(await lapsePoints(AFTER)).toBe(100);
    await pool.query(`DELETE FROM "PointsLot" WHERE "shopId" IN (SELECT "id" FROM "Shop" WHERE "name" = 'Crowd')`);
  });

  it("lapse when they are released unspent", async () => {
    const amira = await shopper();
    await amira.give(100, GIVEN);
    const hold = await amira.hold(50, later(END, -10));
    await lapsePoints(AFTER);
    expect(await releaseHold(amira.shopId, hold, later(AFTER, 1))).toEqual({ outcome: "released", balance: 0, held: 0 });
    expect(await amira.lapsed()).toEqual([50, 50]);
    expect(await amira.faults(later(AFTER, 1))).toEqual([]);
  });

  it("are protected by the holds of before, not by those of after", async () => {
    const amira = await shopper();
    await amira.give(100, GIVEN);
    await amira.give(100, at("2026-11-20T12:00:00Z"));
    const first = await amira.hold(50, later(END, -10));
    await amira.hold(70, AFTER);
    expect(await amira.balance(AFTER)).toEqual({ balance: 150, held: 120, spendable: 30 });
    await releaseHold(amira.shopId, first, later(AFTER, 1));
    expect(await amira.lots()).toEqual([0, 100]);
    expect(await amira.balance(later(AFTER, 1))).toEqual({ balance: 100, held: 70, spendable: 30 });
    expect(await amira.faults(later(AFTER, 1))).toEqual([]);
  });

  it("are not made good by what returns to their lot later", async () => {
    const amira = await shopper();
    await amira.give(100, GIVEN);
    const spend = await amira.spent(60, later(GIVEN, 1));
    await amira.give(50, AFTER);
    const hold = await amira.hold(30, AFTER);
    await refundPoints(amira.shopId, { entryId: spend, points: null, requestKey: "all", note: null }, later(AFTER, 1));
    expect(await redeemHold(amira.shopId, { holdId: hold, transactionId: "t-1" }, later(AFTER, 2))).toMatchObject({ outcome: "redeemed", balance: 20 });
    expect(await amira.lots()).toEqual([0, 20]);
    expect(await amira.faults(later(AFTER, 2))).toEqual([]);
  });

  it("and hidden behind a whole page of held ones, others lapse all the same", async () => {
    const amira = await shopper();
    await amira.give(10, GIVEN);
    await amira.hold(10, later(END, -10), 10_000);
    const ben = await newCustomer(amira.shopId);
    await adjustPoints(amira.shopId, ben.id, { points: 7, reason: "A gift", requestKey: randomUUID() }, GIVEN);
    expect(await lapsePoints(AFTER)).toBe(7);
    expect(await lapsePoints(later(AFTER, 1))).toBe(0);
  });

  it("are spent or lapse, never both, when the order and the worker come at once", async () => {
    for (let round = 0; round < 12; round++) {
      const amira = await shopper();
      await amira.give(100, GIVEN);
      const [kept, given] = [await amira.hold(30, later(END, -10)), await amira.hold(20, later(END, -10))];
      await Promise.all([lapsePoints(AFTER), redeemHold(amira.shopId, { holdId: kept, transactionId: "t-1" }, AFTER), releaseHold(amira.shopId, given, AFTER), lapsePoints(AFTER), amira.spend(10, AFTER)]);
      await lapsePoints(AFTER);
      expect(await amira.balance(AFTER)).toEqual({ balance: 0, held: 0, spendable: 0 });
      expect((await amira.lapsed()).reduce((sum, points) => sum + points, 0)).toBe(70);
      expect(await amira.faults(AFTER)).toEqual([]);
    }
  });
});

describe("customers are told before their points lapse", () => {
  const told = async (shopId: number) =>
    (await prisma.event.findMany({ where: { shopId, kind: "points.expiring" }, orderBy: { id: "asc" } })).map(({ data }) => EVENT_DATA["points.expiring"].parse(data));

  it("once for all lots of a day, as many days before as the shop has set", async () => {
    const amira = await shopper();
    await amira.give(30, GIVEN);
    await amira.give(20, later(GIVEN, 60));
    await amira.give(5, later(GIVEN, 24 * 60));
    await amira.spend(10, later(GIVEN, 90));
    const weekBefore = at("2026-12-03T22:59:59.999Z");
    expect(await tellLapses(later(weekBefore, -1))).toBe(0);
    await Promise.all(Array.from({ length: 5 }, () => tellLapses(weekBefore)));
    await tellLapses(later(weekBefore, 10));
    expect(await told(amira.shopId)).toEqual([{ customerId: `cus_${amira.customerId}`, points: 40, expiresAt: END.toISOString() }]);
    await tellLapses(later(weekBefore, 24 * 60));
    expect(await told(amira.shopId)).toHaveLength(2);
    expect(await amira.faults(weekBefore)).toEqual([]);
  });

  it("not at all of what is spent or has no end", async () => {
    const amira = await shopper();
    await amira.give(30, GIVEN);
    await amira.spend(30, GIVEN);
    await prisma.shop.update({ where: { id: amira.shopId }, data: { expiryMonths: null } });
    await amira.give(30, GIVEN);
    await tellLapses(later(END, -10));
    expect(await told(amira.shopId)).toEqual([]);
  });
});
