/** What the domain knows of an order and of a refund, in its own words. Pure. */
import type { Gid } from "../../lib/gid";
import type { CustomerFacts } from "../customers/remember.server";

/** How an order is named: Shopify's by its gid, an integrator's by its own number (as `orderGidOf` writes it). */
export type OrderGid = Gid<"Order"> | `transaction:${string}`;

export interface OrderFacts {
  gid: OrderGid;
  name: string;
  /** Null: a guest, or a sale without a customer. */
  customer: CustomerFacts | null;
  /** The shop's own currency, whatever the shopper paid in. */
  currency: string;
  /** Lines less their discounts, without gift cards, tax and shipping. */
  earningMinor: number;
  totalMinor: number;
  discountMinor: number;
  taxesIncluded: boolean;
  /** Paid with a test gateway: recorded, its codes are used, but it earns nothing. */
  test: boolean;
  channel: string;
  processedAt: Date;
  updatedAt: Date;
  codes: { code: string; discountMinor: number }[];
}

export interface RefundFacts {
  gid: Gid<"Refund">;
  orderGid: Gid<"Order">;
  /** Refunded lines at what was paid for them, gift cards left out, with tax where prices contain it. */
  earningMinor: number;
  taxMinor: number;
  /** Everything that went back to the shopper. */
  refundedMinor: number;
  refundedAt: Date;
}

export interface CancellationFacts {
  orderGid: OrderGid;
  cancelledAt: Date;
}
