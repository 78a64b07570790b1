/** The calls about coupons. */
import type * as calls from "../../contract/api/coupons";
import { findAward } from "../../domain/awards/queries.server";
import { issueCoupon, type Issuing } from "../../domain/coupons/issue.server";
import { publicId } from "../../lib/ids";
import { knownCustomer } from "./caller-customer.server";
import { ApiRefusal } from "./door.server";
import type { Handler } from "./handler";

/** POST /coupons/predefined */
export const predefined: Handler<typeof calls.predefined> = async ({ body }, { shop, now, requestKey }) => {
  const customerId = await knownCustomer(shop.id, body);
  const award = await findAward(shop.id, body.ruleId);
  if (!award) throw new ApiRefusal("award_unknown");
  const issuing = await issueCoupon(shop.id, { customerId, awardNumber: body.ruleId, requestKey, channel: "api" }, now);
  const given = givenOrRefused(issuing);
  return {
    code: given.code,
    startDate: later(award.startsAt, award.redeemableFrom).toISOString(),
    expiryDate: given.award.endsAt?.toISOString() ?? null,
    url: award.appliedBy === "shopify" ? `https://${shop.domain}/discount/${encodeURIComponent(given.code)}` : null,
    outcome: given.outcome,
    ruleId: award.number,
    couponId: publicId("issuance", given.issuanceId),
    pointsSpent: given.outcome === "issued" ? given.price : 0,
  };
};

/** What was given. Throws ApiRefusal for every outcome that gives nothing. */
function givenOrRefused(issuing: Issuing): Extract<Issuing, { outcome: "issued" | "existing_sent" }> {
  switch (issuing.outcome) {
    case "issued":
    case "existing_sent":
      return issuing;
    case "insufficient_points": {
      const missing = issuing.price - (issuing.balance - issuing.held);
      throw new ApiRefusal(issuing.outcome, `${missing} more points are needed.`, {}, { missingPoints: missing });
    }
    case "award_inactive":
    case "not_started":
    case "not_eligible":
    case "customer_max_reached":
    case "coupon_max_reached":
    case "out_of_codes":
    case "error":
      throw new ApiRefusal(issuing.outcome);
    default:
      return issuing satisfies never;
  }
}

function later(one: Date, other: Date | null): Date {
  return other && other > one ? other : one;
}
