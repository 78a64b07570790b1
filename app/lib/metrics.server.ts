/**
 * What this process counts, for Prometheus. Labels are words of closed lists, never a shop, a person or a code: the number of
 * series does not grow with what is stored.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

const registry = new Registry();
const registers = [registry];
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ITEMS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

const counter = <Label extends string = never>(name: string, help: string, ...labelNames: Label[]) => new Counter({ name: `scrip_${name}`, help, labelNames, registers });
const gauge = <Label extends string = never>(name: string, help: string, ...labelNames: Label[]) => new Gauge({ name: `scrip_${name}`, help, labelNames, registers });
const histogram = <Label extends string>(name: string, help: string, buckets: number[], ...labelNames: Label[]) => new Histogram({ name: `scrip_${name}`, help, buckets, labelNames, registers });

export const httpRequests = counter("http_requests_total", "Requests answered.", "family", "status");
export const httpSeconds = histogram("http_request_seconds", "How long answers took.", SECONDS, "family");
export const webhooksReceived = counter("webhooks_received_total", "Webhooks by what became of them at the door: stored, duplicate, unsigned, malformed, refused.", "outcome");
export const refusals = counter("refusals_total", "What callers were refused, by reason.", "door", "reason");
export const jobs = counter("jobs_total", "Jobs of the worker by how they ended: done, error (tried again), failed (given up).", "task", "outcome");
export const jobSeconds = histogram("job_seconds", "How long jobs took.", SECONDS, "task");
export const batchItems = histogram("group_commit_items", "Items in one commit.", ITEMS, "group");

export const shopifyCalls = counter("shopify_calls_total", "Calls of the Admin API by how they ended.", "outcome");
export const shopifyPointsGranted = counter("shopify_points_granted_total", "Cost points that came into buckets while there was work for them.");
export const shopifyPointsUsed = counter("shopify_points_used_total", "Cost points that calls used.");

/** Of the database, so the same from every process: take the maximum over processes, not the sum. */
export const backlog = {
  jobs: gauge("queue_jobs", "Jobs in the queue. The same from every process.", "task", "state"),
  webhooksWaiting: gauge("webhooks_waiting", "Stored webhooks that wait to be worked, at most 10,000 of each shop. The same from every process."),
  webhookOldestSeconds: gauge("webhook_oldest_seconds", "Age of the oldest webhook that waits. The same from every process."),
  changesDue: gauge("changes_due", "Changes that Shopify should have been told by now, at most 10,000 of each shop. The same from every process."),
  syncLagSeconds: gauge("sync_lag_seconds", "How long the oldest of them is due. The same from every process."),
  failed: gauge("failed", "Failed items that wait for somebody: changes, webhooks. The same from every process.", "what"),
  drift: gauge("drift_open", "Differences from Shopify that wait for somebody. The same from every process.", "kind"),
};

/** Notes a refusal; `reason` is a word of the door's closed list. */
export function noteRefusal(door: "checkout" | "api", reason: string): void {
  refusals.inc({ door, reason });
}

/** Observes the sizes of one group's batches. */
export function batchSizesOf(group: string): (size: number) => void {
  return (size) => batchItems.observe({ group }, size);
}

/** Counts what Node itself knows, memory and the event loop's lag among it. Once a process. */
export function countProcess(): void {
  collectDefaultMetrics({ register: registry });
}

/** Everything in Prometheus' text format. */
export async function printMetrics(): Promise<{ type: string; text: string }> {
  return { type: registry.contentType, text: await registry.metrics() };
}
