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
  /** How many of them an edit of the order took away, without a refund that names them. Absent: none. */
  removed?: number;
  /** For the whole quantity, less its discounts; with tax where the order's prices contain it. */
  netMinor: number;
  taxMinor: number;
  /** What each code, upper case, took off this line. */
  codes: Record<string, number>;
}

/** The line of an order that was told as one sum. */
export const TOTAL_LINE = "total";
/** The line of the shipping costs. */
export const SHIPPING_LINE = "shipping";

/** A line as the order keeps it: what it earned with, at the rate of the time. */
export const EarnedLine = z.object({
  id: z.string(),
  productGid: z.string().nullable().default(null),
  variantGid: z.string().nullable().default(null),
  quantity: z.int().min(0),
  removed: z.int().min(0).default(0),
  netMinor: z.int().default(0),
  /** What of it earns, minor units. */
  earningMinor: z.int().min(0),
  /** How its tax counts for earning: 1 added, 0 not touched, -1 taken out of prices that contain it. A refund's tax counts likewise. */
  taxShare: z.union([z.literal(-1), z.literal(0), z.literal(1)]).default(0),
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

/** Units of a line that went back, at what was paid for them; with tax where prices contain it. */
export const RefundedLine = z.object({
  /** As in OrderLine. Of SHIPPING_LINE the amounts count and the quantity is 0. */
  lineId: z.string(),
  quantity: z.int().min(0),
  netMinor: z.int(),
  taxMinor: z.int(),
});
export type RefundedLine = z.infer<typeof RefundedLine>;

export interface RefundFacts {
  gid: Gid<"Refund">;
  orderGid: Gid<"Order">;
  lines: RefundedLine[];
  /** Money given back beyond these lines; negative: held back from them. With tax where prices contain it. */
  beyondMinor: number;
  /** The tax in it, or beside it where prices do not contain it. Absent: none is told. */
  beyondTaxMinor?: number;
  /** Everything that went back to the shopper. */
  refundedMinor: number;
  /** The same where it depends on the order's prices: if those are without tax. Absent: it does not. */
  refundedOnTopMinor?: number | null;
  refundedAt: Date;
}

/** An order as it is told again: as it was placed, with what became of it until then. */
export interface OrderNews extends OrderFacts {
  refunds: RefundFacts[];
  cancelledAt: Date | null;
}

export interface CancellationFacts {
  orderGid: OrderGid;
  cancelledAt: Date;
}
