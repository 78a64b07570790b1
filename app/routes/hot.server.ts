/** The addresses that must be fast, straight from node:http: webhooks, the integration API, the checkout's calls, the storefront's, Flow's, health and metrics. Remix has the rest. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { systemClock } from "../lib/clock";
import { log, redactUrl } from "../lib/log.server";
import { answerApi } from "./api/api.server";
import { answerCheckout } from "./checkout/checkout.server";
import { answerFlow } from "./flow/flow.server";
import { answerProxy } from "./proxy/proxy.server";
import { WATCHED } from "./watch.server";
import { answerWebhook } from "./webhooks/webhooks.server";

type Answer = (request: IncomingMessage, response: ServerResponse, now: Date) => Promise<void>;

/** Answers the request if its address is a hot one; false leaves it to Remix. */
export function answerHot(request: IncomingMessage, response: ServerResponse): boolean {
  const answer = answerOf(pathOf(request));
  if (!answer) return false;
  answer(request, response, systemClock()).catch((error: unknown) => {
    log.error({ path: redactUrl(pathOf(request)), err: error }, "a request failed");
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
  return true;
}

function answerOf(path: string): Answer | null {
  if (path === "/webhooks") return answerWebhook;
  if (path.startsWith("/checkout/")) return answerCheckout;
  if (path.startsWith("/api/")) return answerApi;
  if (path.startsWith("/proxy/")) return answerProxy;
  if (path.startsWith("/flow/")) return answerFlow;
  return WATCHED.get(path) ?? null;
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? "/";
  const end = url.indexOf("?");
  return end === -1 ? url : url.slice(0, end);
}
