import { expect, it } from "vitest";
import { orderAddress } from "./order-address";

it("leads to an order of Shopify's, and nowhere from a till's transaction", () => {
  expect(orderAddress("linden.myshopify.com", "gid://shopify/Order/5501")).toBe("https://linden.myshopify.com/admin/orders/5501");
  for (const orderGid of ["transaction:web-77", "transaction:2026/11/77", "transaction:gid://shopify/Order/5501"]) expect(orderAddress("linden.myshopify.com", orderGid)).toBeNull();
});
