/** What a bench starts from: one shop with customers who have points, and awards whose codes stand live on Shopify. */
import { randomBytes, randomUUID } from "node:crypto";
import { pool, prisma } from "#app/lib/db.server.ts";

export interface BenchShop {
  id: number;
  domain: string;
  currency: string;
}

export interface BenchAward {
  number: number;
  poolId: bigint;
  parentId: bigint;
}

export async function benchShop(): Promise<BenchShop> {
  const domain = `bench-${randomUUID().slice(0, 8)}.myshopify.com`;
  return prisma.shop.create({ data: { domain, name: "Bench", currency: "EUR", timeZone: "Europe/Berlin", codeKey: randomBytes(32), installedAt: new Date() } });
}

/** An award with a pool and a parent discount, and `liveCodes` codes ready to be handed out. */
export async function benchAward(shopId: number, liveCodes: number): Promise<BenchAward> {
  const shop = await prisma.shop.update({ where: { id: shopId }, data: { nextAwardNumber: { increment: 1 } } });
  const number = shop.nextAwardNumber - 1;
  await prisma.award.create({
    data: { shopId, number, name: `Award ${number}`, kind: "fixed_amount", value: 500, currency: "EUR", pointsPrice: 1, startsAt: new Date(0), codeSource: "generated", usesPerCode: 1 },
  });
  await prisma.awardTally.create({ data: { shopId, awardNumber: number } });
  const { id: poolId } = await prisma.codePool.create({
    data: { shopId, awardNumber: number, source: "generated", alphabet: "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", length: 10, prefix: "BENCH", stockTarget: 1_000_000 },
  });
  const { id: parentId } = await prisma.parentDiscount.create({ data: { shopId, awardNumber: number, seedCode: randomUUID().toUpperCase(), state: "live" } });
  await pool.query(
    `INSERT INTO "Coupon" ("shopId", "awardNumber", "poolId", "parentId", "code", "codeState")
     SELECT $1, $2::int, $3, $4, upper(md5($2::int || ':' || n)), 'live' FROM generate_series(1, $5) n`,
    [shopId, number, poolId, parentId, liveCodes],
  );
  return { number, poolId, parentId };
}

/** Customers with so many points that none runs out. Returns their ids. */
export async function benchCustomers(shopId: number, count: number): Promise<bigint[]> {
  const { rows } = await pool.query<{ id: bigint }>(
    `INSERT INTO "Customer" ("shopId", "gid", "updatedAt") SELECT $1, 'gid://shopify/Customer/' || n, now() FROM generate_series(1, $2) n RETURNING "id"`,
    [shopId, count],
  );
  await pool.query(`INSERT INTO "PointsAccount" ("shopId", "customerId", "balance") SELECT "shopId", "id", 1000000 FROM "Customer" WHERE "shopId" = $1`, [shopId]);
  return rows.map(({ id }) => id);
}
