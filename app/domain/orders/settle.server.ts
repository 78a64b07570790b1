/** The points of an order follow what is left of it: what its coupons cost comes back, what it earned goes. */
import type { Order } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { exactMinor } from "../../lib/money";
import { NOTHING, type Share } from "../coupons/share";
import { returnShares, type GoneShares } from "../coupons/return-shares.server";
import { reverseRedemptions } from "../coupons/reverse.server";
import { setEarning } from "../points/set-earning.server";
import { leftOf, type Left } from "./left";
import { keepOrder } from "./lock-order.server";
import { EarnedLine, RefundedLine } from "./order";
import { useAgain } from "./use-again.server";

/** What the order is settled for. */
export interface Occasion {
  /** Says why in the reasons of its entries; the same occasion posts once. */
  key: string;
  /** "refunded", "edited": completes "Order #1001 …". */
  what: string;
  at: Date;
  /** What had gone back of each code before the order was edited: what came back since is charged again. Left out: it was not edited. */
  before?: GoneBefore;
}

type GoneBefore = (code: string) => Share;

/**
 * Brings everything that hangs on an order to what is left of it, all refunds, edits and a cancellation so far taken together.
 * The order is locked by the caller.
 */
export async function settleOrder(tx: Tx, shopId: number, orderGid: string, { key, what, at, before }: Occasion, now: Date): Promise<void> {
  const order = await keepOrder(tx, shopId, orderGid);
  const { customerId, name, cancelledAt, currency } = order;
  const { left, refundedMinor } = (await readLeft(tx, shopId, [order])).get(orderGid) ?? NEVER_REFUNDED;
  const isUndone = cancelledAt !== null || left.isEveryUnitGone || (order.totalMinor > 0n && refundedMinor >= order.totalMinor);
  await tx.order.updateMany({ where: { shopId, gid: orderGid }, data: { refundedMinor } });

  if (isUndone) {
    await tx.order.updateMany({ where: { shopId, gid: orderGid, undoneAt: null }, data: { undoneAt: at } });
    const reason = cancelledAt === null ? "refunded" : "cancelled";
    await reverseRedemptions(tx, shopId, { orderGid, customerId, reason, reversedAt: at }, now);
  } else if (order.undoneAt !== null) {
    await tx.order.updateMany({ where: { shopId, gid: orderGid }, data: { undoneAt: null } });
    await useAgain(tx, shopId, order, now);
  }
  // Also after a reversal: of a coupon that stands on another order too, that order alone decides now.
  const notes = { note: `Order ${name} ${what}: points of its coupon returned`, spentNote: `Order ${name} ${what}: points of its coupon spent again` };
  await returnShares(tx, shopId, { orderGid, customerId, key, ...notes, occurredAt: at, readShares: (gids) => readShares(tx, shopId, gids), ...(before && { before }) }, now);
  if (customerId !== null) {
    const points = isUndone ? 0 : left.points(currency);
    await setEarning(tx, shopId, { customerId, orderGid, points, reasonKey: `unearn:${key}`, note: `Order ${name} ${what}`, occurredAt: at }, now);
  }
}

/** What has gone back of each code on this order so far. The order is locked by the caller. */
export async function readGone(tx: Tx, shopId: number, orderGid: string): Promise<GoneBefore> {
  const shares = await readShares(tx, shopId, [orderGid]);
  return (code) => shares(orderGid, code);
}

interface OrderLeft {
  left: Left;
  refundedMinor: number;
}

const NEVER_REFUNDED: OrderLeft = { left: leftOf([], []), refundedMinor: 0 };

/** What is left of these orders after the refunds that were applied. */
async function readLeft(tx: Tx, shopId: number, orders: Pick<Order, "gid" | "lines" | "taxesIncluded">[]): Promise<Map<string, OrderLeft>> {
  const refunds = await tx.refund.findMany({ where: { shopId, orderGid: { in: orders.map(({ gid }) => gid) }, appliedAt: { not: null } } });
  return new Map(orders.map(({ gid, lines, taxesIncluded }) => {
    const own = refunds.filter(({ orderGid }) => orderGid === gid);
    const parts = own.map((refund) => ({ lines: RefundedLine.array().parse(refund.lines), beyondMinor: exactMinor(refund.beyondMinor), beyondTaxMinor: exactMinor(refund.beyondTaxMinor) }));
    const refunded = own.map(({ refundedMinor, refundedOnTopMinor }) => (taxesIncluded ? refundedMinor : (refundedOnTopMinor ?? refundedMinor)));
    return [gid, { left: leftOf(EarnedLine.array().parse(lines), parts), refundedMinor: exactMinor(refunded.reduce((sum, minor) => sum + minor, 0n)) }];
  }));
}

async function readShares(tx: Tx, shopId: number, gids: string[]): Promise<GoneShares> {
  const orders = await tx.order.findMany({ where: { shopId, gid: { in: gids } }, select: { gid: true, lines: true, taxesIncluded: true } });
  const left = await readLeft(tx, shopId, orders);
  return (orderGid, code) => left.get(orderGid)?.left.goneShare(code) ?? NOTHING;
}
