/** The description of the API, for programs and for people. */
import { apiDocument } from "../../contract/api/document";
import { env } from "../../lib/env.server";
import type { Sent } from "./idempotency.server";
import { referencePage } from "./reference-page";

const CACHED = { "Cache-Control": "public, max-age=300" };
const PAGE_HEADERS = { ...CACHED, "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'", "X-Content-Type-Options": "nosniff" };

/** Both are made once: they change only with the program. */
const document = once(() => apiDocument(env.SHOPIFY_APP_URL));
const json = once(() => JSON.stringify(document()));
const page = once(() => referencePage(document()));

/** Pages under /api/ that anybody may read. */
export const PAGES: Partial<Record<string, () => Promise<Sent>>> = {
  "/api/openapi.json": async () => ({ status: 200, body: json(), headers: CACHED }),
  "/api/reference": async () => ({ status: 200, body: page(), headers: PAGE_HEADERS }),
};

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
