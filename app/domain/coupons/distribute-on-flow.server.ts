/** A merchant's workflow gives a customer a coupon for nothing. */
import type { IssueOutcome } from "../../contract/outcomes";
import { prisma } from "../../lib/db.server";
import type { Gid } from "../../lib/gid";
import { rememberCustomer } from "../customers/remember.server";
import { couponEnd } from "./coupon";
import { issueCoupon } from "./issue.server";

export interface FlowDistribution {
  shopDomain: string;
  customerGid: Gid<"Customer">;
  awardNumber: number;
  /** The same key for the same customer is answered with the same coupon. */
  requestKey: string;
}

export type DistributeOnFlow =
  | { outcome: Exclude<IssueOutcome, "error">; /** Null: nothing was given. */ code: string | null; expiresAt: Date | null }
  | { outcome: "shop_unknown" | "award_unknown" | "error" };

/** Gives the coupon, or says why not. `shop_unknown`: not installed. `error`: nothing was given, and it may be tried again. */
export async function distributeOnFlow({ shopDomain, customerGid, awardNumber, requestKey }: FlowDistribution, now: Date): Promise<DistributeOnFlow> {
  const shop = await prisma.shop.findFirst({ where: { domain: shopDomain, uninstalledAt: null }, select: { id: true } });
  if (!shop) return { outcome: "shop_unknown" };
  const award = await prisma.award.findUnique({ where: { shopId_number: { shopId: shop.id, number: awardNumber } }, select: { number: true } });
  if (!award) return { outcome: "award_unknown" };

  const { id: customerId } = await rememberCustomer(prisma, shop.id, { gid: customerGid });
  const issuing = await issueCoupon(shop.id, { customerId, awardNumber, requestKey, channel: "flow", distributed: true }, now);
  switch (issuing.outcome) {
    case "error":
      return { outcome: "error" };
    case "issued":
    case "existing_sent":
      return { outcome: issuing.outcome, code: issuing.code, expiresAt: couponEnd(issuing.expiresAt, issuing.award) };
    default:
      return { outcome: issuing.outcome, code: null, expiresAt: null };
  }
}
