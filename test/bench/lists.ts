/**
 * The admin's pages in a shop with a million coupons: how long the reads behind each take, and whether the deepest page takes longer
 * than the first. Rows are written as they are, without the verbs that would make them: there are some four million.
 */
import { awardFigures, findAward, listAwards, AWARD_SORTS } from "#app/domain/awards/queries.server.ts";
import { COUPON_FILTERS, listCoupons, listCouponsOf, listRedemptions, type RedemptionQuery } from "#app/domain/coupons/queries.server.ts";
import { findCouponDetail, listCustomerCoupons } from "#app/domain/coupons/standing.server.ts";
import { findCustomerById, listCustomers, listMergedInto } from "#app/domain/customers/queries.server.ts";
import { countDrift, listDrift, readLastLooks } from "#app/domain/drift/queries.server.ts";
import { findEndpoint, listDeliveries, listEndpoints } from "#app/domain/events/queries.server.ts";
import { findImport, listImportRows, listImports } from "#app/domain/imports/queries.server.ts";
import { listGroups, listLocations } from "#app/domain/locations/queries.server.ts";
import { findBalance, findOutlook, listStatement } from "#app/domain/points/queries.server.ts";
import { liabilityAt } from "#app/domain/points/liability.server.ts";
import { readStanding, readStandings } from "#app/domain/points/tiers.server.ts";
import { readHealth } from "#app/domain/reports/health.server.ts";
import { listChanges, listEvents, listStockWarnings, readOverview, readSetup } from "#app/domain/reports/queries.server.ts";
import { closeDatabase, pool } from "#app/lib/db.server.ts";
import type { Position } from "#app/lib/page.ts";
import { atMost, figure, percentile, type Row } from "./row";
import { benchAward, benchShop, type BenchAward, type BenchShop } from "./shop";

const COUPONS = 1_000_000;
const ISSUED = 400_000;
const REDEEMED = 200_000;
const CUSTOMERS = 100_000;
const AWARDS = 500;
const ENTRIES = 20_000;
/** Rows of each list of operations; a tenth of them failed. */
const OPERATIONS = 100_000;
const LOCATIONS = 5_000;
const CALLS = 100;
const WARM = 5;
/** Both take a millisecond or a few: a page whose time grows with its depth would take hundreds of times the first. */
const MOST_OF_FIRST = 3;

type Read = (position: Position) => Promise<unknown>;

export async function bench(): Promise<Row[]> {
  const now = new Date();
  const shop = await benchShop();
  const stocked = await plant(shop, now);
  const pages = await pagesOf(shop, stocked, now);
  const rows: Row[] = [];
  for (const [name, { read, deep }] of Object.entries(pages)) {
    const first: number[] = [];
    const far: number[] = [];
    // In turn, so that a slow moment of the machine hits both.
    for (let call = -WARM; call < CALLS; call++) {
      const took = [await timed(() => read(null)), deep === null ? null : await timed(() => read({ direction: "after", key: deep }))] as const;
      if (call < 0) continue;
      first.push(took[0]);
      if (took[1] !== null) far.push(took[1]);
    }
    const p99 = percentile([...first, ...far], 0.99);
    rows.push(name === "home" ? figure(`${name}: p99`, p99, "ms") : atMost(`${name}: p99`, p99, "ms", 50));
    if (far.length > 0) rows.push(atMost(`${name}: far down / first`, percentile(far, 0.5) / percentile(first, 0.5), "×", MOST_OF_FIRST));
  }
  await closeDatabase();
  return rows;
}

async function timed(read: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await read();
  return performance.now() - startedAt;
}

/** What each page asks for, all at once as its loader does, and a key near the end of its list. */
async function pagesOf(shop: BenchShop, { number }: BenchAward, now: Date): Promise<Record<string, { read: Read; deep: string[] | null }>> {
  const { id: shopId, domain } = shop;
  const one = async (sql: string): Promise<bigint> => {
    const { rows } = await pool.query<{ id: string }>(sql, [shopId]);
    if (!rows[0]) throw new Error(`nothing was planted for ${sql}`);
    return BigInt(rows[0].id);
  };
  /** An id with one in fifty of the rows behind it. */
  const deepIn = async (table: string, where = "true") => [String(await one(`SELECT percentile_disc(0.02) WITHIN GROUP (ORDER BY "id") AS id FROM "${table}" WHERE "shopId" = $1 AND ${where}`))];
  const customerId = await one(`SELECT "customerId" AS id FROM "PointsEntry" WHERE "shopId" = $1 LIMIT 1`);
  const endpointId = await one(`SELECT "id" FROM "WebhookEndpoint" WHERE "shopId" = $1`);
  const importId = await one(`SELECT max("id") AS id FROM "Import" WHERE "shopId" = $1`);
  const { rows: [used] } = await pool.query<{ code: string }>(`SELECT c."code" FROM "Coupon" c WHERE c."shopId" = $1 AND c."status" = 'redeemed' LIMIT 1`, [shopId]);
  const code = used?.code ?? "";
  const redemptions = (narrowed: Partial<RedemptionQuery>) => (position: Position) => listRedemptions(shopId, { awardNumber: null, text: "", since: null, until: null, reversed: null, ...narrowed, position });
  const customers = (text: string) => async (position: Position) => {
    const page = await listCustomers(shopId, { text, position });
    await readStandings(shopId, page.rows.map(({ id }) => id), now);
  };
  const coupons = (filter: (typeof COUPON_FILTERS)[number] | null, text = "") => (position: Position) => listCoupons(shopId, { awardNumber: number, text, filter, position }, now);
  return {
    home: { read: () => Promise.all([readOverview(shop, now), liabilityAt(shopId, now), readHealth(shop), readSetup(shopId), listStockWarnings(shopId, now)]), deep: null },
    ...Object.fromEntries(AWARD_SORTS.map((sort) => [`awards, ${sort}`, { read: (position: Position) => listAwards(shopId, { text: "", state: null, sort, position }, now), deep: null }])),
    "awards, searched": { read: (position) => listAwards(shopId, { text: "ward 4", state: "active", sort: "newest", position }, now), deep: null },
    award: { read: () => Promise.all([findAward(shopId, number), awardFigures(shopId, number), redemptions({ awardNumber: number })(null)]), deep: null },
    "coupons of an award": { read: coupons(null), deep: await deepIn("Coupon") },
    ...Object.fromEntries(await Promise.all(COUPON_FILTERS.map(async (filter) => [`coupons, ${filter}`, { read: coupons(filter), deep: await deepIn("Coupon") }]))),
    "coupons, by code": { read: coupons(null, code), deep: null },
    coupon: { read: () => findCouponDetail(shopId, code, now), deep: null },
    redemptions: { read: redemptions({}), deep: await deepIn("Redemption") },
    "redemptions of an award": { read: redemptions({ awardNumber: number }), deep: await deepIn("Redemption") },
    "redemptions of a month": { read: redemptions({ since: new Date(now.getTime() - 30 * 86_400_000), until: now }), deep: await deepIn("Redemption") },
    "redemptions undone": { read: redemptions({ reversed: true }), deep: await deepIn("Redemption") },
    "redemptions, by order": { read: redemptions({ text: "#B1234" }), deep: null },
    "redemptions, by code": { read: redemptions({ text: code }), deep: null },
    "redemptions, by a customer's name": { read: redemptions({ text: "Ada" }), deep: null },
    customers: { read: customers(""), deep: await deepIn("Customer") },
    "customers, by the beginning of a name": { read: customers("Ada"), deep: null },
    "customers, by address": { read: customers("customer77@example.com"), deep: null },
    customer: {
      read: () => Promise.all([
        findCustomerById(shopId, customerId), listMergedInto(shopId, customerId), findBalance(shopId, customerId, now), findOutlook(shopId, customerId, now),
        readStanding(shopId, customerId, now), listCouponsOf(shopId, customerId),
      ]),
      deep: null,
    },
    "customer's statement": { read: (position) => listStatement(shopId, customerId, position), deep: [String(ENTRIES / 50)] },
    "customer's coupons (API)": { read: (position) => listCustomerCoupons(shopId, { customerId, status: null, location: null, zone: null, position, size: 100 }, now), deep: null },
    "changes that wait": { read: (position) => listChanges(shopId, "pending", position), deep: await deepIn("Change", `"status" = 'pending'`) },
    "changes that failed": { read: (position) => listChanges(shopId, "failed", position), deep: await deepIn("Change", `"status" = 'failed'`) },
    webhooks: { read: (position) => listEvents(domain, false, position), deep: [String(await one(`SELECT percentile_disc(0.02) WITHIN GROUP (ORDER BY e."id") AS id FROM "InboxEvent" e JOIN "Shop" s ON s."domain" = e."shopDomain" WHERE s."id" = $1`))] },
    "webhooks that failed": { read: (position) => listEvents(domain, true, position), deep: null },
    differences: { read: (position) => Promise.all([listDrift(shopId, "waiting", position), countDrift(shopId), readLastLooks(shopId)]), deep: await deepIn("Drift", `"status" = 'queued'`) },
    "differences that ended": { read: (position) => listDrift(shopId, "ended", position), deep: await deepIn("Drift", `"status" <> 'queued'`) },
    endpoints: { read: () => listEndpoints(shopId), deep: null },
    deliveries: { read: (position) => Promise.all([findEndpoint(shopId, endpointId), listDeliveries(shopId, endpointId, { failedOnly: false, position })]), deep: [String(await one(`SELECT percentile_disc(0.02) WITHIN GROUP (ORDER BY "eventId") AS id FROM "WebhookDelivery" WHERE "shopId" = $1`))] },
    "deliveries that failed": { read: (position) => listDeliveries(shopId, endpointId, { failedOnly: true, position }), deep: null },
    imports: { read: (position) => listImports(shopId, position), deep: await deepIn("Import") },
    "rows of an import": { read: (position) => Promise.all([findImport(shopId, importId), listImportRows(shopId, importId, { fate: null, position })]), deep: [String(OPERATIONS - 100)] },
    "rows of an import, of one fate": { read: (position) => listImportRows(shopId, importId, { fate: "duplicate", position }), deep: [String(OPERATIONS - 100)] },
    locations: { read: (position) => Promise.all([listLocations(shopId, { text: "", position }), listGroups(shopId)]), deep: ["Shop 998", "loc-998"] },
    "locations, searched": { read: (position) => listLocations(shopId, { text: "shop 49", position }), deep: null },
  };
}

/** The whole shop, spread over 60 days; two shops' worth of nothing beside it would change no plan, so there is one. */
async function plant(shop: BenchShop, now: Date): Promise<BenchAward> {
  const { id: shopId, domain } = shop;
  const run = (sql: string, ...values: unknown[]) => pool.query(sql, [shopId, ...values]);
  const ago = (share: string) => `$2::timestamptz - interval '60 days' * (${share})`;
  const award = await benchAward(shopId, 0);
  for (let n = 1; n < AWARDS; n++) await benchAward(shopId, 40);
  await run(
    `INSERT INTO "Customer" ("shopId", "gid", "firstName", "lastName", "email", "createdAt", "updatedAt")
     SELECT $1, 'gid://shopify/Customer/' || n, (ARRAY['Ada', 'Berta', 'Carl', 'Dora', 'Emil'])[1 + abs(hashint4(n)) % 5], 'Person ' || n, 'customer' || n || '@example.com', ${ago(`n / ${CUSTOMERS}.0`)}, $2 FROM generate_series(1, ${CUSTOMERS}) n`, now);
  const { rows: [customer] } = await run(`SELECT min("id") AS id FROM "Customer" WHERE "shopId" = $1`);
  const firstCustomer = String(customer.id);
  await run(
    `INSERT INTO "Coupon" ("shopId", "awardNumber", "poolId", "parentId", "code", "codeState", "status", "customerId", "issuedAt", "usesCount")
     SELECT $1, $3, $4, $5, upper(md5('lists:' || n)), (CASE WHEN n % 100 = 0 AND n > ${ISSUED} THEN 'failed' ELSE 'live' END)::"CodeState",
       (CASE WHEN n <= ${REDEEMED} THEN 'redeemed' WHEN n <= ${ISSUED} THEN 'issued' WHEN n % 50 = 1 THEN 'expired' WHEN n % 50 = 2 THEN 'revoked' WHEN n % 50 = 3 THEN 'archived' ELSE 'available' END)::"CouponStatus",
       CASE WHEN n <= ${ISSUED} THEN $6::bigint + n % ${CUSTOMERS} END, CASE WHEN n <= ${ISSUED} THEN ${ago(`n / ${ISSUED}.0`)} END, CASE WHEN n <= ${REDEEMED} THEN 1 ELSE 0 END
     FROM generate_series(1, ${COUPONS}) n ORDER BY md5(n::text)`, now, award.number, award.poolId, award.parentId, firstCustomer);
  await run(
    `INSERT INTO "Issuance" ("shopId", "awardNumber", "couponId", "customerId", "points", "requestKey", "channel", "status", "issuedAt")
     SELECT c."shopId", c."awardNumber", c."id", c."customerId", 100, 'lists-' || c."id", 'checkout', (CASE c."status" WHEN 'redeemed' THEN 'redeemed' ELSE 'open' END)::"IssuanceStatus", c."issuedAt"
     FROM "Coupon" c WHERE c."shopId" = $1 AND c."customerId" IS NOT NULL`);
  await run(
    `INSERT INTO "Redemption" ("shopId", "awardNumber", "couponId", "customerId", "orderGid", "orderName", "channel", "discountMinor", "currency", "flags", "redeemedAt", "recordedAt")
     SELECT c."shopId", c."awardNumber", c."id", c."customerId", 'gid://shopify/Order/' || n, '#B' || n, 'web', 500, 'EUR', '{}', c."issuedAt", c."issuedAt"
     FROM (SELECT *, row_number() OVER (ORDER BY "issuedAt" DESC) n FROM "Coupon" WHERE "shopId" = $1 AND "status" = 'redeemed') c`);
  await run(`INSERT INTO "RedemptionReversal" ("shopId", "redemptionId", "reason", "reversedAt") SELECT "shopId", "id", 'cancelled', "redeemedAt" FROM "Redemption" WHERE "shopId" = $1 AND "id" % 40 = 0`);
  await run(`INSERT INTO "PointsAccount" ("shopId", "customerId", "balance", "held") SELECT "shopId", "id", 500, 100 FROM "Customer" WHERE "shopId" = $1`);
  await run(
    `INSERT INTO "PointsEntry" ("shopId", "customerId", "seq", "kind", "points", "balanceAfter", "reasonKey", "hash", "occurredAt")
     SELECT $1, $3::bigint, n, 'earned', 10, n * 10, 'lists:' || n, '\\x00', ${ago(`1 - n / ${ENTRIES}.0`)} FROM generate_series(1, ${ENTRIES}) n`, now, firstCustomer);
  await run(`INSERT INTO "PointsLot" ("shopId", "customerId", "entryId", "points", "remaining", "createdAt") SELECT "shopId", "customerId", "id", 10, 10, "occurredAt" FROM "PointsEntry" WHERE "shopId" = $1`);
  await run(
    `INSERT INTO "Change" ("shopId", "kind", "subject", "status", "nextAttemptAt", "createdAt")
     SELECT $1, 'withdraw_code', c."id", (CASE WHEN c."n" % 10 = 0 THEN 'failed' ELSE 'pending' END)::"ChangeStatus", $2, $2
     FROM (SELECT "id", row_number() OVER () n FROM "Coupon" WHERE "shopId" = $1 AND "status" = 'issued' LIMIT ${OPERATIONS}) c`, now);
  await pool.query(
    `INSERT INTO "InboxEvent" ("shopDomain", "webhookId", "topic", "apiVersion", "body", "status", "receivedAt")
     SELECT $1, 'lists-' || n, 'orders/create', '2026-07', '\\x7b7d', (CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'done' END)::"InboxStatus", $2 FROM generate_series(1, ${OPERATIONS}) n`, [domain, now]);
  await run(
    `INSERT INTO "Drift" ("shopId", "kind", "subject", "details", "status", "reason", "foundAt", "seenAt")
     SELECT $1, 'code_missing', 'CODE' || n, jsonb_build_object('awardNumber', 1 + n % ${AWARDS}), (CASE WHEN n % 2 = 0 THEN 'queued' ELSE 'healed' END)::"DriftStatus", 'Planted', $2, $2 FROM generate_series(1, ${OPERATIONS}) n`, now);
  await run(`INSERT INTO "WebhookEndpoint" ("shopId", "url", "secret", "kinds", "listensFrom", "createdAt") VALUES ($1, 'https://example.com/', 'secret', '{coupon.issued}', $2, $2)`, now);
  await run(`INSERT INTO "Event" ("shopId", "kind", "data", "seq", "occurredAt") SELECT $1, 'coupon.issued', '{}', n, $2 FROM generate_series(1, ${OPERATIONS}) n`, now);
  await run(
    `INSERT INTO "WebhookDelivery" ("shopId", "endpointId", "eventId", "status", "nextAttemptAt", "giveUpAt", "createdAt")
     SELECT e."shopId", p."id", e."id", (CASE WHEN e."seq" % 10 = 0 THEN 'failed' ELSE 'delivered' END)::"DeliveryStatus", $2, $2, $2 FROM "Event" e JOIN "WebhookEndpoint" p USING ("shopId") WHERE e."shopId" = $1`, now);
  await run(`INSERT INTO "Import" ("shopId", "kind", "fileName", "requestKey", "status", "rowsCount", "createdAt") SELECT $1, 'codes', 'codes.csv', 'lists-' || n, 'applied', ${OPERATIONS}, $2 FROM generate_series(1, 2000) n`, now);
  await run(
    `INSERT INTO "ImportRow" ("shopId", "importId", "line", "input", "fate")
     SELECT $1, (SELECT max("id") FROM "Import" WHERE "shopId" = $1), n, 'CODE' || n, CASE WHEN n % 1000 = 0 THEN 'duplicate' END FROM generate_series(1, ${OPERATIONS}) n`);
  await run(`INSERT INTO "Location" ("shopId", "id", "name", "zone", "concept") SELECT $1, 'loc-' || n, 'Shop ' || n, 'zone ' || n % 50, 'concept ' || n % 5 FROM generate_series(1, ${LOCATIONS}) n`);
  await pool.query("VACUUM ANALYZE");
  return award;
}
