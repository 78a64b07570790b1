/** Deliveries: retried, doubled, lost, late and out of order, as the knobs say. */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Harness, startHarness } from "./harness";
import { DEFAULT_TOPICS } from "./store";

let harness: Harness;

beforeEach(async () => {
  harness = await startHarness();
});

afterEach(() => harness.close());

const bodies = () => harness.heard.map((told) => told.body["n"]);

function send(count: number): void {
  for (let n = 1; n <= count; n += 1) harness.shop.webhooks.send("orders/create", { n });
}

describe("one delivery", () => {
  test("carries every header an app may rely on, and a signature over the raw body", async () => {
    harness.shop.webhooks.send("customers/update", { name: "Zoë" });
    await harness.shop.webhooks.deliver();
    const [told] = harness.heard;
    expect(told?.headers).toMatchObject({
      "x-shopify-topic": "customers/update",
      "x-shopify-shop-domain": "north-lake.myshopify.com",
      "x-shopify-api-version": "2026-07",
      "x-shopify-webhook-id": expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      "x-shopify-event-id": expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      "x-shopify-triggered-at": expect.stringMatching(/^\d{4}-.*Z$/) as string,
      "x-shopify-hmac-sha256": createHmac("sha256", "secret").update(told?.raw ?? "", "utf8").digest("base64"),
    });
  });

  test("that fails is sent again with the same id and body, nine times at most", async () => {
    harness.answers.push(500, 302);
    send(1);
    expect(await harness.shop.webhooks.deliver()).toBe(1);
    expect(await harness.shop.webhooks.deliver()).toBe(1);
    expect(await harness.shop.webhooks.deliver()).toBe(1);
    expect(await harness.shop.webhooks.deliver()).toBe(0);
    expect(new Set(harness.heard.map((told) => told.headers["x-shopify-webhook-id"])).size).toBe(1);
    expect(harness.shop.webhooks.log[0]?.attempts.map((attempt) => attempt.result)).toEqual(["500", "302", "200"]);

    harness.answers.push(...Array.from({ length: 20 }, () => 500));
    send(1);
    let rounds = 0;
    while (await harness.shop.webhooks.deliver()) rounds += 1;
    expect(rounds).toBe(9);
    expect(harness.shop.webhooks.log.at(-1)?.status).toBe("failed");
  });

  test("can be sent once more by hand, as it was", async () => {
    send(1);
    await harness.shop.webhooks.deliver();
    harness.shop.webhooks.redeliver(harness.shop.webhooks.log[0]?.webhookId ?? "");
    await harness.shop.webhooks.deliver();
    expect(harness.heard.map((told) => told.headers["x-shopify-webhook-id"])).toEqual([harness.shop.webhooks.log[0]?.webhookId, harness.shop.webhooks.log[0]?.webhookId]);
  });

  test("the topics told by default are those shopify.app.toml subscribes to", () => {
    const toml = readFileSync("shopify.app.toml", "utf8");
    const lists = [...toml.matchAll(/^\s*(?:compliance_)?topics\s*=\s*\[([^\]]*)\]/gm)].map((match) => match[1] ?? "");
    const subscribed = lists.flatMap((list) => [...list.matchAll(/"([^"]+)"/g)].map((match) => match[1]));
    expect([...DEFAULT_TOPICS].sort()).toEqual(subscribed.sort());
  });

  test("an event nobody subscribed to is told to nobody", () => {
    expect(harness.shop.webhooks.emit("products/update", {})).toEqual([]);
  });
});

describe("knobs", () => {
  test("the next deliveries can be doubled or lost", async () => {
    harness.shop.webhooks.turn({ dropNext: 1 });
    send(1);
    harness.shop.webhooks.turn({ duplicateNext: 1 });
    send(2);
    await harness.shop.webhooks.deliver();
    expect(bodies()).toEqual([1, 1, 2]);
    const [first, second] = harness.heard.map((told) => told.headers["x-shopify-webhook-id"]);
    expect(first).toBe(second);
    expect(harness.shop.webhooks.log[0]?.status).toBe("dropped");
  });

  test("chance is seeded: the same store does the same again", async () => {
    const run = async () => {
      const other = await startHarness({ seed: 7 });
      other.shop.webhooks.turn({ drop: 0.3, duplicate: 0.3, reorder: true });
      for (let n = 1; n <= 20; n += 1) other.shop.webhooks.send("orders/create", { n });
      await other.shop.webhooks.deliver();
      const order = other.heard.map((told) => told.body["n"]);
      const { events, duplicated, dropped } = other.shop.webhooks.told;
      const lost = other.shop.webhooks.log.filter((delivery) => delivery.status === "dropped");
      expect({ events, dropped }).toEqual({ events: 20, dropped: lost.length });
      // What is lost is in the log with its body: a test can look whether it was found again.
      expect(lost.map((delivery) => (JSON.parse(delivery.body) as { n: number }).n).some((n) => order.includes(n))).toBe(false);
      expect(order).toHaveLength(events - dropped + duplicated);
      await other.close();
      return order;
    };
    const first = await run();
    expect(first).not.toEqual([...first].sort((a, b) => Number(a) - Number(b)));
    expect(new Set(first).size).toBeLessThan(20);
    expect(await run()).toEqual(first);
  });
});

describe("automatic mode", () => {
  test("delivers by itself, after the delay that is set, and retries by itself", async () => {
    const automatic = await startHarness({ webhooks: "automatic", retryScale: 0.001 });
    automatic.answers.push(500, 503);
    automatic.shop.webhooks.turn({ delayMs: 40 });
    const sent = Date.now();
    automatic.shop.webhooks.send("orders/create", { n: 1 });
    for (let wait = 0; wait < 200 && automatic.heard.length < 3; wait += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(automatic.heard).toHaveLength(3);
    expect(Date.now() - sent).toBeGreaterThanOrEqual(40);
    await automatic.close();
  });
});

describe("what a shop must tell an app", () => {
  test("uninstalling and the three compliance topics", async () => {
    const customer = harness.shop.addCustomer({ email: "amira@example.com" });
    harness.shop.requestCompliance("customers/data_request", customer.gid);
    harness.shop.requestCompliance("customers/redact", customer.gid);
    harness.shop.uninstall();
    harness.shop.requestCompliance("shop/redact");
    await harness.shop.webhooks.deliver();
    expect(harness.heard.map((told) => told.headers["x-shopify-topic"])).toEqual(["customers/create", "customers/data_request", "customers/redact", "app/uninstalled", "shop/redact"]);
    expect(harness.heard[2]?.body).toMatchObject({ shop_domain: "north-lake.myshopify.com", customer: { email: "amira@example.com" }, orders_to_redact: [] });
  });
});
