/**
 * Orders recorded as one set, in any parts, or one by one leave the same books: those that share a customer, a coupon, a lock or
 * a limit within a set behave as if one came after another.
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { finishReturn } from "#app/domain/coupons/finish-return.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import type { OrderFacts } from "#app/domain/orders/order.ts";
import { recordOrders } from "#app/domain/orders/record.server.ts";
import { recordRefund } from "#app/domain/orders/refund.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, oneLine } from "#test/factories.ts";
import { checkBooks } from "./books";

const CUSTOMERS = 3;
/** Coupons in hand: of each customer one that is held, one that was given back, one of a scarce award. */
const OWN = CUSTOMERS * 3;

const Order = fc.record({
  number: fc.integer({ min: 1, max: 9 }),
  customer: fc.option(fc.nat(CUSTOMERS - 1), { freq: 5 }),
  minor: fc.integer({ min: 0, max: 20_000 }),
  own: fc.uniqueArray(fc.nat(OWN - 1), { maxLength: 2 }),
  shared: fc.boolean(),
  refundedBefore: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }) }),
});
const History = fc.record({
  /** One that is told again is told as it was. */
  orders: fc.array(Order, { minLength: 1, maxLength: 12 }).map((orders) => orders.map((order) => orders.find(({ number }) => number === order.number) ?? order)),
  /** Where the second shop's sets end. */
  cuts: fc.uniqueArray(fc.integer({ min: 1, max: 11 }), { maxLength: 4 }),
});
type History = typeof History extends fc.Arbitrary<infer T> ? T : never;

let serial = 0;

/** A shop as every other of a run: the same people, coupons and points. */
async function openShop() {
  const { id: shopId } = await newShop();
  const customers = [];
  for (let index = 0; index < CUSTOMERS; index++) {
    const customer = await newCustomer(shopId);
    await givePoints(shopId, customer.id, 260);
    customers.push(customer);
  }
  const plain = await newAward(shopId, { codes: 2 * CUSTOMERS, pointsPrice: 100 });
  const scarce = await newAward(shopId, { codes: CUSTOMERS, pointsPrice: 50, usesTotal: CUSTOMERS });
  const everyone = await newAward(shopId, { single: `EVERYONE${process.pid}X${serial++}`, pointsPrice: 5, usesPerCustomer: 1 });
  const codes: string[] = [];
  // In the order of their ids, in which uses are worked: a claim would begin anywhere, and another shop's uses go another way.
  const stock = await prisma.coupon.findMany({ where: { shopId, awardNumber: { in: [plain.number, scarce.number] } }, orderBy: { id: "asc" } });
  const codesOf = (number: number) => stock.filter(({ awardNumber }) => awardNumber === number).map(({ code }) => code);
  for (const [award, round] of [[plain, 0], [plain, 1], [scarce, 0]] as const) {
    const own = codesOf(award.number).slice(round * CUSTOMERS);
    for (const [index, { id }] of customers.entries()) codes.push((await issue(shopId, id, award.number, own[index])).code);
  }
  // One may be used less than were given out.
  await prisma.award.updateMany({ where: { shopId, number: scarce.number }, data: { usesTotal: CUSTOMERS - 1 } });
  // The second round of the plain award was given back and is off Shopify: an order with it comes late.
  for (const code of codes.slice(CUSTOMERS, 2 * CUSTOMERS)) {
    const coupon = await prisma.coupon.findFirstOrThrow({ where: { shopId, code } });
    const issuance = await prisma.issuance.findFirstOrThrow({ where: { shopId, couponId: coupon.id } });
    await returnCoupon(shopId, { issuanceId: issuance.id, customerId: issuance.customerId }, NOON);
    await inTransaction((tx) => finishReturn(tx, shopId, coupon.id, NOON));
  }
  // One of them holds the code for everybody, and a till has it locked for another.
  const { code: shared } = await issue(shopId, customers[0]?.id ?? 0n, everyone.number);
  const coupon = await prisma.coupon.findFirstOrThrow({ where: { shopId, code: shared } });
  await prisma.couponLock.create({ data: { shopId, reference: "till", couponId: coupon.id, awardNumber: everyone.number, customerId: customers[1]?.id ?? null, lockedAt: NOON, endsAt: new Date(NOON.getTime() + 600_000) } });
  await prisma.awardTally.updateMany({ where: { shopId, awardNumber: everyone.number }, data: { locked: { increment: 1 } } });
  return { shopId, customers, codes, shared };
}
type Shop = Awaited<ReturnType<typeof openShop>>;

async function issue(shopId: number, customerId: bigint, awardNumber: number, code?: string) {
  const issuing = await issueCoupon(shopId, { customerId, awardNumber, requestKey: randomUUID(), channel: "checkout", ...(code !== undefined && { code }) }, NOON);
  if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
  return issuing;
}

function factsOf({ customers, codes, shared }: Shop, { number, customer, minor, own, shared: usesShared }: History["orders"][number]): OrderFacts {
  const used = [...own.flatMap((index) => codes[index] ?? []), ...(usesShared ? [shared] : [])];
  const buyer = customer === null ? undefined : customers[customer];
  return {
    gid: gid("Order", number), name: `#${number}`, customer: buyer ? { gid: buyer.gid as Gid<"Customer"> } : null, currency: "EUR", lines: oneLine(minor),
    totalMinor: minor, discountMinor: 500 * used.length, taxesIncluded: false, test: false, channel: "web", processedAt: NOON, updatedAt: NOON,
    codes: used.map((code) => ({ code, discountMinor: 500 })),
  };
}

/** Records the orders in sets that end at the cuts; answers the outcomes in the orders' order. */
async function record(shop: Shop, { orders }: History, cuts: number[]): Promise<string[]> {
  const first = new Map(orders.toReversed().map((order) => [order.number, order]));
  for (const { number, refundedBefore, minor } of first.values()) {
    const beyondMinor = Math.min(refundedBefore, minor);
    if (beyondMinor === 0) continue;
    const refund = { gid: gid("Refund", number), orderGid: gid("Order", number), lines: [], beyondMinor, refundedMinor: beyondMinor, refundedAt: NOON };
    await inTransaction((tx) => recordRefund(tx, shop.shopId, refund, NOON));
  }
  const ends = [...cuts.filter((cut) => cut < orders.length).sort((a, b) => a - b), orders.length];
  const outcomes: string[] = [];
  let from = 0;
  for (const end of ends) {
    const set = orders.slice(from, end).map((order) => factsOf(shop, order));
    outcomes.push(...(await inTransaction((tx) => recordOrders(tx, shop.shopId, set, NOON))));
    from = end;
  }
  return outcomes;
}

/** Every row that recording writes, without the ids that differ from shop to shop. */
async function rowsOf({ shopId, customers, codes, shared }: Shop) {
  const where = { shopId };
  const who = (id: bigint | null) => (id === null ? "guest" : customers.findIndex((customer) => customer.id === id));
  const coupons = await prisma.coupon.findMany({ where });
  const which = (id: bigint) => [...codes, shared].indexOf(coupons.find((coupon) => coupon.id === id)?.code ?? "");
  const issuances = await prisma.issuance.findMany({ where, orderBy: { id: "asc" } });
  return {
    orders: (await prisma.order.findMany({ where, orderBy: { gid: "asc" } })).map((order) => ({ ...order, shopId: 0, customerId: who(order.customerId) })),
    redemptions: (await prisma.redemption.findMany({ where, orderBy: { id: "asc" } })).map(({ orderGid, couponId, customerId, issuanceId, flags, discountMinor }) =>
      ({ orderGid, coupon: which(couponId), by: who(customerId), of: issuances.findIndex(({ id }) => id === issuanceId), flags, discountMinor })),
    reversals: await prisma.redemptionReversal.count({ where }),
    coupons: coupons.map(({ id, status, usesCount }) => ({ coupon: which(id), status, usesCount })).filter(({ coupon }) => coupon >= 0).sort((a, b) => a.coupon - b.coupon),
    issuances: issuances.map(({ status }) => status),
    tallies: (await prisma.awardTally.findMany({ where, orderBy: { awardNumber: "asc" } })).map(({ issued, used, locked }) => [issued, used, locked]),
    locks: (await prisma.couponLock.findMany({ where })).map(({ status, transactionId }) => [status, transactionId]),
    accounts: (await prisma.pointsAccount.findMany({ where, orderBy: { customerId: "asc" } })).map(({ balance, held, lastSeq }) => [balance, held, lastSeq]),
    entries: (await prisma.pointsEntry.findMany({ where, orderBy: [{ customerId: "asc" }, { seq: "asc" }] })).map(({ customerId, kind, points, balanceAfter, note, orderGid }) =>
      ({ by: who(customerId), kind, points, balanceAfter, note, orderGid })),
    lots: (await prisma.pointsLot.findMany({ where, orderBy: [{ customerId: "asc" }, { id: "asc" }] })).map(({ points, remaining }) => [points, remaining]),
    changes: (await prisma.change.findMany({ where, orderBy: [{ kind: "asc" }, { id: "asc" }] })).map(({ kind, status }) => [kind, status]),
    events: (await prisma.event.groupBy({ by: ["kind"], where, _count: true, orderBy: { kind: "asc" } })).map(({ kind, _count }) => [kind, _count]),
  };
}

it("orders as one set, in parts and one by one", async () => {
  const flagged = new Set<string>();
  await fc.assert(
    fc.asyncProperty(History, async (history) => {
      const [whole, parts, single] = await Promise.all([openShop(), openShop(), openShop()]);
      const outcomes = await record(whole, history, []);
      expect(await record(parts, history, history.cuts)).toEqual(outcomes);
      expect(await record(single, history, history.orders.map((_, index) => index + 1))).toEqual(outcomes);
      const rows = await rowsOf(whole);
      expect(await rowsOf(parts)).toEqual(rows);
      expect(await rowsOf(single)).toEqual(rows);
      for (const { shopId } of [whole, parts, single]) expect(await checkBooks(shopId, NOON)).toEqual([]);
      for (const { flags } of rows.redemptions) for (const flag of flags) flagged.add(flag);
    }),
    // Three shops a run take their time beside other work.
    { numRuns: 3, interruptAfterTimeLimit: 120_000, markInterruptAsFailure: false },
  );
  // Something that makes orders of a set depend on each other came up.
  expect(["late", "over_limit", "other_customer"].filter((flag) => flagged.has(flag))).not.toEqual([]);
}, 300_000);
