import type { HeldCoupon, RedeemAnswer } from "../../../app/contract/checkout";
import type { Hints, RewardsApi } from "./api";
import { pointsToSpend, withChoice } from "./choice";
import { createPendingRedemption, mayResume, type KeyValue, type PendingRedemption } from "./pending";
import { sampleWallet, type SampleTexts } from "./sample";
import {
  atRest, isApplied, isResting, walletFrom, walletOf, withCoupon, withoutCoupon,
  type FailureCause, type FlowAction, type FlowState, type Notice, type Wallet,
} from "./state";

/** The checkout the extension sits in. */
export interface CheckoutPort {
  /** Whether the checkout took the code. Its own words about a refusal are for developers and stay unread. */
  applyCode(code: string): Promise<boolean>;
  removeCode(code: string): Promise<boolean>;
  appliedCodes(): string[];
  canApplyCodes(): boolean;
  /** Before discounts; null while unknown. */
  subtotal(): { minor: number; currency: string } | null;
  /** BCP 47. */
  locale(): string;
}

export interface RewardsFlowOptions {
  api: RewardsApi;
  checkout: CheckoutPort;
  storage: KeyValue;
  newKey: () => string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Given in the merchant's checkout editor: sample data instead of calls. */
  preview?: SampleTexts;
  /** Pause between two looks at the checkout's codes after one was taken. */
  lookMs?: number;
}

export interface RewardsFlow {
  getState(): FlowState;
  /** Calls `listener` after every change; returns how to stop. */
  subscribe(listener: () => void): () => void;
  load(): Promise<void>;
  /** Sets how many points the next redemption of this award spends. */
  choose(awardNumber: number, points: number): void;
  redeem(awardNumber: number): Promise<void>;
  applyHeld(issuanceId: string): Promise<void>;
  retryApply(): Promise<void>;
  giveUp(issuanceId: string): Promise<void>;
  dismiss(): void;
  /** Any of the above, as a button carries it. */
  press(action: FlowAction): Promise<void>;
  /** To be called when codes, instructions or the subtotal of the checkout have changed. */
  checkoutChanged(): Promise<void>;
}

/** As many codes as the app reads. */
const MOST_CODES = 25;
/** The checkout shows a code it took a moment later; about two seconds in all. */
const LOOKS = 14;

/**
 * The course of redeeming points in a checkout. One action at a time: a press while another is under way does nothing,
 * so a double press cannot charge twice, and codes are applied one call after another.
 */
export function createRewardsFlow(options: RewardsFlowOptions): RewardsFlow {
  const { api, checkout, newKey, now, lookMs = 150 } = options;
  const pending = createPendingRedemption(options.storage);
  const listeners = new Set<() => void>();
  let state: FlowState = { state: "loading" };
  let busy = false;
  let refreshing = false;
  /** Grows with everything that outdates an answer under way. */
  let happenings = 0;
  let asked: Hints | null = null;

  function show(next: FlowState): void {
    happenings += 1;
    draw(next);
  }

  function draw(next: FlowState): void {
    state = next;
    for (const listener of listeners) listener();
  }

  /** Does one action; afterwards the offers are asked for anew where the action says that it moved points. */
  async function alone(action: () => Promise<void | "moved_points">): Promise<void> {
    if (busy || state.state === "preview") return;
    busy = true;
    try {
      if ((await action()) !== "moved_points" && !isOutdated()) return;
    } finally {
      busy = false;
    }
    await refresh();
  }

  function hints(): Hints {
    const subtotal = checkout.subtotal();
    const codes = checkout.appliedCodes().slice(0, MOST_CODES);
    return { locale: checkout.locale(), ...(subtotal ? { subtotalMinor: subtotal.minor, currency: subtotal.currency } : {}), ...(codes.length > 0 ? { codes } : {}) };
  }

  function askRewards() {
    asked = hints();
    return api.rewards(asked);
  }

  /** Whether what is offered was asked for with another subtotal or other codes than the checkout has now. */
  function isOutdated(): boolean {
    const { subtotalMinor, codes } = hints();
    return asked !== null && (subtotalMinor !== asked.subtotalMinor || codes?.join() !== asked.codes?.join());
  }

  /** The wallet beside what the checkout shows now. */
  function lookedAt(wallet: Wallet): Wallet {
    return { ...wallet, appliedCodes: checkout.appliedCodes(), canApply: checkout.canApplyCodes() };
  }

  function showFailure(wallet: Wallet | null, cause: FailureCause, again: FlowAction): void {
    show({ state: "error", wallet, cause, again });
  }

  async function load(): Promise<void> {
    if (options.preview) return show({ state: "preview", wallet: sampleWallet(options.preview) });
    await alone(async () => {
      show({ state: "loading" });
      const answer = await askRewards();
      if (!answer.ok) return showFailure(null, answer.cause, { does: "load" });
      if (answer.value.state === "guest") return show({ state: "guest", pointsName: answer.value.pointsName });
      const wallet = walletFrom(answer.value, { appliedCodes: checkout.appliedCodes(), canApply: checkout.canApplyCodes() });
      const unfinished = await pending.find();
      if (unfinished && wallet.canApply && mayResume(unfinished, now())) return finishRedemption(wallet, unfinished);
      if (unfinished) await pending.forget();
      show(atRest(wallet, null));
    });
  }

  /** Offers and balance anew after a change, unless something else has happened meanwhile. A failure changes nothing. */
  async function refresh(): Promise<void> {
    if (refreshing || !isResting(state)) return;
    const before = happenings;
    refreshing = true;
    const answer = await askRewards();
    refreshing = false;
    if (happenings !== before || !isResting(state) || !answer.ok || answer.value.state !== "member") return;
    show(atRest(lookedAt({ ...state.wallet, ...answer.value }), state.notice));
  }

  function choose(awardNumber: number, points: number): void {
    if (busy || state.state === "preview" || !("wallet" in state) || !state.wallet) return;
    draw({ ...state, wallet: withChoice(state.wallet, awardNumber, points) });
  }

  async function redeem(awardNumber: number): Promise<void> {
    await alone(async () => {
      const wallet = walletOf(state);
      if (!wallet?.canApply) return;
      // A lost answer is asked for again with its own key and amount: the app then repeats it instead of charging once more.
      const unfinished = await pending.find();
      const pressed = unfinished?.awardNumber === awardNumber ? unfinished : newPress(wallet, awardNumber);
      await pending.keep(pressed);
      return finishRedemption(wallet, pressed);
    });
  }

  function newPress(wallet: Wallet, awardNumber: number): PendingRedemption {
    const award = wallet.awards.find((offer) => offer.awardNumber === awardNumber);
    return { awardNumber, ...(award?.choice && { points: pointsToSpend(wallet, award) }), requestKey: newKey(), pressedAt: now() };
  }

  async function finishRedemption(before: Wallet, { awardNumber, points: chosen, requestKey }: PendingRedemption): Promise<void | "moved_points"> {
    const wallet = chosen === undefined ? before : withChoice(before, awardNumber, chosen);
    show({ state: "redeeming", wallet, awardNumber });
    const answer = await api.redeem({ ...hints(), awardNumber, ...(chosen !== undefined && { points: chosen }), requestKey });
    if (!answer.ok) {
      if (answer.final) await pending.forget();
      return showFailure(wallet, answer.cause, { does: "redeem", awardNumber });
    }
    const { points, heldPoints } = answer.value;
    const charged = { ...wallet, points, heldPoints };
    if (answer.value.outcome === "issued") return receive(charged, answer.value.coupon, awardNumber);
    // existing_sent: the shopper holds it already, and nothing was charged.
    if (answer.value.coupon) return receive(charged, answer.value.coupon, awardNumber);
    await pending.forget();
    show(atRest(lookedAt(charged), refusal(answer.value)));
    return "moved_points";
  }

  async function receive(wallet: Wallet, coupon: HeldCoupon, awardNumber: number): Promise<"moved_points"> {
    await apply(withCoupon(wallet, coupon), coupon, awardNumber);
    await pending.forget();
    return "moved_points";
  }

  async function apply(wallet: Wallet, coupon: HeldCoupon, awardNumber: number | null): Promise<void> {
    show({ state: "applying", wallet, coupon, awardNumber });
    const taken = isApplied(checkout.appliedCodes(), coupon.code) || (await checkout.applyCode(coupon.code).catch(() => false));
    const seen = await isSeen(coupon.code, taken ? LOOKS : 1);
    const after = lookedAt(wallet);
    // News for the merchant only: whether it arrives changes nothing here.
    if (seen) void api.noteApplied({ issuanceId: coupon.issuanceId });
    show(seen ? { state: "applied", wallet: after, notice: null } : { state: "not_applied", wallet: after, coupon, reason: taken ? "not_seen" : "refused" });
  }

  async function isSeen(code: string, looks: number): Promise<boolean> {
    for (let look = 1; look <= looks; look += 1) {
      if (isApplied(checkout.appliedCodes(), code)) return true;
      if (look < looks) await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
    return false;
  }

  async function applyHeld(issuanceId: string): Promise<void> {
    await alone(async () => {
      const wallet = walletOf(state);
      const coupon = wallet?.coupons.find((held) => held.issuanceId === issuanceId);
      if (wallet?.canApply && coupon) await apply(wallet, coupon, null);
    });
  }

  async function retryApply(): Promise<void> {
    if (state.state === "not_applied") await applyHeld(state.coupon.issuanceId);
  }

  async function giveUp(issuanceId: string): Promise<void> {
    await alone(async () => {
      const wallet = walletOf(state);
      const coupon = wallet?.coupons.find((held) => held.issuanceId === issuanceId);
      if (!wallet || !coupon) return;
      const failed = state.state === "not_applied" && state.coupon.issuanceId === issuanceId;
      show({ state: "returning", wallet, coupon });
      // Should the checkout keep the code, the app still withdraws it at Shopify before it returns the points.
      if (isApplied(checkout.appliedCodes(), coupon.code)) await checkout.removeCode(coupon.code).catch(() => false);
      const answer = await api.giveBack({ issuanceId, reason: failed ? "not_applied" : "given_up", locale: checkout.locale() });
      if (!answer.ok) return showFailure(lookedAt(wallet), answer.cause, { does: "giveUp", issuanceId });
      const { outcome, message, points, heldPoints } = answer.value;
      if (outcome === "locked") return show(atRest(lookedAt({ ...wallet, points, heldPoints }), { tone: "warning", message }));
      const left = lookedAt(withoutCoupon({ ...wallet, points, heldPoints }, issuanceId));
      const gaveBack = outcome === "returning" || outcome === "returned";
      show(atRest(left, { tone: gaveBack ? "success" : "warning", message }));
      return "moved_points";
    });
  }

  function dismiss(): void {
    const wallet = walletOf(state);
    if (!busy && wallet && state.state !== "preview") show(atRest(lookedAt(wallet), null));
  }

  async function checkoutChanged(): Promise<void> {
    if (busy || (state.state !== "ready" && state.state !== "applied" && state.state !== "cannot_apply")) return;
    const notice = state.state === "cannot_apply" ? null : state.notice;
    const next = lookedAt(state.wallet);
    if (!isSameView(state.wallet, next)) show(atRest(next, notice));
    if (isOutdated()) await refresh();
  }

  async function press(action: FlowAction): Promise<void> {
    switch (action.does) {
      case "load": return load();
      case "choose": return choose(action.awardNumber, action.points);
      case "redeem": return redeem(action.awardNumber);
      case "applyHeld": return applyHeld(action.issuanceId);
      case "retryApply": return retryApply();
      case "giveUp": return giveUp(action.issuanceId);
      case "dismiss": return dismiss();
    }
  }

  return {
    getState: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    load, choose, redeem, applyHeld, retryApply, giveUp, dismiss, press, checkoutChanged,
  };
}

function isSameView(before: Wallet, after: Wallet): boolean {
  return before.canApply === after.canApply && before.appliedCodes.join() === after.appliedCodes.join();
}

function refusal(answer: Exclude<RedeemAnswer, { outcome: "issued" }>): Notice {
  return { tone: answer.outcome === "error" ? "critical" : "warning", message: answer.message };
}
