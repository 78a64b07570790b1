/** The pages a person sees: the admin around the app, the storefront, and what both ask for. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { createCheckout } from "../checkout/checkouts";
import { readBody, sendJson, sendText, type Route } from "../server";
import type { StoreShop } from "../shop";
import type { LocalStore } from "../store";
import { runAction } from "./actions";
import type { Boot } from "./admin/data";
import { findAsset } from "./assets";
import { adminDocument, storefrontDocument } from "./documents";
import { frameAddress } from "./frame-address";
import { findPicks, listCustomers, listDiscounts, listOrders, listProducts, readDiscount, readOrder, readStorefront, readWebhooks } from "./readings";

export interface PageOptions {
  /** Where browsers reach the app. */
  appUrl: string;
  apiSecret: string;
  scopes: readonly string[];
  app: { handle: string; name: string };
  /** The shop whose storefront stands at /. */
  storefrontShop: string;
}

const HTML = "text/html; charset=utf-8";
const ADMIN_PATH = /^\/store\/([a-z0-9][a-z0-9-]*)(?:\/(.*))?$/;

/** Routes for startStore(…).routes. */
export function pageRoutes(store: LocalStore, options: PageOptions): Route {
  return async (request, response, url) => {
    const asset = await findAsset(url.pathname);
    if (asset) {
      response.writeHead(200, { "content-type": asset.type, "access-control-allow-origin": "*" });
      response.end(asset.body);
      return true;
    }
    const admin = ADMIN_PATH.exec(url.pathname);
    if (admin) {
      await serveAdmin(store.shop(`${admin[1]}.myshopify.com`), options, admin[2] ?? "", request, response, url);
      return true;
    }
    return serveStorefront(store.shop(options.storefrontShop), request, response, url);
  };
}

async function serveAdmin(shop: StoreShop, options: PageOptions, path: string, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  if (path.startsWith("control/")) return act(shop, path.slice("control/".length), request, response);
  if (path.startsWith("data/")) {
    const reading = read(shop, options, path.slice("data/".length), url);
    return reading === null ? sendJson(response, 404, { error: "The shop has nothing there" }) : sendJson(response, 200, reading);
  }
  const appBase = `apps/${options.app.handle}`;
  if (path === "") return redirect(response, `${url.pathname.replace(/\/$/, "")}/${appBase}`);
  const inApp = path === appBase || path.startsWith(`${appBase}/`);
  const boot: Boot = {
    shop: shop.domain,
    name: shop.domain.replace(".myshopify.com", ""),
    title: shop.name,
    currency: shop.currency,
    app: { ...options.app, origin: new URL(options.appUrl).origin },
    frameSrc: inApp ? frameFor(shop, options, `${path.slice(appBase.length)}${url.search}`) : null,
  };
  sendText(response, 200, HTML, adminDocument(boot));
}

function frameFor(shop: StoreShop, options: PageOptions, path: string): string {
  return frameAddress({ appUrl: options.appUrl, apiSecret: options.apiSecret, shop: shop.domain, idToken: shop.idToken(), path, now: shop.now() });
}

/** The answer to one of the admin's questions, or null when there is nothing. */
function read(shop: StoreShop, options: PageOptions, path: string, url: URL): unknown {
  const [what, id] = path.split("/");
  switch (what) {
    case "id-token":
      return { token: shop.idToken() };
    case "frame":
      return { src: frameFor(shop, options, url.searchParams.get("path") ?? "") };
    case "scopes":
      return { granted: options.scopes, required: options.scopes, optional: [] };
    case "orders":
      return id ? readOrder(shop, `gid://shopify/Order/${id}`) : listOrders(shop);
    case "discounts":
      return id ? readDiscount(shop, id) : listDiscounts(shop);
    case "customers":
      return listCustomers(shop);
    case "products":
      return listProducts(shop);
    case "webhooks":
      return readWebhooks(shop);
    case "pick":
      return findPicks(shop, url.searchParams.get("resource") ?? "", url.searchParams.get("query") ?? "");
    default:
      return null;
  }
}

async function act(shop: StoreShop, path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isOwnPage(request)) return sendJson(response, 403, { error: "Only the store's own pages and programs may do this" });
  try {
    const result = runAction(shop, path, await readJson(request));
    if (!result) return sendJson(response, 404, { error: `The store has no action ${path}` });
    if ("refused" in result) return sendJson(response, 409, { error: result.refused });
    sendJson(response, 200, result.done);
  } catch (error) {
    if (!(error instanceof z.ZodError) && !(error instanceof SyntaxError)) throw error;
    sendJson(response, 400, { error: error instanceof z.ZodError ? z.prettifyError(error) : "The body is not JSON" });
  }
}

const CheckoutRequest = z.object({
  customerId: z.string().nullable(),
  lines: z.array(z.object({ variantId: z.string(), quantity: z.int().min(1).max(99) })).min(1),
  view: z.enum(["preact", "react"]),
});

async function serveStorefront(shop: StoreShop, request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean> {
  switch (`${request.method} ${url.pathname}`) {
    case "GET /":
      sendText(response, 200, HTML, storefrontDocument({ name: shop.name, currency: shop.currency }));
      return true;
    case "GET /storefront":
      redirect(response, "/");
      return true;
    case "GET /storefront/data":
      sendJson(response, 200, readStorefront(shop));
      return true;
    case "POST /storefront/checkout":
      await openCheckout(shop, request, response);
      return true;
    case "GET /favicon.ico":
      redirect(response, "/pages/app-icon.svg");
      return true;
    default:
      return false;
  }
}

async function openCheckout(shop: StoreShop, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = CheckoutRequest.safeParse(isOwnPage(request) ? await readJson(request) : null);
  if (!asked.success) return sendJson(response, 400, { error: "This is not a cart" });
  const { customerId, lines, view } = asked.data;
  // A cart kept by a browser outlives a store that was started over.
  const variants = new Set([...shop.products.values()].flatMap((product) => product.variants.map(({ gid }) => String(gid))));
  if ((customerId && !shop.customers.has(customerId)) || lines.some(({ variantId }) => !variants.has(variantId))) {
    return sendJson(response, 409, { error: "The shop no longer has this customer or product: empty the cart and start again" });
  }
  const token = createCheckout(shop, { customerGid: customerId, lines: lines.map(({ variantId, quantity }) => ({ variantGid: variantId, quantity })) });
  sendJson(response, 200, { url: `/checkout/${token}${view === "react" ? "?view=react" : ""}` });
}

/** A page of another site must not press the buttons of this one. */
function isOwnPage(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return !origin || new URL(origin).host === host;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  return JSON.parse((await readBody(request)).toString("utf8") || "null");
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location });
  response.end();
}
