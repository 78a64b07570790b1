/** A large stock is minted by COPY, and the codes that exist already are stepped around. */
import { expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { mintBulk } from "#app/domain/codes/mint-bulk.server.ts";
import { codeMaker } from "#app/domain/codes/permutation.ts";
import { prisma } from "#app/lib/db.server.ts";
import { refillPool } from "#app/sync/kinds/refill-pool.server.ts";
import type { Push } from "#app/sync/work.ts";
import { draftOf } from "#test/award-draft.ts";
import { newShop, NOON } from "#test/factories.ts";

async function poolOf(stockTarget: number) {
  const shop = await newShop();
  await createAward(shop.id, draftOf(), { source: "generated", prefix: "big-", groupSize: 5, stockTarget }, NOON);
  const pool = await prisma.codePool.findFirstOrThrow({ where: { shopId: shop.id } });
  const parent = await prisma.parentDiscount.findFirstOrThrow({ where: { shopId: shop.id } });
  const { codeKey } = await prisma.shop.findUniqueOrThrow({ where: { id: shop.id } });
  return { shopId: shop.id, pool: { ...pool, parentId: parent.id, codeKey } };
}

/** Minting asks nothing of Shopify. */
const pushOf = (shopId: number): Push => ({ shopId, clock: () => NOON, sleep: () => Promise.reject(new Error("slept")), waitFor: () => 0, admin: { call: () => Promise.reject(new Error("called")) } });

it("stores exactly the codes of the slots it claimed, ready to be pushed", async () => {
  const { shopId, pool } = await poolOf(60_000);
  expect(await refillPool(pushOf(shopId), pool.id)).toEqual({ outcome: "again", afterMs: 0 });
  expect(await refillPool(pushOf(shopId), pool.id)).toEqual({ outcome: "done" });
  const maker = codeMaker(pool.codeKey, pool.id, pool);
  const stored = await prisma.coupon.findMany({ where: { shopId }, select: { code: true, codeState: true, status: true } });
  expect(stored).toHaveLength(60_000);
  expect(new Set(stored.map(({ code }) => code))).toEqual(new Set(Array.from({ length: 60_000 }, (_, slot) => maker.codeAt(slot))));
  expect(stored.every(({ codeState, status }) => codeState === "planned" && status === "available")).toBe(true);
  expect(await prisma.change.count({ where: { shopId, kind: "push_codes", status: "pending" } })).toBe(1);
}, 60_000);

it("stores nothing of a batch that meets a code somebody typed in, and then steps around it", async () => {
  const { shopId, pool } = await poolOf(20_000);
  const typed = codeMaker(pool.codeKey, pool.id, pool).codeAt(1500);
  await createAward(shopId, draftOf(), { source: "single", code: typed }, NOON);
  expect(await mintBulk(shopId, pool, 19_000, NOON)).toEqual({ outcome: "collided" });
  expect(await prisma.coupon.count({ where: { shopId, poolId: pool.id } })).toBe(1000);
  expect(await refillPool(pushOf(shopId), pool.id)).toEqual({ outcome: "again", afterMs: 0 });
  expect(await refillPool(pushOf(shopId), pool.id)).toEqual({ outcome: "done" });
  expect(await prisma.coupon.count({ where: { shopId, poolId: pool.id } })).toBe(20_000);
}, 60_000);

it("fills the stock of an integrator's award once, ready to be given, and tells Shopify nothing", async () => {
  const shop = await newShop();
  await createAward(shop.id, draftOf({ kind: "custom", value: 0 }), { source: "generated", stockTarget: 12_000 }, NOON);
  const pool = await prisma.codePool.findFirstOrThrow({ where: { shopId: shop.id } });
  for (let again = 0; again < 3; again++) expect(await refillPool(pushOf(shop.id), pool.id)).toEqual({ outcome: "done" });
  expect(await prisma.coupon.groupBy({ by: ["codeState"], where: { shopId: shop.id }, _count: true })).toEqual([{ codeState: "local", _count: 12_000 }]);
  expect(await prisma.change.count({ where: { shopId: shop.id, kind: { in: ["put_discount", "push_codes"] } } })).toBe(0);
});
