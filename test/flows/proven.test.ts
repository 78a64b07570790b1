/**
 * A shopper pays with points only for a discount that an order proves. Whatever happens between the press of the button and the
 * order, the balance is right in the end, and a code that nobody used leaves Shopify before its points go back.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnOverdue } from "#app/domain/coupons/return-overdue.server.ts";
import { wakeForgotten } from "#app/inbox/wake.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { rememberCustomer } from "#app/domain/customers/remember.server.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import { draftOf } from "#test/award-draft.ts";
import { expectCodesAgree } from "#test/codes-agree.ts";
import { keepStorage, playCheckout } from "#test/extensions/played-checkout.ts";
import { givePoints } from "#test/factories.ts";
import { checkBooks } from "#test/properties/books.ts";
import { openWorld, type World } from "#test/world.ts";
import { createRewardsApi, type RewardsApi } from "../../extensions/rewards-flow/src/api.ts";
import { createRewardsFlow } from "../../extensions/rewards-flow/src/flow.ts";

const PRICE = 100;
const HAS = 1000;
const STOCK = 10;
/** The mug costs 20.00 with tax in it; with the code 15.00. What is left of it without tax earns a point for each 1.00. */
const EARNED = { with: 12, without: 16, none: 0 };
const HOLD_MS = 61 * 60_000;

let world: World;
let mug = "";
let shopper: { id: bigint; gid: string };
let checkout: ReturnType<typeof playCheckout>;
let storage: ReturnType<typeof keepStorage>;
let api: RewardsApi;
/** What the holds of the shop were whenever the worker was about to take codes off Shopify. */
let holdsAtWithdrawal: string[];

beforeEach(async () => {
  holdsAtWithdrawal = [];
  world = await openWorld({
    openAdmin: (domain) => {
      const port = openAdmin(domain);
      return {
        async call(operation, variables) {
          if (operation.name === "deleteCodes") holdsAtWithdrawal.push(...(await prisma.pointsHold.findMany({ where: { shopId: world.shopId } })).map(({ status }) => status));
          return port.call(operation, variables);
        },
      };
    },
  });
  mug = world.shop.addProduct({ title: "Mug", price: "20.00" }).variants[0]?.gid ?? "";
  const created = await createAward(world.shopId, draftOf({ pointsPrice: PRICE }), { source: "generated", stockTarget: STOCK }, world.now());
  if (created.outcome !== "created") throw new Error(JSON.stringify(created));
  await world.settle();
  const { gid } = world.shop.addCustomer({ firstName: "Amira" });
  const { id } = await rememberCustomer(prisma, world.shopId, { gid, firstName: "Amira" });
  await givePoints(world.shopId, id, HAS, world.now());
  shopper = { id, gid };
  checkout = playCheckout();
  storage = keepStorage();
  api = createRewardsApi({ appUrl: world.app.url, sessionToken: async () => tokenOf(gid), retryDelaysMs: [] });
});
afterEach(() => world.close());

/** Valid by the real clock, which the app's server reads. */
function tokenOf(customerGid: string): string {
  const seconds = Math.floor(Date.now() / 1000);
  return world.shop.checkoutToken({ customerGid, nbf: seconds, iat: seconds });
}

describe("a worker that was away for hours", () => {
  it("hears of the order before it takes the coupon for abandoned, though the hold has long been over", async () => {
    const issued = await issueCoupon(world.shopId, { customerId: shopper.id, awardNumber: 1, requestKey: "press", channel: "checkout" }, world.now());
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    const placed = world.shop.placeOrder({ customerGid: shopper.gid, lines: [{ variantGid: mug, quantity: 1 }], discountCodes: [issued.code] });
    expect(placed).not.toHaveProperty("refused");
    // The web process stores what Shopify tells; nobody works it.
    await world.shop.webhooks.deliver();
    await world.advance(3 * HOLD_MS);

    expect(await returnOverdue(world.now())).toBe(0);
    await prisma.$executeRaw`DELETE FROM graphile_worker._private_jobs WHERE payload ->> 'shopDomain' = ${world.shop.state.domain}`;
    // Found by whatever comes by first, it has a job again, and is still to be worked.
    expect(await wakeForgotten(world.now())).toBeGreaterThan(0);
    expect(await returnOverdue(world.now())).toBe(0);
    await world.settle();
    expect(await prisma.redemption.findMany({ where: { shopId: world.shopId }, select: { flags: true } })).toEqual([{ flags: [] }]);
    expect(await prisma.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId: world.shopId, customerId: shopper.id } } })).toMatchObject({ balance: HAS - PRICE + EARNED.with, held: 0 });
    // One that no order used is abandoned, as ever.
    const other = await issueCoupon(world.shopId, { customerId: shopper.id, awardNumber: 1, requestKey: "other", channel: "checkout" }, world.now());
    expect(other.outcome).toBe("issued");
    await world.advance(HOLD_MS);
    expect(await returnOverdue(world.now())).toBe(1);
  });
});

let presses = 0;
function openPage(answers: RewardsApi = api) {
  return createRewardsFlow({ api: answers, checkout, storage, newKey: () => `press-number-${(presses += 1)}`, now: () => world.now().getTime(), lookMs: 1 });
}

async function openReady(answers?: RewardsApi) {
  const page = openPage(answers);
  await page.load();
  return page;
}

/** The app does its work, but what it answers never arrives. */
const deaf: RewardsApi["redeem"] = async (request) => {
  await api.redeem(request);
  return { ok: false, cause: "offline", final: false };
};

async function issuanceOf() {
  return prisma.issuance.findFirstOrThrow({ where: { shopId: world.shopId, customerId: shopper.id } });
}

async function codeOf(): Promise<string> {
  return (await prisma.coupon.findFirstOrThrow({ where: { shopId: world.shopId, id: (await issuanceOf()).couponId } })).code;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let look = 0; look < 500; look++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it did not come to that");
}

/** How the press of the button goes on. */
const WAYS = {
  "applied": async () => {
    await (await openReady()).redeem(1);
    await until(async () => (await issuanceOf()).appliedAt !== null);
  },
  "refused by the checkout, and given up": async () => {
    checkout.takes = false;
    const page = await openReady();
    await page.redeem(1);
    const state = page.getState();
    if (state.state !== "not_applied") throw new Error(state.state);
    await page.giveUp(state.coupon.issuanceId);
  },
  "paid in a wallet that knows nothing of it": async () => {
    await (await openReady()).redeem(1);
    checkout.mayApply = false;
    checkout.codes = [];
  },
  "the connection lost before the answer came": async () => {
    const page = await openReady({ ...api, redeem: deaf });
    await page.redeem(1);
    expect(page.getState()).toMatchObject({ state: "error", cause: "offline" });
  },
  "the tab closed before the code was applied": async () => {
    checkout.applyCode = () => new Promise(() => {});
    const page = await openReady();
    void page.redeem(1);
    await until(() => page.getState().state === "applying");
  },
  "applied, and removed by the shopper": async () => {
    const page = await openReady();
    await page.redeem(1);
    const state = page.getState();
    if (state.state !== "applied") throw new Error(state.state);
    await page.giveUp(state.wallet.coupons[0]?.issuanceId ?? "");
    expect(checkout.codes).toEqual([]);
  },
};

function order(codes: string[]) {
  const placed = world.shop.placeOrder({ customerGid: shopper.gid, lines: [{ variantGid: mug, quantity: 1 }], discountCodes: codes });
  if ("refused" in placed) throw new Error(placed.refused[0]?.reason);
}

/** Everything that is under way ends; then the hold does, and what that sets in motion. */
async function timePasses() {
  await world.settle();
  await world.advance(HOLD_MS);
  await world.sweep();
  await world.settle();
}

async function expectCharged(earned: number) {
  expect(await prisma.pointsAccount.findFirst({ where: { shopId: world.shopId, customerId: shopper.id } })).toMatchObject({ balance: HAS - PRICE + earned, held: 0 });
  expect(await issuanceOf()).toMatchObject({ status: "redeemed" });
  expect(await prisma.redemption.count({ where: { shopId: world.shopId } })).toBe(1);
}

async function expectReturned(earned: number) {
  expect(await prisma.pointsAccount.findFirst({ where: { shopId: world.shopId, customerId: shopper.id } })).toMatchObject({ balance: HAS + earned, held: 0 });
  expect(await issuanceOf()).toMatchObject({ status: "returned" });
  expect(world.shop.findCode(await codeOf())).toBeNull();
  // Withdrawn first: as the code was taken off Shopify its points were still held.
  expect(holdsAtWithdrawal).toEqual(["held"]);
}

describe.each(Object.entries(WAYS))("%s", (way, go) => {
  it("and no order: the points are free again", async () => {
    await go();
    expect(await prisma.pointsAccount.findFirst({ where: { shopId: world.shopId, customerId: shopper.id } })).toMatchObject({ balance: HAS, held: PRICE });
    await timePasses();
    await expectReturned(EARNED.none);
    await expectCodesAgree(world, { live: STOCK - 1, failed: 0 });
    expect(await checkBooks(world.shopId, world.now())).toEqual([]);
  });

  it("and an order with the code: the points are spent, once", async () => {
    await go();
    order([await codeOf()]);
    await timePasses();
    await expectCharged(EARNED.with);
    const { flags } = await prisma.redemption.findFirstOrThrow({ where: { shopId: world.shopId } });
    // Given up and ordered at the same moment: late, if the return was there first.
    const wasGivenUp = way.includes("given up") || way.includes("removed");
    expect(wasGivenUp ? flags.filter((flag) => flag !== "late") : flags).toEqual([]);
    expect(await checkBooks(world.shopId, world.now())).toEqual([]);
  });

  it("and an order without the code: it earns, and the points are free again", async () => {
    await go();
    order([]);
    await timePasses();
    await expectReturned(EARNED.without);
    expect(await checkBooks(world.shopId, world.now())).toEqual([]);
  });

  it.each([
    ["are there: they are charged after all", 0, "charged"],
    ["were spent meanwhile: the return stands", HAS, "returned"],
  ])("and an order with the code that we hear of after the return, whose points %s", async (_points, spentMeanwhile, end) => {
    await go();
    world.shop.webhooks.turn({ dropNext: 20 });
    order([await codeOf()]);
    await timePasses();
    world.shop.webhooks.turn({ dropNext: 0 });
    await expectReturned(EARNED.none);
    if (spentMeanwhile > 0) await givePoints(world.shopId, shopper.id, -spentMeanwhile, world.now());

    const late = world.shop.webhooks.log.find(({ topic }) => topic === "orders/create");
    world.shop.webhooks.redeliver(late?.webhookId ?? "");
    await world.settle();
    const charged = end === "charged";
    expect(await prisma.redemption.findMany({ where: { shopId: world.shopId } })).toMatchObject([{ flags: ["late"] }]);
    expect(await issuanceOf()).toMatchObject({ status: end === "charged" ? "redeemed" : "returned" });
    const account = await prisma.pointsAccount.findFirst({ where: { shopId: world.shopId, customerId: shopper.id } });
    expect(account).toMatchObject({ balance: HAS - spentMeanwhile - (charged ? PRICE : 0) + EARNED.with, held: 0 });
    expect(await checkBooks(world.shopId, world.now())).toEqual([]);
  });
});

describe("what was lost on the way", () => {
  it("is found by the next page: the same coupon, charged once", async () => {
    await WAYS["the connection lost before the answer came"]();
    const page = await openReady();
    expect(page.getState()).toMatchObject({ state: "applied" });
    expect(checkout.codes.map((code) => code.toUpperCase())).toEqual([await codeOf()]);
    expect(await prisma.issuance.count({ where: { shopId: world.shopId } })).toBe(1);
  });

  it("stays with the shopper: a coupon whose tab was closed can be applied on the next page", async () => {
    await WAYS["the tab closed before the code was applied"]();
    checkout.applyCode = playCheckout().applyCode;
    storage.kept.clear();
    const page = await openReady();
    const state = page.getState();
    expect(state).toMatchObject({ state: "ready", wallet: { points: HAS - PRICE, heldPoints: PRICE, coupons: [{ code: await codeOf() }] } });
  });
});

describe("a checkout that takes no codes", () => {
  it("moves no points at all", async () => {
    checkout.mayApply = false;
    const page = await openReady();
    await page.redeem(1);
    expect(page.getState()).toMatchObject({ state: "cannot_apply" });
    expect(await prisma.issuance.count({ where: { shopId: world.shopId } })).toBe(0);
    expect(await prisma.pointsAccount.findFirst({ where: { shopId: world.shopId, customerId: shopper.id } })).toMatchObject({ balance: HAS, held: 0 });
  });
});

describe("a checkout that shows the discount", () => {
  it("is noted at its first time, however often it is told, and by the coupon's owner only", async () => {
    await WAYS.applied();
    const { id, appliedAt } = await issuanceOf();
    await world.advance(60_000);
    expect(await api.noteApplied({ issuanceId: `iss_${id}` })).toEqual({ ok: true, value: { outcome: "noted" } });
    const stranger = world.shop.addCustomer({ firstName: "Bruno" });
    await rememberCustomer(prisma, world.shopId, { gid: stranger.gid });
    const theirs = createRewardsApi({ appUrl: world.app.url, sessionToken: async () => tokenOf(stranger.gid), retryDelaysMs: [] });
    expect(await theirs.noteApplied({ issuanceId: `iss_${id}` })).toEqual({ ok: true, value: { outcome: "not_found" } });
    expect((await issuanceOf()).appliedAt).toEqual(appliedAt);
  });
});
