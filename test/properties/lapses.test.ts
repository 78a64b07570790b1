/**
 * Random histories of points that lapse, beside a plain model in which they do so at the very end of their day. The app lets them lapse when
 * somebody looks or a sweep comes by: whenever that is, what a customer has is the same, to the lot.
 */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { adjustPoints } from "#app/domain/points/adjust.server.ts";
import { holdPoints } from "#app/domain/points/hold.server.ts";
import { lapsePoints } from "#app/domain/points/lapse.server.ts";
import { postEntry } from "#app/domain/points/post.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { redeemHold } from "#app/domain/points/redeem-hold.server.ts";
import { redeemPoints } from "#app/domain/points/redeem.server.ts";
import { refundPoints } from "#app/domain/points/refund.server.ts";
import { releaseHold } from "#app/domain/points/release-hold.server.ts";
import { releaseOverdueHolds } from "#app/domain/points/release-overdue.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { instantOf, localTime } from "#app/lib/zone.ts";
import { newCustomer, newShop, NOON } from "#test/factories.ts";
import { checkBooks } from "./books";

const HOUR = 3_600_000;
const ZONE = "Europe/Berlin";

const Points = fc.integer({ min: 1, max: 120 });
const Pick = fc.nat(20);
const Command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("give" as const), points: Points }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reverse" as const), points: Points }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("spend" as const), points: Points }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("refund" as const), pick: Pick, points: fc.option(Points, { nil: null }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("hold" as const), points: Points, hours: fc.integer({ min: 1, max: 360 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("release" as const), pick: Pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("redeem_hold" as const), pick: Pick }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("setting" as const), months: fc.constantFrom(null, 1, 2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("sweep" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("end_holds" as const) }) },
);
type Command = (typeof Command) extends fc.Arbitrary<infer T> ? T : never;

/** Tried first: among histories drawn by chance one command may never come to anything. */
const EVERYTHING: Command[] = [
  { do: "setting", months: 1 }, { do: "give", points: 30 }, { do: "spend", points: 5 }, { do: "refund", pick: 0, points: 2 }, { do: "hold", points: 4, hours: 2 }, { do: "release", pick: 0 },
  { do: "hold", points: 3, hours: 2 }, { do: "redeem_hold", pick: 1 }, { do: "wait", hours: 400 }, { do: "wait", hours: 400 }, { do: "sweep" },
];

interface Lot {
  remaining: number;
  /** Infinity: never. */
  end: number;
}

interface Spend {
  entryId: bigint;
  /** What it took and has not given back: of all, and of each lot. */
  left: number;
  uses: Map<Lot, number>;
}

interface Hold {
  id: bigint;
  points: number;
  heldAt: number;
  endsAt: number;
  status: "held" | "spent" | "returned";
}

/** One customer's points in the plainest words. */
class Model {
  at = NOON.getTime();
  months: number | null = 1;
  balance = 0;
  lapsed = 0;
  lots: Lot[] = [];
  spends: Spend[] = [];
  holds: Hold[] = [];

  now() {
    return new Date(this.at);
  }
  open() {
    return this.holds.filter(({ status }) => status === "held");
  }
  held() {
    return this.open().reduce((sum, { points }) => sum + points, 0);
  }
  /** In the order in which they end; of those that end together the older first. */
  inOrder() {
    return [...this.lots].sort((a, b) => (a.end === b.end ? this.lots.indexOf(a) - this.lots.indexOf(b) : a.end - b.end));
  }
  endOf(at: number) {
    if (this.months === null) return Infinity;
    const [year = 0, month = 0, day = 0] = localTime(new Date(at), ZONE).slice(0, 10).split("-").map(Number);
    const last = new Date(Date.UTC(year, month + this.months, 0)).getUTCDate();
    const next = new Date(Date.UTC(year, month - 1 + this.months, Math.min(day, last) + 1)).toISOString().slice(0, 10);
    return instantOf(`${next}T00:00:00`, ZONE).getTime() - 1;
  }
  bring(points: number) {
    const repaid = Math.min(points, Math.max(0, -this.balance));
    this.balance += points;
    this.lots.push({ remaining: points - repaid, end: this.endOf(this.at) });
  }
  /** Takes points of the lots; of those whose day is over only at the very last, unless they were held for it. */
  take(points: number, { wereHeld }: { wereHeld: boolean }): Map<Lot, number> {
    const uses = new Map<Lot, number>();
    const isOver = ({ end }: Lot) => !wereHeld && end <= this.at;
    const order = this.inOrder();
    let need = points;
    for (const lot of [...order.filter((lot) => !isOver(lot)), ...order.filter(isOver)]) {
      const taken = Math.min(need, lot.remaining);
      if (taken > 0) uses.set(lot, taken);
      lot.remaining -= taken;
      need -= taken;
    }
    this.balance -= points;
    return uses;
  }
  giveBack(spend: Spend, points: number) {
    let left = points - Math.min(points, Math.max(0, -this.balance));
    this.balance += points;
    spend.left -= points;
    for (const lot of this.inOrder().reverse()) {
      const given = Math.min(left, spend.uses.get(lot) ?? 0);
      if (given === 0) continue;
      lot.remaining += given;
      spend.uses.set(lot, (spend.uses.get(lot) ?? 0) - given);
      left -= given;
    }
    if (left > 0) this.lots.push({ remaining: left, end: this.endOf(this.at) });
  }
  /** What is over and was not held before its end is gone, but nothing that the holds need. */
  lapse() {
    let kept = 0;
    let room = Math.max(0, this.balance - this.held());
    for (const lot of this.inOrder().filter(({ end }) => end <= this.at)) {
      const held = this.open().filter(({ heldAt }) => heldAt <= lot.end).reduce((sum, { points }) => sum + points, 0);
      const keeps = Math.min(lot.remaining, Math.max(0, held - kept));
      kept += keeps;
      const gone = Math.min(lot.remaining - keeps, room);
      room -= gone;
      this.balance -= gone;
      this.lapsed += gone;
      lot.remaining -= gone;
    }
  }
  /** Time goes on, and each lot ends in its own moment. */
  wait(hours: number) {
    const until = this.at + hours * HOUR;
    for (const end of this.lots.map((lot) => lot.end).filter((end) => end > this.at && end <= until).sort((a, b) => a - b)) {
      this.at = end;
      this.lapse();
    }
    this.at = until;
  }
  endOverdue() {
    for (const hold of this.open()) if (hold.endsAt <= this.at) hold.status = "returned";
    this.lapse();
  }
}

async function openShop() {
  const { id: shopId } = await newShop({ timeZone: ZONE });
  await prisma.shop.update({ where: { id: shopId }, data: { expiryMonths: 1 } });
  return { shopId, customerId: (await newCustomer(shopId)).id, model: new Model(), serial: 1 };
}
type World = Awaited<ReturnType<typeof openShop>>;

const pickOf = <T>(list: T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)];
const accepted: Record<string, number> = {};
const count = (name: string) => void (accepted[name] = (accepted[name] ?? 0) + 1);

async function run(world: World, command: Command): Promise<void> {
  const { model, shopId, customerId } = world;
  const now = model.now();
  const requestKey = `${command.do}-${world.serial++}`;
  switch (command.do) {
    case "give":
      await adjustPoints(shopId, customerId, { points: command.points, reason: "A gift", requestKey }, now);
      return model.bring(command.points);
    case "reverse": {
      const entry = { customerId, kind: "earning_reversed" as const, points: -command.points, reasonKey: requestKey, note: null, occurredAt: now, overdraft: true };
      await inTransaction((tx) => postEntry(tx, shopId, entry, now));
      return void model.take(command.points, { wereHeld: false });
    }
    case "spend": {
      const spending = await redeemPoints(shopId, { customerId, points: command.points, requestKey, note: null }, now);
      if (model.balance - model.held() < command.points) return expect(spending.outcome).toBe("insufficient");
      if (spending.outcome !== "redeemed") throw new Error(spending.outcome);
      model.spends.push({ entryId: spending.entryId, left: command.points, uses: model.take(command.points, { wereHeld: false }) });
      return count("spend");
    }
    case "refund": {
      const spend = pickOf(model.spends, command.pick);
      if (!spend) return;
      const points = command.points ?? spend.left;
      const refunding = await refundPoints(shopId, { entryId: spend.entryId, points: command.points, requestKey, note: null }, now);
      if (points === 0 || points > spend.left) return expect(refunding.outcome).toBe("exceeds_spend");
      expect(refunding.outcome).toBe("refunded");
      model.giveBack(spend, points);
      return count("refund");
    }
    case "hold": {
      const holding = await holdPoints(shopId, { customerId, points: command.points, minutes: command.hours * 60, requestKey, note: null }, now);
      model.endOverdue();
      if (model.balance - model.held() < command.points) return expect(holding.outcome).toBe("insufficient");
      if (holding.outcome !== "held") throw new Error(holding.outcome);
      model.holds.push({ id: holding.holdId, points: command.points, heldAt: model.at, endsAt: model.at + command.hours * HOUR, status: "held" });
      return count("hold");
    }
    case "release": {
      const hold = pickOf(model.holds, command.pick);
      if (!hold) return;
      await releaseHold(shopId, hold.id, now);
      if (hold.status !== "held") return;
      hold.status = "returned";
      return count("release");
    }
    case "redeem_hold": {
      const hold = pickOf(model.holds, command.pick);
      const redeeming = hold && (await redeemHold(shopId, { holdId: hold.id, transactionId: `t-${hold.id}` }, now));
      if (hold?.status !== "held") return;
      hold.status = hold.endsAt <= model.at ? "returned" : "spent";
      if (hold.status === "returned") return;
      if (redeeming?.outcome !== "redeemed") throw new Error(redeeming?.outcome);
      model.spends.push({ entryId: redeeming.entryId, left: hold.points, uses: model.take(hold.points, { wereHeld: true }) });
      return count("redeem_hold");
    }
    case "wait":
      return model.wait(command.hours);
    case "setting":
      model.months = command.months;
      return void (await prisma.shop.update({ where: { id: shopId }, data: { expiryMonths: command.months } }));
    case "sweep":
      return void (await Promise.all([lapsePoints(now), lapsePoints(now)]));
    case "end_holds":
      await releaseOverdueHolds(now);
      return model.endOverdue();
    default:
      return command satisfies never;
  }
}

describe("any history of points that lapse", () => {
  it("is that of a model in which they do so at once, whenever a sweep comes by", { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(Command, { minLength: 25, maxLength: 60, size: "max" }), async (commands) => {
        const world = await openShop();
        const { model, shopId, customerId } = world;
        for (const command of commands) {
          await run(world, command);
          model.lapse();
          expect(await findBalance(shopId, customerId, model.now()), command.do).toMatchObject({ balance: model.balance, held: model.held() });
        }
        await lapsePoints(model.now());
        const lots = await prisma.pointsLot.findMany({ where: { shopId, remaining: { gt: 0 } }, orderBy: [{ expiresAt: { sort: "asc", nulls: "last" } }, { id: "asc" }] });
        expect(lots.map(({ remaining, expiresAt }) => [remaining, expiresAt?.getTime() ?? Infinity])).toEqual(model.inOrder().filter(({ remaining }) => remaining > 0).map(({ remaining, end }) => [remaining, end]));
        const { _sum } = await prisma.pointsEntry.aggregate({ where: { shopId, kind: "expired" }, _sum: { points: true } });
        expect(0 - (_sum.points ?? 0)).toBe(model.lapsed);
        expect(await checkBooks(shopId, model.now())).toEqual([]);
        if (model.lapsed > 0) count("lapse");
      }),
      { numRuns: 15, examples: [[EVERYTHING]], endOnFailure: true, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
    );
  });

  // A history in which nothing happens proves nothing.
  afterAll(() => {
    for (const command of ["spend", "refund", "hold", "release", "redeem_hold", "lapse"]) expect(accepted[command] ?? 0, command).toBeGreaterThanOrEqual(1);
  });
});
