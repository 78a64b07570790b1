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

/** A function that counts one request of `key` and answers 0, or how many ms the caller must wait. */
export function rateLimit({ limit, windowMs, keysLimit }: RateLimitOptions) {
  const windows = new Map<string, Window>();

  return function waitOf(key: string, now: Date): number {
    const window = windows.get(key);
    if (!window || now.getTime() - window.startedAt >= windowMs) {
      // Set anew at the end: the map is in order of age, its first key is the oldest.
      windows.delete(key);
      windows.set(key, { startedAt: now.getTime(), count: 1 });
      const oldest = windows.keys().next();
      if (windows.size > keysLimit && !oldest.done) windows.delete(oldest.value);
      return 0;
    }
    window.count += 1;
    return window.count <= limit ? 0 : window.startedAt + windowMs - now.getTime();
  };
}
