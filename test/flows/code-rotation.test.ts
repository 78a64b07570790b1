/** One code for everybody, replaced: at no instant is there none, and nobody loses the one they hold. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AwardDraft } from "#app/domain/awards/award.ts";
import { createAward } from "#app/domain/awards/create.server.ts";
import { changePool } from "#app/domain/codes/change-pool.server.ts";
import { keepRotating } from "#app/domain/codes/keep-rotating.server.ts";
import { rotateCode } from "#app/domain/codes/rotate.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { draftOf } from "#test/award-draft.ts";
import { givePoints, newCustomer, newShop, NOON } from "#test/factories.ts";
import { openWorld, type World } from "#test/world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const later = (ms: number) => new Date(NOON.getTime() + ms);

describe("on Shopify", () => {
  let world: World;
  beforeEach(async () => void (world = await openWorld()));
  afterEach(() => world.close());

  async function issueTo(awardNumber: number, customerId: bigint) {
    const issuing = await issueCoupon(world.shopId, { customerId, awardNumber, requestKey: "k", channel: "admin" }, world.now());
    return "code" in issuing ? issuing.code : issuing.outcome;
  }

  it("the old code is handed out until the new one is live there, and works for its holders until nobody holds it", async () => {
    const created = await createAward(world.shopId, draftOf({ pointsPrice: 10 }), { source: "single", code: "old-code" }, world.now());
    if (created.outcome !== "created") throw new Error("not created");
    const { awardNumber } = created;
    await world.settle();
    const customers = await Promise.all(Array.from({ length: 3 }, () => newCustomer(world.shopId)));
    for (const { id } of customers) await givePoints(world.shopId, id, 100, world.now());
    const [first, second, third] = customers.map(({ id }) => id);
    if (!first || !second || !third) throw new Error("three customers");
    expect(await issueTo(awardNumber, first)).toBe("OLD-CODE");

    expect(await rotateCode(world.shopId, awardNumber, { code: "new-code" }, world.now())).toEqual({ outcome: "rotated", code: "NEW-CODE", replaced: "OLD-CODE" });
    expect(await issueTo(awardNumber, second)).toBe("OLD-CODE");
    await world.settle();
    expect(await issueTo(awardNumber, third)).toBe("NEW-CODE");
    const parent = await prisma.parentDiscount.findFirstOrThrow({ where: { shopId: world.shopId } });
    const onShopify = () => world.shop.codesOf(parent.gid ?? "").filter((code) => code !== parent.seedCode).sort();
    expect(onShopify()).toEqual(["NEW-CODE", "OLD-CODE"]);

    // Two hold it: it stays, however late it is.
    await world.advance(2 * HOUR_MS);
    await keepRotating(world.now());
    await world.advance(2 * HOUR_MS);
    await keepRotating(world.now());
    await world.settle();
    expect(onShopify()).toEqual(["NEW-CODE", "OLD-CODE"]);
    expect(await prisma.coupon.findFirst({ where: { shopId: world.shopId, code: "OLD-CODE" } })).toMatchObject({ status: "issued", codeState: "live" });

    // Both used theirs: nobody holds it any more.
    await prisma.issuance.updateMany({ where: { shopId: world.shopId, customerId: { in: [first, second] } }, data: { status: "redeemed", endedAt: world.now() } });
    await keepRotating(world.now());
    await world.settle();
    expect(onShopify()).toEqual(["NEW-CODE"]);
    expect(await prisma.coupon.findFirst({ where: { shopId: world.shopId, code: "OLD-CODE" } })).toMatchObject({ status: "archived", codeState: "withdrawn" });
  });

  it("a second replacement, before a sweep saw the first, leaves the first in its place until it is live itself", async () => {
    const created = await createAward(world.shopId, draftOf({ pointsPrice: 10 }), { source: "single", code: "old-code" }, world.now());
    if (created.outcome !== "created") throw new Error("not created");
    const customer = await newCustomer(world.shopId);
    await givePoints(world.shopId, customer.id, 100, world.now());
    await world.settle();
    await rotateCode(world.shopId, created.awardNumber, { code: "new-1" }, world.now());
    await world.settle();
    expect(await rotateCode(world.shopId, created.awardNumber, { code: "new-2" }, world.now())).toMatchObject({ outcome: "rotated", replaced: "NEW-1" });
    await keepRotating(world.now());
    expect(await issueTo(created.awardNumber, customer.id)).toBe("NEW-1");
  });

  it("a new code that Shopify does not take leaves the old one in its place", async () => {
    await createAward(world.shopId, draftOf(), { source: "pasted", text: "TAKEN-1" }, world.now());
    const created = await createAward(world.shopId, draftOf({ pointsPrice: 10 }), { source: "single", code: "good" }, world.now());
    if (created.outcome !== "created") throw new Error("not created");
    await world.settle();
    // As if somebody had made it in Shopify's admin: we know nothing of it.
    await prisma.coupon.deleteMany({ where: { shopId: world.shopId, code: "TAKEN-1" } });
    await rotateCode(world.shopId, created.awardNumber, { code: "taken-1" }, world.now());
    expect(await rotateCode(world.shopId, created.awardNumber, {}, world.now())).toEqual({ outcome: "waiting", code: "TAKEN-1" });
    await world.settle();
    await keepRotating(world.now());
    const customer = await newCustomer(world.shopId);
    await givePoints(world.shopId, customer.id, 100, world.now());
    expect(await issueTo(created.awardNumber, customer.id)).toBe("GOOD");
    expect(await rotateCode(world.shopId, created.awardNumber, {}, world.now())).toMatchObject({ outcome: "rotated" });
  });
});

async function singleAward(rotateDays: number | null = null, wish: Partial<AwardDraft> = {}) {
  const { id: shopId } = await newShop({ timeZone: "Europe/Berlin" });
  // A till's award: its codes need nobody to take them.
  const created = await createAward(shopId, draftOf({ kind: "custom", value: 0, startsAt: later(-DAY_MS), ...wish }), { source: "single", code: "day-0", rotateDays }, NOON);
  if (created.outcome !== "created") throw new Error(JSON.stringify(created.problems));
  const handedOut = () => prisma.coupon.findMany({ where: { shopId, shared: true, status: "available" } });
  return { shopId, awardNumber: created.awardNumber, handedOut };
}

describe("replacing by hand", () => {
  it("hands out exactly one code at any time", async () => {
    const { shopId, awardNumber, handedOut } = await singleAward();
    expect(await rotateCode(shopId, awardNumber, { code: "day-1" }, NOON)).toEqual({ outcome: "rotated", code: "DAY-1", replaced: "DAY-0" });
    expect(await handedOut()).toMatchObject([{ code: "DAY-1" }]);
    const made = await rotateCode(shopId, awardNumber, {}, NOON);
    expect(made).toEqual({ outcome: "rotated", code: expect.stringMatching(/^[A-HJ-NP-Z2-9]{10}$/), replaced: "DAY-1" });
    expect(await handedOut()).toHaveLength(1);
  });

  it("happens once for two who press at once", async () => {
    const { shopId, awardNumber } = await singleAward();
    const pressed = await Promise.all([1, 2, 3].map(() => rotateCode(shopId, awardNumber, { replaces: "day-0" }, NOON)));
    expect(pressed.map(({ outcome }) => outcome).sort()).toEqual(["rotated", "stale", "stale"]);
    expect(await prisma.coupon.count({ where: { shopId } })).toBe(2);
  });

  it("says what is wrong, and changes nothing", async () => {
    const { shopId, awardNumber, handedOut } = await singleAward();
    await rotateCode(shopId, awardNumber, { code: "day-1" }, NOON);
    expect(await rotateCode(shopId, awardNumber, { code: " DAY-1 " }, NOON)).toEqual({ outcome: "already", code: "DAY-1" });
    expect(await rotateCode(shopId, awardNumber, { code: "=1" }, NOON)).toMatchObject({ outcome: "refused" });
    expect(await rotateCode(shopId, awardNumber, { code: "day-0" }, NOON)).toEqual({ outcome: "refused", message: "This award had this code before." });
    await createAward(shopId, draftOf(), { source: "pasted", text: "OTHER-1" }, NOON);
    expect(await rotateCode(shopId, awardNumber, { code: "other-1" }, NOON)).toEqual({ outcome: "refused", message: "Another award has this code already." });
    expect(await rotateCode(shopId, awardNumber + 1, {}, NOON)).toEqual({ outcome: "not_found" });
    expect(await rotateCode(shopId, 99, {}, NOON)).toEqual({ outcome: "not_found" });
    expect(await handedOut()).toMatchObject([{ code: "DAY-1" }]);
  });
});

describe("a code that was replaced", () => {
  const statusAfter = async (shopId: number, ms: number) => {
    await keepRotating(later(ms));
    return (await prisma.coupon.findFirstOrThrow({ where: { shopId, code: "DAY-0" } })).status;
  };

  it("leaves after an hour, in which somebody may still have been given it", async () => {
    const { shopId, awardNumber } = await singleAward();
    await rotateCode(shopId, awardNumber, {}, NOON);
    expect(await statusAfter(shopId, HOUR_MS - 1)).toBe("issued");
    expect(await statusAfter(shopId, HOUR_MS)).toBe("archived");
  });

  it("stays for who was given it, and leaves with the end of what they were promised", async () => {
    const { shopId, awardNumber } = await singleAward(null, { expiryRule: "days", expiryCount: 0 });
    const { id: customerId } = await newCustomer(shopId);
    expect(await issueCoupon(shopId, { customerId, awardNumber, requestKey: "k", channel: "admin", distributed: true }, NOON)).toMatchObject({ outcome: "issued" });
    await rotateCode(shopId, awardNumber, {}, NOON);
    // Berlin's day ends at 23:00 UTC.
    expect(await statusAfter(shopId, 11 * HOUR_MS - 2)).toBe("issued");
    expect(await statusAfter(shopId, 11 * HOUR_MS)).toBe("archived");
  });
});

describe("replacing on schedule", () => {
  it("comes with the shop's midnight, once a day it is due", async () => {
    const { shopId, handedOut } = await singleAward(2);
    const codes: string[] = [];
    for (let hour = 0; hour <= 6 * 24; hour++) {
      await keepRotating(later(hour * HOUR_MS));
      const [coupon, ...others] = await handedOut();
      expect(others).toEqual([]);
      if (coupon && codes.at(-1) !== coupon.code) codes.push(coupon.code);
      const pool = await prisma.codePool.findFirstOrThrow({ where: { shopId } });
      // 20 November 12:00 UTC; Berlin's midnight is 23:00 UTC.
      if (hour < 35) expect(codes).toEqual(["DAY-0"]);
      if (hour === 35) expect(pool.rotatedAt).toEqual(new Date("2026-11-21T23:00:00Z"));
    }
    expect(codes).toHaveLength(4);
  }, 60_000);

  it("rests while the award is off, and catches up with one code, not many", async () => {
    const { shopId, awardNumber } = await singleAward(1);
    await prisma.award.updateMany({ where: { shopId }, data: { status: "inactive" } });
    await keepRotating(later(3 * DAY_MS));
    expect(await prisma.coupon.count({ where: { shopId, awardNumber } })).toBe(1);
    await prisma.award.updateMany({ where: { shopId }, data: { status: "active" } });
    await keepRotating(later(10 * DAY_MS));
    await keepRotating(later(10 * DAY_MS));
    expect(await prisma.coupon.count({ where: { shopId, awardNumber } })).toBe(2);
  });

  it.each<[string, Partial<AwardDraft>]>([
    ["has not begun", { startsAt: later(9 * DAY_MS) }],
    ["is over", { endsAt: later(DAY_MS) }],
  ])("rests while the award %s", async (_what, wish) => {
    const { handedOut } = await singleAward(1, wish);
    await keepRotating(later(3 * DAY_MS));
    expect(await handedOut()).toMatchObject([{ code: "DAY-0" }]);
  });

  it("is set and taken off later; only one code for everybody has it", async () => {
    const { shopId, awardNumber } = await singleAward();
    for (const rotateDays of [0, 367]) expect(await changePool(shopId, awardNumber, { rotateDays }, NOON)).toMatchObject({ outcome: "refused", problems: [{ field: "rotateDays" }] });
    expect(await changePool(shopId, awardNumber, { rotateDays: 366 }, NOON)).toEqual({ outcome: "changed" });
    expect(await changePool(shopId, awardNumber, { rotateDays: 1 }, NOON)).toEqual({ outcome: "changed" });
    await keepRotating(later(DAY_MS));
    expect(await prisma.coupon.count({ where: { shopId } })).toBe(2);
    await changePool(shopId, awardNumber, { rotateDays: null }, NOON);
    await keepRotating(later(5 * DAY_MS));
    expect(await prisma.coupon.count({ where: { shopId } })).toBe(2);
    await createAward(shopId, draftOf(), { source: "generated", stockTarget: 5 }, NOON);
    expect(await changePool(shopId, awardNumber + 1, { rotateDays: 1 }, NOON)).toMatchObject({ outcome: "refused", problems: [{ field: "rotateDays" }] });
  });
});
