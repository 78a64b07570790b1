/**
 * A copy of Shopify's cost bucket on our side, so that calls go out as fast as it refills and none is thrown back. Pure;
 * the clock is given.
 */
import type { QueryCost } from "../shopify/operation";

export interface Pace {
  /** The ms until so many points are there; takes none. 0: they are there now. */
  wait(points: number): number;
  /** Takes `cost` points and returns 0, or takes nothing and returns the ms to wait before asking again. */
  take(cost: number): number;
  /** What Shopify asked up front for an operation so far, at most; before its first answer, what we think. */
  costOf(operation: { name: string; cost: number }): number;
  /** Ends what `take(cost)` began: gives back what the call did not use and learns from Shopify's own count; of what this operation asks for, too. */
  end(taken: number, cost: QueryCost | null, operation?: string): void;
}

/** Until the first answer has told the true bucket, one call at a time goes out. */
const PROBE_WAIT_MS = 50;

interface Bucket {
  max: number;
  restore: number;
  available: number;
  at: number;
}

/** A bucket of unknown size; `clockMs` is any clock that runs forward. */
export function openPace(clockMs: () => number): Pace {
  let bucket: Bucket | null = null;
  const requested = new Map<string, number>();
  let underWay = 0;
  let pointsUnderWay = 0;
  /** Calls since the last moment without any: 1 means that the call under way has been alone all the time. */
  let sinceIdle = 0;

  const refill = (known: Bucket) => {
    const now = clockMs();
    // While Shopify has not seen a call yet, its bucket may stand full and lose what ours would gain.
    const most = Math.max(known.available, known.max - pointsUnderWay);
    known.available = Math.min(most, known.available + (Math.max(0, now - known.at) / 1000) * known.restore);
    known.at = now;
  };

  const wait = (points: number) => {
    if (!bucket) return underWay > 0 ? PROBE_WAIT_MS : 0;
    refill(bucket);
    // A call dearer than the whole bucket goes out when the bucket is full: Shopify decides.
    const needed = Math.min(points, bucket.max);
    return bucket.available < needed ? Math.ceil(((needed - bucket.available) / bucket.restore) * 1000) : 0;
  };

  return {
    wait,

    costOf: ({ name, cost }) => requested.get(name) ?? cost,

    take(cost) {
      const waitMs = wait(cost);
      if (waitMs > 0) return waitMs;
      if (bucket) bucket.available -= cost;
      sinceIdle = underWay === 0 ? 1 : sinceIdle + 1;
      underWay++;
      pointsUnderWay += cost;
      return 0;
    },

    end(taken, cost, operation) {
      if (cost && operation !== undefined) requested.set(operation, Math.max(requested.get(operation) ?? 0, cost.requestedQueryCost));
      if (bucket) refill(bucket);
      underWay--;
      pointsUnderWay -= taken;
      // Without an answer nobody knows whether the points were used: they count as used.
      if (bucket && cost) bucket.available += taken - (cost.actualQueryCost ?? 0);
      if (cost) bucket = learn(bucket, cost, sinceIdle === 1, clockMs());
    },
  };
}

/**
 * Shopify's count was true when it answered. If that call was alone, it is the truth. Otherwise calls of ours that it had
 * not seen yet may have ended meanwhile, so it can only lower our count, when somebody else spends from the bucket;
 * raising ours by it would get calls thrown back.
 */
function learn(bucket: Bucket | null, { throttleStatus }: QueryCost, alone: boolean, at: number): Bucket {
  const { maximumAvailable: max, restoreRate: restore, currentlyAvailable } = throttleStatus;
  const available = bucket && !alone ? Math.min(bucket.available, currentlyAvailable) : currentlyAvailable;
  return { max, restore: Math.max(restore, 1), available, at };
}
