/** Many shops, several workers: each shop's codes go on, whoever has more of them, and whichever process has them in hand. */
import { afterEach, expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import type { OpenAdmin } from "#app/shopify/operation.ts";
import { openSubmission } from "#app/sync/kinds/submission.server.ts";
import { pushChanges } from "#app/sync/push.server.ts";
import { openSync } from "#app/tasks.ts";
import { draftOf } from "#test/award-draft.ts";
import { expectCodesAgree } from "#test/codes-agree.ts";
import { openWorld, type World } from "#test/world.ts";
import { killAfter } from "./killed.ts";

/** Small, so that a few thousand codes are more than it holds. */
const BUCKET = { max: 300, restore: 20 };

let world: World;
afterEach(() => world.close());

interface Told {
  domain: string;
  operation: string;
  outcome: string;
}

/** A way to Shopify that says of each call for which shop it was and how it went. */
function listening(told: Told[], real: OpenAdmin = openAdmin): OpenAdmin {
  return (domain) => {
    const port = real(domain);
    return {
      async call(operation, variables) {
        const result = await port.call(operation, variables);
        told.push({ domain, operation: operation.name, outcome: result.outcome });
        return result;
      },
    };
  };
}

const stock = (shopId: number, stockTarget: number) => createAward(shopId, draftOf(), { source: "generated", stockTarget }, world.now());
const live = (shopId: number) => prisma.coupon.count({ where: { shopId, codeState: "live" } });

it("gives a shop that comes third its turn while two others still have half an hour of codes to push", async () => {
  const told: Told[] = [];
  // The queue of a test has two hands.
  world = await openWorld({ store: { bucket: BUCKET }, openAdmin: listening(told) });
  const shops = [world.shop.domain];
  for (const domain of ["second.myshopify.com", "third.myshopify.com"]) {
    await world.install(domain);
    shops.push(domain);
  }
  for (const { id } of await prisma.shop.findMany({ where: { domain: { in: shops } }, orderBy: { id: "asc" } })) await stock(id, 6000);
  await world.settle();

  const pushes = told.filter(({ operation }) => operation === "addCodes");
  const firstOf = (domain: string) => pushes.findIndex((each) => each.domain === domain);
  const lastOf = (domain: string) => pushes.findLastIndex((each) => each.domain === domain);
  for (const one of shops) for (const other of shops) expect(firstOf(one), `${one} begins before ${other} is done`).toBeLessThan(lastOf(other));
  for (const domain of shops) {
    const { id } = await prisma.shop.findUniqueOrThrow({ where: { domain } });
    expect(await live(id)).toBe(6000);
  }
}, 120_000);

it("takes over what a crash left in the middle of many calls, and is not thrown back by a bucket it does not know", async () => {
  world = await openWorld({ store: { bucket: BUCKET } });
  const told: Told[] = [];
  await createAward(world.shopId, draftOf(), { source: "pasted", text: Array.from({ length: 3000 }, (_, n) => `CODE-${n}`).join("\n") }, world.now());
  const killer = killAfter(openAdmin, 6, "after");
  await Promise.race([pushChanges(openSync({ clock: world.now, sleep: world.sleep, openAdmin: listening(told, killer.openAdmin) }), world.shopId), killer.killed]);
  // Written down and not sent yet: as far as a worker comes before it dies.
  const parent = await prisma.parentDiscount.findFirstOrThrow({ where: { shopId: world.shopId } });
  while (await openSubmission(world.shopId, parent.id, 250, world.now()));
  expect(await prisma.codeSubmission.count({ where: { shopId: world.shopId, state: "sending" } })).toBeGreaterThan(3);
  world.shop.bucket.drain(25);

  await pushChanges(openSync({ clock: world.now, sleep: world.sleep, openAdmin: listening(told) }), world.shopId);
  await world.settle();
  await expectCodesAgree(world, { live: 3000, failed: 0 });
  expect(told.filter(({ outcome }) => outcome === "throttled")).toEqual([]);
}, 120_000);

it("stops after the calls in hand when it is told to, and the next process goes on from there", async () => {
  world = await openWorld({ store: { bucket: BUCKET } });
  await stock(world.shopId, 4000);
  const told: Told[] = [];
  const stop = new AbortController();
  const sleep = async (ms: number) => {
    await world.sleep(ms);
    if (told.length >= 12) stop.abort();
  };
  await pushChanges(openSync({ clock: world.now, openAdmin: listening(told), sleep }), world.shopId, stop.signal);
  const before = await live(world.shopId);
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(4000);
  expect(await prisma.codeSubmission.count({ where: { shopId: world.shopId, state: { not: "done" } } })).toBe(0);
  await world.settle();
  await expectCodesAgree(world, { live: 4000, failed: 0 });
}, 120_000);
