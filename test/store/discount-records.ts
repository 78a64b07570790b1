/** What the store keeps of a discount, its codes and their adding. */
import type { Gid } from "../../app/lib/gid";

export type DiscountKind = "basic" | "bxgy" | "freeShipping" | "app";
export type DiscountClass = "ORDER" | "PRODUCT" | "SHIPPING";

export type DiscountItems =
  | { type: "all" }
  | { type: "products"; productGids: string[]; variantGids: string[] }
  | { type: "collections"; collectionGids: string[] };

export type DiscountValue =
  | { type: "percentage"; percentage: number }
  | { type: "amount"; amount: string; onEachItem: boolean }
  | { type: "quantity"; quantity: string; effect: { percentage: number } | { amount: string } };

export type DiscountContext =
  | { type: "all" }
  | { type: "customers"; customerGids: string[] }
  | { type: "segments"; segmentGids: string[] };

export type DiscountMinimum = { type: "subtotal"; subtotal: string } | { type: "quantity"; quantity: string };

export interface StoreDiscount {
  gid: string;
  /** Entered as a code, or applied by itself. */
  method: "code" | "automatic";
  kind: DiscountKind;
  title: string;
  startsAt: string;
  endsAt: string | null;
  createdAt: string;
  updatedAt: string;
  usageLimit: number | null;
  oncePerCustomer: boolean;
  combinesWith: { orderDiscounts: boolean; productDiscounts: boolean; shippingDiscounts: boolean };
  context: DiscountContext;
  classes: DiscountClass[];
  gets: { value: DiscountValue; items: DiscountItems } | null;
  buys: { value: { quantity: string } | { amount: string }; items: DiscountItems } | null;
  minimum: DiscountMinimum | null;
  oneTimePurchase: boolean;
  subscription: boolean;
  recurringCycleLimit: number | null;
  usesPerOrderLimit: number | null;
  destination: { type: "all" } | { type: "countries"; countries: string[]; restOfWorld: boolean } | null;
  maximumShippingPrice: string | null;
  tags: string[];
  functionId: string | null;
  metafields: { gid: string; namespace: string; key: string; type: string; value: string }[];
  /** Keys into `codes`, in the order the codes were added. */
  codeKeys: Set<string>;
}

export interface RedeemCode {
  gid: Gid<"DiscountRedeemCode">;
  /** As written; its key is the upper case. */
  code: string;
  discountGid: string;
  uses: number;
  /** Who used it, for once-per-customer: gids, or e-mail addresses of guests. */
  usedBy: string[];
}

export interface BulkCreation {
  gid: Gid<"DiscountRedeemCodeBulkCreation">;
  discountGid: string;
  createdAt: string;
  /** Instant in ms from which the work counts as finished. */
  readyAtMs: number;
  done: boolean;
  rows: { code: string; redeemCodeGid: string | null; errors: string[] }[];
}
