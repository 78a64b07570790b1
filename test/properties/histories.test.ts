/**
 * Random histories of everything that can happen to coupons, several things at once, against a real store: whatever the
 * order, the books of every customer, every limit, and Shopify's codes agree with what was done.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AwardDraft } from "#app/domain/awards/award.ts";
import { createAward } from "#app/domain/awards/create.server.ts";
import { archiveCoupon, unarchiveCoupon } from "#app/domain/coupons/archive.server.ts";
import { burnCoupons } from "#app/domain/coupons/burn.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { lockCoupons } from "#app/domain/coupons/lock.server.ts";
import { releaseLock } from "#app/domain/coupons/release-lock.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { revokeCoupons } from "#app/domain/coupons/revoke.server.ts";
import { transferCoupon } from "#app/domain/coupons/transfer.server.ts";
import { rememberCustomer } from "#app/domain/customers/remember.server.ts";
import type { NewCodeSource } from "#app/domain/awards/code-source.ts";
import { prisma } from "#app/lib/db.server.ts";
import { draftOf } from "#test/award-draft.ts";
import { givePoints } from "#test/factories.ts";
import { judge } from "#test/faults/drift.ts";
import type { StoreShop } from "#test/store/store.ts";
import { openWorld, type World } from "#test/world.ts";

const CUSTOMERS = 3;
const HOUR_MS = 3_600_000;
const HISTORIES = 12;

const AWARDS: { wish: Partial<AwardDraft>; source: NewCodeSource }[] = [
  { wish: { name: "Held at checkout", pointsPrice: 20, issuesTotal: 6 }, source: { source: "pasted", text: "HELD-1,HELD-2,HELD-3,HELD-4,HELD-5,HELD-6,HELD-7,HELD-8" } },
  { wish: { name: "At the till", pointsPrice: 30, appliedBy: "integrator", issuesPerCustomer: 2, expiryRule: "days", expiryCount: 1 }, source: { source: "pasted", text: "TILL-1,TILL-2,TILL-3,TILL-4,TILL-5" } },
  { wish: { name: "For everybody", pointsPrice: null, appliedBy: "integrator", usesTotal: 4, usesPerCustomer: 2 }, source: { source: "single", code: "EVERYBODY" } },
  { wish: { name: "May be passed on", pointsPrice: 5, appliedBy: "integrator", shareable: true, usesPerCode: 2, usesTotal: 5, onReversal: "reuse" }, source: { source: "uploaded", file: { outcome: "read", listed: ["PASS-1", "PASS-2", "PASS-3"].map((code, line) => ({ line: line + 1, code })), failed: [] } } },
];

const customer = fc.nat(CUSTOMERS - 1);
const award = fc.nat(AWARDS.length - 1);
/** Which of the coupons there are: the same number is the same coupon for as long as none is added. */
const coupon = fc.nat(40);
const session = fc.nat(4);

const Command = fc.oneof(
  { weight: 8, arbitrary: fc.record({ verb: fc.constant("issue" as const), customer, award, channel: fc.constantFrom("checkout" as const, "api" as const) }) },
  { weight: 4, arbitrary: fc.record({ verb: fc.constant("lock" as const), customer, coupon, session, minutes: fc.constantFrom(1, 600) }) },
  { weight: 3, arbitrary: fc.record({ verb: fc.constant("burn_lock" as const), session }) },
  { weight: 5, arbitrary: fc.record({ verb: fc.constant("burn" as const), customer, coupon, transaction: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant("release" as const), session }) },
  { weight: 6, arbitrary: fc.record({ verb: fc.constant("order" as const), customer, coupon }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant("cancel" as const), order: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant("refund" as const), order: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ verb: fc.constant("return" as const), coupon }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant("revoke" as const), award, mode: fc.constantFrom("unredeemed" as const, "not_issued" as const), returnPoints: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ verb: fc.constant("transfer" as const), coupon, customer }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant("archive" as const), coupon }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant("unarchive" as const), coupon }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant("give" as const), customer }) },
);
type Command = typeof Command extends fc.Arbitrary<infer T> ? T : never;
/** So that there is something to do something with. */
const FIRST: Command[] = [0, 1, 2, 3, 1].map((award, index) => ({ verb: "issue", customer: index % CUSTOMERS, award, channel: award === 0 ? "checkout" : "api" }));
/** What is done at once, and how much time passes after it. */
const Round = fc.record({ commands: fc.array(Command, { minLength: 1, maxLength: 5 }), hours: fc.constantFrom(0, 0, 0, 1, 30) });

let world: World;
beforeAll(async () => void (world = await openWorld()));
afterAll(() => world.close());

interface Scene {
  shopId: number;
  shop: StoreShop;
  customers: { id: bigint; gid: string }[];
  awardNumbers: number[];
  variantGid: string;
  /** What the verbs answered. */
  outcomes: Map<string, number>;
}

let shops = 0;

async function openScene(): Promise<Scene> {
  const domain = `history-${process.pid}-${shops++}.myshopify.com`;
  const shopId = await world.install(domain);
  const shop = world.store.shop(domain);
  const customers: Scene["customers"] = [];
  for (let index = 0; index < CUSTOMERS; index++) {
    const { gid } = shop.addCustomer({ firstName: "Amira", email: `amira-${index}@example.com` });
    const { id } = await rememberCustomer(prisma, shopId, { gid, firstName: "Amira", lastName: null, email: `amira-${index}@example.com` });
    await givePoints(shopId, id, 100, world.now());
    customers.push({ id, gid });
  }
  const awardNumbers: number[] = [];
  for (const { wish, source } of AWARDS) {
    const creating = await createAward(shopId, draftOf({ startsAt: new Date(world.now().getTime() - HOUR_MS), ...wish }), source, world.now());
    if (creating.outcome !== "created") throw new Error(JSON.stringify(creating));
    awardNumbers.push(creating.awardNumber);
  }
  await world.settle();
  const variantGid = shop.addProduct({ title: "Linen shirt", price: "49.00" }).variants[0]?.gid ?? "";
  return { shopId, shop, customers, awardNumbers, variantGid, outcomes: new Map() };
}

async function carryOut(scene: Scene, command: Command, key: string): Promise<void> {
  const { shopId, shop, customers, awardNumbers } = scene;
  const now = world.now();
  const said = (outcome: string) => void scene.outcomes.set(`${command.verb}: ${outcome}`, (scene.outcomes.get(`${command.verb}: ${outcome}`) ?? 0) + 1);
  const who = (index: number) => customers[index] ?? { id: 0n, gid: "" };
  const couponAt = async (index: number, ofAwards: number[] = awardNumbers) => {
    const touched = { OR: [{ shared: true }, { status: { in: ["issued" as const, "redeemed" as const, "archived" as const] } }] };
    const coupons = await prisma.coupon.findMany({ where: { shopId, awardNumber: { in: ofAwards }, ...touched }, orderBy: { id: "asc" }, take: 41 });
    return coupons[index % Math.max(1, coupons.length)] ?? null;
  };
  /** Mostly whose coupon it is, at times somebody else. */
  const userOf = (coupon: { customerId: bigint | null }, index: number) => (coupon.customerId !== null && index > 0 ? coupon.customerId : who(index).id);
  const orderAt = (index: number) => [...shop.orders.values()][index % Math.max(1, shop.orders.size)] ?? null;

  switch (command.verb) {
    case "issue": {
      const awardNumber = awardNumbers[command.award] ?? 0;
      const distributed = AWARDS[command.award]?.wish.pointsPrice === null;
      return said((await issueCoupon(shopId, { customerId: who(command.customer).id, awardNumber, requestKey: key, channel: command.channel, distributed }, now)).outcome);
    }
    case "lock": {
      const chosen = await couponAt(command.coupon);
      if (chosen) said((await lockCoupons(shopId, { codes: [chosen.code], customerId: userOf(chosen, command.customer), reference: `session-${command.session}`, minutes: command.minutes }, now)).outcome);
      return;
    }
    case "burn_lock":
      return said((await burnCoupons(shopId, { what: { reference: `session-${command.session}` }, customerId: null, transactionId: `of-${key}`, transactionTime: null }, now)).outcome);
    case "burn": {
      const chosen = await couponAt(command.coupon);
      if (chosen) said((await burnCoupons(shopId, { what: { codes: [chosen.code] }, customerId: userOf(chosen, command.customer), transactionId: `T${command.transaction}`, transactionTime: null }, now)).outcome);
      return;
    }
    case "release":
      return said((await releaseLock(shopId, `session-${command.session}`, now)).outcome);
    case "order": {
      const chosen = await couponAt(command.coupon, awardNumbers.slice(0, 1));
      const placed = chosen && shop.placeOrder({ customerGid: who(command.customer).gid, lines: [{ variantGid: scene.variantGid, quantity: 1 }], discountCodes: [chosen.code] });
      if (placed) said("refused" in placed ? "refused by the store" : "placed");
      return;
    }
    case "cancel": {
      const order = orderAt(command.order);
      if (order) shop.cancelOrder(order.gid, "CUSTOMER");
      return;
    }
    case "refund": {
      const order = orderAt(command.order);
      if (order && order.cancelledAt === null) shop.refundOrder(order.gid, { full: true });
      return;
    }
    case "return": {
      const chosen = await couponAt(command.coupon);
      const issuance = chosen && (await prisma.issuance.findFirst({ where: { shopId, couponId: chosen.id }, orderBy: { id: "desc" } }));
      if (issuance) said((await returnCoupon(shopId, { issuanceId: issuance.id, customerId: issuance.customerId }, now)).outcome);
      return;
    }
    case "revoke":
      return said((await revokeCoupons(shopId, { awardNumber: awardNumbers[command.award] ?? 0, mode: command.mode, understood: true, returnPoints: command.returnPoints, requestKey: key }, now)).outcome);
    case "transfer": {
      const chosen = await couponAt(command.coupon, awardNumbers.slice(1, 2));
      if (chosen) said((await transferCoupon(shopId, { couponId: chosen.id, toCustomerId: who(command.customer).id, requestKey: key }, now)).outcome);
      return;
    }
    case "archive":
    case "unarchive": {
      const chosen = await couponAt(command.coupon);
      const change = command.verb === "archive" ? archiveCoupon : unarchiveCoupon;
      if (chosen) said((await change(shopId, chosen.id, now)).outcome);
      return;
    }
    case "give":
      return givePoints(shopId, who(command.customer).id, 25, now);
    default:
      return command satisfies never;
  }
}

it("keeps every book, every limit and Shopify in step, whatever happens at once", async () => {
  const accepted = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(Round, { minLength: 4, maxLength: 9 }), async (rounds) => {
      const scene = await openScene();
      let serial = 0;
      for (const { commands, hours } of [{ commands: FIRST, hours: 0 }, ...rounds]) {
        await Promise.all(commands.map((command) => carryOut(scene, command, `key-${serial++}`)));
        await world.advance(hours * HOUR_MS);
        if (hours > 0) await world.sweep();
        await world.settle();
        expect(await judge(scene.shopId, scene.shop, [], world.now()), JSON.stringify([...scene.outcomes])).toMatchObject({ lost: [], doubled: [], drift: [] });
      }
      for (const [outcome, count] of scene.outcomes) accepted.set(outcome, (accepted.get(outcome) ?? 0) + count);
    }),
    { numRuns: HISTORIES, endOnFailure: true, interruptAfterTimeLimit: 150_000, markInterruptAsFailure: false },
  );
  // A history in which everything is refused proves nothing.
  for (const done of ["issue: issued", "burn: burned", "lock: locked", "order: placed", "return: returning", "transfer: transferred"]) expect([...accepted.keys()], JSON.stringify([...accepted])).toContain(done);
}, 240_000);
