/** The address of the app's frame, with the parameters and the signature that Shopify adds. */
import { createHmac, randomBytes } from "node:crypto";

/** Where the app begins when the admin names no page of it. */
const ENTRY = "/app";

/** `path` is what follows the app's handle in the admin's address, with its query. */
export function frameAddress(options: { appUrl: string; apiSecret: string; shop: string; idToken: string; path: string; now: Date }): string {
  const url = new URL(options.path && options.path !== "/" ? options.path : ENTRY, options.appUrl);
  // A path like //evil.example would leave the app's own origin.
  const address = new URL(url.pathname + url.search, options.appUrl);
  const added = {
    embedded: "1",
    host: Buffer.from(`admin.shopify.com/store/${options.shop.replace(".myshopify.com", "")}`).toString("base64").replace(/=+$/, ""),
    id_token: options.idToken,
    locale: "en",
    session: randomBytes(32).toString("hex"),
    shop: options.shop,
    timestamp: String(Math.floor(options.now.getTime() / 1000)),
  };
  for (const [name, value] of Object.entries(added)) address.searchParams.set(name, value);
  address.searchParams.set("hmac", signature(address.searchParams, options.apiSecret));
  return address.href;
}

/** Shopify's signature of a query: sorted, joined, HMAC-SHA256 in hex. */
function signature(query: URLSearchParams, secret: string): string {
  const message = [...query.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  return createHmac("sha256", secret).update(message).digest("hex");
}
