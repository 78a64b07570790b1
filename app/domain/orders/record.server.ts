/** An order was placed: its codes are redeemed, it earns points, and refunds that came before it are applied. */
import type { Tx } from "../../lib/db.server";
import { redeemOnOrder } from "../coupons/redeem.server";
import { rememberCustomer } from "../customers/remember.server";
import { pointsFor } from "../points/earn";
import { earnFromOrders } from "../points/earn-from-orders.server";
import { readEarningRules, tierMultipliers } from "../points/earning-rules.server";
import { applyRefunds } from "./apply-refunds.server";
import { earnedLines } from "./earned-lines";
import { lockOrder } from "./lock-order.server";
import type { OrderFacts } from "./order";

/** Records an order and everything that follows from it, once. `already_recorded`: nothing was changed. */
export async function recordOrder(tx: Tx, shopId: number, order: OrderFacts, now: Date): Promise<{ outcome: "recorded" | "already_recorded" }> {
  await lockOrder(tx, shopId, order.gid);
  if (await tx.order.findUnique({ where: { shopId_gid: { shopId, gid: order.gid } }, select: { gid: true } })) return { outcome: "already_recorded" };

  const rules = await readEarningRules(tx, shopId, order.lines);
  const customerId = order.customer ? (await rememberCustomer(tx, shopId, order.customer)).id : null;
  const tiers = await tierMultipliers(tx, shopId, customerId === null ? [] : [customerId], now);
  const lines = earnedLines(order, rules, customerId === null ? 1000 : (tiers.get(customerId) ?? 1000));
  const earningMinor = lines.reduce((sum, line) => sum + line.earningMinor, 0);
  const { gid, name, currency, totalMinor, discountMinor, taxesIncluded, test, processedAt, updatedAt } = order;
  await tx.order.create({
    data: { shopId, gid, name, customerId, currency, earningMinor, lines, totalMinor, discountMinor, taxesIncluded, test, processedAt, sourceUpdatedAt: updatedAt, recordedAt: now },
  });

  const { channel, codes } = order;
  await redeemOnOrder(tx, shopId, { orderGid: gid, orderName: name, customerId, channel, currency, codes, redeemedAt: processedAt }, now);
  if (customerId !== null) {
    await earnFromOrders(tx, shopId, [{ customerId, orderGid: gid, points: pointsFor(lines, currency), note: `Order ${name}`, occurredAt: processedAt }], now);
  }
  await applyRefunds(tx, shopId, gid, now);
  return { outcome: "recorded" };
}
