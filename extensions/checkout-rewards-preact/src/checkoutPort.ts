import type { CheckoutPort } from "rewards-flow/flow";
import type { KeyValue } from "rewards-flow/pending";
import { subtotalMinor } from "rewards-flow/subtotal";
import type { CheckoutApi } from "./api";

/** This checkout as the flow knows it. */
export function checkoutPort(api: CheckoutApi): CheckoutPort {
  const change = async (type: "addDiscountCode" | "removeDiscountCode", code: string) => {
    const result = await api.applyDiscountCodeChange({ type, code });
    return result.type === "success";
  };
  return {
    applyCode: (code) => change("addDiscountCode", code),
    removeCode: (code) => change("removeDiscountCode", code),
    appliedCodes: () => api.discountCodes.value.map(({ code }) => code),
    canApplyCodes: () => api.instructions.value.discounts.canUpdateDiscountCodes,
    subtotal: () => subtotalMinor(api.cost.subtotalAmount.value),
    locale: () => api.localization.extensionLanguage.value.isoCode,
  };
}

/** The extension's storage as the flow knows it. */
export function checkoutStorage(api: CheckoutApi): KeyValue {
  const { storage } = api;
  return {
    read: (key) => storage.read(key),
    write: (key, value) => storage.write(key, value),
    delete: (key) => storage.delete(key),
  };
}
