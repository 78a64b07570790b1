/** What the checkout page knows of its checkout: plain data, as the store's routes answer it. */

export interface CheckoutLine {
  variantGid: string;
  productGid: string;
  title: string;
  variantTitle: string | null;
  imageUrl: string | null;
  quantity: number;
  totalMinor: number;
}

export interface CheckoutState {
  token: string;
  shop: { name: string; domain: string };
  /** Null: a guest. */
  customer: { gid: string; name: string; email: string | null } | null;
  currency: string;
  lines: CheckoutLine[];
  /** Codes that hold, with what each takes off. */
  codes: { code: string; discountMinor: number }[];
  subtotalMinor: number;
  discountMinor: number;
  shippingMinor: number;
  totalMinor: number;
  /** The name of the order once it is paid. */
  orderName: string | null;
}

/** The answer to a change of codes: Shopify's words about a refusal are for the shopper who typed the code. */
export type CodeChange = { outcome: "changed"; state: CheckoutState } | { outcome: "refused"; reason: string; state: CheckoutState };

export const VIEWS = ["preact", "react"] as const;
export type View = (typeof VIEWS)[number];

export const TARGETS = ["purchase.checkout.block.render", "purchase.checkout.reductions.render-after"] as const;
export type Target = (typeof TARGETS)[number];

export type Messages = { [key: string]: string | Messages };

/** What the page is started with, beside the state of the checkout. */
export interface PageSettings {
  view: View;
  target: Target;
  /** BCP 47 language of the extension. */
  locale: string;
  /** False: an express wallet or a draft order, where extensions may not touch codes. */
  canUpdateDiscountCodes: boolean;
  /** The merchant's checkout editor. */
  isEditor: boolean;
  /** What the merchant has filled in for the extension. */
  extensionSettings: Record<string, string>;
  messages: Messages;
  fallbackMessages: Messages;
}
