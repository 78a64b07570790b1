/** What the checkout is told: contract answers out of the domain's outcomes. Pure. */
import type { HeldCoupon, RedeemAnswer, ReturnAnswer } from "../../contract/checkout";
import { publicId } from "../../lib/ids";
import { NO_RULES } from "../awards/award";
import { describeTerms, type AwardTerms, type TermsShop } from "../awards/terms";
import type { PointsBalance } from "../points/balance";
import type { Issuing } from "./issue.server";
import { safeLocale, sentence } from "./sentences";

/** Who reads, and the shop whose days and points are spoken of. */
export interface Reader extends TermsShop {
  locale: string;
}

/** A coupon the customer holds, in the reader's language. */
export function heldCoupon(held: { issuanceId: bigint; code: string; points: number; award: AwardTerms & { name: string; endsAt: Date | null } }, reader: Reader): HeldCoupon {
  const { issuanceId, code, points, award } = held;
  return {
    issuanceId: publicId("issuance", issuanceId),
    code,
    awardName: award.name,
    terms: describeTerms(award, safeLocale(reader.locale), reader),
    points,
    expiresAt: award.endsAt?.toISOString() ?? null,
  };
}

/** How an attempt to redeem ended, and the points after it. */
export function redeemAnswer(issuing: Issuing, { balance, spendable, held }: PointsBalance, reader: Reader): RedeemAnswer {
  const locale = safeLocale(reader.locale);
  const points = { points: spendable, heldPoints: held };
  switch (issuing.outcome) {
    case "issued":
      return { outcome: "issued", coupon: heldCoupon({ ...issuing, points: issuing.price, award: { ...NO_RULES, ...issuing.award } }, reader), ...points };
    case "insufficient_points": {
      // Not from what is spendable: a balance below zero must be earned back first.
      const missingPoints = issuing.price - (balance - held);
      const message = sentence(issuing.outcome, locale, { pointsName: reader.pointsName, missingPoints: missingPoints.toLocaleString(locale) });
      return { outcome: issuing.outcome, message, missingPoints, ...points };
    }
    case "existing_sent":
    case "award_inactive":
    case "not_started":
    case "not_eligible":
    case "customer_max_reached":
    case "coupon_max_reached":
    case "out_of_codes":
    case "error":
      return { outcome: issuing.outcome, message: sentence(issuing.outcome, locale, { pointsName: reader.pointsName }), ...points };
    default:
      return issuing satisfies never;
  }
}

/** How an attempt to give a coupon back ended. */
export function returnAnswer(outcome: ReturnAnswer["outcome"], { spendable, held }: PointsBalance, reader: Reader): ReturnAnswer {
  return { outcome, message: sentence(outcome, safeLocale(reader.locale), { pointsName: reader.pointsName }), points: spendable, heldPoints: held };
}
