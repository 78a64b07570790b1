/** Every kind of award, from the merchant's form to what a real order has less on it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AwardDraft } from "#app/domain/awards/award.ts";
import { createAward } from "#app/domain/awards/create.server.ts";
import { updateAward } from "#app/domain/awards/update.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { rememberCustomer } from "#app/domain/customers/remember.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { draftOf } from "#test/award-draft.ts";
import { expectCodesAgree } from "#test/codes-agree.ts";
import { givePoints } from "#test/factories.ts";
import { openWorld, type World } from "#test/world.ts";

let world: World;
let amira: { gid: string; id: bigint };
let goods: { tote: Goods; mug: Goods; kitchen: string };

interface Goods {
  productGid: string;
  variantGid: string;
}

beforeEach(async () => {
  world = await openWorld();
  const { shop } = world;
  const sell = (title: string, price: string): Goods => {
    const product = shop.addProduct({ title, price });
    return { productGid: product.gid, variantGid: product.variants[0]?.gid ?? "" };
  };
  const tote = sell("Canvas tote", "40.00");
  const mug = sell("Mug", "20.00");
  const kitchen = shop.addCollection("Kitchen", [mug.productGid as `gid://shopify/Product/${string}`]);
  goods = { tote, mug, kitchen: kitchen.gid };
  amira = await meet("Amira");
});
afterEach(() => world.close());

/** A customer of the store with points to spend. */
async function meet(firstName: string): Promise<{ gid: string; id: bigint }> {
  const person = world.shop.addCustomer({ firstName });
  const { id } = await rememberCustomer(prisma, world.shopId, { gid: person.gid, firstName, lastName: null, email: null });
  await givePoints(world.shopId, id, 1000, world.now());
  return { gid: person.gid, id };
}

/** The award is saved and all of Shopify's part is done. */
async function award(wish: Partial<AwardDraft>): Promise<number> {
  const created = await createAward(world.shopId, draftOf(wish), { source: "generated", stockTarget: 3 }, world.now());
  if (created.outcome !== "created") throw new Error(JSON.stringify(created.problems));
  await world.settle();
  return created.awardNumber;
}

async function buy(awardNumber: number, who = amira): Promise<string> {
  const requestKey = `press-${awardNumber}-${world.now().getTime()}`;
  const issued = await issueCoupon(world.shopId, { customerId: who.id, awardNumber, requestKey, channel: "checkout" }, world.now());
  if (issued.outcome !== "issued") throw new Error(issued.outcome);
  return issued.code;
}

function order(code: string, { totes = 0, mugs = 0, customerGid = amira.gid as string | null } = {}) {
  const lines = [{ variantGid: goods.tote.variantGid, quantity: totes }, { variantGid: goods.mug.variantGid, quantity: mugs }].filter(({ quantity }) => quantity > 0);
  const placed = world.shop.placeOrder({ customerGid, email: "guest@example.com", lines, discountCodes: [code] });
  return "refused" in placed ? placed.refused[0]?.reason : placed.discountMinor;
}

/** What the order cost less, and what was recorded of it. */
async function orderWith(code: string, lines: { totes?: number; mugs?: number }): Promise<number> {
  const off = order(code, lines);
  if (typeof off !== "number") throw new Error(`the order was refused: ${off}`);
  await world.settle();
  const redemption = await prisma.redemption.findFirstOrThrow({ where: { shopId: world.shopId }, orderBy: { id: "desc" } });
  expect(Number(redemption.discountMinor)).toBe(off);
  return off;
}

function theDiscount() {
  const [discount] = world.shop.discounts.values();
  if (!discount) throw new Error("Shopify has no discount");
  return discount;
}

describe("an award takes off", () => {
  it.each<[string, Partial<AwardDraft> | (() => Partial<AwardDraft>), { totes?: number; mugs?: number }, number, string]>([
    ["a fixed amount", { kind: "fixed_amount", value: 700 }, { totes: 1 }, 700, "basic"],
    ["a percentage", { kind: "percentage", value: 15 }, { totes: 2, mugs: 1 }, 1500, "basic"],
    ["a percentage of some products", () => ({ kind: "percentage", value: 10, productGids: [goods.tote.productGid] }), { totes: 1, mugs: 3 }, 400, "basic"],
    ["an amount off a collection, and no more than it costs", () => ({ kind: "fixed_amount", value: 2500, collectionGids: [goods.kitchen] }), { totes: 1, mugs: 1 }, 2000, "basic"],
    ["the shipping", { kind: "free_shipping", value: 0 }, { mugs: 1 }, 490, "freeShipping"],
    ["a percentage up to its cap", { kind: "percentage", value: 50, capMinor: 1500 }, { totes: 2 }, 1500, "app"],
    ["a percentage that does not reach its cap", { kind: "percentage", value: 50, capMinor: 1500 }, { mugs: 1 }, 1000, "app"],
    ["a capped percentage of a collection", () => ({ kind: "percentage", value: 50, capMinor: 1500, collectionGids: [goods.kitchen] }), { totes: 5, mugs: 2 }, 1500, "app"],
    ["a percentage of products and a collection together", () => ({ kind: "percentage", value: 10, productGids: [goods.tote.productGid], collectionGids: [goods.kitchen] }), { totes: 1, mugs: 1 }, 600, "app"],
    ["one unit of a free product, however many are in the cart", () => ({ kind: "free_product", value: 0, giftVariantGid: goods.mug.variantGid }), { totes: 1, mugs: 3 }, 2000, "app"],
    ["the shipping of orders up to a maximum", { kind: "free_shipping", value: 0, maxOrderMinor: 5000 }, { totes: 1 }, 490, "app"],
  ])("%s", async (_, wish, lines, off, kind) => {
    const number = await award(typeof wish === "function" ? wish() : wish);
    expect(theDiscount().kind).toBe(kind);
    expect(await orderWith(await buy(number), lines)).toBe(off);
    await expectCodesAgree(world, { live: 3, failed: 0 });
  });

  it("what the shopper chose to spend points on", async () => {
    const variable = { kind: "fixed_amount", value: 2000, pointsPrice: 200, minPoints: 200, maxPoints: 400, stepPoints: 100, stepMinor: 500 } as const;
    const number = await award(variable);
    expect(world.shop.discounts.size).toBe(3);
    const issued = await issueCoupon(world.shopId, { customerId: amira.id, awardNumber: number, requestKey: "chosen", channel: "checkout", points: 300 }, world.now());
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    expect(await orderWith(issued.code, { totes: 1 })).toBe(1500);
    const account = await prisma.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId: world.shopId, customerId: amira.id } } });
    expect(account.held).toBe(0);
  });
});

describe("Shopify's checkout refuses a code whose award", () => {
  it.each<[string, Partial<AwardDraft> | (() => Partial<AwardDraft>), { totes?: number; mugs?: number }, string]>([
    ["asks for a larger order", { kind: "fixed_amount", value: 500, minOrderMinor: 5000 }, { totes: 1 }, "minimum_not_met"],
    ["asks for a larger order of its products, though the cart is large", () => ({ kind: "fixed_amount", value: 500, minOrderMinor: 5000, productGids: [goods.mug.productGid] }), { totes: 3, mugs: 1 }, "minimum_not_met"],
    ["is for smaller orders", { maxOrderMinor: 3999 }, { totes: 1 }, "function_gave_nothing"],
    ["has a minimum beside its cap", { kind: "percentage", value: 50, capMinor: 100, minOrderMinor: 4001 }, { totes: 1 }, "function_gave_nothing"],
    ["is for other products", () => ({ productGids: [goods.mug.productGid] }), { totes: 1 }, "no_entitled_items"],
    ["gives a product that is not in the cart", () => ({ kind: "free_product", value: 0, giftVariantGid: goods.mug.variantGid }), { totes: 1 }, "function_gave_nothing"],
    ["is in another currency than the cart", { kind: "fixed_amount", value: 5000, currency: "SAR" }, { totes: 3 }, "function_gave_nothing"],
    ["is for the shop's tills", { channels: ["pos"] }, { totes: 1 }, "function_gave_nothing"],
    ["cannot be redeemed yet", () => ({ redeemableFrom: new Date(world.now().getTime() + 3_600_000) }), { totes: 1 }, "not_started"],
  ])("%s", async (_, wish, lines, reason) => {
    const number = await award(typeof wish === "function" ? wish() : wish);
    expect(order(await buy(number), lines)).toBe(reason);
  });

  it("is for first orders: the second one, and a guest of whom nothing is known", async () => {
    const number = await award({ firstOrderOnly: true });
    const [code, other] = [await buy(number), await buy(number)];
    expect(order(other, { totes: 1, customerGid: null })).toBe("function_gave_nothing");
    expect(await orderWith(code, { totes: 1 })).toBe(500);
    expect(order(other, { totes: 1 })).toBe("function_gave_nothing");
  });

  it("runs at other hours of the shop's day", async () => {
    // Europe/Berlin: from 22:00 on, over midnight, until 02:00.
    const number = await award({ fromMinute: 22 * 60, untilMinute: 2 * 60 });
    const code = await buy(number);
    const at = async (berlin: string) => {
      const wanted = new Date(`2026-12-01T${berlin}+01:00`).getTime();
      const day = 86_400_000;
      await world.advance((((wanted - world.now().getTime()) % day) + day) % day);
      const { codes } = world.shop.priceCart({ customerGid: amira.gid, lines: [{ variantGid: goods.tote.variantGid, quantity: 1 }], discountCodes: [code] });
      return codes[0]?.applicable;
    };
    const seen: (boolean | undefined)[] = [];
    for (const clock of ["12:00:00", "21:59:50", "22:00:00", "23:59:50", "00:00:00", "01:59:50", "02:00:00"]) seen.push(await at(clock));
    expect(seen).toEqual([false, false, true, true, true, true, false]);
  });

  it("is bound to listed customers, if somebody else has their code", async () => {
    const bruno = await meet("Bruno");
    const number = await award({ audience: "listed" });
    await prisma.awardCustomer.createMany({ data: [amira, await meet("Chen")].map(({ id }) => ({ shopId: world.shopId, awardNumber: number, customerId: id })) });
    const saved = await prisma.award.findUniqueOrThrow({ where: { shopId_number: { shopId: world.shopId, number } } });
    expect(await updateAward(world.shopId, number, { ...draftOf({ audience: "listed" }), startsAt: saved.startsAt }, saved.updatedAt, world.now())).toEqual({ outcome: "updated" });
    await world.settle();
    const code = await buy(number);
    expect(order(code, { totes: 1, customerGid: bruno.gid })).toBe("customer_not_eligible");
    expect(await orderWith(code, { totes: 1 })).toBe(500);
  });
});

it("gives codes that were typed one by one discounts of their own, each with its restrictions, and the plain ones the award's", async () => {
  const bruno = await meet("Bruno");
  const soon = new Date(world.now().getTime() + 3_600_000);
  const typed = [
    { code: "plain-1" }, { code: "plain-2" }, { code: "hers", customer: amira.gid }, { code: "twice", usesPerCode: 2 }, { code: "large", minOrderMinor: 5000 },
    { code: "first", firstOrderOnly: true }, { code: "soon", expiresAt: soon },
  ];
  const created = await createAward(world.shopId, draftOf({ usesPerCode: 1 }), { source: "typed", codes: typed }, world.now());
  expect(created).toMatchObject({ outcome: "created", codes: { added: 7, failed: [] } });
  await world.settle();
  expect(world.shop.discounts.size).toBe(6);
  expect(world.shop.findCode("PLAIN-1")?.discount.gid).toBe(world.shop.findCode("PLAIN-2")?.discount.gid);

  const asBruno = { totes: 1, customerGid: bruno.gid };
  expect(order("HERS", asBruno)).toBe("customer_not_eligible");
  expect(order("LARGE", asBruno)).toBe("minimum_not_met");
  expect(order("FIRST", asBruno)).toBe(500);
  expect(["TWICE", "TWICE", "TWICE"].map((code) => order(code, asBruno))).toEqual([500, 500, "usage_limit_reached"]);
  expect(["PLAIN-1", "PLAIN-1"].map((code) => order(code, asBruno))).toEqual([500, "usage_limit_reached"]);
  expect(order("HERS", { totes: 1 })).toBe(500);
  expect(order("LARGE", { totes: 2, customerGid: bruno.gid })).toBe(500);
  await world.advance(3_600_000 + 1000);
  expect(order("SOON", asBruno)).toBe("expired");
  await expectCodesAgree(world, { live: 7, failed: 0 });
});
