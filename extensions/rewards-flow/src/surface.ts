/** The flow in a real checkout: what both generations of Shopify's checkout API offer alike, told to the flow once. */
import { createRewardsApi } from "./api";
import { createRewardsFlow, type CheckoutPort, type RewardsFlow } from "./flow";
import { newRequestKey, type KeyValue } from "./pending";
import { sampleTexts } from "./sample";
import type { Wording } from "./texts";

/** The part of Shopify's checkout API that is the same in both generations. */
export interface Surface {
  sessionToken: { get(): Promise<string> };
  storage: KeyValue;
  extension: { editor?: unknown };
  applyDiscountCodeChange(change: { type: "addDiscountCode" | "removeDiscountCode"; code: string }): Promise<{ type: string }>;
}

/** What each generation wraps in a container of its own, read at the moment it is asked for. */
export type Readings = Pick<CheckoutPort, "appliedCodes" | "canApplyCodes" | "subtotal" | "locale">;

/** Starts the flow in this checkout. In the merchant's editor it shows sample data instead of asking the app. */
export function flowIn(surface: Surface, readings: Readings, wording: Wording, appUrl: string): RewardsFlow {
  const { storage } = surface;
  const change = async (type: "addDiscountCode" | "removeDiscountCode", code: string) => {
    const result = await surface.applyDiscountCodeChange({ type, code });
    return result.type === "success";
  };
  return createRewardsFlow({
    api: createRewardsApi({ appUrl, sessionToken: () => surface.sessionToken.get() }),
    checkout: {
      applyCode: (code) => change("addDiscountCode", code),
      removeCode: (code) => change("removeDiscountCode", code),
      ...readings,
    },
    storage: {
      read: (key) => storage.read(key),
      write: (key, value) => storage.write(key, value),
      delete: (key) => storage.delete(key),
    },
    newKey: newRequestKey,
    now: () => Date.now(),
    ...(surface.extension.editor ? { preview: sampleTexts(wording) } : {}),
  });
}
