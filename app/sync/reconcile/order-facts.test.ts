import { expect, it } from "vitest";
import type { FoundLine, FoundOrder } from "../../shopify/operations/orders";
import { orderNewsOf, refundFactsOf } from "./order-facts";

const money = (amount: string) => ({ shopMoney: { amount, currencyCode: "EUR" } });

it("money given back beyond the lines comes with its tax, as in the webhook", () => {
  const adjustment = (reason: string, amount: string, tax: string) => ({ reason, amountSet: money(amount), taxAmountSet: money(tax) });
  const facts = refundFactsOf({
    id: "gid://shopify/Refund/9", processedAt: new Date("2026-11-20T12:00:00Z"), totalRefundedSet: money("59.50"), order: { id: "gid://shopify/Order/1" },
    refundLineItems: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } }, refundShippingLines: { nodes: [] },
    orderAdjustments: { nodes: [adjustment("REFUND_DISCREPANCY", "-50.00", "-9.50"), adjustment("RESTOCK", "-1.00", "-1.00")] },
  }, []);
  expect(facts).toMatchObject({ beyondMinor: 5000, beyondTaxMinor: 950, refundedMinor: 5950 });
});

it("an order is told as in its webhook: as it was placed, with units that an edit took away, gift cards, shipping, its codes and that it was a test", () => {
  const at = new Date("2026-11-20T12:00:00Z");
  const line = (id: number, price: string, more: Partial<FoundLine>): FoundLine => ({
    id: `gid://shopify/LineItem/${id}`, quantity: 1, currentQuantity: 1, isGiftCard: false, originalUnitPriceSet: money(price), product: { id: `gid://shopify/Product/${id}` },
    variant: { id: `gid://shopify/ProductVariant/${id}` }, taxLines: [], discountAllocations: [], ...more,
  });
  const lines = [
    line(1, "10.00", { quantity: 3, taxLines: [{ priceSet: money("5.70") }], currentQuantity: 1, discountAllocations: [{ allocatedAmountSet: money("3.00"), discountApplication: { index: 0, code: "welcome" } }] }),
    line(2, "20.00", { isGiftCard: true }),
  ];
  const refund = refundFactsOf({
    id: "gid://shopify/Refund/9", processedAt: at, totalRefundedSet: money("16.85"), order: { id: "gid://shopify/Order/1" },
    refundLineItems: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } }, orderAdjustments: { nodes: [] },
    refundShippingLines: { nodes: [{ subtotalAmountSet: money("5.00"), taxAmountSet: money("0.95") }] },
  }, [{ quantity: 1, subtotalSet: money("9.00"), totalTaxSet: money("1.90"), lineItem: { id: "gid://shopify/LineItem/1" } }]);
  const order: FoundOrder = {
    id: "gid://shopify/Order/1", name: "#1", currencyCode: "EUR", taxesIncluded: false, test: true, sourceName: "web", processedAt: at, updatedAt: at, cancelledAt: null, customer: null,
    totalPriceSet: money("70.00"), totalDiscountsSet: money("3.00"), discountApplications: { nodes: [{ index: 0, code: "welcome" }] },
    shippingLines: { nodes: [{ originalPriceSet: money("5.00"), taxLines: [{ priceSet: money("0.95") }], discountAllocations: [] }] },
    lineItems: { nodes: lines, pageInfo: { hasNextPage: false, endCursor: null } }, refunds: [{ id: refund.gid }],
  };
  expect(orderNewsOf(order, lines, [refund])).toMatchObject({
    test: true, totalMinor: 7000, discountMinor: 300, codes: [{ code: "WELCOME", discountMinor: 300 }],
    lines: [
      { id: "1", kind: "product", quantity: 3, removed: 1, netMinor: 2700, taxMinor: 570, codes: { WELCOME: 300 } },
      { id: "2", kind: "gift_card", netMinor: 2000, codes: {} },
      { id: "shipping", kind: "shipping", netMinor: 500, taxMinor: 95 },
    ],
    refunds: [{ refundedMinor: 1685, lines: [{ lineId: "1", quantity: 1, netMinor: 900, taxMinor: 190 }, { lineId: "shipping", quantity: 0, netMinor: 500, taxMinor: 95 }] }],
  });
});
