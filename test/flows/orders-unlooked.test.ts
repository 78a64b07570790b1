/** A new database: its connections have planned what orders used while its tables were nearly empty, and no statistics have come since. */
import { expect, it } from "vitest";
import { issueCoupons } from "#app/domain/coupons/issue.server.ts";
import type { OrderFacts } from "#app/domain/orders/order.ts";
import { recordOrders } from "#app/domain/orders/record.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid } from "#app/lib/gid.ts";
import { newAward, newShop, NOON, oneLine } from "#test/factories.ts";
import { rowsRead, watchPlans } from "#test/rows-read.ts";

watchPlans();

const SET = 100;
/** More than an order needs, and far less than a walk through the award's codes. */
const ROWS_EACH = 8_000;

/** A shop whose customers each have a coupon of an award with so many codes; the orders that use them. */
async function ordersOf(customers: number, codes: number): Promise<{ shopId: number; orders: OrderFacts[] }> {
  const { id: shopId } = await newShop();
  const { number: awardNumber } = await newAward(shopId, { codes: 1, pointsPrice: null });
  await prisma.$executeRaw`
    INSERT INTO "Coupon" ("shopId", "awardNumber", "poolId", "parentId", "code", "codeState")
    SELECT c."shopId", c."awardNumber", c."poolId", c."parentId", 'CODE-' || c."shopId" || '-' || n, 'live' FROM (SELECT * FROM "Coupon" WHERE "shopId" = ${shopId}) c, generate_series(1, ${codes}::int) n`;
  await prisma.$executeRaw`INSERT INTO "Customer" ("shopId", "gid", "updatedAt") SELECT ${shopId}, 'gid://shopify/Customer/' || n, now() FROM generate_series(1, ${customers}::int) n`;
  const known = await prisma.customer.findMany({ where: { shopId }, orderBy: { id: "asc" }, select: { id: true } });
  await issueCoupons(shopId, known.map(({ id }) => ({ customerId: id, awardNumber, requestKey: String(id), channel: "api", distributed: true })), NOON);
  const held = await prisma.coupon.findMany({ where: { shopId, customerId: { not: null } }, select: { code: true, customerId: true }, orderBy: { customerId: "asc" } });
  expect(held).toHaveLength(customers);
  const orders = held.map(({ code }, n): OrderFacts => ({
    gid: gid("Order", `${shopId}0${n}`), name: `#${n}`, currency: "EUR", lines: oneLine(5000), totalMinor: 5000, discountMinor: 500, taxesIncluded: false, test: false, channel: "web",
    customer: { gid: gid("Customer", String(n + 1)), firstName: null, lastName: null, email: null, phone: null, registeredAt: null, updatedAt: NOON },
    processedAt: NOON, updatedAt: NOON, codes: [{ code, discountMinor: 500 }],
  }));
  return { shopId, orders };
}

async function record({ shopId, orders }: { shopId: number; orders: OrderFacts[] }): Promise<void> {
  for (let from = 0; from < orders.length; from += SET) await inTransaction((tx) => recordOrders(tx, shopId, orders.slice(from, from + SET), NOON));
}

it("records 1,000 orders that used coupons of an award with 80,000 codes without walking through these for each", async () => {
  for (let times = 0; times < 8; times++) await record(await ordersOf(3, 10));
  const large = await ordersOf(1_000, 80_000);
  const read = await rowsRead(() => record(large));
  expect(read).toBeLessThan(1_000 * ROWS_EACH);
  expect(await prisma.redemption.count({ where: { shopId: large.shopId } })).toBe(1_000);
});
