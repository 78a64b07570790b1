/**
 * A shop on a bad day: workers work its inbox side by side, told in any order and some of it twice, while customers are merged, sweeps come by,
 * and shoppers take, give back, hold and spend. Once it is quiet, the books are sound and every order has earned what is left of it.
 * CROWD_SHOPS=50 asks for more such days.
 */
import { randomUUID } from "node:crypto";
import { afterAll, expect, it } from "vitest";
import { finishReturn } from "#app/domain/coupons/finish-return.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { moveLate } from "#app/domain/customers/move-late.server.ts";
import { rememberCustomer } from "#app/domain/customers/remember.server.ts";
import { EarnedLine } from "#app/domain/orders/order.ts";
import { holdPoints } from "#app/domain/points/hold.server.ts";
import { lapsePoints } from "#app/domain/points/lapse.server.ts";
import { maturePoints } from "#app/domain/points/mature.server.ts";
import { redeemHold } from "#app/domain/points/redeem-hold.server.ts";
import { redeemPoints } from "#app/domain/points/redeem.server.ts";
import { refundPoints } from "#app/domain/points/refund.server.ts";
import { releaseHold } from "#app/domain/points/release-hold.server.ts";
import { releaseOverdueHolds } from "#app/domain/points/release-overdue.server.ts";
import { workInboxEvent, workWaiting } from "#app/inbox/handle.server.ts";
import { receiveEvent } from "#app/inbox/receive.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newShop, NOON } from "#test/factories.ts";
import { orderPayload, refundPayload } from "#test/fixtures/payloads.ts";
import { checkBooks } from "./books";

const SHOPS = Number(process.env.CROWD_SHOPS ?? 2);
const SEED = Number(process.env.CROWD_SEED ?? 20261121);
const ROUNDS = 8;
const CUSTOMERS = 6;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** mulberry32: the same seed, the same day. */
function dice(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    chance: (odds: number) => next() < odds,
    pick: <T>(from: T[]): T | undefined => from[below(from.length)],
    shuffled: <T>(from: T[]): T[] => from.map((one) => ({ one, key: next() })).sort((a, b) => a.key - b.key).map(({ one }) => one),
  };
}
type Dice = ReturnType<typeof dice>;

interface Line {
  id: number;
  unitMinor: number;
  quantity: number;
  removed: number;
  refunded: number;
  /** 1.00 off each unit. */
  code: string | null;
}

interface Placed {
  id: number;
  customer: number | null;
  lines: Line[];
  shippingMinor: number;
  shippingBack: boolean;
  beyondMinor: number;
  cancelled: boolean;
  edits: number;
  refunds: ReturnType<typeof refundPayload>[];
}

const euros = (minor: number) => (minor / 100).toFixed(2);
const paidFor = ({ unitMinor, code }: Line) => unitMinor - (code === null ? 0 : 100);

async function openShop(random: Dice) {
  const shop = await newShop();
  const pendingDays = random.chance(0.5) ? 3 : 0;
  await prisma.shop.update({ where: { id: shop.id }, data: { expiryMonths: 1, pendingDays } });
  if (random.chance(0.5)) await prisma.tier.create({ data: { shopId: shop.id, name: "Gold", fromPoints: 60, multiplierMilli: 1500, createdAt: NOON } });
  for (let index = 0; index < CUSTOMERS; index++) {
    const customer = await rememberCustomer(prisma, shop.id, { gid: gid("Customer", index + 1) });
    await givePoints(shop.id, customer.id, 300, new Date(NOON.getTime() - random.below(40) * DAY));
  }
  const awards = [
    await newAward(shop.id, { codes: 80, pointsPrice: 40 }),
    await newAward(shop.id, { codes: 80, pointsPrice: 25, onReversal: "reuse" }),
    await newAward(shop.id, { single: `EVERYONE${randomUUID().slice(0, 8).toUpperCase()}`, pointsPrice: 7, usesTotal: 30, shareable: true }),
  ];
  return { ...shop, awards: awards.map(({ number }) => number) };
}
type Shop = Awaited<ReturnType<typeof openShop>>;

/** What Shopify knows, and what it has to tell. */
class Shopify {
  readonly orders: Placed[] = [];
  readonly root = Array.from({ length: CUSTOMERS }, (_, index) => index);
  private told: { topic: string; payload: unknown }[] = [];
  private clock = NOON.getTime();

  constructor(private readonly random: Dice) {}

  rootOf(customer: number): number {
    const above = this.root[customer] ?? customer;
    return above === customer ? customer : this.rootOf(above);
  }

  /** Everything since, shuffled, some of it twice; some may come in a later round. */
  news(all: boolean) {
    const { random } = this;
    const [now, later] = [this.told.filter(() => all || random.chance(0.85)), [] as typeof this.told];
    later.push(...this.told.filter((one) => !now.includes(one)));
    this.told = later;
    return random.shuffled([...now, ...now.filter(() => random.chance(0.2))]);
  }

  happen(codes: string[]): void {
    const { random } = this;
    const order = random.pick(this.orders);
    const what = random.below(12);
    if (what < 4 || !order) return this.place(codes);
    if (what < 7) return this.refund(order);
    if (what === 7) return this.cancel(order);
    if (what < 10) return this.edit(order, codes);
    if (what === 10) return this.claim(order);
    this.merge();
  }

  private place(codes: string[]): void {
    const { random } = this;
    const line = (id: number): Line => ({ id, unitMinor: 500 + random.below(4000), quantity: 1 + random.below(3), removed: 0, refunded: 0, code: random.chance(0.5) ? (random.pick(codes) ?? null) : null });
    const order: Placed = {
      id: this.orders.length + 1, customer: random.chance(0.2) ? null : random.below(CUSTOMERS), lines: Array.from({ length: 1 + random.below(3) }, (_, index) => line(11 + index)),
      shippingMinor: random.chance(0.5) ? 490 : 0, shippingBack: false, beyondMinor: 0, cancelled: false, edits: 0, refunds: [],
    };
    this.orders.push(order);
    this.tell("orders/create", order);
  }

  private refund(order: Placed): void {
    const { random } = this;
    const number = order.id * 100 + order.refunds.length;
    const kind = random.below(4);
    const wish = { id: number, orderId: order.id };
    if (kind === 0 && order.shippingMinor > 0 && !order.shippingBack) {
      order.shippingBack = true;
      order.refunds.push(refundPayload({ ...wish, shipping: euros(order.shippingMinor) }));
    } else if (kind === 1 && order.lines.every(({ removed }) => removed === 0)) {
      order.beyondMinor += 150;
      order.refunds.push(refundPayload({ ...wish, amountOnly: "1.50" }));
    } else {
      const left = order.lines.filter(({ quantity, removed, refunded }) => quantity > removed + refunded);
      const parts = left.filter(() => random.chance(0.6)).map((line) => ({ line, units: 1 + random.below(line.quantity - line.removed - line.refunded) }));
      if (parts.length === 0) return;
      for (const { line, units } of parts) line.refunded += units;
      order.refunds.push(refundPayload({ ...wish, lines: parts.map(({ line, units }) => ({ id: line.id, quantity: units, subtotal: euros(paidFor(line) * units) })) }));
    }
    if (random.chance(0.8)) this.told.push({ topic: "refunds/create", payload: order.refunds.at(-1) });
    this.tell("orders/updated", order);
  }

  private cancel(order: Placed): void {
    if (order.cancelled) return;
    order.cancelled = true;
    this.tell("orders/cancelled", order);
  }

  private edit(order: Placed, codes: string[]): void {
    const { random } = this;
    const line = order.lines.find(({ quantity, removed, refunded }) => quantity > removed + refunded);
    if (line && order.beyondMinor === 0 && random.chance(0.6)) line.removed += 1;
    else order.lines.push({ id: 11 + order.lines.length, unitMinor: 700, quantity: 2, removed: 0, refunded: 0, code: random.chance(0.3) ? (random.pick(codes) ?? null) : null });
    this.tell("orders/updated", order);
  }

  private claim(order: Placed): void {
    order.customer = this.random.below(CUSTOMERS);
    this.tell("orders/updated", order);
  }

  private merge(): void {
    const roots = this.random.shuffled(this.root.filter((above, index) => above === index));
    const [kept, deleted] = roots;
    if (kept === undefined || deleted === undefined || roots.length < 3) return;
    this.root[deleted] = kept;
    this.told.push({ topic: "customers/merge", payload: { admin_graphql_api_customer_kept_id: gid("Customer", kept + 1), admin_graphql_api_customer_deleted_id: gid("Customer", deleted + 1), admin_graphql_api_job_id: null, status: "completed", errors: [] } });
  }

  private tell(topic: string, order: Placed): void {
    this.clock += 1000;
    const { id, customer, lines, shippingMinor, cancelled, refunds } = order;
    const customerGid = customer === null ? null : gid("Customer", (this.random.chance(0.3) ? customer : this.rootOf(customer)) + 1);
    const payload = orderPayload({
      id, customerGid, updatedAt: new Date(this.clock).toISOString(), refunds: [...refunds], ...(cancelled && { cancelledAt: "2026-11-22T00:00:00Z" }),
      lines: lines.map((line) => ({
        id: line.id, product: line.id + 10, price: euros(line.unitMinor), quantity: line.quantity, current: line.quantity - line.removed - line.refunded,
        ...(line.code !== null && { codes: { [line.code]: euros(100 * line.quantity) } }),
      })),
      ...(shippingMinor > 0 && { shipping: { price: euros(shippingMinor) } }),
    });
    this.told.push({ topic, payload });
  }
}

/** What an order is to have earned, at the rates it keeps for its lines. */
function pointsOf({ lines, shippingMinor, shippingBack, beyondMinor, cancelled }: Placed, rates: EarnedLine[]): number {
  const left = lines.map((line) => ({ units: line.quantity - line.removed - line.refunded, paid: paidFor(line), rate: rates.find(({ id }) => id === String(line.id))?.rateMilli ?? 0 }));
  const total = lines.reduce((sum, line) => sum + paidFor(line) * line.quantity, shippingMinor);
  const back = lines.reduce((sum, line) => sum + paidFor(line) * line.refunded, beyondMinor + (shippingBack ? shippingMinor : 0));
  if (cancelled || left.every(({ units }) => units === 0) || back >= total) return 0;
  const kept = left.reduce((sum, { units, paid }) => sum + units * paid, 0);
  const weighed = left.reduce((sum, { units, paid, rate }) => sum + units * paid * rate, 0);
  return kept <= beyondMinor ? 0 : Math.floor((weighed * (kept - beyondMinor)) / (kept * 100_000) + 1e-9);
}

const thrown: string[] = [];
const quietly = async (name: string, work: () => Promise<unknown>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    thrown.push(`${name}: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`);
  }
};

async function shopper(shop: Shop, random: Dice, now: Date): Promise<void> {
  const shopId = shop.id;
  const customer = await prisma.customer.findFirst({ where: { shopId, gid: gid("Customer", 1 + random.below(CUSTOMERS)), mergedIntoId: null } });
  if (!customer) return;
  const customerId = customer.id;
  const key = randomUUID();
  switch (random.below(6)) {
    case 0:
    case 1:
      return quietly("issue", () => issueCoupon(shopId, { customerId, awardNumber: random.pick(shop.awards) ?? 1, requestKey: key, channel: random.chance(0.5) ? "checkout" : "api" }, now));
    case 2: {
      const open = random.pick(await prisma.issuance.findMany({ where: { shopId, status: "open" } }));
      if (open) await quietly("return", () => returnCoupon(shopId, { issuanceId: open.id, customerId: open.customerId }, now));
      return;
    }
    case 3: {
      const holding = await holdPoints(shopId, { customerId, points: 1 + random.below(60), minutes: 30, requestKey: key, note: null }, now);
      if (holding.outcome !== "held" || random.chance(0.3)) return;
      const { holdId } = holding;
      return quietly("end hold", () => (random.chance(0.5) ? redeemHold(shopId, { holdId, transactionId: `t-${random.chance(0.8) ? holdId : 1}` }, now) : releaseHold(shopId, holdId, now)));
    }
    case 4:
      return quietly("spend", () => redeemPoints(shopId, { customerId, points: 1 + random.below(40), requestKey: key, note: null }, now));
    default: {
      const spend = random.pick(await prisma.pointsEntry.findMany({ where: { shopId, kind: "spent", issuanceId: null } }));
      if (spend) await quietly("refund points", () => refundPoints(shopId, { entryId: spend.id, points: random.chance(0.5) ? null : 1, requestKey: key, note: null }, now));
    }
  }
}

async function finishReturns(shopId: number, now: Date): Promise<void> {
  const waiting = await prisma.issuance.findMany({ where: { shopId, status: "returning" } });
  for (const { couponId } of waiting) {
    await quietly("finish return", () => inTransaction(async (tx) => {
      await tx.coupon.updateMany({ where: { shopId, id: couponId, shared: false }, data: { codeState: "withdrawn" } });
      await finishReturn(tx, shopId, couponId, now);
    }));
  }
}

async function retryEvents(domain: string, now: Date): Promise<void> {
  const waiting = await prisma.inboxEvent.findMany({ where: { shopDomain: domain, status: "received" }, select: { id: true }, orderBy: { id: "asc" } });
  for (const { id } of waiting) await workInboxEvent(domain, id, now).catch(() => {});
}

async function day(seed: number): Promise<void> {
  const random = dice(seed);
  const shop = await openShop(random);
  const shopify = new Shopify(random);
  let now = NOON;
  for (let round = 0; round < ROUNDS; round++) {
    now = new Date(now.getTime() + (1 + random.below(6)) * DAY);
    const coupons = await prisma.coupon.findMany({ where: { shopId: shop.id, OR: [{ shared: true }, { status: { notIn: ["available"] } }] }, select: { code: true } });
    const codes = coupons.map(({ code }) => code);
    for (let count = 0; count < 14; count++) shopify.happen(codes);
    for (const { topic, payload } of shopify.news(round === ROUNDS - 1)) {
      await receiveEvent({ shopDomain: shop.domain, webhookId: randomUUID(), topic, apiVersion: "2026-07", triggeredAt: now, body: Buffer.from(JSON.stringify(payload)), receivedAt: now });
    }
    const at = now;
    const shoppers = Array.from({ length: 6 }, () => shopper(shop, random, at));
    await Promise.all([
      ...Array.from({ length: 3 }, () => quietly("work", () => workWaiting(shop.domain, () => at))),
      quietly("mature", () => maturePoints(at)), quietly("lapse", () => lapsePoints(at)), quietly("late", () => moveLate(at)), quietly("overdue", () => releaseOverdueHolds(at)),
      finishReturns(shop.id, at), ...shoppers,
    ]);
    await retryEvents(shop.domain, at);
    await moveLate(at);
  }
  // It becomes quiet.
  for (let round = 0; round < 3; round++) await retryEvents(shop.domain, now);
  now = new Date(now.getTime() + 5 * HOUR);
  await finishReturns(shop.id, now);
  await maturePoints(now);
  await lapsePoints(now);
  await moveLate(now);

  const faults = await prisma.inboxEvent.findMany({ where: { shopDomain: shop.domain, status: { not: "done" } }, select: { topic: true, status: true, problem: true } });
  expect(faults).toEqual([]);
  expect(await checkBooks(shop.id, now)).toEqual([]);
  await checkOrders(shop, shopify);
}

async function checkOrders({ id: shopId }: Shop, shopify: Shopify): Promise<void> {
  const customers = await prisma.customer.findMany({ where: { shopId } });
  const idOf = (index: number) => customers.find((customer) => customer.gid === gid("Customer", index + 1))?.id;
  const got = [];
  const wanted = [];
  for (const placed of shopify.orders) {
    const order = await prisma.order.findUniqueOrThrow({ where: { shopId_gid: { shopId, gid: gid("Order", placed.id) } } });
    const { _sum } = await prisma.pointsEntry.aggregate({ where: { shopId, orderGid: order.gid, kind: { in: ["earned", "earning_reversed"] } }, _sum: { points: true } });
    const pending = await prisma.pendingEarning.findFirst({ where: { shopId, orderGid: order.gid, endedAt: null } });
    got.push({ order: placed.id, customerId: order.customerId, earned: (_sum.points ?? 0) + (pending?.points ?? 0), undone: order.undoneAt !== null && order.cancelledAt !== null });
    const points = placed.customer === null ? 0 : pointsOf(placed, EarnedLine.array().parse(order.lines));
    wanted.push({ order: placed.id, customerId: placed.customer === null ? null : (idOf(shopify.rootOf(placed.customer)) ?? null), earned: points, undone: placed.cancelled });
  }
  expect(got).toEqual(wanted);
  // Whoever was merged has nothing any more, and merging made no point and lost none.
  const gone = customers.filter(({ mergedIntoId }) => mergedIntoId !== null).map(({ id }) => id);
  const left = await prisma.pointsAccount.findMany({ where: { shopId, customerId: { in: gone }, NOT: { balance: 0, held: 0 } } });
  expect(left).toEqual([]);
  const { _sum } = await prisma.pointsEntry.aggregate({ where: { shopId, kind: "merged" }, _sum: { points: true } });
  expect(_sum.points ?? 0).toBe(0);
}

for (let index = 0; index < SHOPS; index++) it(`day ${SEED + index}`, () => day(SEED + index), 120_000);

afterAll(() => {
  expect(thrown).toEqual([]);
});
