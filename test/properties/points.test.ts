/**
 * Random histories of an integrator's till against real PostgreSQL: one call after the other beside a plain model, and many at
 * once, where what was answered must account for what is there.
 */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { adjustPoints } from "#app/domain/points/adjust.server.ts";
import { holdPoints } from "#app/domain/points/hold.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { redeemHold } from "#app/domain/points/redeem-hold.server.ts";
import { redeemPoints } from "#app/domain/points/redeem.server.ts";
import { refundPoints } from "#app/domain/points/refund.server.ts";
import { releaseHold } from "#app/domain/points/release-hold.server.ts";
import { releaseOverdueHolds } from "#app/domain/points/release-overdue.server.ts";
import { newCustomer, newShop, NOON } from "#test/factories.ts";
import { checkBooks } from "./books";

const CUSTOMERS = 2;
const MINUTE_MS = 60_000;

const Customer = fc.nat(CUSTOMERS - 1);
const Points = fc.integer({ min: 1, max: 120 });
const Pick = fc.nat(20);
const Command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("adjust" as const), customer: Customer, points: fc.oneof(Points, Points.map((points) => -points)) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("hold" as const), customer: Customer, points: Points, minutes: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("hold_again" as const), pick: Pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("release" as const), pick: Pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("redeem_hold" as const), pick: Pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("redeem" as const), customer: Customer, points: Points }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("refund" as const), pick: Pick, points: fc.option(Points, { nil: null }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), minutes: fc.integer({ min: 1, max: 15 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("sweep" as const) }) },
);
type Command = (typeof Command) extends fc.Arbitrary<infer T> ? T : never;
type Doing<D extends Command["do"]> = Extract<Command, { do: D }>;

interface Hold {
  id: bigint;
  customer: number;
  key: string;
  points: number;
  endsAt: number;
  status: "held" | "spent" | "returned" | "expired";
}

interface Spend {
  entryId: bigint;
  customer: number;
  points: number;
  refunded: number;
}

/** What a till and its customers should see. */
class Model {
  at = NOON.getTime();
  balance: number[] = Array.from({ length: CUSTOMERS }, () => 0);
  holds: Hold[] = [];
  spends: Spend[] = [];

  now() {
    return new Date(this.at);
  }
  add(customer: number, points: number) {
    this.balance[customer] = (this.balance[customer] ?? 0) + points;
  }
  held(customer: number) {
    return this.holds.filter((hold) => hold.customer === customer && hold.status === "held").reduce((sum, { points }) => sum + points, 0);
  }
  spendable(customer: number) {
    return (this.balance[customer] ?? 0) - this.held(customer);
  }
  /** Holds whose time has come are over when somebody looks. */
  expire(customers: number[]) {
    for (const hold of this.holds) if (hold.status === "held" && hold.endsAt <= this.at && customers.includes(hold.customer)) hold.status = "expired";
  }
}

async function openShop() {
  const shop = await newShop();
  const ids: bigint[] = [];
  for (let index = 0; index < CUSTOMERS; index++) ids.push((await newCustomer(shop.id)).id);
  return { shopId: shop.id, customerOf: (index: number) => ids[index] ?? 0n, model: new Model(), serial: 1 };
}
type World = Awaited<ReturnType<typeof openShop>>;

const at = <T>(list: T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)];
const accepted: Record<string, number> = {};
const count = (name: Command["do"]) => void (accepted[name] = (accepted[name] ?? 0) + 1);

async function run(world: World, command: Command): Promise<void> {
  switch (command.do) {
    case "adjust":
      return adjust(world, command);
    case "hold":
      return hold(world, command);
    case "hold_again":
      return holdAgain(world, command);
    case "release":
      return release(world, command);
    case "redeem_hold":
      return spendHold(world, command);
    case "redeem":
      return redeem(world, command);
    case "refund":
      return refund(world, command);
    case "wait":
      world.model.at += command.minutes * MINUTE_MS;
      return;
    case "sweep":
      await releaseOverdueHolds(world.model.now());
      world.model.expire([...world.model.balance.keys()]);
      return;
    default:
      return command satisfies never;
  }
}

async function adjust(world: World, { customer, points }: Doing<"adjust">) {
  const { model, shopId, customerOf } = world;
  const { outcome } = await adjustPoints(shopId, customerOf(customer), { points, reason: "Because", requestKey: `adjust-${world.serial++}` }, model.now());
  const possible = points > 0 || model.spendable(customer) + points >= 0;
  expect(outcome).toBe(possible ? "posted" : "insufficient");
  if (!possible) return;
  model.add(customer, points);
  count("adjust");
}

async function hold(world: World, { customer, points, minutes }: Doing<"hold">) {
  const { model, shopId, customerOf } = world;
  const key = `hold-${world.serial++}`;
  const holding = await holdPoints(shopId, { customerId: customerOf(customer), points, minutes, requestKey: key, note: null }, model.now());
  model.expire([customer]);
  if (model.spendable(customer) < points) return expect(holding.outcome).toBe("insufficient");
  if (holding.outcome !== "held") throw new Error(holding.outcome);
  model.holds.push({ id: holding.holdId, customer, key, points, endsAt: model.at + minutes * MINUTE_MS, status: "held" });
  expect(holding).toMatchObject({ repeated: false, held: model.held(customer) });
  count("hold");
}

async function holdAgain({ model, shopId, customerOf }: World, { pick }: Doing<"hold_again">) {
  const first = at(model.holds, pick);
  if (!first) return;
  const { id, customer, key, points } = first;
  expect(await holdPoints(shopId, { customerId: customerOf(customer), points, minutes: 5, requestKey: key, note: null }, model.now())).toMatchObject({ outcome: "held", repeated: true, holdId: id });
  model.expire([customer]);
  count("hold_again");
}

async function release({ model, shopId }: World, { pick }: Doing<"release">) {
  const hold = at(model.holds, pick);
  if (!hold) return;
  expect((await releaseHold(shopId, hold.id, model.now())).outcome).toBe(hold.status === "spent" ? "already_redeemed" : "released");
  if (hold.status === "held") hold.status = hold.endsAt <= model.at ? "expired" : "returned";
  count("release");
}

async function spendHold({ model, shopId }: World, { pick }: Doing<"redeem_hold">) {
  const hold = at(model.holds, pick);
  if (!hold) return;
  const redeeming = await redeemHold(shopId, { holdId: hold.id, transactionId: `t-${hold.id}` }, model.now());
  if (hold.status === "held" && hold.endsAt <= model.at) hold.status = "expired";
  if (hold.status === "expired") return expect(redeeming.outcome).toBe("hold_expired");
  if (hold.status === "returned") return expect(redeeming.outcome).toBe("already_released");
  if (redeeming.outcome !== "redeemed") throw new Error(redeeming.outcome);
  expect(redeeming.repeated).toBe(hold.status === "spent");
  if (hold.status === "spent") return;
  hold.status = "spent";
  model.add(hold.customer, -hold.points);
  model.spends.push({ entryId: redeeming.entryId, customer: hold.customer, points: hold.points, refunded: 0 });
  count("redeem_hold");
}

async function redeem(world: World, { customer, points }: Doing<"redeem">) {
  const { model, shopId, customerOf } = world;
  const spend = { customerId: customerOf(customer), points, requestKey: `spend-${world.serial++}`, note: null };
  const spending = await redeemPoints(shopId, spend, model.now());
  if (model.spendable(customer) < points) return expect(spending.outcome).toBe("insufficient");
  if (spending.outcome !== "redeemed") throw new Error(spending.outcome);
  model.add(customer, -points);
  model.spends.push({ entryId: spending.entryId, customer, points, refunded: 0 });
  expect(await redeemPoints(shopId, spend, model.now())).toEqual({ ...spending, repeated: true });
  count("redeem");
}

async function refund(world: World, { pick, points }: Doing<"refund">) {
  const { model, shopId } = world;
  const spend = at(model.spends, pick);
  if (!spend) return;
  const wish = { entryId: spend.entryId, points, requestKey: `refund-${world.serial++}`, note: null };
  const refunding = await refundPoints(shopId, wish, model.now());
  const left = spend.points - spend.refunded;
  const wanted = points ?? left;
  if (wanted === 0 || wanted > left) return expect(refunding).toEqual({ outcome: "exceeds_spend", refundable: left });
  expect(refunding).toMatchObject({ outcome: "refunded", points: wanted, refundable: left - wanted });
  expect(await refundPoints(shopId, wish, model.now())).toEqual({ ...refunding, repeated: true });
  spend.refunded += wanted;
  model.add(spend.customer, wanted);
  count("refund");
}

interface Crowd extends Pick<World, "shopId" | "customerOf"> {
  /** What the answers so far add up to. */
  balance: number[];
  holds: { id: bigint; customer: number }[];
  spends: { entryId: bigint; customer: number }[];
}

/** Runs a command while others run, and keeps account of what it was answered. */
async function runAmongOthers({ shopId, customerOf, balance, holds, spends }: Crowd, command: Command, serial: number): Promise<void> {
  const add = (customer: number, points: number) => void (balance[customer] = (balance[customer] ?? 0) + points);
  switch (command.do) {
    case "adjust": {
      const { customer, points } = command;
      const { outcome } = await adjustPoints(shopId, customerOf(customer), { points, reason: "Because", requestKey: `adjust-${serial}` }, NOON);
      return outcome === "posted" ? add(customer, points) : undefined;
    }
    case "hold": {
      const { customer, points } = command;
      const holding = await holdPoints(shopId, { customerId: customerOf(customer), points, minutes: 30, requestKey: `hold-${serial}`, note: null }, NOON);
      if (holding.outcome === "held" && !holding.repeated) holds.push({ id: holding.holdId, customer });
      return;
    }
    case "redeem": {
      const { customer, points } = command;
      const spending = await redeemPoints(shopId, { customerId: customerOf(customer), points, requestKey: `spend-${serial}`, note: null }, NOON);
      if (spending.outcome !== "redeemed" || spending.repeated) return;
      spends.push({ entryId: spending.entryId, customer });
      return add(customer, -points);
    }
    case "release": {
      const hold = at(holds, command.pick);
      return hold && void (await releaseHold(shopId, hold.id, NOON));
    }
    case "redeem_hold": {
      const hold = at(holds, command.pick);
      const redeeming = hold && (await redeemHold(shopId, { holdId: hold.id, transactionId: `t-${hold.id}` }, NOON));
      if (!hold || redeeming?.outcome !== "redeemed" || redeeming.repeated) return;
      spends.push({ entryId: redeeming.entryId, customer: hold.customer });
      return add(hold.customer, -redeeming.points);
    }
    case "refund": {
      const spend = at(spends, command.pick);
      const refunding = spend && (await refundPoints(shopId, { entryId: spend.entryId, points: command.points, requestKey: `refund-${serial}`, note: null }, NOON));
      return spend && refunding?.outcome === "refunded" && !refunding.repeated ? add(spend.customer, refunding.points) : undefined;
    }
    case "hold_again":
    case "wait":
    case "sweep":
      return void (await releaseOverdueHolds(NOON));
    default:
      return command satisfies never;
  }
}

describe("any history of a till", () => {
  it("ends in the balances a plain model has, with sound books", { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(Command, { minLength: 20, maxLength: 50, size: "max" }), async (commands) => {
        const world = await openShop();
        for (let index = 0; index < CUSTOMERS; index++) await adjust(world, { do: "adjust", customer: index, points: 200 });
        for (const command of commands) await run(world, command);
        for (let index = 0; index < CUSTOMERS; index++) {
          expect(await findBalance(world.shopId, world.customerOf(index), NOON)).toMatchObject({ balance: world.model.balance[index], held: world.model.held(index) });
        }
        expect(await checkBooks(world.shopId, world.model.now())).toEqual([]);
      }),
      { numRuns: 25, endOnFailure: false },
    );
  });

  it("with everything at once is accounted for by its answers", { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(Command, { minLength: 24, maxLength: 40, size: "max" }), async (commands) => {
        const { shopId, customerOf } = await openShop();
        const earned = Array.from({ length: CUSTOMERS }, () => 300);
        for (const index of earned.keys()) await adjustPoints(shopId, customerOf(index), { points: 300, reason: "Welcome", requestKey: `welcome-${index}` }, NOON);

        const crowd: Crowd = { shopId, customerOf, balance: earned, holds: [], spends: [] };
        const press = (command: Command, serial: number) => runAmongOthers(crowd, command, serial);
        const half = Math.ceil(commands.length / 2);
        await Promise.all(commands.slice(0, half).map(press));
        // What the first half made is there for the second to fight over, and everybody presses twice.
        await Promise.all(commands.slice(half).flatMap((command, index) => [press(command, half + index), press(command, half + index)]));

        for (const [index, balance] of earned.entries()) {
          const there = await findBalance(shopId, customerOf(index), NOON);
          expect(there.balance).toBe(balance);
          expect(there.balance - there.held).toBeGreaterThanOrEqual(0);
        }
        expect(await checkBooks(shopId, NOON)).toEqual([]);
      }),
      { numRuns: 15, endOnFailure: false },
    );
  });

  // A history in which everything is refused proves nothing.
  afterAll(() => {
    for (const command of ["adjust", "hold", "hold_again", "release", "redeem_hold", "redeem", "refund"]) expect(accepted[command] ?? 0, command).toBeGreaterThanOrEqual(5);
  });
});
