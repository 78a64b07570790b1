/** What the local store remembers of one shop: plain data, so that it can be written to a file and read back. */
import type { Gid } from "../../app/lib/gid";
import type { BulkCreation, RedeemCode, StoreDiscount } from "./discount-records";
import type { StoreOrder } from "./order-records";

export interface StoreCustomer {
  gid: Gid<"Customer">;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  phone: string | null;
  tags: string[];
  locale: string;
  createdAt: string;
  updatedAt: string;
}

export interface StoreVariant {
  gid: Gid<"ProductVariant">;
  title: string;
  sku: string | null;
  priceMinor: number;
  giftCard: boolean;
}

export interface StoreProduct {
  gid: Gid<"Product">;
  title: string;
  handle: string;
  description: string;
  vendor: string;
  productType: string;
  status: "ACTIVE" | "DRAFT" | "ARCHIVED";
  tags: string[];
  /** An address or a data: URL; null shows a placeholder. */
  imageUrl: string | null;
  variants: StoreVariant[];
  createdAt: string;
  updatedAt: string;
}

export interface StoreCollection {
  gid: Gid<"Collection">;
  title: string;
  handle: string;
  productGids: Gid<"Product">[];
}

export interface StoreSegment {
  gid: Gid<"Segment">;
  name: string;
  query: string;
  createdAt: string;
}

/** A Shopify Function of an installed app. */
export interface StoreFunction {
  id: string;
  handle: string;
  title: string;
  apiType: string;
  description: string;
  appKey: string;
  app: { id: string; title: string; handle: string };
}

/** How a bulk operation is to fail: after so many rows or lines, ending so. */
export interface BulkFailure {
  status: "FAILED" | "EXPIRED" | "CANCELED";
  errorCode: "ACCESS_DENIED" | "INTERNAL_SERVER_ERROR" | "TIMEOUT" | null;
  afterRows: number;
}

export interface BulkOperation {
  gid: Gid<"BulkOperation">;
  type: "MUTATION" | "QUERY";
  status: "CREATED" | "RUNNING" | "COMPLETED" | "CANCELING" | BulkFailure["status"];
  errorCode: BulkFailure["errorCode"];
  /** The mutation or query. */
  text: string;
  /** A query's rows stand under the rows they hang on. */
  grouped: boolean;
  /** A mutation's staged upload. */
  path: string;
  createdAt: string;
  completedAt: string | null;
  readyAtMs: number;
  looks: number;
  objectCount: number;
  rootObjectCount: number;
  /** The failure that it will meet. */
  failure: BulkFailure | null;
  /** The result as far as it goes, in pieces. */
  result: string[];
}

export interface AccessToken {
  token: string;
  kind: "offline" | "online";
  scopes: string[];
  expiresAtMs: number | null;
}

export interface RefreshToken {
  token: string;
  scopes: string[];
  expiresAtMs: number;
  accessToken: string;
  /** The token that followed it; the old one works until the new one, or the access token that came with it, has been used once. */
  replacedBy: string | null;
}

/** One delivery of one event to the app: what is sent again on a retry is exactly this. */
export interface WebhookDelivery {
  webhookId: string;
  eventId: string;
  topic: string;
  triggeredAt: string;
  body: string;
  status: "pending" | "delivered" | "failed" | "dropped";
  /** Not before this instant, in ms of the machine's clock; only the automatic mode waits for it. */
  dueAtMs: number;
  attempts: { at: string; result: string }[];
}

/** What a person may switch to see how the app bears it. */
export interface WebhookKnobs {
  /** Chance from 0 to 1 that a delivery is sent twice. */
  duplicate: number;
  /** Chance that a delivery is lost, as Shopify gives no guarantee. */
  drop: number;
  delayMs: number;
  /** Deliveries of one round go out in a shuffled order. */
  reorder: boolean;
  /** Taken before chance is asked: this many of the next deliveries are duplicated or dropped. */
  duplicateNext: number;
  dropNext: number;
}

export interface ShopState {
  domain: string;
  name: string;
  currency: string;
  timeZone: string;
  taxesIncluded: boolean;
  taxRate: number;
  taxTitle: string;
  shippingMinor: number;
  /** Countries the shop's shipping zones name, as a discount's destination shows them. */
  shipsTo: string[];
  sellsSubscriptions: boolean;
  createdAt: string;
  installed: boolean;
  nextId: number;
  nextOrderNumber: number;
  customers: Map<string, StoreCustomer>;
  products: Map<string, StoreProduct>;
  collections: Map<string, StoreCollection>;
  segments: Map<string, StoreSegment>;
  functions: StoreFunction[];
  discounts: Map<string, StoreDiscount>;
  /** Keyed by the code in upper case: codes are unique without regard to case. */
  codes: Map<string, RedeemCode>;
  codeKeysByGid: Map<string, string>;
  bulkCreations: Map<string, BulkCreation>;
  bulkOperations: Map<string, BulkOperation>;
  /** What the next bulk operations are to meet, in order. */
  bulkFailures: BulkFailure[];
  /** Upload key to content; null until something was uploaded. */
  uploads: Map<string, string | null>;
  orders: Map<string, StoreOrder>;
  accessTokens: Map<string, AccessToken>;
  refreshTokens: Map<string, RefreshToken>;
  deliveries: WebhookDelivery[];
  /** Since the shop was opened; the log forgets. */
  told: { events: number; duplicated: number; dropped: number };
  knobs: WebhookKnobs;
}

/** A shop as it stands on the day it is opened. */
export function newShopState(domain: string, now: Date): ShopState {
  return {
    domain,
    name: nameOf(domain),
    currency: "EUR",
    timeZone: "Europe/Berlin",
    taxesIncluded: true,
    taxRate: 0.19,
    taxTitle: "VAT",
    shippingMinor: 490,
    shipsTo: ["AT", "BE", "CA", "CH", "DE", "FR", "GB", "IT", "NL", "US"],
    sellsSubscriptions: false,
    createdAt: now.toISOString(),
    installed: false,
    // As long as Shopify's own, so that texts that hold ids are as long as Shopify's.
    nextId: 10_000_000_000_001,
    nextOrderNumber: 1001,
    customers: new Map(),
    products: new Map(),
    collections: new Map(),
    segments: new Map(),
    functions: [],
    discounts: new Map(),
    codes: new Map(),
    codeKeysByGid: new Map(),
    bulkCreations: new Map(),
    bulkOperations: new Map(),
    bulkFailures: [],
    uploads: new Map(),
    orders: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    deliveries: [],
    told: { events: 0, duplicated: 0, dropped: 0 },
    knobs: { duplicate: 0, drop: 0, delayMs: 0, reorder: false, duplicateNext: 0, dropNext: 0 },
  };
}

/** "north-lake.myshopify.com" → "North Lake". */
function nameOf(domain: string): string {
  const words = domain.replace(/\.myshopify\.com$/, "").split("-");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
}

/** The next id of the shop; ids grow, as Shopify's do, so that the order of ids is the order of making. */
export function nextGid<T extends string>(state: ShopState, type: T): Gid<T> {
  const id = state.nextId;
  state.nextId += 1;
  return `gid://shopify/${type}/${id}`;
}

/** The key under which a code is found: Shopify compares codes without regard to case. */
export function codeKey(code: string): string {
  return code.toUpperCase();
}

/** An instant as the Admin API writes it: UTC, whole seconds. */
export function isoSeconds(instant: Date | number | string): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}
