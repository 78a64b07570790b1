/** The worker is killed between any two steps, and the codes on Shopify are in the end exactly the codes that are live. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import { pushChanges } from "#app/sync/push.server.ts";
import { openSync } from "#app/tasks.ts";
import { draftOf } from "#test/award-draft.ts";
import { expectCodesAgree } from "#test/codes-agree.ts";
import { givePoints, newCustomer } from "#test/factories.ts";
import { openWorld, type World } from "#test/world.ts";
import { killAfter } from "./killed.ts";

describe("a worker that is killed", () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld({ store: { bulkDelayMs: 400 } });
  });
  afterEach(() => world.close());

  const points = (["before", "after"] as const).flatMap((when) => Array.from({ length: 14 }, (_, calls) => ({ when, calls })));

  it.each(points)("$when call $calls: nothing is doubled, nothing is lost", async ({ when, calls }) => {
    await createAward(world.shopId, draftOf(), { source: "generated", stockTarget: 700 }, world.now());
    const killer = killAfter(openAdmin, calls, when);
    const first = pushChanges(openSync({ clock: world.now, sleep: world.sleep, openAdmin: killer.openAdmin }), world.shopId);
    const end = await Promise.race([first.then(() => "finished"), killer.killed.then(() => "killed")]);
    // 700 codes need at least a creation, three bulk calls, their polls and results.
    if (calls < 8) expect(end).toBe("killed");

    await world.settle();
    expect(world.shop.discounts.size).toBe(1);
    await expectCodesAgree(world, { live: 700, failed: 0 });
    expect(await prisma.change.count({ where: { shopId: world.shopId, status: { not: "done" } } })).toBe(0);
    expect(await prisma.codeSubmission.count({ where: { shopId: world.shopId, state: { not: "done" } } })).toBe(0);
  });

  const withdrawals = (["before", "after"] as const).flatMap((when) => [0, 1].map((calls) => ({ when, calls })));

  it.each(withdrawals)("$when call $calls of a withdrawal: the points go back once, and only after the code is gone", async ({ when, calls }) => {
    const { shopId } = world;
    await createAward(shopId, draftOf(), { source: "generated", stockTarget: 5 }, world.now());
    await world.settle();
    const customer = await newCustomer(shopId);
    await givePoints(shopId, customer.id, 200, world.now());
    for (const requestKey of ["one", "two"]) {
      const issued = await issueCoupon(shopId, { customerId: customer.id, awardNumber: 1, requestKey, channel: "checkout" }, world.now());
      if (issued.outcome !== "issued") throw new Error(issued.outcome);
      await returnCoupon(shopId, { issuanceId: issued.issuanceId, customerId: customer.id }, world.now());
    }
    const account = () => prisma.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId, customerId: customer.id } } });
    const killer = killAfter(openAdmin, calls, when);
    const first = pushChanges(openSync({ clock: world.now, sleep: world.sleep, openAdmin: killer.openAdmin }), shopId);
    await Promise.race([first, killer.killed]);
    if (calls === 0) expect(await account()).toMatchObject({ balance: 200, held: 200 });

    await world.settle();
    expect(await account()).toMatchObject({ balance: 200, held: 0 });
    expect(await prisma.issuance.count({ where: { shopId, status: "returned" } })).toBe(2);
    expect(await prisma.coupon.count({ where: { shopId, codeState: "withdrawn", status: "revoked" } })).toBe(2);
    const live = await prisma.coupon.count({ where: { shopId, codeState: "live" } });
    await expectCodesAgree(world, { live, failed: 0 });
  });
});
