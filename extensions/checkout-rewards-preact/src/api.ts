import type { Api as BlockApi } from "@shopify/ui-extensions/purchase.checkout.block.render";

/** What Shopify gives to both targets of this extension: the same standard and checkout APIs. */
export type CheckoutApi = BlockApi;
