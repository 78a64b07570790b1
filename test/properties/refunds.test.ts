/**
 * An order that was paid for with coupons of points and is refunded in any parts, in any order, told twice, before or after the
 * order itself: at every step exactly the share of what was spent is back and exactly the earning of what went back is gone,
 * beside a plain model in fractions; and however the same was split, the same lots hold the same points.
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { cancelOrder } from "#app/domain/orders/cancel.server.ts";
import type { OrderFacts, RefundFacts } from "#app/domain/orders/order.ts";
import { recordOrder } from "#app/domain/orders/record.server.ts";
import { recordRefund } from "#app/domain/orders/refund.server.ts";
import { updateOrder } from "#app/domain/orders/update.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { redeemPoints } from "#app/domain/points/redeem.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";
import { checkBooks } from "./books";

const DAY_MS = 86_400_000;
/** In two lots that lapse at different times; every coupon together costs less. */
const WELCOME = [1_100, 1_000];

const LineWish = fc.record({
  quantity: fc.integer({ min: 1, max: 4 }),
  unitMinor: fc.integer({ min: 0, max: 9_999 }),
  /** Times what the shop gives for each 1.00; null: a gift card. */
  multiplierMilli: fc.constantFrom(1000, 1000, 0, 500, 3000, null),
  /** Hundredths of its price that each coupon takes off. */
  off: fc.array(fc.nat(40), { minLength: 3, maxLength: 3 }),
});
const Scene = fc.record({
  lines: fc.array(LineWish, { minLength: 1, maxLength: 4 }),
  prices: fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 3 }),
});
type Scene = typeof Scene extends fc.Arbitrary<infer T> ? T : never;

/** Which refund each unit goes back with; -1: it stays. `amounts`: what each refund gives beside its lines. */
function partition({ lines }: Scene, all: boolean) {
  const units = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  return fc.record({ of: fc.array(fc.integer({ min: all ? 0 : -1, max: 4 }), { minLength: units, maxLength: units }), order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }) });
}

interface Line {
  id: string;
  quantity: number;
  netMinor: number;
  rateMilli: number;
  taken: number[];
  giftCard: boolean;
}

function linesOf({ lines, prices }: Scene): Line[] {
  return lines.map(({ quantity, unitMinor, multiplierMilli, off }, index) => {
    const taken = prices.map((_, coupon) => Math.floor((quantity * unitMinor * Math.min(33, off[coupon] ?? 0)) / 100));
    const netMinor = quantity * unitMinor - taken.reduce((sum, minor) => sum + minor, 0);
    return { id: String(index + 1), quantity, netMinor, rateMilli: multiplierMilli ?? 0, taken, giftCard: multiplierMilli === null };
  });
}

/** The refunds of a partition, at cents that add up to what each line cost, as Shopify writes them. */
function refundsOf(lines: Line[], of: number[], orderGid: Gid<"Order">, amounts: readonly number[] = []): RefundFacts[] {
  const refunds: RefundFacts[] = [0, 1, 2, 3, 4].map((index) => ({
    gid: gid("Refund", `${orderGid.split("/").at(-1)}${index}`), orderGid, lines: [], beyondMinor: amounts[index] ?? 0, refundedMinor: amounts[index] ?? 0, refundedAt: NOON,
  }));
  let unit = 0;
  for (const { id, quantity, netMinor } of lines) {
    const wanted = of.slice(unit, unit + quantity);
    unit += quantity;
    let before = 0;
    for (const [index, refund] of refunds.entries()) {
      const count = wanted.filter((one) => one === index).length;
      if (count === 0) continue;
      const upTo = (units: number) => Math.round((netMinor * units) / quantity);
      const minor = upTo(before + count) - upTo(before);
      before += count;
      refund.lines.push({ lineId: id, quantity: count, netMinor: minor, taxMinor: 0 });
      refund.refundedMinor += minor;
    }
  }
  return refunds.filter(({ lines, beyondMinor }) => lines.length > 0 || beyondMinor > 0);
}

/** What must be back of each coupon, and what the order still has earned, in the plainest fractions. `removed`: units that an edit took away. */
function modelOf(lines: Line[], prices: number[], refunds: RefundFacts[], removed: number[] = []) {
  const gone = lines.map((line, index) => {
    const parts = refunds.flatMap((refund) => refund.lines).filter(({ lineId }) => lineId === line.id);
    const [away, minor] = [removed[index] ?? 0, parts.reduce((sum, { netMinor }) => sum + netMinor, 0)];
    return { units: parts.reduce((sum, { quantity }) => sum + quantity, away), minor: minor + Math.floor((line.netMinor * away) / line.quantity) };
  });
  const total = lines.reduce((sum, { netMinor }) => sum + netMinor, 0);
  const money = refunds.reduce((sum, { refundedMinor }) => sum + refundedMinor, 0);
  const isAll = lines.every(({ quantity }, index) => gone[index]?.units === quantity) || (total > 0 && money >= total);
  const product = lines.reduce((all, { quantity }) => all * BigInt(quantity), 1n);
  const returned = prices.map((price, coupon) => {
    const whole = lines.reduce((sum, { taken }) => sum + BigInt(taken[coupon] ?? 0), 0n);
    if (isAll) return price;
    if (whole === 0n) return 0;
    const back = lines.reduce((sum, { taken, quantity }, index) => sum + (BigInt(taken[coupon] ?? 0) * BigInt(gone[index]?.units ?? 0) * product) / BigInt(quantity), 0n);
    return Number((BigInt(price) * back) / (product * whole));
  });
  const left = lines.map(({ netMinor, quantity, giftCard, rateMilli }, index) => {
    const minor = giftCard || gone[index]?.units === quantity ? 0 : netMinor - (gone[index]?.minor ?? 0);
    return { minor: BigInt(minor), points: BigInt(minor) * BigInt(rateMilli) };
  });
  const leftMinor = left.reduce((sum, { minor }) => sum + minor, 0n);
  const beyond = BigInt(refunds.reduce((sum, { beyondMinor }) => sum + beyondMinor, 0));
  const points = left.reduce((sum, one) => sum + one.points, 0n);
  const earned = isAll || leftMinor <= beyond ? 0 : Number((points * (leftMinor - beyond)) / (leftMinor * 100_000n));
  return { returned, earned, isAll };
}

/** The lines after an edit that took these codes off: what they took is paid. */
function withoutCodes(lines: Line[], removed: boolean[]): Line[] {
  return lines.map((line) => ({
    ...line, taken: line.taken.map((minor, coupon) => (removed[coupon] ? 0 : minor)),
    netMinor: line.netMinor + line.taken.reduce((sum, minor, coupon) => sum + (removed[coupon] ? minor : 0), 0),
  }));
}

/** Lines as an order tells them; `removed`: units of each that an edit took away. */
function told(lines: Line[], coupons: { code: string }[], removed: number[] = []): Pick<OrderFacts, "lines" | "totalMinor"> {
  return {
    lines: lines.map(({ id, quantity, netMinor, taken, giftCard }, index) => ({
      id, kind: giftCard ? "gift_card" : "product", productGid: gid("Product", id), variantGid: gid("ProductVariant", id), quantity, removed: removed[index] ?? 0, netMinor, taxMinor: 0,
      codes: Object.fromEntries(coupons.map(({ code }, coupon) => [code, taken[coupon] ?? 0])),
    })),
    totalMinor: lines.reduce((sum, { netMinor }) => sum + netMinor, 0),
  };
}

let serial = 0;

/** A shop in which a customer has bought these lines with these coupons; nothing was told of it yet. */
async function openScene(scene: Scene) {
  const shop = await newShop();
  await prisma.shop.update({ where: { id: shop.id }, data: { expiryMonths: 6 } });
  const customer = await newCustomer(shop.id);
  for (const [index, points] of WELCOME.entries()) await givePoints(shop.id, customer.id, points, new Date(NOON.getTime() - (60 - index * 40) * DAY_MS));
  const lines = linesOf(scene);
  const multipliers = lines.map(({ id, rateMilli }) => ({ shopId: shop.id, name: `Line ${id}`, multiplierMilli: rateMilli, productGids: [gid("Product", id)], createdAt: NOON }));
  await prisma.earnRule.createMany({ data: multipliers.filter(({ multiplierMilli }) => multiplierMilli !== 1000) });
  const coupons: { issuanceId: bigint; code: string }[] = [];
  for (const pointsPrice of scene.prices) {
    const { number } = await newAward(shop.id, { codes: 1, pointsPrice });
    const issuing = await issueCoupon(shop.id, { customerId: customer.id, awardNumber: number, requestKey: randomUUID(), channel: "checkout" }, NOON);
    if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
    coupons.push(issuing);
  }
  const number = 1_000 + serial++;
  const order: OrderFacts & { gid: Gid<"Order"> } = {
    gid: gid("Order", number), name: `#${number}`, customer: { gid: customer.gid as Gid<"Customer"> }, currency: "EUR",
    ...told(lines, coupons), discountMinor: 0, taxesIncluded: false, test: false, channel: "web",
    processedAt: NOON, updatedAt: NOON, codes: coupons.map(({ code }) => ({ code, discountMinor: 1 })),
  };
  return {
    shop, customer, lines, order, prices: scene.prices, coupons,
    record: () => inTransaction((tx) => recordOrder(tx, shop.id, order, NOON)),
    refund: (facts: RefundFacts) => inTransaction((tx) => recordRefund(tx, shop.id, facts, NOON)),
    /** Told as it is an hour later (or so many): with these lines instead, and so many units of each taken away. */
    edit: (edited: Line[], refunds: RefundFacts[], { removed, hour = 1 }: { removed?: number[]; hour?: number } = {}) =>
      inTransaction((tx) => updateOrder(tx, shop.id, {
        ...order, ...told(edited, coupons, removed), updatedAt: new Date(NOON.getTime() + (hour * DAY_MS) / 24), refunds, cancelledAt: null,
        codes: coupons.map(({ code }, coupon) => ({ code, discountMinor: edited.reduce((sum, { taken }) => sum + (taken[coupon] ?? 0), 0) })),
      }, NOON)),
    cancel: () => inTransaction((tx) => cancelOrder(tx, shop.id, { orderGid: order.gid, cancelledAt: NOON }, NOON)),
    balance: async () => (await findBalance(shop.id, customer.id, NOON)).balance,
    /** What is back of each coupon's price: returned, and not charged again since. */
    async returned() {
      const sums = await prisma.pointsEntry.groupBy({ by: ["issuanceId"], where: { shopId: shop.id, kind: { in: ["spent", "spending_returned"] } }, _sum: { points: true } });
      return coupons.map(({ issuanceId }, coupon) => {
        const sum = sums.find((one) => one.issuanceId === issuanceId);
        return sum ? (scene.prices[coupon] ?? 0) + (sum._sum.points ?? 0) : 0;
      });
    },
    unpaid: async () => (await prisma.redemption.findMany({ where: { shopId: shop.id, flags: { hasSome: ["partly_paid", "late"] } }, select: { issuanceId: true } })).map(({ issuanceId }) => issuanceId),
    /** Lots and sums, without the ids and numbers that say in which order things came. */
    async ledger() {
      const lots = await prisma.pointsLot.findMany({ where: { shopId: shop.id }, orderBy: { id: "asc" }, select: { points: true, remaining: true, expiresAt: true } });
      const sums = await prisma.pointsEntry.groupBy({ by: ["kind"], where: { shopId: shop.id }, _sum: { points: true }, orderBy: { kind: "asc" } });
      const statuses = await prisma.issuance.findMany({ where: { shopId: shop.id }, orderBy: { id: "asc" }, select: { status: true } });
      const reversals = await prisma.redemptionReversal.count({ where: { shopId: shop.id } });
      return JSON.stringify({ balance: await findBalance(shop.id, customer.id, NOON), lots, sums: sums.filter(({ _sum }) => _sum.points !== 0), statuses, reversals });
    },
  };
}
type Opened = Awaited<ReturnType<typeof openScene>>;

const welcome = WELCOME.reduce((sum, points) => sum + points, 0);
const spentOn = ({ prices }: Pick<Opened, "prices">) => prices.reduce((sum, price) => sum + price, 0);

/** Everything is as the model says, and nothing came back that was not spent. */
async function expectAsModelled(opened: Opened, known: RefundFacts[]) {
  const { returned, earned } = modelOf(opened.lines, opened.prices, known);
  const found = await opened.returned();
  expect(found).toEqual(returned);
  for (const [index, points] of found.entries()) expect(points).toBeLessThanOrEqual(opened.prices[index] ?? 0);
  expect(await opened.balance()).toBe(welcome - spentOn(opened) + returned.reduce((sum, points) => sum + points, 0) + earned);
}

const tally = { steps: 0, before: 0, whole: 0, partial: 0, putBack: 0 };
const inOrder = (refunds: RefundFacts[], order: number[]) => order.flatMap((index) => refunds[index] ?? []);

describe("an order refunded in any parts", () => {
  it("gives back and takes exactly its share at every step, told twice, in any order, before or after the order", { timeout: 400_000 }, async () => {
    const Case = Scene.chain((scene) =>
      fc.record({
        scene: fc.constant(scene), split: fc.oneof(partition(scene, true), partition(scene, false)),
        amounts: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(fc.nat(3_000), { minLength: 5, maxLength: 5 }) }),
        recordedAt: fc.nat(5), twice: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      }));
    await fc.assert(
      fc.asyncProperty(Case, async ({ scene, split, amounts, recordedAt, twice }) => {
        const opened = await openScene(scene);
        const refunds = inOrder(refundsOf(opened.lines, split.of, opened.order.gid, amounts), split.order);
        const known: RefundFacts[] = [];
        let isRecorded = false;
        for (const [step, refund] of [...refunds.entries(), [refunds.length, null] as const]) {
          if (!isRecorded && (step >= recordedAt || refund === null)) {
            expect(await opened.record()).toEqual({ outcome: "recorded" });
            isRecorded = true;
            if (known.length > 0) tally.before++;
            await expectAsModelled(opened, known);
          }
          if (refund === null) break;
          expect(await opened.refund(refund)).toEqual({ outcome: "recorded" });
          known.push(refund);
          if (twice[step]) expect(await opened.refund(refund)).toEqual({ outcome: "already_recorded" });
          if (isRecorded) await expectAsModelled(opened, known);
          tally.steps++;
        }
        const { isAll } = modelOf(opened.lines, opened.prices, known);
        tally[isAll ? "whole" : "partial"]++;
        if (isAll) expect(await opened.balance()).toBe(welcome);
        await opened.cancel();
        expect(await opened.balance()).toBe(welcome);
        expect(await opened.returned()).toEqual(opened.prices);
        expect(await checkBooks(opened.shop.id, NOON)).toEqual([]);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it("ends in the same lots, expiries and sums however the same units were split and ordered", { timeout: 400_000 }, async () => {
    const Case = Scene.chain((scene) =>
      partition(scene, false).chain((split) => fc.record({
        scene: fc.constant(scene), split: fc.constant(split),
        /** The units that went back, in other refunds. */
        other: fc.array(fc.nat(4), { minLength: split.of.length, maxLength: split.of.length }), order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
      })));
    await fc.assert(
      fc.asyncProperty(Case, async ({ scene, split, other, order }) => {
        const [one, two] = [await openScene(scene), await openScene(scene)];
        await one.record();
        for (const refund of inOrder(refundsOf(one.lines, split.of, one.order.gid), split.order)) await one.refund(refund);
        const moved = split.of.map((refund, unit) => (refund < 0 ? -1 : (other[unit] ?? 0)));
        await two.record();
        for (const refund of inOrder(refundsOf(two.lines, moved, two.order.gid), order)) await two.refund(refund);
        expect(await two.ledger()).toBe(await one.ledger());
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it("and the codes taken off it by an edit in between: of each the whole price is back from then on, once", { timeout: 400_000 }, async () => {
    const Case = Scene.chain((scene) =>
      fc.record({ scene: fc.constant(scene), split: fc.oneof(partition(scene, true), partition(scene, false)), removedAt: fc.nat(5), removed: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }) }));
    await fc.assert(
      fc.asyncProperty(Case, async ({ scene, split, removedAt, removed }) => {
        const opened = await openScene(scene);
        await opened.record();
        const isTaken = (coupon: number) => opened.lines.some(({ taken }) => (taken[coupon] ?? 0) > 0);
        const refunds = inOrder(refundsOf(opened.lines, split.of, opened.order.gid), split.order);
        const known: RefundFacts[] = [];
        let isEdited = false;
        const expectReturned = async () => {
          const { returned, isAll } = modelOf(isEdited ? withoutCodes(opened.lines, removed) : opened.lines, opened.prices, known);
          expect(await opened.returned()).toEqual(opened.prices.map((price, coupon) => (isAll || (isEdited && removed[coupon] && isTaken(coupon)) ? price : returned[coupon])));
        };
        const edit = async () => {
          isEdited = true;
          for (let times = 0; times < 2; times++) await opened.edit(withoutCodes(opened.lines, removed), known);
          await expectReturned();
        };
        for (const [step, refund] of refunds.entries()) {
          if (step === removedAt) await edit();
          await opened.refund(refund);
          known.push(refund);
          await expectReturned();
        }
        if (!isEdited) await edit();
        // The order as it was first told comes once more, and is cancelled.
        await opened.record();
        await opened.cancel();
        expect([await opened.returned(), await opened.balance()]).toEqual([opened.prices, welcome]);
        expect(await checkBooks(opened.shop.id, NOON)).toEqual([]);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it("and units taken off it by edits, and put back: she has paid what is left at every step, as long as she can, and nobody falls below zero", { timeout: 400_000 }, async () => {
    const Step = fc.oneof(
      { weight: 2, arbitrary: fc.record({ do: fc.constant("refund" as const) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant("edit" as const), removed: fc.array(fc.nat(4), { minLength: 4, maxLength: 4 }) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("spend" as const) }) },
    );
    const Case = Scene.chain((scene) => fc.record({ scene: fc.constant(scene), split: partition(scene, false), steps: fc.array(Step, { minLength: 3, maxLength: 8 }) }));
    await fc.assert(
      fc.asyncProperty(Case, async ({ scene, split, steps }) => {
        const opened = await openScene(scene);
        await opened.record();
        const waiting = inOrder(refundsOf(opened.lines, split.of, opened.order.gid), split.order);
        const known: RefundFacts[] = [];
        const unitsBack = () => opened.lines.map(({ id }) => known.flatMap(({ lines }) => lines).reduce((sum, part) => sum + (part.lineId === id ? part.quantity : 0), 0));
        let [removed, spent] = [opened.lines.map(() => 0), 0];
        for (const [hour, step] of steps.entries()) {
          const before = await opened.returned();
          if (step.do === "edit") {
            const back = unitsBack();
            removed = opened.lines.map(({ quantity }, index) => Math.min(step.removed[index] ?? 0, quantity - (back[index] ?? 0)));
            for (let times = 0; times < 2; times++) await opened.edit(opened.lines, known, { removed, hour: hour + 1 });
          } else if (step.do === "refund") {
            // Of what an edit has taken away nothing is left to refund.
            const next = waiting.find((refund) => refund.lines.every(({ lineId, quantity }) => opened.lines.some((line, index) => line.id === lineId && (unitsBack()[index] ?? 0) + (removed[index] ?? 0) + quantity <= line.quantity)));
            if (!next) continue;
            waiting.splice(waiting.indexOf(next), 1);
            await opened.refund(next);
            known.push(next);
          } else {
            // Another time she keeps what she has, and can always pay again.
            const { spendable } = await findBalance(opened.shop.id, opened.customer.id, NOON);
            if (spendable > 0) await redeemPoints(opened.shop.id, { customerId: opened.customer.id, points: spendable, requestKey: randomUUID(), note: null }, NOON);
            spent += spendable;
          }
          const left = modelOf(opened.lines, opened.prices, known, removed).returned;
          // What took nothing off is not used again by what is put back.
          const wanted = left.map((points, coupon) => (opened.lines.every(({ taken }) => !taken[coupon]) ? Math.max(points, before[coupon] ?? 0) : points));
          const found = await opened.returned();
          if (found.some((points, coupon) => points < (before[coupon] ?? 0))) tally.putBack++;
          if (spent === 0) expect(found).toEqual(wanted);
          for (const [coupon, points] of found.entries()) {
            expect(points).toBeGreaterThanOrEqual(Math.min(wanted[coupon] ?? 0, before[coupon] ?? 0));
            expect(points).toBeLessThanOrEqual(opened.prices[coupon] ?? 0);
            // What she could not pay for again she keeps, and it shows.
            if (points > (wanted[coupon] ?? 0)) expect(await opened.unpaid()).toContain(opened.coupons[coupon]?.issuanceId);
          }
        }
        expect(await checkBooks(opened.shop.id, NOON)).toEqual([]);
        await opened.cancel();
        expect(await opened.returned()).toEqual(opened.prices);
        expect(await opened.balance()).toBe(welcome - spent);
        expect(await checkBooks(opened.shop.id, NOON)).toEqual([]);
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });

  it("told all at once: every refund counts, once", { timeout: 200_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(Scene.chain((scene) => fc.record({ scene: fc.constant(scene), split: partition(scene, false) })), async ({ scene, split }) => {
        const opened = await openScene(scene);
        const refunds = refundsOf(opened.lines, split.of, opened.order.gid);
        await Promise.all([opened.record(), ...refunds.map(opened.refund), ...refunds.map(opened.refund)]);
        await expectAsModelled(opened, refunds);
        expect(await checkBooks(opened.shop.id, NOON)).toEqual([]);
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });

  // Refunds that are all of one kind prove nothing about the others.
  afterAll(() => {
    expect(tally.steps).toBeGreaterThan(40);
    for (const kind of ["before", "whole", "partial", "putBack"] as const) expect(tally[kind], kind).toBeGreaterThanOrEqual(3);
  });
});
