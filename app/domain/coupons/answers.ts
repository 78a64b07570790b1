/** What the checkout is told: contract answers out of the domain's outcomes. Pure. */
import type { HeldCoupon, RedeemAnswer, ReturnAnswer } from "../../contract/checkout";
import type { IssueProblem } from "../../contract/outcomes";
import { publicId } from "../../lib/ids";
import { shownText, type AwardText } from "../awards/text";
import { couponTerms, describeTerms, type AwardTerms, type TermsShop } from "../awards/terms";
import type { PointsBalance } from "../points/balance";
import { couponEnd } from "./coupon";
import type { Issuing } from "./issue.server";
import { safeLocale, sentence, writtenDay, type SentenceKey, type SentenceValues } from "./sentences";

/** Who reads, and the shop whose days and points are spoken of. */
export interface Reader extends TermsShop {
  locale: string;
}

export interface Held {
  issuanceId: bigint;
  code: string;
  points: number;
  /** The coupon's own end and value, where it has them. */
  expiresAt: Date | null;
  valueMinor: number | null;
  award: AwardTerms & { name: string; endsAt: Date | null; texts: AwardText[] };
}

/** A coupon the customer holds, in the reader's language. */
export function heldCoupon({ issuanceId, code, points, expiresAt, valueMinor, award }: Held, reader: Reader): HeldCoupon {
  const { name, conditions } = shownText(award.name, award.texts, safeLocale(reader.locale));
  return {
    issuanceId: publicId("issuance", issuanceId),
    code,
    awardName: name,
    terms: describeTerms(couponTerms(award, valueMinor), safeLocale(reader.locale), reader),
    ...(conditions !== null && { conditions }),
    points,
    expiresAt: couponEnd(expiresAt, award)?.toISOString() ?? null,
  };
}

const PROBLEM_SENTENCES = {
  not_sold_for_points: "not_eligible",
  points_not_offered: "points_not_offered",
  not_listed: "not_listed",
  had_excluded_award: "had_excluded_award",
  registered_outside: "new_customers_only",
} as const satisfies Record<IssueProblem, SentenceKey>;

/** How an attempt to redeem ended, and the points after it. */
export function redeemAnswer(issuing: Issuing, { balance, spendable, held }: PointsBalance, reader: Reader): RedeemAnswer {
  const locale = safeLocale(reader.locale);
  const points = { points: spendable, heldPoints: held };
  const refused = <Outcome extends Exclude<Issuing["outcome"], "issued">>(outcome: Outcome, values: Partial<SentenceValues> = {}) => ({
    outcome, message: sentence(outcome, locale, { pointsName: reader.pointsName, ...values }), ...points,
  });
  switch (issuing.outcome) {
    case "issued":
      return { outcome: "issued", coupon: heldCoupon({ ...issuing, points: issuing.price }, reader), ...points };
    case "existing_sent":
      return { ...refused(issuing.outcome), coupon: heldCoupon({ ...issuing, points: issuing.price }, reader) };
    case "insufficient_points": {
      // Not from what is spendable: a balance below zero must be earned back first.
      const missingPoints = issuing.price - (balance - held);
      return { ...refused(issuing.outcome, { missingPoints: missingPoints.toLocaleString(locale) }), missingPoints };
    }
    case "not_started":
    case "too_soon":
      return { ...refused(issuing.outcome, { day: writtenDay(issuing.availableAt, locale, reader.timeZone) }), availableAt: issuing.availableAt.toISOString() };
    case "not_eligible":
      return { ...refused(issuing.outcome), message: sentence(PROBLEM_SENTENCES[issuing.problem], locale, { pointsName: reader.pointsName }) };
    case "out_of_codes":
      return issuing.isOff ? { ...refused(issuing.outcome), message: sentence("off_for_now", locale, { pointsName: reader.pointsName }) } : refused(issuing.outcome);
    case "award_inactive":
    case "customer_max_reached":
    case "coupon_max_reached":
    case "coupon_expired":
    case "error":
      return refused(issuing.outcome);
    default:
      return issuing satisfies never;
  }
}

/** How an attempt to give a coupon back ended. */
export function returnAnswer(outcome: ReturnAnswer["outcome"], { spendable, held }: PointsBalance, reader: Reader): ReturnAnswer {
  return { outcome, message: sentence(outcome, safeLocale(reader.locale), { pointsName: reader.pointsName }), points: spendable, heldPoints: held };
}
