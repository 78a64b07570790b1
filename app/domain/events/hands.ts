/** Who may hold the hands that post to endpoints, so that nobody's deliveries wait for somebody else's slow server. Pure; times are given. */

/** Deliveries that are under way in one process at once, each to an endpoint of its own. */
export const DELIVERY_HANDS = 16;
/** So many hold one shop's endpoints at most, however they answer. */
const OF_SHOP = 8;
/** So many hold endpoints that are known to be slow; a shop's own at most so many of them. */
const OF_SLOW = 8;
const OF_SLOW_OF_SHOP = 2;

/** An endpoint that lets us wait so long for an answer is slow, and counts as slow for a while. */
export const SLOW_MS = 2_000;
const SLOW_FOR_MS = 10 * 60_000;
/** When one that found no hand looks again; one that had a hand lets those look first. */
export const NO_HAND_MS = 1_000;
export const HAD_HAND_MS = 3_000;
/** So many are remembered as slow. */
const REMEMBERED = 10_000;

export interface Hand {
  /** The slowest answer of a window took so long. False: the endpoint is slow, and so many are already; the hand is to be let go. */
  mayGoOn(slowestMs: number, now: Date): boolean;
  /** Whether others of the shop, or other slow ones, were turned away while it was held. */
  letGo(): { othersWait: boolean };
}

export interface Hands {
  /** Null: none is free for this endpoint. */
  take(endpoint: { shopId: number; endpointId: bigint }, now: Date): Hand | null;
}

interface Held {
  shopId: number;
  slow: boolean;
  othersWait: boolean;
}

export function openHands(): Hands {
  const held = new Set<Held>();
  const slowUntil = new Map<string, number>();
  const count = (which: (one: Held) => boolean) => [...held].filter(which).length;

  const hasRoom = ({ shopId, slow }: Pick<Held, "shopId" | "slow">) => !slow || (count((one) => one.slow) < OF_SLOW && count((one) => one.slow && one.shopId === shopId) < OF_SLOW_OF_SHOP);

  return {
    take({ shopId, endpointId }, now) {
      const key = `${shopId}:${endpointId}`;
      const slow = (slowUntil.get(key) ?? 0) > now.getTime();
      if (count((one) => one.shopId === shopId) >= OF_SHOP || !hasRoom({ shopId, slow })) {
        for (const one of held) if (one.shopId === shopId || (slow && one.slow)) one.othersWait = true;
        return null;
      }
      const mine: Held = { shopId, slow, othersWait: false };
      held.add(mine);
      return {
        mayGoOn(slowestMs, at) {
          if (slowestMs < SLOW_MS) return true;
          slowUntil.delete(key);
          slowUntil.set(key, at.getTime() + SLOW_FOR_MS);
          const oldest = slowUntil.size > REMEMBERED ? slowUntil.keys().next().value : undefined;
          if (oldest !== undefined) slowUntil.delete(oldest);
          if (!mine.slow && !hasRoom({ shopId, slow: true })) return false;
          mine.slow = true;
          return true;
        },
        letGo() {
          held.delete(mine);
          return { othersWait: mine.othersWait };
        },
      };
    },
  };
}
