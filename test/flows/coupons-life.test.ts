/** What staff do with coupons that were given out: revoke, transfer, archive; and what time does to them. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { EVENT_DATA } from "#app/contract/events.ts";
import { stockForecast } from "#app/domain/codes/stock.server.ts";
import { archiveCoupon, unarchiveCoupon } from "#app/domain/coupons/archive.server.ts";
import { burnCoupons } from "#app/domain/coupons/burn.server.ts";
import { expireCoupons } from "#app/domain/coupons/expire.server.ts";
import { finishReturn } from "#app/domain/coupons/finish-return.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { listCoupons } from "#app/domain/coupons/queries.server.ts";
import { resendCoupon, type Resending } from "#app/domain/coupons/resend.server.ts";
import { returnOverdue } from "#app/domain/coupons/return-overdue.server.ts";
import { stepRevoke } from "#app/domain/coupons/revoke-step.server.ts";
import { revokeCoupons, type Revocation } from "#app/domain/coupons/revoke.server.ts";
import { findCouponDetail, listCustomerCoupons } from "#app/domain/coupons/standing.server.ts";
import { takeBack } from "#app/domain/coupons/take-back.server.ts";
import { transferCoupon } from "#app/domain/coupons/transfer.server.ts";
import { listStockWarnings } from "#app/domain/reports/queries.server.ts";
import { cancelJob } from "#app/domain/jobs/cancel.server.ts";
import { findJob } from "#app/domain/jobs/queries.server.ts";
import { stepJob } from "#app/domain/jobs/step.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, type AwardWish } from "#test/factories.ts";

const LATER = new Date(NOON.getTime() + 60_000);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A shop with one award that costs 100 points, and people who have 1000 each. */
async function stage(wish: AwardWish = {}, people = 1) {
  const shop = await newShop();
  const award = await newAward(shop.id, wish);
  const customer = await rich(shop.id);
  const customers = [customer];
  for (let made = 1; made < people; made++) customers.push(await rich(shop.id));
  return { shopId: shop.id, award, customer, customers };
}

async function rich(shopId: number) {
  const customer = await newCustomer(shopId);
  await givePoints(shopId, customer.id, 1000);
  return customer;
}

/** Given by staff (paid at once), or at a checkout (held until an order proves it). */
async function give(shopId: number, awardNumber: number, customerId: bigint, { channel = "admin", now = NOON }: { channel?: "admin" | "checkout"; now?: Date } = {}) {
  const issuing = await issueCoupon(shopId, { customerId, awardNumber, requestKey: randomUUID(), channel }, now);
  if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
  return issuanceOf(shopId, issuing.issuanceId);
}

const couponOf = (shopId: number, id: bigint) => prisma.coupon.findUniqueOrThrow({ where: { shopId_id: { shopId, id } } });
const issuanceOf = (shopId: number, id: bigint) => prisma.issuance.findUniqueOrThrow({ where: { shopId_id: { shopId, id } } });
const accountOf = (shopId: number, customerId: bigint) => prisma.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId, customerId } } });
const issuedTally = async (shopId: number, awardNumber: number) => (await prisma.awardTally.findUniqueOrThrow({ where: { shopId_awardNumber: { shopId, awardNumber } } })).issued;
const eventsOf = async (shopId: number, kind: string) => (await prisma.event.findMany({ where: { shopId, kind }, orderBy: { id: "asc" } })).map(({ data }) => data);
const withdrawals = async (shopId: number) => (await prisma.change.findMany({ where: { shopId, kind: "withdraw_code", status: "pending" } })).map(({ subject }) => BigInt(subject)).sort();

/** What the sync does once a code is off Shopify. */
async function withdraw(shopId: number, couponId: bigint, now = LATER) {
  await inTransaction((tx) => finishReturn(tx, shopId, couponId, now));
  await prisma.coupon.update({ where: { shopId_id: { shopId, id: couponId } }, data: { codeState: "withdrawn" } });
  await prisma.change.updateMany({ where: { shopId, kind: "withdraw_code", subject: String(couponId) }, data: { status: "done" } });
}

/** A till that has the coupon locked until then. */
function lock(shopId: number, coupon: { id: bigint; awardNumber: number }, endsAt: Date, customerId: bigint | null = null) {
  return prisma.couponLock.create({ data: { shopId, reference: randomUUID(), couponId: coupon.id, awardNumber: coupon.awardNumber, customerId, lockedAt: NOON, endsAt } });
}

async function revoke(shopId: number, awardNumber: number, wish: Partial<Revocation> = {}, now = LATER) {
  const revoking = await revokeCoupons(shopId, { awardNumber, mode: "unredeemed", understood: true, returnPoints: false, requestKey: randomUUID(), ...wish }, now);
  if (revoking.outcome !== "started") throw new Error(revoking.outcome);
  return revoking.job;
}

describe("revoking", () => {
  it("is refused without the tick, and for an award that is not there", async () => {
    const { shopId, award, customer } = await stage();
    const { couponId } = await give(shopId, award.number, customer.id);
    const revocation = { awardNumber: award.number, mode: "unredeemed" as const, understood: false, returnPoints: true, requestKey: "once" };
    expect(await revokeCoupons(shopId, revocation, LATER)).toEqual({ outcome: "not_understood" });
    expect(await revokeCoupons(shopId, { ...revocation, understood: true, awardNumber: 99 }, LATER)).toEqual({ outcome: "award_unknown" });
    expect(await couponOf(shopId, couponId)).toMatchObject({ status: "issued" });
    expect(await prisma.bulkJob.count({ where: { shopId } })).toBe(0);
  });

  it("takes every unredeemed coupon, issued or not; redeemed ones and those at a till stay, and are counted", async () => {
    const { shopId, award, customers } = await stage({ codes: 6 }, 3);
    const given = [];
    for (const { id } of customers) given.push(await give(shopId, award.number, id));
    const [held, used, atTill] = given as [(typeof given)[0], (typeof given)[0], (typeof given)[0]];
    await prisma.coupon.update({ where: { shopId_id: { shopId, id: used.couponId } }, data: { status: "redeemed", usesCount: 1 } });
    await prisma.issuance.update({ where: { shopId_id: { shopId, id: used.id } }, data: { status: "redeemed" } });
    await lock(shopId, await couponOf(shopId, atTill.couponId), new Date(LATER.getTime() + HOUR));

    expect(await revoke(shopId, award.number)).toMatchObject({ status: "done", done: 5, failed: 1, outcomes: { revoked: 4, locked: 1 } });
    expect(await couponOf(shopId, held.couponId)).toMatchObject({ status: "revoked", statusAt: LATER });
    expect(await issuanceOf(shopId, held.id)).toMatchObject({ status: "revoked", endedAt: LATER });
    expect(await couponOf(shopId, used.couponId)).toMatchObject({ status: "redeemed" });
    expect(await couponOf(shopId, atTill.couponId)).toMatchObject({ status: "issued" });
    expect(await prisma.coupon.count({ where: { shopId, status: "available" } })).toBe(0);
    expect(await withdrawals(shopId)).toHaveLength(4);
    expect(await issuedTally(shopId, award.number)).toBe(2);
    expect(await eventsOf(shopId, "coupon.revoked")).toEqual([
      { couponId: `cpn_${held.couponId}`, code: expect.any(String), awardId: `awd_${award.number}`, issuanceId: `iss_${held.id}`, customerId: `cus_${held.customerId}`, points: 0 },
    ]);

    // The till has let go: the same can be asked again, and finds the one that is left.
    const muchLater = new Date(LATER.getTime() + 2 * HOUR);
    expect(await revoke(shopId, award.number, {}, muchLater)).toMatchObject({ status: "done", outcomes: { revoked: 1 } });
  });

  it("leaves a coupon that is redeemed while the job is on its way to it", async () => {
    const { shopId, award, customer } = await stage();
    const { id, couponId } = await give(shopId, award.number, customer.id);
    await prisma.coupon.update({ where: { shopId_id: { shopId, id: couponId } }, data: { status: "redeemed", usesCount: 1 } });
    await prisma.issuance.update({ where: { shopId_id: { shopId, id } }, data: { status: "redeemed" } });
    expect(await inTransaction((tx) => takeBack(tx, shopId, award, { issuanceIds: [id], returnPoints: true }, LATER))).toEqual(new Map([[id, "already_over"]]));
    expect(await couponOf(shopId, couponId)).toMatchObject({ status: "redeemed" });
    expect(await accountOf(shopId, customer.id)).toMatchObject({ balance: 900 });
  });

  it("takes only codes nobody has", async () => {
    const { shopId, award, customer } = await stage({ codes: 4 });
    const { couponId } = await give(shopId, award.number, customer.id);
    expect(await revoke(shopId, award.number, { mode: "not_issued" })).toMatchObject({ status: "done", outcomes: { revoked: 3 } });
    expect(await couponOf(shopId, couponId)).toMatchObject({ status: "issued" });
  });

  it("takes all active coupons of the chosen customers, and nobody else's", async () => {
    const { shopId, award, customers } = await stage({ codes: 5 }, 2);
    const [one, other] = customers as [(typeof customers)[0], (typeof customers)[0]];
    const theirs = [await give(shopId, award.number, one.id), await give(shopId, award.number, one.id)];
    const kept = await give(shopId, award.number, other.id);
    expect(await revoke(shopId, award.number, { mode: "customers", customerIds: [one.id] })).toMatchObject({ status: "done", outcomes: { revoked: 2 } });
    for (const { couponId } of theirs) expect(await couponOf(shopId, couponId)).toMatchObject({ status: "revoked" });
    expect(await couponOf(shopId, kept.couponId)).toMatchObject({ status: "issued" });
    expect(await prisma.coupon.count({ where: { shopId, status: "available" } })).toBe(2);
  });

  it.each([
    ["paid at once, points to go back: they wait for the withdrawal", "admin", true, { before: [900, 0], between: [900, 0], after: [1000, 0] }],
    ["held, points to go back: they wait for the withdrawal", "checkout", true, { before: [1000, 100], between: [1000, 100], after: [1000, 0] }],
    ["paid at once, points to stay", "admin", false, { before: [900, 0], between: [900, 0], after: [900, 0] }],
    ["held, points to stay: the hold becomes a spend", "checkout", false, { before: [1000, 100], between: [900, 0], after: [900, 0] }],
  ] as const)("%s", async (_, channel, returnPoints, { before, between, after }) => {
    const { shopId, award, customer } = await stage();
    const { id, couponId } = await give(shopId, award.number, customer.id, { channel });
    const points = async () => {
      const { balance, held } = await accountOf(shopId, customer.id);
      return [balance, held];
    };
    expect(await points()).toEqual(before);
    await revoke(shopId, award.number, { returnPoints });
    expect(await points()).toEqual(between);
    expect(await issuanceOf(shopId, id)).toMatchObject({ status: returnPoints ? "returning" : "revoked" });
    await withdraw(shopId, couponId);
    await withdraw(shopId, couponId);
    expect(await points()).toEqual(after);
    expect(await issuanceOf(shopId, id)).toMatchObject({ status: "revoked" });
    expect(await issuedTally(shopId, award.number)).toBe(0);
    expect(await eventsOf(shopId, "coupon.revoked")).toMatchObject([{ points: returnPoints ? 100 : 0 }]);
  });

  it("takes a code that was used and has uses left, and leaves what was used", async () => {
    const { shopId, award, customer } = await stage({ usesPerCode: 3 });
    const { id, couponId } = await give(shopId, award.number, customer.id);
    await prisma.issuance.updateMany({ where: { shopId, id }, data: { status: "redeemed" } });
    await prisma.coupon.updateMany({ where: { shopId, id: couponId }, data: { usesCount: 1 } });
    expect(await revoke(shopId, award.number, { mode: "customers", customerIds: [customer.id], returnPoints: true })).toMatchObject({ status: "done", outcomes: { revoked: 1 } });
    expect(await couponOf(shopId, couponId)).toMatchObject({ status: "revoked" });
    expect(await issuanceOf(shopId, id)).toMatchObject({ status: "redeemed" });
    expect(await withdrawals(shopId)).toEqual([couponId]);
    await withdraw(shopId, couponId);
    expect(await accountOf(shopId, customer.id)).toMatchObject({ balance: 900 });
    expect(await issuedTally(shopId, award.number)).toBe(1);
  });

  it("needs no withdrawal where an integrator applies the award: the points go back at once", async () => {
    const { shopId, award, customer } = await stage();
    await prisma.coupon.updateMany({ where: { shopId }, data: { codeState: "local" } });
    const { id } = await give(shopId, award.number, customer.id);
    await revoke(shopId, award.number, { returnPoints: true });
    expect(await issuanceOf(shopId, id)).toMatchObject({ status: "revoked" });
    expect(await accountOf(shopId, customer.id)).toMatchObject({ balance: 1000, held: 0 });
    expect(await withdrawals(shopId)).toEqual([]);
  });

  it("takes a code that everybody shares from one customer only, or from all", async () => {
    const { shopId, award, customers } = await stage({ single: `ALL-${randomUUID().slice(0, 8)}` }, 3);
    const given = [];
    for (const { id } of customers) given.push(await give(shopId, award.number, id));
    const [one, two, three] = given as [(typeof given)[0], (typeof given)[0], (typeof given)[0]];
    expect(await revoke(shopId, award.number, { mode: "not_issued" })).toMatchObject({ status: "done", done: 0 });

    expect(await revoke(shopId, award.number, { mode: "customers", customerIds: [one.customerId], returnPoints: true })).toMatchObject({ outcomes: { revoked: 1 } });
    expect(await accountOf(shopId, one.customerId)).toMatchObject({ balance: 1000 });
    expect(await couponOf(shopId, one.couponId)).toMatchObject({ status: "available" });
    expect(await withdrawals(shopId)).toEqual([]);

    expect(await revoke(shopId, award.number, { returnPoints: true })).toMatchObject({ outcomes: { revoked: 3 } });
    expect(await couponOf(shopId, one.couponId)).toMatchObject({ status: "revoked" });
    expect(await accountOf(shopId, two.customerId)).toMatchObject({ balance: 900 });
    await withdraw(shopId, one.couponId);
    for (const { id, customerId } of [two, three]) {
      expect(await issuanceOf(shopId, id)).toMatchObject({ status: "revoked" });
      expect(await accountOf(shopId, customerId)).toMatchObject({ balance: 1000 });
    }
  });

  it("is one job however often it is asked for, and many steps however large it is; it can be stopped", async () => {
    const { shopId, award } = await stage({ codes: 9000 });
    const first = await revoke(shopId, award.number, { requestKey: "the one" });
    expect(first).toMatchObject({ status: "running", done: 6000 });
    const again = await revoke(shopId, award.number, { requestKey: "the one" });
    expect(again).toMatchObject({ id: first.id, status: "done", done: 9000 });
    expect(await withdrawals(shopId)).toHaveLength(9000);

    const another = await newAward(shopId, { codes: 9000 });
    const stopped = await revoke(shopId, another.number);
    expect(await cancelJob(shopId, stopped.id, LATER)).toEqual({ outcome: "cancelled" });
    expect(await cancelJob(shopId, stopped.id, LATER)).toEqual({ outcome: "over" });
    expect(await stepJob(shopId, stopped.id, { revoke: stepRevoke }, LATER)).toEqual({ outcome: "over" });
    expect(await findJob(shopId, stopped.id)).toMatchObject({ status: "cancelled", done: 6000, outcomes: { revoked: 6000 } });
    expect(await prisma.coupon.count({ where: { shopId, awardNumber: another.number, status: "available" } })).toBe(3000);
  });

  it("does nothing twice when two workers have the same job", async () => {
    const { shopId, award, customers } = await stage({ codes: 12 }, 12);
    for (const { id } of customers) await give(shopId, award.number, id, { channel: "checkout" });
    await prisma.coupon.updateMany({ where: { shopId }, data: { codeState: "local" } });
    const keys = Array.from({ length: 4 }, () => revoke(shopId, award.number, { requestKey: "same", returnPoints: true }));
    for (const job of await Promise.all(keys)) expect(job).toMatchObject({ status: "done", outcomes: { revoked: 12 } });
    for (const { id } of customers) expect(await accountOf(shopId, id)).toMatchObject({ balance: 1000, held: 0 });
    expect(await eventsOf(shopId, "coupon.revoked")).toHaveLength(12);
  });
});

describe("transferring", () => {
  it("gives the same code to another customer in one action; no points move, both issuances stay on record", async () => {
    const { shopId, award, customers } = await stage({}, 2);
    const [one, other] = customers as [(typeof customers)[0], (typeof customers)[0]];
    const before = await give(shopId, award.number, one.id);
    const { code } = await couponOf(shopId, before.couponId);
    const transfer = { couponId: before.couponId, toCustomerId: other.id, requestKey: "hand over" };
    const transferred = await transferCoupon(shopId, transfer, LATER);
    expect(transferred).toEqual({ outcome: "transferred", issuanceId: expect.any(BigInt), code });
    expect(await transferCoupon(shopId, transfer, LATER)).toEqual(transferred);

    expect(await couponOf(shopId, before.couponId)).toMatchObject({ customerId: other.id, status: "issued", codeState: "live" });
    const history = await prisma.issuance.findMany({ where: { shopId, couponId: before.couponId }, orderBy: { id: "asc" } });
    expect(history).toMatchObject([
      { id: before.id, customerId: one.id, status: "revoked", points: 100, endedAt: LATER },
      { customerId: other.id, status: "open", points: 0, holdId: null, channel: "admin", issuedAt: LATER },
    ]);
    expect(await accountOf(shopId, one.id)).toMatchObject({ balance: 900 });
    expect(await accountOf(shopId, other.id)).toMatchObject({ balance: 1000 });
    expect(await issuedTally(shopId, award.number)).toBe(1);
    expect(await withdrawals(shopId)).toEqual([]);
    expect(await eventsOf(shopId, "coupon.transferred")).toMatchObject([{ customerId: `cus_${other.id}`, previousCustomerId: `cus_${one.id}` }]);
  });

  interface Scene {
    shopId: number;
    couponId: bigint;
    toId: bigint;
    awardNumber: number;
  }
  const set = (data: Parameters<typeof prisma.coupon.updateMany>[0]["data"]) => ({ shopId, couponId }: Scene) => prisma.coupon.updateMany({ where: { shopId, id: couponId }, data });
  async function registeredOn(shopId: number, id: bigint, day: string, rule: { registeredFrom?: Date; registeredUntil?: Date }) {
    await prisma.customer.updateMany({ where: { shopId, id }, data: { registeredAt: new Date(day) } });
    await prisma.award.updateMany({ where: { shopId }, data: rule });
  }
  it.each<[string, string, AwardWish, (scene: Scene) => Promise<unknown>]>([
    ["redeemed", "redeemed", {}, set({ status: "redeemed", usesCount: 1 })],
    ["revoked", "revoked", {}, set({ status: "revoked" })],
    ["archived", "archived", {}, set({ status: "archived" })],
    ["past its end, swept or not", "expired", {}, set({ expiresAt: LATER })],
    ["used already, though it has uses left", "redeemed", { usesPerCode: 3 }, set({ usesCount: 1 })],
    ["nobody's", "not_issued", {}, set({ status: "available", customerId: null })],
    ["locked by a till", "locked", {}, ({ shopId, couponId, awardNumber }) => lock(shopId, { id: couponId, awardNumber }, new Date(LATER.getTime() + 1))],
    ["bound to its owner on Shopify", "bound", {}, ({ shopId }) => prisma.parentDiscount.updateMany({ where: { shopId }, data: { customerGid: "gid://shopify/Customer/1" } })],
    ["of an award that is switched off", "award_inactive", {}, ({ shopId }) => prisma.award.updateMany({ where: { shopId }, data: { status: "inactive" } })],
    ["for somebody who is not on the award's list", "not_eligible", {}, ({ shopId }) => prisma.award.updateMany({ where: { shopId }, data: { audience: "listed" } })],
    ["for somebody who registered nobody knows when, of an award for customers of a time", "not_eligible", {}, ({ shopId }) => prisma.award.updateMany({ where: { shopId }, data: { registeredFrom: new Date("2026-01-01") } })],
    ["for somebody who registered too early", "not_eligible", {}, ({ shopId, toId }) => registeredOn(shopId, toId, "2025-12-31", { registeredFrom: new Date("2026-01-01") })],
    ["for somebody who registered too late", "not_eligible", {}, ({ shopId, toId }) => registeredOn(shopId, toId, "2026-01-02", { registeredUntil: new Date("2026-01-01") })],
    ["for somebody who has had as many as allowed", "customer_max_reached", { issuesPerCustomer: 1 }, ({ shopId, awardNumber, toId }) => give(shopId, awardNumber, toId)],
    ["for somebody who had one, of an award that is had once", "customer_max_reached", { matchAgain: "none" }, ({ shopId, awardNumber, toId }) => give(shopId, awardNumber, toId)],
    ["for somebody who had an award that excludes this one", "not_eligible", {}, async ({ shopId, awardNumber, toId }) => {
      const other = await newAward(shopId);
      await give(shopId, other.number, toId);
      await prisma.award.updateMany({ where: { shopId, number: awardNumber }, data: { excludedAwards: [other.number] } });
    }],
    ["for somebody who had one today", "too_soon", { issueGapDays: 1 }, ({ shopId, awardNumber, toId }) => give(shopId, awardNumber, toId)],
  ])("refuses a coupon that is %s", async (_, outcome, wish, happen) => {
    const { shopId, award, customers } = await stage(wish, 2);
    const [one, other] = customers as [(typeof customers)[0], (typeof customers)[0]];
    const { couponId } = await give(shopId, award.number, one.id);
    await happen({ shopId, couponId, awardNumber: award.number, toId: other.id });
    expect(await transferCoupon(shopId, { couponId, toCustomerId: other.id, requestKey: "x" }, LATER)).toEqual({ outcome });
    expect(await prisma.issuance.count({ where: { shopId, couponId } })).toBe(1);
  });

  it("takes along what was promised, and whom the code is for, to somebody for whom every rule holds", async () => {
    const { shopId, award, customers } = await stage({}, 2);
    const [one, other] = customers as [(typeof customers)[0], (typeof customers)[0]];
    const before = await give(shopId, award.number, one.id);
    const promised = { expiresAt: new Date("2026-12-24T22:59:59.999Z"), valueMinor: 750 };
    await prisma.issuance.updateMany({ where: { shopId, id: before.id }, data: promised });
    await prisma.coupon.updateMany({ where: { shopId, id: before.couponId }, data: { boundCustomerId: one.id } });
    await registeredOn(shopId, other.id, "2026-01-01", { registeredFrom: new Date("2026-01-01"), registeredUntil: new Date("2026-01-01") });
    expect(await transferCoupon(shopId, { couponId: before.couponId, toCustomerId: other.id, requestKey: "x" }, LATER)).toMatchObject({ outcome: "transferred" });
    expect(await prisma.issuance.findFirst({ where: { shopId, couponId: before.couponId, status: "open" } })).toMatchObject({ customerId: other.id, ...promised });
    expect(await couponOf(shopId, before.couponId)).toMatchObject({ boundCustomerId: other.id });
  });

  it("hands a code of another system to whoever could be given one: limits of giving are that system's", async () => {
    const { shopId, award, customers } = await stage({ source: { source: "third_party", text: "THEIRS-1\nTHEIRS-2" }, usesPerCustomer: 1, usesTotal: 9 }, 2);
    const [one, other] = customers as [(typeof customers)[0], (typeof customers)[0]];
    const { couponId } = await give(shopId, award.number, one.id);
    await give(shopId, award.number, other.id);
    expect(await transferCoupon(shopId, { couponId, toCustomerId: other.id, requestKey: "x" }, LATER)).toMatchObject({ outcome: "transferred" });
  });

  it("refuses a coupon whose points a checkout still holds, one that everybody shares, and people it does not know", async () => {
    const { shopId, award, customers } = await stage({ codes: 2 }, 2);
    const [one, other] = customers as [(typeof customers)[0], (typeof customers)[0]];
    const { couponId } = await give(shopId, award.number, one.id, { channel: "checkout" });
    expect(await transferCoupon(shopId, { couponId, toCustomerId: other.id, requestKey: "x" }, LATER)).toEqual({ outcome: "points_held" });
    const mine = await give(shopId, award.number, one.id);
    expect(await transferCoupon(shopId, { couponId: mine.couponId, toCustomerId: one.id, requestKey: "x" }, LATER)).toEqual({ outcome: "already_theirs" });
    expect(await transferCoupon(shopId, { couponId, toCustomerId: 999_999_999n, requestKey: "x" }, LATER)).toEqual({ outcome: "customer_unknown" });
    expect(await transferCoupon(shopId, { couponId: 999_999_999n, toCustomerId: other.id, requestKey: "x" }, LATER)).toEqual({ outcome: "coupon_unknown" });
    const shared = await newAward(shopId, { single: `ALL-${randomUUID().slice(0, 8)}` });
    const theirs = await give(shopId, shared.number, one.id);
    expect(await transferCoupon(shopId, { couponId: theirs.couponId, toCustomerId: other.id, requestKey: "x" }, LATER)).toEqual({ outcome: "shared" });
  });

  it("goes to exactly one of several customers who are given it at once", async () => {
    const { shopId, award, customers } = await stage({}, 6);
    const [one, ...others] = customers as [(typeof customers)[0], ...typeof customers];
    const { couponId } = await give(shopId, award.number, one.id);
    const answers = await Promise.all(others.map(({ id }) => transferCoupon(shopId, { couponId, toCustomerId: id, requestKey: String(id) }, LATER)));
    const { customerId } = await couponOf(shopId, couponId);
    const open = await prisma.issuance.findMany({ where: { shopId, couponId, status: "open" } });
    expect(open).toMatchObject([{ customerId }]);
    expect(answers.every(({ outcome }) => outcome === "transferred")).toBe(true); // one after the other: the last has it
    expect(await issuedTally(shopId, award.number)).toBe(1);
  });
});

describe("resending", () => {
  const resend = (shopId: number, couponId: bigint, wish: Partial<Resending> = {}) => resendCoupon(shopId, { couponId, customerId: null, channel: "api", requestKey: randomUUID(), ...wish }, LATER);
  const toldOf = async (shopId: number) => (await eventsOf(shopId, "coupon.resent")).map((data) => EVENT_DATA["coupon.resent"].parse(data));

  it("is one event of one request, however many repeat it at once; another request is another", async () => {
    const { shopId, award, customer } = await stage();
    const { couponId, id } = await give(shopId, award.number, customer.id);
    const answers = await Promise.all(Array.from({ length: 6 }, () => resend(shopId, couponId, { requestKey: "once" })));
    expect(answers[0]).toMatchObject({ outcome: "resent", issuanceId: `iss_${id}`, resentAt: LATER });
    expect(answers).toEqual(answers.map(() => answers[0]));
    expect(await resend(shopId, couponId)).toMatchObject({ outcome: "resent" });
    // The same key for another coupon asks for something else.
    const other = await give(shopId, award.number, customer.id);
    expect(await resend(shopId, other.couponId, { requestKey: "once" })).toMatchObject({ outcome: "resent", issuanceId: `iss_${other.id}` });
    expect((await toldOf(shopId)).map((told) => told.couponId)).toEqual([`cpn_${couponId}`, `cpn_${couponId}`, `cpn_${other.couponId}`]);
  });

  it("of a code that everybody has is for one who holds it, and who that is must be said", async () => {
    const { shopId, customers } = await stage({}, 3);
    const [one, two, stranger] = customers as [(typeof customers)[0], (typeof customers)[0], (typeof customers)[0]];
    const shared = await newAward(shopId, { single: `ALL-${randomUUID().slice(0, 8)}` });
    const { couponId, id } = await give(shopId, shared.number, one.id);
    await give(shopId, shared.number, two.id);
    expect(await resend(shopId, couponId)).toEqual({ outcome: "customer_needed" });
    expect(await resend(shopId, couponId, { customerId: stranger.id })).toEqual({ outcome: "not_owner" });
    expect(await resend(shopId, couponId, { customerId: one.id })).toMatchObject({ outcome: "resent", issuanceId: `iss_${id}` });
    expect(await toldOf(shopId)).toMatchObject([{ customerId: `cus_${one.id}`, issuanceId: `iss_${id}`, expiresAt: null }]);
  });

  it("goes to whom the coupon belongs now, and tells the end that comes first", async () => {
    const { shopId, award, customers } = await stage({ endsAt: new Date(NOON.getTime() + 9 * DAY) }, 2);
    const [one, other] = customers as [(typeof customers)[0], (typeof customers)[0]];
    const { couponId } = await give(shopId, award.number, one.id);
    await transferCoupon(shopId, { couponId, toCustomerId: other.id, requestKey: "hand over" }, LATER);
    const tomorrow = new Date(NOON.getTime() + DAY);
    await resend(shopId, couponId);
    await prisma.coupon.updateMany({ where: { shopId, id: couponId }, data: { expiresAt: tomorrow } });
    await resend(shopId, couponId);
    expect(await toldOf(shopId)).toMatchObject([
      { customerId: `cus_${other.id}`, expiresAt: award.endsAt?.toISOString() },
      { customerId: `cus_${other.id}`, expiresAt: tomorrow.toISOString() },
    ]);
  });

  interface Scene {
    shopId: number;
    couponId: bigint;
    awardNumber: number;
  }
  const set = (data: Parameters<typeof prisma.coupon.updateMany>[0]["data"]) => ({ shopId, couponId }: Scene) => prisma.coupon.updateMany({ where: { shopId, id: couponId }, data });
  const ofAward = (data: Parameters<typeof prisma.award.updateMany>[0]["data"]) => ({ shopId, awardNumber }: Scene) => prisma.award.updateMany({ where: { shopId, number: awardNumber }, data });
  const sell = async ({ shopId, couponId }: Scene, transactionId: string) => {
    const { code, customerId } = await couponOf(shopId, couponId);
    const { outcome } = await burnCoupons(shopId, { customerId, what: { codes: [code] }, transactionId, transactionTime: null }, LATER);
    expect(outcome).toBe("burned");
  };
  it.each<[string, string, AwardWish, (scene: Scene) => Promise<unknown>]>([
    ["of which a till has one use locked", "resent", { usesPerCode: 2 }, ({ shopId, couponId, awardNumber }) => lock(shopId, { id: couponId, awardNumber }, new Date(LATER.getTime() + HOUR))],
    ["used once, with a use left", "resent", { usesPerCode: 2, appliedBy: "integrator" }, (scene) => sell(scene, "sale-1")],
    ["used as often as it may be", "redeemed", { usesPerCode: 2, appliedBy: "integrator" }, async (scene) => [await sell(scene, "sale-1"), await sell(scene, "sale-2")]],
    ["of a customer who has used as many as one may", "customer_limit_reached", { usesPerCustomer: 1, usesPerCode: 2, appliedBy: "integrator" }, (scene) => sell(scene, "sale-1")],
    ["of an award whose uses are all taken", "award_limit_reached", { usesTotal: 1, usesPerCode: 2, appliedBy: "integrator" }, (scene) => sell(scene, "sale-1")],
    ["past its end, swept or not", "expired", {}, set({ expiresAt: LATER })],
    ["past its award's end, though its own is later", "expired", {}, async (scene) => [await set({ expiresAt: new Date(LATER.getTime() + DAY) })(scene), await prisma.award.updateMany({ where: { shopId: scene.shopId }, data: { endsAt: LATER } })]],
    ["of an award that has ended, whose coupons end with it", "expired", {}, ofAward({ endsAt: LATER })],
    ["of an award whose start was put off", "not_started", {}, ofAward({ startsAt: new Date(LATER.getTime() + 1) })],
    ["of an award that begins at this instant", "resent", {}, ofAward({ startsAt: LATER })],
    ["that can be used later only, as she was told at first", "resent", {}, ofAward({ redeemableFrom: new Date(LATER.getTime() + DAY) })],
    ["of an award that is switched off", "award_inactive", {}, ofAward({ status: "inactive" })],
    ["of an award that is archived", "award_inactive", {}, ofAward({ status: "archived" })],
    ["of an award that is switched off and has not begun: switching it on comes first", "award_inactive", {}, ofAward({ status: "inactive", startsAt: new Date(LATER.getTime() + DAY) })],
    ["of an award that is switched off and over: nothing brings it back", "expired", {}, ofAward({ status: "inactive", endsAt: LATER })],
    ["being given back", "revoked", {}, ({ shopId, couponId }) => prisma.issuance.updateMany({ where: { shopId, couponId }, data: { status: "returning" } })],
    ["nobody's any more", "not_issued", {}, async (scene) => [await set({ status: "available", customerId: null })(scene), await prisma.issuance.updateMany({ where: { shopId: scene.shopId }, data: { status: "returned" } })]],
  ])("of a coupon %s: %s", async (_, outcome, wish, happen) => {
    const { shopId, award, customer } = await stage(wish);
    const { couponId } = await give(shopId, award.number, customer.id);
    await happen({ shopId, couponId, awardNumber: award.number });
    expect(await resend(shopId, couponId)).toMatchObject({ outcome });
    expect(await toldOf(shopId)).toHaveLength(outcome === "resent" ? 1 : 0);
  });
});

describe("archiving a coupon", () => {
  it("takes it off Shopify and out of use, and back again", async () => {
    const { shopId, award, customer } = await stage({ codes: 1 });
    const { couponId } = await give(shopId, award.number, customer.id);
    expect(await archiveCoupon(shopId, couponId, LATER)).toEqual({ outcome: "archived" });
    expect(await archiveCoupon(shopId, couponId, LATER)).toEqual({ outcome: "already_archived" });
    expect(await withdrawals(shopId)).toEqual([couponId]);
    expect(await unarchiveCoupon(shopId, couponId, LATER)).toEqual({ outcome: "withdrawing" });

    await withdraw(shopId, couponId);
    expect(await unarchiveCoupon(shopId, couponId, LATER)).toEqual({ outcome: "unarchived" });
    expect(await unarchiveCoupon(shopId, couponId, LATER)).toEqual({ outcome: "not_archived" });
    expect(await couponOf(shopId, couponId)).toMatchObject({ status: "issued", customerId: customer.id, codeState: "planned" });
    expect(await prisma.change.count({ where: { shopId, kind: "push_codes", status: "pending" } })).toBe(1);
  });

  it("is its owner's again where it was used before and has uses left", async () => {
    const { shopId, award, customer } = await stage({ usesPerCode: 3 });
    const { id, couponId } = await give(shopId, award.number, customer.id);
    await prisma.issuance.updateMany({ where: { shopId, id }, data: { status: "redeemed" } });
    await prisma.coupon.updateMany({ where: { shopId, id: couponId }, data: { usesCount: 1, codeState: "local" } });
    await archiveCoupon(shopId, couponId, LATER);
    expect(await unarchiveCoupon(shopId, couponId, LATER)).toEqual({ outcome: "unarchived" });
    expect(await couponOf(shopId, couponId)).toMatchObject({ status: "issued", customerId: customer.id });
  });

  it("never hands out an archived code, and does again once it is back", async () => {
    const { shopId, award, customer } = await stage({ codes: 1 });
    await prisma.coupon.updateMany({ where: { shopId }, data: { codeState: "local" } });
    const { id } = await prisma.coupon.findFirstOrThrow({ where: { shopId } });
    await archiveCoupon(shopId, id, LATER);
    const ask = () => issueCoupon(shopId, { customerId: customer.id, awardNumber: award.number, requestKey: randomUUID(), channel: "admin" }, LATER);
    expect(await ask()).toMatchObject({ outcome: "out_of_codes" });
    expect(await unarchiveCoupon(shopId, id, LATER)).toEqual({ outcome: "unarchived" });
    expect(await ask()).toMatchObject({ outcome: "issued" });
  });

  it.each([["redeemed", "over"], ["revoked", "over"], ["expired", "over"]] as const)("leaves a %s coupon what it is", async (status, outcome) => {
    const { shopId, award, customer } = await stage();
    const { couponId } = await give(shopId, award.number, customer.id);
    await prisma.coupon.updateMany({ where: { shopId, id: couponId }, data: { status } });
    expect(await archiveCoupon(shopId, couponId, LATER)).toEqual({ outcome });
    expect(await couponOf(shopId, couponId)).toMatchObject({ status });
  });

  it("waits for a till, and does not bring back what has ended meanwhile", async () => {
    const { shopId, award, customer } = await stage();
    const { couponId } = await give(shopId, award.number, customer.id);
    const coupon = await couponOf(shopId, couponId);
    await lock(shopId, coupon, new Date(LATER.getTime() + 1));
    expect(await archiveCoupon(shopId, couponId, LATER)).toEqual({ outcome: "locked" });
    const free = new Date(LATER.getTime() + 1);
    expect(await archiveCoupon(shopId, couponId, free)).toEqual({ outcome: "archived" });
    await withdraw(shopId, couponId);
    await prisma.coupon.updateMany({ where: { shopId, id: couponId }, data: { expiresAt: free } });
    expect(await unarchiveCoupon(shopId, couponId, free)).toEqual({ outcome: "expired" });
    expect(await unarchiveCoupon(shopId, 999_999_999n, free)).toEqual({ outcome: "coupon_unknown" });
    expect(await archiveCoupon(shopId, 999_999_999n, free)).toEqual({ outcome: "coupon_unknown" });
  });
});

describe("time", () => {
  it("does not call codes live whose discount was deleted in Shopify, nor a stock of them empty", async () => {
    const { shopId, award } = await stage({}, 1);
    const states = async () => (await listCoupons(shopId, { awardNumber: award.number, text: "", filter: null, position: null }, LATER)).rows.map(({ codeState }) => codeState);
    expect(new Set(await states())).toEqual(new Set(["live"]));
    expect(await stockForecast(shopId, award.number, LATER)).toMatchObject({ stopped: false });

    await prisma.parentDiscount.updateMany({ where: { shopId, awardNumber: award.number }, data: { offAt: NOON } });

    expect(new Set(await states())).toEqual(new Set(["off"]));
    expect(await stockForecast(shopId, award.number, LATER)).toMatchObject({ ready: 0, stopped: true });
    expect(await listStockWarnings(shopId, LATER)).toEqual([]);
  });

  it("is seen in the list of codes before any sweep has been by", async () => {
    const end = new Date(NOON.getTime() + DAY);
    const { shopId, award, customers } = await stage({ endsAt: end }, 2);
    const [one, other] = customers as [(typeof customers)[0], (typeof customers)[0]];
    await give(shopId, award.number, one.id);
    const { couponId } = await give(shopId, award.number, other.id);
    await lock(shopId, await couponOf(shopId, couponId), end);
    const shown = async (now: Date) => {
      const { rows } = await listCoupons(shopId, { awardNumber: award.number, text: "", filter: null, position: null }, now);
      return rows.map(({ status }) => status).sort();
    };
    expect(await shown(LATER)).toEqual(["available", "issued", "locked"]);
    expect(await shown(end)).toEqual(["available", "expired", "expired"]);
  });

  it("expires coupons at their own end or at their award's, and tells it once", async () => {
    const { shopId, award, customers } = await stage({ codes: 4, endsAt: new Date(NOON.getTime() + 2 * DAY) }, 2);
    const [one, other] = customers as [(typeof customers)[0], (typeof customers)[0]];
    const early = await give(shopId, award.number, one.id);
    const late = await give(shopId, award.number, other.id);
    await prisma.coupon.updateMany({ where: { shopId, id: early.couponId }, data: { expiresAt: new Date(NOON.getTime() + DAY) } });
    await prisma.coupon.updateMany({ where: { shopId, id: late.couponId }, data: { expiresAt: null } });

    await expireCoupons(new Date(NOON.getTime() + DAY - 1));
    expect(await couponOf(shopId, early.couponId)).toMatchObject({ status: "issued" });
    await expireCoupons(new Date(NOON.getTime() + DAY));
    expect(await couponOf(shopId, early.couponId)).toMatchObject({ status: "expired" });
    expect(await couponOf(shopId, late.couponId)).toMatchObject({ status: "issued" });
    await expireCoupons(new Date(NOON.getTime() + 2 * DAY));
    await expireCoupons(new Date(NOON.getTime() + 2 * DAY));
    expect(await couponOf(shopId, late.couponId)).toMatchObject({ status: "expired" });
    expect(await eventsOf(shopId, "coupon.expired")).toEqual([early, late].map(({ id, couponId, customerId }) => ({
      couponId: `cpn_${couponId}`, code: expect.any(String), awardId: `awd_${award.number}`, issuanceId: `iss_${id}`, customerId: `cus_${customerId}`,
    })));
    // Codes nobody has do not expire by themselves.
    expect(await prisma.coupon.count({ where: { shopId, status: "available" } })).toBe(2);
  });

  it("ends a coupon with its award, whose end was moved before the coupon's own: in every list, and it changes no hands", async () => {
    const { shopId, award, customers } = await stage({ expiryRule: "days", expiryCount: 30 }, 2);
    const [one, other] = customers as [(typeof customers)[0], (typeof customers)[0]];
    const { couponId } = await give(shopId, award.number, one.id);
    const { code, expiresAt } = await couponOf(shopId, couponId);
    const end = new Date(NOON.getTime() + DAY);
    expect(expiresAt?.getTime()).toBeGreaterThan(end.getTime());
    const moveEnd = (endsAt: Date) => prisma.award.updateMany({ where: { shopId }, data: { endsAt, updatedAt: end } });
    await moveEnd(end);
    const shown = async () => {
      const detail = await findCouponDetail(shopId, code, end);
      const { rows } = await listCustomerCoupons(shopId, { customerId: one.id, status: null, location: null, zone: null, position: null, size: 9 }, end);
      return { status: detail?.status, endsAt: detail?.endsAt, listed: rows.map(({ status }) => status) };
    };
    expect(await shown()).toEqual({ status: "expired", endsAt: end, listed: ["expired"] });
    expect(await transferCoupon(shopId, { couponId, toCustomerId: other.id, requestKey: "x" }, end)).toEqual({ outcome: "expired" });
    await expireCoupons(end);
    expect(await couponOf(shopId, couponId)).toMatchObject({ status: "expired", expiresAt });
    // Its code leaves with its discount, and not by itself: it may come back.
    expect(await withdrawals(shopId)).toEqual([]);
    await moveEnd(new Date(end.getTime() + DAY));
    await expireCoupons(end);
    expect(await couponOf(shopId, couponId)).toMatchObject({ status: "issued" });
    expect(await shown()).toEqual({ status: "issued", endsAt: new Date(end.getTime() + DAY), listed: ["issued"] });
  });

  it("brings coupons back whose award ends later after all", async () => {
    const end = new Date(NOON.getTime() + DAY);
    const { shopId, award, customer } = await stage({ endsAt: end });
    const { couponId } = await give(shopId, award.number, customer.id);
    await prisma.coupon.updateMany({ where: { shopId, id: couponId }, data: { expiresAt: null } });
    await expireCoupons(end);
    expect(await couponOf(shopId, couponId)).toMatchObject({ status: "expired" });
    await prisma.award.updateMany({ where: { shopId }, data: { endsAt: new Date(end.getTime() + DAY), updatedAt: end } });
    await expireCoupons(end);
    expect(await couponOf(shopId, couponId)).toMatchObject({ status: "issued" });
  });

  it("does not bring back with its award a coupon whose points went back meanwhile", async () => {
    const end = new Date(NOON.getTime() + DAY);
    const { shopId, award, customer } = await stage({ endsAt: end });
    const { id, couponId } = await give(shopId, award.number, customer.id, { channel: "checkout", now: new Date(end.getTime() - 60_000) });
    await expireCoupons(end);
    await returnOverdue(end);
    await withdraw(shopId, couponId, end);
    expect(await issuanceOf(shopId, id)).toMatchObject({ status: "returned" });

    await prisma.award.updateMany({ where: { shopId }, data: { endsAt: new Date(end.getTime() + DAY), updatedAt: end } });
    await expireCoupons(end);
    expect(await couponOf(shopId, couponId)).toMatchObject({ status: "revoked", codeState: "withdrawn" });
    const { rows } = await listCoupons(shopId, { awardNumber: award.number, text: "", filter: null, position: null }, end);
    expect(rows.find(({ id: listed }) => listed === couponId)).toMatchObject({ status: "revoked" });
  });

  it("waits with a coupon that a till has locked, and gives back what a checkout still held for an expired one", async () => {
    const { shopId, award, customers } = await stage({}, 2);
    const [one, other] = customers as [(typeof customers)[0], (typeof customers)[0]];
    const end = new Date(NOON.getTime() + 30 * 60_000);
    const held = await give(shopId, award.number, one.id, { channel: "checkout" });
    const atTill = await give(shopId, award.number, other.id);
    await prisma.coupon.updateMany({ where: { shopId, status: "issued" }, data: { expiresAt: end } });
    await lock(shopId, await couponOf(shopId, atTill.couponId), new Date(end.getTime() + 1));

    await expireCoupons(end);
    expect(await couponOf(shopId, atTill.couponId)).toMatchObject({ status: "issued" });
    expect(await couponOf(shopId, held.couponId)).toMatchObject({ status: "expired" });
    await returnOverdue(end);
    expect(await issuanceOf(shopId, held.id)).toMatchObject({ status: "returning" });
    expect(await accountOf(shopId, one.id)).toMatchObject({ held: 100 });
    await withdraw(shopId, held.couponId, end);
    expect(await accountOf(shopId, one.id)).toMatchObject({ balance: 1000, held: 0 });
    expect(await couponOf(shopId, held.couponId)).toMatchObject({ status: "revoked" });

    await expireCoupons(new Date(end.getTime() + 1));
    expect(await couponOf(shopId, atTill.couponId)).toMatchObject({ status: "expired" });
  });
});
