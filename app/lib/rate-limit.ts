/** How often somebody may ask: a fixed window for each key, in this process, in bounded memory. */

export interface RateLimitOptions {
  /** Requests in one window. */
  limit: number;
  windowMs: number;
  /** Keys remembered at most; beyond it the oldest are forgotten. */
  keysLimit: number;
}

interface Window {
  startedAt: number;
  count: number;
}

export interface Counted {
  /** 0, or how many ms the caller must wait. */
  waitMs: number;
  /** Requests left in this window. */
  remaining: number;
  /** ms until the next window. */
  resetMs: number;
}

/** A function that counts one request of `key` and says where its window stands. */
export function rateLimit({ limit, windowMs, keysLimit }: RateLimitOptions) {
  const windows = new Map<string, Window>();

  return function count(key: string, now: Date): Counted {
    let window = windows.get(key);
    if (!window || now.getTime() - window.startedAt >= windowMs) {
      // Set anew at the end: the map is in order of age, its first key is the oldest.
      windows.delete(key);
      window = { startedAt: now.getTime(), count: 0 };
      windows.set(key, window);
      const oldest = windows.keys().next();
      if (windows.size > keysLimit && !oldest.done) windows.delete(oldest.value);
    }
    window.count += 1;
    const resetMs = window.startedAt + windowMs - now.getTime();
    return { waitMs: window.count <= limit ? 0 : resetMs, remaining: Math.max(0, limit - window.count), resetMs };
  };
}
