import { describe, expect, it } from "vitest";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { recordOrder } from "#app/domain/orders/record.server.ts";
import { gid } from "#app/lib/gid.ts";
import { newCustomer, NOON, type AwardWish, oneLine } from "#test/factories.ts";
import { ending, endings, minutesAfter, openTill, reasons } from "#test/till.ts";

/** Which limits an award has: C of one code, U of one customer, S of all. */
const LIMITS = { C: { usesPerCode: 2 }, U: { usesPerCustomer: 3 }, S: { usesTotal: 4 } } as const;

function limitsOf(combination: string) {
  return Object.assign({ usesPerCode: null, usesPerCustomer: null, usesTotal: null }, ...[...combination].map((letter) => LIMITS[letter as keyof typeof LIMITS]));
}

/** How many uses in a row go through, and why the next does not. */
async function usesUntilRefused(use: () => Promise<Parameters<typeof ending>[0]>, atMost = 8): Promise<string> {
  for (let uses = 0; uses < atMost; uses++) {
    const end = ending(await use());
    if (end !== "burned") return `${uses}, then ${end}`;
  }
  return `${atMost} and more`;
}

const CODES = Array.from({ length: 12 }, (_, index) => `CODE-${index + 1}`);
const MADE: AwardWish = { source: { source: "generated", stockTarget: 12 } };
const UPLOADED: AwardWish = { source: { source: "uploaded", file: { outcome: "read", listed: CODES.map((code, index) => ({ line: index + 1, code })), failed: [] } } };
const THIRD_PARTY: AwardWish = { source: { source: "third_party", text: CODES.join("\n") } };

/** What a shareable code's limits mean, whoever made the codes. */
const SHAREABLE: [combination: string, oneCode: string, oneCustomer: string, oneCodeByMany: string, everybody: string][] = [
  ["CU", "2, then code_limit_reached", "3, then customer_limit_reached", "2, then code_limit_reached", "8 and more"],
  ["CS", "2, then code_limit_reached", "4, then award_limit_reached", "2, then code_limit_reached", "4, then award_limit_reached"],
  ["CUS", "2, then code_limit_reached", "3, then customer_limit_reached", "2, then code_limit_reached", "4, then award_limit_reached"],
  ["C", "2, then code_limit_reached", "8 and more", "2, then code_limit_reached", "8 and more"],
  ["US", "3, then customer_limit_reached", "3, then customer_limit_reached", "4, then award_limit_reached", "4, then award_limit_reached"],
];
/** What those of a code of one person mean. */
const OWNED: typeof SHAREABLE = [["US", "1, then coupon_redeemed", "3, then customer_limit_reached", "0, then not_owner", "4, then award_limit_reached"]];
const under = (source: string, wish: AwardWish, rows: typeof SHAREABLE) =>
  rows.map(([combination, ...endings]): [string, string, AwardWish, string, string, string, string] => [source, combination, wish, ...endings]);

/**
 * The combinations that are offered, with C = 2, U = 3, S = 4: what one customer can do with one code, what one customer can
 * do with many codes, what many customers can do with one code, and what all can do together.
 */
describe("limits per code, per customer and in all", () => {
  it.each([
    ...under("shareable codes that we make", { ...MADE, shareable: true }, SHAREABLE),
    ...under("shareable codes of a file", { ...UPLOADED, shareable: true }, SHAREABLE),
    ...under("codes of one person that we make", MADE, OWNED),
    ...under("codes of one person of a file", UPLOADED, OWNED),
    ...under("codes of another system", THIRD_PARTY, OWNED),
    ...under("codes of one person that may be used as often as the customer may", { usesPerCode: 3 }, [
      ["US", "3, then code_limit_reached customer_limit_reached", "3, then customer_limit_reached", "0, then not_owner", "4, then award_limit_reached"],
    ]),
    ...under("one code for everybody", { single: "EVERYBODY" }, [
      ["US", "3, then customer_limit_reached", "3, then customer_limit_reached", "4, then award_limit_reached", "4, then award_limit_reached"],
    ]),
  ])("%s, %s", async (_source, combination, wish, oneCode, oneCustomer, oneCodeByMany, everybody) => {
    const open = () => openTill({ codes: 12, ...limitsOf(combination), ...wish });
    const isEverybodys = "single" in wish;

    const first = await open();
    const mine = await first.holder();
    expect(await usesUntilRefused(() => first.burn([mine.code], { customerId: mine.customerId }))).toBe(oneCode);

    const second = await open();
    const collector = await newCustomer(second.shop.id);
    expect(await usesUntilRefused(async () => second.burn([await codeFor(second, collector.id)], { customerId: collector.id }))).toBe(oneCustomer);

    const third = await open();
    const passed = await third.holder();
    expect(
      await usesUntilRefused(async () => {
        const customer = await newCustomer(third.shop.id);
        if (isEverybodys) await codeFor(third, customer.id);
        return third.burn([passed.code], { customerId: customer.id });
      }),
    ).toBe(oneCodeByMany);

    const fourth = await open();
    expect(
      await usesUntilRefused(async () => {
        const customer = await newCustomer(fourth.shop.id);
        return fourth.burn([await codeFor(fourth, customer.id)], { customerId: customer.id });
      }),
    ).toBe(everybody);
    expect((await prisma.awardTally.findFirstOrThrow({ where: { shopId: fourth.shop.id } })).used).toBeLessThanOrEqual(combination.includes("S") ? 4 : 8);
  });

  /** A code the customer holds, however many the award has handed out: what is issued is another rule's business. */
  async function codeFor({ shop, award }: Awaited<ReturnType<typeof openTill>>, customerId: bigint): Promise<string> {
    const shared = await prisma.coupon.findFirst({ where: { shopId: shop.id, awardNumber: award.number, shared: true } });
    const coupon = shared ?? (await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, awardNumber: award.number, status: "available" } }));
    if (!shared) await prisma.coupon.update({ where: { shopId_id: { shopId: shop.id, id: coupon.id } }, data: { status: "issued", customerId, issuedAt: NOON } });
    const held = await prisma.issuance.findFirst({ where: { shopId: shop.id, couponId: coupon.id, customerId } });
    if (!held) await prisma.issuance.create({ data: { shopId: shop.id, awardNumber: award.number, couponId: coupon.id, customerId, points: 0, requestKey: `${coupon.id}-${customerId}`, channel: "api", issuedAt: NOON } });
    return coupon.code;
  }

  it.each([
    ["locks count as uses: of the code", { usesPerCode: 2, shareable: true }, "locked_by_another"],
    ["locks count as uses: of the customer", { usesPerCode: 9, usesPerCustomer: 2, shareable: true }, "customer_limit_reached"],
    ["locks count as uses: of all", { usesPerCode: 9, usesTotal: 2, shareable: true }, "award_limit_reached"],
  ])("%s", async (_name, wish, reason) => {
    const { holder, lock, burn, burnLock } = await openTill(wish);
    const { customerId, code } = await holder();
    expect(ending(await burn([code], { customerId }))).toBe("burned");
    expect(ending(await lock([code], { customerId, reference: "till-1", minutes: 10 }))).toBe("locked");
    expect(ending(await burn([code], { customerId }))).toBe(reason);
    expect(ending(await lock([code], { customerId }))).toBe(reason);
    // When its time is up it makes room, and with the lock it would have gone through.
    expect(ending(await lock([code], { customerId, reference: "till-2", minutes: 10 }, minutesAfter(10)))).toBe("locked");
    expect(ending(await burnLock("till-2", {}, minutesAfter(11)))).toBe("burned");
    expect(ending(await burn([code], { customerId }, minutesAfter(30)))).not.toBe("burned");
  });

  it("two codes of one award in one call count twice", async () => {
    const { holder, give, lock, burn } = await openTill({ usesPerCustomer: 2, combinesOrder: true });
    const { customerId, code } = await holder();
    const [second, third] = [await give(customerId), await give(customerId).catch(() => null)];
    expect(third).toBeNull(); // two uses a customer are two coupons
    expect(ending(await burn([code], { customerId }))).toBe("burned");
    expect(ending(await lock([second], { customerId }))).toBe("locked");
  });

  it("two codes of one award in one call with room for one: neither is used", async () => {
    const { shop, award, holder, burn } = await openTill({ codes: 3, usesTotal: 2, combinesOrder: true, shareable: true, usesPerCode: 9 });
    const [one, other] = [await holder(), await holder()];
    const { customerId } = one;
    expect(ending(await burn([one.code], { customerId }))).toBe("burned");
    expect(ending(await burn([one.code, other.code], { customerId }))).toBe("fine, award_limit_reached");
    expect(await prisma.awardTally.findFirst({ where: { shopId: shop.id, awardNumber: award.number } })).toMatchObject({ used: 1 });
    expect(ending(await burn([other.code], { customerId }))).toBe("burned");
  });
});

describe("a thousand at once with room for one", () => {
  it.each([
    ["of the code", { usesPerCode: 3, shareable: true }, 2, /^(locked_by_another|code_limit_reached)$/],
    ["of the customer", { usesPerCode: 1000, usesPerCustomer: 3, shareable: true }, 2, /^customer_limit_reached$/],
    ["of all", { usesPerCode: 1000, usesTotal: 3, shareable: true }, 2, /^award_limit_reached$/],
  ])("%s: one burns, one locks, and no more", async (_name, wish, used, refusal) => {
    for (const verb of ["burn", "lock"] as const) {
      const { shop, holder, burn, lock } = await openTill(wish);
      const { customerId, code } = await holder();
      for (let use = 0; use < used; use++) expect(ending(await burn([code], { customerId }))).toBe("burned");
      const attempts = await Promise.all(Array.from({ length: 1000 }, (): Promise<Parameters<typeof ending>[0]> => (verb === "burn" ? burn([code], { customerId }) : lock([code], { customerId }))));
      const counts = endings(attempts);
      expect(counts[verb === "burn" ? "burned" : "locked"]).toBe(1);
      expect(Object.keys(counts).filter((end) => end !== "burned" && end !== "locked").every((end) => refusal.test(end.split(" ")[0] ?? ""))).toBe(true);
      expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(1000);
      const tally = await prisma.awardTally.findFirstOrThrow({ where: { shopId: shop.id } });
      expect([tally.used, tally.locked]).toEqual(verb === "burn" ? [3, 0] : [2, 1]);
    }
  });

  it("of the series, over a hundred codes of as many customers: the limit holds", async () => {
    const { shop, holder, burn } = await openTill({ codes: 100, usesTotal: 60, shareable: true });
    const holders: Awaited<ReturnType<typeof holder>>[] = [];
    for (let n = 0; n < 60; n++) holders.push(await holder());
    const attempts = await Promise.all(Array.from({ length: 600 }, (_, n) => burn([holders[n % 60]?.code ?? ""], { customerId: holders[n % 60]?.customerId ?? null })));
    expect(endings(attempts)["burned"]).toBe(60);
    expect(await prisma.redemption.count({ where: { shopId: shop.id } })).toBe(60);
  });

  it("orders, locks and burns at the same moment: orders are recorded, and no request goes beyond the limit", async () => {
    const { shop, award, holder, burn, lock } = await openTill({ usesPerCode: 20, shareable: true });
    const { customerId, code } = await holder();
    const order = (n: number) => ({
      gid: gid("Order", n), name: `#${n}`, customer: null, currency: "EUR", lines: oneLine(0), totalMinor: 100, discountMinor: 10, taxesIncluded: false, test: false,
      channel: "web", processedAt: NOON, updatedAt: NOON, codes: [{ code, discountMinor: 10 }],
    });
    const [orders, burns, locks] = await Promise.all([
      Promise.all(Array.from({ length: 10 }, (_, n) => inTransaction((tx) => recordOrder(tx, shop.id, order(n + 1), NOON)))),
      Promise.all(Array.from({ length: 60 }, () => burn([code], { customerId }))),
      Promise.all(Array.from({ length: 60 }, () => lock([code], { customerId }))),
    ]);
    const [burned, locked] = [burns.filter(({ outcome }) => outcome === "burned").length, locks.filter(({ outcome }) => outcome === "locked").length];
    expect(orders.every(({ outcome }) => outcome === "recorded")).toBe(true);
    const redemptions = await prisma.redemption.findMany({ where: { shopId: shop.id } });
    const over = redemptions.filter(({ flags }) => flags.includes("over_limit")).length;
    expect(redemptions).toHaveLength(10 + burned);
    expect(redemptions.length - over).toBeLessThanOrEqual(20);
    const held = await prisma.couponLock.count({ where: { shopId: shop.id, status: "held" } });
    expect(await prisma.awardTally.findFirst({ where: { shopId: shop.id, awardNumber: award.number } })).toMatchObject({ used: redemptions.length, locked: held });
    expect(held).toBeLessThanOrEqual(locked);
  });
});

describe("the reasons name the limit", () => {
  it("and what is left of it", async () => {
    const { holder, burn, validate } = await openTill({ usesPerCode: 5, usesPerCustomer: 1, shareable: true });
    const { customerId, code } = await holder();
    await burn([code], { customerId });
    expect(reasons((await validate([code], { customerId })).codes)).toEqual(["customer_limit_reached"]);
    const { codes } = await validate([code], { customerId });
    expect(codes[0]?.refusals).toEqual([{ reason: "customer_limit_reached", limit: 1 }]);
  });
});
