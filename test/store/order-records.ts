/** What the store keeps of an order and its refunds. Money in minor units of the order's currency. */
import type { Gid } from "../../app/lib/gid";

/** A line of an order, in minor units of the shop's currency. */
export interface StoreOrderLine {
  gid: Gid<"LineItem">;
  productGid: Gid<"Product">;
  variantGid: Gid<"ProductVariant">;
  title: string;
  variantTitle: string | null;
  sku: string | null;
  vendor: string;
  giftCard: boolean;
  quantity: number;
  refundedQuantity: number;
  unitMinor: number;
  taxMinor: number;
  allocations: { application: number; minor: number }[];
  /** By an edit, after the order was placed. */
  added: boolean;
}

export interface StoreDiscountApplication {
  code: string;
  discountGid: string;
  target: "line_item" | "shipping_line";
  valueType: "fixed_amount" | "percentage";
  value: string;
  method: "across" | "each";
  selection: "all" | "entitled";
  minor: number;
}

export interface StoreRefund {
  gid: Gid<"Refund">;
  transactionGid: Gid<"OrderTransaction">;
  createdAt: string;
  note: string | null;
  lines: { gid: string; lineGid: string; quantity: number; subtotalMinor: number; taxMinor: number }[];
  /** Of its goods; `edit` took lines off the order without money. */
  restock: "return" | "cancel" | "no_restock" | "edit";
  shippingMinor: number;
  shippingTaxMinor: number;
  /** Given back beyond lines and shipping; negative when less was given than they are worth. */
  adjustmentMinor: number;
  totalMinor: number;
}

export interface StoreOrder {
  gid: Gid<"Order">;
  /** Shopify's #1001 numbering. */
  number: number;
  name: string;
  token: string;
  cartToken: string;
  checkoutToken: string;
  confirmation: string;
  customerGid: Gid<"Customer"> | null;
  email: string | null;
  currency: string;
  test: boolean;
  createdAt: string;
  processedAt: string;
  updatedAt: string;
  cancelledAt: string | null;
  cancelReason: string | null;
  lines: StoreOrderLine[];
  applications: StoreDiscountApplication[];
  shippingLineGid: string;
  shippingMinor: number;
  shippingDiscountMinor: number;
  shippingTaxMinor: number;
  /** Before discounts. */
  itemsMinor: number;
  /** After discounts, before shipping. */
  subtotalMinor: number;
  discountMinor: number;
  taxMinor: number;
  totalMinor: number;
  /** Paid since, for lines that edits added. */
  addedMinor: number;
  taxesIncluded: boolean;
  refunds: StoreRefund[];
  note: string | null;
  attributes: { name: string; value: string }[];
}
