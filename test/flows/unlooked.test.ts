/** A shop grows after PostgreSQL last looked at its tables: nothing may be planned as if the shop still had a row or none. */
import { expect, it } from "vitest";
import { tellLapses } from "#app/domain/points/tell-lapses.server.ts";
import { verifyLedger } from "#app/domain/points/verify.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { findSuspects, findUnknown } from "#app/sync/reconcile/match-codes.server.ts";
import { newAward, newShop, NOON } from "#test/factories.ts";
import { rowsRead, watchPlans } from "#test/rows-read.ts";

watchPlans();

/** So often may a row be read where each is to be read once; who reads every row for every row is far beyond. */
const TIMES_EACH = 50;
const DAY_MS = 86_400_000;

/** The shop's customers, and another shop's, at whom PostgreSQL has looked. */
async function shopWithCustomers(count: number): Promise<number> {
  const [before, shop] = [await newShop(), await newShop()];
  await customers(before.id, 300);
  await entries(before.id, 1);
  await prisma.$executeRaw`ANALYZE`;
  await customers(shop.id, count);
  return shop.id;
}

async function customers(shopId: number, count: number): Promise<void> {
  await prisma.$executeRaw`INSERT INTO "Customer" ("shopId", "gid", "updatedAt") SELECT ${shopId}, 'gid://shopify/Customer/' || n, now() FROM generate_series(1, ${count}::int) n`;
}

async function entries(shopId: number, each: number): Promise<void> {
  await prisma.$executeRaw`INSERT INTO "PointsAccount" ("shopId", "customerId") SELECT ${shopId}, "id" FROM "Customer" WHERE "shopId" = ${shopId}`;
  await prisma.$queryRaw`
    SELECT count(*) FROM "Customer" k, generate_series(1, ${each}::int) n,
    LATERAL post_points_entry(${shopId}::int, k."id", 'imported', 5, 'gift:' || k."id" || ':' || n, NULL, NULL, NULL, ${NOON}::timestamptz, ${NOON}::timestamptz, false) WHERE k."shopId" = ${shopId}`;
}

it("walks the ledgers of 400 customers with 50 entries each in one reading", async () => {
  const shopId = await shopWithCustomers(400);
  await entries(shopId, 50);
  const read = await rowsRead(async () => {
    expect(await verifyLedger(shopId, { afterCustomerId: 0n, limit: 500 })).toEqual({ customersCount: 400, entriesCount: 20_000, broken: [], nextAfter: null });
  });
  expect(read).toBeLessThan(20_000 * TIMES_EACH);
});

it("tells customers whose points lapse with those of 40,000 others, without reading all of these for each", async () => {
  const shopId = await shopWithCustomers(40_000);
  await prisma.$executeRaw`
    INSERT INTO "PointsLot" ("shopId", "customerId", "entryId", "points", "remaining", "expiresAt") SELECT "shopId", "id", "id", 5, 5, ${new Date(NOON.getTime() + 10 * DAY_MS)}::timestamptz FROM "Customer" WHERE "shopId" = ${shopId}`;
  const read = await rowsRead(async () => {
    expect(await tellLapses(NOON)).toBe(10_000);
  });
  expect(read).toBeLessThan(40_000 * TIMES_EACH);
  expect(await prisma.event.count({ where: { shopId, kind: "points.expiring" } })).toBe(10_000);
});

it("matches 20,000 codes with what a look at Shopify has just shown, without reading all of it for each", async () => {
  const [before, shop] = [await newShop(), await newShop()];
  for (const { id } of [before, shop]) await newAward(id, { codes: 200 });
  await look(before.id);
  await prisma.$executeRaw`ANALYZE`;
  await prisma.$executeRaw`
    INSERT INTO "Coupon" ("shopId", "awardNumber", "poolId", "parentId", "code", "codeState")
    SELECT c."shopId", c."awardNumber", c."poolId", c."parentId", 'MORE-' || n, 'live' FROM (SELECT * FROM "Coupon" WHERE "shopId" = ${shop.id} LIMIT 1) c, generate_series(1, 20000) n`;
  const passId = await look(shop.id);
  const missing = await prisma.seenCode.findFirstOrThrow({ where: { shopId: shop.id, reconciliationId: passId, code: { startsWith: "MORE-" } } });
  await prisma.seenCode.deleteMany({ where: { shopId: shop.id, code: missing.code } });
  // 60,000 other things are to be told to Shopify.
  await prisma.$executeRaw`INSERT INTO "Change" ("shopId", "kind", "subject", "nextAttemptAt") SELECT ${shop.id}, 'withdraw_code', 'other-' || n, now() FROM generate_series(1, 60000) n`;

  const read = await rowsRead(async () => {
    const { suspects } = await findSuspects(shop.id, passId, 0n, NOON);
    expect(suspects.map(({ code, suspicion }) => [code, suspicion])).toEqual([[missing.code, "missing"]]);
    expect(await findUnknown(shop.id, passId, "")).toMatchObject({ unknown: [] });
  });
  expect(read).toBeLessThan(80_000 * TIMES_EACH);
});

/** A pass that has read all of the shop's codes. */
async function look(shopId: number): Promise<bigint> {
  const { id } = await prisma.reconciliation.create({ data: { shopId, kind: "codes", startedAt: NOON } });
  await prisma.$executeRaw`
    INSERT INTO "SeenCode" ("shopId", "reconciliationId", "code", "gid", "parentGid", "uses")
    SELECT c."shopId", ${id}::bigint, c."code", 'gid://shopify/DiscountRedeemCode/' || c."id", d."gid", 0 FROM "Coupon" c JOIN "ParentDiscount" d ON d."shopId" = c."shopId" AND d."id" = c."parentId" WHERE c."shopId" = ${shopId}
    UNION ALL SELECT d."shopId", ${id}::bigint, d."gid", d."gid", d."gid", 0 FROM "ParentDiscount" d WHERE d."shopId" = ${shopId}`;
  return id;
}
