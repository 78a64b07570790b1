/** An integrator's program: it knows an address, a key pair and the documented paths, and nothing of the app's code. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ApiScope } from "#app/contract/api/scopes.ts";
import { API_SCOPE_NAMES } from "#app/contract/api/scopes.ts";
import { createKey } from "#app/domain/keys/create.server.ts";
import { openApi } from "#app/routes/api/api.server.ts";
import type { ApiDoorOptions } from "#app/routes/api/door.server.ts";
import { gidTail } from "#app/lib/gid.ts";
import { givePoints, newCustomer, NOON, newShop } from "../factories.ts";

export const BASE = "/api/v4.0/integrations";

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Parsed JSON; null for an answer that is empty, or a file. */
  body: Record<string, unknown>;
}

export interface ApiServer {
  url: string;
  /** The API's clock. */
  at(now: Date): void;
  close(): Promise<void>;
}

/** The API alone on a free port, with a clock that stands until it is set. */
export async function openApiServer(door?: ApiDoorOptions): Promise<ApiServer> {
  let clock = NOON;
  const answer = openApi(door);
  const server = createServer((request, response) => void answer(request, response, clock));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    at: (now) => void (clock = now),
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

export interface Sending {
  method?: string;
  body?: unknown;
  /** undefined leaves a header out that would be sent. */
  headers?: Record<string, string | undefined>;
}

/** Calls any address with these headers. */
export async function call(url: string, { method, body, headers = {} }: Sending = {}): Promise<Answer> {
  const sent = Object.entries({ ...(body !== undefined && { "Content-Type": "application/json" }), ...headers }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const response = await fetch(url, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: sent,
    ...(body !== undefined && { body: typeof body === "string" ? body : body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").startsWith("application/json");
  return { status: response.status, headers: response.headers, text, body: (text && isJson ? JSON.parse(text) : null) as Record<string, unknown> };
}

/** A key pair of the shop. */
export async function newKey(shopId: number, scopes: readonly ApiScope[] = API_SCOPE_NAMES, now = NOON) {
  const made = await createKey(shopId, { name: "A till", scopes: [...scopes] }, now);
  if (made.outcome !== "created") throw new Error(made.outcome);
  return made;
}

/** A shop with an integrator who may do everything. */
export async function newIntegrator(server: ApiServer, scopes: readonly ApiScope[] = API_SCOPE_NAMES) {
  const shop = await newShop();
  const { id, key, secret } = await newKey(shop.id, scopes);
  const auth = { apikey: key, secretkey: secret };
  return {
    shop,
    keyId: id,
    auth,
    /** Calls a path below the API's base with both headers. */
    call: (path: string, sending: Sending = {}) => call(server.url + BASE + path, { ...sending, headers: { ...auth, ...sending.headers } }),
  };
}
export type Integrator = Awaited<ReturnType<typeof newIntegrator>>;

/** A customer as Shopify numbers them, with so many points. */
export async function newMember(shopId: number, points = 0) {
  const customer = await newCustomer(shopId, { gid: `gid://shopify/Customer/${7_000_000_000_000 + Math.floor(Math.random() * 1e12)}` });
  if (points > 0) await givePoints(shopId, customer.id, points);
  return { ...customer, customerId: gidTail(customer.gid) };
}
