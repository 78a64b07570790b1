import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { AdminPort, Operation, QueryCost } from "../shopify/operation";
import { openPace, type Pace } from "./pace";
import { pacedPort } from "./paced";

/** Shopify's bucket, in a world whose time is a number. */
class Bucket {
  level: number;
  spent = 0;
  #at = 0;
  constructor(readonly max: number, readonly restore: number) {
    this.level = max;
  }
  flow(now: number) {
    this.level = Math.min(this.max, this.level + ((now - this.#at) / 1000) * this.restore);
    this.#at = now;
  }
  status(requested: number, actual: number | null): QueryCost {
    return { requestedQueryCost: requested, actualQueryCost: actual, throttleStatus: { maximumAvailable: this.max, currentlyAvailable: Math.floor(this.level), restoreRate: this.restore } };
  }
}

interface Run {
  calls: number;
  throttled: number;
  used: number;
  granted: number;
}

/** Many lanes call as fast as the pace lets them, over a network of changing slowness, for `seconds`. */
function simulate({ max, restore, lanes, requested, actual, seconds, random, stranger = 0 }: { max: number; restore: number; lanes: number; requested: number; actual: number; seconds: number; random: () => number; stranger?: number }): Run {
  let now = 0;
  const pace: Pace = openPace(() => now);
  const bucket = new Bucket(max, restore);
  const run = { calls: 0, throttled: 0 };
  const events: { at: number; go: () => void }[] = [];
  const at = (time: number, go: () => void) => void events.push({ at: time, go });

  const lane = () => {
    const wait = pace.take(requested);
    if (wait > 0) return at(now + wait, lane);
    at(now + 20 + random() * 100, () => {
      run.calls++;
      bucket.flow(now);
      if (bucket.level < requested) {
        run.throttled++;
        const cost = bucket.status(requested, null);
        return at(now + 20, () => (pace.end(requested, cost), at(now + 500, lane)));
      }
      bucket.level -= requested;
      at(now + 30 + random() * 200, () => {
        bucket.flow(now);
        bucket.level = Math.min(bucket.max, bucket.level + requested - actual);
        bucket.spent += actual;
        const cost = bucket.status(requested, actual);
        at(now + 20 + random() * 100, () => (pace.end(requested, cost), lane()));
      });
    });
  };
  for (let index = 0; index < lanes; index++) at(0, lane);
  if (stranger) {
    const spend = () => {
      bucket.flow(now);
      bucket.level = Math.max(0, bucket.level - stranger);
      at(now + 1000, spend);
    };
    at(500, spend);
  }

  while (events.length > 0) {
    let next = 0;
    for (let index = 1; index < events.length; index++) if ((events[index]?.at ?? 0) < (events[next]?.at ?? 0)) next = index;
    const [event] = events.splice(next, 1);
    if (!event || event.at > seconds * 1000) break;
    now = event.at;
    event.go();
  }
  return { ...run, used: bucket.spent, granted: max + restore * seconds };
}

function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("the pace of calls", () => {
  it.each([
    ["Standard", 2000, 100, 300],
    ["Plus", 20_000, 1000, 100],
  ])("uses at least 99 %% of what a %s shop grants, and is never thrown back", (_, max, restore, seconds) => {
    const run = simulate({ max, restore, lanes: 60, requested: 10, actual: 10, seconds, random: seeded(1) });
    expect(run.throttled).toBe(0);
    expect(run.used / run.granted).toBeGreaterThanOrEqual(0.99);
  });

  it("gets back what a call asked for and did not use", () => {
    const run = simulate({ max: 2000, restore: 100, lanes: 60, requested: 25, actual: 10, seconds: 300, random: seeded(2) });
    expect(run.throttled).toBe(0);
    expect(run.used / run.granted).toBeGreaterThanOrEqual(0.99);
  });

  it("is never thrown back, whatever the shop's bucket, the calls and the network", () => {
    const shops = fc.record({ max: fc.integer({ min: 200, max: 20_000 }), restore: fc.integer({ min: 20, max: 1000 }), lanes: fc.integer({ min: 1, max: 40 }), requested: fc.integer({ min: 1, max: 100 }), seed: fc.integer(), unused: fc.double({ min: 0, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(shops, ({ max, restore, lanes, requested, seed, unused }) => {
        const run = simulate({ max, restore, lanes, requested, actual: Math.ceil(requested * (1 - unused)), seconds: 30, random: seeded(seed) });
        expect(run.calls).toBeGreaterThan(5);
        expect(run.throttled).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it("notices when somebody else spends from the same bucket", () => {
    const run = simulate({ max: 2000, restore: 100, lanes: 30, requested: 10, actual: 10, seconds: 120, random: seeded(3), stranger: 50 });
    expect(run.throttled / run.calls).toBeLessThan(0.2);
    expect(run.used).toBeGreaterThan(0.9 * 50 * 120);
  });

  it("lets one call feel its way before it knows the bucket", () => {
    const pace = openPace(() => 0);
    expect(pace.take(10)).toBe(0);
    expect(pace.take(10)).toBeGreaterThan(0);
    pace.end(10, new Bucket(2000, 100).status(10, 10));
    expect(pace.take(1990)).toBe(0);
  });

  it("keeps what an operation asks for from one push of the shop to the next", async () => {
    let now = 0;
    const pace = openPace(() => now);
    const bucket = new Bucket(100, 10);
    const sent: { at: number; outcome: string }[] = [];
    const port: AdminPort = {
      call: async () => {
        bucket.flow(now);
        const isThrottled = bucket.level < 40;
        if (!isThrottled) bucket.level -= 40;
        sent.push({ at: now, outcome: isThrottled ? "throttled" : "ok" });
        const cost = bucket.status(40, isThrottled ? null : 40);
        return isThrottled ? { outcome: "throttled", waitMs: 1000, cost } : { outcome: "ok", answer: null as never, cost };
      },
    };
    const push = () => pacedPort(port, pace, async (ms) => void (now += ms));
    const operation: Operation<object, null> = { name: "dear", document: "", cost: 10, answer: z.null(), userErrors: () => [] };
    for (let call = 0; call < 6; call++) await push().call(operation, {});
    expect(sent.map(({ outcome }) => outcome)).toEqual(Array(6).fill("ok"));
    expect(sent.at(-1)?.at).toBeGreaterThanOrEqual(14_000);
  });

  it("sends a call dearer than the whole bucket when the bucket is full, instead of waiting for ever", () => {
    let now = 0;
    const pace = openPace(() => now);
    expect(pace.take(1)).toBe(0);
    pace.end(1, new Bucket(100, 10).status(1, 1));
    expect(pace.take(100)).toBe(0);
    pace.end(100, null);
    expect(pace.take(500)).toBeGreaterThan(9000);
    now += 10_000;
    expect(pace.take(500)).toBe(0);
  });
});
