/** The addresses that must be fast, straight from node:http: webhooks, the integration API, the checkout's calls, the storefront's, health. Remix has the rest. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { systemClock } from "../lib/clock";
import { log } from "../lib/log.server";
import { answerApi } from "./api/api.server";
import { answerCheckout } from "./checkout/checkout.server";
import { answerHealth, answerReadiness } from "./health.server";
import { answerProxy } from "./proxy/proxy.server";
import { answerWebhook } from "./webhooks/webhooks.server";

type Answer = (request: IncomingMessage, response: ServerResponse, now: Date) => Promise<void>;

/** Answers the request if its address is a hot one; false leaves it to Remix. */
export function answerHot(request: IncomingMessage, response: ServerResponse): boolean {
  const answer = answerOf(pathOf(request));
  if (!answer) return false;
  answer(request, response, systemClock()).catch((error: unknown) => {
    log.error({ path: pathOf(request), error: error instanceof Error ? error.stack : String(error) }, "a request failed");
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
  return true;
}

function answerOf(path: string): Answer | null {
  switch (path) {
    case "/webhooks":
      return answerWebhook;
    case "/healthz":
      return answerHealth;
    case "/readyz":
      return answerReadiness;
    default:
      if (path.startsWith("/api/")) return answerApi;
      if (path.startsWith("/checkout/")) return answerCheckout;
      return path.startsWith("/proxy/") ? answerProxy : null;
  }
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? "/";
  const end = url.indexOf("?");
  return end === -1 ? url : url.slice(0, end);
}
