/**
 * /checkout/{token}: the checkout page and what its script asks for. In the address: view=react shows the React
 * extension, locale=de|fr|ar its language, target=reductions its other place, codes=off an express wallet, editor=on
 * the merchant's checkout editor, heading=… and guest_text=… what the merchant has filled in.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import type { LocalStore, Route } from "../store";
import { buildCheckoutBundles, type CheckoutBundles } from "./bundles";
import { addCode, findCheckout, payCheckout, readCheckout, removeCode, type Checkout } from "./checkouts";
import { checkoutDocument, goneDocument, thanksDocument } from "./documents";
import { TARGETS, VIEWS, type PageSettings } from "./state";

export interface CheckoutRouteOptions {
  /** Where the extensions find the app. */
  appUrl: string;
  /** Left out: made when first asked for. */
  bundles?: CheckoutBundles;
}

const MAX_BODY_BYTES = 10_000;
const CodeBody = z.object({ code: z.string().trim().min(1).max(255) });

/** The checkouts of a store's shops, to be added to its routes. */
export function checkoutRoutes(store: LocalStore, { appUrl, bundles }: CheckoutRouteOptions): Route {
  let made: Promise<CheckoutBundles> | null = bundles ? Promise.resolve(bundles) : null;
  const ready = () => (made ??= buildCheckoutBundles({ appUrl }));

  return async (request, response, url) => {
    const [, area, first, second = ""] = url.pathname.split("/");
    if (area !== "checkout" || !first) return false;
    if (first === "assets") {
      sendAsset(response, second, await ready());
      return true;
    }
    const checkout = findCheckout(first);
    if (!checkout || store.shops.get(checkout.shop.domain) !== checkout.shop) send(response, 404, "text/html", goneDocument());
    else if (second === "" && request.method === "GET") send(response, 200, "text/html", documentFor(checkout, url, await ready()));
    else await answerAction(request, response, checkout, second);
    return true;
  };
}

function documentFor(checkout: Checkout, url: URL, bundles: CheckoutBundles): string {
  const state = readCheckout(checkout);
  return state.orderName ? thanksDocument(state) : checkoutDocument(state, settingsFrom(url.searchParams, bundles));
}

function settingsFrom(query: URLSearchParams, { messages }: CheckoutBundles): PageSettings {
  const asked = query.get("locale") ?? "en";
  const fallbackMessages = messages.get("en") ?? {};
  const locale = messages.has(asked) ? asked : "en";
  const extensionSettings = Object.fromEntries(["heading", "guest_text"].flatMap((name) => (query.has(name) ? [[name, query.get(name) ?? ""]] : [])));
  return {
    view: VIEWS.find((view) => view === query.get("view")) ?? "preact",
    target: query.get("target") === "reductions" ? TARGETS[1] : TARGETS[0],
    locale,
    canUpdateDiscountCodes: query.get("codes") !== "off",
    isEditor: query.get("editor") === "on",
    extensionSettings,
    messages: messages.get(locale) ?? fallbackMessages,
    fallbackMessages,
  };
}

async function answerAction(request: IncomingMessage, response: ServerResponse, checkout: Checkout, action: string): Promise<void> {
  const asked = `${request.method ?? ""} ${action}`;
  if (asked === "GET state") return sendJson(response, 200, readCheckout(checkout));
  if (asked === "GET session-token") return sendJson(response, 200, { token: checkout.shop.checkoutToken({ customerGid: checkout.customerGid }) });
  if (asked === "POST pay") return sendJson(response, 200, payCheckout(checkout));
  if (asked !== "POST apply" && asked !== "POST remove") return sendJson(response, 404, { error: `no such action: ${asked}` });

  const body = CodeBody.safeParse(await readJson(request));
  if (!body.success) return sendJson(response, 400, { error: "expected {\"code\": \"…\"}" });
  if (checkout.paid) return sendJson(response, 409, { error: "this checkout is paid" });
  const { code } = body.data;
  sendJson(response, 200, action === "apply" ? addCode(checkout, code) : removeCode(checkout, code));
}

/** The body as JSON; null when it is none or too large. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES) return null;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return null;
  }
}

function sendAsset(response: ServerResponse, name: string, { scripts, css }: CheckoutBundles): void {
  const script = scripts.get(name);
  if (script !== undefined) return send(response, 200, "text/javascript", script);
  if (name === "page.css") return send(response, 200, "text/css", css);
  send(response, 404, "text/plain", "not found");
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, "application/json", JSON.stringify(value));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "Content-Type": `${type}; charset=utf-8`, "Cache-Control": "no-store" });
  response.end(body);
}
