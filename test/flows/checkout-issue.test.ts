import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { issueCoupon, type Issuing } from "#app/domain/coupons/issue.server.ts";
import { returnOverdue } from "#app/domain/coupons/return-overdue.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { pool, prisma } from "#app/lib/db.server.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";

async function shopWithMember(points: number) {
  const shop = await newShop();
  const customer = await newCustomer(shop.id);
  if (points > 0) await givePoints(shop.id, customer.id, points);
  const redeem = (awardNumber: number, requestKey: string = randomUUID(), customerId = customer.id, now = NOON) =>
    issueCoupon(shop.id, { customerId, awardNumber, requestKey, channel: "checkout" }, now);
  return { shop, customer, redeem };
}

/** Many customers of one shop, each with these points. */
function crowd(shopId: number, size: number, points: number) {
  return Promise.all(
    Array.from({ length: size }, async () => {
      const customer = await newCustomer(shopId);
      await givePoints(shopId, customer.id, points);
      return customer;
    }),
  );
}

/** How often each outcome came. */
function tally(issuings: Issuing[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of issuings) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

describe("a shopper redeems points", () => {
  it("gets a code that is live, and the price is held, not spent", async () => {
    const { shop, redeem } = await shopWithMember(250);
    const award = await newAward(shop.id);
    const issuing = await redeem(award.number);
    expect(issuing).toMatchObject({ outcome: "issued", repeated: false, price: 100, balance: 250, held: 100, award: { name: "Five off" } });
    if (issuing.outcome !== "issued") return;
    expect(await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, code: issuing.code } })).toMatchObject({ status: "issued", codeState: "live" });
    expect((await prisma.award.findFirstOrThrow({ where: { shopId: shop.id } })).firstIssuedAt).toEqual(NOON);
  });

  it("presses twenty times at once with one key and gets one coupon", async () => {
    const { shop, redeem } = await shopWithMember(5000);
    const award = await newAward(shop.id, { codes: 30 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(award.number, "one-press")));
    const codes = new Set(answers.map((answer) => (answer.outcome === "issued" ? answer.code : answer.outcome)));
    expect(codes.size).toBe(1);
    expect(answers.filter((answer) => answer.outcome === "issued" && !answer.repeated)).toHaveLength(1);
    expect(await prisma.issuance.count({ where: { shopId: shop.id } })).toBe(1);
  });

  it("with a key that another customer used meets nothing of theirs", async () => {
    const { shop, redeem } = await shopWithMember(100);
    const award = await newAward(shop.id);
    const [other] = await crowd(shop.id, 1, 100);
    if (!other) throw new Error("nobody came");
    const [mine, theirs] = [await redeem(award.number, "same-key"), await redeem(award.number, "same-key", other.id)];
    expect([mine, theirs]).toMatchObject([{ outcome: "issued" }, { outcome: "issued", repeated: false }]);
    expect(mine.outcome === "issued" && theirs.outcome === "issued" && mine.code !== theirs.code).toBe(true);
  });

  it.each([
    ["an award that does not exist", {}, 99, "award_inactive"],
    ["one that is over", { startsAt: new Date("2026-01-01T00:00:00Z"), endsAt: NOON }, 1, "award_inactive"],
    ["one that begins tomorrow", { startsAt: new Date("2026-11-21T12:00:00Z") }, 1, "not_started"],
    ["one that is not sold for points", { pointsPrice: null }, 1, "not_eligible"],
    ["one that costs a point too much", { pointsPrice: 101 }, 1, "insufficient_points"],
  ])("is refused %s, and nothing is charged", async (_name, wish, number, outcome) => {
    const { shop, customer, redeem } = await shopWithMember(100);
    await newAward(shop.id, wish);
    expect(await redeem(number)).toMatchObject({ outcome });
    expect(await findBalance(shop.id, customer.id, NOON)).toEqual({ balance: 100, held: 0, spendable: 100 });
  });

  it("is refused an award that was switched off, and codes that are not on Shopify yet", async () => {
    const { shop, redeem } = await shopWithMember(100);
    const award = await newAward(shop.id, { codes: 1 });
    await prisma.coupon.updateMany({ where: { shopId: shop.id }, data: { codeState: "submitted" } });
    expect(await redeem(award.number)).toMatchObject({ outcome: "out_of_codes" });
    await prisma.award.updateMany({ where: { shopId: shop.id }, data: { status: "inactive" } });
    expect(await redeem(award.number)).toMatchObject({ outcome: "award_inactive" });
  });

  it("gets the one code of everybody once, and keeps it while it is unused", async () => {
    const { shop, customer, redeem } = await shopWithMember(300);
    const award = await newAward(shop.id, { single: `TEAM${shop.id}` });
    const first = await redeem(award.number);
    expect(first).toMatchObject({ outcome: "issued", code: `TEAM${shop.id}` });
    expect(await redeem(award.number)).toMatchObject({ outcome: "existing_sent", code: `TEAM${shop.id}`, held: 100 });
    const [other] = await crowd(shop.id, 1, 100);
    expect(await redeem(award.number, randomUUID(), other?.id ?? customer.id)).toMatchObject({ outcome: "issued", code: `TEAM${shop.id}` });
  });
});

describe("many at once", () => {
  it("two shoppers want the last code: one gets it, the other is told there is none and is charged nothing", async () => {
    const { shop, redeem } = await shopWithMember(0);
    const award = await newAward(shop.id, { codes: 1 });
    const [one, two] = await crowd(shop.id, 2, 100);
    if (!one || !two) throw new Error("nobody came");
    const issuings = await Promise.all([redeem(award.number, randomUUID(), one.id), redeem(award.number, randomUUID(), two.id)]);
    expect(tally(issuings)).toEqual({ issued: 1, out_of_codes: 1 });
    expect((await findBalance(shop.id, one.id, NOON)).held + (await findBalance(shop.id, two.id, NOON)).held).toBe(100);
  });

  it.each([
    ["issues", { issuesTotal: 3 }],
    ["uses", { usesTotal: 3 }],
  ])("two hundred redeem with one of %s left: exactly one gets it", async (_name, limits) => {
    const { shop, redeem } = await shopWithMember(0);
    const award = await newAward(shop.id, { codes: 250, ...limits });
    const people = await crowd(shop.id, 202, 100);
    for (const { id } of people.slice(0, 2)) expect(await redeem(award.number, randomUUID(), id)).toMatchObject({ outcome: "issued" });
    const issuings = await Promise.all(people.slice(2).map(({ id }) => redeem(award.number, randomUUID(), id)));
    expect(tally(issuings)).toEqual({ issued: 1, coupon_max_reached: 199 });
  });

  it("one customer with points for one presses ten times with ten keys: one coupon, and never below zero", async () => {
    const { shop, customer, redeem } = await shopWithMember(199);
    const award = await newAward(shop.id, { codes: 20 });
    const issuings = await Promise.all(Array.from({ length: 10 }, () => redeem(award.number)));
    expect(tally(issuings)).toEqual({ issued: 1, insufficient_points: 9 });
    expect(await findBalance(shop.id, customer.id, NOON)).toEqual({ balance: 199, held: 100, spendable: 99 });
  });

  it("one customer with a limit of two and points for ten: two coupons; one given back makes room only when it is back", async () => {
    const { shop, customer, redeem } = await shopWithMember(1000);
    const award = await newAward(shop.id, { codes: 20, issuesPerCustomer: 2 });
    const issuings = await Promise.all(Array.from({ length: 10 }, () => redeem(award.number)));
    expect(tally(issuings)).toEqual({ issued: 2, customer_max_reached: 8 });
    const issued = issuings.find((issuing) => issuing.outcome === "issued");
    await returnCoupon(shop.id, { issuanceId: issued?.issuanceId ?? 0n, customerId: customer.id }, NOON);
    expect(await redeem(award.number)).toMatchObject({ outcome: "customer_max_reached" });
  });

  /** What other servers do at the same moment: each sends its batch on a connection of its own. */
  async function onServers(batches: { customerId: bigint; awardNumber: number }[][], shopId: number) {
    const answers = await Promise.all(
      batches.map((batch) => {
        const requests = batch.map((request, index) => ({ ...request, index, customerId: String(request.customerId), shopId, requestKey: randomUUID(), channel: "checkout", at: NOON }));
        return pool.query<{ outcome: string }>("SELECT outcome FROM issue_coupons($1)", [JSON.stringify(requests)]);
      }),
    );
    return answers.flatMap(({ rows }) => rows.map(({ outcome }) => outcome));
  }

  it("on eight servers with other customers each: the award's limit holds between them", async () => {
    const shop = await newShop();
    const award = await newAward(shop.id, { codes: 80, issuesTotal: 25 });
    const people = await crowd(shop.id, 80, 100);
    const batches = Array.from({ length: 8 }, (_, server) => people.slice(server * 10, server * 10 + 10).map(({ id }) => ({ customerId: id, awardNumber: award.number })));
    const outcomes = await onServers(batches, shop.id);
    expect(outcomes.filter((outcome) => outcome === "issued")).toHaveLength(25);
    expect(outcomes.filter((outcome) => outcome === "coupon_max_reached")).toHaveLength(55);
  });

  it("on eight servers with the same customers in other orders, half of them for another award: nobody waits for ever, and no points are held twice", async () => {
    const shop = await newShop();
    const awards = [await newAward(shop.id, { codes: 60 }), await newAward(shop.id, { codes: 60 })];
    const people = await crowd(shop.id, 20, 100);
    const batches = Array.from({ length: 8 }, (_, server) =>
      (server % 2 ? people : people.toReversed()).map(({ id }) => ({ customerId: id, awardNumber: awards[server < 4 ? 0 : 1]?.number ?? 0 })),
    );
    const outcomes = await onServers(batches, shop.id);
    expect(outcomes.filter((outcome) => outcome === "issued")).toHaveLength(20);
    expect(outcomes.filter((outcome) => outcome === "insufficient_points")).toHaveLength(140);
    expect(await prisma.pointsAccount.count({ where: { shopId: shop.id, held: 100 } })).toBe(20);
  });

  it("every code is given to one customer only, and all are given", async () => {
    const { shop, redeem } = await shopWithMember(0);
    const award = await newAward(shop.id, { codes: 60 });
    const people = await crowd(shop.id, 80, 100);
    const issuings = await Promise.all(people.map(({ id }) => redeem(award.number, randomUUID(), id)));
    expect(tally(issuings)).toEqual({ issued: 60, out_of_codes: 20 });
    expect(new Set(issuings.flatMap((issuing) => (issuing.outcome === "issued" ? [issuing.code] : []))).size).toBe(60);
  });

  it("a request that fails does not fail those beside it", async () => {
    const [fine, broken] = [await shopWithMember(100), await shopWithMember(100)];
    const [award, other] = [await newAward(fine.shop.id), await newAward(broken.shop.id)];
    await prisma.shop.delete({ where: { id: broken.shop.id } }); // its hold has no length: a fault that must not happen
    const issuings = await Promise.all([fine.redeem(award.number, "first-key"), broken.redeem(other.number), fine.redeem(award.number, "first-key")]);
    expect(issuings.map(({ outcome }) => outcome)).toEqual(["issued", "error", "issued"]);
  });
});

describe("an abandoned checkout", () => {
  it("gives its coupon back when its time is over, not before, and once", async () => {
    const { shop, customer, redeem } = await shopWithMember(100);
    const award = await newAward(shop.id);
    await redeem(award.number);
    const at = (minutes: number) => new Date(NOON.getTime() + minutes * 60_000);
    const status = async () => (await prisma.issuance.findFirstOrThrow({ where: { shopId: shop.id, customerId: customer.id } })).status;
    await returnOverdue(at(59));
    expect(await status()).toBe("open");
    await returnOverdue(at(61));
    expect(await status()).toBe("returning");
    await returnOverdue(at(62));
    expect(await prisma.change.count({ where: { shopId: shop.id, kind: "withdraw_code", status: "pending" } })).toBe(1);
  });

  it("that cannot be given back does not keep the others from theirs", async () => {
    const { shop, customer, redeem } = await shopWithMember(200);
    const award = await newAward(shop.id);
    const stuck = await redeem(award.number);
    await redeem(award.number, randomUUID(), customer.id, new Date(NOON.getTime() + 60_000));
    const stuckId = stuck.outcome === "issued" ? stuck.issuanceId : 0n;
    await prisma.$executeRawUnsafe(`ALTER TABLE "Issuance" ADD CONSTRAINT "stuck" CHECK ("id" <> ${stuckId} OR "status" = 'open')`);
    await returnOverdue(new Date(NOON.getTime() + 3_600_000 * 2));
    await prisma.$executeRaw`ALTER TABLE "Issuance" DROP CONSTRAINT "stuck"`;
    const issuances = await prisma.issuance.findMany({ where: { shopId: shop.id }, orderBy: { id: "asc" } });
    expect(issuances.map(({ status }) => status)).toEqual(["open", "returning"]);
  });
});
