/** What the shop tells the app: signed, retried with growing delay, neither ordered nor guaranteed. */
import { createHmac, randomUUID } from "node:crypto";
import { request } from "undici";
import type { ShopState, WebhookDelivery, WebhookKnobs } from "./state";

export const API_VERSION = "2026-07";
const RETRIES = 8;
const FIRST_RETRY_MS = 10_000;
const RETRY_GROWTH = 3;
const TIME_LIMIT_MS = 5000;
const DELIVERIES_KEPT = 500;
const CONCURRENT = 8;

export interface WebhookOptions {
  /** Where the app is reached; deliveries go to /webhooks below it. */
  appUrl: string;
  apiSecret: string;
  clock: () => Date;
  mode: "manual" | "automatic";
  /** Topics the app subscribes to; an event on another topic is told to nobody. */
  topics: readonly string[];
  /** 1 = Shopify's retries over about four hours; 0.001 runs through them in seconds. */
  retryScale: number;
  /** From 0 to 1: the knobs' dice. Seeded, so that a run can be repeated. */
  random: () => number;
  changed: () => void;
}

export class Webhooks {
  readonly #state: ShopState;
  readonly #options: WebhookOptions;
  readonly #inFlight = new Set<WebhookDelivery>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(state: ShopState, options: WebhookOptions) {
    this.#state = state;
    this.#options = options;
    this.#schedule();
  }

  /** Every delivery that is remembered, oldest first: the log. */
  get log(): readonly WebhookDelivery[] {
    return this.#state.deliveries;
  }

  get pending(): readonly WebhookDelivery[] {
    return this.#state.deliveries.filter((delivery) => delivery.status === "pending");
  }

  /** How many events were to be told, and how many of them were doubled or lost on purpose. */
  get told(): Readonly<ShopState["told"]> {
    return this.#state.told;
  }

  get knobs(): Readonly<WebhookKnobs> {
    return this.#state.knobs;
  }

  /** Turns knobs; those not named stay as they are. */
  turn(knobs: Partial<WebhookKnobs>): void {
    Object.assign(this.#state.knobs, knobs);
    this.#options.changed();
  }

  /** Tells the app of an event of the shop, if it subscribes to the topic. Returns the deliveries that came of it. */
  emit(topic: string, body: unknown, eventId: string = randomUUID()): WebhookDelivery[] {
    return this.#options.topics.includes(topic) ? this.send(topic, body, eventId) : [];
  }

  /** Sends any topic with any body, subscribed to or not. A string goes out as it is. */
  send(topic: string, body: unknown, eventId: string = randomUUID()): WebhookDelivery[] {
    const knobs = this.#state.knobs;
    const dropped = this.#happens("dropNext", knobs.drop);
    const copies = !dropped && this.#happens("duplicateNext", knobs.duplicate) ? 2 : 1;
    const { told } = this.#state;
    told.events += 1;
    told.dropped += Number(dropped);
    told.duplicated += copies - 1;
    const delivery: WebhookDelivery = {
      webhookId: randomUUID(),
      eventId,
      topic,
      triggeredAt: this.#options.clock().toISOString(),
      body: typeof body === "string" ? body : JSON.stringify(body),
      status: dropped ? "dropped" : "pending",
      dueAtMs: Date.now() + knobs.delayMs,
      attempts: [],
    };
    // A duplicate is the same delivery again, with the same X-Shopify-Webhook-Id: that is what the app must see through.
    const made = Array.from({ length: copies }, () => ({ ...delivery, attempts: [] }));
    this.#state.deliveries.push(...made);
    this.#forgetOldest();
    this.#options.changed();
    this.#schedule();
    return made;
  }

  /** One round: every pending delivery is tried once, whatever its delay. Returns how many were tried, 0 when nothing is left. */
  async deliver(): Promise<number> {
    const round = this.#inOrder(this.pending.filter((delivery) => !this.#inFlight.has(delivery)));
    for (let at = 0; at < round.length; at += 1) {
      const delivery = round[at];
      if (delivery) await this.#attempt(delivery);
    }
    return round.length;
  }

  /** Sends an earlier delivery once more, with the ids it had. */
  redeliver(webhookId: string): WebhookDelivery {
    const earlier = this.#state.deliveries.find((delivery) => delivery.webhookId === webhookId);
    if (!earlier) throw new Error(`no delivery ${webhookId} is remembered`);
    const again: WebhookDelivery = { ...earlier, status: "pending", dueAtMs: Date.now(), attempts: [] };
    this.#state.deliveries.push(again);
    this.#options.changed();
    this.#schedule();
    return again;
  }

  /** Stops sending; what is pending stays in the state. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** In automatic mode: wakes up when the next delivery is due. */
  #schedule(): void {
    if (this.#options.mode !== "automatic" || this.#closed) return;
    clearTimeout(this.#timer);
    const waiting = this.pending.filter((delivery) => !this.#inFlight.has(delivery));
    if (waiting.length === 0) return;
    const dueAt = Math.min(...waiting.map((delivery) => delivery.dueAtMs));
    this.#timer = setTimeout(() => this.#sendDue(), Math.max(0, Math.min(dueAt - Date.now(), 2 ** 31 - 1)));
  }

  #sendDue(): void {
    const due = this.#inOrder(this.pending.filter((delivery) => delivery.dueAtMs <= Date.now() && !this.#inFlight.has(delivery)));
    for (const delivery of due.slice(0, CONCURRENT - this.#inFlight.size)) void this.#attempt(delivery);
    if (this.#inFlight.size < CONCURRENT) this.#schedule();
  }

  async #attempt(delivery: WebhookDelivery): Promise<void> {
    this.#inFlight.add(delivery);
    const result = await this.#post(delivery);
    this.#inFlight.delete(delivery);
    delivery.attempts.push({ at: new Date().toISOString(), result });
    if (/^2\d\d$/.test(result)) delivery.status = "delivered";
    else if (delivery.attempts.length > RETRIES) delivery.status = "failed";
    else delivery.dueAtMs = Date.now() + FIRST_RETRY_MS * RETRY_GROWTH ** (delivery.attempts.length - 1) * this.#options.retryScale;
    this.#options.changed();
    this.#schedule();
  }

  /** The status of the answer as text, or what went wrong. A redirect is not followed: it is a failure. */
  async #post(delivery: WebhookDelivery): Promise<string> {
    try {
      const answer = await request(`${this.#options.appUrl}/webhooks`, {
        method: "POST",
        headers: this.headers(delivery),
        body: delivery.body,
        signal: AbortSignal.timeout(TIME_LIMIT_MS),
      });
      await answer.body.dump();
      return String(answer.statusCode);
    } catch (error) {
      return error instanceof Error ? error.message || error.name : String(error);
    }
  }

  /** The headers a delivery travels with. */
  headers(delivery: Pick<WebhookDelivery, "topic" | "webhookId" | "eventId" | "triggeredAt" | "body">): Record<string, string> {
    return {
      "content-type": "application/json",
      "user-agent": "Shopify-Captain-Hook",
      "x-shopify-topic": delivery.topic,
      "x-shopify-hmac-sha256": createHmac("sha256", this.#options.apiSecret).update(delivery.body, "utf8").digest("base64"),
      "x-shopify-shop-domain": this.#state.domain,
      "x-shopify-api-version": API_VERSION,
      "x-shopify-webhook-id": delivery.webhookId,
      "x-shopify-event-id": delivery.eventId,
      "x-shopify-triggered-at": delivery.triggeredAt,
    };
  }

  #happens(next: "duplicateNext" | "dropNext", chance: number): boolean {
    const knobs = this.#state.knobs;
    if (knobs[next] > 0) {
      knobs[next] -= 1;
      return true;
    }
    return chance > 0 && this.#options.random() < chance;
  }

  #inOrder(deliveries: WebhookDelivery[]): WebhookDelivery[] {
    if (!this.#state.knobs.reorder) return deliveries;
    const ranked = deliveries.map((delivery) => ({ delivery, rank: this.#options.random() }));
    return ranked.sort((a, b) => a.rank - b.rank).map(({ delivery }) => delivery);
  }

  #forgetOldest(): void {
    const { deliveries } = this.#state;
    for (let over = deliveries.length - DELIVERIES_KEPT; over > 0; over -= 1) {
      const at = deliveries.findIndex((delivery) => delivery.status !== "pending");
      if (at < 0) return;
      deliveries.splice(at, 1);
    }
  }
}
