/** Codes and discounts that somebody changed in Shopify's admin, or that a fault left different: found, healed or left to staff. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AwardDraft } from "#app/domain/awards/award.ts";
import { createAward } from "#app/domain/awards/create.server.ts";
import { discountProblems } from "#app/domain/awards/discount-problems.server.ts";
import { findAward } from "#app/domain/awards/queries.server.ts";
import { updateAward } from "#app/domain/awards/update.server.ts";
import { retryAward } from "#app/domain/changes/retry-award.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { rememberCustomer } from "#app/domain/customers/remember.server.ts";
import { demandReconciliation } from "#app/domain/drift/demand.server.ts";
import type { DriftAction } from "#app/domain/drift/drift.ts";
import { countDrift, listDrift, readLastLooks } from "#app/domain/drift/queries.server.ts";
import { settleDrift } from "#app/domain/drift/settle.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import type { AdminPort } from "#app/shopify/operation.ts";
import { reconcileCodes } from "#app/sync/reconcile/codes.server.ts";
import { draftOf } from "#test/award-draft.ts";
import { expectCodesAgree } from "#test/codes-agree.ts";
import { givePoints } from "#test/factories.ts";
import { checkBooks } from "#test/properties/books.ts";
import { till } from "#test/till.ts";
import { openWorld, type World } from "#test/world.ts";

const HOUR = 3_600_000;

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

async function award(wish: Partial<AwardDraft> = {}, stockTarget = 5): Promise<{ number: number; discountGid: string }> {
  const created = await createAward(world.shopId, draftOf({ name: "Five off", pointsPrice: 100, usesPerCode: 1, ...wish }), { source: "generated", stockTarget }, world.now());
  if (created.outcome !== "created") throw new Error("no award");
  await world.settle();
  return { number: created.awardNumber, discountGid: await discountOf(created.awardNumber) };
}

async function discountOf(awardNumber: number): Promise<string> {
  const { gid } = await prisma.parentDiscount.findFirstOrThrow({ where: { shopId: world.shopId, awardNumber } });
  return gid ?? "";
}

async function shopper() {
  const { gid } = world.shop.addCustomer({ firstName: "Amira", email: `amira-${Math.random()}@example.com` });
  const { id } = await rememberCustomer(prisma, world.shopId, { gid });
  await givePoints(world.shopId, id, 1000, world.now());
  return { gid, id };
}

let requests = 0;
const issue = (customerId: bigint, awardNumber: number) => issueCoupon(world.shopId, { customerId, awardNumber, requestKey: `r${requests++}`, channel: "checkout" }, world.now());

/** A shopper's coupon, and the order it was used on. */
async function usedCoupon(): Promise<{ code: string; orderGid: string }> {
  const { number } = await award();
  const { id, gid } = await shopper();
  const variantGid = world.shop.addProduct({ title: "Linen shirt", price: "49.00" }).variants[0]?.gid ?? "";
  const issued = await issue(id, number);
  if (issued.outcome !== "issued") throw new Error(issued.outcome);
  const placed = world.shop.placeOrder({ customerGid: gid, lines: [{ variantGid, quantity: 1 }], discountCodes: [issued.code] });
  if ("refused" in placed) throw new Error("refused");
  await world.settle();
  return { code: issued.code, orderGid: placed.gid };
}

async function reconcile() {
  await demandReconciliation(world.shopId);
  await world.settle();
}

/** Codes that Shopify has, those aside that it demands at creation. */
async function liveCodes(): Promise<number> {
  return world.shop.state.codes.size - world.shop.discounts.size;
}

const waiting = async () => (await listDrift(world.shopId, "waiting", null)).rows;
const ended = async () => (await listDrift(world.shopId, "ended", null)).rows;

async function settle(action: DriftAction) {
  const [drift] = await waiting();
  expect(await settleDrift(world.shopId, drift?.id ?? 0n, action, world.now())).toEqual({ outcome: "settled" });
  await world.settle();
}

const someCode = async (where: object = {}) => prisma.coupon.findFirstOrThrow({ where: { shopId: world.shopId, ...where }, orderBy: { id: "asc" } });

/** Discounts of long ago, with which the shop counts as large. */
async function countAsLarge(awardNumber: number): Promise<void> {
  await prisma.parentDiscount.createMany({
    data: Array.from({ length: 200 }, (_, index) => ({ shopId: world.shopId, awardNumber, bucket: `old ${index}`, state: "live" as const, gid: `gid://shopify/DiscountCodeNode/9${index}`, seedCode: `OLD-${index}`, retiredAt: world.now() })),
  });
}

describe("a discount in Shopify's admin", () => {
  it("finds nothing where nobody touched anything, whatever terms an award has", async () => {
    const product = world.shop.addProduct({ title: "Linen shirt", price: "49.00" });
    await award();
    await award({ kind: "percentage", value: 20, minOrderMinor: 3000, endsAt: new Date(Date.now() + 40 * 86_400_123), combinesOrder: true });
    await award({ kind: "free_shipping", value: 0, combinesProduct: true });
    await award({ kind: "percentage", value: 20, capMinor: 1000, weekdays: [1, 2], combinesShipping: true });
    await award({ productGids: [product.gid] });
    await award({ kind: "percentage", value: 10, duration: "forever" });
    await reconcile();
    expect(await prisma.change.count({ where: { shopId: world.shopId, kind: "check_discount", status: "done" } })).toBeGreaterThanOrEqual(6);
    expect(await prisma.drift.findMany({ where: { shopId: world.shopId } })).toEqual([]);
    expect(await readLastLooks(world.shopId)).toMatchObject([{ kind: "orders", status: "done" }, { kind: "codes", status: "done", looked: 30, healed: 0, queued: 0 }]);
    expect(await prisma.seenCode.count({ where: { shopId: world.shopId } })).toBe(0);
  });

  it("stops giving out codes of a discount that was switched off, says so, and begins again once staff restore it", async () => {
    const { number, discountGid } = await award();
    const { id } = await shopper();
    world.shop.deactivateDiscount(discountGid);
    await world.settle();
    expect(await waiting()).toMatchObject([{ kind: "discount_deactivated", awardNumber: number, awardName: "Five off", actions: ["restore", "deactivate_award"], remedy: expect.stringMatching(/^No code of it is given out/) }]);
    expect(await issue(id, number)).toMatchObject({ outcome: "out_of_codes" });
    expect(await findAward(world.shopId, number)).toMatchObject({ discount: { state: "off", problem: "The discount of “Five off” was switched off in Shopify." } });

    await settle("restore");
    expect(await waiting()).toEqual([]);
    // What was decided is not told as if it still waited.
    expect(await ended()).toMatchObject([{ kind: "discount_deactivated", actions: [], remedy: "" }]);
    expect(await issue(id, number)).toMatchObject({ outcome: "issued" });
    expect(world.shop.discounts.get(discountGid)?.endsAt).toBeNull();
    expect(await prisma.drift.count({ where: { shopId: world.shopId } })).toBe(1);
  });

  it("sees that a discount was switched on again there by itself", async () => {
    const { number, discountGid } = await award();
    const { id } = await shopper();
    world.shop.deactivateDiscount(discountGid);
    await world.settle();
    world.shop.activateDiscount(discountGid);
    await world.settle();
    expect(await waiting()).toEqual([]);
    expect(await issue(id, number)).toMatchObject({ outcome: "issued" });
  });

  it("makes a deleted discount anew with its codes, and gives points back for a coupon that was held under it", async () => {
    const { number, discountGid } = await award();
    const { id } = await shopper();
    const issued = await issue(id, number);
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    world.shop.deleteDiscount(discountGid);
    await world.settle();
    expect(await waiting()).toMatchObject([{ kind: "discount_deleted" }]);
    expect(await issue(id, number)).toMatchObject({ outcome: "out_of_codes" });

    await returnCoupon(world.shopId, { issuanceId: issued.issuanceId, customerId: id }, world.now());
    await world.settle();
    expect(await prisma.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId: world.shopId, customerId: id } } })).toMatchObject({ balance: 1000, held: 0 });

    await settle("restore");
    const again = await discountOf(number);
    expect(again).not.toBe(discountGid);
    expect(await issue(id, number)).toMatchObject({ outcome: "issued" });
    await expectCodesAgree(world, { live: await liveCodes(), failed: 0 });
    expect(await waiting()).toEqual([]);
  });

  it("switches the award off where staff want that, also where the discount is gone", async () => {
    const { number, discountGid } = await award();
    world.shop.deleteDiscount(discountGid);
    await world.settle();
    await settle("deactivate_award");
    expect(await findAward(world.shopId, number)).toMatchObject({ status: "inactive" });
    expect(await prisma.change.count({ where: { shopId: world.shopId, status: { not: "done" } } })).toBe(0);
    expect(await waiting()).toEqual([]);
  });

  it("follows one of two members of staff who decide differently at once, and tells the other", async () => {
    for (const first of ["restore", "deactivate_award"] as const) {
      const { number, discountGid } = await award();
      world.shop.deactivateDiscount(discountGid);
      await world.settle();
      const [drift] = await waiting();
      const second = first === "restore" ? "deactivate_award" : "restore";
      const decisions = [first, second] as const;
      const answers = await Promise.all(decisions.map((action) => settleDrift(world.shopId, drift?.id ?? 0n, action, world.now())));
      expect(answers.map(({ outcome }) => outcome).sort()).toEqual(["already_ended", "settled"]);
      await world.settle();
      const followed = decisions.find((_, index) => answers[index]?.outcome === "settled");
      expect(await findAward(world.shopId, number)).toMatchObject({ status: followed === "restore" ? "active" : "inactive" });
      expect(world.shop.discounts.get(discountGid)?.endsAt === null).toBe(followed === "restore");
    }
  });

  it("names the terms that were edited, and puts the award's back", async () => {
    const { number, discountGid } = await award();
    world.shop.changeDiscount(discountGid, { customerGets: { value: { percentage: 0.5 } }, minimumRequirement: { subtotal: { greaterThanOrEqualToSubtotal: "30.00" } }, usageLimit: 7 });
    await world.settle();
    const [edited] = await waiting();
    expect(edited).toMatchObject({ kind: "discount_edited", awardNumber: number });
    expect(edited?.details.terms?.toSorted((a, b) => a.term.localeCompare(b.term))).toEqual([
      { term: "Minimum", ours: "none", theirs: "€30.00" },
      { term: "Uses of one code", ours: "1", theirs: "7" },
      { term: "Value", ours: "€5.00", theirs: "50 %" },
    ]);
    await settle("restore");
    expect(world.shop.discounts.get(discountGid)).toMatchObject({ usageLimit: 1, minimum: null, gets: { value: { type: "amount", amount: "5.00" } } });
    expect(await waiting()).toEqual([]);
  });

  it("is compared with the terms that staff save, also while an older comparison waits", async () => {
    const { number, discountGid } = await award();
    world.shop.changeDiscount(discountGid, { usageLimit: 7 });
    await world.settle();
    const before = await prisma.award.findFirstOrThrow({ where: { shopId: world.shopId, number } });
    expect(await updateAward(world.shopId, number, draftOf({ name: "Seven off", value: 700, pointsPrice: 100, usesPerCode: 1 }), before.updatedAt, world.now())).toEqual({ outcome: "updated" });
    await world.settle();
    expect(await waiting()).toEqual([]);
    expect(world.shop.discounts.get(discountGid)).toMatchObject({ usageLimit: 1 });
  });

  it("keeps why Shopify refused the last terms, while it is off there and when it is on again", async () => {
    const { number, discountGid } = await award();
    // Shopify takes no title so long.
    await prisma.award.updateMany({ where: { shopId: world.shopId, number }, data: { name: "x".repeat(300) } });
    world.shop.changeDiscount(discountGid, { usageLimit: 7 });
    await world.settle();
    await settle("restore");
    const refusal = "Shopify refused: Title is too long (maximum is 255 characters)";
    const problem = async () => (await findAward(world.shopId, number))?.discount.problem;
    expect(await problem()).toBe(refusal);
    const shown = () => discountProblems(world.shopId, number);
    expect(await shown()).toEqual([{ kind: "behind", problem: refusal, isTried: false }]);

    world.shop.deactivateDiscount(discountGid);
    await world.settle();
    expect(await problem()).toMatch(/was switched off in Shopify\. Shopify refused: Title is too long/);
    expect(await shown()).toMatchObject([{ kind: "off", problem: expect.stringContaining("Title is too long") }]);
    world.shop.activateDiscount(discountGid);
    await world.settle();
    expect(await problem()).toBe(refusal);

    await prisma.award.updateMany({ where: { shopId: world.shopId, number }, data: { name: "Short" } });
    expect(await retryAward(world.shopId, number, world.now())).toBe(1);
    expect(await shown()).toMatchObject([{ kind: "behind", isTried: true }]);
    await world.settle();
    expect(await problem()).toBeNull();
    expect(await shown()).toEqual([]);
  });

  it("that nobody told us of is found by the daily look", async () => {
    const { discountGid } = await award();
    world.shop.webhooks.turn({ dropNext: 10 });
    world.shop.deactivateDiscount(discountGid);
    await world.settle();
    expect(await countDrift(world.shopId)).toBe(0);
    await prisma.$queryRaw`SELECT 1 FROM graphile_worker.add_job('reconcile_due')`;
    await world.settle();
    expect(await waiting()).toMatchObject([{ kind: "discount_deactivated" }]);
  });
});

describe("codes in Shopify's admin", () => {
  it("puts a code back that was removed, whether it is somebody's or nobody's yet, and gives out neither meanwhile", async () => {
    const { number } = await award();
    const { id } = await shopper();
    const issued = await issue(id, number);
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    const free = await someCode({ status: "available" });
    world.shop.removeCode(issued.code);
    world.shop.removeCode(free.code);
    await reconcile();
    expect(world.shop.findCode(issued.code)).not.toBeNull();
    expect(world.shop.findCode(free.code)).not.toBeNull();
    expect((await ended()).map(({ kind, status, details }) => [kind, status, details.code]).sort()).toEqual([["code_missing", "healed", free.code], ["code_missing", "healed", issued.code]].sort());
    await expectCodesAgree(world, { live: await liveCodes(), failed: 0 });

    await reconcile();
    expect(await prisma.drift.count({ where: { shopId: world.shopId } })).toBe(2);
  });

  it("takes off a code that came back after it was withdrawn", async () => {
    const { number, discountGid } = await award();
    const { id } = await shopper();
    const issued = await issue(id, number);
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    await returnCoupon(world.shopId, { issuanceId: issued.issuanceId, customerId: id }, world.now());
    await world.settle();
    world.shop.addCodes(discountGid, [issued.code]);
    await reconcile();
    expect(world.shop.findCode(issued.code)).toBeNull();
    expect(await ended()).toMatchObject([{ kind: "code_left", details: { code: issued.code } }]);
    await expectCodesAgree(world, { live: await liveCodes(), failed: 0 });
  });

  it("asks about a code that somebody added: removed when staff say so, never asked about again when they leave it", async () => {
    const { discountGid } = await award();
    world.shop.addCodes(discountGid, ["FRIENDS", "FAMILY"]);
    await reconcile();
    const [first, second] = await waiting();
    expect([first?.kind, second?.kind]).toEqual(["code_unknown", "code_unknown"]);
    await settle("remove_code");
    expect(world.shop.findCode(first?.details.code ?? "")).toBeNull();
    await settle("leave");
    await reconcile();
    expect(world.shop.findCode(second?.details.code ?? "")).not.toBeNull();
    expect(await waiting()).toEqual([]);
  });

  it("closes what waits by itself once it is no longer so", async () => {
    const { discountGid } = await award();
    world.shop.addCodes(discountGid, ["FRIENDS"]);
    await reconcile();
    world.shop.removeCode("FRIENDS");
    await world.advance(1000);
    await reconcile();
    expect(await waiting()).toEqual([]);
    expect(await ended()).toMatchObject([{ kind: "code_unknown", status: "closed" }]);
  });

  it("records an order first when Shopify counts a use that we do not know; a count that stays different is shown only the second time", async () => {
    const { number } = await award();
    const { id, gid } = await shopper();
    const variantGid = world.shop.addProduct({ title: "Linen shirt", price: "49.00" }).variants[0]?.gid ?? "";
    const first = await issue(id, number);
    const second = await issue(id, number);
    if (first.outcome !== "issued" || second.outcome !== "issued") throw new Error("not issued");
    await reconcile();
    // Old news: the look at orders does not see it any more, the look at codes does.
    world.shop.webhooks.turn({ drop: 1 });
    const placed = world.shop.placeOrder({ customerGid: gid, lines: [{ variantGid, quantity: 1 }], discountCodes: [first.code] });
    if ("refused" in placed) throw new Error("refused");
    await world.advance(HOUR);
    await prisma.reconciliation.updateMany({ where: { shopId: world.shopId, kind: "orders" }, data: { untilAt: world.now() } });
    // A use of an order that Shopify shows no more.
    const counted = world.shop.state.codes.get(second.code);
    if (!counted) throw new Error("the code is not there");
    counted.uses = 1;
    await reconcile();
    expect(await prisma.redemption.findMany({ where: { shopId: world.shopId } })).toMatchObject([{ orderGid: placed.gid }]);
    expect(await ended()).toMatchObject([{ kind: "order_missed" }]);
    expect(await waiting()).toEqual([]);

    await world.advance(HOUR);
    await reconcile();
    expect(await waiting()).toMatchObject([{ kind: "used_not_recorded", details: { code: second.code, theirUses: 1, ourUses: 0 }, actions: ["leave"] }]);
    await settle("leave");
    await world.advance(HOUR);
    await reconcile();
    expect(await waiting()).toEqual([]);
  });

  describe("with a coupon that was paid for, and that an edit took off its order before we heard of that", () => {
    /** All that is told of the order is that it has no code; Shopify counts the use. */
    async function usedUp(wish: Partial<AwardDraft> = {}) {
      const { number } = await award(wish);
      const { id, gid } = await shopper();
      const variantGid = world.shop.addProduct({ title: "Linen shirt", price: "49.00" }).variants[0]?.gid ?? "";
      const issued = await issueCoupon(world.shopId, { customerId: id, awardNumber: number, requestKey: `r${requests++}`, channel: "api", distributed: wish.pointsPrice === null }, world.now());
      if (issued.outcome !== "issued") throw new Error(issued.outcome);
      expect(world.shop.placeOrder({ customerGid: gid, lines: [{ variantGid, quantity: 1 }], discountCodes: [] })).not.toHaveProperty("refused");
      const counted = world.shop.state.codes.get(issued.code);
      if (!counted) throw new Error("the code is not there");
      counted.uses = 1;
      await world.settle();
      for (let look = 0; look < 2; look++) {
        await world.advance(HOUR);
        await reconcile();
      }
      const { balance: earned } = await findBalance(world.shopId, id, world.now());
      return {
        code: issued.code, customerId: id, before: earned,
        balance: async () => (await findBalance(world.shopId, id, world.now())).balance,
        issuance: async () => {
          const { status, couponId } = await prisma.issuance.findFirstOrThrow({ where: { shopId: world.shopId, id: issued.issuanceId } });
          return [status, (await prisma.coupon.findFirstOrThrow({ where: { shopId: world.shopId, id: couponId } })).code];
        },
      };
    }

    it("asks staff; at a press her points are back, once her code is off Shopify, and nothing is found again", async () => {
      const coupon = await usedUp();
      expect(await waiting()).toMatchObject([{ kind: "used_up_unknown", details: { code: coupon.code, theirUses: 1, ourUses: 0 }, actions: ["give_back", "leave"] }]);
      await settle("give_back");
      expect([await coupon.issuance(), await coupon.balance(), world.shop.state.codes.has(coupon.code)]).toEqual([["revoked", coupon.code], coupon.before + 100, false]);
      expect(await checkBooks(world.shopId, world.now())).toEqual([]);
      const [drift] = await ended();
      expect(await settleDrift(world.shopId, drift?.id ?? 0n, "give_back", world.now())).toEqual({ outcome: "already_ended" });
      await world.advance(HOUR);
      await reconcile();
      expect([await waiting(), await coupon.balance()]).toEqual([[], coupon.before + 100]);
    });

    it.each<[string, Partial<AwardDraft>]>([["its award gives the coupon back", { onReversal: "reuse" }], ["it cost nothing", { pointsPrice: null }]])("she has another code where %s", async (_when, wish) => {
      const coupon = await usedUp(wish);
      await settle("give_back");
      const [status, code] = await coupon.issuance();
      expect([status, code === coupon.code, world.shop.state.codes.has(code ?? ""), world.shop.state.codes.has(coupon.code), await coupon.balance()]).toEqual(["open", false, true, false, coupon.before]);
      expect(await checkBooks(world.shopId, world.now())).toEqual([]);
    });

    it("waits while a till has it locked, and does nothing to one that was used meanwhile", async () => {
      const coupon = await usedUp();
      const [drift] = await waiting();
      expect(await till(world.shopId, 1).lock([coupon.code], { customerId: coupon.customerId }, world.now())).toMatchObject({ outcome: "locked" });
      expect(await settleDrift(world.shopId, drift?.id ?? 0n, "give_back", world.now())).toEqual({ outcome: "locked" });
      expect([await waiting(), await coupon.issuance()]).toMatchObject([[{ id: drift?.id }], ["open", coupon.code]]);
      await world.advance(HOUR);
      await prisma.issuance.updateMany({ where: { shopId: world.shopId }, data: { status: "redeemed" } });
      expect(await settleDrift(world.shopId, drift?.id ?? 0n, "give_back", world.now())).toEqual({ outcome: "settled" });
      expect(await coupon.issuance()).toEqual(["redeemed", coupon.code]);
    });
  });

  it("counts an order once that uses its coupon again after an edit, as Shopify does", async () => {
    const { code, orderGid } = await usedCoupon();
    const { id, couponId, awardNumber } = await prisma.redemption.findFirstOrThrow({ where: { shopId: world.shopId, orderGid } });
    await prisma.redemptionReversal.create({ data: { shopId: world.shopId, redemptionId: id, reason: "refunded", reversedAt: world.now() } });
    await prisma.redemption.create({ data: { shopId: world.shopId, awardNumber, couponId, orderGid, orderName: "#1", channel: "web", discountMinor: 500, currency: "EUR", redeemedAt: world.now(), again: 1 } });
    for (let look = 0; look < 2; look++) {
      await reconcile();
      await world.advance(HOUR);
    }
    expect([await waiting(), await ended(), world.shop.state.codes.get(code)?.uses]).toEqual([[], [], 1]);
  });

  it("does not trouble staff with a counter of Shopify's that is behind, and tells of it once", async () => {
    const { code } = await usedCoupon();
    const counted = world.shop.state.codes.get(code);
    if (!counted) throw new Error("the code is not there");
    counted.uses = 0;
    for (let look = 0; look < 4; look++) {
      await reconcile();
      await world.advance(HOUR);
    }
    expect(await countDrift(world.shopId)).toBe(0);
    expect(await ended()).toMatchObject([{ kind: "count_differs", status: "healed", actions: [], details: { code, theirUses: 0, ourUses: 1 } }]);
  });

  it("asks for the orders of many miscounted codes a few at a time, and after a stop or a throttling goes on with the next", async () => {
    await award({}, 60);
    for (const code of world.shop.state.codes.values()) code.uses = 1;
    const real = openAdmin(world.shop.domain);
    const asked: string[] = [];
    const stopping = new AbortController();
    const admin: AdminPort = {
      call: async (operation, variables) => {
        if (operation.name !== "ordersWithCode") return real.call(operation, variables);
        asked.push(JSON.stringify(variables));
        if (asked.length === 1) stopping.abort();
        if (asked.length === 40) return { outcome: "throttled", waitMs: 700, cost: null };
        return real.call(operation, variables);
      },
    };
    const look = { shopId: world.shopId, admin, now: () => world.now() };
    expect(await reconcileCodes(look, stopping.signal)).toEqual({ outcome: "again", afterMs: 0 });
    expect(asked).toHaveLength(25);
    expect(await reconcileCodes(look)).toEqual({ outcome: "again", afterMs: 700 });
    expect(await reconcileCodes(look)).toEqual({ outcome: "done" });
    expect(asked).toHaveLength(61);
    expect(new Set(asked).size).toBe(60);
    expect(await readLastLooks(world.shopId)).toMatchObject([{ kind: "codes", status: "done", looked: 60 }]);
  });

  it("goes on behind a code whose orders Shopify cannot look up, and looks at that one again the next time", async () => {
    await award();
    const [stuck, missing, later] = await prisma.coupon.findMany({ where: { shopId: world.shopId }, orderBy: { id: "asc" }, take: 3 });
    const [first, last] = [world.shop.state.codes.get(stuck?.code ?? ""), world.shop.state.codes.get(later?.code ?? "")];
    if (!first || !last || !missing) throw new Error("the codes are not there");
    for (const code of [first, last]) code.uses = 1;
    const real = openAdmin(world.shop.domain);
    let asked = 0;
    let isDown = false;
    const admin: AdminPort = {
      call: (operation, variables) => {
        if (operation.name === "ordersWithCode" && JSON.stringify(variables).includes(first.code)) {
          asked++;
          if (isDown) world.shop.faults.next({ operation: "orders", kind: "http_500" });
        }
        return real.call(operation, variables);
      },
    };
    const runs = async () => {
      for (let run = 0; run < 10; run++) {
        const worked = await reconcileCodes({ shopId: world.shopId, admin, now: () => world.now() });
        if (worked.outcome === "done") return;
        await world.advance(worked.afterMs);
      }
      throw new Error("the look does not come to its end");
    };
    await runs();
    await world.advance(HOUR);
    await runs();
    expect((await waiting()).map(({ details }) => details.code).sort()).toEqual([first.code, last.code].sort());

    world.shop.removeCode(missing.code);
    [asked, isDown] = [0, true];
    await world.advance(HOUR);
    await runs();
    expect(asked).toBe(3);
    expect(await ended()).toMatchObject([{ kind: "code_missing", details: { code: missing.code } }]);
    // What waits for staff is not over because it could not be looked at.
    expect(await waiting()).toHaveLength(2);
    expect((await readLastLooks(world.shopId)).find(({ kind }) => kind === "codes")).toMatchObject({ status: "done", looked: 5, problem: expect.stringContaining(first.code) });

    isDown = false;
    first.uses = 0;
    await world.settle();
    await world.advance(HOUR);
    await runs();
    expect((await waiting()).map(({ details }) => details.code)).toEqual([last.code]);
    expect((await readLastLooks(world.shopId)).find(({ kind }) => kind === "codes")).toMatchObject({ status: "done", problem: null });
  });

  it("shows an order that we recorded and Shopify has no more", async () => {
    const { orderGid } = await usedCoupon();
    world.shop.state.orders.delete(orderGid);
    await world.advance(1000);
    await reconcile();
    expect(await waiting()).toMatchObject([{ kind: "recorded_no_order", details: { orderGid } }]);
  });

  it("does not take an order for gone that is too old to be shown", async () => {
    const { number } = await award();
    const { id, gid } = await shopper();
    const variantGid = world.shop.addProduct({ title: "Linen shirt", price: "49.00" }).variants[0]?.gid ?? "";
    const issued = await issue(id, number);
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    await reconcile();
    const placed = world.shop.placeOrder({ customerGid: gid, lines: [{ variantGid, quantity: 1 }], discountCodes: [issued.code] });
    if ("refused" in placed) throw new Error("refused");
    await world.settle();
    // The app was away for long; Shopify shows an app the orders of sixty days.
    await world.advance(70 * 24 * HOUR);
    world.shop.state.orders.delete(placed.gid);
    await reconcile();
    expect(await prisma.redemption.count({ where: { shopId: world.shopId, orderGid: placed.gid } })).toBe(1);
    expect(await readLastLooks(world.shopId)).toMatchObject([{ kind: "orders", status: "done" }, { kind: "codes", status: "done", queued: 0 }]);
    expect(await waiting()).toEqual([]);
  });

  it("reads a large shop whose bulk result says a code twice, and still finds what is missing", async () => {
    const { number } = await award();
    await countAsLarge(number);
    const [first, missing] = await prisma.coupon.findMany({ where: { shopId: world.shopId, status: "available" }, orderBy: { id: "asc" }, take: 2 });
    const discount = world.shop.findCode(first?.code ?? "")?.discount;
    const row = world.shop.state.codes.get(first?.code ?? "");
    if (!row || !discount || !missing) throw new Error("the codes are not there");
    // As it comes when codes move while they are read: the same code once more, in other letters.
    world.shop.state.codes.set("once more", { ...row, gid: `${row.gid}9`, code: row.code.toLowerCase() });
    discount.codeKeys.add("once more");
    world.shop.removeCode(missing.code);
    await reconcile();
    expect(world.shop.state.bulkOperations.size).toBe(1);
    expect((await readLastLooks(world.shopId)).find(({ kind }) => kind === "codes")).toMatchObject({ status: "done" });
    expect(world.shop.findCode(missing.code)).not.toBeNull();
    expect(await ended()).toMatchObject([{ kind: "code_missing", details: { code: missing.code } }]);
  });

  it("reads a large shop by a bulk query that fails half way twice, and page by page when it goes on failing", async () => {
    const { number } = await award();
    await countAsLarge(number);
    const missing = await someCode({ status: "available" });
    world.shop.removeCode(missing.code);
    world.shop.failNextBulk({ status: "FAILED", errorCode: "INTERNAL_SERVER_ERROR", afterRows: 2 });
    world.shop.failNextBulk({ status: "CANCELED", errorCode: null, afterRows: 1 });
    await reconcile();
    expect(world.shop.findCode(missing.code)).not.toBeNull();
    expect(world.shop.state.bulkOperations.size).toBe(3);
    expect(await ended()).toMatchObject([{ kind: "code_missing", details: { code: missing.code } }]);

    for (let count = 0; count < 3; count++) world.shop.failNextBulk({ status: "FAILED", errorCode: "TIMEOUT", afterRows: 0 });
    world.shop.removeCode(missing.code);
    await reconcile();
    expect(world.shop.findCode(missing.code)).not.toBeNull();
    expect(await prisma.drift.count({ where: { shopId: world.shopId, kind: "code_missing" } })).toBe(2);
  }, 120_000);
});
