/** A merchant's browser in the embedded admin, as far as a loader or an action sees it. */
import { env } from "#app/lib/env.server.ts";
import type { TokenOverrides } from "./store/session-tokens.ts";
import { idToken } from "./store/session-tokens.ts";
import type { StoreShop } from "./store/store.ts";
import type { World } from "./world.ts";

const BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0 Safari/537.36";

interface Asked {
  /** Posted; without it the page is read. */
  form?: FormData;
  shop?: StoreShop;
  /** null: no token at all, as a browser that opens the address by itself. */
  token?: null;
  overrides?: TokenOverrides;
}

/** A request as App Bridge sends it: the ID token in the header. */
export function request(world: World, path: string, { form, shop = world.shop, token, overrides = {} }: Asked = {}): Request {
  const headers = new Headers({ "User-Agent": BROWSER });
  if (token !== null) {
    const app = { apiKey: env.SHOPIFY_API_KEY, apiSecret: env.SHOPIFY_API_SECRET };
    headers.set("Authorization", `Bearer ${idToken(app, shop.domain, new Date(), overrides)}`);
    headers.set("X-Requested-With", "XMLHttpRequest");
  }
  const url = new URL(path, env.SHOPIFY_APP_URL);
  if (token === null) {
    url.searchParams.set("shop", shop.domain);
    url.searchParams.set("embedded", "1");
    url.searchParams.set("host", Buffer.from(`admin.shopify.com/store/${shop.domain.replace(".myshopify.com", "")}`).toString("base64url"));
  }
  if (form) headers.set("Content-Length", "1000"); // a browser always says it
  return new Request(url, form ? { method: "POST", headers, body: form } : { headers });
}

/** What a loader or action answered or threw: its status and what is in it. Errors that are no answers are thrown on. */
export async function resultOf(answer: unknown): Promise<{ status: number; body: unknown }> {
  try {
    return unwrap(await answer);
  } catch (thrown) {
    if (thrown instanceof Error) throw thrown;
    return unwrap(thrown);
  }
}

function unwrap(value: unknown): { status: number; body: unknown } {
  if (value instanceof Response) return { status: value.status, body: null };
  if (isWithInit(value)) return { status: value.init?.status ?? 200, body: value.data };
  return { status: 200, body: value };
}

/** What `data(…, init)` makes. */
function isWithInit(value: unknown): value is { data: unknown; init: ResponseInit | null } {
  return typeof value === "object" && value !== null && "type" in value && value.type === "DataWithResponseInit";
}
