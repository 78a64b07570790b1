import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";

async function shopWithMember(points: number) {
  const shop = await newShop();
  const customer = await newCustomer(shop.id);
  if (points > 0) await givePoints(shop.id, customer.id, points);
  const redeem = (awardNumber: number, requestKey: string = randomUUID(), customerId = customer.id) =>
    issueCoupon(shop.id, { customerId, awardNumber, requestKey, channel: "checkout" }, NOON);
  return { shop, customer, redeem };
}

describe("a shopper redeems points", () => {
  it("gets a code that is live, and the price is held, not spent", async () => {
    const { shop, redeem } = await shopWithMember(250);
    const award = await newAward(shop.id);

    const issuing = await redeem(award.number);

    expect(issuing).toMatchObject({ outcome: "issued", repeated: false, price: 100, balance: 250, held: 100, award: { name: "Five off" } });
    if (issuing.outcome !== "issued") return;
    const coupon = await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, code: issuing.code } });
    expect(coupon).toMatchObject({ status: "issued", codeState: "live" });
  });

  it("presses twenty times at once with one key and gets one coupon", async () => {
    const { shop, redeem } = await shopWithMember(5000);
    const award = await newAward(shop.id, { codes: 30 });

    const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(award.number, "one-press")));

    const codes = new Set(answers.map((answer) => (answer.outcome === "issued" ? answer.code : answer.outcome)));
    expect(codes.size).toBe(1);
    expect(await prisma.issuance.count({ where: { shopId: shop.id } })).toBe(1);
  });
});
