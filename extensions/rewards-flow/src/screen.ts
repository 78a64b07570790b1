import type { AwardOffer, HeldCoupon } from "../../../app/contract/checkout";
import { amountsOf, pointsToSpend, worthOf } from "./choice";
import { decimalAmount } from "./money";
import { appliedCoupons, waitingCoupons, walletOf, type FlowAction, type FlowState, type Wallet } from "./state";
import type { TextKey, Wording } from "./texts";

/** A button: what it says, what it does, and whether it can be pressed now. */
export interface ScreenButton {
  label: string;
  /** For those who hear the button without its surroundings. Contains the label, for those who say it aloud. */
  accessibilityLabel: string;
  weight: "primary" | "secondary";
  /** What is under way since it was pressed; null when nothing is. */
  busy: string | null;
  disabled: boolean;
  action: FlowAction;
}

export interface ScreenBanner {
  /** Stays the same while the banner is the same one, so that a view announces each once. */
  id: string;
  tone: "info" | "success" | "warning" | "critical";
  title: string;
  lines: string[];
  buttons: ScreenButton[];
}

export interface AwardRow {
  awardNumber: number;
  name: string;
  terms: string;
  /** Null where the amount is chosen: the field says it. */
  price: string | null;
  amount: AmountField | null;
  /** "120 more points", in place of the button; null when points are not what is missing. */
  missing: string | null;
  /** The app's sentences about what else stands in the way. */
  obstacles: string[];
  /** Null while anything stands in the way. */
  button: ScreenButton | null;
}

/** A list of amounts to choose from, each with what it buys. */
export interface AmountField {
  label: string;
  /** The points chosen, as in the options. */
  value: string;
  options: { value: string; label: string }[];
  disabled: boolean;
}

export interface CouponCard {
  issuanceId: string;
  title: string;
  lines: string[];
  buttons: ScreenButton[];
}

/** All a view has to draw, from top to bottom. */
export interface Screen {
  heading: string;
  /** Said while the rest is not there yet; null otherwise. */
  loading: string | null;
  balance: string | null;
  banners: ScreenBanner[];
  coupons: CouponCard[];
  awards: AwardRow[];
  /** How many awards there are when not all are listed: the text of the button that lists them. */
  showAll: string | null;
  note: string | null;
}

export interface ScreenOptions {
  /** The merchant's own heading; empty or absent: ours. */
  heading?: string | undefined;
  /** The merchant's own words to guests; empty or absent: ours. */
  guestText?: string | undefined;
  /** The shopper asked for the whole list. */
  expanded: boolean;
}

/** More awards than this are listed only when asked for: a checkout is for paying. */
const LISTED_AWARDS = 4;

/** What the shopper sees in a state: the words and buttons of both views. */
export function screenOf(state: FlowState, wording: Wording, { heading, guestText, expanded }: ScreenOptions): Screen {
  const say = wording.translate;
  const wallet = walletOf(state);
  const screen: Screen = {
    heading: heading?.trim() || say("heading"),
    loading: state.state === "loading" ? say("loading") : null,
    balance: wallet ? say("balance", amount(wallet, wallet.points, wording)) : null,
    banners: bannersOf(state, wording, guestText),
    coupons: [],
    awards: [],
    showAll: null,
    note: state.state === "preview" ? say("preview.note") : null,
  };
  if (!wallet?.canApply) return screen;

  const listed = expanded ? wallet.awards : wallet.awards.slice(0, LISTED_AWARDS);
  return {
    ...screen,
    coupons: couponsOf(state, wallet).map((coupon) => couponCard(state, coupon, wording)),
    awards: listed.map((award) => awardRow(state, wallet, award, wording)),
    showAll: listed.length < wallet.awards.length ? say("showAll", { count: wording.formatNumber(wallet.awards.length) }) : null,
    note: screen.note ?? noteOf(wallet, wording),
  };
}

function bannersOf(state: FlowState, wording: Wording, guestText: string | undefined): ScreenBanner[] {
  const say = wording.translate;
  switch (state.state) {
    case "loading":
    case "preview":
      return [];
    case "guest": {
      const title = say("guest.title", { name: state.pointsName });
      return [{ id: "guest", tone: "info", title, lines: [guestText?.trim() || say("guest.body")], buttons: [] }];
    }
    case "cannot_apply":
      return [{ id: "cannot-apply", tone: "info", title: say("cannotApply.title"), lines: [say("cannotApply.body")], buttons: [] }];
    case "ready":
    case "applied":
      return [...appliedBanners(state, wording), ...noticeBanner(state.notice)];
    case "redeeming":
    case "applying":
    case "returning":
      return appliedBanners(state, wording);
    case "not_applied":
      return [notAppliedBanner(state, wording), ...appliedBanners(state, wording)];
    case "error":
      return [errorBanner(state, wording), ...appliedBanners(state, wording)];
  }
}

function appliedBanners(state: FlowState, wording: Wording): ScreenBanner[] {
  const wallet = walletOf(state);
  if (!wallet) return [];
  const say = wording.translate;
  return appliedCoupons(wallet).map((coupon) => ({
    id: `applied-${coupon.issuanceId}`,
    tone: "success",
    title: say("applied.title", { award: coupon.awardName }),
    lines: [
      say("applied.code", { code: coupon.code, terms: coupon.terms }),
      say("applied.left", amount(wallet, coupon.points, wording)),
    ],
    buttons: wallet.canApply ? [giveUpButton(state, coupon, "applied.remove", wording)] : [],
  }));
}

function noticeBanner(notice: Extract<FlowState, { state: "ready" }>["notice"]): ScreenBanner[] {
  return notice ? [{ id: `notice-${notice.message}`, tone: notice.tone, title: notice.message, lines: [], buttons: [] }] : [];
}

function notAppliedBanner(state: Extract<FlowState, { state: "not_applied" }>, wording: Wording): ScreenBanner {
  const say = wording.translate;
  const reason: TextKey = state.reason === "refused" ? "notApplied.refused" : "notApplied.notSeen";
  return {
    id: `not-applied-${state.coupon.issuanceId}`,
    tone: "warning",
    title: say("notApplied.title", { award: state.coupon.awardName }),
    lines: [say(reason), say("applied.code", { code: state.coupon.code, terms: state.coupon.terms })],
    buttons: [
      button(state, say("notApplied.retry"), { does: "retryApply" }, { weight: "primary" }),
      giveUpButton(state, state.coupon, "held.giveBack", wording),
    ],
  };
}

function errorBanner(state: Extract<FlowState, { state: "error" }>, wording: Wording): ScreenBanner {
  const say = wording.translate;
  const retry = button(state, say("error.retry"), state.again, { weight: "primary" });
  const dismiss = button(state, say("dismiss"), { does: "dismiss" }, {});
  return {
    id: `error-${state.again.does}`,
    tone: "critical",
    title: say(errorTitle(state.again)),
    lines: [say(`error.${state.cause}`)],
    buttons: state.wallet ? [retry, dismiss] : [retry],
  };
}

function errorTitle(again: FlowAction): TextKey {
  switch (again.does) {
    case "redeem": return "error.redeem";
    case "giveUp": return "error.giveUp";
    case "load":
    case "choose":
    case "applyHeld":
    case "retryApply":
    case "dismiss":
      return "error.load";
  }
}

/** The coupons held, but for one that is being spoken of elsewhere on the screen. */
function couponsOf(state: FlowState, wallet: Wallet): HeldCoupon[] {
  const spokenOf = state.state === "not_applied" || (state.state === "applying" && state.awardNumber !== null) ? state.coupon : null;
  return waitingCoupons(wallet).filter((coupon) => coupon.issuanceId !== spokenOf?.issuanceId);
}

function couponCard(state: FlowState, coupon: HeldCoupon, wording: Wording): CouponCard {
  const say = wording.translate;
  const inTheWay = (coupon.obstacles ?? []).map((obstacle) => obstacle.message);
  const until = coupon.expiresAt ? [say("held.until", { date: wording.formatDate(new Date(coupon.expiresAt)) })] : [];
  const applying = state.state === "applying" && state.coupon.issuanceId === coupon.issuanceId;
  const apply = button(state, say("held.apply"), { does: "applyHeld", issuanceId: coupon.issuanceId }, {
    accessibilityLabel: say("held.applyLabel", { code: coupon.code }), weight: "primary", busy: applying ? say("applying") : null,
  });
  return {
    issuanceId: coupon.issuanceId,
    title: say("held.title", { award: coupon.awardName }),
    lines: [say("applied.code", { code: coupon.code, terms: coupon.terms }), ...until, ...inTheWay],
    buttons: [...(inTheWay.length === 0 ? [apply] : []), giveUpButton(state, coupon, "held.giveBack", wording)],
  };
}

function giveUpButton(state: FlowState, coupon: HeldCoupon, text: TextKey, wording: Wording): ScreenButton {
  const label = wording.translate(text);
  const returning = state.state === "returning" && state.coupon.issuanceId === coupon.issuanceId;
  return button(state, label, { does: "giveUp", issuanceId: coupon.issuanceId }, {
    accessibilityLabel: wording.translate("held.giveBackLabel", { label, code: coupon.code }), busy: returning ? wording.translate("returning") : null,
  });
}

function awardRow(state: FlowState, wallet: Wallet, award: AwardOffer, wording: Wording): AwardRow {
  const say = wording.translate;
  const points = pointsToSpend(wallet, award);
  const price = amount(wallet, points, wording);
  const redeeming = (state.state === "redeeming" || state.state === "applying") && state.awardNumber === award.awardNumber;
  const redeem = button(state, say("redeem.button"), { does: "redeem", awardNumber: award.awardNumber }, {
    accessibilityLabel: say("redeem.label", { award: award.name, ...price }),
    busy: redeeming ? say("redeem.busy") : null,
  });
  const missing = missingPoints(award);
  const field = amountField(state, wallet, award, wording);
  return {
    awardNumber: award.awardNumber,
    name: award.name,
    terms: award.terms,
    price: field ? null : priceText(wallet, award, points, wording),
    amount: field,
    missing: missing === undefined ? null : say("missing", amount(wallet, missing, wording)),
    obstacles: award.obstacles.filter((obstacle) => obstacle.missingPoints === undefined).map((obstacle) => obstacle.message),
    button: award.obstacles.length === 0 ? redeem : null,
  };
}

/** Null where there is one amount at most, or something stands in the way. */
function amountField(state: FlowState, wallet: Wallet, award: AwardOffer, wording: Wording): AmountField | null {
  const amounts = award.obstacles.length === 0 ? amountsOf(wallet, award) : [];
  if (amounts.length <= 1) return null;
  return {
    label: wording.translate("choice.label", { award: award.name }),
    value: String(pointsToSpend(wallet, award)),
    options: amounts.map((points) => ({ value: String(points), label: priceText(wallet, award, points, wording) })),
    disabled: isWorking(state),
  };
}

/** So many points, and what they buy where that is not in the terms. */
function priceText(wallet: Wallet, { choice }: AwardOffer, points: number, wording: Wording): string {
  const price = amount(wallet, points, wording);
  if (!choice) return wording.translate("price", price);
  const value = wording.formatMoney(decimalAmount(worthOf(choice, points), choice.currency), choice.currency);
  return wording.translate("choice.amount", { ...price, value });
}

/** Nothing to redeem at all, or nothing yet: then what is missing for the nearest award. */
function noteOf(wallet: Wallet, wording: Wording): string | null {
  if (wallet.awards.length === 0) return wording.translate("empty");
  if (wallet.awards.some((award) => award.obstacles.length === 0)) return null;
  const nearest = wallet.awards
    .map((award) => ({ award: award.name, points: missingPoints(award) ?? 0 }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => a.points - b.points)[0];
  return nearest ? wording.translate("next", { award: nearest.award, ...amount(wallet, nearest.points, wording) }) : null;
}

function missingPoints(award: AwardOffer): number | undefined {
  return award.obstacles.find((obstacle) => obstacle.missingPoints !== undefined)?.missingPoints;
}

function amount(wallet: Wallet, points: number, wording: Wording): { points: string; name: string } {
  return { points: wording.formatNumber(points), name: wallet.pointsName };
}

function isWorking(state: FlowState): boolean {
  return state.state === "redeeming" || state.state === "applying" || state.state === "returning";
}

function button(
  state: FlowState,
  label: string,
  action: FlowAction,
  { accessibilityLabel = label, weight = "secondary", busy = null }: Partial<Pick<ScreenButton, "accessibilityLabel" | "weight" | "busy">>,
): ScreenButton {
  return { label, accessibilityLabel, weight, busy, disabled: isWorking(state) && busy === null, action };
}
