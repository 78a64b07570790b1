import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { openWorld, type World } from "#test/world.ts";
import { draftOf } from "#test/award-draft.ts";

describe("an award's way to Shopify", () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld();
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
});
