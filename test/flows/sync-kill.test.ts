/** The worker is killed between any two steps, and the codes on Shopify are in the end exactly the codes that are live. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import { pushChanges } from "#app/sync/push.server.ts";
import { openSync } from "#app/tasks.ts";
import { draftOf } from "#test/award-draft.ts";
import { expectCodesAgree } from "#test/codes-agree.ts";
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
});
