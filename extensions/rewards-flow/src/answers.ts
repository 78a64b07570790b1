import type { AppliedAnswer, RedeemAnswer, ReturnAnswer, RewardsAnswer } from "../../../app/contract/checkout";

/*
 * The checkout's size limit leaves no room for a schema library, so the answers are looked at by hand: far enough that
 * a proxy's error page or an app of another version is taken for a failure and not for a balance.
 */

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function has(value: Fields, names: Record<string, "string" | "number">): boolean {
  return Object.entries(names).every(([name, type]) => typeof value[name] === type);
}

function isListOf(value: unknown, isItem: (item: Fields) => boolean): boolean {
  return Array.isArray(value) && value.every((item: unknown) => isFields(item) && isItem(item));
}

function isCoupon(value: Fields): boolean {
  const named = has(value, { issuanceId: "string", code: "string", awardName: "string", terms: "string", points: "number" });
  return named && (value.expiresAt === null || typeof value.expiresAt === "string");
}

function isObstacle(value: Fields): boolean {
  return has(value, { outcome: "string", message: "string" });
}

function isChoice(value: Fields): boolean {
  const counted = has(value, { minPoints: "number", maxPoints: "number", stepPoints: "number", stepMinor: "number", currency: "string" });
  return counted && Number(value.stepPoints) > 0;
}

function isAward(value: Fields): boolean {
  const named = has(value, { awardNumber: "number", name: "string", terms: "string", pointsPrice: "number" });
  const chosen = value.choice === undefined || (isFields(value.choice) && isChoice(value.choice));
  return named && chosen && isListOf(value.obstacles, isObstacle);
}

/** Whether this is what GET /checkout/rewards promises. */
export function isRewardsAnswer(value: unknown): value is RewardsAnswer {
  if (!isFields(value) || typeof value.pointsName !== "string") return false;
  if (value.state === "guest") return true;
  const counted = value.state === "member" && has(value, { points: "number", heldPoints: "number" });
  return counted && isListOf(value.awards, isAward) && isListOf(value.coupons, isCoupon);
}

/** Whether this is what POST /checkout/redeem promises. */
export function isRedeemAnswer(value: unknown): value is RedeemAnswer {
  if (!isFields(value) || !has(value, { outcome: "string", points: "number", heldPoints: "number" })) return false;
  const hasCoupon = isFields(value.coupon) && isCoupon(value.coupon);
  if (value.outcome === "issued") return hasCoupon;
  return typeof value.message === "string" && (value.coupon === undefined || hasCoupon);
}

const APPLIED_OUTCOMES: readonly unknown[] = ["noted", "not_found"] satisfies AppliedAnswer["outcome"][];

/** Whether this is what POST /checkout/applied promises. */
export function isAppliedAnswer(value: unknown): value is AppliedAnswer {
  return isFields(value) && APPLIED_OUTCOMES.includes(value.outcome);
}

const RETURN_OUTCOMES: readonly unknown[] = ["returning", "returned", "already_redeemed", "locked", "not_found"] satisfies ReturnAnswer["outcome"][];

/** Whether this is what POST /checkout/return promises. */
export function isReturnAnswer(value: unknown): value is ReturnAnswer {
  if (!isFields(value) || !has(value, { message: "string", points: "number", heldPoints: "number" })) return false;
  return RETURN_OUTCOMES.includes(value.outcome);
}
