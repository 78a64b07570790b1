import type { useApi } from "@shopify/ui-extensions-react/checkout";
import type { Readings } from "rewards-flow/surface";
import { subtotalMinor } from "rewards-flow/money";

/** What Shopify gives to both targets of this extension: the same standard and checkout APIs. */
export type CheckoutApi = ReturnType<typeof useApi<"purchase.checkout.block.render">>;

/** This checkout as the flow reads it: subscribables. */
export function readingsOf(api: CheckoutApi): Readings {
  return {
    appliedCodes: () => api.discountCodes.current.map(({ code }) => code),
    canApplyCodes: () => api.instructions.current.discounts.canUpdateDiscountCodes,
    subtotal: () => subtotalMinor(api.cost.subtotalAmount.current),
    locale: () => api.localization.extensionLanguage.current.isoCode,
  };
}
