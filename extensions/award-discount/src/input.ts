/** What the input queries ask for; a test holds both against Shopify's schema. */
import type { FunctionConfiguration } from "../../../app/contract/function-configuration";

export interface CartLine {
  id: string;
  cost: { subtotalAmount: { amount: string } };
  /** Empty for what is no product variant. */
  merchandise: { id?: string; product?: { id: string; inAnyCollection: boolean } };
}

export interface Input {
  presentmentCurrencyRate: string;
  cart: {
    cost: { subtotalAmount: { amount: string; currencyCode: string } };
    buyerIdentity: { customer: { id: string; numberOfOrders: number } | null } | null;
    retailLocation: { id: string } | null;
    lines: CartLine[];
  };
  discount: { metafield: { jsonValue: FunctionConfiguration } | null };
  shop: { localTime: { date: string; inFirst: boolean; inSecond: boolean } };
}

export interface DeliveryInput extends Input {
  cart: Input["cart"] & { deliveryGroups: { id: string }[] };
}
