/**
 * Two orders with coupons of ours, through any history that a merchant and Shopify can give them: edits that take units, lines and
 * codes off and put them on, refunds, cancellations, a buyer who is told later; each piece of news told in any order, twice or
 * never, and at last the orders as the store shows them. Beside it a plain model that looks at the last state alone: what
 * is paid, earned and used is what that state says, whichever way it was heard of.
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import type { OrderNews, RefundFacts } from "#app/domain/orders/order.ts";
import { recordOrder } from "#app/domain/orders/record.server.ts";
import { recordRefund } from "#app/domain/orders/refund.server.ts";
import { updateOrder } from "#app/domain/orders/update.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { redeemPoints } from "#app/domain/points/redeem.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";
import { checkBooks } from "./books";

const WELCOME = 100_000;
const MINUTE_MS = 60_000;
/** One is sold for points, the other may be used more than once, the third gives itself back. */
const COUPONS = ["once", "often", "back"] as const;
type CouponName = (typeof COUPONS)[number];
const PRICES: Record<CouponName, number> = { once: 97, often: 211, back: 55 };

const LineIndex = fc.nat(3);
const Off = fc.record({ coupon: fc.constantFrom(...COUPONS), percent: fc.integer({ min: 1, max: 25 }) });
const Step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("down" as const), line: LineIndex, units: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("up" as const), line: LineIndex, units: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("add" as const), product: fc.nat(3), quantity: fc.integer({ min: 1, max: 3 }), isDiscounted: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), line: LineIndex }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("off" as const), coupon: fc.constantFrom(...COUPONS), form: fc.constantFrom("gone", "zero") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("on" as const), off: Off }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("refund" as const), line: LineIndex, units: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("amount" as const), minor: fc.integer({ min: 1, max: 2_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("all" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("buyer" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("touch" as const) }) },
);
type Step = typeof Step extends fc.Arbitrary<infer T> ? T : never;

const Sale = fc.record({
  lines: fc.array(fc.record({ product: fc.nat(3), quantity: fc.integer({ min: 1, max: 4 }) }), { minLength: 1, maxLength: 3 }),
  offs: fc.array(Off, { maxLength: 2 }),
  isGuest: fc.boolean(),
  steps: fc.array(Step, { maxLength: 6 }),
});
type Sale = typeof Sale extends fc.Arbitrary<infer T> ? T : never;
/** How the news is heard: shuffled by `keys`, said twice where `twice` is set, one of it never, one after the other or four at a time. */
const Hearing = fc.record({ keys: fc.array(fc.nat(1_000), { minLength: 40, maxLength: 40 }), twice: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), lost: fc.option(fc.nat(12)), isInOrder: fc.boolean(), isAtOnce: fc.boolean() });
type Hearing = typeof Hearing extends fc.Arbitrary<infer T> ? T : never;
const History = fc.record({ sales: fc.tuple(Sale, Sale), hearings: fc.tuple(Hearing, Hearing), isPrepaid: fc.boolean(), isPoor: fc.boolean() });
type History = typeof History extends fc.Arbitrary<infer T> ? T : never;

/** What a unit of each product costs, and thousandths of a point for each 1.00 of it. */
const PRODUCTS = [{ unitMinor: 1_999, rateMilli: 1_000 }, { unitMinor: 350, rateMilli: 3_000 }, { unitMinor: 10_000, rateMilli: 500 }, { unitMinor: 777, rateMilli: 1_000 }];

/** Tried first: among histories drawn by chance a step may never come up. */
const EVERY_STEP: History = {
  isPrepaid: false, isPoor: false,
  sales: [
    {
      lines: [{ product: 0, quantity: 3 }, { product: 1, quantity: 2 }], offs: [{ coupon: "once", percent: 10 }, { coupon: "often", percent: 20 }], isGuest: true,
      steps: [{ do: "down", line: 0, units: 2 }, { do: "buyer" }, { do: "up", line: 0, units: 1 }, { do: "refund", line: 1, units: 1 }, { do: "amount", minor: 100 }, { do: "off", coupon: "once", form: "zero" }, { do: "touch" }, { do: "cancel" }],
    },
    {
      lines: [{ product: 2, quantity: 1 }], offs: [{ coupon: "often", percent: 5 }], isGuest: false,
      steps: [{ do: "remove", line: 0 }, { do: "add", product: 3, quantity: 2, isDiscounted: true }, { do: "on", off: { coupon: "back", percent: 5 } }, { do: "all" }, { do: "up", line: 0, units: 1 }],
    },
  ],
  hearings: [{ keys: [], twice: [], lost: null, isInOrder: true, isAtOnce: false }, { keys: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], twice: [true, false, true], lost: 0, isInOrder: false, isAtOnce: true }],
};

interface Line {
  id: string;
  product: number;
  quantity: number;
  removed: number;
  refunded: number;
  taken: Partial<Record<CouponName, number>>;
}

/** An order as the store has it. */
interface Sold {
  lines: Line[];
  /** The codes named on it, those that take nothing any more too. */
  named: Set<CouponName>;
  placedMinor: number;
  refunds: { units: { line: Line; quantity: number; minor: number }[]; beyondMinor: number; minute: number }[];
  isGuest: boolean;
  cancelledMinute: number | null;
}

const unitOf = ({ product }: Pick<Line, "product">) => PRODUCTS[product]?.unitMinor ?? 0;
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
const netOf = (line: Line) => unitOf(line) * line.quantity - sum(Object.values(line.taken));
const here = ({ quantity, removed, refunded }: Line) => quantity - removed - refunded;
const paidBack = ({ refunds }: Sold) => sum(refunds.map(({ units, beyondMinor }) => beyondMinor + sum(units.map(({ minor }) => minor))));
const totalOf = ({ placedMinor, lines }: Sold) => Math.max(placedMinor, sum(lines.map(netOf)));
const isUndone = (sold: Sold) => {
  const units = sold.lines.filter(({ quantity }) => quantity > 0);
  return sold.cancelledMinute !== null || (units.length > 0 && units.every((line) => here(line) === 0)) || (totalOf(sold) > 0 && paidBack(sold) >= totalOf(sold));
};

function place({ lines, offs, isGuest }: Sale): Sold {
  const sold: Sold = { lines: lines.map(({ product, quantity }, index) => ({ id: String(index + 1), product, quantity, removed: 0, refunded: 0, taken: {} })), named: new Set(), placedMinor: 0, refunds: [], isGuest, cancelledMinute: null };
  for (const off of offs) putOn(sold, off);
  sold.placedMinor = sum(sold.lines.map(netOf));
  return sold;
}

/** A percentage of all that is there. False: it is on the order already, or there is nothing. */
function putOn(sold: Sold, { coupon, percent }: { coupon: CouponName; percent: number }): boolean {
  const lines = sold.lines.filter((line) => here(line) > 0);
  if (lines.length === 0 || sold.lines.some(({ taken }) => (taken[coupon] ?? 0) > 0)) return false;
  for (const line of lines) line.taken[coupon] = Math.floor((unitOf(line) * line.quantity * percent) / 100);
  sold.named.add(coupon);
  return true;
}

/** Does it to the order; false: the store would not. */
function carryOut(sold: Sold, step: Step, minute: number): boolean {
  const line = "line" in step ? sold.lines[step.line % sold.lines.length] : undefined;
  if (sold.cancelledMinute !== null && step.do !== "touch" && step.do !== "buyer") return false;
  switch (step.do) {
    case "down": {
      const units = line ? Math.min(step.units, here(line)) : 0;
      if (line) line.removed += units;
      return units > 0;
    }
    case "up": {
      if (!line) return false;
      const back = Math.min(step.units, line.removed);
      line.removed -= back;
      const more = step.units - back;
      // More of what took a discount takes it too.
      for (const coupon of COUPONS) if (line.taken[coupon]) line.taken[coupon] = Math.floor((line.taken[coupon] * (line.quantity + more)) / line.quantity);
      line.quantity += more;
      return true;
    }
    case "add": {
      const taken: Line["taken"] = {};
      if (step.isDiscounted) for (const coupon of COUPONS) if (sold.lines.some((one) => (one.taken[coupon] ?? 0) > 0)) taken[coupon] = Math.floor((unitOf(step) * step.quantity) / 10);
      sold.lines.push({ id: String(sold.lines.length + 1), product: step.product, quantity: step.quantity, removed: 0, refunded: 0, taken });
      return true;
    }
    case "remove":
      return line !== undefined && carryOut(sold, { do: "down", line: sold.lines.indexOf(line), units: here(line) }, minute);
    case "off": {
      if (!sold.lines.some(({ taken }) => (taken[step.coupon] ?? 0) > 0)) return false;
      for (const one of sold.lines) delete one.taken[step.coupon];
      if (step.form === "gone") sold.named.delete(step.coupon);
      return true;
    }
    case "on":
      return putOn(sold, step.off);
    case "refund": {
      const units = line ? Math.min(step.units, here(line)) : 0;
      return line !== undefined && units > 0 && giveBack(sold, [{ line, quantity: units }], minute);
    }
    case "amount": {
      const minor = Math.min(step.minor, totalOf(sold) - paidBack(sold));
      if (minor > 0) sold.refunds.push({ units: [], beyondMinor: minor, minute });
      return minor > 0;
    }
    case "all": {
      const units = sold.lines.filter((one) => here(one) > 0).map((one) => ({ line: one, quantity: here(one) }));
      return units.length > 0 && giveBack(sold, units, minute);
    }
    case "cancel":
      sold.cancelledMinute = minute;
      return true;
    case "buyer":
      if (!sold.isGuest) return false;
      sold.isGuest = false;
      return true;
    case "touch":
      return true;
    default:
      return step satisfies never;
  }
}

function giveBack(sold: Sold, units: { line: Line; quantity: number }[], minute: number): boolean {
  sold.refunds.push({ units: units.map(({ line, quantity }) => ({ line, quantity, minor: Math.floor((netOf(line) * quantity) / line.quantity) })), beyondMinor: 0, minute });
  for (const { line, quantity } of units) line.refunded += quantity;
  return true;
}

type News = { do: "create" | "update"; facts: OrderNews } | { do: "refund"; facts: RefundFacts };

interface Scene {
  shopId: number;
  customerId: bigint;
  customerGid: Gid<"Customer">;
  codes: Record<CouponName, string>;
  issuances: Record<CouponName, bigint>;
}

async function openScene(isPrepaid: boolean): Promise<Scene> {
  const shop = await newShop();
  const customer = await newCustomer(shop.id);
  await givePoints(shop.id, customer.id, WELCOME);
  await prisma.earnRule.createMany({ data: PRODUCTS.flatMap(({ rateMilli }, product) => (rateMilli === 1_000 ? [] : [{ shopId: shop.id, name: `Product ${product}`, multiplierMilli: rateMilli, productGids: [gid("Product", product)], createdAt: NOON }])) });
  const given: [CouponName, { code: string; issuanceId: bigint }][] = [];
  for (const name of COUPONS) {
    const { number } = await newAward(shop.id, { codes: 6, pointsPrice: PRICES[name], ...(name === "often" && { usesPerCode: 5 }), ...(name === "back" && { onReversal: "reuse" }) });
    const issuing = await issueCoupon(shop.id, { customerId: customer.id, awardNumber: number, requestKey: randomUUID(), channel: isPrepaid ? "api" : "checkout" }, NOON);
    if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
    given.push([name, issuing]);
  }
  return {
    shopId: shop.id, customerId: customer.id, customerGid: gid("Customer", customer.gid.split("/").at(-1) ?? ""),
    codes: Object.fromEntries(given.map(([name, { code }]) => [name, code])) as Scene["codes"],
    issuances: Object.fromEntries(given.map(([name, { issuanceId }]) => [name, issuanceId])) as Scene["issuances"],
  };
}

/** The order as the store tells it at that minute. */
function newsOf({ codes, customerGid }: Scene, order: number, sold: Sold, minute: number): OrderNews {
  const at = (of: number) => new Date(NOON.getTime() + of * MINUTE_MS);
  return {
    gid: gid("Order", 1_000 + order), name: `#${1_000 + order}`, customer: sold.isGuest ? null : { gid: customerGid }, currency: "EUR",
    lines: sold.lines.map((line) => ({
      id: line.id, kind: "product", productGid: gid("Product", line.product), variantGid: gid("ProductVariant", line.product), quantity: line.quantity, ...(line.removed > 0 && { removed: line.removed }),
      netMinor: netOf(line), taxMinor: 0, codes: Object.fromEntries(COUPONS.flatMap((name) => (line.taken[name] === undefined ? [] : [[codes[name], line.taken[name]]]))),
    })),
    totalMinor: totalOf(sold), discountMinor: 0, taxesIncluded: false, test: false, channel: "web", processedAt: NOON, updatedAt: at(minute),
    codes: [...sold.named].map((name) => ({ code: codes[name], discountMinor: sum(sold.lines.map(({ taken }) => taken[name] ?? 0)) })),
    refunds: sold.refunds.map((refund, index) => ({
      gid: gid("Refund", `${order}${index}`), orderGid: gid("Order", 1_000 + order), lines: refund.units.map(({ line, quantity, minor }) => ({ lineId: line.id, quantity, netMinor: minor, taxMinor: 0 })),
      beyondMinor: refund.beyondMinor, refundedMinor: refund.beyondMinor + sum(refund.units.map(({ minor }) => minor)), refundedAt: at(refund.minute),
    })),
    cancelledAt: sold.cancelledMinute === null ? null : at(sold.cancelledMinute),
  };
}

/** The history of a sale: every piece of news in the order of time, and the order at its end. */
function historyOf(scene: Scene, order: number, sale: Sale): { news: News[]; last: Sold; final: OrderNews; hadBack: boolean } {
  const sold = place(sale);
  const news: News[] = [{ do: "create", facts: newsOf(scene, order, sold, 0) }];
  for (const [index, step] of sale.steps.entries()) {
    const refunds = sold.refunds.length;
    if (!carryOut(sold, step, index + 1)) continue;
    done[step.do]++;
    const facts = newsOf(scene, order, sold, index + 1);
    for (const refund of facts.refunds.slice(refunds)) news.push({ do: "refund", facts: refund });
    news.push({ do: "update", facts });
  }
  return { news, last: sold, final: newsOf(scene, order, sold, sale.steps.length + 1), hadBack: news.some(({ do: what, facts }) => what !== "refund" && facts.codes.some(({ code }) => code === scene.codes.back)) };
}

function heard(news: News[], { keys, twice, lost, isInOrder }: Hearing): News[] {
  const told = news.filter((_, index) => index !== lost).flatMap((one, index) => (twice[index] ? [one, one] : [one]));
  if (isInOrder) return told;
  return told.map((one, index) => ({ one, key: keys[index] ?? 0 })).sort((a, b) => a.key - b.key).map(({ one }) => one);
}

const tell = ({ shopId }: Scene, news: News): Promise<unknown> =>
  inTransaction<unknown>((tx) => {
    if (news.do === "refund") return recordRefund(tx, shopId, news.facts, NOON);
    return news.do === "create" ? recordOrder(tx, shopId, news.facts, NOON) : updateOrder(tx, shopId, news.facts, NOON);
  });

/** What the last states say: what each coupon costs, what each order has earned, what uses stand. */
function modelOf(orders: Sold[]) {
  const standing = orders.filter((sold) => !isUndone(sold));
  const takes = (sold: Sold, name: CouponName) => sold.lines.some(({ taken }) => (taken[name] ?? 0) > 0);
  const costs = COUPONS.map((name) => {
    const price = PRICES[name];
    const backs = standing.filter((sold) => takes(sold, name)).map((sold) => {
      const product = sold.lines.reduce((all, { quantity }) => all * BigInt(quantity), 1n);
      const whole = product * BigInt(sum(sold.lines.map(({ taken }) => taken[name] ?? 0)));
      const back = sold.lines.reduce((total, line) => total + (BigInt(line.taken[name] ?? 0) * BigInt(line.quantity - here(line)) * product) / BigInt(line.quantity), 0n);
      return Number((BigInt(price) * back) / whole);
    });
    return backs.length === 0 ? 0 : price - Math.min(...backs);
  });
  const earned = orders.map((sold) => {
    if (isUndone(sold) || sold.isGuest) return 0;
    const parts = sold.lines.map((line) => {
      const back = sum(sold.refunds.flatMap(({ units }) => units).filter((unit) => unit.line === line).map(({ minor }) => minor));
      return { left: here(line) === 0 ? 0 : Math.max(0, netOf(line) - back - Math.floor((netOf(line) * line.removed) / line.quantity)), rateMilli: PRODUCTS[line.product]?.rateMilli ?? 0 };
    });
    const leftMinor = sum(parts.map(({ left }) => left));
    // What was paid for units that an edit took away comes back as an amount.
    const removed = sum(sold.lines.map((line) => Math.floor((netOf(line) * line.removed) / line.quantity)));
    const beyond = Math.max(0, sum(sold.refunds.map(({ beyondMinor }) => beyondMinor)) - removed);
    if (leftMinor <= beyond) return 0;
    return Number((parts.reduce((total, { left, rateMilli }) => total + BigInt(left) * BigInt(rateMilli), 0n) * BigInt(leftMinor - beyond)) / (BigInt(leftMinor) * 100_000n));
  });
  const uses = orders.map((sold) => (isUndone(sold) ? [] : COUPONS.filter((name) => takes(sold, name))));
  return { costs, earned, uses };
}

/** What the ledgers say of the same. */
async function foundOf({ shopId, issuances, codes }: Scene) {
  const costs = await prisma.pointsEntry.groupBy({ by: ["issuanceId"], where: { shopId, kind: { in: ["spent", "spending_returned"] } }, _sum: { points: true } });
  const earned = await prisma.pointsEntry.groupBy({ by: ["orderGid"], where: { shopId, kind: { in: ["earned", "earning_reversed"] } }, _sum: { points: true } });
  const recorded = await prisma.redemption.findMany({ where: { shopId }, select: { issuanceId: true, flags: true } });
  const uses = await prisma.$queryRaw<{ orderGid: string; code: string }[]>`
    SELECT r."orderGid", c."code" FROM "Redemption" r JOIN "Coupon" c ON c."shopId" = ${shopId} AND c."id" = r."couponId"
    WHERE r."shopId" = ${shopId} AND NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = ${shopId} AND v."redemptionId" = r."id")`;
  return {
    costs: COUPONS.map((name) => 0 - (costs.find(({ issuanceId }) => issuanceId === issuances[name])?._sum.points ?? 0)),
    earned: [0, 1].map((order) => earned.find(({ orderGid }) => orderGid === gid("Order", 1_000 + order))?._sum.points ?? 0),
    /** Uses of the coupon that gives itself back which found nobody who had it. */
    unheld: recorded.filter(({ flags }) => flags.includes("not_issued")).length,
    unpaid: COUPONS.filter((name) => recorded.some(({ issuanceId, flags }) => issuanceId === issuances[name] && (flags.includes("late") || flags.includes("partly_paid")))),
    neverUsed: COUPONS.filter((name) => !recorded.some(({ issuanceId }) => issuanceId === issuances[name])),
    uses: [0, 1].map((order) => COUPONS.filter((name) => uses.some((use) => use.orderGid === gid("Order", 1_000 + order) && use.code === codes[name]))),
  };
}

/** She spends all she has, elsewhere. */
async function spendAll({ shopId, customerId }: Scene): Promise<void> {
  const { spendable } = await findBalance(shopId, customerId, NOON);
  if (spendable > 0) await redeemPoints(shopId, { customerId, points: spendable, requestKey: randomUUID(), note: null }, NOON);
}

const done: Record<Step["do"], number> = { down: 0, up: 0, add: 0, remove: 0, off: 0, on: 0, refund: 0, amount: 0, all: 0, cancel: 0, buyer: 0, touch: 0 };

it("ends at what the orders are, whichever way it was heard", { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(History, async ({ sales, hearings, isPrepaid, isPoor }) => {
      const ends = await Promise.all(hearings.map(async (hearing) => {
        const scene = await openScene(isPrepaid);
        const histories = sales.map((sale, order) => historyOf(scene, order, sale));
        const told = heard(histories.flatMap((history) => history.news), hearing);
        const pace = hearing.isAtOnce ? 4 : 1;
        for (let next = 0; next < told.length; next += pace) {
          await Promise.all(told.slice(next, next + pace).map((news) => tell(scene, news)));
          if (isPoor) await spendAll(scene);
          else expect((await findBalance(scene.shopId, scene.customerId, NOON)).spendable).toBeGreaterThanOrEqual(0);
        }
        for (const { final } of histories) await tell(scene, { do: "update", facts: final });
        const wanted = modelOf(histories.map(({ last }) => last));
        const { costs, earned, uses, unheld, unpaid, neverUsed } = await foundOf(scene);
        expect({ earned, uses }).toEqual({ earned: wanted.earned, uses: wanted.uses });
        for (const [index, name] of COUPONS.entries()) {
          // Bought beforehand and never heard of on an order, it is still hers; one that gives itself back stays paid for, whatever becomes of its order.
          const isBought = isPrepaid || !neverUsed.includes(name);
          const cost = neverUsed.includes(name) || name === "back" ? (isBought ? PRICES[name] : 0) : (wanted.costs[index] ?? 0);
          const paid = costs[index] ?? 0;
          // Who spends all that comes back may not be able to pay again: never for more than there is, and it shows.
          if (isPoor && paid !== cost) expect([name, paid >= 0 && paid < cost, unpaid.includes(name)]).toEqual([name, true, true]);
          else expect([name, paid]).toEqual([name, cost]);
        }
        // What was given instead is taken back when its order uses it again: of one that only one order ever used, every use is its owner's.
        if (histories.filter(({ hadBack }) => hadBack).length < 2) expect(unheld).toBe(0);
        expect(await checkBooks(scene.shopId, NOON)).toEqual([]);
        return earned;
      }));
      expect(ends[1]).toEqual(ends[0]);
    }),
    { numRuns: 6, examples: [[EVERY_STEP]], endOnFailure: true },
  );
});

// Histories in which the store refused everything prove nothing.
afterAll(() => {
  for (const [what, count] of Object.entries(done)) expect(count, what).toBeGreaterThan(0);
});
