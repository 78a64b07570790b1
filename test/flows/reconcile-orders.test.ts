/** What webhooks left out, found by looking: orders, refunds, cancellations and edits, after a lost delivery and after a long silence. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createAward } from "#app/domain/awards/create.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { demandReconciliation } from "#app/domain/drift/demand.server.ts";
import { listDrift } from "#app/domain/drift/queries.server.ts";
import { uninstallShop } from "#app/domain/shops/uninstall.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import type { OpenAdmin } from "#app/shopify/operation.ts";
import { draftOf } from "#test/award-draft.ts";
import { givePoints } from "#test/factories.ts";
import { rememberCustomer } from "#app/domain/customers/remember.server.ts";
import { checkBooks } from "#test/properties/books.ts";
import { openWorld, type World } from "#test/world.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const LOSE_ALL = 1000;

let world: World;
/** Between the worker and Shopify; tests put themselves in between. */
let between: OpenAdmin;

beforeEach(async () => {
  between = openAdmin;
  world = await openWorld({ openAdmin: (domain) => between(domain) });
});
afterEach(() => world.close());

/** A shopper with points and a coupon of an award, live on Shopify. */
async function shopperWithCoupon() {
  const { gid } = world.shop.addCustomer({ firstName: "Amira", email: `amira-${Date.now()}@example.com` });
  const { id } = await rememberCustomer(prisma, world.shopId, { gid });
  await givePoints(world.shopId, id, 1000, world.now());
  const created = await createAward(world.shopId, draftOf({ name: "Five off", pointsPrice: 100 }), { source: "generated", stockTarget: 5 }, world.now());
  if (created.outcome !== "created") throw new Error("no award");
  await world.settle();
  const issued = await issueCoupon(world.shopId, { customerId: id, awardNumber: created.awardNumber, requestKey: "at-checkout", channel: "checkout" }, world.now());
  if (issued.outcome !== "issued") throw new Error(issued.outcome);
  const variantGid = world.shop.addProduct({ title: "Linen shirt", price: "49.00" }).variants[0]?.gid ?? "";
  return { customerGid: gid, customerId: id, code: issued.code, variantGid };
}

type Shopper = Awaited<ReturnType<typeof shopperWithCoupon>>;

function order({ customerGid, code, variantGid }: Shopper, quantity = 2) {
  const placed = world.shop.placeOrder({ customerGid, lines: [{ variantGid, quantity }], discountCodes: [code] });
  if ("refused" in placed) throw new Error(JSON.stringify(placed.refused));
  return placed;
}

async function reconcile() {
  // A look ends before the second that is still running.
  await world.advance(1000);
  await demandReconciliation(world.shopId);
  await world.settle();
}

const kinds = async () => (await listDrift(world.shopId, "ended", null)).rows.map(({ kind }) => kind).sort();

describe("orders that nobody told us of", () => {
  it("charges the coupon of an order whose webhook was lost, earns its points, and shows that it was missed", async () => {
    const shopper = await shopperWithCoupon();
    world.shop.webhooks.turn({ dropNext: LOSE_ALL });
    const { gid, name } = order(shopper);
    await world.settle();
    expect(await prisma.order.count({ where: { shopId: world.shopId } })).toBe(0);

    await reconcile();
    expect(await prisma.redemption.findMany({ where: { shopId: world.shopId } })).toMatchObject([{ orderGid: gid, orderName: name, customerId: shopper.customerId, flags: [] }]);
    expect(await prisma.issuance.findMany({ where: { shopId: world.shopId } })).toMatchObject([{ status: "redeemed" }]);
    expect(await kinds()).toEqual(["order_missed"]);
    expect(await checkBooks(world.shopId, world.now())).toEqual([]);
  });

  it("records from the Admin API exactly what the webhook would have: told again by it, nothing changes", async () => {
    const shopper = await shopperWithCoupon();
    world.shop.webhooks.turn({ delayMs: 0 });
    const placed = order(shopper, 3);
    world.shop.refundOrder(placed.gid, { lines: [{ lineGid: placed.lines[0]?.gid ?? "", quantity: 1 }] });
    await world.settle();
    const told = await booksOf(placed.gid);

    const again = await shopperOf(shopper);
    world.shop.webhooks.turn({ dropNext: LOSE_ALL });
    const missed = order(again, 3);
    world.shop.refundOrder(missed.gid, { lines: [{ lineGid: missed.lines[0]?.gid ?? "", quantity: 1 }] });
    await world.settle();
    await reconcile();
    const read = await booksOf(missed.gid);
    expect(read.order).toEqual(told.order);
    expect(read.refunds).toEqual(told.refunds);
    expect(read.entries).toEqual(told.entries);
    expect(read.discounts).toEqual(told.discounts);

    const before = await prisma.pointsEntry.count({ where: { shopId: world.shopId } });
    await prisma.order.updateMany({ where: { shopId: world.shopId }, data: { sourceUpdatedAt: new Date(0) } });
    await reconcile();
    expect(await prisma.pointsEntry.count({ where: { shopId: world.shopId } })).toBe(before);
    expect(await kinds()).toEqual(["order_missed"]);
  });

  it("reads an order of more lines than one page to its last line, and a refund of as many", async () => {
    const { customerGid } = await shopperWithCoupon();
    const count = 102;
    const variants = Array.from({ length: count }, (_, index) => world.shop.addProduct({ title: `Button ${index}`, price: "2.00" }).variants[0]?.gid ?? "");
    world.shop.webhooks.turn({ dropNext: LOSE_ALL });
    const placed = world.shop.placeOrder({ customerGid, lines: variants.map((variantGid) => ({ variantGid, quantity: 1 })), discountCodes: [] });
    if ("refused" in placed) throw new Error("refused");
    await world.settle();
    await reconcile();
    const stored = () => prisma.order.findUniqueOrThrow({ where: { shopId_gid: { shopId: world.shopId, gid: placed.gid } } });
    const told = z.array(z.object({ id: z.string() })).parse((await stored()).lines);
    expect(told.filter(({ id }) => id !== "shipping")).toHaveLength(count);

    world.shop.refundOrder(placed.gid, { lines: placed.lines.map(({ gid: lineGid }) => ({ lineGid, quantity: 1 })) });
    await world.settle();
    await reconcile();
    expect((await stored()).undoneAt).not.toBeNull();
    const refunded = await prisma.refund.findFirstOrThrow({ where: { shopId: world.shopId, orderGid: placed.gid } });
    expect(z.array(z.object({ lineId: z.string() })).parse(refunded.lines).filter(({ lineId }) => lineId !== "shipping")).toHaveLength(count);
    const { _sum } = await prisma.pointsEntry.aggregate({ where: { shopId: world.shopId, orderGid: placed.gid }, _sum: { points: true } });
    expect(_sum.points).toBe(0);
  });

  it("takes in an edit that was not told, and shows that an order was changed", async () => {
    const shopper = await shopperWithCoupon();
    const placed = order(shopper, 3);
    await world.settle();
    world.shop.webhooks.turn({ dropNext: LOSE_ALL });
    await world.advance(MINUTE);
    expect(world.shop.editOrder(placed.gid, { add: [{ variantGid: shopper.variantGid, quantity: 2 }] })).not.toHaveProperty("refused");
    await world.settle();
    await reconcile();
    expect(await kinds()).toEqual(["order_change_missed"]);
    const { lines } = await prisma.order.findUniqueOrThrow({ where: { shopId_gid: { shopId: world.shopId, gid: placed.gid } } });
    expect(lines).toMatchObject([{ quantity: 3 }, { quantity: 2 }, { id: "shipping" }]);
  });

  it("says from when on nothing was looked at: Shopify shows orders of sixty days", async () => {
    await prisma.shop.update({ where: { id: world.shopId }, data: { createdAt: new Date(world.now().getTime() - 70 * DAY), installedAt: new Date(world.now().getTime() - 70 * DAY) } });
    await reconcile();
    const look = await prisma.reconciliation.findFirstOrThrow({ where: { shopId: world.shopId, kind: "orders", status: "done" } });
    expect(look.problem).toContain("orders of the last 60 days only");
    expect(look.fromAt?.getTime()).toBeGreaterThan(world.now().getTime() - 61 * DAY);
  });

  it("takes back what a missed cancellation and a missed refund gave", async () => {
    const shopper = await shopperWithCoupon();
    const placed = order(shopper);
    await world.settle();
    world.shop.webhooks.turn({ dropNext: LOSE_ALL });
    world.shop.cancelOrder(placed.gid, "CUSTOMER");
    await world.settle();
    expect((await prisma.order.findFirstOrThrow({ where: { shopId: world.shopId } })).cancelledAt).toBeNull();

    await world.advance(MINUTE);
    await reconcile();
    expect((await prisma.order.findFirstOrThrow({ where: { shopId: world.shopId } })).cancelledAt).not.toBeNull();
    expect(await prisma.redemptionReversal.count({ where: { shopId: world.shopId } })).toBe(1);
    expect(await kinds()).toContain("cancellation_missed");
    expect(await checkBooks(world.shopId, world.now())).toEqual([]);
  });

  it("leaves alone what is only late: young orders, and those whose webhook waits to be worked", async () => {
    const shopper = await shopperWithCoupon();
    world.shop.webhooks.turn({ dropNext: LOSE_ALL });
    order(shopper);
    const due = () => prisma.$queryRaw`SELECT 1 FROM graphile_worker.add_job('reconcile_due')`;
    await due();
    await world.settle();
    expect(await prisma.order.count({ where: { shopId: world.shopId } })).toBe(0);

    // Ten minutes later it is no longer young, and the ordinary look finds it.
    await world.advance(10 * MINUTE);
    await due();
    await world.settle();
    expect(await prisma.order.count({ where: { shopId: world.shopId } })).toBe(1);
  });

  it("goes on where a crash stopped it, and by a broken order passes only after several tries, showing it", async () => {
    const shopper = await shopperWithCoupon();
    world.shop.webhooks.turn({ drop: 1 });
    const broken = order(shopper).gid;
    for (let count = 0; count < 4; count++) world.shop.placeOrder({ customerGid: shopper.customerGid, lines: [{ variantGid: shopper.variantGid, quantity: 1 }], discountCodes: [] });
    await world.advance(10 * MINUTE);
    between = breaking("readOrder", (call) => call === 2);
    await reconcile();
    expect(await prisma.order.count({ where: { shopId: world.shopId } })).toBe(5);
    expect(await listDrift(world.shopId, "waiting", null)).toMatchObject({ rows: [] });

    await prisma.order.updateMany({ where: { shopId: world.shopId }, data: { sourceUpdatedAt: new Date(0) } });
    world.shop.placeOrder({ customerGid: shopper.customerGid, lines: [{ variantGid: shopper.variantGid, quantity: 1 }], discountCodes: [] });
    await world.advance(10 * MINUTE);
    between = breaking("readOrder", (_, variables) => (variables as { id: string }).id === broken);
    world.shop.refundOrder(broken, { full: true });
    await world.advance(MINUTE);
    await reconcile();
    expect(await prisma.order.count({ where: { shopId: world.shopId } })).toBe(6);
    expect((await listDrift(world.shopId, "waiting", null)).rows).toMatchObject([{ kind: "order_unreadable", actions: ["leave"] }]);
    expect(await prisma.reconciliation.findMany({ where: { shopId: world.shopId, kind: "orders" }, orderBy: { id: "desc" }, take: 1 })).toMatchObject([{ status: "done", queued: 1 }]);

    // The fault was mended: once the order is recorded, nobody is told that it is not.
    between = openAdmin;
    await reconcile();
    expect((await listDrift(world.shopId, "waiting", null)).rows).toEqual([]);
  });

  it.each(["by itself within a day", "when staff ask"])("tries an order again that it gave up, %s, though it never changed since", async (how) => {
    const shopper = await shopperWithCoupon();
    world.shop.webhooks.turn({ dropNext: LOSE_ALL });
    const placed = world.shop.placeOrder({ customerGid: shopper.customerGid, lines: [{ variantGid: shopper.variantGid, quantity: 1 }], discountCodes: [] });
    // Looks overlap by some minutes: the order is not in the next one.
    await world.advance(30 * MINUTE);
    let tries = 0;
    between = breaking("readOrder", () => ++tries > 0);
    await reconcile();
    expect((await listDrift(world.shopId, "waiting", null)).rows).toMatchObject([{ kind: "order_unreadable" }]);
    const due = async () => {
      await prisma.$queryRaw`SELECT 1 FROM graphile_worker.add_job('reconcile_due')`;
      await world.settle();
    };

    // Not with every look of the ten minutes: Shopify would be asked in vain.
    await world.advance(30 * MINUTE);
    await due();
    expect(tries).toBe(4);

    between = openAdmin;
    if (how === "when staff ask") await reconcile();
    else {
      await world.advance(DAY + MINUTE);
      await due();
    }
    expect(placed).toMatchObject({ gid: (await prisma.order.findFirst({ where: { shopId: world.shopId } }))?.gid });
    expect((await listDrift(world.shopId, "waiting", null)).rows).toEqual([]);
    expect(await kinds()).toContain("order_missed");
    expect(await checkBooks(world.shopId, world.now())).toEqual([]);
  });

  it("passes by a shop that is gone, and sweeps the gap when it comes back", async () => {
    const shopper = await shopperWithCoupon();
    await uninstallShop(prisma, world.shopId, world.now());
    order(shopper);
    await world.settle();
    await reconcile();
    expect(await prisma.reconciliation.count({ where: { shopId: world.shopId } })).toBe(0);

    await world.install(world.shop.domain);
    await reconcile();
    expect(await prisma.redemption.count({ where: { shopId: world.shopId } })).toBe(1);
  });

  it("goes on from where the last look ended, though that was long ago and the list was refused meanwhile", async () => {
    const shopper = await shopperWithCoupon();
    await reconcile();
    const { untilAt } = await prisma.reconciliation.findFirstOrThrow({ where: { shopId: world.shopId, kind: "orders", status: "done" } });
    await uninstallShop(prisma, world.shopId, world.now());
    world.shop.webhooks.turn({ drop: 1 });
    await world.advance(20 * DAY);
    order(shopper);
    await world.advance(20 * DAY);
    await world.install(world.shop.domain);
    between = (domain) => {
      const port = openAdmin(domain);
      return { call: async (operation, variables) => (operation.name === "changedOrders" ? { outcome: "refused", userErrors: [{ field: null, message: "Access denied", code: null }], cost: null } : port.call(operation, variables)) };
    };
    await reconcile();
    expect(await prisma.reconciliation.findMany({ where: { shopId: world.shopId }, orderBy: { id: "desc" }, take: 2 })).toMatchObject([{ kind: "codes", status: "done" }, { kind: "orders", status: "failed" }]);

    between = openAdmin;
    await reconcile();
    const look = await prisma.reconciliation.findFirstOrThrow({ where: { shopId: world.shopId, kind: "orders", status: "done" }, orderBy: { id: "desc" } });
    expect((untilAt?.getTime() ?? 0) - (look.fromAt?.getTime() ?? 0)).toBe(10 * MINUTE);
    expect(await prisma.redemption.count({ where: { shopId: world.shopId } })).toBe(1);
  });
});

/** The Admin API, with a crash of ours in some of the calls of one operation. */
function breaking(name: string, breaks: (call: number, variables: unknown) => boolean): OpenAdmin {
  let calls = 0;
  return (domain) => {
    const port = openAdmin(domain);
    return {
      call: (operation, variables) => {
        if (operation.name === name && breaks(++calls, variables)) throw new Error("something of ours broke");
        return port.call(operation, variables);
      },
    };
  };
}

/** The same shopper, given another coupon. */
async function shopperOf(shopper: Shopper): Promise<Shopper> {
  const { awardNumber } = await prisma.issuance.findFirstOrThrow({ where: { shopId: world.shopId } });
  const issued = await issueCoupon(world.shopId, { customerId: shopper.customerId, awardNumber, requestKey: "again", channel: "checkout" }, world.now());
  if (issued.outcome !== "issued") throw new Error(issued.outcome);
  return { ...shopper, code: issued.code };
}

/** Everything that an order left, without names and instants that differ from order to order. */
async function booksOf(orderGid: string) {
  const shopId = world.shopId;
  const order = await prisma.order.findUniqueOrThrow({ where: { shopId_gid: { shopId, gid: orderGid } } });
  const refunds = await prisma.refund.findMany({ where: { shopId, orderGid } });
  const entries = await prisma.pointsEntry.findMany({ where: { shopId, orderGid }, orderBy: { id: "asc" } });
  const redemptions = await prisma.redemption.findMany({ where: { shopId, orderGid } });
  const lines = JSON.stringify(order.lines).replaceAll(/"id":"\d+"/g, '"id":"?"').replaceAll(/LIVE-\w+|"[A-Z0-9-]{6,}":/g, '"?":');
  return {
    order: { customerId: order.customerId, currency: order.currency, lines, total: order.totalMinor, discount: order.discountMinor, taxesIncluded: order.taxesIncluded, refunded: order.refundedMinor, earning: order.earningMinor },
    refunds: refunds.map(({ refundedMinor, lines: refunded }) => ({ refundedMinor, refunded: JSON.stringify(refunded).replaceAll(/"lineId":"\d+"/g, '"lineId":"?"') })),
    entries: entries.map(({ kind, points }) => ({ kind, points })),
    discounts: redemptions.map(({ discountMinor, currency, channel }) => ({ discountMinor, currency, channel })),
  };
}
