/** Two customers who turn out to be one: Shopify merges them, and neither loses a point, a coupon or a limit. */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import type { JobHelpers } from "graphile-worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eraseCustomer } from "#app/domain/customers/erase.server.ts";
import { findCaller } from "#app/domain/customers/find-caller.server.ts";
import { findCustomers } from "#app/domain/customers/find.server.ts";
import { mergeCustomers } from "#app/domain/customers/merge.server.ts";
import { moveLate } from "#app/domain/customers/move-late.server.ts";
import { listCustomers } from "#app/domain/customers/queries.server.ts";
import { rememberCustomer } from "#app/domain/customers/remember.server.ts";
import { setExternalId } from "#app/domain/customers/set-external-id.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { adjustPoints } from "#app/domain/points/adjust.server.ts";
import { findSpend } from "#app/domain/points/find-entry.server.ts";
import { holdPoints } from "#app/domain/points/hold.server.ts";
import { maturePoints } from "#app/domain/points/mature.server.ts";
import { postEntry } from "#app/domain/points/post.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { redeemPoints } from "#app/domain/points/redeem.server.ts";
import { refundPoints } from "#app/domain/points/refund.server.ts";
import { tellLapses } from "#app/domain/points/tell-lapses.server.ts";
import { earnedInYear } from "#app/domain/points/tiers.server.ts";
import { verifyChain } from "#app/domain/points/verify.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { taskList } from "#app/tasks.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";
import { orderPayload, type OrderWish } from "#test/fixtures/payloads.ts";
import { openHotServer, workInbox } from "#test/hot-server.ts";
import { till } from "#test/till.ts";

let app: Awaited<ReturnType<typeof openHotServer>>;
beforeAll(async () => void (app = await openHotServer()));
afterAll(() => app.close());

const DAY = 86_400_000;
const day = (count: number) => new Date(NOON.getTime() + count * DAY);
const asGid = (text: string) => text as Gid<"Customer">;

/** A shop and two customers of it: Amira at home, and Amira at work. */
async function twoOfOne(facts: { expiryMonths?: number } = {}) {
  const shop = await newShop();
  if (facts.expiryMonths !== undefined) await prisma.shop.update({ where: { id: shop.id }, data: facts });
  const [home, work] = [await newCustomer(shop.id), await newCustomer(shop.id)];
  const merge = (now = NOON, kept = home.gid, deleted = work.gid) => inTransaction((tx) => mergeCustomers(tx, shop.id, { keptGid: asGid(kept), deletedGid: asGid(deleted) }, now));
  return {
    shop, home, work, merge,
    balance: (id: bigint, now = NOON) => findBalance(shop.id, id, now),
    lots: (customerId: bigint) => prisma.pointsLot.findMany({ where: { shopId: shop.id, customerId, remaining: { gt: 0 } }, orderBy: [{ expiresAt: "asc" }, { id: "asc" }], select: { remaining: true, expiresAt: true } }),
    entries: (customerId: bigint) => prisma.pointsEntry.findMany({ where: { shopId: shop.id, customerId }, orderBy: { seq: "asc" }, select: { kind: true, points: true, balanceAfter: true } }),
    async sound() {
      for (const { id } of await prisma.customer.findMany({ where: { shopId: shop.id } })) expect(await verifyChain(shop.id, id)).toMatchObject({ outcome: "unbroken" });
    },
    issue: (customerId: bigint, awardNumber: number, key: string = randomUUID()) => issueCoupon(shop.id, { customerId, awardNumber, requestKey: key, channel: "checkout" }, NOON),
    async told(topic: string, payload: unknown) {
      expect(await app.deliver(shop.domain, topic, payload)).toBe(200);
      return workInbox(shop.domain, NOON);
    },
    order: (customerGid: string, more: Partial<OrderWish> = {}) => orderPayload({ id: 7001, customerGid, ...more }),
  };
}

const mergePayload = (kept: string, deleted: string, status = "completed") => ({
  admin_graphql_api_customer_kept_id: kept, admin_graphql_api_customer_deleted_id: deleted, admin_graphql_api_job_id: null, status, errors: [],
});

describe("the points of two customers", () => {
  it("are one balance, and each lot keeps the end it had", async () => {
    const { shop, home, work, merge, balance, lots, entries, sound } = await twoOfOne({ expiryMonths: 1 });
    await givePoints(shop.id, work.id, 30, day(-10));
    await givePoints(shop.id, home.id, 100, day(-5));
    await givePoints(shop.id, work.id, 20, NOON);
    const ends = (await lots(work.id)).map(({ expiresAt }) => expiresAt);

    expect(await merge()).toEqual({ outcome: "merged", keptId: home.id, deletedId: work.id, points: 50 });

    expect(await balance(home.id)).toEqual({ balance: 150, held: 0, spendable: 150 });
    expect(await balance(work.id)).toMatchObject({ balance: 0 });
    expect(await lots(home.id)).toEqual([{ remaining: 30, expiresAt: ends[0] }, { remaining: 100, expiresAt: expect.any(Date) as Date }, { remaining: 20, expiresAt: ends[1] }]);
    expect(await lots(work.id)).toEqual([]);
    expect((await entries(work.id)).at(-1)).toEqual({ kind: "merged", points: -50, balanceAfter: 0 });
    expect((await entries(home.id)).slice(1)).toEqual([{ kind: "merged", points: 30, balanceAfter: 130 }, { kind: "merged", points: 20, balanceAfter: 150 }]);
    await sound();
  });

  it("that their customer was told of, before they lapse, are not told of again", async () => {
    const { shop, home, work, merge } = await twoOfOne({ expiryMonths: 1 });
    await prisma.shop.update({ where: { id: shop.id }, data: { expiryNoticeDays: 7 } });
    await givePoints(shop.id, work.id, 30, day(-27));
    const told = () => prisma.event.findMany({ where: { shopId: shop.id, kind: "points.expiring" }, select: { data: true } });
    await tellLapses(NOON);
    expect(await told()).toHaveLength(1);
    await merge();
    await givePoints(shop.id, home.id, 10, day(-26));
    await tellLapses(day(1));
    expect((await told()).slice(1)).toMatchObject([{ data: { customerId: `cus_${home.id}`, points: 10 } }]);
  });

  it("that an order had earned go with that order when it is cancelled, not others that lapse sooner", async () => {
    const { shop, home, work, merge, told, order, lots, sound } = await twoOfOne({ expiryMonths: 1 });
    await givePoints(shop.id, home.id, 100, day(-10));
    await told("orders/create", order(work.gid));
    const [sooner, later] = [await lots(home.id), await lots(work.id)];
    await merge(day(1));
    expect(await lots(home.id)).toEqual([...sooner, ...later]);
    expect(await told("orders/cancelled", order(work.gid, { cancelledAt: day(1).toISOString(), updatedAt: day(1).toISOString() }))).toEqual(["done"]);
    expect(await lots(home.id)).toEqual(sooner);
    await sound();
  });

  it("that wait to mature wait for who stayed", async () => {
    const { shop, home, work, merge, balance, told, order } = await twoOfOne();
    await prisma.shop.update({ where: { id: shop.id }, data: { pendingDays: 14 } });
    await told("orders/create", order(work.gid));
    await merge(day(1));
    await maturePoints(day(15));
    expect(await balance(home.id, day(15))).toMatchObject({ balance: 100 });
    expect(await balance(work.id, day(15))).toMatchObject({ balance: 0 });
  });

  it("that come to who is gone after all, by what was under way, are moved by the worker", async () => {
    const { shop, home, work, merge, balance, sound } = await twoOfOne();
    await merge();
    await inTransaction((tx) => postEntry(tx, shop.id, { customerId: work.id, kind: "earned", points: 30, reasonKey: "under-way", note: null, occurredAt: NOON }, NOON));
    await taskList({ clock: () => NOON, mailer: null }).sweep?.({}, {} as JobHelpers);
    expect([await balance(home.id), await balance(work.id)]).toMatchObject([{ balance: 30 }, { balance: 0 }]);
    await sound();
  });

  it("move once, however often Shopify tells of it", async () => {
    const { shop, home, work, balance, told, sound } = await twoOfOne();
    await givePoints(shop.id, work.id, 30);
    expect(await told("customers/merge", mergePayload(home.gid, work.gid))).toEqual(["done"]);
    expect(await told("customers/merge", mergePayload(home.gid, work.gid))).toEqual(["done"]);
    expect(await balance(home.id)).toMatchObject({ balance: 30 });
    await sound();
  });

  it.each(["failed", "in_progress", "requested"])("stay where they are while the merge is %s", async (status) => {
    const { shop, home, work, balance, told } = await twoOfOne();
    await givePoints(shop.id, work.id, 30);
    expect(await told("customers/merge", mergePayload(home.gid, work.gid, status))).toEqual(["done"]);
    expect(await balance(work.id)).toMatchObject({ balance: 30 });
  });

  it("pay each other's debt", async () => {
    for (const [inDebt, other] of [["work", "home"], ["home", "work"]] as const) {
      const people = await twoOfOne();
      const { shop, home, merge, balance, sound } = people;
      await givePoints(shop.id, people[other].id, 50);
      await inTransaction(async (tx) => {
        await tx.$queryRaw`SELECT 1 FROM post_points_entry(${shop.id}::int, ${people[inDebt].id}::bigint, 'earning_reversed', -20, ${randomUUID()}, NULL, NULL, NULL, ${NOON}::timestamptz, ${NOON}::timestamptz, true)`;
      });
      await merge();
      expect(await balance(home.id)).toEqual({ balance: 30, held: 0, spendable: 30 });
      await sound();
    }
  });

  it("that a hold keeps from lapsing are kept after it too, and lapse when it ends", async () => {
    const { shop, home, work, merge, balance, sound } = await twoOfOne({ expiryMonths: 1 });
    await givePoints(shop.id, work.id, 40, day(-20));
    const held = await holdPoints(shop.id, { customerId: work.id, points: 25, minutes: 21_600, requestKey: "till", note: null }, day(-5));
    expect(held.outcome).toBe("held");
    // The lot is over since a week; only what is held is left of it.
    const later = day(16);
    await prisma.pointsHold.updateMany({ where: { shopId: shop.id }, data: { endsAt: day(30) } });
    await merge(later);
    expect(await balance(home.id, later)).toEqual({ balance: 25, held: 25, spendable: 0 });
    await sound();
    // Asked again by its key, whoever it names, it is the same hold.
    const again = await holdPoints(shop.id, { customerId: home.id, points: 25, minutes: 60, requestKey: "till", note: null }, later);
    expect(again).toMatchObject({ outcome: "held", repeated: true });
  });

  it("of a spend go back to the customer who stayed, with the end of the lot they came from", async () => {
    const { shop, home, work, merge, balance, lots, sound } = await twoOfOne({ expiryMonths: 2 });
    await givePoints(shop.id, work.id, 30, day(-20));
    await givePoints(shop.id, work.id, 20, day(-10));
    const [first, second] = (await lots(work.id)).map(({ expiresAt }) => expiresAt);
    const spent = await redeemPoints(shop.id, { customerId: work.id, points: 40, requestKey: "tea", note: null }, NOON);
    expect(spent.outcome).toBe("redeemed");
    await merge();
    const entryId = await findSpend(shop.id, home.id, "tea");
    if (entryId === null) throw new Error("the spend is not found by who stayed");
    for (const points of [15, 5, 20]) {
      expect(await refundPoints(shop.id, { entryId, points, requestKey: randomUUID(), note: null }, NOON)).toMatchObject({ outcome: "refunded", points });
      await sound();
    }
    expect(await refundPoints(shop.id, { entryId, points: 1, requestKey: randomUUID(), note: null }, NOON)).toMatchObject({ outcome: "exceeds_spend" });
    expect(await balance(home.id)).toMatchObject({ balance: 50 });
    const merged = await lots(home.id);
    const sumOf = (end: Date | null | undefined) => merged.filter(({ expiresAt }) => expiresAt?.getTime() === end?.getTime()).reduce((sum, { remaining }) => sum + remaining, 0);
    expect([sumOf(first), sumOf(second)]).toEqual([30, 20]);
  });

  it("earned by both count for the tier of who stayed", async () => {
    const { shop, home, work, merge, told, order } = await twoOfOne();
    await told("orders/create", order(home.gid, { id: 1 }));
    await told("orders/create", order(work.gid, { id: 2 }));
    const before = await earnedInYear(prisma, shop.id, [home.id, work.id], day(1));
    await merge();
    const after = await earnedInYear(prisma, shop.id, [home.id], day(1));
    expect(after.get(home.id)).toBe((before.get(home.id) ?? 0) + (before.get(work.id) ?? 0));
    expect(before.get(work.id)).toBeGreaterThan(0);
  });
});

describe("coupons and limits", () => {
  it("a coupon in hand is used by who stayed, though the order still names who is gone", async () => {
    const { shop, home, work, merge, issue, told, order, balance, sound } = await twoOfOne();
    await givePoints(shop.id, work.id, 250);
    const award = await newAward(shop.id);
    const issued = await issue(work.id, award.number);
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    await merge();
    expect(await balance(home.id)).toEqual({ balance: 250, held: 100, spendable: 150 });
    expect(await prisma.coupon.findFirst({ where: { shopId: shop.id, code: issued.code } })).toMatchObject({ customerId: home.id, status: "issued" });
    await sound();

    await told("orders/create", order(work.gid, { codes: [{ code: issued.code, amount: "5.00" }] }));
    expect(await prisma.redemption.findMany({ where: { shopId: shop.id } })).toMatchObject([{ customerId: home.id, flags: [] }]);
    const { balance: left, held } = await balance(home.id);
    expect({ left: left > 150, held }).toEqual({ left: true, held: 0 });
    expect(await balance(work.id)).toMatchObject({ balance: 0, held: 0 });
    await sound();
  });

  it("a code that only one of them could have is given to who stayed", async () => {
    const { shop, home, work, merge, issue } = await twoOfOne();
    await givePoints(shop.id, home.id, 100);
    const { number } = await newAward(shop.id, { codes: 8 });
    const coupon = await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, awardNumber: number } });
    await prisma.coupon.updateMany({ where: { shopId: shop.id, id: coupon.id }, data: { boundCustomerId: work.id } });
    await merge();
    expect(await issue(home.id, number)).toMatchObject({ outcome: "issued", code: coupon.code });
  });

  it("a coupon that one of them has locked at a till is burned there by who stayed", async () => {
    const { shop, home, work, merge } = await twoOfOne();
    const { number } = await newAward(shop.id, { appliedBy: "integrator", pointsPrice: null });
    const { give, lock, burnLock } = till(shop.id, number);
    await lock([await give(work.id)], { reference: "till-1", customerId: work.id });
    await merge();
    expect(await burnLock("till-1", { customerId: home.id })).toMatchObject({ outcome: "burned" });
  });

  it("a coupon used before is taken back to who stayed when its order is cancelled after", async () => {
    const { shop, home, work, merge, issue, told, order, balance, sound } = await twoOfOne();
    await givePoints(shop.id, work.id, 100);
    const award = await newAward(shop.id);
    const issued = await issue(work.id, award.number);
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    const paid = order(work.gid, { codes: [{ code: issued.code, amount: "5.00" }] });
    await told("orders/create", paid);
    await merge();
    expect(await told("orders/cancelled", { ...paid, cancelled_at: NOON.toISOString(), updated_at: day(1).toISOString() })).toEqual(["done"]);
    expect(await balance(home.id)).toEqual({ balance: 100, held: 0, spendable: 100 });
    await sound();
  });

  it("what both had and used counts for the limits of one", async () => {
    const { shop, home, work, merge, issue, told, order } = await twoOfOne();
    for (const id of [home.id, work.id]) await givePoints(shop.id, id, 500);
    const once = await newAward(shop.id, { issuesPerCustomer: 1 });
    const twice = await newAward(shop.id, { single: `COMMON${Date.now().toString(36).toUpperCase()}`, usesPerCustomer: 1, pointsPrice: null });
    expect(await issue(work.id, once.number)).toMatchObject({ outcome: "issued" });
    const [common] = await prisma.coupon.findMany({ where: { shopId: shop.id, awardNumber: twice.number } });
    await told("orders/create", order(work.gid, { id: 1, codes: [{ code: common?.code ?? "", amount: "5.00" }] }));
    await merge();
    expect(await issue(home.id, once.number)).toMatchObject({ outcome: "customer_max_reached" });
    await told("orders/create", order(home.gid, { id: 2, codes: [{ code: common?.code ?? "", amount: "5.00" }] }));
    const uses = await prisma.redemption.findMany({ where: { shopId: shop.id }, orderBy: { id: "asc" } });
    expect(uses).toMatchObject([{ customerId: home.id }, { customerId: home.id, flags: expect.arrayContaining(["over_limit"]) as string[] }]);
  });

  it("a press repeated after the merge is answered with the coupon of the first", async () => {
    const { shop, home, work, merge, issue } = await twoOfOne();
    await givePoints(shop.id, work.id, 300);
    const award = await newAward(shop.id);
    const first = await issue(work.id, award.number, "press-1");
    await merge();
    expect(await issue(home.id, award.number, "press-1")).toMatchObject({ outcome: first.outcome, code: "code" in first ? first.code : "" });
    expect(await prisma.issuance.count({ where: { shopId: shop.id } })).toBe(1);
  });

  it("a place on an award's list is kept, once", async () => {
    const { shop, home, work, merge } = await twoOfOne();
    const award = await newAward(shop.id);
    await prisma.award.update({ where: { shopId_number: { shopId: shop.id, number: award.number } }, data: { audience: "listed" } });
    await prisma.awardCustomer.createMany({ data: [home.id, work.id].map((customerId) => ({ shopId: shop.id, awardNumber: award.number, customerId })) });
    await merge();
    expect(await prisma.awardCustomer.findMany({ where: { shopId: shop.id } })).toMatchObject([{ customerId: home.id }]);
    // The discount says for whom it is: Shopify is told anew.
    expect(await prisma.change.count({ where: { shopId: shop.id, kind: "put_discount", status: "pending" } })).toBe(1);
  });

  it("a recorded use cannot be given to anybody else, nor changed otherwise", async () => {
    const { shop, home, work, merge, told, order } = await twoOfOne();
    const award = await newAward(shop.id, { single: `ONE${Date.now().toString(36).toUpperCase()}`, pointsPrice: null });
    const [common] = await prisma.coupon.findMany({ where: { shopId: shop.id, awardNumber: award.number } });
    await told("orders/create", order(work.gid, { codes: [{ code: common?.code ?? "", amount: "5.00" }] }));
    await expect(prisma.redemption.updateMany({ where: { shopId: shop.id }, data: { customerId: home.id } })).rejects.toThrow("append-only");
    await merge();
    await expect(prisma.redemption.updateMany({ where: { shopId: shop.id }, data: { customerId: work.id } })).rejects.toThrow("append-only");
    await expect(prisma.redemption.updateMany({ where: { shopId: shop.id }, data: { discountMinor: 1 } })).rejects.toThrow("append-only");
    await expect(prisma.redemption.deleteMany({ where: { shopId: shop.id } })).rejects.toThrow("append-only");
  });
});

describe("whoever still names the customer who is gone", () => {
  it("means the one who stayed: orders, the checkout, an e-mail address, an own id", async () => {
    const { shop, home, work, merge, told, order, balance } = await twoOfOne();
    await setExternalId(shop.id, work.id, "CRM-7");
    await merge();
    expect(await findCaller({ shopDomain: shop.domain, customerGid: asGid(work.gid) })).toMatchObject({ customerId: home.id });
    const found = await findCustomers(prisma, shop.id, [
      { by: "gid", gid: asGid(work.gid) }, { by: "id", id: work.id }, { by: "externalId", externalId: "CRM-7" }, { by: "email", email: work.email ?? "" }, { by: "email", email: home.email ?? "" },
    ]);
    expect(found).toEqual(Array.from({ length: 5 }, () => ({ outcome: "found", customerId: home.id })));
    expect((await listCustomers(shop.id, { text: "", position: null })).rows.map(({ id }) => id)).toEqual([home.id]);
    expect(await rememberCustomer(prisma, shop.id, { gid: asGid(work.gid), firstName: "Other" })).toMatchObject({ id: home.id, firstName: "Amira" });
    await told("orders/create", order(work.gid));
    expect((await balance(home.id)).balance).toBeGreaterThan(0);
    expect(await balance(work.id)).toMatchObject({ balance: 0 });
  });

  it("repeats a call from before the merge in vain: nothing is spent, given or greeted with points twice", async () => {
    const { shop, home, work, merge, balance, told, sound } = await twoOfOne();
    await prisma.shop.update({ where: { id: shop.id }, data: { signupPoints: 25 } });
    const signUp = () => told("customers/create", { admin_graphql_api_id: work.gid, updated_at: NOON.toISOString() });
    const spend = (customerId: bigint) => redeemPoints(shop.id, { customerId, points: 30, requestKey: "till-7", note: null }, NOON);
    const adjust = (customerId: bigint) => adjustPoints(shop.id, customerId, { points: 10, reason: "A late parcel", requestKey: "parcel-7" }, NOON);
    await signUp();
    await givePoints(shop.id, work.id, 100);
    const [spent, given] = [await spend(work.id), await adjust(work.id)];
    await merge();

    expect(await spend(home.id)).toMatchObject({ outcome: "redeemed", repeated: true, entryId: spent.outcome === "redeemed" && spent.entryId });
    expect(await adjust(home.id)).toMatchObject({ outcome: "already_posted", entryId: given.entryId });
    await signUp();
    expect(await balance(home.id)).toMatchObject({ balance: 105 });
    await sound();
  });

  it("may have been told of the merge before we met either", async () => {
    const shop = await newShop();
    const [kept, deleted] = [gid("Customer", `${Date.now()}1`), gid("Customer", `${Date.now()}2`)];
    await app.deliver(shop.domain, "customers/merge", mergePayload(kept, deleted));
    await app.deliver(shop.domain, "orders/create", orderPayload({ id: 9, customerGid: deleted }));
    expect(await workInbox(shop.domain, NOON)).toEqual(["done", "done"]);
    const home = await prisma.customer.findUniqueOrThrow({ where: { shopId_gid: { shopId: shop.id, gid: kept } } });
    expect((await findBalance(shop.id, home.id, NOON)).balance).toBeGreaterThan(0);
  });

  it.each([["first into the second", [0, 1]], ["second into the third", [1, 0]]])("of a merge of merges, told %s first, means the last who stayed", async (_name, turns) => {
    const { shop, home: third, work: second, merge, balance, sound } = await twoOfOne();
    const first = await newCustomer(shop.id);
    for (const [index, { id }] of [first, second, third].entries()) await givePoints(shop.id, id, 10 ** index);
    const merges = [() => merge(NOON, second.gid, first.gid), () => merge(NOON, third.gid, second.gid)];
    for (const turn of turns) await merges[turn]?.();
    expect(await balance(third.id)).toMatchObject({ balance: 111 });
    expect(await findCaller({ shopDomain: shop.domain, customerGid: asGid(first.gid) })).toMatchObject({ customerId: third.id });
    await sound();
    // The other way round it is no news.
    expect(await merge(NOON, first.gid, third.gid)).toMatchObject({ outcome: "same" });
    expect(await balance(third.id)).toMatchObject({ balance: 111 });
  });
});

describe("at the same moment", () => {
  it("as both redeem and order, nothing is lost or doubled", async () => {
    const { shop, home, work, issue, order, sound } = await twoOfOne();
    for (const id of [home.id, work.id]) await givePoints(shop.id, id, 1000);
    const award = await newAward(shop.id, { codes: 30 });
    await Promise.all([
      ...[home, work].flatMap(({ id }) => Array.from({ length: 5 }, () => issue(id, award.number))),
      ...[home, work].flatMap(({ gid: customerGid }, person) => Array.from({ length: 4 }, (_, index) => app.deliver(shop.domain, "orders/create", order(customerGid, { id: 100 + person * 10 + index })))),
      app.deliver(shop.domain, "customers/merge", mergePayload(home.gid, work.gid)),
      workInbox(shop.domain, NOON),
      workInbox(shop.domain, NOON, "desc"),
    ]);
    await workInbox(shop.domain, NOON);
    // Whoever had asked who calls before the merge may still have written to who is gone.
    await moveLate(NOON);
    const accounts = await prisma.pointsAccount.findMany({ where: { shopId: shop.id } });
    expect(accounts.find(({ customerId }) => customerId === work.id)).toMatchObject({ balance: 0, held: 0 });
    const earned = await prisma.pointsEntry.aggregate({ where: { shopId: shop.id, kind: "earned" }, _sum: { points: true }, _count: true });
    expect(earned._count).toBe(8);
    const issuances = await prisma.issuance.findMany({ where: { shopId: shop.id } });
    expect(issuances.every(({ customerId }) => customerId === home.id)).toBe(true);
    expect(accounts.find(({ customerId }) => customerId === home.id)).toMatchObject({ balance: 2000 + (earned._sum.points ?? 0), held: issuances.length * 100 });
    await sound();
  }, 60_000);

  it("any history of giving, spending, returning and merging keeps every point", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("give" as const), who: fc.nat(3), points: fc.integer({ min: 1, max: 50 }), at: fc.integer({ min: 0, max: 300 }) }),
      fc.record({ do: fc.constant("spend" as const), who: fc.nat(3), points: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ do: fc.constant("refund" as const), spend: fc.nat(9), points: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ do: fc.constant("merge" as const), kept: fc.nat(3), deleted: fc.nat(3) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
        const shop = await newShop();
        await prisma.shop.update({ where: { id: shop.id }, data: { expiryMonths: 24 } });
        const people = await Promise.all(Array.from({ length: 4 }, () => newCustomer(shop.id)));
        // The model: whose points whose are, and how many by the end of their lot.
        const root = people.map((_, index) => index);
        const rootOf = (index: number): number => (root[index] === index ? index : rootOf(root[index] ?? index));
        const spends: { entryId: bigint; left: number }[] = [];
        let total = 0;
        for (const one of steps) {
          const person = people["who" in one ? rootOf(one.who) : 0];
          if (!person) throw new Error("nobody");
          if (one.do === "give") {
            await givePoints(shop.id, person.id, one.points, day(-one.at));
            total += one.points;
          } else if (one.do === "spend") {
            const spent = await redeemPoints(shop.id, { customerId: person.id, points: one.points, requestKey: randomUUID(), note: null }, NOON);
            if (spent.outcome !== "redeemed") continue;
            spends.push({ entryId: spent.entryId, left: one.points });
            total -= one.points;
          } else if (one.do === "refund") {
            const spend = spends[one.spend];
            const points = Math.min(one.points, spend?.left ?? 0);
            if (!spend || points === 0) continue;
            expect(await refundPoints(shop.id, { entryId: spend.entryId, points, requestKey: randomUUID(), note: null }, NOON)).toMatchObject({ outcome: "refunded" });
            spend.left -= points;
            total += points;
          } else {
            const [kept, deleted] = [people[one.kept], people[one.deleted]];
            if (!kept || !deleted || kept === deleted) continue;
            await inTransaction((tx) => mergeCustomers(tx, shop.id, { keptGid: asGid(kept.gid), deletedGid: asGid(deleted.gid) }, NOON));
            if (root[one.deleted] === one.deleted && rootOf(one.kept) !== one.deleted) root[one.deleted] = rootOf(one.kept);
          }
        }
        // Whatever is not spent is there, and what came back lies in lots that end when those it came from do.
        for (const spend of spends) if (spend.left > 0) {
          await refundPoints(shop.id, { entryId: spend.entryId, points: null, requestKey: randomUUID(), note: null }, NOON);
          total += spend.left;
        }
        const accounts = await prisma.pointsAccount.findMany({ where: { shopId: shop.id } });
        expect(accounts.reduce((sum, { balance }) => sum + balance, 0)).toBe(total);
        for (const [index, { id }] of people.entries()) {
          expect(await verifyChain(shop.id, id)).toMatchObject({ outcome: "unbroken" });
          if (rootOf(index) !== index) expect(accounts.find(({ customerId }) => customerId === id)?.balance ?? 0).toBe(0);
        }
        const byEnd = (rows: { points: number; expiresAt: Date | null }[]) => {
          const sums = new Map<string, number>();
          for (const { points, expiresAt } of rows) sums.set(String(expiresAt?.getTime()), (sums.get(String(expiresAt?.getTime())) ?? 0) + points);
          return [...sums].filter(([, sum]) => sum > 0).sort();
        };
        const lots = await prisma.pointsLot.findMany({ where: { shopId: shop.id } });
        const given = await prisma.pointsEntry.findMany({ where: { shopId: shop.id, kind: "adjusted" }, select: { id: true } });
        const original = lots.filter(({ entryId }) => given.some(({ id }) => id === entryId));
        expect(byEnd(lots.map(({ remaining: points, expiresAt }) => ({ points, expiresAt })))).toEqual(byEnd(original));
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});

describe("a customer who was merged and is to be forgotten", () => {
  it("goes with everything that names them, and the points of who stayed are untouched", async () => {
    const { shop, home, work, merge, balance, sound } = await twoOfOne();
    await givePoints(shop.id, work.id, 30);
    await merge();
    await inTransaction((tx) => eraseCustomer(tx, shop.id, { gid: asGid(home.gid), email: home.email, webhookId: randomUUID() }, NOON));
    const rows = await prisma.customer.findMany({ where: { shopId: shop.id }, orderBy: { id: "asc" } });
    expect(rows).toMatchObject([{ email: null, firstName: null }, { email: null, firstName: null }]);
    expect(rows.every(({ gid: erased }) => erased.includes("erased"))).toBe(true);
    expect(await balance(home.id)).toMatchObject({ balance: 30 });
    await sound();
  });
});
