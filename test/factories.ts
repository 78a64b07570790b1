/** What a test starts from, made through the domain's own verbs, so that no test begins in an impossible state. */
import { randomUUID } from "node:crypto";
import { NO_RULES, type AwardDraft } from "#app/domain/awards/award.ts";
import type { NewCodeSource } from "#app/domain/awards/code-source.ts";
import { createAward } from "#app/domain/awards/create.server.ts";
import { rememberCustomer, type CustomerFacts } from "#app/domain/customers/remember.server.ts";
import type { OrderLine } from "#app/domain/orders/order.ts";
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
  /** Where the codes come from, if not from a pasted list. */
  source?: NewCodeSource;
}

/** An award that is active, costs 100 points and has codes to give: in the state in which Shopify has confirmed every code. */
export async function newAward(shopId: number, { codes = 3, single, source, ...wish }: AwardWish = {}, now = NOON) {
  const draft: AwardDraft = {
    ...NO_RULES, name: "Five off", kind: "fixed_amount", value: 500, pointsPrice: 100, minOrderMinor: null,
    startsAt: new Date(now.getTime() - 86_400_000), endsAt: null,
    usesPerCode: single ? null : 1, usesPerCustomer: null, usesTotal: null, issuesPerCustomer: null, issuesTotal: null,
    combinesOrder: false, combinesProduct: false, combinesShipping: false,
    ...wish,
  };
  const text = Array.from({ length: codes }, () => `LIVE-${unique().toUpperCase()}`).join("\n");
  const creating = await createAward(shopId, draft, source ?? (single ? { source: "single", code: single } : { source: "pasted", text }), now);
  if (creating.outcome !== "created") throw new Error(`the award was not created: ${JSON.stringify(creating.problems)}`);
  const number = creating.awardNumber;
  await confirmCodes(shopId, number);
  return prisma.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number } } });
}

/** What the sync stores when Shopify has taken the discount and its codes; no shop listens here. */
async function confirmCodes(shopId: number, awardNumber: number): Promise<void> {
  await prisma.parentDiscount.updateMany({ where: { shopId, awardNumber, state: { not: "local" } }, data: { state: "live", gid: gid("DiscountCodeNode", unique()) } });
  await prisma.coupon.updateMany({ where: { shopId, awardNumber, codeState: { not: "local" } }, data: { codeState: "live", redeemCodeGid: gid("DiscountRedeemCode", unique()) } });
  await prisma.change.updateMany({ where: { shopId, status: "pending" }, data: { status: "done", doneAt: NOON } });
}

/** An order's lines where only their sum matters: one line that earns. */
export function oneLine(netMinor: number): OrderLine[] {
  return [{ id: "1", kind: "product", productGid: null, variantGid: null, quantity: 1, netMinor, taxMinor: 0, codes: {} }];
}
