/** After the storm: what was lost, what was done twice, and where our books, the store's codes and its orders disagree. */
import { prisma } from "#app/lib/db.server.ts";
import { checkBooks } from "#test/properties/books.ts";
import type { StoreShop } from "#test/store/store.ts";
import type { Promised } from "./shoppers";

export interface Verdict {
  /** Each fault in words. */
  lost: string[];
  doubled: string[];
  drift: string[];
  /** Facts that were recorded although they break a rule. */
  flagged: string[];
}

/** Compares everything with everything; each list is empty when all is well. */
export async function judge(shopId: number, shop: StoreShop, promised: Promised[], now: Date): Promise<Verdict> {
  const verdict: Verdict = { lost: [], doubled: [], drift: [], flagged: [] };
  await judgePromises(shopId, promised, verdict);
  await judgeOrders(shopId, shop, verdict);
  await judgeCodes(shopId, shop, verdict);
  verdict.drift.push(...(await checkBooks(shopId, now)));
  const open = await prisma.drift.findMany({ where: { shopId, status: "queued" }, select: { kind: true, reason: true } });
  for (const { kind, reason } of open) verdict.drift.push(`${kind}: ${reason}`);
  const stuck = await prisma.inboxEvent.findMany({ where: { shopDomain: shop.domain, status: { in: ["received", "failed"] } }, select: { id: true, topic: true, problem: true } });
  for (const { id, topic, problem } of stuck) verdict.lost.push(`webhook ${id} (${topic}) is not worked: ${problem}`);
  const changes = await prisma.change.findMany({ where: { shopId, status: { not: "done" } }, select: { kind: true, subject: true, status: true, problem: true } });
  for (const { kind, subject, status, problem } of changes) verdict.drift.push(`change ${kind} ${subject} is ${status}: ${problem}`);
  return verdict;
}

/** Every coupon the app said it had issued exists, once, with the code it named. */
async function judgePromises(shopId: number, promised: Promised[], { lost, doubled }: Verdict): Promise<void> {
  const issuances = await prisma.issuance.findMany({ where: { shopId }, select: { requestKey: true, couponId: true, status: true } });
  const rows = await prisma.coupon.findMany({ where: { shopId }, select: { id: true, code: true, shared: true } });
  const coupons = new Map(rows.map(({ id, code }) => [id, code]));
  const shared = new Set(rows.filter((row) => row.shared).map(({ id }) => id));
  for (const { requestKey, code } of promised) {
    const found = issuances.filter((issuance) => issuance.requestKey.endsWith(`:${requestKey}`));
    if (found.length > 1) doubled.push(`request ${requestKey} made ${found.length} issuances`);
    if (!found.some(({ couponId }) => coupons.get(couponId) === code)) lost.push(`code ${code} was promised and is not issued`);
  }
  const holders = new Map<bigint, number>();
  for (const { couponId, status } of issuances) if (status === "open") holders.set(couponId, (holders.get(couponId) ?? 0) + 1);
  for (const [couponId, count] of holders) if (count > 1 && !shared.has(couponId)) doubled.push(`coupon ${coupons.get(couponId)} is in ${count} hands`);
}

/** Every order's use of a code of ours is a redemption, every redemption has its order, and both agree on whether it was undone. */
async function judgeOrders(shopId: number, shop: StoreShop, { lost, drift, flagged }: Verdict): Promise<void> {
  const ours = new Map((await prisma.coupon.findMany({ where: { shopId }, select: { id: true, code: true } })).map(({ id, code }) => [code, id]));
  const redemptions = await prisma.redemption.findMany({ where: { shopId } });
  const reversed = new Set((await prisma.redemptionReversal.findMany({ where: { shopId } })).map(({ redemptionId }) => redemptionId));
  const told = new Set<bigint>();
  for (const order of shop.orders.values()) {
    const undone = order.cancelledAt !== null || order.refunds.length > 0;
    for (const { code } of order.applications) {
      const couponId = ours.get(code.toUpperCase());
      if (couponId === undefined) continue;
      const redemption = redemptions.find((row) => row.orderGid === order.gid && row.couponId === couponId);
      if (!redemption) {
        lost.push(`order ${order.name} used ${code}, and it is not recorded`);
        continue;
      }
      told.add(redemption.id);
      if (redemption.flags.length) flagged.push(`order ${order.name}, ${code}: ${redemption.flags.join(", ")}`);
      if (undone !== reversed.has(redemption.id)) drift.push(`order ${order.name} is ${undone ? "" : "not "}undone, its redemption the other way`);
    }
  }
  for (const { id, orderGid } of redemptions) if (!told.has(id) && !orderGid.startsWith("transaction:")) drift.push(`redemption ${id} names ${orderGid}, which did not use its code`);
}

/** A code that we call live is on Shopify, one that we call withdrawn is not, and Shopify has none of ours that we do not know. */
async function judgeCodes(shopId: number, shop: StoreShop, { drift }: Verdict): Promise<void> {
  const coupons = await prisma.coupon.findMany({ where: { shopId }, select: { code: true, codeState: true, status: true } });
  for (const { code, codeState, status } of coupons) {
    const there = shop.findCode(code) !== null;
    if (there !== (codeState === "live")) drift.push(`code ${code} (${status}) is ${codeState} here and ${there ? "" : "not "}on Shopify`);
  }
  const known = new Set(coupons.map(({ code }) => code));
  const parents = await prisma.parentDiscount.findMany({ where: { shopId } });
  const seeds = new Set(parents.map(({ seedCode }) => seedCode));
  const discounts = new Set(parents.map(({ gid }) => gid));
  for (const gid of shop.discounts.keys()) {
    if (!discounts.has(gid)) drift.push(`discount ${gid} on Shopify belongs to no award`);
    for (const code of shop.codesOf(gid)) if (!known.has(code) && !seeds.has(code)) drift.push(`code ${code} on Shopify is not ours`);
  }
}
