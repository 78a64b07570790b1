/** An award's terms in Shopify's words. Pure. */
import { usesOfOneCode, type AwardKind, type CodeSource } from "../../domain/awards/award";
import { toDecimal } from "../../lib/money";
import type { DiscountCodeBasicInput } from "../../shopify/operations/discounts";

export interface AwardOnShopify {
  name: string;
  kind: AwardKind;
  value: number;
  currency: string;
  minOrderMinor: number | null;
  startsAt: Date;
  endsAt: Date | null;
  codeSource: CodeSource;
  shareable: boolean;
  usesPerCode: number | null;
  usesPerCustomer: number | null;
  combinesOrder: boolean;
  combinesProduct: boolean;
  combinesShipping: boolean;
}

/** Everything Shopify can enforce by itself: the same input creates the discount and brings it up to date. */
export function discountInput(award: AwardOnShopify): DiscountCodeBasicInput {
  return {
    title: award.name,
    startsAt: award.startsAt.toISOString(),
    endsAt: award.endsAt?.toISOString() ?? null,
    context: { all: "ALL" },
    customerGets: { value: discountValue(award), items: { all: true } },
    minimumRequirement: award.minOrderMinor === null ? null : { subtotal: { greaterThanOrEqualToSubtotal: toDecimal(award.minOrderMinor, award.currency) } },
    usageLimit: usesOfOneCode(award),
    // Shopify counts this per code. Only where all customers share one code does that mean what the award means.
    appliesOncePerCustomer: award.codeSource === "single" && award.usesPerCustomer === 1,
    combinesWith: { orderDiscounts: award.combinesOrder, productDiscounts: award.combinesProduct, shippingDiscounts: award.combinesShipping },
  };
}

function discountValue({ kind, value, currency }: AwardOnShopify): DiscountCodeBasicInput["customerGets"]["value"] {
  switch (kind) {
    case "fixed_amount":
      return { discountAmount: { amount: toDecimal(value, currency), appliesOnEachItem: false } };
    case "percentage":
      return { percentage: value / 100 };
    case "free_shipping":
    case "free_product":
    case "custom":
      throw new Error(`a basic discount cannot be ${kind}`);
    default:
      return kind satisfies never;
  }
}
