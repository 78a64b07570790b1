import { expect, it } from "vitest";
import { refundFactsOf } from "./order-facts";

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
