/**
 * Every way an attempt to give a coupon to a customer can end: one closed list for the screen, the API, Shopify Flow
 * and the log.
 */
export const ISSUE_OUTCOMES = [
  /** A coupon was given (or the same request was answered with it again). */
  "issued",
  /** The customer already holds a valid coupon of the award and gets that one. */
  "existing_sent",
  /** The coupon that would be given is past its end. */
  "coupon_expired",
  /** The customer has had as many as the award allows one customer. */
  "customer_max_reached",
  /** The award has been given as often as it may be. */
  "coupon_max_reached",
  /** The award is switched off, archived or past its end. */
  "award_inactive",
  /** The award's period has not begun. */
  "not_started",
  /** The award is not sold for points, or not to this customer. */
  "not_eligible",
  /** The gap between two coupons of the award has not passed. */
  "too_soon",
  /** The customer's spendable points do not cover the price. */
  "insufficient_points",
  /** No code that is live on Shopify is left to give. */
  "out_of_codes",
  /** A fault of ours; nothing was charged. */
  "error",
] as const;

export type IssueOutcome = (typeof ISSUE_OUTCOMES)[number];

/** Why an attempt ended `not_eligible`. */
export const ISSUE_PROBLEMS = [
  /** The award has no price in points: it is only distributed. */
  "not_sold_for_points",
  /** So many points are not a price of the award: below its least, above its most, or between its steps. */
  "points_not_offered",
  /** The award is for chosen customers, and this is none of them. */
  "not_listed",
  /** The customer was given one of the awards in the past 6 months that rule this one out. */
  "had_excluded_award",
  /** The award is for customers who registered within a time, and this one did not, or nobody knows when. */
  "registered_outside",
] as const;

export type IssueProblem = (typeof ISSUE_PROBLEMS)[number];
