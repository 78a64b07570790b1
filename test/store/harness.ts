/** A store with a listening stand-in for the app, for the store's own tests. */
import { createServer, type IncomingHttpHeaders, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { type LocalStore, startStore, type StoreOptions, type StoreShop } from "./store";

export interface Heard {
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
  raw: string;
}

export interface Harness {
  store: LocalStore;
  shop: StoreShop;
  /** What the stand-in was told, in order. */
  heard: Heard[];
  /** Statuses it answers next; 200 when none is left. */
  answers: number[];
  /** POST to Shopify's addresses of the shop, as any client would. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Installs the app and returns an access token. */
  install(): Promise<string>;
  /** One GraphQL request, with a token of the app. */
  graphql(query: string, variables?: Record<string, unknown>): Promise<GraphqlBody>;
  close(): Promise<void>;
}

export interface GraphqlBody {
  data: Record<string, Record<string, unknown> | null>;
  errors?: { message: string; path?: string[]; extensions: Record<string, unknown> }[];
  extensions?: { cost: { requestedQueryCost: number; actualQueryCost: number | null; throttleStatus: { maximumAvailable: number; currentlyAvailable: number; restoreRate: number } } };
}

export const APP = { apiKey: "key", apiSecret: "secret" };
const SCOPES = ["write_discounts", "read_orders", "read_customers", "read_products"];
const DOMAIN = "north-lake.myshopify.com";

export async function startHarness(options: Partial<StoreOptions> = {}): Promise<Harness> {
  const heard: Heard[] = [];
  const answers: number[] = [];
  const app = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const raw = Buffer.concat(chunks).toString("utf8");
      heard.push({ headers: request.headers, raw, body: JSON.parse(raw) as Record<string, unknown> });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  const store = await startStore({ ...APP, appUrl: `http://127.0.0.1:${(app.address() as AddressInfo).port}`, scopes: SCOPES, ...options });
  const shop = store.shop(DOMAIN);
  let token: string | undefined;

  const post: Harness["post"] = async (path, body, headers = {}) => {
    const answer = await send(store.port, path, JSON.stringify(body), { host: DOMAIN, "content-type": "application/json", ...headers });
    return { status: answer.status, body: JSON.parse(answer.text) as Record<string, unknown> };
  };
  const install = async () => {
    const { body } = await post("/admin/oauth/access_token", exchangeOf(shop.idToken()));
    return String(body["access_token"]);
  };
  return {
    store,
    shop,
    heard,
    answers,
    post,
    install,
    graphql: async (query, variables = {}) => {
      token ??= await install();
      const ask = (held: string) => post("/admin/api/2026-07/graphql.json", { query, variables }, { "x-shopify-access-token": held });
      const first = await ask(token);
      // A test may have turned the clock beyond the token's life.
      if (first.status === 401) token = await install();
      const { body } = first.status === 401 ? await ask(token) : first;
      return body as unknown as GraphqlBody;
    },
    close: async () => {
      await store.close();
      app.closeAllConnections();
      await new Promise((resolve) => app.close(resolve));
    },
  };
}

/** Sent with node:http, as fetch does not let a Host header be set. Without a body it is a GET. */
export function send(port: number, path: string, body: string | null, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: "127.0.0.1", port, path, method: body === null ? "GET" : "POST", headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }));
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body ?? undefined);
  });
}

/** The body of a token exchange for an expiring offline token. */
export function exchangeOf(subjectToken: string, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    client_id: APP.apiKey,
    client_secret: APP.apiSecret,
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: subjectToken,
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
    requested_token_type: "urn:shopify:params:oauth:token-type:offline-access-token",
    expiring: "1",
    ...overrides,
  };
}

/** The input of a code discount: ten off everything, unless said otherwise. */
export function tenOff(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    title: "Ten off",
    code: "TEN-OFF",
    startsAt: "2026-01-01T00:00:00Z",
    context: { all: "ALL" },
    customerGets: { items: { all: true }, value: { discountAmount: { amount: "10.00", appliesOnEachItem: false } } },
    ...overrides,
  };
}

export const CREATE_BASIC = `mutation ($d: DiscountCodeBasicInput!) {
  discountCodeBasicCreate(basicCodeDiscount: $d) { codeDiscountNode { id } userErrors { field message code } }
}`;

/** Makes a code discount and returns its id; throws on a user error. */
export async function createDiscount(harness: Harness, overrides: Record<string, unknown> = {}): Promise<string> {
  const { data } = await harness.graphql(CREATE_BASIC, { d: tenOff(overrides) });
  const payload = data["discountCodeBasicCreate"] as { codeDiscountNode: { id: string } | null; userErrors: { message: string }[] };
  if (!payload.codeDiscountNode) throw new Error(payload.userErrors.map((error) => error.message).join("; "));
  return payload.codeDiscountNode.id;
}
