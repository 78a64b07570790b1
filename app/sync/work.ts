/** What every kind of change is given, and how its work can end. */
import type { Clock } from "../lib/clock";
import type { AdminPort, AdminResult, OpenAdmin } from "../shopify/operation";
import type { Pace } from "./pace";

/** What a process that pushes holds. */
export interface Sync {
  clock: Clock;
  sleep(ms: number): Promise<void>;
  openAdmin: OpenAdmin;
  paceOf(shopId: number): Pace;
}

/** One shop's push. */
export interface Push {
  shopId: number;
  clock: Clock;
  sleep(ms: number): Promise<void>;
  admin: AdminPort;
  /** As the bucket's copy stands: the ms until so many points are there. It takes none. */
  waitFor(points: number): number;
}

/** A change as it was when the push read it. */
export interface TakenChange {
  id: bigint;
  kind: string;
  subject: string;
  attempts: number;
  revision: number;
}

export type Worked =
  | { outcome: "done" }
  /** More of it remains, or Shopify asked us to wait: no failure. */
  | { outcome: "again"; afterMs: number }
  /** No use was had of an answer: tried again with growing delay, a bounded number of times. */
  | { outcome: "stumbled"; problem: string; afterMs: number | null }
  /** Trying again would change nothing: the merchant is told. */
  | { outcome: "failed"; problem: string }
  /** The shop does not let us in: everything waits. */
  | { outcome: "gone"; problem: string; afterMs: number | null };

/** What a call that did not succeed means for its change. */
export function setback(result: Exclude<AdminResult<unknown>, { outcome: "ok" }>): Exclude<Worked, { outcome: "done" }> {
  switch (result.outcome) {
    case "throttled":
      return { outcome: "again", afterMs: result.waitMs };
    case "refused":
      return { outcome: "failed", problem: `Shopify refused: ${result.userErrors.map(({ message }) => message).join(" ")}` };
    case "unavailable":
      return { outcome: "stumbled", problem: result.reason, afterMs: result.retryAfterMs };
    case "gone":
      return { outcome: "gone", problem: result.reason, afterMs: result.retryAfterMs };
    default:
      return result satisfies never;
  }
}
