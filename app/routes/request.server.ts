/** Every request of the process comes through here: it gets its name, it is counted, and one line of the log says how it ended. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { becauseOf, requestIdFrom } from "../lib/context.server";
import { log, redactUrl } from "../lib/log.server";
import { httpRequests, httpSeconds } from "../lib/metrics.server";
import { isStopping } from "../lib/stopping.server";
import { answerHot } from "./hot.server";

/** Answers a hot address; any other is left to `elsewhere`. */
export function answerRequest(request: IncomingMessage, response: ServerResponse, elsewhere: () => void): void {
  const requestId = requestIdFrom(request.headers["x-request-id"]);
  response.setHeader("X-Request-Id", requestId);
  // Else the caller would send the next request to a process that is going away.
  if (isStopping()) response.setHeader("Connection", "close");
  noteEnd(request, response, requestId);
  becauseOf({ requestId }, () => {
    if (!answerHot(request, response)) elsewhere();
  });
}

function noteEnd(request: IncomingMessage, response: ServerResponse, requestId: string): void {
  const startedAt = performance.now();
  const { method, url = "/" } = request;
  response.once("close", () => {
    const ms = performance.now() - startedAt;
    const family = familyOf(url);
    // A caller who went away before the answer got none, whatever was written.
    const status = response.writableFinished ? response.statusCode : 0;
    httpRequests.inc({ family, status: String(status) });
    httpSeconds.observe({ family }, ms / 1000);
    log.info({ requestId, method, url: redactUrl(url), status, ms: Math.round(ms) }, status === 0 ? "the caller went away" : "request");
  });
}

const FAMILIES = new Set(["webhooks", "checkout", "api", "proxy", "app", "auth", "assets", "healthz", "readyz", "metrics"]);

/** The first word of an address, if it is one of ours. */
function familyOf(url: string): string {
  const word = /^\/(\w+)(?:[/?.]|$)/.exec(url)?.[1] ?? "";
  return FAMILIES.has(word) ? word : "other";
}
