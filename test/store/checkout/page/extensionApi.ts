/** What Shopify's checkout tells an extension about itself, drawn from the state of this checkout. */
import { minorDigits } from "../../../../app/lib/money";
import type { CheckoutState, PageSettings } from "../state";
import type { CheckoutStore } from "./checkoutStore";

/** Members that never change while the page is open, by dotted path. */
export function plainMembers(state: CheckoutState, settings: PageSettings, apiVersion: string): Record<string, unknown> {
  return {
    version: apiVersion,
    extensionPoint: settings.target,
    "extension.target": settings.target,
    "extension.apiVersion": apiVersion,
    ...(settings.isEditor ? { "extension.editor": { type: "checkout" } } : {}),
    shop: { id: "gid://shopify/Shop/1", name: state.shop.name, myshopifyDomain: state.shop.domain, storefrontUrl: "" },
  };
}

/** Members that follow the checkout, by dotted path. */
export function liveMembers(state: CheckoutState, settings: PageSettings): Record<string, unknown> {
  const money = (minor: number) => ({ amount: minor / 10 ** minorDigits(state.currency), currencyCode: state.currency });
  const language = { isoCode: settings.locale };
  const may = settings.canUpdateDiscountCodes;
  return {
    settings: settings.extensionSettings,
    discountCodes: state.codes.map(({ code }) => ({ code })),
    discountAllocations: state.codes.map(({ code, discountMinor }) => ({ type: "code", code, discountedAmount: money(discountMinor) })),
    instructions: { discounts: { canUpdateDiscountCodes: may } },
    "cost.subtotalAmount": money(state.subtotalMinor),
    "cost.totalAmount": money(state.totalMinor),
    "buyerIdentity.customer": state.customer ? { id: state.customer.gid } : undefined,
    "localization.language": language,
    "localization.extensionLanguage": language,
    "localization.currency": { isoCode: state.currency },
    checkoutToken: state.token,
  };
}

/** Shopify's call: the message of a refusal is meant for developers and says so. */
export async function applyDiscountCodeChange(store: CheckoutStore, settings: PageSettings, change: { type: string; code: string }) {
  const error = (message: string) => ({ type: "error" as const, message: `debug only: ${message}` });
  if (!settings.canUpdateDiscountCodes) return error("discount codes cannot be updated in this checkout");
  const result = change.type === "removeDiscountCode" ? await store.remove(change.code) : await store.apply(change.code);
  return result.outcome === "changed" ? { type: "success" as const } : error(result.reason);
}
