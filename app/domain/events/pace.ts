/** When a delivery is tried again, and how long an endpoint is left alone. Pure. */

const FIRST_PAUSE_MS = 30_000;
/** So long at most between two attempts of one delivery. */
const DELIVERY_PAUSE_LIMIT_MS = 4 * 3_600_000;
/**
 * So long at most is an endpoint left alone. Shorter than a delivery's own pause after some attempts: one that the endpoint can
 * never take steps aside, and those behind it have their turn.
 */
const ENDPOINT_PAUSE_LIMIT_MS = 10 * 60_000;

/** A delivery is tried for so long. */
export const DELIVERY_HOURS = 48;
/** An endpoint that took nothing for so long is switched off. */
export const ENDPOINT_DAYS = 3;

/** What fails is tried within four hours: where the last try was due twice as long ago there was nothing to send, or nobody to send it. */
const UNTRIED_MS = 2 * DELIVERY_PAUSE_LIMIT_MS;

/** Whether nothing is known of an endpoint that failed, as it was not tried since, or staff have it tried at once (`retryAt` null). */
export function failsAnew(retryAt: Date | null, now: Date): boolean {
  return retryAt === null || now.getTime() - retryAt.getTime() > UNTRIED_MS;
}

const doubled = (times: number, limitMs: number) => Math.min(limitMs, FIRST_PAUSE_MS * 2 ** Math.min(times, 20));

/** Pause of a delivery after its attempt number `attempts`, from 1. */
export function deliveryPauseMs(attempts: number): number {
  return doubled(attempts - 1, DELIVERY_PAUSE_LIMIT_MS);
}

/** Pause of an endpoint after `failures` rounds in a row of which nothing arrived, from 1. */
export function endpointPauseMs(failures: number): number {
  return doubled(failures - 1, ENDPOINT_PAUSE_LIMIT_MS);
}

/** An endpoint's answer as the log shows it: its beginning, on one line, without what looks like an address or a secret. */
export function answerSnippet(text: string): string {
  const line = text.replace(/[\p{C}\s]+/gu, " ").trim();
  return line.replace(/[^\s@"'<>]+@[^\s@"'<>]+/g, "…@…").replace(/[A-Za-z0-9+/_-]{24,}={0,2}/g, "…").slice(0, 200);
}
