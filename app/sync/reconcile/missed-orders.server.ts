/** Of orders that changed at Shopify, those with news for us are read whole and recorded. */
import { closeDrift, recordDrift, type FoundDrift } from "../../domain/drift/record.server";
import type { OrderNews, RefundFacts } from "../../domain/orders/order";
import { updateOrder, type OrderUpdate } from "../../domain/orders/update.server";
import { inTransaction, prisma } from "../../lib/db.server";
import { gidTail } from "../../lib/gid";
import { log } from "../../lib/log.server";
import type { AdminPort, AdminResult } from "../../shopify/operation";
import { moreLines, readOrder, readRefund, type ChangedOrder, type FoundOrder, type FoundRefund } from "../../shopify/operations/orders";
import { waitAfter } from "./bulk.server";
import { orderNewsOf, refundFactsOf } from "./order-facts";
import type { PassStep } from "./pass.server";

/** Pages of lines of one order, or of one refund, at most. */
const PAGES = 50;
/** Orders that were given up and are tried again in one run, at most. */
const RETRIES_PER_RUN = 50;

export interface Look {
  shopId: number;
  admin: AdminPort;
  now(): Date;
}

type Recorded = { outcome: "looked"; healed: number; queued: number };
type Again = Extract<PassStep, { outcome: "again" }>;

/** An order that could not be read or recorded: what was tried, and why it failed. */
export class OrderStumble extends Error {
  constructor(
    readonly orderId: string,
    cause: unknown,
  ) {
    super(`order ${gidTail(orderId)} could not be reconciled`, { cause });
  }
}

/** Records what these orders tell that is not here; each order in a transaction of its own. Throws OrderStumble; what came before it stays recorded. */
export async function recordMissed(look: Look, changed: ChangedOrder[]): Promise<Recorded | Again> {
  const recorded: Recorded = { outcome: "looked", healed: 0, queued: 0 };
  for (const order of await withNews(look.shopId, changed)) {
    const worked = await recordOne(look, order);
    if (worked.outcome === "again") return worked;
    recorded.healed += worked.healed;
  }
  return recorded;
}

/** Shows staff an order that failed every time: the pass goes on without it. */
export async function giveUpOrder(look: Look, { orderId, cause }: OrderStumble): Promise<void> {
  log.error({ shopId: look.shopId, order: orderId, err: cause }, "an order was given up");
  const found: FoundDrift = { kind: "order_unreadable", subject: orderId, reason: `Order ${gidTail(orderId)} could not be read or recorded; the fault is in the log.`, details: { orderGid: orderId } };
  await inTransaction((tx) => recordDrift(tx, look.shopId, [found], look.now()));
}

/**
 * Tries orders once more that were given up and not tried since: the fault may have been ours and mended, while the order never
 * changes again. One that fails goes on waiting for staff.
 */
export async function retryGivenUp(look: Look, triedBefore: Date): Promise<Recorded | Again> {
  const waiting = await prisma.drift.findMany({
    where: { shopId: look.shopId, kind: "order_unreadable", status: "queued", seenAt: { lt: triedBefore } }, orderBy: { seenAt: "asc" }, take: RETRIES_PER_RUN, select: { subject: true },
  });
  const recorded: Recorded = { outcome: "looked", healed: 0, queued: 0 };
  for (const { subject } of waiting) {
    try {
      const worked = await retryOne(look, subject);
      if (worked.outcome === "again") return worked;
      recorded.healed += worked.healed;
    } catch (error) {
      await giveUpOrder(look, new OrderStumble(subject, error));
    }
  }
  return recorded;
}

async function retryOne(look: Look, id: string): Promise<Recorded | Again> {
  const read = await readWhole(look, id);
  // It may only be too old to be shown: it is still not accounted for.
  if (read === null) throw new Error("Shopify shows the order no more");
  if ("outcome" in read) return read;
  const { updatedAt, cancelledAt, refunds } = read;
  const [news] = await withNews(look.shopId, [{ id, updatedAt, cancelledAt, refunds: refunds.map((refund) => ({ id: refund.gid })) }]);
  return { outcome: "looked", healed: await record(look, read, news ?? { id, isCancelled: false, refunds: [] }), queued: 0 };
}

interface News {
  id: string;
  /** What the webhooks left out, as far as the list shows it. */
  isCancelled: boolean;
  refunds: string[];
}

async function withNews(shopId: number, changed: ChangedOrder[]): Promise<News[]> {
  const [orders, refunds] = await Promise.all([
    prisma.order.findMany({ where: { shopId, gid: { in: changed.map(({ id }) => id) } }, select: { gid: true, cancelledAt: true, sourceUpdatedAt: true } }),
    prisma.refund.findMany({ where: { shopId, gid: { in: changed.flatMap((order) => order.refunds.map(({ id }) => id)) } }, select: { gid: true } }),
  ]);
  const known = new Map(orders.map((order) => [order.gid, order]));
  const told = new Set(refunds.map(({ gid }) => gid));
  return changed.flatMap((order) => {
    const here = known.get(order.id);
    const missing = order.refunds.map(({ id }) => id).filter((id) => !told.has(id));
    const isCancelled = order.cancelledAt !== null && here !== undefined && here.cancelledAt === null;
    const isNews = !here || isCancelled || missing.length > 0 || order.updatedAt > here.sourceUpdatedAt;
    return isNews ? [{ id: order.id, isCancelled, refunds: missing }] : [];
  });
}

async function recordOne(look: Look, news: News): Promise<Recorded | Again> {
  try {
    const read = await readWhole(look, news.id);
    if (read === null) return { outcome: "looked", healed: 0, queued: 0 };
    if ("outcome" in read) return read;
    return { outcome: "looked", healed: await record(look, read, news), queued: 0 };
  } catch (error) {
    throw new OrderStumble(news.id, error);
  }
}

/** The order as it is now; null: Shopify has it no more. */
async function readWhole(look: Look, id: string): Promise<OrderNews | Again | null> {
  const found = await look.admin.call(readOrder, { id });
  if (found.outcome === "refused") throw new Error(found.userErrors.map(({ message }) => message).join(" "));
  if (found.outcome !== "ok") return { outcome: "again", afterMs: waitAfter(found) };
  if (!found.answer) return null;
  const lines = await allLines(look, found.answer);
  if (!Array.isArray(lines)) return lines;
  const refunds: RefundFacts[] = [];
  for (const refund of found.answer.refunds) {
    const one = await wholeRefund(look, refund.id);
    if (one && "outcome" in one) return one;
    if (one) refunds.push(one);
  }
  return orderNewsOf(found.answer, lines, refunds);
}

async function allLines({ admin }: Look, { id, lineItems }: FoundOrder): Promise<FoundOrder["lineItems"]["nodes"] | Again> {
  const lines = [...lineItems.nodes];
  let { pageInfo } = lineItems;
  for (let page = 1; page < PAGES && pageInfo.hasNextPage; page++) {
    const more = await admin.call(moreLines, { id, after: pageInfo.endCursor });
    if (more.outcome !== "ok") return { outcome: "again", afterMs: waitAfter(more) };
    if (!more.answer) break;
    lines.push(...more.answer.nodes);
    pageInfo = more.answer.pageInfo;
  }
  return lines;
}

async function wholeRefund({ admin }: Look, id: string): Promise<RefundFacts | Again | null> {
  const lines: FoundRefund["refundLineItems"]["nodes"] = [];
  let after: string | null = null;
  for (let count = 0; count < PAGES; count++) {
    const found: AdminResult<FoundRefund | null> = await admin.call(readRefund, { id, after });
    if (found.outcome !== "ok") return { outcome: "again", afterMs: waitAfter(found) };
    if (!found.answer) return null;
    const page: FoundRefund["refundLineItems"] = found.answer.refundLineItems;
    lines.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return refundFactsOf(found.answer, lines);
    after = page.pageInfo.endCursor;
  }
  throw new Error(`refund ${id} has more lines than are read`);
}

/** The same verb that a webhook would have called: it says whether anything of it was new. Answers how many differences that were. */
function record({ shopId, now }: Look, order: OrderNews, { isCancelled, refunds }: News): Promise<number> {
  return inTransaction(async (tx) => {
    const { outcome } = await updateOrder(tx, shopId, order, now());
    await closeDrift(tx, shopId, { kinds: ["order_unreadable"], subject: order.gid }, now());
    return recordDrift(tx, shopId, missedBy(outcome, order, { isCancelled, refunds }), now());
  });
}

function missedBy(outcome: OrderUpdate["outcome"], { gid, name }: OrderNews, { isCancelled, refunds }: Omit<News, "id">): FoundDrift[] {
  const details = { orderGid: gid, orderName: name };
  switch (outcome) {
    case "recorded":
      return [{ kind: "order_missed", subject: gid, reason: `Shopify never told us of order ${name}.`, details }];
    case "updated": {
      const found: FoundDrift[] = refunds.map((refund) => ({ kind: "refund_missed", subject: refund, reason: `Shopify never told us of a refund of order ${name}.`, details }));
      if (isCancelled) found.push({ kind: "cancellation_missed", subject: gid, reason: `Shopify never told us that order ${name} was cancelled.`, details });
      return found.length > 0 ? found : [{ kind: "order_change_missed", subject: gid, reason: `Shopify never told us how order ${name} was changed.`, details }];
    }
    case "unchanged":
    case "before_us":
      return [];
    default:
      return outcome satisfies never;
  }
}
