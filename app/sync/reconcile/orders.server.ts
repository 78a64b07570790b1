/**
 * Orders, refunds and cancellations that no webhook told: what changed at Shopify since the last pass is looked at, and what is not here
 * is recorded by the same verbs that a webhook calls. What those answer says whether anything was missed.
 */
import { z } from "zod";
import { prisma } from "../../lib/db.server";
import { log } from "../../lib/log.server";
import { ChangedOrder, changedBetween, changedOrders, changedOrdersInBulk, countOrders, ORDERS_PER_PAGE } from "../../shopify/operations/orders";
import type { AdminPort } from "../../shopify/operation";
import { readBulkResult } from "../../shopify/bulk-result.server";
import { BulkCursor, stepBulk, waitAfter } from "./bulk.server";
import { giveUpOrder, OrderStumble, recordMissed, retryGivenUp } from "./missed-orders.server";
import { beginPass, endPass, failPass, findPass, movePass, type Pass, type PassStep } from "./pass.server";

/** News that is younger may still be on its way as a webhook: that is lag, not loss. */
export const LAG_MS = 3 * 60_000;
/** A pass begins a little before the last one ended, because Shopify's lists are not at once up to date. */
const OVERLAP_MS = 10 * 60_000;
/** Without another permission Shopify shows an app no older orders. */
const SHOWN_DAYS = 60;
/** A webhook that could not be worked in so long does not hold the pass up: its order is recorded here. */
const LONGEST_BACKLOG_MS = 3_600_000;
/** From so many changed orders on, one bulk query is cheaper than pages. */
const BULK_FROM = 5_000;
const PAGES_PER_RUN = 40;
/** How often one order is tried, and the wait between. */
const TRIES = 4;
const STUMBLE_WAIT_MS = 30_000;
/** An order that was given up is tried again so often, and whenever staff ask. */
const GIVEN_UP_AGAIN_MS = 24 * 3_600_000;

const Cursor = z.object({
  /** The page that was looked at last. */
  after: z.string().nullable(),
  /** Set where the list is read by a bulk query; `lines` of its result are looked at. */
  bulk: BulkCursor.nullable(),
  lines: z.int(),
  /** Whether it was decided how the list is read. */
  chosen: z.boolean(),
  /** Orders that failed, and how often: a fault may be over by the next try. */
  stumbles: z.record(z.string(), z.int()).default({}),
});
type Cursor = z.infer<typeof Cursor>;
type OrdersPass = Pass<Cursor> & { fromAt: Date; untilAt: Date };

export interface OrdersLook {
  shopId: number;
  shopDomain: string;
  admin: AdminPort;
  now(): Date;
  /** Staff ask: everything up to now is looked at. */
  demanded: boolean;
}

/** Does a bounded piece of the shop's pass over orders; safe to repeat after any crash. */
export async function reconcileOrders(look: OrdersLook, stop?: AbortSignal): Promise<PassStep> {
  const pass = await openPass(look);
  if (!pass) return { outcome: "done" };
  const retried = await retryGivenUp(look, look.demanded ? pass.startedAt : new Date(look.now().getTime() - GIVEN_UP_AGAIN_MS));
  if (retried.outcome === "again") return retried;
  if (retried.healed > 0) await movePass(prisma, look.shopId, pass.id, pass.cursor, { healed: retried.healed });
  const query = changedBetween(pass.fromAt, pass.untilAt);
  if (!pass.cursor.chosen) {
    const count = await look.admin.call(countOrders, { query, limit: BULK_FROM });
    if (count.outcome !== "ok") return { outcome: "again", afterMs: waitAfter(count) };
    await choose(look, pass, count.answer >= BULK_FROM ? { starts: 0, gid: null } : null);
  }
  return pass.cursor.bulk ? byBulk(look, pass, pass.cursor.bulk, query) : byPages(look, pass, query, stop);
}

async function openPass({ shopId, shopDomain, now, demanded }: OrdersLook): Promise<OrdersPass | null> {
  const standing = await findPass(shopId, "orders", Cursor, now());
  if (standing?.fromAt && standing.untilAt) return { ...standing, fromAt: standing.fromAt, untilAt: standing.untilAt };
  const shop = await prisma.shop.findUniqueOrThrow({ where: { id: shopId }, select: { installedAt: true, createdAt: true } });
  // A shop that came back before anything was ever looked at: what it sold while it was away is looked at too.
  const first = shop.createdAt < shop.installedAt ? shop.createdAt : shop.installedAt;
  const last = await prisma.reconciliation.findFirst({ where: { shopId, kind: "orders", status: "done" }, orderBy: { startedAt: "desc" }, select: { untilAt: true } });
  const wished = last?.untilAt ? new Date(last.untilAt.getTime() - OVERLAP_MS) : first;
  const shown = new Date(now().getTime() - SHOWN_DAYS * 86_400_000);
  const fromAt = wholeSecond(wished < shown ? shown : wished);
  const untilAt = wholeSecond(await untilOf(shopDomain, demanded ? now() : new Date(now().getTime() - LAG_MS), now()));
  if (untilAt <= fromAt) return null;
  const problem = wished < shown ? `Shopify shows orders of the last ${SHOWN_DAYS} days only: what changed before ${shown.toISOString().slice(0, 10)} was not looked at.` : null;
  return { ...(await beginPass(shopId, "orders", { cursor: { after: null, bulk: null, lines: 0, chosen: false, stumbles: {} }, fromAt, untilAt, problem }, now())), fromAt, untilAt };
}

/** Where webhooks wait to be worked, the pass ends before the first of them: what waits was told. */
async function untilOf(shopDomain: string, wished: Date, now: Date): Promise<Date> {
  const [waiting] = await prisma.$queryRaw<{ since: Date | null }[]>`
    SELECT min(coalesce("triggeredAt", "receivedAt")) AS since FROM "InboxEvent"
    WHERE "shopDomain" = ${shopDomain} AND "status" = 'received' AND "receivedAt" > ${new Date(now.getTime() - LONGEST_BACKLOG_MS)}::timestamptz`;
  return waiting?.since && waiting.since < wished ? waiting.since : wished;
}

/** Shopify compares whole seconds; the end is not part of the span, so that a second is never cut in two. */
function wholeSecond(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 1000) * 1000);
}

async function choose({ shopId }: OrdersLook, pass: OrdersPass, bulk: BulkCursor | null): Promise<void> {
  pass.cursor = { after: null, bulk, lines: 0, chosen: true, stumbles: pass.cursor.stumbles };
  await movePass(prisma, shopId, pass.id, pass.cursor);
}

async function byPages(look: OrdersLook, pass: OrdersPass, query: string, stop?: AbortSignal): Promise<PassStep> {
  const { shopId, admin, now } = look;
  for (let page = 0; page < PAGES_PER_RUN; page++) {
    if (stop?.aborted) return { outcome: "again", afterMs: 0 };
    const found = await admin.call(changedOrders, { query, after: pass.cursor.after });
    if (found.outcome === "refused") return refuse(look, pass, found.userErrors.map(({ message }) => message).join(" "));
    if (found.outcome !== "ok") return { outcome: "again", afterMs: waitAfter(found) };
    const { nodes, pageInfo } = found.answer;
    const worked = await lookAt(look, pass, nodes);
    if (worked.outcome === "again") return worked;
    pass.cursor = { ...pass.cursor, after: pageInfo.endCursor };
    await movePass(prisma, shopId, pass.id, pass.cursor, { looked: nodes.length, ...worked });
    if (!pageInfo.hasNextPage) {
      await endPass(prisma, shopId, pass.id, now());
      return { outcome: "done" };
    }
  }
  return { outcome: "again", afterMs: 0 };
}

/** A fault in one order must not keep those behind it for ever, nor be taken for its own when the database was away. */
async function lookAt(look: OrdersLook, pass: OrdersPass, orders: ChangedOrder[]): ReturnType<typeof recordMissed> {
  const given = (id: string) => (pass.cursor.stumbles[id] ?? 0) >= TRIES;
  try {
    return await recordMissed(look, orders.filter(({ id }) => !given(id)));
  } catch (error) {
    if (!(error instanceof OrderStumble)) throw error;
    const { orderId } = error;
    const times = (pass.cursor.stumbles[orderId] ?? 0) + 1;
    if (times >= TRIES) await giveUpOrder(look, error);
    pass.cursor = { ...pass.cursor, stumbles: { ...pass.cursor.stumbles, [orderId]: times } };
    await movePass(prisma, look.shopId, pass.id, pass.cursor, { queued: times >= TRIES ? 1 : 0 });
    log.warn({ shopId: look.shopId, err: error }, "an order could not be reconciled");
    return { outcome: "again", afterMs: STUMBLE_WAIT_MS };
  }
}

async function refuse({ shopId, now }: OrdersLook, pass: OrdersPass, problem: string): Promise<PassStep> {
  await failPass(shopId, pass.id, `Shopify refused the list of orders: ${problem}`, now());
  return { outcome: "done" };
}

async function byBulk(look: OrdersLook, pass: OrdersPass, bulk: BulkCursor, query: string): Promise<PassStep> {
  const { shopId, admin, now } = look;
  const step = await stepBulk(admin, changedOrdersInBulk(query), bulk);
  switch (step.outcome) {
    case "again":
      await movePass(prisma, shopId, pass.id, { ...pass.cursor, bulk: step.bulk });
      return { outcome: "again", afterMs: step.afterMs };
    case "refused":
      await choose(look, pass, null);
      return { outcome: "again", afterMs: 0 };
    case "ready":
      return step.url === null ? readLines(look, pass, empty()) : readLines(look, pass, readBulkResult(step.url), now);
    default:
      return step satisfies never;
  }
}

async function* empty(): AsyncGenerator<string> {}

/** Looks at the result a batch at a time; after a crash the lines that were looked at are passed by. */
async function readLines(look: OrdersLook, pass: OrdersPass, lines: AsyncIterable<string>, now = look.now): Promise<PassStep> {
  let place = 0;
  let batch: ChangedOrder[] = [];
  const lookAtBatch = async () => {
    const worked = await lookAt(look, pass, batch);
    if (worked.outcome === "again") return worked;
    pass.cursor = { ...pass.cursor, lines: place };
    await movePass(prisma, look.shopId, pass.id, pass.cursor, { looked: batch.length, ...worked });
    batch = [];
    return worked;
  };
  for await (const line of lines) {
    if (++place <= pass.cursor.lines) continue;
    batch.push(ChangedOrder.parse(JSON.parse(line)));
    if (batch.length < ORDERS_PER_PAGE) continue;
    const worked = await lookAtBatch();
    if (worked.outcome === "again") return worked;
  }
  const worked = await lookAtBatch();
  if (worked.outcome === "again") return worked;
  await endPass(prisma, look.shopId, pass.id, now());
  return { outcome: "done" };
}
