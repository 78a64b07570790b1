/** The local store for the sync bench, in a process of its own: its bucket is counted, and it says what was asked of it. */
import { z } from "zod";
import { SCOPES } from "#app/contract/configuration.ts";
import { env } from "#app/lib/env.server.ts";
import type { Bucket } from "#test/store/admin-api/bucket.ts";
import { startStore } from "#test/store/store.ts";

/** How long a bulk creation takes here. */
const CREATION_MS = 250;

const Asked = z.discriminatedUnion("what", [
  z.object({ what: z.literal("id token"), domain: z.string() }),
  /** Counting begins, with so many points in the bucket. */
  z.object({ what: z.literal("begin"), domain: z.string(), points: z.number() }),
  z.object({ what: z.literal("counts"), domain: z.string() }),
]);

/** What one shop's bucket has seen since its counting began. */
export interface BucketCounts {
  granted: number;
  used: number;
  calls: number;
  throttled: number;
}

interface Counter {
  used: number;
  calls: number;
  throttled: number;
  beganAt: number;
  points: number;
}

const [max, restore] = z.tuple([z.coerce.number().positive(), z.coerce.number().positive()]).parse(process.argv.slice(2));
const store = await startStore({
  apiKey: env.SHOPIFY_API_KEY, apiSecret: env.SHOPIFY_API_SECRET, appUrl: env.SHOPIFY_APP_URL, scopes: SCOPES, bucket: { max, restore }, bulkDelayMs: CREATION_MS,
});
const counters = new Map<string, Counter>();

/** Every point that is taken from the bucket, or given back to it, goes through here. */
function count(bucket: Bucket, points: number): Counter {
  const counter = { used: 0, calls: 0, throttled: 0, beganAt: performance.now(), points };
  const take = bucket.take.bind(bucket);
  const giveBack = bucket.giveBack.bind(bucket);
  bucket.drain(points);
  bucket.take = (cost) => {
    const taken = take(cost);
    counter.calls++;
    if (taken) counter.used += cost;
    else counter.throttled++;
    return taken;
  };
  bucket.giveBack = (cost) => {
    counter.used -= cost;
    giveBack(cost);
  };
  return counter;
}

function answer(asked: z.infer<typeof Asked>): unknown {
  const shop = store.shop(asked.domain);
  switch (asked.what) {
    case "id token":
      return shop.idToken();
    case "begin":
      counters.set(asked.domain, count(shop.bucket, asked.points));
      return null;
    case "counts": {
      const counter = counters.get(asked.domain);
      if (!counter) throw new Error(`nothing was counted for ${asked.domain}`);
      const { used, calls, throttled, beganAt, points } = counter;
      return { granted: points + ((performance.now() - beganAt) / 1000) * restore, used, calls, throttled } satisfies BucketCounts;
    }
    default:
      return asked satisfies never;
  }
}

process.on("message", (message) => process.send?.({ answer: answer(Asked.parse(message)) }));
process.on("disconnect", () => process.exit(0));
process.send?.({ answer: store.port });
