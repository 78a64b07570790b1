/** What may not be used any more leaves Shopify, however much of it there is, and an award's uses hold there too. */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AwardDraft } from "#app/domain/awards/award.ts";
import type { NewCodeSource } from "#app/domain/awards/code-source.ts";
import { createAward } from "#app/domain/awards/create.server.ts";
import { retryFailed } from "#app/domain/changes/retry-failed.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { revokeCoupons } from "#app/domain/coupons/revoke.server.ts";
import { rememberCustomer } from "#app/domain/customers/remember.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { workInboxEvent } from "#app/inbox/handle.server.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import { pushChanges } from "#app/sync/push.server.ts";
import { openSync } from "#app/tasks.ts";
import { draftOf } from "#test/award-draft.ts";
import { expectCodesAgree } from "#test/codes-agree.ts";
import { givePoints } from "#test/factories.ts";
import { openWorld, type World } from "#test/world.ts";
import { killAfter } from "./killed.ts";

let world: World;
let mug = "";
beforeEach(async () => {
  world = await openWorld();
  mug = world.shop.addProduct({ title: "Mug", price: "20.00" }).variants[0]?.gid ?? "";
});
afterEach(() => world.close());

async function create(wish: Partial<AwardDraft>, source: NewCodeSource): Promise<void> {
  const created = await createAward(world.shopId, draftOf(wish), source, world.now());
  if (created.outcome !== "created") throw new Error(JSON.stringify(created.problems));
  await world.settle();
}

async function meet(firstName: string) {
  const person = world.shop.addCustomer({ firstName });
  const { id } = await rememberCustomer(prisma, world.shopId, { gid: person.gid, firstName, lastName: null, email: null });
  await givePoints(world.shopId, id, 1000, world.now());
  return { id, gid: person.gid };
}

async function issue(customerId: bigint, requestKey: string) {
  const issued = await issueCoupon(world.shopId, { customerId, awardNumber: 1, requestKey, channel: "checkout" }, world.now());
  if (issued.outcome !== "issued") throw new Error(issued.outcome);
  return issued;
}

async function order(customerGid: string, code: string) {
  const placed = world.shop.placeOrder({ customerGid, lines: [{ variantGid: mug, quantity: 1 }], discountCodes: [code] });
  if ("refused" in placed) throw new Error(placed.refused[0]?.reason);
  await world.settle();
  return placed;
}

const live = () => prisma.coupon.count({ where: { shopId: world.shopId, codeState: "live" } });
const open = () => prisma.coupon.count({ where: { shopId: world.shopId, codeState: { in: ["live", "submitted"] }, status: { in: ["available", "issued", "locked"] } } });

it("takes a revoked award's codes off Shopify in a few calls, not one by one", async () => {
  await create({}, { source: "generated", stockTarget: 600 });
  let calls = 0;
  const counting: typeof openAdmin = (domain) => {
    const port = openAdmin(domain);
    return { call: (operation, variables) => (calls++, port.call(operation, variables)) };
  };
  await revokeCoupons(world.shopId, { awardNumber: 1, mode: "not_issued", understood: true, returnPoints: false, requestKey: "all" }, world.now());
  await pushChanges(openSync({ clock: world.now, sleep: world.sleep, openAdmin: counting }), world.shopId);
  await world.settle();
  expect(calls).toBeLessThanOrEqual(6);
  await expectCodesAgree(world, { live: 0, failed: 0 });
  expect(await prisma.coupon.count({ where: { shopId: world.shopId, status: "revoked", codeState: "withdrawn" } })).toBe(600);
  expect(await prisma.change.count({ where: { shopId: world.shopId, status: { not: "done" } } })).toBe(0);
});

it("gives the points of many returns back, each once, beside withdrawals that return nothing", async () => {
  await create({}, { source: "generated", stockTarget: 20 });
  const people = await Promise.all(["Amira", "Bruno", "Chen"].map(meet));
  for (const [index, { id }] of people.entries()) {
    const { issuanceId } = await issue(id, `key-${index}`);
    await returnCoupon(world.shopId, { issuanceId, customerId: id }, world.now());
  }
  await revokeCoupons(world.shopId, { awardNumber: 1, mode: "not_issued", understood: true, returnPoints: false, requestKey: "rest" }, world.now());
  await world.settle();
  const accounts = await prisma.pointsAccount.findMany({ where: { shopId: world.shopId } });
  expect(accounts.map(({ balance, held }) => [balance, held])).toEqual(people.map(() => [1000, 0]));
  expect(await prisma.issuance.count({ where: { shopId: world.shopId, status: "returned" } })).toBe(3);
  // The pool that was revoked empty is filled anew.
  await expectCodesAgree(world, { live: 20, failed: 0 });
});

it("has never more codes on Shopify than the award has uses left, and sends others as codes come back unused", async () => {
  await create({ usesTotal: 5, usesPerCode: 1 }, { source: "pasted", text: Array.from({ length: 12 }, (_, index) => `LIST-${index}`).join("\n") });
  expect(await live()).toBe(5);
  const amira = await meet("Amira");
  const [first, second] = [await issue(amira.id, "one"), await issue(amira.id, "two")];
  await order(amira.gid, first.code);
  expect(await open()).toBe(4);
  await returnCoupon(world.shopId, { issuanceId: second.issuanceId, customerId: amira.id }, world.now());
  await world.settle();
  expect(world.shop.findCode(second.code)).toBeNull();
  expect(await open()).toBe(4);
  await expectCodesAgreeButPlanned();
});

async function expectCodesAgreeButPlanned(): Promise<void> {
  const parent = await prisma.parentDiscount.findFirstOrThrow({ where: { shopId: world.shopId } });
  const coupons = await prisma.coupon.findMany({ where: { shopId: world.shopId, codeState: "live" } });
  expect([...world.shop.codesOf(parent.gid ?? "")].sort()).toEqual([parent.seedCode, ...coupons.map(({ code }) => code)].sort());
}

it("takes an expired code off Shopify whose discount goes on, because codes that others made share one", async () => {
  await create({ expiryRule: "days", expiryCount: 1 }, { source: "pasted", text: "OWN-1\nOWN-2" });
  const amira = await meet("Amira");
  const issued = await issueCoupon(world.shopId, { customerId: amira.id, awardNumber: 1, requestKey: "one", channel: "admin" }, world.now());
  if (issued.outcome !== "issued") throw new Error(issued.outcome);
  await world.sweep();
  await world.settle();
  expect(world.shop.findCode(issued.code)).not.toBeNull();
  await world.advance(48 * 3_600_000);
  await world.sweep();
  await world.settle();
  expect(world.shop.findCode(issued.code)).toBeNull();
  expect(await prisma.coupon.findUniqueOrThrow({ where: { shopId_code: { shopId: world.shopId, code: issued.code } } })).toMatchObject({ status: "expired", codeState: "withdrawn" });
  expect(await live()).toBe(1);
});

it("mints no more than can be used either", async () => {
  await create({ usesTotal: 3, usesPerCode: 1 }, { source: "generated", stockTarget: 50 });
  expect(await live()).toBe(3);
  expect(await prisma.change.count({ where: { shopId: world.shopId, status: "pending" } })).toBe(0);
});

it.each([null, 0, 1, 2, 3])("leaves no code usable once the last use is used up, and gives back what the others cost (killed after %s calls)", async (calls) => {
  await create({ usesTotal: 2, usesPerCode: null, shareable: true, usesPerCustomer: 1 }, { source: "pasted", text: "MANY-A\nMANY-B\nMANY-C" });
  const [amira, bruno, chen] = [await meet("Amira"), await meet("Bruno"), await meet("Chen")];
  const [hers, his] = [await issue(amira.id, "hers"), await issue(bruno.id, "his")];
  await order(amira.gid, hers.code);
  expect(await live()).toBe(3);
  const placed = world.shop.placeOrder({ customerGid: chen.gid, lines: [{ variantGid: mug, quantity: 1 }], discountCodes: [hers.code] });
  expect(placed).not.toHaveProperty("refused");
  if (calls !== null) {
    await world.shop.webhooks.deliver();
    for (const { id, shopDomain } of await prisma.inboxEvent.findMany({ where: { shopDomain: world.shop.domain, status: "received" } })) {
      await workInboxEvent(shopDomain, id, world.now());
    }
    expect(await prisma.change.count({ where: { shopId: world.shopId, kind: "withdraw_rest", status: "pending" } })).toBe(1);
    const killer = killAfter(openAdmin, calls, "after");
    await Promise.race([pushChanges(openSync({ clock: world.now, sleep: world.sleep, openAdmin: killer.openAdmin }), world.shopId), killer.killed]);
  }
  await world.settle();
  for (const code of ["MANY-A", "MANY-B", "MANY-C"]) expect(world.shop.findCode(code)).toBeNull();
  expect(await live()).toBe(0);
  const account = await prisma.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId: world.shopId, customerId: bruno.id } } });
  expect(account).toMatchObject({ balance: 1000, held: 0 });
  expect(await prisma.issuance.findFirstOrThrow({ where: { shopId: world.shopId, id: his.issuanceId } })).toMatchObject({ status: "returned" });
  expect(await prisma.redemption.count({ where: { shopId: world.shopId } })).toBe(2);
});

it("tries no harder than elsewhere to take codes of a used up award off a Shopify that does not let it, and goes on when the merchant asks", async () => {
  await create({ usesTotal: 2, usesPerCode: null, shareable: true, usesPerCustomer: 1 }, { source: "pasted", text: "MANY-A\nMANY-B" });
  const [amira, bruno, chen] = [await meet("Amira"), await meet("Bruno"), await meet("Chen")];
  const [hers, his] = [await issue(amira.id, "hers"), await issue(bruno.id, "his")];
  await order(amira.gid, hers.code);
  world.shop.faults.next({ kind: "http_500", operation: "discountCodeRedeemCodeBulkDelete", times: 1_000 });
  await order(chen.gid, hers.code);

  const withdrawals = () => prisma.change.findMany({ where: { shopId: world.shopId, kind: "withdraw_code" }, select: { subject: true, status: true }, orderBy: { subject: "asc" } });
  expect(await withdrawals()).toEqual([hers, his].map(({ couponId }) => ({ subject: String(couponId), status: "failed" })));
  expect(await prisma.change.count({ where: { shopId: world.shopId, status: "pending" } })).toBe(0);

  world.shop.faults.clear();
  expect(await retryFailed(world.shopId, world.now())).toBe(2);
  await world.settle();
  for (const { code } of [hers, his]) expect(world.shop.findCode(code)).toBeNull();
  expect(await prisma.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId: world.shopId, customerId: bruno.id } } })).toMatchObject({ balance: 1000, held: 0 });
});

it("gives everybody else's points back though one return fails every time", async () => {
  await create({}, { source: "generated", stockTarget: 5 });
  const [amira, bruno] = [await meet("Amira"), await meet("Bruno")];
  const [hers, his] = [await issue(amira.id, "hers"), await issue(bruno.id, "his")];
  for (const [{ issuanceId }, { id }] of [[hers, amira], [his, bruno]] as const) await returnCoupon(world.shopId, { issuanceId, customerId: id }, world.now());
  // A row that was mended by hand, badly.
  const broken = await prisma.issuance.findFirstOrThrow({ where: { shopId: world.shopId, id: hers.issuanceId } });
  await prisma.pointsHold.updateMany({ where: { shopId: world.shopId, id: broken.holdId ?? 0n }, data: { status: "spent" } });
  await pushChanges(openSync({ clock: world.now, sleep: world.sleep }), world.shopId);

  for (const { code } of [hers, his]) expect(world.shop.findCode(code)).toBeNull();
  expect(await prisma.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId: world.shopId, customerId: bruno.id } } })).toMatchObject({ balance: 1000, held: 0 });
  expect(await prisma.change.findMany({ where: { shopId: world.shopId, status: { not: "done" } }, select: { subject: true, status: true } })).toEqual([{ subject: String(hers.couponId), status: "pending" }]);
});
