/** A discount on Shopify becomes what its award says, whatever it was, is called or was left as by a lost answer. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AwardDraft } from "#app/domain/awards/award.ts";
import { createAward } from "#app/domain/awards/create.server.ts";
import { updateAward } from "#app/domain/awards/update.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import { pushChanges } from "#app/sync/push.server.ts";
import { openSync } from "#app/tasks.ts";
import { draftOf } from "#test/award-draft.ts";
import { expectCodesAgree } from "#test/codes-agree.ts";
import { givePoints, newCustomer } from "#test/factories.ts";
import type { FaultKind } from "#test/store/faults.ts";
import { openWorld, type World } from "#test/world.ts";
import { killAfter } from "./killed.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld({ openAdmin: (domain) => openAdmin(domain, 400) });
});
afterEach(() => world.close());

async function create(wish: Partial<AwardDraft> = {}): Promise<void> {
  const created = await createAward(world.shopId, draftOf(wish), { source: "generated", stockTarget: 5 }, world.now());
  if (created.outcome !== "created") throw new Error(JSON.stringify(created.problems));
}

async function edit(wish: Partial<AwardDraft>): Promise<void> {
  const award = await prisma.award.findFirstOrThrow({ where: { shopId: world.shopId } });
  expect(await updateAward(world.shopId, award.number, draftOf({ startsAt: award.startsAt, ...wish }), award.updatedAt, world.now())).toEqual({ outcome: "updated" });
}

function theDiscount() {
  const [discount, ...others] = world.shop.discounts.values();
  if (!discount || others.length > 0) throw new Error(`Shopify has ${others.length + (discount ? 1 : 0)} discounts`);
  return discount;
}

const CAPPED = { kind: "percentage", value: 20, capMinor: 500 } as const;
const SHIPPING = { kind: "free_shipping", value: 0 } as const;

describe("an edit before the first coupon", () => {
  it.each<[string, Partial<AwardDraft>, Partial<AwardDraft>, string]>([
    ["an amount that becomes free shipping", {}, SHIPPING, "freeShipping"],
    ["free shipping that becomes a percentage", SHIPPING, { kind: "percentage", value: 10 }, "basic"],
    ["a percentage that gets a cap", { kind: "percentage", value: 20 }, CAPPED, "app"],
    ["a cap that is taken away", CAPPED, { kind: "percentage", value: 20 }, "basic"],
  ])("replaces the discount and puts every code on the new one: %s", async (_, before, after, kind) => {
    await create(before);
    await world.settle();
    const { gid } = theDiscount();
    await edit(after);
    await world.settle();
    expect(theDiscount()).toMatchObject({ kind });
    expect(theDiscount().gid).not.toBe(gid);
    await expectCodesAgree(world, { live: 5, failed: 0 });
    expect(await prisma.change.count({ where: { shopId: world.shopId, status: { not: "done" } } })).toBe(0);
  });

  it("tells the Function what changed, in the same discount", async () => {
    await create(CAPPED);
    await world.settle();
    const { gid } = theDiscount();
    await edit({ ...CAPPED, capMinor: 700, weekdays: [1, 2] });
    await world.settle();
    const discount = theDiscount();
    expect(discount.gid).toBe(gid);
    expect(discount.metafields.map(({ value }) => JSON.parse(value) as unknown)).toMatchObject([{ value: { cap: "7.00" }, weekdays: [1, 2] }]);
  });

  it("takes products off that are no longer in the scope, and lets go of the scope", async () => {
    const [tote, mug] = ["Tote", "Mug"].map((title) => world.shop.addProduct({ title, price: "20.00" }));
    if (!tote || !mug) throw new Error("no products");
    const collection = world.shop.addCollection("Kitchen", [mug.gid]);
    await create({ productGids: [tote.gid], variantGids: [mug.variants[0]?.gid ?? ""] });
    await world.settle();
    const { gid } = theDiscount();
    const steps = [
      [{ productGids: [mug.gid] }, { type: "products", productGids: [mug.gid], variantGids: [] }],
      [{ collectionGids: [collection.gid] }, { type: "collections", collectionGids: [collection.gid] }],
      [{}, { type: "all" }],
    ] as const;
    for (const [wish, items] of steps) {
      await edit({ ...wish, productGids: [...("productGids" in wish ? wish.productGids : [])], collectionGids: [...("collectionGids" in wish ? wish.collectionGids : [])] });
      await world.settle();
      expect(theDiscount()).toMatchObject({ gid, gets: { items } });
    }
  });

  it.each<[string, Partial<AwardDraft>, Partial<AwardDraft>]>([
    ["an amount", {}, {}],
    ["free shipping", SHIPPING, SHIPPING],
    ["the Function's", CAPPED, CAPPED],
  ])("says for how many payments of a subscription, and takes it back: %s", async (_, terms) => {
    await create({ ...terms, duration: "months", durationMonths: 3 });
    await world.settle();
    expect(theDiscount()).toMatchObject({ subscription: true, recurringCycleLimit: 3 });
    await edit({ ...terms, duration: "forever" });
    await world.settle();
    expect(theDiscount()).toMatchObject({ subscription: true, recurringCycleLimit: 0 });
    await edit(terms);
    await world.settle();
    expect(theDiscount().recurringCycleLimit).toBe(1);
  });
});

it("makes a discount anew that was deleted in Shopify's admin, with its codes, but not those that were used", async () => {
  await create();
  await world.settle();
  const customer = await newCustomer(world.shopId);
  await givePoints(world.shopId, customer.id, 100, world.now());
  const issued = await issueCoupon(world.shopId, { customerId: customer.id, awardNumber: 1, requestKey: "one", channel: "admin" }, world.now());
  if (issued.outcome !== "issued") throw new Error(issued.outcome);
  const [used] = await prisma.coupon.findMany({ where: { shopId: world.shopId, status: "available" }, take: 1 });
  await prisma.coupon.updateMany({ where: { shopId: world.shopId, id: used?.id ?? 0n }, data: { status: "redeemed", usesCount: 1 } });
  world.shop.deleteDiscount(theDiscount().gid);
  await edit({ name: "Five off again" });
  await world.settle();
  expect(theDiscount().title).toBe("Five off again");
  expect(world.shop.findCode(issued.code)).not.toBeNull();
  expect(world.shop.findCode(used?.code ?? "")).toBeNull();
  const live = await prisma.coupon.count({ where: { shopId: world.shopId, codeState: "live" } });
  await expectCodesAgree(world, { live, failed: 0 });
});

describe("a worker that is killed while it replaces a discount", () => {
  const points = (["before", "after"] as const).flatMap((when) => Array.from({ length: 7 }, (_, calls) => ({ when, calls })));

  it.each(points)("$when call $calls: one discount of the right form, no code lost", async ({ when, calls }) => {
    await create({ kind: "percentage", value: 20 });
    await world.settle();
    await edit(CAPPED);
    const killer = killAfter(openAdmin, calls, when);
    await Promise.race([pushChanges(openSync({ clock: world.now, sleep: world.sleep, openAdmin: killer.openAdmin }), world.shopId), killer.killed]);
    await world.settle();
    expect(theDiscount().kind).toBe("app");
    await expectCodesAgree(world, { live: 5, failed: 0 });
    expect(await prisma.codeSubmission.count({ where: { shopId: world.shopId, state: { not: "done" } } })).toBe(0);
  });
});

describe("a discount of every form", () => {
  const forms = [["discountCodeBasic", {}], ["discountCodeFreeShipping", SHIPPING], ["discountCodeApp", CAPPED]] as const;
  const faults: FaultKind[] = ["throttled", "http_500", "lost_answer"];

  it.each(forms.flatMap(([mutation, terms]) => faults.map((kind) => ({ mutation, terms, kind }))))("is made once and follows its award through $kind on $mutation", async ({ mutation, terms, kind }) => {
    await create(terms);
    world.shop.faults.next({ operation: `${mutation}Create`, kind, times: 2 });
    await world.settle();
    await edit({ ...terms, name: "Renamed" });
    world.shop.faults.next({ operation: `${mutation}Update`, kind, times: 2 });
    await world.settle();
    expect(world.shop.faults.left).toBe(0);
    expect(theDiscount().title).toBe("Renamed");
    await expectCodesAgree(world, { live: 5, failed: 0 });
  });

  it.each(forms)("created under older terms by a call whose answer was lost, it is brought up to date or replaced: %s", async (mutation, terms) => {
    await create(terms);
    world.shop.faults.next({ operation: `${mutation}Create`, kind: "lost_answer" });
    // The first call's answer is lost; the award is edited before the second.
    await pushChanges(openSync({ clock: world.now, sleep: world.sleep, openAdmin: (domain) => openAdmin(domain, 400) }), world.shopId);
    await edit({ kind: "percentage", value: 30, name: "Another form" });
    await world.settle();
    expect(theDiscount()).toMatchObject({ kind: "basic", title: "Another form", gets: { value: { type: "percentage", percentage: 0.3 } } });
    await expectCodesAgree(world, { live: 5, failed: 0 });
  });
});
