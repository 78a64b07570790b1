/** The description of the API for programs and for people. */
import { apiDocument } from "../../contract/api/document";
import { env } from "../../lib/env.server";
import type { Sent } from "./idempotency.server";

/** Pages under /api/ that anybody may read. */
export const PAGES: Partial<Record<string, () => Promise<Sent>>> = {
  "/api/openapi.json": async () => ({ status: 200, body: document(), headers: { "Cache-Control": "public, max-age=300" } }),
};

let written: string | null = null;

/** Written once: it changes only with the program. */
function document(): string {
  written ??= JSON.stringify(apiDocument(env.SHOPIFY_APP_URL));
  return written;
}
