/** A thousand ask at once where one can be given: exactly one is, whichever limit it is, in one server or in two. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { issueCoupon, type IssueRequest, type Issuing } from "#app/domain/coupons/issue.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { booksOf } from "#test/properties/books.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, type AwardWish } from "#test/factories.ts";

const CROWD = 1000;

/** So many customers of one shop, in one statement. */
async function crowd(shopId: number, size: number): Promise<bigint[]> {
  const people = await prisma.customer.createManyAndReturn({ data: Array.from({ length: size }, (_, n) => ({ shopId, gid: `gid://shopify/Customer/${n + 1}` })), select: { id: true } });
  return people.map(({ id }) => id);
}

function tally(outcomes: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
const outcomesOf = (issuings: Issuing[]) => tally(issuings.map(({ outcome }) => outcome));

/** All at once, each by its own customer or by the one. */
function ask(shopId: number, awardNumber: number, customers: bigint[], wish: Partial<IssueRequest> = {}) {
  return Promise.all(customers.map((customerId, n) => issueCoupon(shopId, { customerId, awardNumber, requestKey: `press-${n}-key`, channel: "checkout", ...wish }, NOON)));
}

describe("a thousand at once, one short of the limit", { timeout: 120_000 }, () => {
  it.each<[string, AwardWish, string]>([
    ["of issuances", { issuesTotal: 3 }, "coupon_max_reached"],
    ["of uses", { usesTotal: 3 }, "coupon_max_reached"],
    ["that is the stock of codes", { codes: 3 }, "out_of_codes"],
  ])("%s: exactly one gets it", async (_name, limit, refusal) => {
    const shop = await newShop();
    const award = await newAward(shop.id, { codes: 50, ...limit });
    const [one, two, ...people] = await crowd(shop.id, CROWD + 2);
    if (one === undefined || two === undefined) throw new Error("nobody came");
    expect(outcomesOf(await ask(shop.id, award.number, [one, two], { distributed: true }))).toEqual({ issued: 2 });
    expect(outcomesOf(await ask(shop.id, award.number, people, { distributed: true }))).toEqual({ issued: 1, [refusal]: CROWD - 1 });
    expect(await prisma.awardTally.findFirstOrThrow({ where: { shopId: shop.id } })).toMatchObject({ issued: 3 });
    expect(await prisma.coupon.count({ where: { shopId: shop.id, status: "issued" } })).toBe(3);
  });

  it.each<[string, AwardWish, number, string]>([
    ["of what one customer may have", { issuesPerCustomer: 3 }, 1_000_000, "customer_max_reached"],
    ["of what one customer may use", { usesPerCustomer: 3 }, 1_000_000, "customer_max_reached"],
    ["that is their points", {}, 399, "insufficient_points"],
  ])("%s: exactly one more", async (_name, limit, points, refusal) => {
    const shop = await newShop();
    const { id } = await newCustomer(shop.id);
    await givePoints(shop.id, id, points);
    const award = await newAward(shop.id, { codes: 50, ...limit });
    await ask(shop.id, award.number, [id, id], { requestKey: "before-one" });
    await ask(shop.id, award.number, [id], { requestKey: "before-two" });
    expect(outcomesOf(await ask(shop.id, award.number, Array.from({ length: CROWD }, () => id)))).toEqual({ issued: 1, [refusal]: CROWD - 1 });
    expect(await findBalance(shop.id, id, NOON)).toMatchObject({ balance: points, held: 300 });
    expect((await booksOf(shop.id, id)).faults).toEqual([]);
  });

  it("one press that is told a thousand times gives one coupon", async () => {
    const shop = await newShop();
    const { id } = await newCustomer(shop.id);
    await givePoints(shop.id, id, 500);
    const award = await newAward(shop.id, { codes: 50 });
    const issuings = await ask(shop.id, award.number, Array.from({ length: CROWD }, () => id), { requestKey: "the-one-press" });
    expect(outcomesOf(issuings)).toEqual({ issued: CROWD });
    expect(new Set(issuings.map((issuing) => (issuing.outcome === "issued" ? issuing.code : ""))).size).toBe(1);
    expect(issuings.filter((issuing) => issuing.outcome === "issued" && !issuing.repeated)).toHaveLength(1);
    expect(await findBalance(shop.id, id, NOON)).toMatchObject({ balance: 500, held: 100 });
  });
});

describe("two servers at once", { timeout: 120_000 }, () => {
  const FILE = path.join(import.meta.dirname, "issuing-process.ts");
  const HALF = CROWD / 2;

  async function openServer(): Promise<ChildProcess> {
    const child = fork(FILE, { execArgv: ["--import", "tsx"] });
    await once(child, "message");
    return child;
  }

  /** The same requests, or its half of them, at the same moment in each of two servers; all outcomes. */
  async function inTwo(shopId: number, awardNumber: number, halves: { customerId: bigint; requestKey: string }[][]): Promise<string[]> {
    const servers = await Promise.all(halves.map(() => openServer()));
    const answers = servers.map(async (server, index) => {
      const requests = (halves[index] ?? []).map(({ customerId, requestKey }) => ({ customerId: String(customerId), awardNumber, requestKey, distributed: true }));
      server.send({ shopId, now: NOON, requests });
      const [outcomes] = (await once(server, "message")) as [string[]];
      if (server.connected) await once(server, "exit");
      return outcomes;
    });
    return (await Promise.all(answers)).flat();
  }
  const askers = (people: bigint[]) => people.map((customerId) => ({ customerId, requestKey: `press-${customerId}` }));

  it.each<[string, AwardWish, Record<string, number>]>([
    ["an award's total holds between them", { codes: CROWD, issuesTotal: 333 }, { issued: 333, coupon_max_reached: CROWD - 333 }],
    ["the last codes go to one customer each, and nobody hears of none while there is one", { codes: 333 }, { issued: 333, out_of_codes: CROWD - 333 }],
    ["nothing is refused where nothing is scarce", { codes: CROWD }, { issued: CROWD }],
  ])("%s", async (_name, wish, expected) => {
    const shop = await newShop();
    const award = await newAward(shop.id, wish);
    const people = await crowd(shop.id, CROWD);
    expect(tally(await inTwo(shop.id, award.number, [askers(people.slice(0, HALF)), askers(people.slice(HALF))]))).toEqual(expected);
    const issuances = await prisma.issuance.findMany({ where: { shopId: shop.id }, select: { couponId: true } });
    expect(new Set(issuances.map(({ couponId }) => couponId)).size).toBe(expected.issued);
    expect(await prisma.awardTally.findFirstOrThrow({ where: { shopId: shop.id } })).toMatchObject({ issued: expected.issued });
  });

  it("the same requests, told to both, are one issuance each", async () => {
    const shop = await newShop();
    const award = await newAward(shop.id, { codes: CROWD });
    const people = askers(await crowd(shop.id, 200));
    expect(tally(await inTwo(shop.id, award.number, [people, people.toReversed()]))).toEqual({ issued: 400 });
    expect(await prisma.issuance.count({ where: { shopId: shop.id } })).toBe(200);
  });
});
