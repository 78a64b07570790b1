/** What stands between a person's browser and the app: the frame's signed address, the proxy, the pages' own actions. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startStore, type LocalStore } from "../store";
import { startAppProxy } from "./app-proxy";
import { frameAddress } from "./frame-address";
import { pageRoutes } from "./routes";

const SHOP = "corner-shop.myshopify.com";
const closing: (() => unknown)[] = [];
let store: LocalStore;

beforeEach(async () => {
  store = await startStore({ apiKey: "key", apiSecret: "secret", appUrl: "http://localhost:1", scopes: [] });
  store.routes.push(pageRoutes(store, { appUrl: "http://localhost:1", apiSecret: "secret", scopes: [], app: { handle: "scrip", name: "Scrip" }, storefrontShop: SHOP }));
  closing.push(() => store.close());
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${store.url}${path}`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });

describe("the frame's address", () => {
  const base = { appUrl: "http://localhost:4401", apiSecret: "secret", shop: SHOP, idToken: "token", now: new Date("2026-11-21T12:00:00Z") };

  it("carries the token, the host and the shop to the page that was asked for", () => {
    const address = new URL(frameAddress({ ...base, path: "/app/awards?q=ten" }));
    expect(address.pathname).toBe("/app/awards");
    expect(Object.fromEntries(address.searchParams)).toMatchObject({ q: "ten", id_token: "token", shop: SHOP, embedded: "1" });
    expect(atob(address.searchParams.get("host") ?? "")).toBe("admin.shopify.com/store/corner-shop");
  });

  it.each(["//evil.example/app", "https://evil.example/app", "/\\evil.example"])("never leaves the app's own address: %s", (path) => {
    expect(new URL(frameAddress({ ...base, path })).origin).toBe("http://localhost:4401");
  });
});

describe("the proxy in front of the app", () => {
  async function proxied(answer: { headers?: Record<string, string>; body: string }): Promise<Response> {
    const app = createServer((_, response) => response.writeHead(200, answer.headers).end(answer.body));
    await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
    const proxy = await startAppProxy({ port: 0, upstream: `http://127.0.0.1:${portOf(app)}`, storeUrl: "http://localhost:4400" });
    closing.push(() => app.close(), () => proxy.close());
    return fetch(`http://127.0.0.1:${portOf(proxy)}/`);
  }

  it("lets the local admin frame the app and points its script at the stand-in", async () => {
    const html = '<script src="https://cdn.shopify.com/shopifycloud/app-bridge.js"></script>';
    const response = await proxied({ headers: { "content-type": "text/html", "content-security-policy": "frame-ancestors https://admin.shopify.com;" }, body: html });
    expect(response.headers.get("content-security-policy")).toBe("frame-ancestors http://localhost:4400 https://admin.shopify.com;");
    expect(await response.text()).toBe('<script src="http://localhost:4400/app-bridge.js"></script>');
  });

  it("changes nothing but pages", async () => {
    const body = '{"script":"https://cdn.shopify.com/shopifycloud/app-bridge.js"}';
    const response = await proxied({ headers: { "content-type": "application/json" }, body });
    expect(await response.text()).toBe(body);
  });

  it("says so when the app is not there", async () => {
    const proxy = await startAppProxy({ port: 0, upstream: "http://127.0.0.1:9", storeUrl: "http://localhost:4400" });
    closing.push(() => proxy.close());
    const response = await fetch(`http://127.0.0.1:${portOf(proxy)}/`);
    expect(response.status).toBe(502);
    expect(await response.text()).toContain("The app does not answer");
  });
});

describe("the admin's own actions", () => {
  function order() {
    const shop = store.shop(SHOP);
    const product = shop.addProduct({ title: "Cup", price: "18.00" });
    const placed = shop.placeOrder({ customerGid: null, lines: [{ variantGid: product.variants[0]?.gid ?? "", quantity: 2 }], discountCodes: [] });
    if ("refused" in placed) throw new Error("the order was refused");
    return { placed, path: `/store/corner-shop/control/orders/${placed.gid.split("/").pop()}` };
  }

  it("refunds a line and tells the app", async () => {
    const { placed, path } = order();
    const response = await post(`${path}/refund`, { lines: [{ lineGid: placed.lines[0]?.gid, quantity: 1 }] });
    expect(response.status).toBe(200);
    expect(store.shop(SHOP).webhooks.log.map(({ topic }) => topic)).toContain("refunds/create");
  });

  it("refuses to refund more than is left, and says why", async () => {
    const { placed, path } = order();
    const response = await post(`${path}/refund`, { lines: [{ lineGid: placed.lines[0]?.gid, quantity: 3 }] });
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({ error: "Not refunded: more than is left" });
  });

  it("refuses a body of another form and an order it does not have", async () => {
    const { path } = order();
    expect((await post(`${path}/refund`, { everything: true })).status).toBe(400);
    expect((await post("/store/corner-shop/control/orders/1/cancel", {})).status).toBe(409);
    expect((await post("/store/corner-shop/control/nothing", {})).status).toBe(404);
  });

  it("is not pressed by a page of another site", async () => {
    const { path, placed } = order();
    const response = await post(`${path}/cancel`, {}, { origin: "https://evil.example" });
    expect(response.status).toBe(403);
    expect(store.shop(SHOP).orders.get(placed.gid)?.cancelledAt).toBeNull();
  });
});

describe("the storefront", () => {
  it("opens a checkout for a cart, and none for what is no cart", async () => {
    const product = store.shop(SHOP).addProduct({ title: "Cup", price: "18.00" });
    const cart = { customerId: null, lines: [{ variantId: product.variants[0]?.gid, quantity: 1 }], view: "react" };
    expect(await (await post("/storefront/checkout", cart)).json()).toEqual({ url: expect.stringMatching(/^\/checkout\/[0-9a-f]{32}\?view=react$/) });
    expect((await post("/storefront/checkout", { ...cart, lines: [] })).status).toBe(400);
    expect((await post("/storefront/checkout", { ...cart, customerId: "gid://shopify/Customer/1" })).status).toBe(409);
  });
});

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
