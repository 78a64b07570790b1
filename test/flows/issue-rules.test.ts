/** Every rule of giving a coupon, and every way an attempt can end. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { EVENT_DATA } from "#app/contract/events.ts";
import { ISSUE_OUTCOMES } from "#app/contract/outcomes.ts";
import { issueCoupon, issueCoupons, type IssueRequest, type Issuing } from "#app/domain/coupons/issue.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import type { Prisma } from "#app/generated/prisma/client.ts";
import { prisma } from "#app/lib/db.server.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, type AwardWish } from "#test/factories.ts";

const DAY_MS = 86_400_000;
const days = (count: number) => new Date(NOON.getTime() + count * DAY_MS);

/** A shop, a customer with these points, and a way to ask for coupons; the story's own shop. */
async function open(points = 1000) {
  const shop = await newShop();
  const customer = await newCustomer(shop.id);
  if (points > 0) await givePoints(shop.id, customer.id, points);
  const issue = (awardNumber: number, wish: Partial<IssueRequest> = {}, now = NOON) =>
    issueCoupon(shop.id, { customerId: customer.id, awardNumber, requestKey: randomUUID(), channel: "checkout", ...wish }, now);
  return { shop, customer, issue };
}
type Story = Awaited<ReturnType<typeof open>> & { award: { number: number } };

/** Everything that an issuance writes. */
async function footprint(shopId: number) {
  const where = { shopId };
  const [issuances, holds, entries, events, taken, tally] = await Promise.all([
    prisma.issuance.count({ where }), prisma.pointsHold.count({ where }), prisma.pointsEntry.count({ where }),
    prisma.event.count({ where: { ...where, kind: "coupon.issued" } }), prisma.coupon.count({ where: { ...where, status: { not: "available" } } }),
    prisma.awardTally.aggregate({ where, _sum: { issued: true } }),
  ]);
  return { issuances, holds, entries, events, taken, issued: tally._sum.issued };
}

const tell = (issuing: Issuing) => ("problem" in issuing ? `${issuing.outcome}: ${issuing.problem}` : issuing.outcome);

describe("an award and a customer", () => {
  type Before = (story: Story) => Promise<unknown>;
  const had: Before = ({ issue, award }) => issue(award.number);
  const hadThreeDaysAgo: Before = ({ issue, award }) => issue(award.number, {}, days(-3));
  const used: Before = async (story) => {
    await had(story);
    await prisma.issuance.updateMany({ where: { shopId: story.shop.id }, data: { status: "redeemed" } });
  };
  const gaveItBack: Before = async (story) => {
    await had(story);
    await prisma.issuance.updateMany({ where: { shopId: story.shop.id }, data: { status: "returned" } });
    await prisma.awardTally.updateMany({ where: { shopId: story.shop.id }, data: { issued: 0 } });
  };
  const listed: Before = ({ shop, customer, award }) => prisma.awardCustomer.create({ data: { shopId: shop.id, awardNumber: award.number, customerId: customer.id } });
  const hadTheOther = (at: Date): Before => async ({ shop, issue }) => {
    const [other, third] = [await newAward(shop.id, { startsAt: days(-400) }), await newAward(shop.id)];
    await issue(other.number, {}, at);
    await prisma.award.updateMany({ where: { shopId: shop.id, number: 1 }, data: { excludedAwards: [other.number, third.number] } });
  };
  const gaveTheOtherBack: Before = async (story) => {
    await hadTheOther(days(-1))(story);
    await prisma.issuance.updateMany({ where: { shopId: story.shop.id }, data: { status: "returned" } });
  };
  const lostIt: Before = async (story) => {
    await had(story);
    await prisma.issuance.updateMany({ where: { shopId: story.shop.id }, data: { status: "revoked" } });
  };
  const anybodyElse: Before = async ({ shop, award, issue }) => {
    const other = await newCustomer(shop.id);
    await givePoints(shop.id, other.id, 100);
    await issue(award.number, { customerId: other.id });
  };
  const usedMany: Before = ({ shop }) => prisma.awardTally.updateMany({ where: { shopId: shop.id }, data: { used: 5 } });
  const nothing: Before = async () => {};

  const RULES: [string, AwardWish, Before, Partial<IssueRequest>, string][] = [
    ["nothing stands against it", {}, nothing, {}, "issued"],
    ["it was switched off", {}, ({ shop }) => prisma.award.updateMany({ where: { shopId: shop.id }, data: { status: "inactive" } }), {}, "award_inactive"],
    ["it was archived", {}, ({ shop }) => prisma.award.updateMany({ where: { shopId: shop.id }, data: { status: "archived" } }), {}, "award_inactive"],
    ["it ended this instant", { endsAt: NOON }, nothing, {}, "award_inactive"],
    ["it ends in a millisecond", { endsAt: new Date(NOON.getTime() + 1) }, nothing, {}, "issued"],
    ["it begins in a millisecond", { startsAt: new Date(NOON.getTime() + 1) }, nothing, {}, "not_started"],
    ["it begins this instant", { startsAt: NOON }, nothing, {}, "issued"],
    ["it can be redeemed only later", { redeemableFrom: days(5) }, nothing, {}, "issued"],
    ["it has no price", { pointsPrice: null }, nothing, {}, "not_eligible: not_sold_for_points"],
    ["it has no price, and is given", { pointsPrice: null }, nothing, { distributed: true }, "issued"],
    ["its price is another", {}, nothing, { points: 99 }, "not_eligible: points_not_offered"],
    ["its price is named", {}, nothing, { points: 100 }, "issued"],
    ["it is for others", { audience: "listed" }, nothing, {}, "not_eligible: not_listed"],
    ["it is for them", { audience: "listed" }, listed, {}, "issued"],
    ["they had one of those that rule it out", {}, hadTheOther(days(-180)), {}, "not_eligible: had_excluded_award"],
    // Six months before 13:00 in Berlin, where it was summer.
    ["they had one of them within six months of the shop's calendar", {}, hadTheOther(new Date("2026-05-20T11:00:00.001Z")), {}, "not_eligible: had_excluded_award"],
    ["they had one of them six months ago", {}, hadTheOther(new Date("2026-05-20T11:00:00Z")), {}, "issued"],
    ["they gave back the one that ruled it out", {}, gaveTheOtherBack, {}, "issued"],
    ["they may have two", { issuesPerCustomer: 2 }, had, {}, "issued"],
    ["they may have one", { issuesPerCustomer: 1 }, had, {}, "customer_max_reached"],
    ["they may have one, and gave it back", { issuesPerCustomer: 1 }, gaveItBack, {}, "issued"],
    ["they may have one, and staff took it back", { issuesPerCustomer: 1 }, lostIt, {}, "issued"],
    ["they may use one", { usesPerCustomer: 1 }, had, {}, "customer_max_reached"],
    ["a match again gets none", { matchAgain: "none" }, had, {}, "customer_max_reached"],
    ["a match again gets the one they have", { matchAgain: "existing" }, had, {}, "existing_sent"],
    ["a match again had used theirs", { matchAgain: "existing" }, used, {}, "customer_max_reached"],
    ["a match again holds one that expired", { matchAgain: "existing", expiryRule: "days", expiryCount: 1 }, hadThreeDaysAgo, {}, "coupon_expired"],
    ["a first match gets a new one", { matchAgain: "existing" }, nothing, {}, "issued"],
    ["they had one today", { issueGapDays: 1 }, had, {}, "too_soon"],
    ["they had one three days ago", { issueGapDays: 3, startsAt: days(-9) }, hadThreeDaysAgo, {}, "issued"],
    ["four days must pass", { issueGapDays: 4, startsAt: days(-9) }, hadThreeDaysAgo, {}, "too_soon"],
    ["one may be given", { issuesTotal: 1 }, anybodyElse, {}, "coupon_max_reached"],
    ["two may be given", { issuesTotal: 2 }, anybodyElse, {}, "issued"],
    ["one may be used", { usesTotal: 1 }, anybodyElse, {}, "coupon_max_reached"],
    ["all its uses are used, by few codes", { usesTotal: 5, usesPerCode: 5 }, usedMany, {}, "coupon_max_reached"],
    ["it would have expired", { expiryRule: "date", expiresOn: NOON }, nothing, {}, "coupon_expired"],
    ["it will expire", { expiryRule: "date", expiresOn: days(1) }, nothing, {}, "issued"],
    ["it costs a point too much", { pointsPrice: 1001 }, nothing, {}, "insufficient_points"],
    ["it costs a point too much, and is given", { pointsPrice: 1001 }, nothing, { distributed: true }, "issued"],
    ["it costs all they have", { pointsPrice: 1000 }, nothing, {}, "issued"],
    ["its codes are not ready", {}, ({ shop }) => prisma.coupon.updateMany({ where: { shopId: shop.id }, data: { codeState: "submitted" } }), {}, "out_of_codes"],
    ["its codes stand under a discount that is over", {}, ({ shop }) => prisma.parentDiscount.updateMany({ where: { shopId: shop.id }, data: { retiredAt: NOON } }), {}, "out_of_codes"],
  ];

  it.each(RULES)("%s", async (_name, wish, before, request, expected) => {
    const story = await open();
    const award = await newAward(story.shop.id, { startsAt: days(-30), ...wish });
    await before({ ...story, award });
    const was = await footprint(story.shop.id);
    const balance = await findBalance(story.shop.id, story.customer.id, NOON);

    expect(tell(await story.issue(award.number, request))).toBe(expected);
    if (expected === "issued") return expect((await footprint(story.shop.id)).issuances).toBe(was.issuances + 1);
    expect(await footprint(story.shop.id)).toEqual(was);
    expect(await findBalance(story.shop.id, story.customer.id, NOON)).toEqual(balance);
  });

  it("of which there is none", async () => {
    const { issue } = await open();
    expect(await issue(77)).toMatchObject({ outcome: "award_inactive", award: null });
  });

  it("that codes of another system are for: no limit of issue holds here", async () => {
    const { shop, issue } = await open();
    const award = await newAward(shop.id, { kind: "custom", value: 0, usesTotal: 1, usesPerCustomer: 1, usesPerCode: null, source: { source: "third_party", text: "ELSEWHERE-1\nELSEWHERE-2" } });
    const [one, two] = [await issue(award.number), await issue(award.number)];
    expect([one.outcome, two.outcome]).toEqual(["issued", "issued"]);
    expect(one).toMatchObject({ award: { appliedBy: "integrator" } });
    expect((await issue(award.number)).outcome).toBe("out_of_codes");
    expect(await prisma.change.count({ where: { shopId: shop.id } })).toBe(0);
  });

  it("can end in no other way, but by a fault of ours", () => {
    const ends = new Set(RULES.map(([, , , , expected]) => expected.split(":")[0]));
    expect([...ends, "error"].sort()).toEqual([...ISSUE_OUTCOMES].sort());
  });
});

describe("a refusal says what would help", () => {
  it("when it begins, and when it can be had again in the shop's own days", async () => {
    const { shop, issue } = await open();
    const later = await newAward(shop.id, { startsAt: days(2) });
    expect(await issue(later.number)).toMatchObject({ outcome: "not_started", availableAt: days(2) });
    const weekly = await newAward(shop.id, { issueGapDays: 7 });
    await issue(weekly.number, {}, new Date("2026-11-20T22:59:59Z"));
    expect(await issue(weekly.number, {}, new Date("2026-11-26T22:59:59.999Z"))).toMatchObject({ outcome: "too_soon", availableAt: new Date("2026-11-26T23:00:00Z") });
    expect(await issue(weekly.number, {}, new Date("2026-11-26T23:00:00Z"))).toMatchObject({ outcome: "issued" });
  });

  it("what it costs beside what they have", async () => {
    const { shop, issue } = await open(40);
    const award = await newAward(shop.id);
    expect(await issue(award.number)).toMatchObject({ outcome: "insufficient_points", price: 100, balance: 40, held: 0 });
  });
});

describe("what a coupon costs", () => {
  it("is held at the checkout, spent at once elsewhere, and nothing when it is given", async () => {
    const { shop, customer, issue } = await open(300);
    const award = await newAward(shop.id, { codes: 5 });
    expect(await issue(award.number, { channel: "checkout" })).toMatchObject({ outcome: "issued", price: 100, balance: 300, held: 100 });
    const spent = await issue(award.number, { channel: "api" });
    expect(spent).toMatchObject({ outcome: "issued", price: 100, balance: 200, held: 100 });
    expect(await issue(award.number, { channel: "admin", distributed: true })).toMatchObject({ outcome: "issued", price: 0, balance: 200, held: 100 });
    expect(await issue(award.number, { channel: "checkout", distributed: true })).toMatchObject({ outcome: "issued", price: 0, balance: 200, held: 100 });
    expect(await issue(award.number, { channel: "api" })).toMatchObject({ outcome: "issued", balance: 100, held: 100 });
    expect(await issue(award.number, { channel: "api" })).toMatchObject({ outcome: "insufficient_points" });
    expect(await findBalance(shop.id, customer.id, NOON)).toMatchObject({ balance: 100, held: 100 });

    const issuanceId = spent.outcome === "issued" ? spent.issuanceId : 0n;
    expect(await prisma.issuance.findFirstOrThrow({ where: { shopId: shop.id, id: issuanceId } })).toMatchObject({ holdId: null, points: 100 });
    expect(await prisma.pointsEntry.findFirstOrThrow({ where: { shopId: shop.id, issuanceId } })).toMatchObject({ kind: "spent", points: -100, reasonKey: `spend:issue:${issuanceId}` });
  });

  it("is chosen by the customer of a variable award, and so is its worth", async () => {
    const { shop, issue } = await open(1000);
    const variable = { minPoints: 200, maxPoints: 400, stepPoints: 100, stepMinor: 250, value: 1000, pointsPrice: 200 };
    const award = await newAward(shop.id, { ...variable, appliedBy: "integrator", codes: 9 });
    for (const points of [100, 199, 250, 500, 1_000_000_000]) expect(tell(await issue(award.number, { points }))).toBe("not_eligible: points_not_offered");
    const issued = await issue(award.number, { points: 300 });
    expect(issued).toMatchObject({ outcome: "issued", price: 300, valueMinor: 750, held: 300 });
    expect(await issue(award.number, { points: 400, channel: "api" })).toMatchObject({ outcome: "issued", price: 400, valueMinor: 1000 });
    expect(await issue(award.number, { distributed: true })).toMatchObject({ outcome: "issued", price: 0, valueMinor: 1000 });
    expect(await issue(award.number)).toMatchObject({ outcome: "issued", price: 200, valueMinor: 500 });
    const code = issued.outcome === "issued" ? issued.code : "";
    expect(await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, code } })).toMatchObject({ valueMinor: 750 });
  });
});

describe("which code is given", () => {
  it("one out of the bucket of today's expiry and of what the points buy", async () => {
    const { shop, issue } = await open(1000);
    const variable = { minPoints: 100, maxPoints: 200, stepPoints: 100, stepMinor: 500, value: 1000, pointsPrice: 100 };
    const award = await newAward(shop.id, { ...variable, expiryRule: "days", expiryCount: 1, endsAt: days(30), source: { source: "generated", stockTarget: 10 } });
    const [pool] = await prisma.codePool.findMany({ where: { shopId: shop.id } });
    await prisma.coupon.deleteMany({ where: { shopId: shop.id } });
    const parents = await prisma.parentDiscount.findMany({ where: { shopId: shop.id } });
    for (const { id, bucket } of parents) {
      const code = bucket.toUpperCase().replace(/[^A-Z0-9]/g, "");
      await prisma.coupon.create({ data: { shopId: shop.id, awardNumber: award.number, poolId: pool?.id ?? 0n, parentId: id, code, codeState: "live" } });
    }
    const ofDay21 = { expiresAt: new Date("2026-11-21T22:59:59.999Z") };
    expect(await issue(award.number, { points: 200 })).toMatchObject({ code: "UNTIL20261121WORTH1000", ...ofDay21 });
    expect(await issue(award.number, { points: 100 })).toMatchObject({ code: "UNTIL20261121WORTH500", ...ofDay21 });
    expect(await issue(award.number, { points: 100 })).toMatchObject({ outcome: "out_of_codes" });
    expect(await issue(award.number, { points: 100 }, days(1))).toMatchObject({ code: "UNTIL20261122WORTH500" });
  });

  it.each<[string, AwardWish, string | null]>([
    ["with its award", { endsAt: days(9) }, null],
    ["after a day, at its end", { expiryRule: "days", expiryCount: 1, endsAt: days(9) }, "2026-11-21T22:59:59.999Z"],
    ["at a month's end", { expiryRule: "month_ends", expiryCount: 1, endsAt: days(90) }, "2026-12-31T22:59:59.999Z"],
    ["on a day", { expiryRule: "date", expiresOn: days(3), endsAt: days(9) }, "2026-11-23T12:00:00.000Z"],
    ["never later than its award", { expiryRule: "days", expiryCount: 30, endsAt: days(9) }, "2026-11-29T12:00:00.000Z"],
  ])("one that ends %s", async (_name, wish, expected) => {
    const { shop, issue } = await open();
    const award = await newAward(shop.id, wish);
    const issued = await issue(award.number);
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    expect(issued.expiresAt?.toISOString() ?? null).toBe(expected);
    expect((await prisma.issuance.findFirstOrThrow({ where: { shopId: shop.id } })).expiresAt).toEqual(issued.expiresAt);
    expect((await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, code: issued.code } })).expiresAt).toEqual(issued.expiresAt);
  });

  it("one that waits for the customer first, and never one that waits for another", async () => {
    const { shop, customer, issue } = await open();
    const other = await newCustomer(shop.id, { email: "other@example.com" });
    const award = await newAward(shop.id, { codes: 2 });
    const [mine, theirs] = await prisma.coupon.findMany({ where: { shopId: shop.id }, orderBy: { id: "asc" } });
    if (!mine || !theirs) throw new Error("two codes were made");
    await prisma.coupon.update({ where: { shopId_id: { shopId: shop.id, id: mine.id } }, data: { boundCustomerId: customer.id, expiresAt: days(2) } });
    await prisma.coupon.update({ where: { shopId_id: { shopId: shop.id, id: theirs.id } }, data: { boundCustomerId: other.id } });
    expect(await issue(award.number)).toMatchObject({ outcome: "issued", code: mine.code, expiresAt: days(2) });
    expect(await issue(award.number)).toMatchObject({ outcome: "out_of_codes" });
    expect(await issue(award.number, { code: theirs.code })).toMatchObject({ outcome: "out_of_codes" });
    await givePoints(shop.id, other.id, 100);
    expect(await issue(award.number, { customerId: other.id })).toMatchObject({ outcome: "issued", code: theirs.code });
  });

  it("the one that is asked for, even with restrictions of its own, and to one customer only", async () => {
    const { shop, customer, issue } = await open();
    const other = await newCustomer(shop.id);
    await givePoints(shop.id, other.id, 100);
    const award = await newAward(shop.id, { source: { source: "typed", codes: [{ code: "WELCOME-BACK", minOrderMinor: 5000 }, { code: "PLAIN" }] } });
    const ask = (customerId: bigint) => issue(award.number, { code: "WELCOME-BACK", customerId });
    const answers = await Promise.all([ask(customer.id), ask(other.id)]);
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(["issued", "out_of_codes"]);
    expect(await issue(award.number)).toMatchObject({ outcome: "issued", code: "PLAIN" });
  });

  it.each<[string, Prisma.CouponUpdateInput]>([
    ["on its way to Shopify", { codeState: "submitted" }],
    ["over by its own end", { expiresAt: NOON }],
  ])("never one that is %s, though it waits for the customer or is asked for by its name", async (_why, data) => {
    const { shop, customer, issue } = await open();
    const award = await newAward(shop.id, { codes: 1 });
    const { id, code } = await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id } });
    const set = (change: Prisma.CouponUpdateInput) => prisma.coupon.update({ where: { shopId_id: { shopId: shop.id, id } }, data: change });
    await set(data);
    expect(await issue(award.number, { code })).toMatchObject({ outcome: "out_of_codes" });
    await set({ boundCustomerId: customer.id });
    expect(await issue(award.number)).toMatchObject({ outcome: "out_of_codes" });
    await set({ codeState: "live", expiresAt: days(1) });
    expect(await issue(award.number)).toMatchObject({ outcome: "issued", code, expiresAt: days(1) });
  });

  it("the newest that they hold and can still use, where a match again gets the one they have", async () => {
    const { shop, issue } = await open(1000);
    const award = await newAward(shop.id, { expiryRule: "days", expiryCount: 9, startsAt: days(-30) });
    const given = [await issue(award.number), await issue(award.number), await issue(award.number)];
    const [old, newer, newest] = given.map((issuing) => (issuing.outcome === "issued" ? issuing : null));
    await prisma.award.updateMany({ where: { shopId: shop.id }, data: { matchAgain: "existing" } });
    expect(await issue(award.number)).toMatchObject({ outcome: "existing_sent", code: newest?.code });
    await prisma.issuance.updateMany({ where: { shopId: shop.id, id: newest?.issuanceId ?? 0n }, data: { expiresAt: NOON } });
    expect(await issue(award.number)).toMatchObject({ outcome: "existing_sent", code: newer?.code });
    await prisma.issuance.updateMany({ where: { shopId: shop.id, id: newer?.issuanceId ?? 0n }, data: { status: "redeemed" } });
    expect(await issue(award.number)).toMatchObject({ outcome: "existing_sent", code: old?.code });
  });

  it("one that is made on demand where an integrator applies it and the stock is empty", async () => {
    const { shop, issue } = await open();
    const award = await newAward(shop.id, { kind: "custom", value: 0, source: { source: "generated", stockTarget: 1 } });
    expect((await issue(award.number)).outcome).toBe("issued");
    const made = await Promise.all([issue(award.number), issue(award.number)]);
    expect(made.map(({ outcome }) => outcome)).toEqual(["issued", "issued"]);
    expect(await prisma.coupon.count({ where: { shopId: shop.id, status: "issued", codeState: "local" } })).toBe(3);
  });

  it("none on demand where its pattern is used up", async () => {
    const { shop, issue } = await open();
    const award = await newAward(shop.id, { kind: "custom", value: 0, source: { source: "generated", stockTarget: 1 } });
    await prisma.$executeRaw`UPDATE "CodePool" SET "nextSlot" = 9007199254740991 WHERE "shopId" = ${shop.id}`;
    expect((await issue(award.number)).outcome).toBe("issued");
    expect((await issue(award.number)).outcome).toBe("out_of_codes");
  });
});

describe("what an issuance leaves behind", () => {
  it("counts for its award, is told as an event, and staff hear once when few remain", async () => {
    const { shop, issue } = await open();
    const award = await newAward(shop.id, { codes: 9, issuesTotal: 5, alertRemaining: 2 });
    const issued = [await issue(award.number), await issue(award.number)];
    expect(await prisma.staffAlert.count({ where: { shopId: shop.id } })).toBe(0);
    issued.push(await issue(award.number), await issue(award.number));
    expect(await prisma.staffAlert.findMany({ where: { shopId: shop.id } })).toMatchObject([{ kind: "few_remaining", subject: `awd_${award.number}`, data: { awardNumber: award.number, remaining: 2 } }]);
    expect(await prisma.awardTally.findFirstOrThrow({ where: { shopId: shop.id } })).toMatchObject({ issued: 4, used: 0 });
    const events = await prisma.event.findMany({ where: { shopId: shop.id, kind: "coupon.issued" }, orderBy: { id: "asc" } });
    expect(events.map(({ data }) => EVENT_DATA["coupon.issued"].parse(data).code)).toEqual(issued.map((issuing) => (issuing.outcome === "issued" ? issuing.code : "")));
  });

  it("names the job or import that gave it", async () => {
    const { shop, issue } = await open();
    const award = await newAward(shop.id);
    await issue(award.number, { channel: "import", distributed: true, importId: 7n, jobId: 8n });
    expect(await prisma.issuance.findFirstOrThrow({ where: { shopId: shop.id } })).toMatchObject({ importId: 7n, jobId: 8n, channel: "import" });
  });

  it("answers its request again with the first result, whatever became of the award since", async () => {
    const { shop, issue } = await open();
    const award = await newAward(shop.id, { expiryRule: "days", expiryCount: 0 });
    const first = await issue(award.number, { requestKey: "first-press", channel: "api" });
    await prisma.award.updateMany({ where: { shopId: shop.id }, data: { status: "archived" } });
    const again = await issue(award.number, { requestKey: "first-press", channel: "api" });
    expect(again).toEqual({ ...first, repeated: true });
    expect(await issue(award.number, { requestKey: "second-press", channel: "api" })).toMatchObject({ outcome: "award_inactive" });
  });
});

describe("many for jobs and imports", () => {
  it("are given in order, as often as a customer comes in the list and no more than the limits allow", async () => {
    const { shop, customer } = await open(0);
    const award = await newAward(shop.id, { codes: 200, pointsPrice: null, issuesPerCustomer: 2 });
    const people = await Promise.all(Array.from({ length: 70 }, () => newCustomer(shop.id)));
    const rows = [customer.id, ...people.map(({ id }) => id), customer.id, customer.id];
    const requests = rows.map((customerId, row) => ({ customerId, awardNumber: award.number, requestKey: `row-${row}`, channel: "import" as const, distributed: true, importId: 1n }));
    const outcomes = (await issueCoupons(shop.id, requests, NOON)).map(({ outcome }) => outcome);
    expect(outcomes).toEqual([...Array.from({ length: 72 }, () => "issued"), "customer_max_reached"]);
    const again = await issueCoupons(shop.id, requests, NOON);
    expect(again.filter((issuing) => issuing.outcome === "issued" && issuing.repeated)).toHaveLength(72);
    expect(await prisma.issuance.count({ where: { shopId: shop.id } })).toBe(72);
  });

  it("of a common code reach each customer once while it is unused", async () => {
    const { shop, customer } = await open(0);
    const award = await newAward(shop.id, { single: `ALL${shop.id}`, pointsPrice: null });
    const requests = ["a", "b"].map((requestKey) => ({ customerId: customer.id, awardNumber: award.number, requestKey, channel: "import" as const, distributed: true }));
    expect((await issueCoupons(shop.id, requests, NOON)).map(({ outcome }) => outcome)).toEqual(["issued", "existing_sent"]);
  });
});
