/** GET /metrics: what Prometheus reads, of this process and of the backlog in the database. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { readBacklog, type Backlog } from "../domain/reports/backlog.server";
import { env } from "../lib/env.server";
import { log } from "../lib/log.server";
import { backlog, printMetrics } from "../lib/metrics.server";

/** The backlog is read at most so often, however many ask. */
const FRESH_MS = 5_000;
let readAt = -Infinity;

/** 200 · 401 without the token · 404 where none is set. Without a database: the process's own figures. */
export async function answerMetrics(request: IncomingMessage, response: ServerResponse, now: Date): Promise<void> {
  if (env.METRICS_TOKEN === undefined) return void response.writeHead(404, { "Content-Type": "text/plain" }).end("set METRICS_TOKEN to read metrics here");
  if (!knowsToken(request, env.METRICS_TOKEN)) return void response.writeHead(401, { "WWW-Authenticate": "Bearer", "Content-Type": "text/plain" }).end("send METRICS_TOKEN as a Bearer token");
  if (Math.abs(now.getTime() - readAt) >= FRESH_MS) {
    readAt = now.getTime();
    await readBacklog(now).then(show, (error: unknown) => {
      forget();
      log.warn({ err: error }, "could not read the backlog");
    });
  }
  const { type, text } = await printMetrics();
  response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" }).end(text);
}

/** From this machine too: whoever reaches a proxy on it comes from there. */
function knowsToken({ headers }: IncomingMessage, expected: string): boolean {
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  return token !== undefined && timingSafeEqual(hash(token), hash(expected));
}

const hash = (text: string) => createHash("sha256").update(text).digest();

function show({ jobs, webhooks, changes, drift }: Backlog): void {
  forget();
  for (const { task, state, count } of jobs) backlog.jobs.set({ task, state }, count);
  backlog.webhooksWaiting.set(webhooks.waiting);
  backlog.webhookOldestSeconds.set(webhooks.oldestSeconds);
  backlog.changesDue.set(changes.due);
  backlog.syncLagSeconds.set(changes.lagSeconds);
  backlog.failed.set({ what: "changes" }, changes.failed);
  backlog.failed.set({ what: "webhooks" }, webhooks.failed);
  for (const { kind, count } of drift) backlog.drift.set({ kind }, count);
}

/** What is no longer so, or no longer known, is not told. */
function forget(): void {
  for (const gauge of Object.values(backlog)) gauge.reset();
}
