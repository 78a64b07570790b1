/** The HTTP side: *.myshopify.com are Shopify's addresses, everything else belongs to the pages. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { AdminContext } from "./admin-api/context";
import { type AdminApi, rootFieldsOf } from "./admin-api/endpoint";
import type { FaultKind } from "./faults";
import { answerGrant, findGrant } from "./oauth";
import type { AppIdentity } from "./session-tokens";
import type { StoreShop } from "./shop";
import { bulkResult, takeUpload } from "./uploads";

/** Answers a request and returns true, or returns false for the next one to try. */
export type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<boolean>;

export interface ServerParts {
  app: AppIdentity & { scopes: readonly string[]; title: string };
  adminApi: AdminApi;
  bulkDelayMs: number;
  searchLagMs: number;
  shop: (domain: string) => StoreShop;
  routes: readonly Route[];
  changed: () => void;
}

const BODY_LIMIT = 105 * 1024 * 1024;
const GRAPHQL_PATH = /^\/admin\/api\/([^/]+)\/graphql\.json$/;

/** Listens on loopback. Throws when the port is taken. */
export async function listen(parts: ServerParts, port: number): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    void serve(parts, request, response).catch((error: unknown) => fail(response, error));
  });
  // Longer than any client keeps a socket idle: else a request may meet a socket that is just being closed.
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const host = (request.headers.host ?? "127.0.0.1").replace(/:\d+$/, "");
  const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "127.0.0.1"}`);
  response.setHeader("x-request-id", randomUUID());
  if (host.endsWith(".myshopify.com") && (await serveShopify(parts, request, response, url, host))) return;
  for (const route of parts.routes) if (await route(request, response, url)) return;
  sendJson(response, 404, { errors: `The local store has no ${request.method} ${host}${url.pathname}` });
}

/** Addresses of Shopify itself on a shop's host. */
async function serveShopify(parts: ServerParts, request: IncomingMessage, response: ServerResponse, url: URL, host: string): Promise<boolean> {
  if (request.method === "POST" && url.pathname === "/admin/oauth/access_token") {
    const body = readForm(request, await readBody(request));
    const answer = answerGrant(parts.app, parts.shop(host).state, parts.shop(host).now(), body);
    parts.changed();
    sendJson(response, answer.status, answer.body);
    return true;
  }
  const version = GRAPHQL_PATH.exec(url.pathname)?.[1];
  if (version && request.method === "POST") {
    response.setHeader("x-shopify-api-version", version);
    await serveGraphql(parts, request, response, parts.shop(host));
    return true;
  }
  if (request.method === "POST" && url.pathname === "/__uploads") {
    sendText(response, 201, "application/xml", takeUpload(parts.shop(host).state, request.headers["content-type"] ?? "", await readBody(request)));
    parts.changed();
    return true;
  }
  if (request.method === "GET" && url.pathname.startsWith("/__results/")) {
    const result = bulkResult(parts.shop(host).state, url.pathname);
    response.writeHead(result === null ? 404 : 200, { "content-type": "application/jsonl" });
    await pipeline(Readable.from(result ?? []), response);
    return true;
  }
  return false;
}

const GraphqlBody = z.object({ query: z.string(), variables: z.record(z.string(), z.unknown()).nullish(), operationName: z.string().nullish() });

async function serveGraphql(parts: ServerParts, request: IncomingMessage, response: ServerResponse, shop: StoreShop): Promise<void> {
  const raw = (await readBody(request)).toString("utf8");
  const token = request.headers["x-shopify-access-token"];
  const grant = findGrant(shop.state, shop.now(), typeof token === "string" ? token : undefined);
  if (!grant) {
    sendJson(response, 401, { errors: "[API] Invalid API key or access token (unrecognized login or wrong password)" });
    return;
  }
  const body = GraphqlBody.safeParse(parseJson(raw));
  if (!body.success) {
    sendJson(response, 400, { errors: "Required parameter missing or invalid" });
    return;
  }
  const { query, variables, operationName } = body.data;
  const fault = shop.faults.take(rootFieldsOf(query));
  if (fault && meetFault(fault, response, shop)) return;
  if (shop.settle()) parts.changed();
  const context: AdminContext = {
    state: shop.state,
    now: shop.now(),
    scopes: new Set(grant.scopes),
    shopUrl: `https://${shop.domain}`,
    bulkDelayMs: parts.bulkDelayMs,
    searchLagMs: parts.searchLagMs,
    jobId: randomUUID(),
    appTitle: parts.app.title,
    run: (text, values) => parts.adminApi.runInside(text, values, context),
    readBulk: (text, grouped) => parts.adminApi.readBulk(text, grouped, context),
    emit: (topic, body) => void shop.webhooks.emit(topic, body),
  };
  const answer = parts.adminApi.answer({ query, variables: variables ?? {}, operationName: operationName ?? null }, context, shop.bucket);
  if (/\bmutation\b/.test(query)) parts.changed();
  if (fault === "lost_answer") response.destroy();
  else sendJson(response, 200, answer);
}

/** Acts out a fault before any work is done. False for the one that comes after it. */
function meetFault(fault: FaultKind, response: ServerResponse, shop: StoreShop): boolean {
  switch (fault) {
    case "throttled":
      sendJson(response, 200, {
        errors: [{ message: "Throttled", extensions: { code: "THROTTLED", documentation: "https://shopify.dev/api/usage/limits#rate-limits" } }],
        extensions: { cost: { requestedQueryCost: 10, actualQueryCost: null, throttleStatus: { ...shop.bucket.status(), currentlyAvailable: 0 } } },
      });
      return true;
    case "http_429":
      response.setHeader("retry-after", "1.0");
      sendJson(response, 429, { errors: "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service." });
      return true;
    case "http_500":
      sendJson(response, 500, { errors: "Internal Server Error" });
      return true;
    case "timeout":
      // Nothing is written: the client's patience decides, or the store's end.
      return true;
    case "lost_answer":
      return false;
  }
}

/** Reads a body whole. Throws beyond the largest upload Shopify takes. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Error(`a body of more than ${BODY_LIMIT} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  sendText(response, status, "application/json; charset=utf-8", JSON.stringify(body));
}

export function sendText(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

function readForm(request: IncomingMessage, body: Buffer): unknown {
  const text = body.toString("utf8");
  return request.headers["content-type"]?.includes("json") ? parseJson(text) : Object.fromEntries(new URLSearchParams(text));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A bug of the local store itself: said loudly, so that nobody looks for it in the app. */
function fail(response: ServerResponse, error: unknown): void {
  console.error("local store:", error);
  if (response.headersSent) response.destroy();
  else sendJson(response, 500, { errors: `The local store failed: ${error instanceof Error ? error.message : String(error)}` });
}
