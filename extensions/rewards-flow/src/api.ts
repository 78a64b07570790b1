import type { AppliedAnswer, AppliedRequest, RedeemAnswer, RedeemRequest, ReturnAnswer, ReturnRequest, RewardsAnswer } from "../../../app/contract/checkout";
import { isAppliedAnswer, isRedeemAnswer, isReturnAnswer, isRewardsAnswer } from "./answers";
import type { FailureCause } from "./state";

/** What the checkout knows that helps the app to word its answer. */
export interface Hints {
  /** BCP 47. */
  locale: string;
  subtotalMinor?: number;
  currency?: string;
  /** Discount codes on the checkout. */
  codes?: string[];
}

export type Answered<T> =
  | { ok: true; value: T }
  /** `final`: the app has read the request and will never accept it, so the same request is not worth repeating. */
  | { ok: false; cause: FailureCause; final: boolean };

/** The app, as the extension may ask it. */
export interface RewardsApi {
  rewards(hints: Hints): Promise<Answered<RewardsAnswer>>;
  redeem(request: RedeemRequest): Promise<Answered<RedeemAnswer>>;
  noteApplied(request: AppliedRequest): Promise<Answered<AppliedAnswer>>;
  giveBack(request: ReturnRequest): Promise<Answered<ReturnAnswer>>;
}

export interface RewardsApiOptions {
  /** Without a slash at the end. */
  appUrl: string;
  sessionToken: () => Promise<string>;
  /** Longest wait for one call. */
  callMs?: number;
  /** Pauses before the second, third … attempt: their number bounds the attempts. */
  retryDelaysMs?: readonly number[];
}

type Attempt<T> = Answered<T> | { ok: false; cause: FailureCause; final: false; again: true };

/** The calls of the checkout, each with a time limit and few repeats: all of them may be repeated safely. */
export function createRewardsApi({ appUrl, sessionToken, callMs = 8_000, retryDelaysMs = [400, 1_500] }: RewardsApiOptions): RewardsApi {
  async function attempt<T>(path: string, body: object | null, isAnswer: (value: unknown) => value is T): Promise<Attempt<T>> {
    const token = await sessionToken().catch(() => "");
    if (token === "") return { ok: false, cause: "session", final: false, again: true };
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), callMs);
    try {
      const response = await fetch(appUrl + path, {
        method: body ? "POST" : "GET",
        headers: { Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/json" } : {}) },
        body: body ? JSON.stringify(body) : null,
        signal: limit.signal,
      });
      return await readAnswer(response, isAnswer);
    } catch {
      // The network's failures and our own time limit arrive alike, and both may hide an answer that was given.
      return { ok: false, cause: "offline", final: false, again: true };
    } finally {
      clearTimeout(timer);
    }
  }

  async function call<T>(path: string, body: object | null, isAnswer: (value: unknown) => value is T): Promise<Answered<T>> {
    let last = await attempt(path, body, isAnswer);
    for (const delayMs of retryDelaysMs) {
      if (!("again" in last)) break;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      last = await attempt(path, body, isAnswer);
    }
    return last;
  }

  return {
    rewards: (hints) => call(`/checkout/rewards?${query(hints)}`, null, isRewardsAnswer),
    redeem: (request) => call("/checkout/redeem", request, isRedeemAnswer),
    noteApplied: (request) => call("/checkout/applied", request, isAppliedAnswer),
    giveBack: (request) => call("/checkout/return", request, isReturnAnswer),
  };
}

async function readAnswer<T>(response: Response, isAnswer: (value: unknown) => value is T): Promise<Attempt<T>> {
  if (response.ok) {
    const value: unknown = await response.json().catch(() => null);
    return isAnswer(value) ? { ok: true, value } : { ok: false, cause: "server", final: false, again: true };
  }
  // 401: the token may have run out on the way; the next attempt asks for a fresh one.
  if (response.status === 401) return { ok: false, cause: "session", final: false, again: true };
  const mayPass = response.status >= 500 || response.status === 408 || response.status === 429;
  return mayPass ? { ok: false, cause: "server", final: false, again: true } : { ok: false, cause: "server", final: true };
}

function query({ locale, subtotalMinor, currency, codes = [] }: Hints): string {
  const pairs: [string, string][] = [["locale", locale]];
  if (subtotalMinor !== undefined) pairs.push(["subtotalMinor", String(subtotalMinor)]);
  if (currency !== undefined) pairs.push(["currency", currency]);
  for (const code of codes) pairs.push(["code", code]);
  return pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}
