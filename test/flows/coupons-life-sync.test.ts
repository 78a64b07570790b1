/** What staff and files do with coupons, seen on Shopify: what is taken back works nowhere any more, and points follow only then. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { archiveCoupon, unarchiveCoupon } from "#app/domain/coupons/archive.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { revokeCoupons } from "#app/domain/coupons/revoke.server.ts";
import { transferCoupon } from "#app/domain/coupons/transfer.server.ts";
import { applyImport } from "#app/domain/imports/apply.server.ts";
import { issueTo } from "#app/domain/imports/issue-to.server.ts";
import { findImport } from "#app/domain/imports/queries.server.ts";
import { stageImport } from "#app/domain/imports/stage.server.ts";
import { undoImport } from "#app/domain/imports/undo.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { draftOf } from "#test/award-draft.ts";
import { expectCodesAgree } from "#test/codes-agree.ts";
import { givePoints, newCustomer } from "#test/factories.ts";
import { checkBooks } from "#test/properties/books.ts";
import { openWorld, type World } from "#test/world.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world.settle();
  const faults = await checkBooks(world.shopId, world.now());
  await world.close();
  expect(faults).toEqual([]);
});

async function award(stockTarget: number): Promise<number> {
  const created = await createAward(world.shopId, draftOf(), { source: "generated", stockTarget }, world.now());
  if (created.outcome !== "created") throw new Error(JSON.stringify(created));
  await world.settle();
  return created.awardNumber;
}

async function customerWithCoupon(awardNumber: number) {
  const { shopId } = world;
  const customer = await newCustomer(shopId);
  await givePoints(shopId, customer.id, 100, world.now());
  const issued = await issueCoupon(shopId, { customerId: customer.id, awardNumber, requestKey: "mine", channel: "admin" }, world.now());
  if (issued.outcome !== "issued") throw new Error(issued.outcome);
  return { customer, couponId: issued.couponId, code: issued.code, balance: async () => (await prisma.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId, customerId: customer.id } } })).balance };
}

it("a revoked code is off Shopify before its points are back, whatever goes wrong on the way", async () => {
  const { shopId } = world;
  const awardNumber = await award(40);
  const { code, balance } = await customerWithCoupon(awardNumber);
  const revoking = await revokeCoupons(shopId, { awardNumber, mode: "unredeemed", understood: true, returnPoints: true, requestKey: "all" }, world.now());
  expect(revoking).toMatchObject({ outcome: "started", job: { status: "done", outcomes: { revoked: 40 } } });
  expect(await balance()).toBe(0);
  expect(world.shop.findCode(code)).toBeTruthy();

  world.shop.faults.next({ operation: "discountCodeRedeemCodeBulkDelete", kind: "lost_answer" });
  world.shop.faults.next({ kind: "http_500", times: 3 });
  await world.settle();
  expect(await balance()).toBe(100);
  expect(world.shop.findCode(code)).toBeFalsy();
  expect(await prisma.coupon.count({ where: { shopId, status: "revoked", codeState: { not: "withdrawn" } } })).toBe(0);
  expect(await prisma.issuance.findFirstOrThrow({ where: { shopId } })).toMatchObject({ status: "revoked" });
});

it("an archived code leaves Shopify and comes back; a transferred one stays where it is", async () => {
  const { shopId } = world;
  const awardNumber = await award(4);
  const { code, couponId } = await customerWithCoupon(awardNumber);
  const other = await newCustomer(shopId);
  expect(await transferCoupon(shopId, { couponId, toCustomerId: other.id, requestKey: "x" }, world.now())).toMatchObject({ outcome: "transferred", code });
  await world.settle();
  expect(world.shop.findCode(code)).toBeTruthy();

  expect(await archiveCoupon(shopId, couponId, world.now())).toEqual({ outcome: "archived" });
  await world.settle();
  expect(world.shop.findCode(code)).toBeFalsy();
  expect(await unarchiveCoupon(shopId, couponId, world.now())).toEqual({ outcome: "unarchived" });
  await world.settle();
  expect(world.shop.findCode(code)).toBeTruthy();
  expect(await prisma.coupon.findFirstOrThrow({ where: { shopId, id: couponId } })).toMatchObject({ status: "issued", codeState: "live", customerId: other.id });
  await expectCodesAgree(world, { live: 4, failed: 0 });
});

it("an award is given to more customers than it has codes in stock: the rest waits until more are made", async () => {
  const { shopId } = world;
  const awardNumber = await award(20);
  const customers = [];
  for (let made = 0; made < 50; made++) customers.push(await newCustomer(shopId));
  const list = { awardNumber, customers: [...customers.map(({ email }) => email ?? ""), "nobody@example.com"], distributed: true, name: "Spring", requestKey: "spring" };
  const started = await issueTo(shopId, list, world.now());
  if (started.outcome !== "started") throw new Error(started.message);
  expect(await findImport(shopId, started.importId)).toMatchObject({ job: { kind: "import_apply", status: "running", done: 20 } });
  await world.settle();

  const done = await findImport(shopId, started.importId);
  expect(done).toMatchObject({ status: "applied", appliedCount: 50, fates: { unknown_email: 1 }, job: { outcomes: { applied: 50 } } });
  expect(await prisma.issuance.groupBy({ by: ["customerId"], where: { shopId } })).toHaveLength(50);
  expect(await issueTo(shopId, list, world.now())).toEqual(started);
  expect(await prisma.issuance.count({ where: { shopId } })).toBe(50);
});

it("imported codes go live on Shopify; undone they leave it, and can be imported for another award", async () => {
  const { shopId } = world;
  const created = await createAward(shopId, draftOf(), { source: "pasted", text: "FIRST-1" }, world.now());
  const other = await createAward(shopId, draftOf(), { source: "pasted", text: "FIRST-2" }, world.now());
  if (created.outcome !== "created" || other.outcome !== "created") throw new Error("no awards");
  const upload = async (awardNumber: number, requestKey: string) => {
    async function* file() {
      yield new TextEncoder().encode("code\nIMPORTED-1\nIMPORTED-2\n");
    }
    const staging = await stageImport(shopId, { kind: "codes", awardNumber, fileName: "codes.csv", requestKey }, file(), world.now());
    if (staging.outcome !== "staged") throw new Error(staging.outcome);
    await applyImport(shopId, { importId: staging.importId, mode: "all_or_nothing" }, world.now());
    await world.settle();
    return staging.importId;
  };
  const importId = await upload(created.awardNumber, "one");
  await expectCodesAgree(world, { live: 4, failed: 0 });
  await undoImport(shopId, importId, world.now());
  await world.settle();
  expect(world.shop.findCode("IMPORTED-1")).toBeFalsy();
  await upload(other.awardNumber, "two");
  await expectCodesAgree(world, { live: 4, failed: 0 });
  expect(await prisma.coupon.count({ where: { shopId, awardNumber: other.awardNumber, codeState: "live" } })).toBe(3);
});
