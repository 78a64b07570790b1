/** The calls that give a customer a coupon. */
import type * as calls from "../../contract/api/coupons";
import { issueCoupon, type Issuing } from "../../domain/coupons/issue.server";
import { publicId } from "../../lib/ids";
import { knownCustomer } from "./caller-customer.server";
import { ApiRefusal } from "./door.server";
import type { Handler } from "./handler";
import { startOf } from "./terms";

/** POST /coupons/predefined */
export const predefined: Handler<typeof calls.predefined> = async ({ body }, { shop, now, requestKey }) => {
  const customerId = await knownCustomer(shop.id, body);
  const request = { customerId, awardNumber: body.ruleId, requestKey, channel: "api" as const, ...(body.points != null && { points: body.points }) };
  return answerOf(await issueCoupon(shop.id, request, now), shop.domain);
};

/** POST /coupons/distribute */
export const distribute: Handler<typeof calls.distribute> = async ({ body }, { shop, now, requestKey }) => {
  const customerId = await knownCustomer(shop.id, body);
  const request = { customerId, awardNumber: body.ruleId, requestKey, channel: "api" as const, distributed: true };
  const issuing = await issueCoupon(shop.id, { ...request, ...(body.code != null && { code: body.code.trim().toUpperCase() }) }, now);
  if (issuing.outcome === "out_of_codes" && !issuing.isOff && body.code != null) throw new ApiRefusal(issuing.outcome, "The award has no such code that can be given to this customer.");
  return answerOf(issuing, shop.domain);
};

/** What was given, as an answer. Throws ApiRefusal for every outcome that gives nothing. */
function answerOf(issuing: Issuing, shopDomain: string) {
  const { outcome, code, couponId, award, price, expiresAt } = givenOrRefused(issuing);
  return {
    code,
    startDate: startOf(award).toISOString(),
    expiryDate: (expiresAt ?? award.endsAt)?.toISOString() ?? null,
    url: award.appliedBy === "shopify" ? `https://${shopDomain}/discount/${encodeURIComponent(code)}` : null,
    outcome,
    ruleId: award.number,
    couponId: publicId("coupon", couponId),
    pointsSpent: outcome === "issued" ? price : 0,
  };
}

function givenOrRefused(issuing: Issuing): Extract<Issuing, { outcome: "issued" | "existing_sent" }> {
  switch (issuing.outcome) {
    case "issued":
    case "existing_sent":
      return issuing;
    case "insufficient_points": {
      const missingPoints = issuing.price - (issuing.balance - issuing.held);
      throw new ApiRefusal(issuing.outcome, `${missingPoints} more points are needed.`, {}, { missingPoints });
    }
    case "not_started":
    case "too_soon": {
      const availableAt = issuing.availableAt.toISOString();
      throw new ApiRefusal(issuing.outcome, `It can be had from ${availableAt} on.`, {}, { availableAt });
    }
    case "not_eligible":
      throw new ApiRefusal(issuing.outcome, PROBLEMS[issuing.problem], {}, { problem: issuing.problem });
    case "award_inactive":
      throw new ApiRefusal(issuing.award ? issuing.outcome : "award_unknown");
    case "out_of_codes":
      throw new ApiRefusal(issuing.isOff ? "discount_off" : issuing.outcome);
    case "customer_max_reached":
    case "coupon_max_reached":
    case "coupon_expired":
    case "error":
      throw new ApiRefusal(issuing.outcome);
    default:
      return issuing satisfies never;
  }
}

const PROBLEMS: Record<Extract<Issuing, { outcome: "not_eligible" }>["problem"], string> = {
  not_sold_for_points: "The award is not sold for points.",
  points_not_offered: "So many points are not a price of the award.",
  not_listed: "The award is for chosen customers, and this is none of them.",
  had_excluded_award: "The customer was given an award in the past 6 months that rules this one out.",
  registered_outside: "The award is for customers who registered at another time.",
};
