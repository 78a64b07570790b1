/** What a merchant saves, seen on Shopify: the discount, its codes, and what happens when something is in the way. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { discountProblems } from "#app/domain/awards/discount-problems.server.ts";
import { setAwardStatus } from "#app/domain/awards/set-status.server.ts";
import { updateAward } from "#app/domain/awards/update.server.ts";
import { retryChange } from "#app/domain/changes/retry.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import { expectCodesAgree } from "#test/codes-agree.ts";
import { givePoints, newCustomer } from "#test/factories.ts";
import type { FaultKind } from "#test/store/faults.ts";
import { openWorld, type World } from "#test/world.ts";
import { draftOf } from "#test/award-draft.ts";

describe("an award's way to Shopify", () => {
  let world: World;
  beforeEach(async () => {
    // A call that Shopify never answers is given up sooner than in production.
    world = await openWorld({ openAdmin: (domain) => openAdmin(domain, 400) });
  });
  afterEach(() => world.close());

  it("creates one discount and puts every code on it", async () => {
    const created = await createAward(world.shopId, draftOf({ name: "Ten off" }), { source: "generated", stockTarget: 600 }, world.now());
    expect(created).toMatchObject({ outcome: "created", codes: { added: 600, failed: [] } });
    await world.settle();

    const [discount, ...others] = world.shop.discounts.values();
    expect(others).toEqual([]);
    expect(discount?.title).toBe("Ten off");
    const parent = await prisma.parentDiscount.findFirstOrThrow({ where: { shopId: world.shopId } });
    expect(parent).toMatchObject({ state: "live", gid: discount?.gid, problem: null });
    const coupons = await prisma.coupon.findMany({ where: { shopId: world.shopId } });
    expect(coupons.every(({ codeState, redeemCodeGid }) => codeState === "live" && redeemCodeGid)).toBe(true);
    expect(world.shop.codesOf(parent.gid ?? "").sort()).toEqual([parent.seedCode, ...coupons.map(({ code }) => code)].sort());
  });

  it("hands Shopify every term it can enforce", async () => {
    const startsAt = new Date("2026-11-01T00:00:00Z");
    const endsAt = new Date("2027-01-01T00:00:00Z");
    await createAward(world.shopId, draftOf({ kind: "percentage", value: 15, minOrderMinor: 3050, startsAt, endsAt, combinesOrder: true, combinesShipping: true }), { source: "generated", stockTarget: 2 }, world.now());
    await createAward(world.shopId, draftOf({ value: 750, usesPerCode: 100, usesPerCustomer: 1 }), { source: "single", code: "welcome" }, world.now());
    await world.settle();
    const [percentage, shared] = [...world.shop.discounts.values()];
    expect(percentage).toMatchObject({
      startsAt: "2026-11-01T00:00:00Z",
      endsAt: "2027-01-01T00:00:00Z",
      gets: { value: { type: "percentage", percentage: 0.15 }, items: { type: "all" } },
      minimum: { type: "subtotal", subtotal: expect.stringMatching(/^30\.50?$/) },
      usageLimit: 1,
      oncePerCustomer: false,
      combinesWith: { orderDiscounts: true, productDiscounts: false, shippingDiscounts: true },
    });
    expect(shared).toMatchObject({ gets: { value: { type: "amount", amount: expect.stringMatching(/^7\.50?$/), onEachItem: false } }, minimum: null, usageLimit: 100, oncePerCustomer: true });
  });

  it("follows the award when it is edited, switched off and on again, and keeps its end", async () => {
    const endsAt = new Date("2027-06-01T00:00:00Z");
    await createAward(world.shopId, draftOf({ endsAt }), { source: "generated", stockTarget: 3 }, world.now());
    await world.settle();
    const award = await prisma.award.findFirstOrThrow({ where: { shopId: world.shopId } });
    expect(await updateAward(world.shopId, award.number, { ...draftOf({ endsAt }), startsAt: award.startsAt, name: "Winter" }, award.updatedAt, world.now())).toEqual({ outcome: "updated" });
    await world.settle();
    expect(theDiscount(world).title).toBe("Winter");

    expect(await setAwardStatus(world.shopId, award.number, "inactive", world.now())).toEqual({ outcome: "set" });
    await world.settle();
    expect(new Date(theDiscount(world).endsAt ?? "").getTime()).toBeLessThanOrEqual(world.now().getTime());

    expect(await setAwardStatus(world.shopId, award.number, "active", world.now())).toEqual({ outcome: "set" });
    await world.settle();
    expect(new Date(theDiscount(world).endsAt ?? "")).toEqual(endsAt);
    expect(world.shop.discounts.size).toBe(1);
    await expectCodesAgree(world, { live: 3, failed: 0 });
  });

  it("creates nothing on Shopify for an award that is switched off before the worker comes", async () => {
    await createAward(world.shopId, draftOf(), { source: "generated", stockTarget: 3 }, world.now());
    await setAwardStatus(world.shopId, 1, "archived", world.now());
    await world.settle();
    expect(world.shop.discounts.size).toBe(0);
  });

  it("names a code that another discount on Shopify has, and pushes the others", async () => {
    await createAward(world.shopId, draftOf(), { source: "pasted", text: "TAKEN-1" }, world.now());
    await world.settle();
    // The same code, as if somebody had made it in Shopify's admin: ours forgets it, Shopify does not.
    await prisma.coupon.deleteMany({ where: { shopId: world.shopId, code: "TAKEN-1" } });
    await createAward(world.shopId, draftOf(), { source: "pasted", text: "taken-1, FREE-1" }, world.now());
    await world.settle();
    const coupons = await prisma.coupon.findMany({ where: { shopId: world.shopId, awardNumber: 2 }, orderBy: { code: "asc" } });
    expect(coupons.map(({ code, codeState, problem }) => ({ code, codeState, problem }))).toEqual([
      { code: "FREE-1", codeState: "live", problem: null },
      { code: "TAKEN-1", codeState: "failed", problem: "This code is taken on Shopify by another discount." },
    ]);
  });

  it("takes a returned coupon's code off Shopify before the points go back", async () => {
    await createAward(world.shopId, draftOf(), { source: "generated", stockTarget: 4 }, world.now());
    await world.settle();
    const customer = await newCustomer(world.shopId);
    await givePoints(world.shopId, customer.id, 100, world.now());
    const issued = await issueCoupon(world.shopId, { customerId: customer.id, awardNumber: 1, requestKey: "once", channel: "checkout" }, world.now());
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    const issuance = await prisma.issuance.findFirstOrThrow({ where: { shopId: world.shopId } });
    expect(await returnCoupon(world.shopId, { issuanceId: issuance.id, customerId: customer.id }, world.now())).toEqual({ outcome: "returning" });
    const account = () => prisma.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId: world.shopId, customerId: customer.id } } });
    expect(await account()).toMatchObject({ balance: 100, held: 100 });

    // Shopify is away; the answer to the first withdrawal gets lost after the work is done.
    world.shop.faults.next({ operation: "discountCodeRedeemCodeBulkDelete", kind: "lost_answer" });
    world.shop.faults.next({ kind: "http_500", times: 3 });
    await world.settle();
    expect(await account()).toMatchObject({ balance: 100, held: 0 });
    const coupon = await prisma.coupon.findUniqueOrThrow({ where: { shopId_id: { shopId: world.shopId, id: issuance.couponId } } });
    expect(coupon).toMatchObject({ status: "revoked", codeState: "withdrawn" });
    expect(world.shop.findCode(coupon.code)).toBeFalsy();
  });

  const faults: FaultKind[] = ["throttled", "http_429", "http_500", "timeout", "lost_answer"];
  const operations = ["discountCodeBasicCreate", "discountRedeemCodeBulkAdd", "discountRedeemCodeBulkCreation"];
  it.each(operations.flatMap((operation) => faults.map((kind) => ({ operation, kind }))))("comes through $kind on $operation", async ({ operation, kind }) => {
    await createAward(world.shopId, draftOf(), { source: "generated", stockTarget: 300 }, world.now());
    world.shop.faults.next({ operation, kind, times: 2 });
    await world.settle();
    expect(world.shop.faults.left).toBe(0);
    expect(world.shop.discounts.size).toBe(1);
    await expectCodesAgree(world, { live: 300, failed: 0 });
  });

  it("gives up after many attempts, says why, and goes on when the merchant asks for it", async () => {
    await createAward(world.shopId, draftOf(), { source: "generated", stockTarget: 3 }, world.now());
    const { number } = await prisma.award.findFirstOrThrow({ where: { shopId: world.shopId } });
    world.shop.faults.next({ operation: "discountCodeBasicCreate", kind: "http_500", times: 20 });
    await world.settle();
    const failed = await prisma.change.findFirstOrThrow({ where: { shopId: world.shopId, status: "failed" } });
    expect(failed).toMatchObject({ kind: "put_discount", problem: "Shopify answered 500" });
    expect(world.shop.discounts.size).toBe(0);
    expect(await discountProblems(world.shopId, number)).toEqual([{ kind: "failed", problem: "Shopify answered 500", isTried: false }]);

    expect(await retryChange(world.shopId, failed.id, world.now())).toEqual({ outcome: "retried" });
    expect(await retryChange(world.shopId, failed.id, world.now())).toEqual({ outcome: "not_failed" });
    await world.settle();
    await expectCodesAgree(world, { live: 3, failed: 0 });
    expect(await discountProblems(world.shopId, number)).toEqual([]);
  });

  it("goes on by itself the day after what it gave up because Shopify was away; what Shopify refused waits for the merchant", async () => {
    await createAward(world.shopId, draftOf(), { source: "generated", stockTarget: 3 }, world.now());
    world.shop.faults.next({ operation: "discountCodeBasicCreate", kind: "http_500", times: 20 });
    await world.settle();
    await prisma.change.create({ data: { shopId: world.shopId, kind: "put_discount", subject: "0", status: "failed", problem: "Shopify refused: no.", nextAttemptAt: world.now(), doneAt: world.now() } });
    const passBy = async () => {
      await world.sweep();
      await world.settle();
      return world.shop.discounts.size;
    };
    expect(await passBy()).toBe(0);
    await world.advance(86_400_000);
    expect(await passBy()).toBe(1);
    await expectCodesAgree(world, { live: 3, failed: 0 });
    expect(await prisma.change.findMany({ where: { shopId: world.shopId, status: "failed" }, select: { problem: true } })).toEqual([{ problem: "Shopify refused: no." }]);
  });

  it.each([["Shopify told us", 0], ["the message was lost", 1]])("loses nothing while the app is uninstalled: %s", async (_, dropNext) => {
    await createAward(world.shopId, draftOf(), { source: "generated", stockTarget: 3 }, world.now());
    world.shop.webhooks.turn({ dropNext });
    world.shop.uninstall();
    await world.settle();
    expect(await prisma.change.findMany({ where: { shopId: world.shopId }, select: { status: true } })).toEqual([{ status: "pending" }]);

    expect(await world.install(world.shop.domain)).toBe(world.shopId);
    await world.advance(2 * 60 * 60_000);
    await world.sweep();
    await world.settle();
    await expectCodesAgree(world, { live: 3, failed: 0 });
    // A shop whose tokens are gone is asked every few minutes: a day of that is a day of the test's clock.
  }, 120_000);

  it("mints the rest of a large stock in the background and refills it below half", async () => {
    await createAward(world.shopId, draftOf(), { source: "generated", stockTarget: 1200 }, world.now());
    await world.settle();
    await expectCodesAgree(world, { live: 1200, failed: 0 });
  });

  it("refills a pool whose stock fell below half, and not before", async () => {
    await createAward(world.shopId, draftOf(), { source: "generated", stockTarget: 4 }, world.now());
    await world.settle();
    for (const live of [4, 4, 7]) {
      const customer = await newCustomer(world.shopId);
      await givePoints(world.shopId, customer.id, 100, world.now());
      const issued = await issueCoupon(world.shopId, { customerId: customer.id, awardNumber: 1, requestKey: String(customer.id), channel: "checkout" }, world.now());
      expect(issued.outcome).toBe("issued");
      await world.settle();
      expect(await prisma.coupon.count({ where: { shopId: world.shopId, codeState: "live" } })).toBe(live);
    }
    const available = await prisma.coupon.count({ where: { shopId: world.shopId, codeState: "live", status: "available" } });
    expect(available).toBe(4);
  });

  it("keeps two shops apart", async () => {
    const other = await world.install("another-shop.myshopify.com");
    await createAward(world.shopId, draftOf(), { source: "pasted", text: "SAME-1" }, world.now());
    expect(await createAward(other, draftOf(), { source: "pasted", text: "SAME-1" }, world.now())).toMatchObject({ outcome: "created", codes: { added: 1 } });
    await world.settle();
    expect(world.shop.discounts.size).toBe(1);
    expect(world.store.shop("another-shop.myshopify.com").discounts.size).toBe(1);
  });
});

function theDiscount(world: World) {
  const [discount] = world.shop.discounts.values();
  if (!discount) throw new Error("Shopify has no discount");
  return discount;
}
