/** Something is told of a customer in the very moment in which they are merged: it waits for the merge, and follows it. */
import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { burnCoupons } from "#app/domain/coupons/burn.server.ts";
import { finishReturn } from "#app/domain/coupons/finish-return.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { mergeCustomers } from "#app/domain/customers/merge.server.ts";
import { cancelOrder } from "#app/domain/orders/cancel.server.ts";
import type { OrderFacts } from "#app/domain/orders/order.ts";
import { recordOrder } from "#app/domain/orders/record.server.ts";
import { recordRefund } from "#app/domain/orders/refund.server.ts";
import { updateOrder } from "#app/domain/orders/update.server.ts";
import { adjustPoints } from "#app/domain/points/adjust.server.ts";
import { holdPoints } from "#app/domain/points/hold.server.ts";
import { redeemHold } from "#app/domain/points/redeem-hold.server.ts";
import { redeemPoints } from "#app/domain/points/redeem.server.ts";
import { refundPoints } from "#app/domain/points/refund.server.ts";
import { releaseHold } from "#app/domain/points/release-hold.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, oneLine } from "#test/factories.ts";
import { checkBooks } from "#test/properties/books.ts";
import { somebodyWaits } from "#test/somebody-waits.ts";

/** A shop whose customer `work`, with points and a coupon that is held, is about to be merged into `home`. */
async function aboutToMerge() {
  const { id: shopId } = await newShop();
  const { number: awardNumber } = await newAward(shopId);
  const home = await newCustomer(shopId);
  const work = await newCustomer(shopId);
  await givePoints(shopId, home.id, 10);
  await givePoints(shopId, work.id, 300);
  const issuing = await issueCoupon(shopId, { customerId: work.id, awardNumber, requestKey: randomUUID(), channel: "checkout" }, NOON);
  if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
  const { code, issuanceId } = issuing;
  const facts = (customerGid: string | null, codes: string[]): OrderFacts => ({
    gid: gid("Order", 1), name: "#1", customer: customerGid === null ? null : { gid: customerGid as Gid<"Customer"> }, currency: "EUR", lines: oneLine(5000), totalMinor: 5000, discountMinor: 500,
    taxesIncluded: false, test: false, channel: "web", processedAt: NOON, updatedAt: NOON, codes: codes.map((code) => ({ code, discountMinor: 500 })),
  });
  return {
    shopId, home, work, code, issuanceId, facts,
    record: (customerGid: string | null, codes: string[]) => inTransaction((tx) => recordOrder(tx, shopId, facts(customerGid, codes), NOON)),
    /** Begins `told` while the merge is done and not yet committed. */
    async during<T>(told: () => Promise<T>): Promise<T> {
      let telling: Promise<T> | undefined;
      await inTransaction(async (tx) => {
        await mergeCustomers(tx, shopId, { keptGid: home.gid as Gid<"Customer">, deletedGid: work.gid as Gid<"Customer"> }, NOON);
        telling = told();
        telling.catch(() => {});
        await somebodyWaits();
      });
      if (!telling) throw new Error("nothing was told");
      return telling;
    },
    async balances() {
      const of = async (customerId: bigint) => (await prisma.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId, customerId } }, select: { balance: true, held: true } }));
      expect(await checkBooks(shopId, NOON)).toEqual([]);
      return { home: await of(home.id), work: await of(work.id) };
    },
  };
}

const NOTHING = { balance: 0, held: 0 };

it("a guest's order uses their coupon: it is paid for", async () => {
  const { shopId, code, issuanceId, during, record, balances } = await aboutToMerge();
  await during(() => record(null, [code]));
  expect(await prisma.redemption.findMany({ where: { shopId }, select: { issuanceId: true, flags: true } })).toEqual([{ issuanceId, flags: ["other_customer"] }]);
  expect(await balances()).toEqual({ home: { balance: 210, held: 0 }, work: NOTHING });
});

it("a refund takes back what their order had earned from whoever has it now", async () => {
  const { shopId, work, during, record, balances } = await aboutToMerge();
  await record(work.gid, []);
  const refund = { gid: gid("Refund", 1), orderGid: gid("Order", 1), lines: [], beyondMinor: 1000, refundedMinor: 1000, refundedAt: NOON };
  await during(() => inTransaction((tx) => recordRefund(tx, shopId, refund, NOON)));
  expect(await balances()).toEqual({ home: { balance: 350, held: 100 }, work: NOTHING });
});

it("a cancellation does, and returns the points of their coupon", async () => {
  const { shopId, work, code, during, record, balances } = await aboutToMerge();
  await record(work.gid, [code]);
  await during(() => inTransaction((tx) => cancelOrder(tx, shopId, { orderGid: gid("Order", 1), cancelledAt: NOON }, NOON)));
  expect(await balances()).toEqual({ home: { balance: 310, held: 0 }, work: NOTHING });
});

it("an edit of their order, which Shopify tells as the other's already or as nobody's, moves nothing twice", async () => {
  for (const teller of ["home", "nobody"] as const) {
    const { shopId, home, work, during, record, facts, balances } = await aboutToMerge();
    await record(work.gid, []);
    const news = { ...facts(teller === "home" ? home.gid : null, []), lines: oneLine(6000), updatedAt: new Date(NOON.getTime() + 1000), refunds: [], cancelledAt: null };
    await during(() => inTransaction((tx) => updateOrder(tx, shopId, news, NOON)));
    expect(await balances()).toEqual({ home: { balance: 370, held: 100 }, work: NOTHING });
    expect(await prisma.pointsEntry.count({ where: { shopId, kind: "earning_reversed" } })).toBe(0);
    expect(await prisma.order.findFirst({ where: { shopId }, select: { customerId: true } })).toEqual({ customerId: home.id });
  }
});

it("a till uses their coupon: it is paid for by whoever has it now", async () => {
  const { shopId, code, during, balances } = await aboutToMerge();
  expect(await during(() => burnCoupons(shopId, { what: { codes: [code] }, customerId: null, transactionId: "till-7", transactionTime: null }, NOON))).toMatchObject({ outcome: "burned" });
  expect(await balances()).toEqual({ home: { balance: 210, held: 0 }, work: NOTHING });
});

it("a coupon that they give back is given back", async () => {
  const { shopId, work, issuanceId, during, balances } = await aboutToMerge();
  expect(await during(() => returnCoupon(shopId, { issuanceId, customerId: work.id }, NOON))).toEqual({ outcome: "returning" });
  expect(await balances()).toEqual({ home: { balance: 310, held: 100 }, work: NOTHING });
});

it("the code of a coupon that they gave back has left Shopify: its points are free for whoever has them now", async () => {
  const { shopId, work, issuanceId, during, balances } = await aboutToMerge();
  await returnCoupon(shopId, { issuanceId, customerId: work.id }, NOON);
  const { couponId } = await prisma.issuance.findUniqueOrThrow({ where: { shopId_id: { shopId, id: issuanceId } } });
  expect(await during(() => inTransaction((tx) => finishReturn(tx, shopId, couponId, NOON)))).toEqual({ outcome: "returned", more: false });
  expect(await balances()).toEqual({ home: { balance: 310, held: 0 }, work: NOTHING });
});

it("a hold of theirs is redeemed, or released", async () => {
  const redeem = (shopId: number, holdId: bigint, now: Date) => redeemHold(shopId, { holdId, transactionId: "t-1" }, now);
  for (const [end, after] of [[redeem, { balance: 290, held: 100 }], [releaseHold, { balance: 310, held: 100 }]] as const) {
    const { shopId, work, during, balances } = await aboutToMerge();
    const holding = await holdPoints(shopId, { customerId: work.id, points: 20, minutes: 10, requestKey: "till", note: null }, NOON);
    if (holding.outcome !== "held") throw new Error(holding.outcome);
    expect(await during<{ outcome: string }>(() => end(shopId, holding.holdId, NOON))).toMatchObject({ outcome: end === redeem ? "redeemed" : "released" });
    expect(await balances()).toEqual({ home: after, work: NOTHING });
  }
});

it("points of theirs that an integrator gives back go to whoever has their points now", async () => {
  const { shopId, work, during, balances } = await aboutToMerge();
  const spending = await redeemPoints(shopId, { customerId: work.id, points: 30, requestKey: "till", note: null }, NOON);
  if (spending.outcome !== "redeemed") throw new Error(spending.outcome);
  expect(await during(() => refundPoints(shopId, { entryId: spending.entryId, points: null, requestKey: "back", note: null }, NOON))).toMatchObject({ outcome: "refunded", points: 30, balance: 310 });
  expect(await balances()).toEqual({ home: { balance: 310, held: 100 }, work: NOTHING });
});

it("points that staff give or a till takes are given to, and taken from, whoever has their points now", async () => {
  for (const [told, outcome, balance] of [
    [(shopId: number, id: bigint) => adjustPoints(shopId, id, { points: 50, reason: "Sorry", requestKey: "form-0001" }, NOON), "posted", 360],
    [(shopId: number, id: bigint) => redeemPoints(shopId, { customerId: id, points: 50, requestKey: "till", note: null }, NOON), "redeemed", 260],
  ] as const) {
    const { shopId, work, during, balances } = await aboutToMerge();
    expect(await during<{ outcome: string }>(() => told(shopId, work.id))).toMatchObject({ outcome });
    expect(await balances()).toEqual({ home: { balance, held: 100 }, work: NOTHING });
    // The form is sent once more: it was taken in already.
    await told(shopId, work.id);
    expect(await balances()).toEqual({ home: { balance, held: 100 }, work: NOTHING });
  }
});
