/**
 * Random histories of tills, orders and time over a few coupons, beside a plain model: what goes through and what is refused
 * is what the model says, step by step, and the books are sound. Then the same commands all at once: sound again.
 */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { burnCoupons } from "#app/domain/coupons/burn.server.ts";
import { endLocks } from "#app/domain/coupons/end-locks.server.ts";
import { lockCoupons } from "#app/domain/coupons/lock.server.ts";
import { releaseLock } from "#app/domain/coupons/release-lock.server.ts";
import { cancelOrder } from "#app/domain/orders/cancel.server.ts";
import { recordOrder } from "#app/domain/orders/record.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { localTime } from "#app/lib/zone.ts";
import { newAward, newCustomer, newShop, NOON, type AwardWish, oneLine } from "#test/factories.ts";
import { till } from "#test/till.ts";
import { checkBooks } from "./books";

const CUSTOMERS = 3;
const REFERENCES = 4;
const ORDERS = 8;
const ZONE = "Europe/Berlin";
const TILL = { appliedBy: "integrator", pointsPrice: null, combinesOrder: true, onReversal: "reuse" } as const;
const AWARDS: (AwardWish & { perCode: number | null })[] = [
  { ...TILL, shareable: true, usesPerCode: 2, usesPerCustomer: 3, usesTotal: 5, perCode: 2 },
  { ...TILL, usesPerCode: null, usesPerCustomer: 2, redeemGapDays: 1, perCode: 1 },
  { ...TILL, shareable: true, usesPerCode: null, usesTotal: 6, perCode: null },
];

const Customer = fc.nat(CUSTOMERS - 1);
const Reference = fc.nat(REFERENCES - 1);
const OrderNumber = fc.integer({ min: 1, max: ORDERS });
const Coupons = fc.uniqueArray(fc.nat(AWARDS.length * 2 - 1), { minLength: 1, maxLength: 2 });
const Command = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("lock" as const), customer: Customer, coupons: Coupons, reference: Reference, minutes: fc.constantFrom(5, 60, 2000) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("burn_lock" as const), reference: Reference, order: OrderNumber }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("burn" as const), customer: Customer, coupons: Coupons, order: OrderNumber }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("release" as const), reference: Reference }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("order" as const), customer: fc.option(Customer), coupons: Coupons, order: OrderNumber }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("cancel" as const), order: OrderNumber }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), minutes: fc.constantFrom(4, 70, 700, 1500) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("sweep" as const) }) },
);
type Command = typeof Command extends fc.Arbitrary<infer T> ? T : never;

/** Histories in which an order that is told again is told as it was. */
const History = (minLength: number) => fc.array(Command, { minLength, maxLength: 40, size: "max" }).map((commands) => {
  const first = new Map<number, Command>();
  return commands.map((command) => {
    if (command.do !== "order") return command;
    const told = first.get(command.order) ?? command;
    first.set(command.order, told);
    return told;
  });
});

interface ModelLock {
  reference: number;
  coupon: number;
  customer: number;
  lockedAt: Date;
  endsAt: Date;
  status: "held" | "burned" | "released";
  order: number | null;
}

interface ModelUse {
  order: number;
  coupon: number;
  customer: number | null;
  at: Date;
  reversed: boolean;
}

/** The rules in the plainest words: lists that are looked through. */
class Model {
  now = NOON;
  locks: ModelLock[] = [];
  uses: ModelUse[] = [];
  orders = new Map<number, "recorded" | "cancelled">();
  accepted: Record<string, number> = {};

  constructor(readonly coupons: { award: number; owner: number }[]) {}

  award = (coupon: number) => this.coupons[coupon]?.award ?? 0;
  rules = (coupon: number) => AWARDS[this.award(coupon)] ?? { perCode: null };
  held = () => this.locks.filter(({ status, endsAt }) => status === "held" && endsAt > this.now);
  standing = () => this.uses.filter(({ reversed }) => !reversed);
  used = (order: number, coupon: number) => this.uses.some((use) => use.order === order && use.coupon === coupon);
  day = (at: Date) => localTime(at, ZONE).slice(0, 10);

  /** Whether a use fits the limits beside those that are taken already; locks take room too unless it is the lock itself that is burned. */
  fits(coupon: number, customer: number | null, taken: number[], countLocks: boolean): boolean {
    const { perCode, usesPerCustomer = null, usesTotal = null, redeemGapDays = null } = this.rules(coupon);
    const sameAward = (other: { coupon: number }) => this.award(other.coupon) === this.award(coupon);
    const locks = countLocks ? this.held() : [];
    const before = taken.filter((other) => this.award(other) === this.award(coupon)).length;
    const ofCode = [...this.standing(), ...locks].filter((other) => other.coupon === coupon).length;
    const ofCustomer = [...this.standing(), ...locks].filter((other) => other.customer === customer && sameAward(other));
    const ofAward = [...this.standing(), ...locks].filter(sameAward).length + before;
    const today = this.standing().some((use) => use.customer === customer && sameAward(use) && this.day(use.at) === this.day(this.now));
    const isTooSoon = redeemGapDays !== null && (today || before > 0 || locks.some((lock) => lock.customer === customer && sameAward(lock)));
    return (perCode === null || ofCode < perCode) && (usesPerCustomer === null || ofCustomer.length + before < usesPerCustomer) && (usesTotal === null || ofAward < usesTotal) && !isTooSoon;
  }

  mayUse(coupons: number[], customer: number): boolean {
    const isOwned = (coupon: number) => this.rules(coupon).shareable === true || this.coupons[coupon]?.owner === customer;
    return coupons.every((coupon, n) => isOwned(coupon) && this.fits(coupon, customer, coupons.slice(0, n), true));
  }

  lock({ customer, coupons, reference, minutes }: Extract<Command, { do: "lock" }>): boolean {
    const standing = this.locks.filter((lock) => lock.reference === reference && (lock.status === "burned" || (lock.status === "held" && lock.endsAt > this.now)));
    if (standing.length) return standing.length === coupons.length && standing.every((lock) => lock.status === "held" && lock.customer === customer && coupons.includes(lock.coupon));
    if (!this.mayUse(coupons, customer)) return false;
    const endsAt = new Date(this.now.getTime() + minutes * 60_000);
    this.locks = this.locks.filter((lock) => lock.reference !== reference);
    for (const coupon of coupons) this.locks.push({ reference, coupon, customer, lockedAt: this.now, endsAt, status: "held", order: null });
    return true;
  }

  burnLock({ reference, order }: Extract<Command, { do: "burn_lock" }>): boolean {
    const held = this.held().filter((lock) => lock.reference === reference);
    if (held.length === 0) return this.locks.some((lock) => lock.reference === reference && lock.status === "burned" && lock.order === order);
    if (this.orders.get(order) === "cancelled") return false;
    const fresh = held.filter(({ coupon }) => !this.used(order, coupon));
    if (!fresh.every(({ coupon, customer }, n) => this.fits(coupon, customer, fresh.slice(0, n).map((lock) => lock.coupon), false))) return false;
    for (const lock of fresh) this.uses.push({ order, coupon: lock.coupon, customer: lock.customer, at: this.now, reversed: false });
    for (const lock of held) Object.assign(lock, { status: "burned", order });
    return true;
  }

  burn({ customer, coupons, order }: Extract<Command, { do: "burn" }>): boolean {
    const fresh = coupons.filter((coupon) => !this.used(order, coupon));
    if (fresh.length === 0) return true;
    if (this.orders.get(order) === "cancelled" || !this.mayUse(fresh, customer)) return false;
    for (const coupon of fresh) this.uses.push({ order, coupon, customer, at: this.now, reversed: false });
    return true;
  }

  release({ reference }: Extract<Command, { do: "release" }>): void {
    for (const lock of this.held()) if (lock.reference === reference) lock.status = "released";
  }

  /** A fact: what it used is used, and the locks that have become pointless end. */
  order({ customer, coupons, order }: Extract<Command, { do: "order" }>): boolean {
    if (this.orders.has(order)) return false;
    this.orders.set(order, "recorded");
    for (const coupon of coupons.toSorted((a, b) => a - b)) {
      if (this.used(order, coupon)) continue;
      this.uses.push({ order, coupon, customer, at: this.now, reversed: false });
      const perCode = this.rules(coupon).perCode;
      const left = perCode === null ? Infinity : perCode - this.standing().filter((use) => use.coupon === coupon).length;
      const locks = this.held().filter((lock) => lock.coupon === coupon).sort((a, b) => a.lockedAt.getTime() - b.lockedAt.getTime() || a.reference - b.reference);
      const own = customer === null ? undefined : locks.find((lock) => lock.customer === customer);
      if (own) Object.assign(own, { status: "burned", order });
      for (const lock of locks.filter((other) => other !== own).slice(Math.max(0, left))) lock.status = "released";
    }
    return true;
  }

  cancel({ order }: Extract<Command, { do: "cancel" }>): boolean {
    if (this.orders.get(order) !== "recorded") return false;
    this.orders.set(order, "cancelled");
    for (const use of this.uses) if (use.order === order) use.reversed = true;
    return true;
  }
}

async function openShop() {
  const shop = await newShop({ timeZone: ZONE });
  const customers = [];
  for (let index = 0; index < CUSTOMERS; index++) customers.push(await newCustomer(shop.id));
  const coupons: { award: number; owner: number; code: string }[] = [];
  const numbers: number[] = [];
  for (const [award, { perCode: _, ...wish }] of AWARDS.entries()) {
    const { number } = await newAward(shop.id, { codes: 2, ...wish });
    numbers.push(number);
    for (const owner of [0, 1]) coupons.push({ award, owner, code: await till(shop.id, number).give(customers[owner]?.id ?? 0n) });
  }
  return { shop, customers, coupons, numbers };
}
type Shop = Awaited<ReturnType<typeof openShop>>;

/** Does the command to the app; answers whether it went through. */
async function act({ shop, customers, coupons }: Shop, command: Command, now: Date): Promise<boolean> {
  const codesOf = (picks: number[]) => picks.map((pick) => coupons[pick]?.code ?? "");
  const idOf = (customer: number) => customers[customer]?.id ?? 0n;
  switch (command.do) {
    case "lock":
      return (await lockCoupons(shop.id, { codes: codesOf(command.coupons), customerId: idOf(command.customer), reference: `till-${command.reference}`, minutes: command.minutes }, now)).outcome === "locked";
    case "burn_lock":
      return (await burnCoupons(shop.id, { what: { reference: `till-${command.reference}` }, customerId: null, transactionId: gid("Order", command.order), transactionTime: null }, now)).outcome === "burned";
    case "burn":
      return (await burnCoupons(shop.id, { what: { codes: codesOf(command.coupons) }, customerId: idOf(command.customer), transactionId: gid("Order", command.order), transactionTime: null }, now)).outcome === "burned";
    case "release":
      return (await releaseLock(shop.id, `till-${command.reference}`, now)).outcome === "released";
    case "order": {
      const customer = command.customer === null ? null : { gid: customers[command.customer]?.gid as Gid<"Customer"> };
      const facts = {
        gid: gid("Order", command.order), name: `#${command.order}`, customer, currency: "EUR", lines: oneLine(0), totalMinor: 100, discountMinor: 0, taxesIncluded: false, test: false,
        channel: "web", processedAt: now, updatedAt: now, codes: codesOf(command.coupons).map((code) => ({ code, discountMinor: 10 })),
      };
      return (await inTransaction((tx) => recordOrder(tx, shop.id, facts, now))).outcome === "recorded";
    }
    case "cancel":
      return (await inTransaction((tx) => cancelOrder(tx, shop.id, { orderGid: gid("Order", command.order), cancelledAt: now }, now))).outcome === "cancelled";
    case "sweep":
      return (await endLocks(now)) >= 0;
    case "wait":
      return true;
    default:
      return command satisfies never;
  }
}

/** Does the command to the model; null: the model says nothing of the answer. */
function expected(model: Model, command: Command): boolean | null {
  switch (command.do) {
    case "lock":
      return model.lock(command);
    case "burn_lock":
      return model.burnLock(command);
    case "burn":
      return model.burn(command);
    case "order":
      return model.order(command);
    case "cancel":
      return model.cancel(command);
    case "release":
      model.release(command);
      return null;
    case "wait":
      model.now = new Date(model.now.getTime() + command.minutes * 60_000);
      return null;
    case "sweep":
      return true;
    default:
      return command satisfies never;
  }
}

async function usesOf({ shop, customers, coupons }: Shop) {
  const codes = new Map((await prisma.coupon.findMany({ where: { shopId: shop.id } })).map(({ id, code }) => [id, code]));
  const reversed = new Set((await prisma.redemptionReversal.findMany({ where: { shopId: shop.id } })).map(({ redemptionId }) => redemptionId));
  const redemptions = await prisma.redemption.findMany({ where: { shopId: shop.id } });
  return redemptions
    .map(({ id, orderGid, couponId, customerId }) => ({
      order: Number(orderGid.split("/").at(-1)), coupon: coupons.findIndex(({ code }) => code === codes.get(couponId)),
      customer: customerId === null ? null : customers.findIndex((customer) => customer.id === customerId), reversed: reversed.has(id),
    }))
    .sort((a, b) => a.order - b.order || a.coupon - b.coupon);
}

const accepted: Record<string, number> = {};
const refused: Record<string, number> = {};

describe("any history of using", () => {
  it("goes as a plain model says, step by step, and leaves sound books", { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(History(20), async (commands) => {
        const shop = await openShop();
        const model = new Model(shop.coupons);
        for (const [step, command] of commands.entries()) {
          const went = await act(shop, command, model.now);
          const should = expected(model, command);
          if (should !== null) expect(went, `step ${step}: ${JSON.stringify(command)}`).toBe(should);
          const counts = went ? accepted : refused;
          counts[command.do] = (counts[command.do] ?? 0) + 1;
        }
        const uses = model.uses.map(({ order, coupon, customer, reversed }) => ({ order, coupon, customer, reversed }));
        expect(await usesOf(shop)).toEqual(uses.sort((a, b) => a.order - b.order || a.coupon - b.coupon));
        const locked = await prisma.couponLock.findMany({ where: { shopId: shop.shop.id, status: "held", endsAt: { gt: model.now } } });
        expect(locked).toHaveLength(model.held().length);
        // A till may tell of an order whose own news never came.
        expect((await checkBooks(shop.shop.id, model.now)).filter((fault) => !fault.startsWith("a redemption has its order"))).toEqual([]);
      }),
      { numRuns: 25, endOnFailure: false },
    );
  });

  it("leaves sound books when everything happens at once", { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(History(30), async (commands) => {
        const shop = await openShop();
        await Promise.all(commands.map((command) => act(shop, command, NOON)));
        expect((await checkBooks(shop.shop.id, NOON)).filter((fault) => !fault.startsWith("a redemption has its order"))).toEqual([]);
      }),
      // What comes of a race is not the same twice: a smaller history would not show it again.
      { numRuns: 15, endOnFailure: true },
    );
  });

  // A history in which everything is refused, or nothing is, proves nothing.
  afterAll(() => {
    for (const command of ["lock", "burn_lock", "burn", "release", "order", "cancel"]) {
      expect(accepted[command] ?? 0, `${command} accepted`).toBeGreaterThanOrEqual(2);
      expect(refused[command] ?? 0, `${command} refused`).toBeGreaterThanOrEqual(1);
    }
  });
});
