/**
 * All codes of a large shop and its orders, matched with what Shopify says, differences planted among them. Shopify's side is made up as
 * it is read: the local store would not hold a million codes. All else is what runs in production: bulk results over HTTP, COPY, matching,
 * looking again, recording. A fifth of it, unless --full is asked for.
 */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { closeDatabase, pool, prisma } from "#app/lib/db.server.ts";
import type { AdminPort } from "#app/shopify/operation.ts";
import { reconcileCodes } from "#app/sync/reconcile/codes.server.ts";
import { reconcileOrders } from "#app/sync/reconcile/orders.server.ts";
import type { PassStep } from "#app/sync/reconcile/pass.server.ts";
import { atMost, figure, type Row } from "./row";
import { benchAward, benchShop } from "./shop";

const FULL = process.env.BENCH_FULL === "1";
const CODES = FULL ? 1_000_000 : 200_000;
const ORDERS = FULL ? 200_000 : 40_000;
/** Differences of each kind. */
const PLANTED = FULL ? 1000 : 200;
const DISCOUNT = "gid://shopify/DiscountCodeNode/1";
const DAY_MS = 86_400_000;

/** Coupons are numbered from 1; those of the last ORDERS were used, each on the order of the same number. */
const isMissing = (n: number) => n <= PLANTED;
const isUnrecorded = (n: number) => n > 2 * PLANTED && n <= 3 * PLANTED;
const isUsed = (n: number) => n > CODES - ORDERS;
const isMiscounted = (n: number) => n > CODES - PLANTED;
const isDeleted = (n: number) => isUsed(n) && n <= CODES - ORDERS + PLANTED;
const isCancelled = (n: number) => n > CODES - ORDERS + PLANTED && n <= CODES - ORDERS + 2 * PLANTED;
/** Orders that nobody told us of, without a code. */
const isUntold = (n: number) => n > CODES && n <= CODES + PLANTED;

export async function bench(): Promise<Row[]> {
  const now = new Date();
  const placedAt = new Date(Math.floor(now.getTime() / 1000) * 1000 - DAY_MS);
  const { id: shopId, domain: shopDomain } = await benchShop();
  await prisma.shop.update({ where: { id: shopId }, data: { installedAt: new Date(now.getTime() - 7 * DAY_MS), createdAt: new Date(now.getTime() - 7 * DAY_MS) } });
  const award = await benchAward(shopId, CODES);
  const codeOf = (n: number) => createHash("md5").update(`${award.number}:${n}`).digest("hex").toUpperCase();
  await plant(shopId, award, placedAt);

  const shopify = await serveResults(codeOf, placedAt);
  const admin = answering(shopify.url, codeOf, placedAt);
  const look = { shopId, shopDomain, admin, now: () => new Date(), demanded: true };
  const timed = async (step: () => Promise<PassStep>) => {
    const startedAt = performance.now();
    for (let done = false; !done; ) done = (await step()).outcome === "done";
    return (performance.now() - startedAt) / 60_000;
  };
  const orders = await timed(() => reconcileOrders(look));
  const codes = await timed(() => reconcileCodes(look));
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  shopify.close();
  const found = await counted(shopId);
  await closeDatabase();
  const size = `${CODES.toLocaleString("en")} codes and ${ORDERS.toLocaleString("en")} orders`;
  return [
    figure(`${ORDERS.toLocaleString("en")} orders looked at, ${(2 * PLANTED).toLocaleString("en")} of them read whole and recorded`, orders, "min"),
    figure(`${CODES.toLocaleString("en")} codes read, matched three ways, differences healed or kept`, codes, "min"),
    atMost(`${size} (Shopify's side made up, over loopback HTTP)`, orders + codes, "min", FULL ? 15 : 5),
    atMost("peak memory of the process", peakMiB, "MiB", 400),
    ...Object.entries(found).map(([kind, count]) => atMost(`${kind}: of ${PLANTED} planted, not found or too many`, Math.abs(count - PLANTED), "", 0)),
  ];
}

/** Our side: codes that should be gone, orders and the uses they recorded. */
async function plant(shopId: number, award: { number: number; parentId: bigint }, placedAt: Date): Promise<void> {
  await prisma.parentDiscount.updateMany({ where: { shopId, id: award.parentId }, data: { gid: DISCOUNT } });
  const [first] = await prisma.$queryRaw<{ id: bigint }[]>`SELECT min("id") AS id FROM "Coupon" WHERE "shopId" = ${shopId}`;
  const before = Number(first?.id ?? 1n) - 1;
  await pool.query(`UPDATE "Coupon" SET "status" = 'revoked', "codeState" = 'withdrawn' WHERE "shopId" = $1 AND "id" > $2 AND "id" <= $3`, [shopId, before + PLANTED, before + 2 * PLANTED]);
  await pool.query(`UPDATE "Coupon" SET "status" = 'redeemed', "usesCount" = 1 WHERE "shopId" = $1 AND "id" > $2`, [shopId, before + CODES - ORDERS]);
  await pool.query(
    `INSERT INTO "Order" ("shopId", "gid", "name", "currency", "earningMinor", "totalMinor", "discountMinor", "processedAt", "sourceUpdatedAt")
     SELECT $1, 'gid://shopify/Order/' || n, '#' || n, 'EUR', 0, 4900, 500, $4::timestamptz, $4::timestamptz FROM generate_series($2::int, $3::int) n`,
    [shopId, CODES - ORDERS + 1, CODES, placedAt],
  );
  await pool.query(
    `INSERT INTO "Redemption" ("shopId", "awardNumber", "couponId", "orderGid", "orderName", "channel", "discountMinor", "currency", "flags", "redeemedAt", "recordedAt")
     SELECT $1, $2, $3::bigint + n, 'gid://shopify/Order/' || n, '#' || n, 'web', 500, 'EUR', '{}', $6::timestamptz, $6::timestamptz FROM generate_series($4::int, $5::int) n`,
    [shopId, award.number, before, CODES - ORDERS + 1, CODES, placedAt],
  );
  await prisma.awardTally.updateMany({ where: { shopId, awardNumber: award.number }, data: { issued: ORDERS, used: ORDERS } });
  for (const table of ["Coupon", "Order", "Redemption"]) await pool.query(`VACUUM ANALYZE "${table}"`);
}

type CodeOf = (n: number) => string;

/** The files of two bulk queries, written as they are read. */
async function serveResults(codeOf: CodeOf, placedAt: Date): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    Readable.from(inPieces(request.url === "/orders" ? orderLines(placedAt) : codeLines(codeOf))).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

function* inPieces(lines: Iterable<object>): Generator<string> {
  let piece = "";
  for (const line of lines) {
    piece += `${JSON.stringify(line)}\n`;
    if (piece.length < 65_536) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

function* codeLines(codeOf: CodeOf): Generator<object> {
  yield { id: DISCOUNT };
  for (let n = 1; n <= CODES; n++) {
    if (isMissing(n)) continue;
    yield { id: `gid://shopify/DiscountRedeemCode/${n}`, code: codeOf(n), asyncUsageCount: (isUsed(n) && !isMiscounted(n)) || isUnrecorded(n) ? 1 : 0, __parentId: DISCOUNT };
  }
  for (let n = 1; n <= PLANTED; n++) yield { id: `gid://shopify/DiscountRedeemCode/${CODES + n}`, code: `BY-HAND-${n}`, asyncUsageCount: 0, __parentId: DISCOUNT };
}

const orderGid = (n: number) => `gid://shopify/Order/${n}`;

function listed(n: number, placedAt: Date): object {
  return { id: orderGid(n), updatedAt: placedAt.toISOString(), cancelledAt: isCancelled(n) ? placedAt.toISOString() : null, refunds: [] };
}

function* orderLines(placedAt: Date): Generator<object> {
  for (let n = CODES - ORDERS + 1; n <= CODES + PLANTED; n++) if (!isDeleted(n)) yield listed(n, placedAt);
}

/** Shopify's answers to what is asked beside the files, checked as every answer is. */
function answering(url: string, codeOf: CodeOf, placedAt: Date): AdminPort {
  const numberOf = new Map<string, number>();
  for (let n = 1; n <= 3 * PLANTED; n++) numberOf.set(codeOf(n), n);
  return {
    call: (operation, variables) => Promise.resolve({ outcome: "ok", answer: operation.answer.parse(dataOf(operation.name, variables as Record<string, unknown>)), cost: null }),
  };
  function dataOf(name: string, variables: Record<string, unknown>): object {
    if (name.startsWith("findOwners")) return Object.fromEntries(Object.entries(variables).map(([key, code]) => [key, isMissing(numberOf.get(String(code)) ?? 0) ? null : { id: DISCOUNT }]));
    switch (name) {
      case "countOrders":
        return { ordersCount: { count: ORDERS } };
      case "runBulkQuery":
        return { bulkOperationRunQuery: { bulkOperation: { id: String(variables["query"]).includes("orders(") ? "orders" : "codes" }, userErrors: [] } };
      case "bulkProgress":
        return { bulkOperation: { status: "COMPLETED", errorCode: null, url: `${url}/${String(variables["id"])}` } };
      case "ordersWithCode": {
        const n = numberOf.get(String(variables["query"]).replace("discount_code:", "")) ?? 0;
        return { orders: { nodes: [listed(2_000_000 + n, placedAt)] } };
      }
      case "existingOrders":
        return { nodes: (variables["ids"] as string[]).map((id) => (isDeleted(Number(id.split("/").at(-1))) ? null : { id })) };
      case "readOrder":
        return { order: whole(Number(String(variables["id"]).split("/").at(-1)), codeOf, placedAt) };
      default:
        throw new Error(`nobody answers ${name}`);
    }
  }
}

function whole(n: number, codeOf: CodeOf, placedAt: Date): object {
  const code = isUntold(n) ? null : n > 2_000_000 ? codeOf(n - 2_000_000) : codeOf(n);
  const money = (amount: string) => ({ shopMoney: { amount, currencyCode: "EUR" } });
  const application = { index: 0, ...(code && { code }) };
  const allocations = code ? [{ allocatedAmountSet: money("5.00"), discountApplication: application }] : [];
  return {
    id: orderGid(n), name: `#${n}`, currencyCode: "EUR", taxesIncluded: true, test: false, sourceName: "web",
    processedAt: placedAt.toISOString(), updatedAt: placedAt.toISOString(), cancelledAt: isCancelled(n) ? placedAt.toISOString() : null,
    totalPriceSet: money(code ? "44.00" : "49.00"), totalDiscountsSet: money(code ? "5.00" : "0.00"), customer: null,
    discountApplications: { nodes: code ? [application] : [] }, shippingLines: { nodes: [] },
    lineItems: {
      nodes: [{ id: `gid://shopify/LineItem/${n}`, quantity: 1, currentQuantity: 1, isGiftCard: false, originalUnitPriceSet: money("49.00"), product: null, variant: null, taxLines: [], discountAllocations: allocations }],
      pageInfo: { hasNextPage: false, endCursor: null },
    },
    refunds: [],
  };
}

/** What was found, by what was planted. */
async function counted(shopId: number): Promise<Record<string, number>> {
  const drift = (kind: string) => prisma.drift.count({ where: { shopId, kind } });
  const [missing, left, unknown, deleted, cancelled, orders, byCode, miscounted] = await Promise.all([
    drift("code_missing"), drift("code_left"), drift("code_unknown"), drift("recorded_no_order"), drift("cancellation_missed"), drift("order_missed"),
    prisma.drift.findMany({ where: { shopId, kind: "order_missed" }, select: { subject: true } }).then((rows) => rows.filter(({ subject }) => Number(subject.split("/").at(-1)) > 2_000_000).length),
    prisma.seenCode.count({ where: { shopId, differs: true } }),
  ]);
  return {
    "code missing at Shopify": missing, "code left at Shopify": left, "code that is not ours": unknown, "use that nobody told": byCode, "order deleted at Shopify": deleted,
    "cancellation that nobody told": cancelled, "order that nobody told": orders - byCode, "count that differs, kept for the next look": miscounted,
  };
}
