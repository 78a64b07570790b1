/** Codes that orders had when they were placed, and that an edit took off before we heard of them: Shopify has used them up all the same. */
import { MovedMeanwhile, type Tx } from "../../lib/db.server";
import { addToTallies } from "../awards/tally.server";
import { storedCode } from "../codes/list";
import { lockUses, redeemOnOrders } from "../coupons/redeem.server";
import { reverseRedemptions } from "../coupons/reverse.server";
import type { OrderFacts } from "./order";

/** An order that we know, as it was when it named these codes. */
export type Placed = Pick<OrderFacts, "gid" | "name" | "channel" | "currency" | "processedAt" | "codes">;

/**
 * Records that these orders used their codes, and in the same breath that an edit took them off: whatever they cost is back, the
 * coupon is what its award makes of a use that is undone, and we count what Shopify counts. Only where a coupon still waits for its
 * order: one that went back or was used elsewhere meanwhile is left as it is. The orders are recorded and locked.
 */
export async function undoRemoved(tx: Tx, shopId: number, orders: Placed[], now: Date): Promise<void> {
  for (const { order, codes, customerId, removedAt } of await findRemoved(tx, shopId, orders)) {
    const { gid, name, channel, currency, processedAt } = order;
    const uses = { orderGid: gid, orderName: name, customerId, channel, currency, redeemedAt: processedAt, codes: order.codes.filter(({ code }) => codes.includes(storedCode(code))) };
    const locked = await lockUses(tx, shopId, [uses], now);
    const [still] = await findRemoved(tx, shopId, [order]);
    if (still?.codes.length !== codes.length) throw new MovedMeanwhile(`a coupon of order ${gid} was given back or used while it was waited for`);
    await addToTallies(tx, shopId, await redeemOnOrders(tx, shopId, locked, [uses], now));
    await reverseRedemptions(tx, shopId, { orderGid: gid, customerId, reason: "removed", reversedAt: removedAt, codes }, now);
  }
}

interface Removed {
  order: Placed;
  codes: string[];
  customerId: bigint | null;
  /** The first news that we had of the order did not have them any more. */
  removedAt: Date;
}

/** Codes of coupons that were given before the order and are not used, though it named them. */
async function findRemoved(tx: Tx, shopId: number, orders: Placed[]): Promise<Removed[]> {
  const asked = orders.flatMap(({ gid, processedAt, codes }, i) => codes.map(({ code }) => ({ i, gid, processedAt, code: storedCode(code) })));
  if (asked.length === 0) return [];
  // Shopify tells whole seconds: a coupon of that very second may be of before it.
  const rows = await tx.$queryRaw<{ i: number; codes: string[]; customerId: bigint | null; removedAt: Date }[]>`
    SELECT q."i", array_agg(DISTINCT c."code") AS codes, o."customerId", o."sourceUpdatedAt" AS "removedAt"
    FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) AS q("i" int, "gid" text, "processedAt" timestamptz, "code" text)
    CROSS JOIN LATERAL (SELECT o.* FROM "Order" o WHERE o."shopId" = ${shopId} AND o."gid" = q."gid" OFFSET 0) o
    CROSS JOIN LATERAL (SELECT c.* FROM "Coupon" c WHERE c."shopId" = ${shopId} AND c."code" = q."code" OFFSET 0) c
    CROSS JOIN LATERAL (SELECT FROM "Issuance" i WHERE i."shopId" = ${shopId} AND i."couponId" = c."id" AND i."status" IN ('open', 'returning')
      AND i."issuedAt" < q."processedAt" + interval '1 second' AND (NOT c."shared" OR i."customerId" = o."customerId") LIMIT 1) i
    WHERE NOT EXISTS (SELECT 1 FROM "Redemption" r WHERE r."shopId" = ${shopId} AND r."orderGid" = q."gid" AND r."couponId" = c."id")
    GROUP BY q."i", o."customerId", o."sourceUpdatedAt" ORDER BY q."i"`;
  return rows.flatMap(({ i, ...removed }) => {
    const order = orders[i];
    return order ? [{ order, ...removed }] : [];
  });
}
