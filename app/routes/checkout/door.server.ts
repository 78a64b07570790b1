/** Who asks from a checkout: which shop, which customer, and whether they ask too often. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { z } from "zod";
import type { DoorError } from "../../contract/checkout";
import { findCaller, type CallerShop } from "../../domain/customers/find-caller.server";
import { currentRequestId } from "../../lib/context.server";
import { env } from "../../lib/env.server";
import type { Gid } from "../../lib/gid";
import { noteRefusal } from "../../lib/metrics.server";
import { rateLimit } from "../../lib/rate-limit";
import { CLOSE, readBody } from "../body.server";
import { verifySessionToken, type SessionToken } from "./session-token";

const BODY_LIMIT = 16 * 1024;
const countRequest = rateLimit({ limit: 60, windowMs: 60_000, keysLimit: 20_000 });

/** Thrown at the door for a mistake of the caller; becomes a DoorError. */
export class DoorRefusal extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 429 | 503,
    readonly code: string,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}

const TOKEN_MESSAGES: Record<Exclude<SessionToken["outcome"], "verified">, string> = {
  token_malformed: "The session token cannot be read.",
  token_not_signed_by_shopify: "The session token is not signed with this app's secret.",
  token_expired: "The session token has expired: ask for a new one.",
  token_not_yet_valid: "The session token is not valid yet.",
  token_for_another_app: "The session token was made for another app.",
};

export interface CheckoutCaller {
  shop: CallerShop;
  /** Null: a guest. */
  customerGid: Gid<"Customer"> | null;
  /** Null: a guest, or a customer we have not met. */
  customerId: bigint | null;
}

/** The shop and the customer of the session token. Throws DoorRefusal. */
export async function openCheckout(request: IncomingMessage, now: Date): Promise<CheckoutCaller> {
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (!token) throw new DoorRefusal(401, "token_missing", "Send the session token as a Bearer token.");
  const session = verifySessionToken(token, { apiKey: env.SHOPIFY_API_KEY, secret: env.SHOPIFY_API_SECRET }, now);
  if (session.outcome !== "verified") throw new DoorRefusal(401, session.outcome, TOKEN_MESSAGES[session.outcome]);

  const { shop, customerId } = await findCaller(session);
  if (!shop) throw new DoorRefusal(403, "shop_unknown", "This shop has not installed the app.");
  if (shop.uninstalledAt) throw new DoorRefusal(403, "shop_uninstalled", "This shop has removed the app.");
  limitRate(`${shop.id}:${session.customerGid ?? token}`, now);
  return { shop, customerGid: session.customerGid, customerId };
}

/** A customer has a window of their own, and so has a guest's token: behind a proxy all guests come from one address. */
function limitRate(key: string, now: Date): void {
  const { waitMs } = countRequest(key, now);
  if (waitMs > 0) throw new DoorRefusal(429, "too_many_requests", "Too many requests: try again in a moment.", Math.ceil(waitMs / 1000));
}

/** The body in this form. Throws DoorRefusal. */
export async function parseBody<T extends z.ZodType>(request: IncomingMessage, schema: T): Promise<z.infer<T>> {
  const body = await readBody(request, BODY_LIMIT);
  if (body.outcome === "aborted") throw new DoorRefusal(400, "body_incomplete", "The body ended early.");
  if (body.outcome === "too_large") throw new DoorRefusal(413, "body_too_large", `At most ${BODY_LIMIT} bytes.`);
  return parse(schema, readJson(body.bytes));
}

/** The value in this form. Throws DoorRefusal naming every field that is not. */
export function parse<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, 10).map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
  throw new DoorRefusal(400, "malformed", faults.join("; "));
}

function readJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new DoorRefusal(400, "malformed", "The body is not JSON.");
  }
}

/** The worker of an extension has an opaque origin: without these headers on every answer it sees nothing, not even a 401. */
const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "Authorization, Content-Type",
  "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
  "Access-Control-Expose-Headers": "X-Request-Id, Retry-After",
  "Access-Control-Max-Age": "7200",
};

/** The answer to a preflight. */
export function sendPreflight(response: ServerResponse): void {
  response.writeHead(204, CORS).end();
}

/** A JSON answer, never cached. Without its length Node would send it as chunks, in five pieces. */
export function sendJson(response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  const body = JSON.stringify(value);
  const length = { "Content-Length": Buffer.byteLength(body) };
  response.writeHead(status, { ...CORS, "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", ...length, ...headers }).end(body);
}

/** The answer to a refusal. */
export function sendRefusal(response: ServerResponse, { status, code, message, retryAfterSeconds }: Pick<DoorRefusal, "status" | "code" | "message" | "retryAfterSeconds">): void {
  const requestId = currentRequestId();
  noteRefusal("checkout", code);
  const body: DoorError = { error: { code, message, requestId } };
  sendJson(response, status, body, { "X-Request-Id": requestId, ...(status === 413 && CLOSE), ...(retryAfterSeconds !== undefined && { "Retry-After": String(retryAfterSeconds) }) });
}
