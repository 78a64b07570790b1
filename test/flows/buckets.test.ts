/** Awards whose coupons expire by the calendar: the right codes are on Shopify in time, and only those. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AwardDraft } from "#app/domain/awards/award.ts";
import { bucketsDue, type BucketRules } from "#app/domain/awards/bucket.ts";
import { createAward } from "#app/domain/awards/create.server.ts";
import { updateAward } from "#app/domain/awards/update.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { installShop } from "#app/domain/shops/install.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { localTime } from "#app/lib/zone.ts";
import { draftOf } from "#test/award-draft.ts";
import { expectCodesAgree } from "#test/codes-agree.ts";
import { givePoints, newCustomer } from "#test/factories.ts";
import { openWorld, type World } from "#test/world.ts";

const STOCK = 4;
const MINUTE = 60_000;

describe("coupons that expire by days", () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(() => world.close());

  const local = (instant: Date) => localTime(instant, "Europe/Berlin");
  /** To this wall clock of the shop, today or tomorrow. */
  async function turnTo(clock: string): Promise<void> {
    for (let step = 0; local(world.now()).slice(11) < clock || step === 0; step++) {
      if (step > 24 * 60) throw new Error(`it never became ${clock}`);
      const left = secondsOf(clock) - secondsOf(local(world.now()).slice(11));
      await world.advance((left > 0 ? left : left + 24 * 3600) * 1000);
    }
  }
  const secondsOf = (clock: string) => clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

  async function create(wish: Partial<AwardDraft> = {}): Promise<void> {
    const draft = draftOf({ expiryRule: "days", expiryCount: 0, startsAt: new Date(world.now().getTime() - 86_400_000), ...wish });
    const created = await createAward(world.shopId, draft, { source: "generated", stockTarget: STOCK }, world.now());
    if (created.outcome !== "created") throw new Error(JSON.stringify(created.problems));
    await world.settle();
  }

  /** Given by staff: paid at once, so that nothing is given back for want of an order. */
  async function issue() {
    const customer = await newCustomer(world.shopId);
    await givePoints(world.shopId, customer.id, 100, world.now());
    const issued = await issueCoupon(world.shopId, { customerId: customer.id, awardNumber: 1, requestKey: "one", channel: "admin" }, world.now());
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    return prisma.coupon.findUniqueOrThrow({ where: { shopId_code: { shopId: world.shopId, code: issued.code } } });
  }

  const parents = () => prisma.parentDiscount.findMany({ where: { shopId: world.shopId }, orderBy: { expiresAt: "asc" } });
  const codesOf = async (status: "available" | "issued" | "archived", codeState: "live" | "withdrawn") => prisma.coupon.count({ where: { shopId: world.shopId, status, codeState } });
  const discountOf = async (code: string) => world.shop.findCode(code)?.discount;

  it.each(["days", "month_ends"] as const)("has codes that end with the %s of the shop's new time zone, once the merchant has moved", async (expiryRule) => {
    await turnTo("12:00:00");
    await create({ expiryRule });
    const { domain, name, currency } = world.shop;
    await installShop({ domain, name, currency, timeZone: "America/New_York" }, world.now());
    await world.sweep();
    await world.settle();

    const coupon = await issue();
    expect(coupon.expiresAt && localTime(coupon.expiresAt, "America/New_York").slice(11)).toBe("23:59:59");
    expect((await prisma.parentDiscount.findUniqueOrThrow({ where: { shopId_id: { shopId: world.shopId, id: coupon.parentId } } })).expiresAt).toEqual(coupon.expiresAt);
    expect(discountOf(coupon.code)).toBeTruthy();
  });

  it("has today's and tomorrow's codes on Shopify, each ending with its day there", async () => {
    await turnTo("12:00:00");
    await create();
    const [today, tomorrow, ...others] = await parents();
    expect(others).toEqual([]);
    for (const [parent, day] of [[today, 0], [tomorrow, 1]] as const) {
      const date = local(new Date(world.now().getTime() + day * 86_400_000)).slice(0, 10);
      expect(local(parent?.expiresAt ?? new Date(0))).toBe(`${date}T23:59:59`);
      const discount = world.shop.discounts.get(parent?.gid ?? "");
      expect(new Date(discount?.endsAt ?? "").getTime()).toBe((parent?.expiresAt?.getTime() ?? 0) + 1);
      expect(world.shop.codesOf(parent?.gid ?? "")).toHaveLength(STOCK + 1);
    }
    await expectCodesAgree(world, { live: 2 * STOCK, failed: 0 });
  });

  it("gives a code of the new day at once after midnight, made ahead without any demand, and withdraws yesterday's unused ones", async () => {
    await turnTo("12:00:00");
    await create();
    const before = await issue();
    await turnTo("23:59:50");
    const late = await issue();
    expect(late.parentId).toBe(before.parentId);
    await turnTo("00:00:00");
    const early = await issue();
    expect(local(early.expiresAt ?? new Date(0))).toBe(`${local(world.now()).slice(0, 10)}T23:59:59`);
    expect(early.parentId).not.toBe(late.parentId);
    expect(await discountOf(early.code)).toMatchObject({ endsAt: new Date((early.expiresAt?.getTime() ?? 0) + 1).toISOString().replace(".000", "") });

    await world.sweep();
    await world.settle();
    // Yesterday's two issued codes stay where their discount has ended; its two others are gone. Tomorrow is ready.
    const [yesterday, today, tomorrow, ...others] = await parents();
    expect(others).toEqual([]);
    expect([yesterday?.retiredAt, today?.retiredAt, tomorrow?.retiredAt]).toEqual([expect.any(Date), null, null]);
    expect(await codesOf("archived", "withdrawn")).toBe(STOCK - 2);
    expect(world.shop.codesOf(yesterday?.gid ?? "").sort()).toEqual([yesterday?.seedCode, before.code, late.code].sort());
    expect(await prisma.coupon.count({ where: { shopId: world.shopId, parentId: tomorrow?.id ?? 0n, status: "available", codeState: "live" } })).toBe(STOCK);
  });

  it("does so day by day, though nobody buys: two stocks at a time and no more", async () => {
    await turnTo("12:00:00");
    await create();
    for (let day = 1; day <= 4; day++) {
      await turnTo("00:01:00");
      await world.sweep();
      await world.settle();
      expect(await codesOf("available", "live")).toBe(2 * STOCK);
      expect(await codesOf("archived", "withdrawn")).toBe(day * STOCK);
    }
    await expectCodesAgree(world, { live: 2 * STOCK, failed: 0 });
  });

  it("never gives a code of a day that is over, even if no worker has been by", async () => {
    await turnTo("12:00:00");
    await create();
    await turnTo("00:00:00");
    await turnTo("00:00:00");
    const customer = await newCustomer(world.shopId);
    await givePoints(world.shopId, customer.id, 100, world.now());
    const request = { customerId: customer.id, awardNumber: 1, requestKey: "one", channel: "checkout" } as const;
    expect((await issueCoupon(world.shopId, request, world.now())).outcome).toBe("out_of_codes");
    // The refusal itself asks for a stock; the worker makes today's.
    await world.settle();
    expect((await issueCoupon(world.shopId, { ...request, requestKey: "two" }, world.now())).outcome).toBe("issued");
  });

  it("moves every discount with the award's end, and back", async () => {
    await turnTo("12:00:00");
    await create({ expiryCount: 3 });
    const ends = () => [...world.shop.discounts.values()].map(({ endsAt }) => endsAt).sort();
    const before = ends();
    const save = async (endsAt: Date | null) => {
      const award = await prisma.award.findFirstOrThrow({ where: { shopId: world.shopId } });
      const draft = draftOf({ expiryRule: "days", expiryCount: 3, startsAt: award.startsAt, endsAt });
      expect(await updateAward(world.shopId, 1, draft, award.updatedAt, world.now())).toEqual({ outcome: "updated" });
      await world.settle();
    };
    const end = new Date(Math.floor(world.now().getTime() / 1000) * 1000 + 2 * 86_400_000);
    await save(end);
    expect(ends()).toEqual([end, end].map((each) => each.toISOString().replace(".000", "")));
    const coupon = await issue();
    expect(coupon.expiresAt).toEqual(end);
    await save(null);
    expect(ends()).toEqual(before);
    await expectCodesAgree(world, { live: 2 * STOCK, failed: 0 });
  });

  it("takes up a rule that is changed before the first coupon: other discounts, and the old ones' codes are withdrawn", async () => {
    await turnTo("12:00:00");
    await create({ expiryRule: "with_award", expiryCount: null });
    await expectCodesAgree(world, { live: STOCK, failed: 0 });
    const award = await prisma.award.findFirstOrThrow({ where: { shopId: world.shopId } });
    expect(await updateAward(world.shopId, 1, draftOf({ expiryRule: "month_ends", expiryCount: 0, startsAt: award.startsAt }), award.updatedAt, world.now())).toEqual({ outcome: "updated" });
    await world.settle();
    expect((await parents()).map(({ bucket, retiredAt }) => [bucket === "", retiredAt !== null])).toEqual([[false, false], [false, false], [true, true]]);
    await expectCodesAgree(world, { live: 2 * STOCK, failed: 0 });
    expect(await codesOf("archived", "withdrawn")).toBe(STOCK);
  });

  it("keeps an open editor's version valid: what the calendar does is no edit", async () => {
    await turnTo("12:00:00");
    await create();
    const { updatedAt } = await prisma.award.findFirstOrThrow({ where: { shopId: world.shopId } });
    await turnTo("00:01:00");
    await world.sweep();
    await world.settle();
    expect((await prisma.award.findFirstOrThrow({ where: { shopId: world.shopId } })).updatedAt).toEqual(updatedAt);
  });

  it("leaves alone what an integrator applies: one discount that is never on Shopify, whatever the rule", async () => {
    await create({ appliedBy: "integrator", expiryCount: 7 });
    expect(await parents()).toMatchObject([{ bucket: "", state: "local", gid: null, expiresAt: null }]);
    expect(world.shop.discounts.size).toBe(0);
    expect(await prisma.coupon.count({ where: { shopId: world.shopId, codeState: "local" } })).toBe(STOCK);
    await world.advance(3 * 24 * 60 * MINUTE);
    await world.sweep();
    await world.settle();
    expect(await parents()).toHaveLength(1);
  });
});

describe("the expiry that a bucket is made for", () => {
  const ZONES = ["UTC", "Europe/Berlin", "Africa/Cairo", "America/Havana", "America/Santiago", "Asia/Beirut", "Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe"];

  it.each(ZONES)("is the one that issuing asks for, on every day of two years, in %s", async (timeZone) => {
    const from = Date.UTC(2026, 0, 1, 12);
    const instants = Array.from({ length: 731 }, (_, day) => new Date(from + day * 86_400_000));
    for (const [expiryRule, expiryCount] of [["days", 0], ["days", 7], ["month_ends", 0], ["month_ends", 3]] as const) {
      const rows = await prisma.$queryRaw<{ expiresAt: Date }[]>`
        SELECT coupon_expires_at(${expiryRule}::"ExpiryRule", ${expiryCount}::int, NULL, NULL, ${timeZone}, at) AS "expiresAt"
        FROM unnest(${instants}::timestamptz[]) WITH ORDINALITY AS list(at, place) ORDER BY place`;
      const rules: BucketRules = { appliedBy: "shopify", codeSource: "generated", startsAt: new Date(0), endsAt: null, expiryRule, expiryCount, minPoints: null, maxPoints: null, stepPoints: null, stepMinor: null };
      expect(rows.map(({ expiresAt }) => expiresAt.toISOString())).toEqual(instants.map((now) => bucketsDue(rules, timeZone, now)[0]?.expiresAt?.toISOString()));
    }
  });
});
