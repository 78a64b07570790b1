/** What a test starts from, made through the domain's own verbs, so that no test begins in an impossible state. */
import { randomUUID } from "node:crypto";
import type { AwardDraft } from "#app/domain/awards/award.ts";
import { rememberCustomer, type CustomerFacts } from "#app/domain/customers/remember.server.ts";
import { adjustPoints } from "#app/domain/points/adjust.server.ts";
import { installShop, type ShopFacts } from "#app/domain/shops/install.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { gid } from "#app/lib/gid.ts";

/** Where tests' clocks start. */
export const NOON = new Date("2026-11-20T12:00:00Z");

let counter = 0;
const unique = () => `${process.pid}${Date.now().toString(36)}${counter++}`;

/** An installed shop of its own for this test: tenancy is the isolation. */
export function newShop(facts: Partial<ShopFacts> = {}, now = NOON) {
  return installShop({ domain: `shop-${unique()}.myshopify.com`, name: "Northlake Goods", currency: "EUR", timeZone: "Europe/Berlin", ...facts }, now);
}

/** A customer with a name and an address nobody else has. */
export function newCustomer(shopId: number, facts: Partial<CustomerFacts> = {}) {
  const number = unique();
  return rememberCustomer(prisma, shopId, { gid: gid("Customer", number), firstName: "Amira", lastName: "Okafor", email: `amira-${number}@example.com`, ...facts });
}

/** Points on a customer's account, as a merchant would give them. */
export async function givePoints(shopId: number, customerId: bigint, points: number, now = NOON): Promise<void> {
  const { outcome } = await adjustPoints(shopId, customerId, { points, reason: "A welcome", requestKey: randomUUID() }, now);
  if (outcome !== "posted") throw new Error(`points were not given: ${outcome}`);
}

export interface AwardWish extends Partial<AwardDraft> {
  /** How many codes stand live on Shopify from the start. */
  codes?: number;
  /** One code for everybody instead of a pool. */
  single?: string;
}

/** An award that is active, costs 100 points and has codes to give. */
export async function newAward(shopId: number, { codes = 3, single, ...wish }: AwardWish = {}, now = NOON) {
  const draft: AwardDraft = {
    name: "Five off", kind: "fixed_amount", value: 500, pointsPrice: 100, minOrderMinor: null,
    startsAt: new Date(now.getTime() - 86_400_000), endsAt: null,
    usesPerCode: single ? null : 1, usesPerCustomer: null, usesTotal: null, issuesPerCustomer: null, issuesTotal: null,
    combinesOrder: false, combinesProduct: false, combinesShipping: false,
    ...wish,
  };
  return insertAward(shopId, draft, single ? [single] : Array.from({ length: codes }, () => `LIVE-${unique().toUpperCase()}`), single !== undefined);
}

/** The state an award is in once Shopify has confirmed every code. */
async function insertAward(shopId: number, draft: AwardDraft, codes: string[], shared: boolean) {
  const shop = await prisma.shop.update({ where: { id: shopId }, data: { nextAwardNumber: { increment: 1 } } });
  const number = shop.nextAwardNumber - 1;
  const codeSource = shared ? "single" : "pasted";
  const award = await prisma.award.create({ data: { ...draft, shopId, number, currency: shop.currency, codeSource } });
  const pool = await prisma.codePool.create({ data: { shopId, awardNumber: number, source: codeSource } });
  const parent = await prisma.parentDiscount.create({
    data: { shopId, awardNumber: number, state: "live", gid: gid("DiscountCodeNode", unique()), seedCode: `SEED-${unique().toUpperCase()}` },
  });
  await prisma.coupon.createMany({
    data: codes.map((code) => ({ shopId, awardNumber: number, poolId: pool.id, parentId: parent.id, code, shared, codeState: "live" as const, redeemCodeGid: gid("DiscountRedeemCode", unique()) })),
  });
  return award;
}
