/** The calls that give a customer a coupon. */
import { API_ERRORS, type ApiErrorReason } from "../../contract/api/errors";
import type * as calls from "../../contract/api/coupons";
import type { IssueProblem } from "../../contract/outcomes";
import { storedCode } from "../../domain/codes/list";
import { couponEnd } from "../../domain/coupons/coupon";
import { issueCoupon, type IssueRequest, type Issuing } from "../../domain/coupons/issue.server";
import { whyNotIssued, type IssueReason } from "../../domain/coupons/why-not.server";
import { publicId } from "../../lib/ids";
import { knownCustomer } from "./caller-customer.server";
import { ApiRefusal } from "./door.server";
import type { ApiContext, Handler } from "./handler";
import { startOf } from "./terms";

/** POST /coupons/predefined */
export const predefined: Handler<typeof calls.predefined> = async ({ body }, context) => {
  const customerId = await knownCustomer(context.shop.id, body);
  return give({ customerId, awardNumber: body.ruleId, ...(body.points != null && { points: body.points }) }, context);
};

/** POST /coupons/distribute */
export const distribute: Handler<typeof calls.distribute> = async ({ body }, context) => {
  const customerId = await knownCustomer(context.shop.id, body);
  return give({ customerId, awardNumber: body.ruleId, distributed: true, ...(body.code != null && { code: storedCode(body.code) }) }, context);
};

/** Gives the coupon, and answers what was given. Throws ApiRefusal for every outcome that gives nothing. */
async function give(asked: Omit<IssueRequest, "requestKey" | "channel">, { shop, now, requestKey }: ApiContext) {
  const issuing = await issueCoupon(shop.id, { ...asked, requestKey, channel: "api" }, now);
  if (issuing.outcome !== "issued" && issuing.outcome !== "existing_sent") throw await refusal(issuing, { asked, shopId: shop.id, now });
  const { outcome, code, couponId, award, price, expiresAt } = issuing;
  return {
    code,
    startDate: startOf(award).toISOString(),
    expiryDate: couponEnd(expiresAt, award)?.toISOString() ?? null,
    url: award.appliedBy === "shopify" ? `https://${shop.domain}/discount/${encodeURIComponent(code)}` : null,
    outcome,
    ruleId: award.number,
    couponId: publicId("coupon", couponId),
    pointsSpent: outcome === "issued" ? price : 0,
  };
}

type Refused = Exclude<Issuing, { outcome: "issued" | "existing_sent" }>;

/** The error of an attempt that gave nothing: its own reason, and beside it everything else that stands in the way. */
async function refusal(refused: Refused, { asked, shopId, now }: { asked: Omit<IssueRequest, "requestKey" | "channel">; shopId: number; now: Date }): Promise<ApiRefusal> {
  const first = toReason(refused);
  if (first === null) return new ApiRefusal("error");
  if (first.outcome === "award_inactive" && "award" in refused && refused.award === null) return new ApiRefusal("award_unknown");
  const told = toldReason(first, refused, asked.code);
  const others = (await whyNotIssued(shopId, asked, now)).filter(({ outcome, problem }) => outcome !== first.outcome || problem !== first.problem);
  const { code: _, reason, message, ...fix } = told;
  return new ApiRefusal(reason, message, {}, { ...fix, reasons: [told, ...others.map((other) => toldReason(other))] });
}

/** The outcome as a reason; null: a fault of ours. */
function toReason(refused: Refused): IssueReason | null {
  switch (refused.outcome) {
    case "insufficient_points":
      return { outcome: refused.outcome, missingPoints: refused.price - (refused.balance - refused.held) };
    case "not_started":
    case "too_soon":
      return { outcome: refused.outcome, availableAt: refused.availableAt };
    case "not_eligible":
      return { outcome: refused.outcome, problem: refused.problem };
    case "award_inactive":
    case "customer_max_reached":
    case "coupon_max_reached":
    case "coupon_expired":
    case "out_of_codes":
      return { outcome: refused.outcome };
    case "error":
      return null;
    default:
      return refused satisfies never;
  }
}

/** A reason in the words of integrators, with the smallest thing that would change it. */
function toldReason({ outcome, problem, missingPoints, availableAt }: IssueReason, refused?: Refused, wantedCode?: string) {
  const reason: ApiErrorReason = refused?.outcome === "out_of_codes" && refused.isOff ? "discount_off" : outcome;
  const messages = [
    missingPoints !== undefined && `${missingPoints} more points are needed.`,
    availableAt && `It can be had from ${availableAt.toISOString()} on.`,
    problem && PROBLEMS[problem],
    reason === "out_of_codes" && wantedCode !== undefined && "The award has no such code that can be given to this customer.",
  ].filter((message) => typeof message === "string");
  return {
    code: API_ERRORS[reason].code, reason, message: messages[0] ?? API_ERRORS[reason].message,
    ...(problem && { problem }), ...(missingPoints !== undefined && { missingPoints }), ...(availableAt && { availableAt: availableAt.toISOString() }),
  };
}

const PROBLEMS: Record<IssueProblem, string> = {
  not_sold_for_points: "The award is not sold for points.",
  points_not_offered: "So many points are not a price of the award.",
  not_listed: "The award is for chosen customers, and this is none of them.",
  had_excluded_award: "The customer was given an award in the past 6 months that rules this one out.",
  registered_outside: "The award is for customers who registered at another time.",
};
