/** The body of an orders/create webhook as long as a real one with a few lines: about 10 kB. */

const money = (amount: string) => ({ shop_money: { amount, currency_code: "EUR" }, presentment_money: { amount, currency_code: "EUR" } });

function line(number: number) {
  return {
    id: 7_000_000 + number,
    admin_graphql_api_id: `gid://shopify/LineItem/${7_000_000 + number}`,
    title: `Enamel mug, forest green, number ${number}`,
    name: `Enamel mug, forest green, number ${number}`,
    quantity: 2,
    current_quantity: 2,
    gift_card: false,
    price: "24.00",
    price_set: money("24.00"),
    product_id: 5_000 + number,
    variant_id: 6_000 + number,
    total_discount: "0.00",
    total_discount_set: money("0.00"),
    requires_shipping: true,
    taxable: true,
    vendor: "Northlake Goods",
    properties: [],
    tax_lines: [{ title: "VAT", rate: 0.19, price: "7.66", price_set: money("7.66") }],
    discount_allocations: [{ amount: "1.00", amount_set: money("1.00"), discount_application_index: 0 }],
  };
}

export interface OrderBodyWish {
  orderNumber: number;
  customerNumber: number;
  code: string;
}

export function orderBody({ orderNumber, customerNumber, code }: OrderBodyWish = { orderNumber: 9_000_001, customerNumber: 77, code: "BENCH-2X7Q" }): string {
  const lines = Array.from({ length: 10 }, (_, number) => line(number));
  const order = {
    id: orderNumber,
    admin_graphql_api_id: `gid://shopify/Order/${orderNumber}`,
    name: `#${orderNumber}`,
    currency: "EUR",
    presentment_currency: "EUR",
    taxes_included: true,
    test: false,
    source_name: "web",
    created_at: "2026-11-20T12:00:00+01:00",
    processed_at: "2026-11-20T12:00:00+01:00",
    updated_at: "2026-11-20T12:00:01+01:00",
    total_price: "470.00",
    total_price_set: money("470.00"),
    total_discounts: "10.00",
    total_discounts_set: money("10.00"),
    customer: { id: customerNumber, admin_graphql_api_id: `gid://shopify/Customer/${customerNumber}`, first_name: "Amira", last_name: "Okafor", email: "amira@example.com" },
    discount_codes: [{ code, amount: "10.00", type: "fixed_amount" }],
    discount_applications: [{ type: "discount_code", code, value: "10.0", value_type: "fixed_amount", target_type: "line_item", allocation_method: "across", target_selection: "all" }],
    line_items: lines,
    shipping_lines: [{ title: "Standard", price: "0.00", price_set: money("0.00"), discount_allocations: [] }],
  };
  return JSON.stringify(order);
}
