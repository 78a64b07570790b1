import type { Readings } from "rewards-flow/surface";
import { subtotalMinor } from "rewards-flow/money";
import type { CheckoutApi } from "./api";

/** This checkout as the flow reads it: signals. */
export function readingsOf(api: CheckoutApi): Readings {
  return {
    appliedCodes: () => api.discountCodes.value.map(({ code }) => code),
    canApplyCodes: () => api.instructions.value.discounts.canUpdateDiscountCodes,
    subtotal: () => subtotalMinor(api.cost.subtotalAmount.value),
    locale: () => api.localization.extensionLanguage.value.isoCode,
  };
}
