/** Orders were placed: their codes are redeemed, they earn points, and refunds that came before them are applied. */
import type { Tx } from "../../lib/db.server";
import { addToTallies, type TallyChange } from "../awards/tally.server";
import { lockUses, redeemOnOrders, type LockedUses } from "../coupons/redeem.server";
import type { RedemptionFacts } from "../coupons/redemption";
import { rememberCustomers } from "../customers/remember.server";
import { pointsFor } from "../points/earn";
import { earnFromOrders } from "../points/earn-from-orders.server";
import { readEarningRules, tierMultipliers, type EarningRulesNow } from "../points/earning-rules.server";
import { applyRefunds } from "./apply-refunds.server";
import { earnedLines } from "./earned-lines";
import { lockOrders } from "./lock-order.server";
import type { EarnedLine, OrderFacts } from "./order";
import { undoRemoved } from "./undo-removed.server";

type Recorded = "recorded" | "already_recorded";

/** Records an order and everything that follows from it, once. `already_recorded`: nothing was changed, unless it names codes that it had lost before it was recorded. */
export async function recordOrder(tx: Tx, shopId: number, order: OrderFacts, now: Date): Promise<{ outcome: Recorded }> {
  const [outcome] = await recordOrders(tx, shopId, [order], now);
  if (!outcome) throw new Error("an order was not recorded");
  return { outcome };
}

/**
 * Records orders as if one after another, in a number of round trips that does not grow with them; answers what came of each.
 * Told after an edit that took codes off them, only now do we hear of those.
 */
export async function recordOrders(tx: Tx, shopId: number, orders: OrderFacts[], now: Date): Promise<Recorded[]> {
  const outcomes = await recordUnknown(tx, shopId, orders, now);
  await undoRemoved(tx, shopId, orders.filter((_, index) => outcomes[index] === "already_recorded"), now);
  return outcomes;
}

/** The same of orders that may not be told as they were placed. Everything they are decided by is locked first, for all of them at once. */
export async function recordUnknown(tx: Tx, shopId: number, orders: OrderFacts[], now: Date): Promise<Recorded[]> {
  await lockOrders(tx, shopId, orders.map(({ gid }) => gid));
  const known = new Set(await knownGids(tx, shopId, orders));
  const outcomes = orders.map(({ gid }): Recorded => {
    if (known.has(gid)) return "already_recorded";
    known.add(gid);
    return "recorded";
  });
  const fresh = orders.filter((_, index) => outcomes[index] === "recorded");
  if (fresh.length > 0) await recordFresh(tx, shopId, fresh, now);
  return outcomes;
}

async function knownGids(tx: Tx, shopId: number, orders: OrderFacts[]): Promise<string[]> {
  const found = await tx.order.findMany({ where: { shopId, gid: { in: orders.map(({ gid }) => gid) } }, select: { gid: true } });
  return found.map(({ gid }) => gid);
}

interface Fresh {
  facts: OrderFacts;
  customerId: bigint | null;
  redemptions: RedemptionFacts;
}

async function recordFresh(tx: Tx, shopId: number, facts: OrderFacts[], now: Date): Promise<void> {
  const oldest = new Date(Math.min(...facts.map(({ processedAt }) => processedAt.getTime())));
  const rules = await readEarningRules(tx, shopId, facts.flatMap(({ lines }) => lines), oldest);
  const buyers = await rememberCustomers(tx, shopId, facts.flatMap(({ customer }) => customer ?? []));
  const ofGid = new Map(facts.flatMap(({ customer }) => customer?.gid ?? []).map((gid, index) => [gid, buyers[index]?.id ?? null]));
  const orders = facts.map((order): Fresh => {
    const customerId = order.customer ? (ofGid.get(order.customer.gid) ?? null) : null;
    const { gid, name, channel, currency, codes, processedAt } = order;
    return { facts: order, customerId, redemptions: { orderGid: gid, orderName: name, customerId, channel, currency, codes, redeemedAt: processedAt } };
  });

  const locked = await lockUses(tx, shopId, orders.map(({ redemptions }) => redemptions), now);
  const refunded = new Set(await gidsWithRefunds(tx, shopId, facts));
  const changes: TallyChange[] = [];
  for (const set of setsOf(orders, locked, refunded)) {
    changes.push(...(await recordSet(tx, shopId, { orders: set, rules, locked }, now)));
    const last = set.at(-1)?.facts.gid;
    if (last === undefined || !refunded.has(last)) continue;
    // A refund that undoes a use takes it off the tally, where it must have been counted.
    await addToTallies(tx, shopId, changes.splice(0));
    await applyRefunds(tx, shopId, last, now);
  }
  await addToTallies(tx, shopId, changes);
}

/** Orders whose refund came before them. */
async function gidsWithRefunds(tx: Tx, shopId: number, orders: OrderFacts[]): Promise<string[]> {
  const refunds = await tx.refund.findMany({ where: { shopId, orderGid: { in: orders.map(({ gid }) => gid) } }, select: { orderGid: true } });
  return refunds.map(({ orderGid }) => orderGid);
}

/**
 * The orders in their order, cut where one must see what those before it did: it shares a customer or a coupon with them
 * (of codes for everybody the uses are counted anyway), or a refund follows it.
 */
function setsOf(orders: Fresh[], { byOrder }: LockedUses, refunded: Set<string>): Fresh[][] {
  const sets: Fresh[][] = [];
  let set: Fresh[] = [];
  let taken = new Set<string>();
  const cut = () => {
    if (set.length > 0) sets.push(set);
    [set, taken] = [[], new Set()];
  };
  for (const order of orders) {
    const uses = byOrder.get(order.facts.gid) ?? [];
    const people = [order.customerId, ...uses.map(({ ownerId }) => ownerId)].filter((id) => id !== null);
    const own = [...people.map((id) => `customer ${id}`), ...uses.filter(({ shared }) => !shared).map(({ couponId }) => `coupon ${couponId}`)];
    if (own.some((one) => taken.has(one))) cut();
    set.push(order);
    for (const one of own) taken.add(one);
    if (refunded.has(order.facts.gid)) cut();
  }
  cut();
  return sets;
}

async function recordSet(tx: Tx, shopId: number, { orders, rules, locked }: { orders: Fresh[]; rules: EarningRulesNow; locked: LockedUses }, now: Date): Promise<TallyChange[]> {
  const tiers = await tierMultipliers(tx, shopId, orders.flatMap(({ customerId, facts: { gid, processedAt } }) => (customerId === null ? [] : [{ customerId, at: processedAt, orderGid: gid }])), rules);
  const rows = orders.map((order) => ({ ...order, lines: earnedLines(order.facts, rules.on(order.facts.processedAt), order.customerId === null ? 1000 : (tiers.get(order.customerId) ?? 1000)) }));
  await storeOrders(tx, shopId, rows, now);
  const changes = await redeemOnOrders(tx, shopId, locked, orders.map(({ redemptions }) => redemptions), now);
  const earnings = rows.flatMap(({ customerId, lines, facts: { gid, name, currency, processedAt } }) =>
    customerId === null ? [] : [{ customerId, orderGid: gid, points: pointsFor(lines, currency), note: `Order ${name}`, occurredAt: processedAt }],
  );
  await earnFromOrders(tx, shopId, earnings, now);
  return changes;
}

async function storeOrders(tx: Tx, shopId: number, orders: (Fresh & { lines: EarnedLine[] })[], now: Date): Promise<void> {
  const rows = orders.map(({ customerId, lines, facts: { gid, name, currency, totalMinor, discountMinor, taxesIncluded, test, processedAt, updatedAt } }) => ({
    gid, name, customerId: customerId === null ? null : String(customerId), currency, earningMinor: lines.reduce((sum, line) => sum + line.earningMinor, 0), lines,
    totalMinor, discountMinor, taxesIncluded, test, processedAt, sourceUpdatedAt: updatedAt,
  }));
  await tx.$executeRaw`
    INSERT INTO "Order" ("shopId", "gid", "name", "customerId", "currency", "earningMinor", "lines", "totalMinor", "discountMinor", "taxesIncluded", "test",
      "processedAt", "sourceUpdatedAt", "recordedAt")
    SELECT ${shopId}::int, o.*, ${now}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS o("gid" text, "name" text, "customerId" bigint, "currency" text, "earningMinor" bigint, "lines" jsonb,
      "totalMinor" bigint, "discountMinor" bigint, "taxesIncluded" boolean, "test" boolean, "processedAt" timestamptz, "sourceUpdatedAt" timestamptz)`;
}
