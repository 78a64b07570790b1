import type { useApi } from "@shopify/ui-extensions-react/checkout";
import type { CheckoutPort } from "rewards-flow/flow";
import type { KeyValue } from "rewards-flow/pending";
import { subtotalMinor } from "rewards-flow/subtotal";

/** What Shopify gives to both targets of this extension: the same standard and checkout APIs. */
export type CheckoutApi = ReturnType<typeof useApi<"purchase.checkout.block.render">>;

/** This checkout as the flow knows it. */
export function checkoutPort(api: CheckoutApi): CheckoutPort {
  const change = async (type: "addDiscountCode" | "removeDiscountCode", code: string) => {
    const result = await api.applyDiscountCodeChange({ type, code });
    return result.type === "success";
  };
  return {
    applyCode: (code) => change("addDiscountCode", code),
    removeCode: (code) => change("removeDiscountCode", code),
    appliedCodes: () => api.discountCodes.current.map(({ code }) => code),
    canApplyCodes: () => api.instructions.current.discounts.canUpdateDiscountCodes,
    subtotal: () => subtotalMinor(api.cost.subtotalAmount.current),
    locale: () => api.localization.extensionLanguage.current.isoCode,
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
