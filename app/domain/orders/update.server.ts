/** Orders are told again, as they are now: what changed about them is found, and what follows from it is done. */
import { isDeepStrictEqual } from "node:util";
import type { Order } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { exactMinor } from "../../lib/money";
import { addToTallies } from "../awards/tally.server";
import { storedCode } from "../codes/list";
import { lockUses, redeemOnOrders } from "../coupons/redeem.server";
import { reverseRedemptions } from "../coupons/reverse.server";
import { undoReplacements } from "../coupons/undo-replacement.server";
import { rememberCustomer } from "../customers/remember.server";
import { pointsFor } from "../points/earn";
import { earnFromOrders } from "../points/earn-from-orders.server";
import { readEarningRules, tierMultipliers } from "../points/earning-rules.server";
import { moveEarning } from "../points/move-earning.server";
import { cancelOrder } from "./cancel.server";
import { codesTaking, earnedLines, retold, termsOf } from "./earned-lines";
import { keepOrder, lockOrders } from "./lock-order.server";
import { EarnedLine, TOTAL_LINE, type OrderNews } from "./order";
import { recordUnknown } from "./record.server";
import { recordRefund } from "./refund.server";
import { readGone, settleOrder } from "./settle.server";
import { undoRemoved } from "./undo-removed.server";

export interface OrderUpdate {
  outcome:
    /** We had never heard of it. */
    | "recorded"
    /** Something of ours changed with it. */
    | "updated"
    | "unchanged"
    /** It was placed before the shop had the app: it earned nothing, and none of our codes can be on it. */
    | "before_us";
}

/** Takes in what is new about one order. */
export async function updateOrder(tx: Tx, shopId: number, news: OrderNews, now: Date): Promise<OrderUpdate> {
  const [update] = await updateOrders(tx, shopId, [news], now);
  if (!update) throw new Error("news of an order came to nothing");
  return update;
}

/**
 * Takes in what is new about these orders, as if one after another: edits, another customer, refunds and cancellations that were
 * not told by themselves. Refunds and cancellations are facts however old the news is; the rest counts only if it is not older
 * than what we have. News that was told before costs one look for all of it; if only its time is new, that is noted: older news
 * that comes after it must not count, though it differs.
 */
export async function updateOrders(tx: Tx, shopId: number, news: OrderNews[], now: Date): Promise<OrderUpdate[]> {
  const seen = await look(tx, shopId, news);
  const isRepeated = (one: OrderNews) => news.some((other) => other !== one && other.gid === one.gid);
  const differing = news.filter((one) => seen.get(one)?.differs !== false || isRepeated(one));
  const newer = news.filter((one) => !differing.includes(one) && seen.get(one)?.isNewer);
  if (differing.length + newer.length === 0) return news.map(() => ({ outcome: "unchanged" }));

  const isBeforeUs = differing.every((one) => seen.has(one)) ? () => false : await sinceWhen(tx, shopId);
  const known = differing.filter((one) => seen.has(one) || !isBeforeUs(one));
  await lockOrders(tx, shopId, [...known, ...newer].map(({ gid }) => gid));
  const wanted = [...known, ...(await noteNewer(tx, shopId, newer, seen))];
  const unknown = wanted.filter((one) => !seen.has(one));
  const recorded = unknown.length > 0 ? await recordUnknown(tx, shopId, unknown.map(withCodesThatTake), now) : [];
  const fresh = new Set(unknown.filter((_, index) => recorded[index] === "recorded"));

  const outcomes = new Map<OrderNews, OrderUpdate["outcome"]>();
  for (const one of wanted) outcomes.set(one, await updateLocked(tx, shopId, { news: one, isFresh: fresh.has(one) }, now));
  return news.map((one) => ({ outcome: outcomes.get(one) ?? (differing.includes(one) ? "before_us" : "unchanged") }));
}

/** Notes how new our news of these orders is; answers those about which something else was told since they were looked at. */
async function noteNewer(tx: Tx, shopId: number, newer: OrderNews[], seen: Map<OrderNews, Look>): Promise<OrderNews[]> {
  if (newer.length === 0) return [];
  const noted = newer.map((one) => ({ gid: one.gid, at: one.updatedAt, seenAt: seen.get(one)?.order.sourceUpdatedAt }));
  const rows = await tx.$queryRaw<{ gid: string }[]>`
    UPDATE "Order" o SET "sourceUpdatedAt" = n."at"
    FROM (SELECT ${shopId}::int AS "shopId", n.* FROM jsonb_to_recordset(${JSON.stringify(noted)}::jsonb) AS n("gid" text, "at" timestamptz, "seenAt" timestamptz) OFFSET 0) n
    WHERE o."shopId" = n."shopId" AND o."gid" = n."gid" AND o."sourceUpdatedAt" = n."seenAt" RETURNING o."gid"`;
  return newer.filter(({ gid }) => !rows.some((row) => row.gid === gid));
}

/** Told late, a code that takes nothing may be one that an edit has removed since: nobody pays for a discount that is not there (`undoRemoved`). */
function withCodesThatTake(news: OrderNews): OrderNews {
  return { ...news, codes: news.codes.filter(({ discountMinor }) => discountMinor > 0) };
}

async function updateLocked(tx: Tx, shopId: number, { news, isFresh }: { news: OrderNews; isFresh: boolean }, now: Date): Promise<OrderUpdate["outcome"]> {
  const found = (await look(tx, shopId, [news])).get(news);
  if (!found) throw new Error(`order ${news.gid} was recorded and is not there`);
  if (isFresh) await undoRemoved(tx, shopId, [news], now);
  const isEdited = isFresh && news.lines.some(({ removed = 0 }) => removed > 0);
  if (!found.differs && !isEdited) {
    if (found.isNewer) await tx.order.updateMany({ where: { shopId, gid: news.gid }, data: { sourceUpdatedAt: news.updatedAt } });
    return isFresh ? "recorded" : "unchanged";
  }

  const { order, isOutdated } = found;
  const occasion = { key: await editKey(tx, shopId, news.gid), what: "edited", at: news.updatedAt, before: await readGone(tx, shopId, news.gid) };
  if (!isOutdated) await takeIn(tx, shopId, { order, news, key: occasion.key }, now);
  for (const refund of news.refunds) await recordRefund(tx, shopId, refund, now);
  if (news.cancelledAt !== null) await cancelOrder(tx, shopId, { orderGid: news.gid, cancelledAt: news.cancelledAt }, now);
  if (!isOutdated) await settleOrder(tx, shopId, news.gid, occasion, now);
  return isFresh ? "recorded" : "updated";
}

interface Look {
  order: Pick<Order, "customerId" | "cancelledAt" | "undoneAt" | "sourceUpdatedAt"> & { lines: EarnedLine[] };
  /** We have newer news of it than these. */
  isOutdated: boolean;
  /** These are newer than any we have. */
  isNewer: boolean;
  differs: boolean;
}

/** The orders as we have them, and whether the news says anything else about them; those we do not have are left out. One round trip. */
async function look(tx: Tx, shopId: number, news: OrderNews[]): Promise<Map<OrderNews, Look>> {
  const asked = news.map(({ gid, refunds }) => ({ gid, refunds: [...new Set(refunds.map((refund) => refund.gid))] }));
  const rows = await tx.$queryRaw<(Pick<Order, "customerId" | "cancelledAt" | "undoneAt" | "sourceUpdatedAt" | "lines"> & { i: number; customerGid: string | null; isErased: boolean; refundsMissing: number })[]>`
    SELECT (a.i - 1)::int AS i, o."customerId", o."cancelledAt", o."undoneAt", o."sourceUpdatedAt", o."lines", k."gid" AS "customerGid", k."erasedAt" IS NOT NULL AS "isErased",
      (SELECT count(*)::int FROM jsonb_array_elements_text(a.asked -> 'refunds') AS told(gid)
        WHERE NOT EXISTS (SELECT 1 FROM "Refund" r WHERE r."shopId" = ${shopId} AND r."gid" = told.gid AND r."appliedAt" IS NOT NULL)) AS "refundsMissing"
    FROM jsonb_array_elements(${JSON.stringify(asked)}::jsonb) WITH ORDINALITY AS a(asked, i)
    JOIN "Order" o ON o."shopId" = ${shopId} AND o."gid" = a.asked ->> 'gid'
    LEFT JOIN "Customer" k ON k."shopId" = ${shopId} AND k."id" = o."customerId"`;
  return new Map(rows.flatMap(({ i, customerGid, isErased, refundsMissing, ...row }) => {
    const one = news[i];
    if (!one) return [];
    const order = { ...row, lines: EarnedLine.array().parse(row.lines) };
    const [isOutdated, isNewer] = [one.updatedAt < row.sourceUpdatedAt, one.updatedAt > row.sourceUpdatedAt];
    const isOthers = one.customer !== null && one.customer.gid !== customerGid && !isErased;
    const hasFacts = refundsMissing > 0 || (one.cancelledAt !== null && order.cancelledAt === null);
    return [[one, { order, isOutdated, isNewer, differs: hasFacts || (!isOutdated && (isOthers || !isDeepStrictEqual(order.lines, relined(order.lines, one, () => null)))) }]];
  }));
}

/** Whether an order was placed before the shop had the app. */
async function sinceWhen(tx: Tx, shopId: number): Promise<(news: OrderNews) => boolean> {
  // A shop that comes back has had the app since it first came; what it sold in between is caught up on.
  const { installedAt, createdAt } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { installedAt: true, createdAt: true } });
  // Shopify tells whole seconds: an order of that very second may be of after it.
  const since = Math.floor(Math.min(installedAt.getTime(), createdAt.getTime()) / 1000) * 1000;
  return ({ processedAt }) => processedAt.getTime() < since;
}

/** Unique among this order's entries: an edit that posts one raises the count. */
async function editKey(tx: Tx, shopId: number, orderGid: string): Promise<string> {
  return `edit:${orderGid}:${await tx.pointsEntry.count({ where: { shopId, orderGid } })}`;
}

/** Stores the order as it is told now, with what was added at the rates of the order's time. */
async function takeIn(tx: Tx, shopId: number, { order, news, key }: { order: Look["order"]; news: OrderNews; key: string }, now: Date): Promise<void> {
  const buyer = news.customer ? await rememberCustomer(tx, shopId, news.customer) : null;
  // Not as it was looked at: they may have been merged since.
  const { customerId: ownerId } = await keepOrder(tx, shopId, news.gid);
  // Whose it was stands under a pseudonym: what they earned with it, and may have spent, is not given anew to whoever it names.
  const customerId = ownerId !== null && (await isErased(tx, shopId, ownerId)) ? ownerId : (buyer?.id ?? ownerId);
  const lines = await linesNow(tx, shopId, order.lines, news, customerId);
  // Before what was added in the same step: the use of a code that is gone takes no room from it, and its points are there to pay with.
  const removed = codesRemoved(order.lines, news);
  if (removed.length > 0) await reverseRedemptions(tx, shopId, { orderGid: news.gid, customerId, reason: "removed", reversedAt: news.updatedAt, codes: removed }, now);
  await redeemAdded(tx, shopId, order.lines, news, customerId, now);

  const note = `Order ${news.name}`;
  if (ownerId !== null && customerId !== null && customerId !== ownerId) {
    await moveEarning(tx, shopId, { orderGid: news.gid, fromId: ownerId, toId: customerId, key, note: `${note} is another customer's`, occurredAt: news.updatedAt }, now);
  }
  const { totalMinor, discountMinor, updatedAt } = news;
  const earningMinor = exactMinor(lines.reduce((sum, line) => sum + line.earningMinor, 0));
  const { count } = await tx.order.updateMany({
    where: { shopId, gid: news.gid, sourceUpdatedAt: { lte: updatedAt } },
    data: { customerId, lines, earningMinor, totalMinor, discountMinor, sourceUpdatedAt: updatedAt },
  });
  if (count === 0) throw new Error(`order ${news.gid} was updated while it was locked`);
  // A guest's order that is somebody's now earns as one that was placed, also where points have to mature.
  if (ownerId === null && customerId !== null && order.undoneAt === null) {
    await earnFromOrders(tx, shopId, [{ customerId, orderGid: news.gid, points: pointsFor(lines, news.currency), note, occurredAt: news.processedAt }], now);
  }
}

async function isErased(tx: Tx, shopId: number, customerId: bigint): Promise<boolean> {
  return (await tx.customer.count({ where: { shopId, id: customerId, erasedAt: { not: null } } })) > 0;
}

async function linesNow(tx: Tx, shopId: number, known: EarnedLine[], news: OrderNews, customerId: bigint | null): Promise<EarnedLine[]> {
  const added = news.lines.filter(({ id }) => !known.some((line) => line.id === id));
  if (added.length === 0) return relined(known, news, () => null);
  const rules = await readEarningRules(tx, shopId, added, news.processedAt);
  const tiers = await tierMultipliers(tx, shopId, customerId === null ? [] : [{ customerId, at: news.processedAt, orderGid: news.gid }], rules);
  const earned = earnedLines({ ...news, lines: added }, rules.on(news.processedAt), customerId === null ? 1000 : (tiers.get(customerId) ?? 1000));
  return relined(known, news, (id) => earned.find((line) => line.id === id) ?? null);
}

/**
 * The lines as they are told now: those we know at their own terms, new ones at those of the same product where the order had it
 * (its collections may have changed since), else as `ofDay` says. A line that is told no more was taken away.
 */
function relined(known: EarnedLine[], { lines }: OrderNews, ofDay: (id: string) => EarnedLine | null): EarnedLine[] {
  if (known.some(({ id }) => id === TOTAL_LINE)) return known;
  const told = lines.map((line) => {
    const same = known.find(({ id }) => id === line.id) ?? known.find(({ variantGid }) => variantGid !== null && variantGid === line.variantGid);
    if (same) return retold(line, termsOf(same));
    return ofDay(line.id) ?? retold(line, { taxShare: 0, rateMilli: 0, earns: false });
  });
  const gone = known.filter(({ id }) => !lines.some((line) => line.id === id)).map((line) => ({ ...line, removed: line.quantity }));
  return [...told, ...gone];
}

/**
 * Codes that took something off the order and take nothing any more: an edit removed them. Refunds and units taken away leave what was
 * taken off as it was.
 */
function codesRemoved(known: EarnedLine[], { lines }: OrderNews): string[] {
  if (known.some(({ id }) => id === TOTAL_LINE)) return [];
  const told = codesTaking(lines);
  return [...codesTaking(known).keys()].filter((code) => !told.has(code));
}

/** Codes that an edit added, or put back, are used on this order as any other, from now on. */
async function redeemAdded(tx: Tx, shopId: number, known: EarnedLine[], news: OrderNews, customerId: bigint | null, now: Date): Promise<void> {
  const before = codesTaking(known);
  const codes = news.codes.filter(({ code, discountMinor }) => discountMinor > 0 && !before.has(storedCode(code)));
  if (codes.length === 0) return;
  const { gid, name, channel, currency, updatedAt } = news;
  const order = { orderGid: gid, orderName: name, customerId, channel, currency, codes, redeemedAt: updatedAt };
  await undoReplacements(tx, shopId, { orderGid: gid, customerId, codes: codes.map(({ code }) => storedCode(code)) }, now);
  const locked = await lockUses(tx, shopId, [order], now);
  await addToTallies(tx, shopId, await redeemOnOrders(tx, shopId, locked, [order], now));
}
