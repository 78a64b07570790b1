/** Refunds take back what their part of the order had earned, at the rate of the time of the order. */
import type { Order, Refund } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { exactMinor } from "../../lib/money";
import { reverseRedemptions } from "../coupons/reverse.server";
import { pointsKept } from "../points/earn";
import { setEarning } from "../points/set-earning.server";
import { EarnedLine } from "./order";

/** Applies every refund of the order that waits. Without the order they go on waiting. The order is locked by the caller. */
export async function applyRefunds(tx: Tx, shopId: number, orderGid: string, now: Date): Promise<void> {
  const order = await tx.order.findUnique({ where: { shopId_gid: { shopId, gid: orderGid } } });
  if (!order) return;
  const waiting = await tx.refund.findMany({ where: { shopId, orderGid, appliedAt: null }, orderBy: [{ refundedAt: "asc" }, { gid: "asc" }] });
  for (const refund of waiting) await applyRefund(tx, shopId, order, refund, now);
}

async function applyRefund(tx: Tx, shopId: number, order: Order, refund: Refund, now: Date): Promise<void> {
  const { count } = await tx.refund.updateMany({ where: { shopId, gid: refund.gid, appliedAt: null }, data: { appliedAt: now } });
  if (count === 0) return;
  const applied = await tx.refund.aggregate({
    where: { shopId, orderGid: order.gid, appliedAt: { not: null } },
    _sum: { earningMinor: true, taxMinor: true, refundedMinor: true },
  });
  const refundedMinor = exactMinor(applied._sum.refundedMinor ?? 0);
  const refundedEarning = exactMinor((applied._sum.earningMinor ?? 0n) - (order.taxesIncluded ? (applied._sum.taxMinor ?? 0n) : 0n));
  await tx.order.updateMany({ where: { shopId, gid: order.gid }, data: { refundedMinor } });

  if (isFullyRefunded(order, refundedMinor, refundedEarning)) {
    await reverseRedemptions(tx, shopId, { orderGid: order.gid, customerId: order.customerId, reason: "refunded", reversedAt: refund.refundedAt }, now);
  }
  if (order.customerId !== null) {
    await setEarning(tx, shopId, {
      customerId: order.customerId, orderGid: order.gid, points: order.cancelledAt ? 0 : pointsKept(EarnedLine.array().parse(order.lines), refundedEarning, order.currency),
      reasonKey: `unearn:${refund.gid}`, note: `Order ${order.name} refunded`, occurredAt: refund.refundedAt,
    }, now);
  }
}

/** Everything paid went back, or every line that earns did. */
function isFullyRefunded({ totalMinor, earningMinor }: Order, refundedMinor: number, refundedEarning: number): boolean {
  return (totalMinor > 0 && refundedMinor >= totalMinor) || (earningMinor > 0 && refundedEarning >= earningMinor);
}
