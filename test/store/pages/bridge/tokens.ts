/** ID tokens, and the interception of fetch that puts them on every request to the app. */
import { ask, tell } from "./port";

let cached: { token: string; expiresAt: number } | null = null;

/** A token with at least five seconds to live; `fresh` asks for a new one in any case. */
export async function idToken(fresh = false): Promise<string> {
  if (!fresh && cached && cached.expiresAt - 5 > Date.now() / 1000) return cached.token;
  const token = await ask({ type: "idToken" });
  cached = { token, expiresAt: expiryOf(token) };
  return token;
}

function expiryOf(token: string): number {
  const payload = token.split(".")[1] ?? "";
  const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { exp: number };
  return claims.exp;
}

/**
 * Replaces window.fetch: requests to the app's own origin carry a token; an answer that asks for another try gets one with
 * a fresh token; one that asks for authorisation sends the whole window there.
 */
export function interceptFetch(): void {
  const nativeFetch = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, location.href);
    if (url.origin !== location.origin) return nativeFetch(input, init);
    let response = await send(false);
    if (response.headers.get("x-shopify-retry-invalid-session-request") === "1") response = await send(true);
    const reauthorize = response.headers.get("x-shopify-api-request-failure-reauthorize-url");
    if (reauthorize) tell({ type: "open", url: new URL(reauthorize, location.href).href });
    return response;

    async function send(fresh: boolean): Promise<Response> {
      const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
      if (!headers.has("authorization")) headers.set("authorization", `Bearer ${await idToken(fresh)}`);
      headers.set("x-requested-with", "XMLHttpRequest");
      return nativeFetch(input instanceof Request ? input.clone() : input, { ...init, headers });
    }
  };
}
