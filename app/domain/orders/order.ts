/** What the domain knows of an order and of a refund, in its own words. Pure. */
import { z } from "zod";
import type { Gid } from "../../lib/gid";
import type { CustomerFacts } from "../customers/remember.server";

/** How an order is named: Shopify's by its gid, an integrator's by its own number (as `orderGidOf` writes it). */
export type OrderGid = Gid<"Order"> | `transaction:${string}`;

/** One line of an order as it was placed; the shipping costs are a line too. */
export interface OrderLine {
  /** Shopify's id of the line, its digits; `shipping`; or `total` for an order that is told as one sum. */
  id: string;
  kind: "product" | "gift_card" | "shipping";
  productGid: Gid<"Product"> | null;
  variantGid: Gid<"ProductVariant"> | null;
  quantity: number;
  /** For the whole quantity, less its discounts; with tax where the order's prices contain it. */
  netMinor: number;
  taxMinor: number;
  /** What each code, upper case, took off this line. */
  codes: Record<string, number>;
}

/** A line that earned, as the order keeps it: what it earned with, at the rate of the time. */
export const EarnedLine = z.object({
  id: z.string(),
  quantity: z.int().min(0),
  /** What of it earns, minor units. */
  earningMinor: z.int().min(0),
  /** Thousandths of a point for each major unit: the shop's rate, times the product's multiplier, times the tier's. */
  rateMilli: z.int().min(0),
  codes: z.record(z.string(), z.int()),
});
export type EarnedLine = z.infer<typeof EarnedLine>;

export interface OrderFacts {
  gid: OrderGid;
  name: string;
  /** Null: a guest, or a sale without a customer. */
  customer: CustomerFacts | null;
  /** The shop's own currency, whatever the shopper paid in. */
  currency: string;
  lines: OrderLine[];
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
