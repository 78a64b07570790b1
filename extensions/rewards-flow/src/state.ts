import type { AwardOffer, HeldCoupon, RewardsAnswer } from "../../../app/contract/checkout";

/** What the shopper owns and may redeem, beside what this checkout carries at the same moment. */
export interface Wallet {
  pointsName: string;
  /** Spendable now. */
  points: number;
  heldPoints: number;
  awards: AwardOffer[];
  coupons: HeldCoupon[];
  /** By award number: how many points the shopper wants to spend, where the award leaves it open. */
  chosenPoints: Readonly<Record<number, number>>;
  /** Codes on the checkout, of whatever origin. */
  appliedCodes: string[];
  /** False: the checkout takes no codes (draft order, wallet button). */
  canApply: boolean;
}

/** Why nothing came of a call. `offline` includes an answer that took too long. */
export type FailureCause = "offline" | "server" | "session";

/** Why a coupon is not on the checkout: it said no, or it said yes and does not show it. */
export type NotAppliedReason = "refused" | "not_seen";

/** What a press of a button asks for. */
export type FlowAction =
  | { does: "load" }
  | { does: "choose"; awardNumber: number; points: number }
  | { does: "redeem"; awardNumber: number }
  | { does: "applyHeld"; issuanceId: string }
  | { does: "retryApply" }
  | { does: "giveUp"; issuanceId: string }
  | { does: "dismiss" };

/** One sentence of the app's about what just happened. */
export interface Notice {
  tone: "success" | "info" | "warning" | "critical";
  message: string;
}

export type FlowState =
  | { state: "loading" }
  | { state: "guest"; pointsName: string }
  /** The merchant arranges the checkout in the editor: sample data, buttons without effect. */
  | { state: "preview"; wallet: Wallet }
  | { state: "cannot_apply"; wallet: Wallet }
  | { state: "ready"; wallet: Wallet; notice: Notice | null }
  | { state: "redeeming"; wallet: Wallet; awardNumber: number }
  /** `awardNumber`: the award whose press led here; null when a coupon held before is applied. */
  | { state: "applying"; wallet: Wallet; coupon: HeldCoupon; awardNumber: number | null }
  | { state: "returning"; wallet: Wallet; coupon: HeldCoupon }
  | { state: "applied"; wallet: Wallet; notice: Notice | null }
  | { state: "not_applied"; wallet: Wallet; coupon: HeldCoupon; reason: NotAppliedReason }
  /** `wallet` is null when not even the balance could be read. `again` is what "Try again" does. */
  | { state: "error"; wallet: Wallet | null; cause: FailureCause; again: FlowAction };

/** The wallet of a state that has one. */
export function walletOf(state: FlowState): Wallet | null {
  return "wallet" in state ? state.wallet : null;
}

/** A wallet from the app's answer and what the checkout shows. */
export function walletFrom(
  answer: Extract<RewardsAnswer, { state: "member" }>,
  checkout: { appliedCodes: string[]; canApply: boolean },
): Wallet {
  const { pointsName, points, heldPoints, awards, coupons } = answer;
  return { pointsName, points, heldPoints, awards, coupons, chosenPoints: {}, ...checkout };
}

/** Codes are the same code in any case, as for Shopify. */
export function isApplied(codes: readonly string[], code: string): boolean {
  return codes.some((applied) => applied.toUpperCase() === code.toUpperCase());
}

/** The coupons this checkout carries. */
export function appliedCoupons(wallet: Wallet): HeldCoupon[] {
  return wallet.coupons.filter((coupon) => isApplied(wallet.appliedCodes, coupon.code));
}

/** The coupons the shopper holds and this checkout does not carry. */
export function waitingCoupons(wallet: Wallet): HeldCoupon[] {
  return wallet.coupons.filter((coupon) => !isApplied(wallet.appliedCodes, coupon.code));
}

/** The state of rest a wallet belongs in. */
export function atRest(wallet: Wallet, notice: Notice | null): FlowState {
  if (appliedCoupons(wallet).length > 0) return { state: "applied", wallet, notice };
  if (!wallet.canApply) return { state: "cannot_apply", wallet };
  return { state: "ready", wallet, notice };
}

/** Whether nothing is under way and nothing went wrong. */
export function isResting(state: FlowState): state is Extract<FlowState, { state: "ready" | "applied" }> {
  return state.state === "ready" || state.state === "applied";
}

/** The wallet with this coupon in it, once. */
export function withCoupon(wallet: Wallet, coupon: HeldCoupon): Wallet {
  return { ...wallet, coupons: [coupon, ...withoutCoupon(wallet, coupon.issuanceId).coupons] };
}

/** The wallet without the coupon of this issuance. */
export function withoutCoupon(wallet: Wallet, issuanceId: string): Wallet {
  return { ...wallet, coupons: wallet.coupons.filter((coupon) => coupon.issuanceId !== issuanceId) };
}
