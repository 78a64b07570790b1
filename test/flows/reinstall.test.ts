/** A merchant removes the app and comes back: nothing that shoppers had is lost, and what happened in between is found. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { rememberCustomer } from "#app/domain/customers/remember.server.ts";
import { listDrift } from "#app/domain/drift/queries.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { draftOf } from "#test/award-draft.ts";
import { expectCodesAgree } from "#test/codes-agree.ts";
import { givePoints } from "#test/factories.ts";
import { booksOf } from "#test/properties/books.ts";
import { exchangeToken, openWorld, type World } from "#test/world.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

let world: World;
let variantGid = "";
beforeEach(async () => {
  world = await openWorld();
  variantGid = world.shop.addProduct({ title: "Linen shirt", price: "49.00" }).variants[0]?.gid ?? "";
});
afterEach(() => world.close());

async function fiveOff(): Promise<number> {
  const created = await createAward(world.shopId, draftOf({ name: "Five off", pointsPrice: 100, usesPerCode: 1 }), { source: "generated", stockTarget: 5 }, world.now());
  if (created.outcome !== "created") throw new Error("no award");
  await world.settle();
  return created.awardNumber;
}

async function shopperWith(points: number) {
  const { gid } = world.shop.addCustomer({ firstName: "Amira", email: `amira-${Math.random()}@example.com` });
  const { id } = await rememberCustomer(prisma, world.shopId, { gid });
  await givePoints(world.shopId, id, points, world.now());
  return { gid, id };
}

async function issue(customerId: bigint, awardNumber: number, requestKey: string) {
  const issued = await issueCoupon(world.shopId, { customerId, awardNumber, requestKey, channel: "checkout" }, world.now());
  if (issued.outcome !== "issued") throw new Error(issued.outcome);
  return issued;
}

function order(customerGid: string, ...discountCodes: string[]): string {
  const placed = world.shop.placeOrder({ customerGid, lines: [{ variantGid, quantity: 1 }], discountCodes });
  if ("refused" in placed) throw new Error(JSON.stringify(placed.refused));
  return placed.gid;
}

/** The merchant removes the app; Shopify says so, and nothing more from then on. */
async function remove(): Promise<void> {
  world.shop.uninstall();
  world.shop.webhooks.turn({ drop: 1 });
  await world.settle();
}

/** The merchant opens the app again; the crontab's jobs come by. */
async function comeBack(): Promise<void> {
  await world.install(world.shop.domain);
  world.shop.webhooks.turn({ drop: 0 });
  await passBy();
}

async function passBy(): Promise<void> {
  await prisma.$queryRaw`SELECT 1 FROM graphile_worker.add_job('reconcile_due')`;
  await world.sweep();
  await world.settle();
}

const redemptionsOf = (customerId: bigint) => prisma.redemption.count({ where: { shopId: world.shopId, customerId } });

describe("a merchant who removes the app and comes back", () => {
  it("finds points, coupons, codes and what was to be told to Shopify as they were; what was told late is worked meanwhile", async () => {
    const award = await fiveOff();
    const [amira, ben] = [await shopperWith(1000), await shopperWith(1000)];
    const kept = await issue(amira.id, award, "kept");
    const regretted = await issue(amira.id, award, "regretted");
    const used = await issue(ben.id, award, "used");
    // On its way as the app is removed: an order, and a code whose points return once it is off Shopify.
    order(ben.gid, used.code);
    await returnCoupon(world.shopId, { issuanceId: regretted.issuanceId, customerId: amira.id }, world.now());
    await remove();
    expect(await prisma.session.count({ where: { shop: world.shop.domain } })).toBe(0);
    // Ben’s order of 44.00, tax in it, earned 36 points and proved his coupon; Amira's points stay held until her code is gone.
    expect(await booksOf(world.shopId, ben.id)).toMatchObject({ balance: 936, held: 0, faults: [] });
    expect(await booksOf(world.shopId, amira.id)).toMatchObject({ balance: 1000, held: 200, faults: [] });
    expect(await prisma.change.count({ where: { shopId: world.shopId, kind: "withdraw_code", status: "pending" } })).toBe(1);

    await world.advance(5 * DAY);
    await passBy();
    expect(await booksOf(world.shopId, amira.id)).toMatchObject({ balance: 1000, held: 200, faults: [] });
    expect(world.shop.findCode(regretted.code)).not.toBeNull();

    await comeBack();
    expect(world.shop.findCode(regretted.code)).toBeNull();
    // The kept coupon was never proven: its hold is long over, and it goes back like any other.
    expect(world.shop.findCode(kept.code)).toBeNull();
    expect(await booksOf(world.shopId, amira.id)).toMatchObject({ balance: 1000, held: 0, faults: [] });
    expect(await booksOf(world.shopId, ben.id)).toMatchObject({ balance: 936, held: 0, faults: [] });
    expect(await prisma.change.count({ where: { shopId: world.shopId, status: { not: "done" } } })).toBe(0);
    expect((await listDrift(world.shopId, "waiting", null)).rows).toEqual([]);
    await expectCodesAgree(world, { live: await prisma.coupon.count({ where: { shopId: world.shopId, codeState: "live" } }), failed: 0 });
    // And it goes on.
    const next = await issue(amira.id, award, "next");
    order(amira.gid, next.code);
    await world.settle();
    expect(await booksOf(world.shopId, amira.id)).toMatchObject({ balance: 936, held: 0, faults: [] });
  });

  it("has what was ordered and cancelled in between looked up, also where nobody had looked before", async () => {
    const award = await fiveOff();
    const [amira, ben] = [await shopperWith(1000), await shopperWith(1000)];
    const [bought, cancelled] = [await issue(amira.id, award, "bought"), await issue(ben.id, award, "cancelled")];
    await remove();
    await world.advance(2 * DAY);
    order(amira.gid, bought.code);
    const regretted = order(ben.gid, cancelled.code);
    await world.advance(DAY);
    world.shop.cancelOrder(regretted);
    await world.advance(10 * DAY);
    expect(await prisma.order.count({ where: { shopId: world.shopId } })).toBe(0);

    await comeBack();
    expect(await redemptionsOf(amira.id)).toBe(1);
    expect(await booksOf(world.shopId, amira.id)).toMatchObject({ balance: 936, held: 0, faults: [] });
    expect(await prisma.order.findFirst({ where: { shopId: world.shopId, gid: regretted } })).toMatchObject({ cancelledAt: expect.any(Date) });
    const bens = await booksOf(world.shopId, ben.id);
    expect(bens.faults).toEqual([]);
    expect((await listDrift(world.shopId, "ended", null)).rows.filter(({ kind }) => kind === "order_missed")).toHaveLength(2);
  });

  it("waits no longer than the next look, though every call of the last hour was refused", async () => {
    const award = await fiveOff();
    const amira = await shopperWith(1000);
    const regretted = await issue(amira.id, award, "regretted");
    await remove();
    // The worker found the door closed before it heard why.
    await prisma.shop.update({ where: { id: world.shopId }, data: { uninstalledAt: null } });
    await returnCoupon(world.shopId, { issuanceId: regretted.issuanceId, customerId: amira.id }, world.now());
    await prisma.change.updateMany({ where: { shopId: world.shopId, status: "pending" }, data: { nextAttemptAt: new Date(world.now().getTime() + 60 * MINUTE), problem: "Shopify answered 401" } });
    await prisma.shop.update({ where: { id: world.shopId }, data: { uninstalledAt: world.now() } });
    await prisma.$executeRaw`DELETE FROM graphile_worker._private_jobs`;

    await world.install(world.shop.domain);
    expect(await prisma.change.findMany({ where: { shopId: world.shopId, status: "pending", nextAttemptAt: { gt: world.now() } } })).toEqual([]);
  });

  it("is not thrown out again by late news of the removal", async () => {
    // The news is on its way, and the merchant is back before it comes.
    world.shop.uninstall();
    await world.advance(90 * MINUTE);
    await exchangeToken(world.shop);
    await world.settle();
    expect(await prisma.shop.findUniqueOrThrow({ where: { id: world.shopId } })).toMatchObject({ uninstalledAt: null });
    expect(await prisma.session.count({ where: { shop: world.shop.domain } })).toBe(1);
  });
});
