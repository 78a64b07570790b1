/** A till in front of the app: awards that an integrator applies, customers who hold coupons, and the calls a till makes. */
import { randomUUID } from "node:crypto";
import { burnCoupons, type BurnRequest } from "#app/domain/coupons/burn.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { lockCoupons, type LockRequest } from "#app/domain/coupons/lock.server.ts";
import { releaseLock } from "#app/domain/coupons/release-lock.server.ts";
import type { Use } from "#app/domain/coupons/use.ts";
import { validateCoupons, type ValidatedCode } from "#app/domain/coupons/validate.server.ts";
import { newAward, newCustomer, newShop, NOON, type AwardWish } from "./factories.ts";

/** A shop with one award that tills apply and gives for nothing, and the calls a till makes at `NOON`. */
export async function openTill(wish: AwardWish = {}, shopFacts: Parameters<typeof newShop>[0] = {}) {
  const shop = await newShop(shopFacts);
  const award = await newAward(shop.id, { appliedBy: "integrator", pointsPrice: null, ...wish });
  return { shop, award, ...till(shop.id, award.number) };
}

export function till(shopId: number, awardNumber: number) {
  /** A code of the award for this customer. */
  async function give(customerId: bigint, number = awardNumber, now = NOON): Promise<string> {
    const issuing = await issueCoupon(shopId, { customerId, awardNumber: number, requestKey: randomUUID(), channel: "api", distributed: true }, now);
    if (issuing.outcome !== "issued" && issuing.outcome !== "existing_sent") throw new Error(`no coupon was given: ${issuing.outcome}`);
    return issuing.code;
  }
  return {
    give,
    /** A customer who holds a coupon of the award. */
    async holder(facts: Parameters<typeof newCustomer>[1] = {}) {
      const customer = await newCustomer(shopId, facts);
      return { customerId: customer.id, code: await give(customer.id) };
    },
    validate: (codes: string[], use: Partial<Use> = {}, now = NOON) => validateCoupons(shopId, { customerId: null, ...use, codes }, now),
    lock: (codes: string[], use: Partial<LockRequest> = {}, now = NOON) => lockCoupons(shopId, { customerId: null, minutes: null, reference: randomUUID(), ...use, codes }, now),
    burn: (codes: string[], use: Partial<BurnRequest> = {}, now = NOON) =>
      burnCoupons(shopId, { customerId: null, transactionId: randomUUID(), transactionTime: null, ...use, what: { codes } }, now),
    burnLock: (reference: string, use: Partial<BurnRequest> = {}, now = NOON) =>
      burnCoupons(shopId, { customerId: null, transactionId: randomUUID(), transactionTime: null, ...use, what: { reference } }, now),
    release: (reference: string, now = NOON) => releaseLock(shopId, reference, now),
  };
}

/** The reasons given for each code, or "fine". */
export function reasons(codes: ValidatedCode[]): string[] {
  return codes.map(({ refusals }) => refusals.map(({ reason }) => reason).join(" ") || "fine");
}

/** How an attempt ended: its outcome, or why it was refused. */
export function ending(attempt: { outcome: string } | { outcome: "refused"; call: { reason: string } | null; codes?: ValidatedCode[] }): string {
  if (!("call" in attempt)) return attempt.outcome;
  return attempt.call?.reason ?? reasons(attempt.codes ?? []).join(", ");
}

/** How often each ending came. */
export function endings(attempts: Parameters<typeof ending>[0][]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const attempt of attempts) counts[ending(attempt)] = (counts[ending(attempt)] ?? 0) + 1;
  return counts;
}

export function minutesAfter(minutes: number, from = NOON): Date {
  return new Date(from.getTime() + minutes * 60_000);
}
