/** Who asks through the shop's own storefront (app proxy): Shopify signs the query and says which customer is logged in. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { gid, type Gid } from "../../lib/gid";

/** Older than this, a signed address may be one that somebody kept. */
const FRESH_SECONDS = 90;

const SINGLE = ["shop", "timestamp", "logged_in_customer_id", "signature"];

export type ProxyCaller =
  | { outcome: "verified"; shopDomain: string; customerGid: Gid<"Customer"> | null }
  | { outcome: "not_signed_by_shopify" }
  | { outcome: "too_old" };

/**
 * Verifies the signature: HMAC-SHA256 in hex over all other parameters, sorted, as `name=value` without separators, several
 * values of one name joined by commas. https://shopify.dev/docs/apps/build/online-store/app-proxies/authenticate-app-proxies
 */
export function openProxy(query: URLSearchParams, secret: string, now: Date): ProxyCaller {
  const names = [...new Set(query.keys())].filter((name) => name !== "signature").sort();
  const message = names.map((name) => `${name}=${query.getAll(name).join(",")}`).join("");
  const expected = createHmac("sha256", secret).update(message).digest();
  const given = Buffer.from(query.get("signature") ?? "", "hex");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { outcome: "not_signed_by_shopify" };

  // Whoever opens a storefront's address may write these names into it: the shop would forward them beside its own.
  if (SINGLE.some((name) => query.getAll(name).length > 1)) return { outcome: "not_signed_by_shopify" };
  const age = now.getTime() / 1000 - Number(query.get("timestamp"));
  if (!(Math.abs(age) <= FRESH_SECONDS)) return { outcome: "too_old" };
  const customer = query.get("logged_in_customer_id") ?? "";
  return { outcome: "verified", shopDomain: (query.get("shop") ?? "").toLowerCase(), customerGid: /^\d+$/.test(customer) ? gid("Customer", customer) : null };
}
