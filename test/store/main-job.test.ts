/** The store's main job: an app installs itself, makes a discount of many codes, a shopper uses one, the app is told. */
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redirectToStore } from "./redirect.mjs";
import { type LocalStore, startStore, type StoreShop } from "./store";

const DOMAIN = "north-lake.myshopify.com";
const CREATE = `mutation ($d: DiscountCodeBasicInput!) { discountCodeBasicCreate(basicCodeDiscount: $d) { codeDiscountNode { id } userErrors { field message code } } }`;
const ADD = `mutation ($id: ID!, $codes: [DiscountRedeemCodeInput!]!) { discountRedeemCodeBulkAdd(discountId: $id, codes: $codes) { bulkCreation { id done codesCount } userErrors { field message code } } }`;
const POLL = `query ($id: ID!) { discountRedeemCodeBulkCreation(id: $id) { done importedCount failedCount codes(first: 250) { nodes { code errors { message code field } discountRedeemCode { id code } } } } }`;

interface Heard {
  headers: IncomingHttpHeaders;
  body: string;
}

let store: LocalStore;
let shop: StoreShop;
const heard: Heard[] = [];
const app = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    heard.push({ headers: request.headers, body });
    response.writeHead(200).end();
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  const appUrl = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
  store = await startStore({ apiKey: "key", apiSecret: "secret", appUrl, scopes: ["write_discounts", "read_orders", "read_customers", "read_products"] });
  shop = store.shop(DOMAIN);
  redirectToStore(store.port);
});

afterAll(async () => {
  redirectToStore(null);
  await store.close();
  app.close();
});

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`https://${DOMAIN}${path}`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function install(): Promise<string> {
  const { body } = await post("/admin/oauth/access_token", {
    client_id: "key",
    client_secret: "secret",
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: shop.idToken(),
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
    requested_token_type: "urn:shopify:params:oauth:token-type:offline-access-token",
    expiring: "1",
  });
  return String(body["access_token"]);
}

describe("a shop sells with codes", () => {
  test("codes made through the API take the money off an order, and the app hears of it", async () => {
    const token = await install();
    const call = async (query: string, variables: unknown) => {
      const { body } = await post("/admin/api/2026-07/graphql.json", { query, variables }, { "x-shopify-access-token": token });
      expect(body["errors"]).toBeUndefined();
      return body["data"] as Record<string, unknown>;
    };
    const product = shop.addProduct({ title: "Wool beanie", price: "60.00" });
    const customer = shop.addCustomer({ firstName: "Amira", lastName: "Okafor", email: "amira@example.com" });
    const variant = product.variants[0]?.gid ?? "";

    const created = await call(CREATE, {
      d: {
        title: "Ten off",
        code: "TEN-FIRST",
        startsAt: new Date(Date.now() - 60_000).toISOString(),
        context: { all: "ALL" },
        customerGets: { items: { all: true }, value: { discountAmount: { amount: "10.00", appliesOnEachItem: false } } },
        usageLimit: 1,
      },
    });
    const id = (created["discountCodeBasicCreate"] as { codeDiscountNode: { id: string } }).codeDiscountNode.id;
    const added = await call(ADD, { id, codes: [{ code: "TEN-A" }, { code: "TEN-B" }, { code: "ten-first" }] });
    const creation = (added["discountRedeemCodeBulkAdd"] as { bulkCreation: { id: string; done: boolean } }).bulkCreation;
    expect(creation).toMatchObject({ done: false, codesCount: 3 });
    const polled = await call(POLL, { id: creation.id });
    expect(polled["discountRedeemCodeBulkCreation"]).toMatchObject({ done: true, importedCount: 2, failedCount: 1 });
    expect(shop.codesOf(id)).toEqual(["TEN-FIRST", "TEN-A", "TEN-B"]);

    const order = shop.placeOrder({ customerGid: customer.gid, lines: [{ variantGid: variant, quantity: 1 }], discountCodes: ["ten-a"] });
    expect(order).toMatchObject({ subtotalMinor: 5000, discountMinor: 1000 });
    expect(shop.placeOrder({ customerGid: customer.gid, lines: [{ variantGid: variant, quantity: 1 }], discountCodes: ["TEN-A"] })).toEqual({
      refused: [{ code: "TEN-A", reason: "usage_limit_reached" }],
    });

    expect(await shop.webhooks.deliver()).toBe(1);
    expect(await shop.webhooks.deliver()).toBe(0);
    const [delivery] = heard;
    expect(delivery?.headers["x-shopify-topic"]).toBe("orders/create");
    expect(delivery?.headers["x-shopify-hmac-sha256"]).toBe(createHmac("sha256", "secret").update(delivery?.body ?? "").digest("base64"));
    expect(JSON.parse(delivery?.body ?? "{}")).toMatchObject({ discount_codes: [{ code: "TEN-A", amount: "10.00", type: "fixed_amount" }], customer: { admin_graphql_api_id: customer.gid } });
  });
});
