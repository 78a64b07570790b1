/** Slow servers of some integrators: the deliveries of others do not wait for them. */
import { Logger, run, runMigrations, type Runner } from "graphile-worker";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { addEndpoint } from "#app/domain/events/add-endpoint.server.ts";
import { deliverEvents } from "#app/domain/events/deliver.server.ts";
import { dispatchEvents } from "#app/domain/events/dispatch.server.ts";
import { DELIVERY_HANDS, openHands, SLOW_MS } from "#app/domain/events/hands.ts";
import { recordEvent } from "#app/domain/events/record.server.ts";
import { inTransaction } from "#app/lib/db.server.ts";
import { env } from "#app/lib/env.server.ts";
import { openPost } from "#app/lib/post.server.ts";
import { newShop } from "#test/factories.ts";

const servers: Server[] = [];
let worker: Runner | null = null;
afterEach(async () => {
  await worker?.stop();
  worker = null;
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});

/** A server that answers 200 after so long, and when it had heard how many. */
async function answering(afterMs: number) {
  const heardAt: number[] = [];
  const server = createServer((request, response) => {
    heardAt.push(performance.now());
    request.resume();
    setTimeout(() => response.end(), afterMs);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  servers.push(server);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heardAt };
}

/** A shop with endpoints at these addresses, each with so many events waiting. */
async function shopListening(urls: string[], events: number) {
  const shop = await newShop();
  const now = new Date();
  for (const url of urls) expect(await addEndpoint(shop.id, { url, kinds: [] }, { allowPrivate: true }, now)).toMatchObject({ outcome: "added" });
  await inTransaction(async (tx) => {
    for (let nth = 0; nth < events; nth++) {
      await recordEvent(tx, shop.id, { kind: "coupon.expired", occurredAt: now, data: { couponId: `cpn_${nth}`, code: `CODE-${nth}`, awardId: "awd_1", issuanceId: `iss_${nth}`, customerId: "cus_1" } }, now);
    }
  });
  return { dispatch: () => dispatchEvents(shop.id, now) };
}

/** The deliveries of the worker, with as many hands. */
async function startDeliveries(): Promise<Runner> {
  await runMigrations({ connectionString: env.DATABASE_URL });
  const delivering = { now: () => new Date(), post: openPost({ allowPrivate: true }), hands: openHands() };
  return run({
    connectionString: env.DATABASE_URL, concurrency: DELIVERY_HANDS, maxPoolSize: 4, pollInterval: 200, noHandleSignals: true, logger: new Logger(() => () => {}), parsedCronItems: [],
    taskList: {
      deliver_events: (payload, { abortSignal }) => {
        const { shopId, endpointId } = payload as { shopId: number; endpointId: string };
        return deliverEvents({ shopId, endpointId: BigInt(endpointId) }, { ...delivering, signal: abortSignal });
      },
    },
  });
}

it("a shop hears of its events at once while nineteen servers of another take seconds for each, and so does a quick server beside slow ones", async () => {
  const slow = await answering(SLOW_MS + 300);
  const quick = await answering(0);
  const mine = await answering(0);
  const between = await answering(0);
  const crowded = await shopListening([...Array.from({ length: 19 }, (_, n) => `${slow.url}/${n}`), between.url], 200);
  await crowded.dispatch();
  worker = await startDeliveries();
  await expect.poll(() => slow.heardAt.length, { timeout: 10_000 }).toBeGreaterThan(20);

  const begunAt = performance.now();
  await (await shopListening([quick.url], 50)).dispatch();
  await expect.poll(() => quick.heardAt.length, { timeout: 15_000, interval: 50 }).toBe(50);
  expect(performance.now() - begunAt).toBeLessThan(4_000);

  // By now it is known which are slow.
  await sleep(SLOW_MS * 4);
  expect(between.heardAt).toHaveLength(200);
  const another = performance.now();
  await (await shopListening([mine.url, ...Array.from({ length: 6 }, (_, n) => `${slow.url}/mine-${n}`)], 50)).dispatch();
  await expect.poll(() => mine.heardAt.length, { timeout: 15_000, interval: 50 }).toBe(50);
  expect(performance.now() - another).toBeLessThan(4_000);
  // Nor are the slow ones forgotten.
  const heard = slow.heardAt.length;
  await expect.poll(() => slow.heardAt.length, { timeout: 10_000 }).toBeGreaterThan(heard + 8);
}, 60_000);
