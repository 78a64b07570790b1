/** Orders, their cancelling and their refunds, and what the app is told of them. */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDiscount, type Harness, startHarness } from "./harness";
import type { StoreOrder } from "./order-records";
import { DEFAULT_TOPICS } from "./store";

let harness: Harness;
let tote = "";
let beanie = "";

beforeAll(async () => {
  harness = await startHarness({ topics: [...new Set([...DEFAULT_TOPICS, "orders/updated", "orders/edited"])] });
  harness.shop.configure({ currency: "CAD", taxesIncluded: false, taxRate: 0.13, taxTitle: "HST", shippingMinor: 800, timeZone: "America/Toronto" });
  tote = harness.shop.addProduct({ title: "Canvas tote", price: "40.00" }).variants[0]?.gid ?? "";
  beanie = harness.shop.addProduct({ title: "Wool beanie", price: "60.00" }).variants[0]?.gid ?? "";
  await createDiscount(harness, { code: "LOYAL" });
});

beforeEach(async () => {
  while (await harness.shop.webhooks.deliver()) continue;
  harness.heard.length = 0;
});

afterAll(() => harness.close());

function buy(options: { totes?: number; beanies?: number; customerGid?: string | null } = {}): StoreOrder {
  const { totes = 2, beanies = 1, customerGid = null } = options;
  const order = harness.shop.placeOrder({ customerGid, lines: [{ variantGid: tote, quantity: totes }, { variantGid: beanie, quantity: beanies }], discountCodes: ["LOYAL"] });
  if ("refused" in order) throw new Error(JSON.stringify(order));
  return order;
}

const topics = () => harness.heard.map((told) => told.headers["x-shopify-topic"]);

describe("an order", () => {
  test("adds up as Shopify's own example does, to the cent", async () => {
    const customer = harness.shop.addCustomer({ firstName: "Amira", lastName: "Okafor", email: "amira@example.com" });
    buy({ customerGid: customer.gid });
    await harness.shop.webhooks.deliver();
    expect(topics()).toEqual(["customers/create", "orders/create", "customers/purchasing_summary"]);
    expect(harness.heard[0]?.body).toMatchObject({ admin_graphql_api_id: customer.gid, first_name: "Amira" });
    expect(harness.heard[2]?.body).toMatchObject({ customerId: customer.gid, numberOfOrders: 1 });
    const told = harness.heard[1]?.body;
    expect(told).toMatchObject({
      currency: "CAD",
      total_line_items_price: "140.00",
      total_discounts: "10.00",
      subtotal_price: "130.00",
      total_tax: "17.94",
      total_price: "155.94",
      financial_status: "paid",
      taxes_included: false,
      discount_codes: [{ code: "LOYAL", amount: "10.00", type: "fixed_amount" }],
      discount_applications: [{ target_type: "line_item", type: "discount_code", value: "10.00", value_type: "fixed_amount", allocation_method: "across", target_selection: "all", code: "LOYAL" }],
      line_items: [
        { quantity: 2, price: "40.00", total_discount: "0.00", discount_allocations: [{ amount: "5.71", discount_application_index: 0 }], tax_lines: [{ price: "9.66", rate: 0.13 }] },
        { quantity: 1, price: "60.00", discount_allocations: [{ amount: "4.29" }], tax_lines: [{ price: "7.24" }] },
      ],
      shipping_lines: [{ price: "8.00", tax_lines: [{ price: "1.04" }] }],
      customer: { email: "amira@example.com", admin_graphql_api_id: customer.gid },
    });
    expect(told?.["created_at"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-0[45]:00$/);
  });

  test("of a guest has no customer, and one of the past is told to nobody", async () => {
    const past = harness.shop.placeOrder({
      customerGid: null,
      email: "guest@example.com",
      lines: [{ variantGid: tote, quantity: 1 }],
      discountCodes: [],
      processedAt: new Date("2025-12-24T10:00:00Z"),
      silent: true,
    });
    expect(past).toMatchObject({ processedAt: "2025-12-24T10:00:00.000Z", email: "guest@example.com" });
    buy();
    await harness.shop.webhooks.deliver();
    expect(harness.heard.map((told) => [told.headers["x-shopify-topic"], told.body["customer"]])).toEqual([["orders/create", null]]);
  });

  test("shows the app the same order through the API, found by the time it changed", async () => {
    const order = buy();
    const query = `query ($q: String) {
      orders(first: 5, sortKey: UPDATED_AT, reverse: true, query: $q) {
        nodes {
          id discountCodes totalPriceSet { shopMoney { amount } }
          lineItems(first: 5) { nodes { quantity discountAllocations { allocatedAmountSet { shopMoney { amount } } } } }
        }
      }
    }`;
    const since = new Date(Date.parse(order.updatedAt) - 1000).toISOString();
    const { data } = await harness.graphql(query, { q: `updated_at:>='${since}'` });
    expect((data["orders"] as { nodes: unknown[] }).nodes[0]).toMatchObject({
      id: order.gid,
      discountCodes: ["LOYAL"],
      totalPriceSet: { shopMoney: { amount: "155.94" } },
      lineItems: { nodes: [{ quantity: 2, discountAllocations: [{ allocatedAmountSet: { shopMoney: { amount: "5.71" } } }] }, { quantity: 1 }] },
    });
  });
});

describe("money back", () => {
  test("for one line is the line after its discount, with its tax", async () => {
    const order = buy();
    await harness.shop.webhooks.deliver();
    harness.shop.refundOrder(order.gid, { lines: [{ lineGid: order.lines[1]?.gid ?? "", quantity: 1 }] });
    await harness.shop.webhooks.deliver();
    expect(topics()).toEqual(["orders/create", "refunds/create", "orders/updated"]);
    expect(harness.heard[1]?.body).toMatchObject({
      order_id: Number(order.gid.split("/").at(-1)),
      refund_line_items: [{ quantity: 1, subtotal: 55.71, total_tax: 7.24, line_item: { price: "60.00" } }],
      transactions: [{ kind: "refund", status: "success", amount: "62.95" }],
    });
    expect(harness.heard[2]?.body).toMatchObject({ financial_status: "partially_refunded", current_subtotal_price: "74.29", current_total_price: "92.99" });
  });

  test("cancelling gives all of it back once, and says so in three webhooks", async () => {
    const order = buy();
    harness.shop.cancelOrder(order.gid);
    harness.shop.cancelOrder(order.gid);
    await harness.shop.webhooks.deliver();
    expect(topics()).toEqual(["orders/create", "orders/cancelled", "refunds/create", "orders/updated"]);
    expect(harness.heard[1]?.body).toMatchObject({ cancel_reason: "customer", financial_status: "refunded", current_total_price: "0.00" });
    expect(harness.heard[2]?.body).toMatchObject({ transactions: [{ amount: "155.94" }], order_adjustments: [{ kind: "shipping_refund", amount: "-8.00", tax_amount: "-1.04" }] });
    expect(harness.shop.findCode("LOYAL")?.uses).toBeGreaterThan(0);
  });

  test("cannot be more than there is", () => {
    const order = buy();
    const line = order.lines[0]?.gid ?? "";
    expect(harness.shop.refundOrder(order.gid, { lines: [{ lineGid: line, quantity: 3 }] })).toEqual({ refused: "more_than_is_left" });
    harness.shop.refundOrder(order.gid, { full: true });
    expect(harness.shop.refundOrder(order.gid, { full: true })).toEqual({ refused: "nothing_to_refund" });
    expect(harness.shop.refundOrder(order.gid, { amountMinor: 1 })).toEqual({ refused: "more_than_is_left" });
  });

  test("an amount without lines is an adjustment", async () => {
    const order = buy();
    await harness.shop.webhooks.deliver();
    harness.shop.refundOrder(order.gid, { amountMinor: 500 });
    await harness.shop.webhooks.deliver();
    expect(harness.heard[1]?.body).toMatchObject({ refund_line_items: [], order_adjustments: [{ kind: "refund_discrepancy", amount: "-5.00" }], transactions: [{ amount: "5.00" }] });
  });

  test("piece by piece comes to exactly what the order cost", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), (totes, beanies) => {
        const order = buy({ totes, beanies });
        for (const line of order.lines) for (let piece = 0; piece < line.quantity; piece += 1) harness.shop.refundOrder(order.gid, { lines: [{ lineGid: line.gid, quantity: 1 }] });
        harness.shop.refundOrder(order.gid, { full: true });
        expect(order.refunds.reduce((sum, refund) => sum + refund.totalMinor, 0)).toBe(order.totalMinor);
      }),
      { numRuns: 25 },
    );
  });
});

describe("money back of other kinds", () => {
  const refundOf = (at: number) => harness.heard[at]?.body as { refund_line_items: unknown[]; order_adjustments: unknown[]; refund_shipping_lines: unknown[]; transactions: unknown[]; restock: boolean };

  test("a line with a part of the shipping, and the rest of it later: its tax comes back to the cent", async () => {
    const order = buy();
    await harness.shop.webhooks.deliver();
    const [line] = order.lines;
    harness.shop.refundOrder(order.gid, { lines: [{ lineGid: line?.gid ?? "", quantity: 1 }], shippingMinor: 300 });
    harness.shop.refundOrder(order.gid, { lines: [], shippingMinor: 500 });
    expect(harness.shop.refundOrder(order.gid, { lines: [], shippingMinor: 1 })).toEqual({ refused: "more_than_is_left" });
    while (await harness.shop.webhooks.deliver()) continue;
    const told = harness.heard.filter(({ headers }) => headers["x-shopify-topic"] === "refunds/create").map(({ body }) => body);
    expect(told).toMatchObject([
      {
        refund_line_items: [{ quantity: 1, restock_type: "return" }],
        order_adjustments: [{ kind: "shipping_refund", amount: "-3.00", tax_amount: "-0.39" }],
        refund_shipping_lines: [{ subtotal_amount_set: { shop_money: { amount: "3.00" } }, tax_amount_set: { shop_money: { amount: "0.39" } } }],
      },
      { refund_line_items: [], order_adjustments: [{ amount: "-5.00", tax_amount: "-0.65" }], transactions: [{ amount: "5.65" }] },
    ]);
  });

  test("goods taken back without money: the lines stand in the refund, and what they were worth against them", async () => {
    const order = buy();
    await harness.shop.webhooks.deliver();
    harness.shop.refundOrder(order.gid, { lines: [{ lineGid: order.lines[1]?.gid ?? "", quantity: 1 }], paidMinor: 0, restock: "return" });
    await harness.shop.webhooks.deliver();
    expect(refundOf(1)).toMatchObject({ restock: true, refund_line_items: [{ subtotal: 55.71 }], order_adjustments: [{ kind: "refund_discrepancy", amount: "62.95" }], transactions: [] });
    expect(harness.heard[2]?.body).toMatchObject({ financial_status: "paid", line_items: [{ current_quantity: 2 }, { current_quantity: 0 }] });
  });

  test("less than a line is worth, and goods that stay with the customer", async () => {
    const order = buy();
    await harness.shop.webhooks.deliver();
    harness.shop.refundOrder(order.gid, { lines: [{ lineGid: order.lines[1]?.gid ?? "", quantity: 1 }], paidMinor: 6000, restock: "no_restock" });
    await harness.shop.webhooks.deliver();
    expect(refundOf(1)).toMatchObject({ restock: false, refund_line_items: [{ restock_type: "no_restock" }], order_adjustments: [{ amount: "2.95" }], transactions: [{ amount: "60.00" }] });
  });
});

describe("an edited order", () => {
  test("names what was added and taken off, and stands as it is now in the order itself", async () => {
    const order = buy();
    await harness.shop.webhooks.deliver();
    const [totes] = order.lines;
    harness.shop.editOrder(order.gid, { add: [{ variantGid: beanie, quantity: 2 }], remove: [{ lineGid: totes?.gid ?? "", quantity: 1 }], note: "swapped" });
    await harness.shop.webhooks.deliver();
    expect(topics()).toEqual(["orders/create", "orders/edited", "orders/updated"]);
    const added = order.lines[2];
    expect(harness.heard[1]?.body).toMatchObject({
      order_edit: { order_id: Number(order.gid.split("/").at(-1)), staff_note: "swapped", line_items: { additions: [{ id: Number(added?.gid.split("/").at(-1)), delta: 2 }], removals: [{ delta: 1 }] } },
    });
    expect(harness.heard[2]?.body).toMatchObject({
      total_price: "155.94",
      // 130.00 - 37.15 for a tote after its discount + two beanies.
      current_subtotal_price: "212.85",
      total_outstanding: "-41.98",
      line_items: [{ quantity: 2, current_quantity: 1 }, { quantity: 1, current_quantity: 1 }, { quantity: 2, current_quantity: 2, discount_allocations: [] }],
      refunds: [{ refund_line_items: [{ quantity: 1, restock_type: "cancel" }], transactions: [] }],
    });
  });

  test("what is owed after it comes back by amount, and that is no discrepancy", async () => {
    const order = buy();
    harness.shop.editOrder(order.gid, { remove: [{ lineGid: order.lines[0]?.gid ?? "", quantity: 1 }] });
    while (await harness.shop.webhooks.deliver()) continue;
    harness.heard.length = 0;
    harness.shop.refundOrder(order.gid, { amountMinor: 4198 });
    await harness.shop.webhooks.deliver();
    expect(harness.heard[0]?.body).toMatchObject({ refund_line_items: [], order_adjustments: [], transactions: [{ amount: "41.98" }] });
    expect(harness.heard[1]?.body).toMatchObject({ total_outstanding: "0.00" });
    harness.shop.refundOrder(order.gid, { full: true });
    expect(order.refunds.reduce((sum, refund) => sum + refund.totalMinor, 0)).toBe(order.totalMinor);
  });

  test("cannot lose what it does not have", () => {
    const order = buy();
    expect(harness.shop.editOrder(order.gid, {})).toEqual({ refused: "nothing_to_edit" });
    expect(harness.shop.editOrder(order.gid, { remove: [{ lineGid: order.lines[0]?.gid ?? "", quantity: 3 }] })).toEqual({ refused: "more_than_is_left" });
    expect(() => harness.shop.editOrder(order.gid, { add: [{ variantGid: "gid://shopify/ProductVariant/1", quantity: 1 }] })).toThrow("no variant");
  });
});

describe("the list of orders by last change", () => {
  const PAGE = `query ($after: String, $reverse: Boolean) { orders(first: 2, after: $after, sortKey: UPDATED_AT, reverse: $reverse) { nodes { id } pageInfo { hasNextPage endCursor } } }`;
  type Page = { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };

  test("goes on where it stood, though the order it stood at was changed meanwhile", async () => {
    const made = [buy(), buy(), buy(), buy()];
    // One a minute, the last ones of the shop.
    made.forEach((order, at) => (order.updatedAt = new Date(Date.parse("2030-01-01T00:00:00Z") + at * 60_000).toISOString()));
    const seen: string[] = [];
    let after: string | null = null;
    for (;;) {
      const found = (await harness.graphql(PAGE, { after })).data["orders"] as unknown as Page;
      seen.push(...found.nodes.map((node) => node.id));
      const last = made.find((order) => order.gid === found.nodes.at(-1)?.id);
      // The row of the cursor is changed: it moves to the end, and comes once more.
      if (last && last.updatedAt < "2031") last.updatedAt = "2031-01-01T00:00:00.000Z";
      if (!found.pageInfo.hasNextPage) break;
      after = found.pageInfo.endCursor;
    }
    expect(new Set(seen)).toEqual(new Set(harness.shop.orders.keys()));
  });

  test("goes backwards too", async () => {
    const first = (await harness.graphql(PAGE, { after: null, reverse: true })).data["orders"] as unknown as Page;
    const second = (await harness.graphql(PAGE, { after: first.pageInfo.endCursor, reverse: true })).data["orders"] as unknown as Page;
    const expected = [...harness.shop.orders.values()].sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : a.updatedAt > b.updatedAt ? -1 : a.gid < b.gid ? 1 : -1)).map((order) => order.gid);
    expect([...first.nodes, ...second.nodes].map((node) => node.id)).toEqual(expected.slice(0, 4));
  });
});
