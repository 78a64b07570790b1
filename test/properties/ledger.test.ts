/**
 * Random histories of a small shop against real PostgreSQL, beside a plain model: whatever happens in whatever order, the
 * balances are what the model says, and the books are sound.
 */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { finishReturn } from "#app/domain/coupons/finish-return.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { cancelOrder } from "#app/domain/orders/cancel.server.ts";
import type { OrderFacts } from "#app/domain/orders/order.ts";
import { recordOrder } from "#app/domain/orders/record.server.ts";
import { recordRefund } from "#app/domain/orders/refund.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, oneLine } from "#test/factories.ts";
import { booksOf, checkBooks } from "./books";

const CUSTOMERS = 3;
const AWARDS = 2;
const PRICES = [100, 40];
/** Everybody starts with some points, so that a history need not wait for an order. */
const WELCOME = 300;

const Customer = fc.nat(CUSTOMERS - 1);
const Pick = fc.nat(30);
const Command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("buy" as const), customer: Customer, minor: fc.integer({ min: 0, max: 30_000 }), coupons: fc.array(Pick, { maxLength: 2 }), guest: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("issue" as const), customer: Customer, award: fc.nat(AWARDS - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("issue_again" as const), pick: Pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("give_back" as const), pick: Pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("withdraw" as const), pick: Pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tell_again" as const), pick: Pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), pick: Pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("refund" as const), pick: Pick, minor: fc.integer({ min: 1, max: 20_000 }) }) },
);
type Command = (typeof Command) extends fc.Arbitrary<infer T> ? T : never;

interface ModelIssuance {
  id: bigint;
  couponId: bigint;
  code: string;
  customer: number;
  award: number;
  key: string;
  points: number;
  status: "open" | "returning" | "returned" | "redeemed";
}

interface ModelOrder {
  facts: OrderFacts & { gid: Gid<"Order"> };
  earningMinor: number;
  customer: number | null;
  earned: number;
  refunded: number;
  cancelled: boolean;
  reversed: boolean;
  /** Issuances whose codes it used, charged for them or not. */
  used: ModelIssuance[];
}

/** What the shop should look like, in the plainest words. */
class Model {
  balance: number[] = Array.from({ length: CUSTOMERS }, () => WELCOME);
  held: number[] = Array.from({ length: CUSTOMERS }, () => 0);
  issuances: ModelIssuance[] = [];
  orders: ModelOrder[] = [];
  accepted: Record<string, number> = {};

  add(figures: number[], customer: number, points: number) {
    figures[customer] = (figures[customer] ?? 0) + points;
  }
  spendable(customer: number) {
    return (this.balance[customer] ?? 0) - (this.held[customer] ?? 0);
  }
  count(command: Command["do"]) {
    this.accepted[command] = (this.accepted[command] ?? 0) + 1;
  }
  charge(issuance: ModelIssuance) {
    if (issuance.status === "redeemed") return;
    if (issuance.status === "returned" && this.spendable(issuance.customer) < issuance.points) return;
    if (issuance.status !== "returned") this.add(this.held, issuance.customer, -issuance.points);
    this.add(this.balance, issuance.customer, -issuance.points);
    issuance.status = "redeemed";
  }
  /** What the order may still keep of its earning. */
  keep(order: ModelOrder, points: number) {
    if (order.customer === null || points >= order.earned) return;
    this.add(this.balance, order.customer, points - order.earned);
    order.earned = points;
  }
  reverse(order: ModelOrder) {
    if (order.reversed) return;
    order.reversed = true;
    for (const issuance of order.used) {
      // Its price comes back when no use of it stands.
      if (issuance.status !== "redeemed" || this.orders.some((other) => !other.reversed && other.used.includes(issuance))) continue;
      this.add(this.balance, issuance.customer, issuance.points);
      issuance.status = "returned";
    }
  }
}

async function openShop() {
  const shop = await newShop();
  const customers = [];
  for (let index = 0; index < CUSTOMERS; index++) {
    const customer = await newCustomer(shop.id);
    await givePoints(shop.id, customer.id, WELCOME);
    customers.push(customer);
  }
  // The second award is scarce: running out and reaching limits belong to the histories.
  const awards = [await newAward(shop.id, { codes: 40, pointsPrice: PRICES[0] ?? 0 }), await newAward(shop.id, { codes: 5, pointsPrice: PRICES[1] ?? 0, issuesPerCustomer: 2 })];
  return { shop, customers, awards };
}
type World = Awaited<ReturnType<typeof openShop>> & { model: Model; serial: number };

const at = <T>(list: T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)];

async function run(world: World, command: Command): Promise<void> {
  switch (command.do) {
    case "buy":
      return buy(world, command);
    case "issue":
      return issue(world, command);
    case "issue_again":
      return issueAgain(world, command);
    case "give_back":
      return giveBack(world, command);
    case "withdraw":
      return withdraw(world, command);
    case "tell_again":
      return tellAgain(world, command);
    case "cancel":
      return cancel(world, command);
    case "refund":
      return refund(world, command);
    default:
      return command satisfies never;
  }
}

async function buy(world: World, { customer, minor, coupons, guest }: Extract<Command, { do: "buy" }>) {
  const { model, shop, customers } = world;
  const used = [...new Set(coupons.flatMap((pick) => at(model.issuances, pick) ?? []))];
  const number = world.serial++;
  const facts: ModelOrder["facts"] = {
    gid: gid("Order", number), name: `#${number}`, currency: "EUR", lines: oneLine(minor), totalMinor: minor, discountMinor: 0, taxesIncluded: false, test: false,
    customer: guest ? null : { gid: (customers[customer]?.gid ?? "") as Gid<"Customer"> },
    channel: "web", processedAt: NOON, updatedAt: NOON, codes: used.map(({ code }) => ({ code, discountMinor: 100 })),
  };
  expect(await inTransaction((tx) => recordOrder(tx, shop.id, facts, NOON))).toEqual({ outcome: "recorded" });

  // The app goes through coupons in the order of their ids, and earns after all of them.
  for (const issuance of used.sort((a, b) => Number(a.couponId - b.couponId))) model.charge(issuance);
  const earned = guest ? 0 : Math.floor(minor / 100);
  if (!guest) model.add(model.balance, customer, earned);
  model.orders.push({ facts, earningMinor: minor, customer: guest ? null : customer, earned, refunded: 0, cancelled: false, reversed: false, used });
  model.count("buy");
}

async function issue(world: World, { customer, award }: Extract<Command, { do: "issue" }>) {
  const { model, shop, customers, awards } = world;
  const key = `press-${world.serial++}`;
  const price = PRICES[award] ?? 0;
  const issuing = await issueCoupon(shop.id, { customerId: customers[customer]?.id ?? 0n, awardNumber: awards[award]?.number ?? 0, requestKey: key, channel: "checkout" }, NOON);

  const mine = model.issuances.filter((issuance) => issuance.award === award && issuance.customer === customer && issuance.status !== "returned");
  const given = model.issuances.filter((issuance) => issuance.award === award);
  if (award === 1 && mine.length >= 2) return expect(issuing.outcome).toBe("customer_max_reached");
  if (model.spendable(customer) < price) return expect(issuing.outcome).toBe("insufficient_points");
  if (given.length >= (award === 1 ? 5 : 40)) return expect(issuing.outcome).toBe("out_of_codes");
  if (issuing.outcome !== "issued") throw new Error(`refused: ${issuing.outcome}`);
  const { couponId } = await prisma.issuance.findFirstOrThrow({ where: { shopId: shop.id, id: issuing.issuanceId } });
  expect(model.issuances.map(({ code }) => code)).not.toContain(issuing.code);
  model.issuances.push({ id: issuing.issuanceId, couponId, code: issuing.code, customer, award, key, points: price, status: "open" });
  model.add(model.held, customer, price);
  model.count("issue");
}

async function issueAgain({ model, shop, customers, awards }: World, { pick }: Extract<Command, { do: "issue_again" }>) {
  const first = at(model.issuances, pick);
  if (!first) return;
  const request = { customerId: customers[first.customer]?.id ?? 0n, awardNumber: awards[first.award]?.number ?? 0, requestKey: first.key, channel: "checkout" as const };
  expect(await issueCoupon(shop.id, request, NOON)).toMatchObject({ outcome: "issued", repeated: true, issuanceId: first.id, code: first.code });
  model.count("issue_again");
}

async function giveBack({ model, shop, customers }: World, { pick }: Extract<Command, { do: "give_back" }>) {
  const issuance = at(model.issuances, pick);
  if (!issuance) return;
  const { outcome } = await returnCoupon(shop.id, { issuanceId: issuance.id, customerId: customers[issuance.customer]?.id ?? 0n }, NOON);
  if (issuance.status === "open") issuance.status = "returning";
  expect(outcome).toBe(issuance.status === "redeemed" ? "already_redeemed" : issuance.status);
  model.count("give_back");
}

async function withdraw({ model, shop }: World, { pick }: Extract<Command, { do: "withdraw" }>) {
  const waiting = model.issuances.filter(({ status }) => status === "returning");
  // Mostly one that waits, sometimes one that does not: the sync may ask for either.
  const issuance = at(waiting.length > 0 && pick % 4 > 0 ? waiting : model.issuances, pick);
  if (!issuance) return;
  const { outcome } = await inTransaction((tx) => finishReturn(tx, shop.id, issuance.couponId, NOON));
  expect(outcome).toBe(issuance.status === "returning" ? "returned" : "nothing_to_return");
  if (issuance.status !== "returning") return;
  issuance.status = "returned";
  model.add(model.held, issuance.customer, -issuance.points);
  model.count("withdraw");
}

async function tellAgain({ model, shop }: World, { pick }: Extract<Command, { do: "tell_again" }>) {
  const order = at(model.orders, pick);
  if (!order) return;
  expect(await inTransaction((tx) => recordOrder(tx, shop.id, order.facts, NOON))).toEqual({ outcome: "already_recorded" });
  model.count("tell_again");
}

async function cancel({ model, shop }: World, { pick }: Extract<Command, { do: "cancel" }>) {
  const order = at(model.orders, pick);
  if (!order) return;
  const { outcome } = await inTransaction((tx) => cancelOrder(tx, shop.id, { orderGid: order.facts.gid, cancelledAt: NOON }, NOON));
  expect(outcome).toBe(order.cancelled ? "already_cancelled" : "cancelled");
  order.cancelled = true;
  model.reverse(order);
  model.keep(order, 0);
  model.count("cancel");
}

async function refund(world: World, { pick, minor }: Extract<Command, { do: "refund" }>) {
  const { model, shop } = world;
  const order = at(model.orders, pick);
  if (!order) return;
  const part = Math.min(minor, order.earningMinor - order.refunded);
  if (part <= 0) return;
  const facts = { gid: gid("Refund", world.serial++), orderGid: order.facts.gid, lines: [], beyondMinor: part, refundedMinor: part, refundedAt: NOON };
  await inTransaction((tx) => recordRefund(tx, shop.id, facts, NOON));
  expect(await inTransaction((tx) => recordRefund(tx, shop.id, facts, NOON))).toEqual({ outcome: "already_recorded" });
  order.refunded += part;
  if (order.refunded === order.earningMinor) model.reverse(order);
  model.keep(order, Math.floor((order.earningMinor - order.refunded) / 100));
  model.count("refund");
}

const accepted: Record<string, number> = {};

describe("any history of a shop", () => {
  it("ends in the balances a plain model has, with sound books", { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(Command, { minLength: 20, maxLength: 40, size: "max" }), async (commands) => {
        const world = { ...(await openShop()), model: new Model(), serial: 1 };
        for (const command of commands) await run(world, command);

        for (const [customer, { id }] of world.customers.entries()) {
          const books = await booksOf(world.shop.id, id);
          expect(books).toMatchObject({ balance: world.model.balance[customer], held: world.model.held[customer] });
        }
        expect(await checkBooks(world.shop.id, NOON)).toEqual([]);
        for (const [command, count] of Object.entries(world.model.accepted)) accepted[command] = (accepted[command] ?? 0) + count;
      }),
      { numRuns: 30, endOnFailure: false },
    );
  });

  it("keeps the books sound when a late order takes a coupon out of its return, after others were given up to the limit", async () => {
    const world = { ...(await openShop()), model: new Model(), serial: 1 };
    for (const command of [
      { do: "issue", customer: 0, award: 1 }, { do: "give_back", pick: 0 }, { do: "withdraw", pick: 1 },
      { do: "issue", customer: 0, award: 1 }, { do: "issue", customer: 0, award: 1 },
      { do: "buy", customer: 0, minor: 5000, coupons: [0], guest: false },
      { do: "issue", customer: 0, award: 1 },
    ] satisfies Command[]) await run(world, command);

    expect(world.model.issuances.map(({ status }) => status)).toEqual(["redeemed", "open", "open"]);
    expect(await checkBooks(world.shop.id, NOON)).toEqual([]);
  });

  // A history in which everything is refused proves nothing.
  afterAll(() => {
    for (const command of ["buy", "issue", "issue_again", "give_back", "withdraw", "tell_again", "cancel", "refund"]) {
      expect(accepted[command] ?? 0, command).toBeGreaterThanOrEqual(5);
    }
  });
});
