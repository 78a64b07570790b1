/** An edit put something back on an order that had gone back as a whole: what it earns again, its coupons cost again. */
import type { Order } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { addToTallies } from "../awards/tally.server";
import { lockUses, redeemOnOrders } from "../coupons/redeem.server";
import { undoReplacements } from "../coupons/undo-replacement.server";
import { codesTaking } from "./earned-lines";
import { EarnedLine } from "./order";

/**
 * Records that the order uses its coupons again, as long as they take something off it. Their uses that were undone stay so: these are
 * uses of a coupon that was given back: if its points were, charged where its owner's spendable points cover it, and flagged. The order is locked by the caller.
 */
export async function useAgain(tx: Tx, shopId: number, { gid, name, customerId, currency, processedAt, lines }: Order, now: Date): Promise<void> {
  const taking = codesTaking(EarnedLine.array().parse(lines));
  const [last] = await tx.redemption.findMany({ where: { shopId, orderGid: gid }, orderBy: { id: "desc" }, take: 1, select: { channel: true } });
  if (!last || taking.size === 0) return;
  // As of the order's own time: it was within the coupon's days then.
  const uses = { orderGid: gid, orderName: name, customerId, channel: last.channel, currency, redeemedAt: processedAt, codes: [...taking].map(([code, discountMinor]) => ({ code, discountMinor })) };
  await undoReplacements(tx, shopId, { orderGid: gid, customerId, codes: [...taking.keys()] }, now);
  await addToTallies(tx, shopId, await redeemOnOrders(tx, shopId, await lockUses(tx, shopId, [uses], now), [uses], now));
}
