/** What the admin's own pages read from the store: one type per answer, made in ../data and drawn in this folder. */

/** Everything the page needs to begin, written into the document by the server. */
export interface Boot {
  shop: string;
  /** The part of the domain before .myshopify.com, as in the admin's addresses. */
  name: string;
  title: string;
  currency: string;
  app: { handle: string; name: string; origin: string };
  /** Address of the frame when the document itself was opened at an address of the app. */
  frameSrc: string | null;
}

export interface OrderRow {
  id: string;
  name: string;
  customer: string;
  processedAt: string;
  total: string;
  codes: string[];
  status: string;
}

export interface OrderDetail extends OrderRow {
  customerId: string | null;
  lines: { id: string; title: string; quantity: number; refundable: number; price: string; discount: string }[];
  subtotal: string;
  discount: string;
  refunded: string;
  cancelled: boolean;
  refunds: { id: string; at: string; amount: string }[];
}

export interface DiscountRow {
  id: string;
  title: string;
  summary: string;
  status: string;
  codesCount: number;
  usesCount: number;
}

export interface DiscountDetail extends DiscountRow {
  startsAt: string;
  endsAt: string | null;
  /** Percent, or an amount as a decimal; null: an app's Function decides, or there is none. */
  value: { percentage: number } | { amount: string } | null;
  /** A subtotal, as a decimal. */
  minimum: string | null;
  codes: { code: string; uses: number }[];
}

export interface CustomerRow {
  id: string;
  name: string;
  email: string;
  ordersCount: number;
  spent: string;
}

export interface ProductRow {
  id: string;
  title: string;
  imageUrl: string | null;
  variants: { id: string; title: string; price: string }[];
}

export interface DeliveryRow {
  /** A delivery sent again has the same id: this tells the two apart. */
  key: string;
  id: string;
  topic: string;
  at: string;
  attempts: number;
  status: string;
  /** How the app answered last: an HTTP status, or what went wrong. */
  answer: string;
  payload: string;
}

/** How deliveries are disturbed: chances from 0 to 1, a delay in milliseconds. */
export interface Knobs {
  duplicate: number;
  drop: number;
  delayMs: number;
  reorder: boolean;
}

export interface WebhookPage {
  knobs: Knobs;
  deliveries: DeliveryRow[];
}
