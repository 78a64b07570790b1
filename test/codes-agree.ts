/** The invariant of the sync: what Shopify has is what we call live, discount by discount, no more and no less. */
import { expect } from "vitest";
import { prisma } from "#app/lib/db.server.ts";
import type { World } from "./world.ts";

/** Compares every parent discount of the world's shop with its coupons, and the counts with what the test knows. */
export async function expectCodesAgree(world: World, counts: { live: number; failed: number }): Promise<void> {
  const shopId = world.shopId;
  const parents = await prisma.parentDiscount.findMany({ where: { shopId } });
  for (const parent of parents) {
    const live = await prisma.coupon.findMany({ where: { shopId, parentId: parent.id, codeState: "live" }, select: { code: true } });
    const there = parent.gid ? world.shop.codesOf(parent.gid) : [];
    expect([...there].sort()).toEqual([parent.seedCode, ...live.map(({ code }) => code)].sort());
  }
  expect({
    live: await prisma.coupon.count({ where: { shopId, codeState: "live" } }),
    failed: await prisma.coupon.count({ where: { shopId, codeState: "failed" } }),
    underWay: await prisma.coupon.count({ where: { shopId, codeState: { in: ["planned", "submitted"] } } }),
  }).toEqual({ ...counts, underWay: 0 });
}
