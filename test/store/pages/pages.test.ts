/** What stands between a person's browser and the app: the frame's signed address, the proxy, the pages' own actions. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDiscount } from "../admin-api/discounts/save";
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

  it("ends, changes, empties and deletes a discount, and says why where it does not", async () => {
    const shop = store.shop(SHOP);
    const subject = { argument: "basicCodeDiscount", kind: "basic", method: "code" } as const;
    const input = { title: "Ten off", code: "TEN", startsAt: "2026-01-01T00:00:00Z", context: { all: "ALL" as const }, customerGets: { items: { all: true }, value: { percentage: 0.1 } } };
    const { discount } = createDiscount(shop.state, shop.now(), input, subject);
    const path = `/store/corner-shop/control/discounts/${discount?.gid.split("/").pop()}`;
    const read = async () => (await (await fetch(`${store.url}${path.replace("control", "data")}`)).json()) as Record<string, unknown>;

    expect((await post(`${path}/change`, { percentage: 25, minimum: "30.00" })).status).toBe(200);
    expect(await read()).toMatchObject({ value: { percentage: 25 }, minimum: "30.00", status: "Active" });
    await post(`${path}/change`, { minimum: null });
    expect(await read()).toMatchObject({ value: { percentage: 25 }, minimum: null });
    await post(`${path}/codes`, { codes: ["TEN-2"] });
    const twice = await post(`${path}/codes`, { codes: ["ten-2"] });
    expect([twice.status, await twice.json()]).toEqual([409, { error: "ten-2 must be unique. Please try a different code." }]);
    await post(`${path}/remove-code`, { code: "TEN" });
    expect(await read()).toMatchObject({ codes: [{ code: "TEN-2" }] });
    await post(`${path}/end`, {});
    expect(await read()).toMatchObject({ status: "Expired" });
    await post(`${path}/begin`, {});
    expect(await read()).toMatchObject({ status: "Active", endsAt: null });
    await post(`${path}/delete`, {});
    expect((await post(`${path}/end`, {})).status).toBe(409);
    expect(shop.findCode("TEN-2")).toBeNull();
  });

  it("edits an order and merges customers", async () => {
    const { placed, path } = order();
    const shop = store.shop(SHOP);
    const [line] = placed.lines;
    expect((await post(`${path}/edit`, { add: [{ variantGid: line?.variantGid, quantity: 1 }], remove: [{ lineGid: line?.gid, quantity: 1 }] })).status).toBe(200);
    expect(shop.orders.get(placed.gid)?.lines.map(({ quantity, refundedQuantity }) => quantity - refundedQuantity)).toEqual([1, 1]);
    expect(await (await post(`${path}/edit`, {})).json()).toEqual({ error: "Not edited: nothing to edit" });

    const [kept, gone] = [shop.addCustomer({ firstName: "Amira" }), shop.addCustomer({ email: "amira@example.com" })];
    const merge = { keptGid: kept.gid, deletedGid: gone.gid };
    expect((await post("/store/corner-shop/control/customers/merge", merge)).status).toBe(200);
    expect(shop.customers.get(kept.gid)?.email).toBe("amira@example.com");
    expect((await post("/store/corner-shop/control/customers/merge", merge)).status).toBe(409);
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
