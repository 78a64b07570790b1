/** POST /webhooks: verified, stored, answered. Shopify waits five seconds; all else happens from the stored row. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { receiveEvent } from "../../inbox/receive.server";
import { env } from "../../lib/env.server";
import { GroupCommitFull } from "../../lib/group-commit";
import { webhooksReceived } from "../../lib/metrics.server";
import { CLOSE, readBody } from "../body.server";
import { isSigned, readHeaders } from "./door.server";

const BODY_LIMIT = 2 * 1024 * 1024;

/**
 * 200 stored or known · 400 a header is missing · 401 not signed by our secret · 405 not a POST · 413 above 2 MB ·
 * 503 too many are waiting. A database that refuses is a 500. After either Shopify sends it again.
 */
export async function answerWebhook(request: IncomingMessage, response: ServerResponse, now: Date): Promise<void> {
  if (request.method !== "POST") return end(response, 405, { Allow: "POST" });
  const body = await readBody(request, BODY_LIMIT);
  if (body.outcome === "aborted") return;
  if (body.outcome === "too_large") return end(response, 413, CLOSE);

  const hmac = request.headers["x-shopify-hmac-sha256"];
  if (typeof hmac !== "string") return refuse(response, "malformed", 400);
  if (!isSigned(body.bytes, hmac, env.SHOPIFY_API_SECRET)) return refuse(response, "unsigned", 401);
  const event = readHeaders(request.headers);
  if (!event) return refuse(response, "malformed", 400);

  try {
    const { outcome } = await receiveEvent({ ...event, body: body.bytes, receivedAt: now });
    webhooksReceived.inc({ outcome });
  } catch (error) {
    if (!(error instanceof GroupCommitFull)) throw error;
    return refuse(response, "refused", 503, { "Retry-After": "5" });
  }
  end(response, 200);
}

function refuse(response: ServerResponse, outcome: "malformed" | "unsigned" | "refused", status: number, headers?: Record<string, string>): void {
  webhooksReceived.inc({ outcome });
  end(response, status, headers);
}

function end(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "Content-Length": 0, ...headers }).end();
}
