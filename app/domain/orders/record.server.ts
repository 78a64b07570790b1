/** An order was placed: its codes are redeemed, it earns points, and refunds that came before it are applied. */
import type { Tx } from "../../lib/db.server";
import { redeemOnOrder } from "../coupons/redeem.server";
import { rememberCustomer } from "../customers/remember.server";
import { pointsFor } from "../points/earn";
import { postEntry } from "../points/post.server";
import { applyRefunds } from "./apply-refunds.server";
import { lockOrder } from "./lock-order.server";
import type { OrderFacts } from "./order";

/** Records an order and everything that follows from it, once. `already_recorded`: nothing was changed. */
export async function recordOrder(tx: Tx, shopId: number, order: OrderFacts, now: Date): Promise<{ outcome: "recorded" | "already_recorded" }> {
  await lockOrder(tx, shopId, order.gid);
  if (await tx.order.findUnique({ where: { shopId_gid: { shopId, gid: order.gid } }, select: { gid: true } })) return { outcome: "already_recorded" };

  const { earnRate } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { earnRate: true } });
  const customerId = order.customer ? (await rememberCustomer(tx, shopId, order.customer)).id : null;
  const { gid, name, currency, earningMinor, totalMinor, discountMinor, taxesIncluded, test, processedAt, updatedAt } = order;
  await tx.order.create({
    data: { shopId, gid, name, customerId, currency, earningMinor, totalMinor, discountMinor, taxesIncluded, earnRate, test, processedAt, sourceUpdatedAt: updatedAt, recordedAt: now },
  });

  const { channel, codes } = order;
  await redeemOnOrder(tx, shopId, { orderGid: gid, orderName: name, customerId, channel, currency, codes, redeemedAt: processedAt }, now);
  const points = test ? 0 : pointsFor(earningMinor, earnRate, currency);
  if (customerId !== null && points > 0) {
    await postEntry(tx, shopId, { customerId, kind: "earned", points, reasonKey: `earn:${gid}`, note: `Order ${name}`, orderGid: gid, occurredAt: processedAt }, now);
  }
  await applyRefunds(tx, shopId, gid, now);
  return { outcome: "recorded" };
}
