/** The store's main job: an app makes a discount of many codes, a shopper uses one, the app is told. */
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDiscount, type Harness, startHarness } from "./harness";
import { redirectToStore } from "./redirect.mjs";

const ADD = `mutation ($id: ID!, $codes: [DiscountRedeemCodeInput!]!) {
  discountRedeemCodeBulkAdd(discountId: $id, codes: $codes) { bulkCreation { id done codesCount } userErrors { field message code } }
}`;

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness();
});

afterAll(() => harness.close());

describe("a shop sells with codes", () => {
  test("codes made through the API take the money off an order, and the app hears of it", async () => {
    const { shop, heard } = harness;
    const product = shop.addProduct({ title: "Wool beanie", price: "60.00" });
    const customer = shop.addCustomer({ firstName: "Amira", lastName: "Okafor", email: "amira@example.com" });
    const lines = [{ variantGid: product.variants[0]?.gid ?? "", quantity: 1 }];
    const id = await createDiscount(harness, { code: "TEN-FIRST", usageLimit: 1 });
    const { data } = await harness.graphql(ADD, { id, codes: [{ code: "TEN-A" }, { code: "TEN-B" }] });
    expect(data["discountRedeemCodeBulkAdd"]).toMatchObject({ bulkCreation: { done: false, codesCount: 2 }, userErrors: [] });
    expect(shop.codesOf(id)).toEqual(["TEN-FIRST", "TEN-A", "TEN-B"]);

    const order = shop.placeOrder({ customerGid: customer.gid, lines, discountCodes: ["ten-a"] });
    expect(order).toMatchObject({ subtotalMinor: 5000, discountMinor: 1000 });
    const again = shop.placeOrder({ customerGid: customer.gid, lines, discountCodes: ["TEN-A"] });
    expect(again).toEqual({ refused: [{ code: "TEN-A", reason: "usage_limit_reached" }] });

    expect(await shop.webhooks.deliver()).toBe(3);
    expect(await shop.webhooks.deliver()).toBe(0);
    const told = heard.find(({ headers }) => headers["x-shopify-topic"] === "orders/create");
    expect(told?.headers["x-shopify-hmac-sha256"]).toBe(createHmac("sha256", "secret").update(told?.raw ?? "").digest("base64"));
    expect(told?.body).toMatchObject({ discount_codes: [{ code: "TEN-A", amount: "10.00", type: "fixed_amount" }], customer: { admin_graphql_api_id: customer.gid } });
  });

  test("Shopify's own addresses reach the store through the redirect, and nothing is redirected after it", async () => {
    const { store, shop } = harness;
    redirectToStore(store.port);
    try {
      const answer = await fetch(`https://${shop.domain}/admin/api/2026-07/graphql.json`, { method: "POST", body: "{}" });
      expect(answer.status).toBe(401);
    } finally {
      redirectToStore(null);
    }
  });
});
