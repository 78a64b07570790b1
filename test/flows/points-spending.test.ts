/** An integrator's till holds, spends and gives back a customer's points, and may ask everything twice and all at once. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { JobHelpers } from "graphile-worker";
import { EVENT_DATA } from "#app/contract/events.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { adjustPoints } from "#app/domain/points/adjust.server.ts";
import { findSpend } from "#app/domain/points/find-entry.server.ts";
import { holdPoints } from "#app/domain/points/hold.server.ts";
import { postEntry } from "#app/domain/points/post.server.ts";
import { findBalance, listStatement } from "#app/domain/points/queries.server.ts";
import { redeemHold } from "#app/domain/points/redeem-hold.server.ts";
import { redeemPoints } from "#app/domain/points/redeem.server.ts";
import { refundPoints } from "#app/domain/points/refund.server.ts";
import { releaseHold } from "#app/domain/points/release-hold.server.ts";
import { releaseOverdueHolds } from "#app/domain/points/release-overdue.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { taskList } from "#app/tasks.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";
import { booksOf } from "../properties/books";

const MINUTE = 60_000;
const after = (minutes: number) => new Date(NOON.getTime() + minutes * MINUTE);

async function customerWith(points: number) {
  const shop = await newShop();
  const customer = await newCustomer(shop.id);
  await givePoints(shop.id, customer.id, points);
  const hold = (wish: { points: number; minutes?: number; requestKey?: string }, now = NOON) =>
    holdPoints(shop.id, { customerId: customer.id, minutes: 10, requestKey: randomUUID(), note: null, ...wish }, now);
  const held = async (points: number, now = NOON) => {
    const holding = await hold({ points }, now);
    if (holding.outcome !== "held") throw new Error(holding.outcome);
    return holding.holdId;
  };
  const spend = (points: number, requestKey: string = randomUUID()) => redeemPoints(shop.id, { customerId: customer.id, points, requestKey, note: "At the till" }, NOON);
  const spent = async (points: number) => {
    const spending = await spend(points);
    if (spending.outcome !== "redeemed") throw new Error(spending.outcome);
    return spending.entryId;
  };
  return { shopId: shop.id, customerId: customer.id, hold, held, spend, spent, balance: () => findBalance(shop.id, customer.id, NOON), faults: async () => (await booksOf(shop.id, customer.id)).faults };
}

describe("points held by a till", () => {
  it("cannot be spent elsewhere, and are free again when released", async () => {
    const amira = await customerWith(100);
    const holdId = await amira.held(80);
    expect(await amira.balance()).toEqual({ balance: 100, held: 80, spendable: 20 });
    expect(await amira.hold({ points: 21 })).toEqual({ outcome: "insufficient", balance: 100, held: 80 });
    expect(await amira.spend(21)).toEqual({ outcome: "insufficient", balance: 100, held: 80 });

    expect(await releaseHold(amira.shopId, holdId, NOON)).toEqual({ outcome: "released", balance: 100, held: 0 });
    expect(await releaseHold(amira.shopId, holdId, NOON)).toEqual({ outcome: "released", balance: 100, held: 0 });
    expect(await redeemHold(amira.shopId, { holdId, transactionId: "t-1" }, NOON)).toEqual({ outcome: "already_released" });
    expect(await amira.faults()).toEqual([]);
  });

  it("are spent once, however often and by however many it is asked", async () => {
    const amira = await customerWith(100);
    const holdId = await amira.held(80);
    const answers = await Promise.all(Array.from({ length: 8 }, () => redeemHold(amira.shopId, { holdId, transactionId: "t-1" }, NOON)));
    expect(answers.filter((answer) => answer.outcome === "redeemed" && !answer.repeated)).toHaveLength(1);
    expect(new Set(answers.map((answer) => (answer.outcome === "redeemed" ? answer.entryId : null))).size).toBe(1);
    expect(await amira.balance()).toEqual({ balance: 20, held: 0, spendable: 20 });
    expect(await releaseHold(amira.shopId, holdId, NOON)).toEqual({ outcome: "already_redeemed" });
    expect(await amira.faults()).toEqual([]);
  });

  it("are spent for one transaction: another is told which", async () => {
    const amira = await customerWith(100);
    const holdId = await amira.held(80);
    const first = await redeemHold(amira.shopId, { holdId, transactionId: "t-1" }, NOON);
    expect(await redeemHold(amira.shopId, { holdId, transactionId: "t-2" }, after(1))).toEqual({ outcome: "redeemed_by_another", transactionId: "t-1" });
    expect(await redeemHold(amira.shopId, { holdId, transactionId: "t-1" }, after(1))).toEqual({ ...first, repeated: true });
    expect(await amira.balance()).toEqual({ balance: 20, held: 0, spendable: 20 });
  });

  it("are not spent beside the same points: a transaction spends once, by its hold or without", async () => {
    const amira = await customerWith(100);
    const [first, second] = [await amira.held(30), await amira.held(30)];
    const byHold = await redeemHold(amira.shopId, { holdId: first, transactionId: "receipt-1" }, NOON);
    // The till did not hear of it, and asks for the points.
    expect(await amira.spend(30, "receipt-1")).toMatchObject({ outcome: "redeemed", repeated: true, entryId: byHold.outcome === "redeemed" ? byHold.entryId : null, balance: 70 });
    const byPoints = await amira.spend(20, "receipt-2");
    expect(await redeemHold(amira.shopId, { holdId: second, transactionId: "receipt-2" }, NOON)).toEqual({ ...byPoints, repeated: true, points: 20 });
    expect(await releaseHold(amira.shopId, second, NOON)).toEqual({ outcome: "released", balance: 50, held: 0 });
    expect(await amira.faults()).toEqual([]);
  });

  it("are spent of one hold for a transaction: another hold named for it stays as it is, and the refund finds all that was spent", async () => {
    const amira = await customerWith(100);
    const [first, second] = [await amira.held(30), await amira.held(50)];
    const answers = [];
    for (const holdId of [first, second, first]) answers.push(await redeemHold(amira.shopId, { holdId, transactionId: "receipt-1" }, NOON));
    expect(answers).toMatchObject([{ repeated: false }, { repeated: true }, { repeated: true }].map((each) => ({ outcome: "redeemed", redeemedId: first, points: 30, balance: 70, held: 50, ...each })));
    const entryId = await findSpend(amira.shopId, amira.customerId, "receipt-1");
    expect(await refundPoints(amira.shopId, { entryId: entryId ?? 0n, points: null, requestKey: "r-1", note: null }, NOON)).toMatchObject({ outcome: "refunded", points: 30, balance: 100 });
    expect(await redeemHold(amira.shopId, { holdId: second, transactionId: "receipt-2" }, NOON)).toMatchObject({ outcome: "redeemed", repeated: false, redeemedId: second, points: 50, balance: 50 });
    expect(await amira.faults()).toEqual([]);
  });

  it("end with their time, before the sweep has been by and after it", async () => {
    const amira = await customerWith(100);
    const [first, second] = [await amira.held(60), await amira.held(40)];
    expect(await redeemHold(amira.shopId, { holdId: first, transactionId: "t-1" }, after(10))).toEqual({ outcome: "hold_expired" });
    expect(await redeemHold(amira.shopId, { holdId: first, transactionId: "t-1" }, after(11))).toEqual({ outcome: "hold_expired" });
    // The other one is past its end too: a new hold need not wait for the sweep.
    expect(await amira.hold({ points: 100 }, after(10))).toMatchObject({ outcome: "held", held: 100 });
    expect(await redeemHold(amira.shopId, { holdId: second, transactionId: "t-1" }, after(10))).toEqual({ outcome: "hold_expired" });

    expect(await releaseOverdueHolds(after(15))).toBe(0);
    expect(await releaseOverdueHolds(after(20))).toBe(1);
    expect(await amira.balance()).toEqual({ balance: 100, held: 0, spendable: 100 });
    expect(await amira.faults()).toEqual([]);
  });

  it("that it never comes back to are freed by the worker; what a checkout holds for a coupon is not: its code leaves Shopify first", async () => {
    const amira = await customerWith(200);
    const { number } = await newAward(amira.shopId);
    const issued = await issueCoupon(amira.shopId, { customerId: amira.customerId, awardNumber: number, requestKey: "press", channel: "checkout" }, NOON);
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    await amira.held(60);
    await taskList({ clock: () => after(59), mailer: null }).sweep?.({}, {} as JobHelpers);
    expect(await amira.balance()).toEqual({ balance: 200, held: 100, spendable: 100 });

    // Both are past their end. The coupon's is for the return of the coupon to end.
    await amira.held(70, after(59));
    expect(await releaseOverdueHolds(after(69))).toBe(1);
    await amira.held(70, after(59));
    expect(await amira.hold({ points: 100 }, after(70))).toMatchObject({ outcome: "held", held: 200 });
    expect(await prisma.issuance.findUniqueOrThrow({ where: { shopId_id: { shopId: amira.shopId, id: issued.issuanceId } } })).toMatchObject({ status: "open" });
    expect(await amira.faults()).toEqual([]);
  });

  it("are the same hold when the same key asks again", async () => {
    const amira = await customerWith(100);
    const first = await amira.hold({ points: 80, requestKey: "till-7" });
    expect(first).toMatchObject({ outcome: "held", repeated: false, points: 80, endsAt: after(10) });
    expect(await amira.hold({ points: 80, requestKey: "till-7" }, after(1))).toEqual({ ...first, repeated: true });
    const ben = await newCustomer(amira.shopId);
    await givePoints(amira.shopId, ben.id, 80);
    expect(await holdPoints(amira.shopId, { customerId: ben.id, points: 80, minutes: 10, requestKey: "till-7", note: null }, NOON)).toMatchObject({ outcome: "held", repeated: false });
  });

  it("of another shop are unknown", async () => {
    const amira = await customerWith(100);
    const holdId = await amira.held(80);
    const other = await newShop();
    expect(await releaseHold(other.id, holdId, NOON)).toEqual({ outcome: "unknown" });
    expect(await redeemHold(other.id, { holdId, transactionId: "t-1" }, NOON)).toEqual({ outcome: "unknown" });
    expect(await amira.balance()).toMatchObject({ held: 80 });
  });

  it("go to exactly one of a thousand who want the last points at once", async () => {
    const amira = await customerWith(100);
    const answers = await Promise.all(Array.from({ length: 1000 }, () => amira.hold({ points: 100 })));
    expect(answers.filter(({ outcome }) => outcome === "held")).toHaveLength(1);
    expect(answers.filter(({ outcome }) => outcome === "insufficient")).toHaveLength(999);
    expect(await amira.balance()).toEqual({ balance: 100, held: 100, spendable: 0 });
    expect(await amira.faults()).toEqual([]);
  });
});

describe("points spent by a till", () => {
  it("are charged once for each key", async () => {
    const amira = await customerWith(100);
    const first = await amira.spend(30, "receipt-1");
    expect(first).toMatchObject({ outcome: "redeemed", repeated: false, balance: 70 });
    expect(await amira.spend(30, "receipt-1")).toEqual({ ...first, repeated: true });
    expect(await amira.balance()).toMatchObject({ balance: 70 });
  });

  it("go back in parts, to the lots they came from, and never more than were spent", async () => {
    const amira = await customerWith(50);
    await givePoints(amira.shopId, amira.customerId, 50);
    const spendId = await amira.spent(80);
    const refund = (points: number | null, requestKey: string) => refundPoints(amira.shopId, { entryId: spendId, points, requestKey, note: null }, NOON);

    const first = await refund(30, "a");
    expect(first).toMatchObject({ outcome: "refunded", repeated: false, points: 30, refundable: 50, balance: 50 });
    expect(await refund(30, "a")).toEqual({ ...first, repeated: true });
    expect(await refund(51, "b")).toEqual({ outcome: "exceeds_spend", refundable: 50 });
    expect(await refund(null, "c")).toMatchObject({ outcome: "refunded", points: 50, refundable: 0, balance: 100 });
    expect(await refund(null, "d")).toEqual({ outcome: "exceeds_spend", refundable: 0 });

    const lots = await prisma.pointsLot.findMany({ where: { shopId: amira.shopId, customerId: amira.customerId }, orderBy: { id: "asc" } });
    expect(lots.map(({ points, remaining }) => [points, remaining])).toEqual([[50, 50], [50, 50]]);
    expect(await amira.faults()).toEqual([]);
  });

  it("go back once when a hundred ask for them at once with keys of their own", async () => {
    const amira = await customerWith(100);
    const spendId = await amira.spent(100);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => refundPoints(amira.shopId, { entryId: spendId, points: 60, requestKey: `r${index}`, note: null }, NOON)));
    expect(answers.filter(({ outcome }) => outcome === "refunded")).toHaveLength(1);
    expect(await amira.balance()).toMatchObject({ balance: 60 });
    expect(await amira.faults()).toEqual([]);
  });

  it("are refunded for a spend only, of this shop", async () => {
    const amira = await customerWith(100);
    const { rows: entries } = await listStatement(amira.shopId, amira.customerId, null);
    const refund = (shopId: number, entryId: bigint) => refundPoints(shopId, { entryId, points: 1, requestKey: "x", note: null }, NOON);
    expect(await refund(amira.shopId, entries[0]?.id ?? 0n)).toEqual({ outcome: "unknown" });
    const spendId = await amira.spent(10);
    expect(await refund((await newShop()).id, spendId)).toEqual({ outcome: "unknown" });
  });
});

describe("every entry", () => {
  it("names an integrator's order as the integrator does, and Shopify's by its gid", async () => {
    const amira = await customerWith(100);
    for (const orderGid of ["transaction:T-77", "gid://shopify/Order/5"]) {
      const entry = { customerId: amira.customerId, kind: "earned" as const, points: 5, reasonKey: `earn:${orderGid}`, note: null, orderGid, occurredAt: NOON };
      await inTransaction((tx) => postEntry(tx, amira.shopId, entry, NOON));
    }
    const events = await prisma.event.findMany({ where: { shopId: amira.shopId }, orderBy: { id: "asc" } });
    expect(events.slice(-2).map(({ data }) => EVENT_DATA["points.changed"].parse(data).orderId)).toEqual(["T-77", "gid://shopify/Order/5"]);
  });

  it("is told as an event of the form that is promised, once", async () => {
    const amira = await customerWith(100);
    const spendId = await amira.spent(40);
    await refundPoints(amira.shopId, { entryId: spendId, points: 10, requestKey: "a", note: null }, NOON);
    await adjustPoints(amira.shopId, amira.customerId, { points: -5, reason: "Wrong", requestKey: "adjust-1" }, NOON);
    await adjustPoints(amira.shopId, amira.customerId, { points: -5, reason: "Wrong", requestKey: "adjust-1" }, NOON);

    const events = await prisma.event.findMany({ where: { shopId: amira.shopId, kind: "points.changed" }, orderBy: { id: "asc" } });
    const told = events.map(({ data }) => EVENT_DATA["points.changed"].parse(data));
    expect(told.map(({ kind, points, balance }) => [kind, points, balance])).toEqual([["adjusted", 100, 100], ["spent", -40, 60], ["spending_returned", 10, 70], ["adjusted", -5, 65]]);
    expect(told.every(({ customerId }) => customerId === `cus_${amira.customerId}`)).toBe(true);
  });
});
