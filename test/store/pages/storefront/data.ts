/** What the storefront reads from the store. */

export interface StorefrontData {
  shop: string;
  name: string;
  currency: string;
  products: StorefrontProduct[];
  customers: { id: string; name: string; email: string }[];
}

export interface StorefrontProduct {
  id: string;
  title: string;
  description: string;
  imageUrl: string | null;
  variants: { id: string; title: string; priceMinor: number }[];
}

/** Asks for a checkout; the answer is its address. */
export interface CheckoutRequest {
  customerId: string | null;
  lines: { variantId: string; quantity: number }[];
  view: "preact" | "react";
}
