/**
 * Stored orders worked off by the real queue and the real tasks: each is a customer's own, pays with a coupon of ours whose points
 * are held, and earns. Afterwards the books are asked whether anything was lost.
 */
import { Logger, run } from "graphile-worker";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { receiveEvent } from "#app/inbox/receive.server.ts";
import { pool } from "#app/lib/db.server.ts";
import { taskList } from "#app/tasks.ts";
import { orderBody } from "./order-body";
import { atLeast, atMost, load, type Row } from "./row";
import { benchAward, benchCustomers, benchShop } from "./shop";

const ORDERS = 10_000;
/** Worked before anything is measured: the planner knows the tables of a shop that has been in business for a while. */
const EARLIER = 2_000;
const CALLERS = 64;
const CONCURRENCY = 8;
/** What each account has at first, and what an order of these bodies earns: 470.00 less 10 × 7.66 tax, at a point for 1.00. */
const POINTS = 1_000_000;
const EARNED = 393;

export async function workOff(): Promise<Row[]> {
  const shop = await benchShop();
  const customers = await benchCustomers(shop.id, EARLIER + ORDERS);
  // Points that a spend finds in a lot, as it does outside of benches.
  await pool.query(`INSERT INTO "PointsLot" ("shopId", "customerId", "entryId", "points", "remaining") SELECT "shopId", "id", -"id", $2, $2 FROM "Customer" WHERE "shopId" = $1`, [shop.id, POINTS]);
  const award = await benchAward(shop.id, EARLIER + ORDERS + 1_000);
  const store = (first: number, count: number) =>
    load(CALLERS, count, async (n) => {
      const customerId = customers[first + n] ?? 0n;
      const issuing = await issueCoupon(shop.id, { customerId, awardNumber: award.number, requestKey: `bench-${first + n}`, channel: "checkout" }, new Date());
      if (issuing.outcome !== "issued") throw new Error(`not issued: ${issuing.outcome}`);
      const body = Buffer.from(orderBody({ orderNumber: first + n + 1, customerNumber: first + n + 1, code: issuing.code }));
      await receiveEvent({ shopDomain: shop.domain, webhookId: `bench-${first + n}`, topic: "orders/create", apiVersion: "2026-07", triggeredAt: new Date(), body, receivedAt: new Date() });
    });
  await store(0, EARLIER);
  await drain(shop.domain);
  await store(EARLIER, ORDERS);
  await pool.query("VACUUM ANALYZE");
  const seconds = await drain(shop.domain);
  return [
    atLeast(`worked off: ${ORDERS} orders with redemption and earning`, ORDERS / seconds, "orders/s", 1_000),
    atMost("orders that were lost or are wrong", await wrongOrders(shop.id, award.number), "orders", 0),
  ];
}

/** Starts the real queue on what is stored, until nothing is left; answers how many seconds it took. */
async function drain(shopDomain: string): Promise<number> {
  const startedAt = performance.now();
  const runner = await run({ pgPool: pool, taskList: taskList({ mailer: null }), concurrency: CONCURRENCY, noHandleSignals: true, parsedCronItems: [], logger: new Logger(() => () => {}) });
  await untilWorked(shopDomain);
  const seconds = (performance.now() - startedAt) / 1000;
  await runner.stop();
  return seconds;
}

async function untilWorked(shopDomain: string): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ waiting: bigint }>(`SELECT count(*) AS waiting FROM "InboxEvent" WHERE "shopDomain" = $1 AND "status" = 'received'`, [shopDomain]);
    if (rows[0]?.waiting === 0n) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** How many of the orders are not recorded, redeemed, charged, earned and told exactly once. */
async function wrongOrders(shopId: number, awardNumber: number): Promise<number> {
  const { rows } = await pool.query<{ right: bigint; used: number }>(
    `SELECT (SELECT "used" FROM "AwardTally" WHERE "shopId" = $1 AND "awardNumber" = $2) AS used, count(*) AS right
     FROM generate_series(1, $3) n
     JOIN "Order" o ON o."shopId" = $1 AND o."gid" = 'gid://shopify/Order/' || n
     JOIN "Redemption" r ON r."shopId" = $1 AND r."orderGid" = o."gid" AND r."flags" = '{}'
     JOIN "Coupon" c ON c."shopId" = $1 AND c."id" = r."couponId" AND c."status" = 'redeemed' AND c."usesCount" = 1
     JOIN "Issuance" i ON i."shopId" = $1 AND i."id" = r."issuanceId" AND i."status" = 'redeemed' AND i."customerId" = o."customerId"
     JOIN "PointsHold" h ON h."shopId" = $1 AND h."id" = i."holdId" AND h."status" = 'spent'
     JOIN "PointsAccount" a ON a."shopId" = $1 AND a."customerId" = o."customerId" AND a."held" = 0 AND a."balance" = $4 - i."points" + $5
     WHERE (SELECT count(*) FROM "PointsEntry" e WHERE e."shopId" = $1 AND e."orderGid" = o."gid") = 2`,
    [shopId, awardNumber, EARLIER + ORDERS, POINTS, EARNED],
  );
  const [row] = rows;
  return Math.max(EARLIER + ORDERS - Number(row?.right ?? 0), Math.abs(EARLIER + ORDERS - (row?.used ?? 0)));
}
