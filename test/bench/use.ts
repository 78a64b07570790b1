/** What the benches of using start from: awards whose coupons customers hold, with no rule or with every rule, and the rate of issuing beside them. */
import { randomUUID } from "node:crypto";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import type { Use } from "#app/domain/coupons/use.ts";
import { closeDatabase, pool, prisma } from "#app/lib/db.server.ts";
import { processorTime } from "./processor-time";
import { atLeast, atMost, figure, load, medians, percentile, type Row } from "./row";
import { benchAward, benchCustomers, benchShop } from "./shop";

const CALLERS = 64;
const USES = 8_000;
const ROUNDS = 3;
/** One more, before anything is timed. */
const COUPONS = USES * (ROUNDS + 1);

/** Every rule of using at once, each of which this cart meets. */
const EVERY_RULE = {
  capMinor: 2_000, minOrderMinor: 1_000, maxOrderMinor: 1_000_000, productGids: ["gid://shopify/Product/1"], redeemableFrom: new Date(86_400_000),
  usesPerCode: 1, usesPerCustomer: 5, usesTotal: 1_000_000, redeemGapDays: 1, weekdays: [1, 2, 3, 4, 5, 6, 7], monthDays: Array.from({ length: 31 }, (_, n) => n + 1),
  fromMinute: 0, untilMinute: 1440, registeredFrom: new Date(0), registeredUntil: new Date("2100-01-01T00:00:00Z"), maxOrders: 100, channels: ["online", "pos"] as ("online" | "pos")[],
  locationIds: ["till-1"], zones: ["north"], concepts: ["outlet"], endsAt: new Date("2100-01-01T00:00:00Z"),
};
const CART: Partial<Use> = { totalMinor: 5_000, currency: "EUR", productGids: ["gid://shopify/Product/1"], merchantId: "till-1", channel: "pos" };

interface Held {
  code: string;
  customerId: bigint;
}

interface UseBench {
  shopId: number;
  plain: Held[];
  ruled: Held[];
  /** What the till tells of each order. */
  cart: Partial<Use>;
}

/** A shop, and two awards of which `count` customers each hold a coupon. */
async function useBench(count: number): Promise<UseBench> {
  const { id: shopId } = await benchShop();
  await benchCustomers(shopId, count);
  await pool.query(`UPDATE "Customer" SET "registeredAt" = now() WHERE "shopId" = $1`, [shopId]);
  await prisma.location.create({ data: { shopId, id: "till-1", name: "Till 1", zone: "north", concept: "outlet" } });
  return { shopId, plain: await held(shopId, count, {}), ruled: await held(shopId, count, EVERY_RULE), cart: CART };
}

async function held(shopId: number, count: number, rules: Partial<typeof EVERY_RULE>): Promise<Held[]> {
  const { number } = await benchAward(shopId, count);
  await prisma.award.update({ where: { shopId_number: { shopId, number } }, data: { kind: "percentage", value: 20, appliedBy: "integrator", ...rules } });
  await pool.query(
    `INSERT INTO "AwardTally" ("shopId", "awardNumber", "issued") VALUES ($1, $2, $3) ON CONFLICT ("shopId", "awardNumber") DO UPDATE SET "issued" = EXCLUDED."issued"`,
    [shopId, number, count],
  );
  // Two numbered lists have no index: row by row the pairs would be sought for minutes.
  const { rows } = await prisma.$transaction(async (tx) => ({
    setting: await tx.$executeRaw`SET LOCAL enable_nestloop = off`,
    rows: await tx.$queryRawUnsafe<Held[]>(`WITH paired AS (
       SELECT c."id", k."id" AS "customerId" FROM (SELECT "id", row_number() OVER (ORDER BY "id") n FROM "Coupon" WHERE "shopId" = $1 AND "awardNumber" = $2) c
       JOIN (SELECT "id", row_number() OVER (ORDER BY "id") n FROM "Customer" WHERE "shopId" = $1) k USING (n)),
     given AS (
       UPDATE "Coupon" c SET "status" = 'issued', "codeState" = 'local', "customerId" = p."customerId", "issuedAt" = now() FROM paired p
       WHERE c."shopId" = $1 AND c."id" = p."id" RETURNING c."id", c."code", c."customerId"),
     issued AS (
       INSERT INTO "Issuance" ("shopId", "awardNumber", "couponId", "customerId", "points", "requestKey", "channel", "issuedAt")
       SELECT $1, $2, g."id", g."customerId", 0, 'bench-' || g."id", 'api', now() FROM given g)
     SELECT "code", "customerId" FROM given`, shopId, number),
  }), { timeout: 120_000 });
  return rows;
}

/** One call of a till for one customer's coupon. */
type Call = (held: Held, shopId: number, cart: Partial<Use>) => Promise<void>;

interface Conditions {
  /** Codes of the shop beside those that are used. */
  otherCodes?: number;
  /** What 99 of 100 calls must stay under. */
  p99Ms?: number;
}

/** Measures a call on plain coupons and on coupons with every rule, beside issuing one; each coupon is used once. */
export async function measureUses(verb: string, call: Call, { otherCodes = 0, p99Ms }: Conditions = {}): Promise<Row[]> {
  const start = await useBench(COUPONS);
  if (otherCodes > 0) await benchAward(start.shopId, otherCodes);
  const award = await benchAward(start.shopId, COUPONS + 1_000);
  await pool.query(`INSERT INTO "AwardTally" ("shopId", "awardNumber") VALUES ($1, $2) ON CONFLICT DO NOTHING`, [start.shopId, award.number]);
  await pool.query("VACUUM ANALYZE");
  const next = { plain: 0, ruled: 0, issued: 0 };
  const times: number[] = [];

  const use = async (from: "plain" | "ruled", cart: Partial<Use>) => {
    const result = await load(CALLERS, USES, async () => {
      const holder = start[from][next[from]++];
      if (!holder) throw new Error("no coupon is left");
      await call(holder, start.shopId, cart);
    });
    times.push(...result.times);
    return result.perSecond;
  };
  const issue = async () => {
    const result = await load(CALLERS, USES, async () => {
      const customerId = start.plain[next.issued++ % start.plain.length]?.customerId ?? 0n;
      const { outcome } = await issueCoupon(start.shopId, { customerId, awardNumber: award.number, requestKey: randomUUID(), channel: "checkout" }, new Date());
      if (outcome !== "issued") throw new Error(`not issued: ${outcome}`);
    });
    return result.perSecond;
  };

  // A till's first uses ever are planned for empty tables, until PostgreSQL looks at them, which it does every minute.
  for (const first of [issue, () => use("plain", {}), () => use("ruled", start.cart)]) await first();
  await pool.query("VACUUM ANALYZE");
  times.length = 0;
  const ofUsing = await processorTime(verb, { "its process": process.pid });
  const ofIssuing = await processorTime("issuance", { "its process": process.pid });
  const rate = await medians(ROUNDS, {
    issue: () => ofIssuing.of(USES, issue),
    plain: () => ofUsing.of(USES, () => use("plain", {})),
    ruled: () => use("ruled", start.cart),
  });
  await closeDatabase();
  const p99 = percentile(times, 0.99);
  return [
    figure(`issue, one hot award, ${CALLERS} callers`, rate.issue, "issuances/s"),
    figure(`${verb}, no rule`, rate.plain, "calls/s"),
    figure(`${verb}, every rule`, rate.ruled, "calls/s"),
    atLeast(`${verb} / issue`, rate.plain / rate.issue, "×", 0.5),
    atLeast(`${verb} with every rule / issue`, rate.ruled / rate.issue, "×", 0.5),
    p99Ms === undefined ? figure(`p99 of one ${verb}`, p99, "ms") : atMost(`p99 of one ${verb}`, p99, "ms", p99Ms),
    ...ofUsing.rows(),
    ...ofIssuing.rows(),
  ];
}
