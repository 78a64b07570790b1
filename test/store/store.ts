/** The local store: a small Shopify on loopback, for tests to drive and people to click. */
import type { BucketOptions } from "./admin-api/bucket";
import { STANDARD_BUCKET } from "./admin-api/bucket";
import { makeAdminApi } from "./admin-api/endpoint";
import { releaseFunction } from "./admin-api/functions";
import { resolvers } from "./admin-api/resolvers";
import type { ReleasedFunction } from "./functions/released";
import { seededRandom } from "./random";
import { listen, type Route } from "./server";
import { StoreShop } from "./shop";
import { readSnapshot, Snapshot } from "./snapshot";
import { newShopState, type ShopState } from "./state";

export type { StoreShop } from "./shop";
export type { Route } from "./server";

export interface StoreOptions {
  /** A free one when left out. */
  port?: number;
  apiKey: string;
  apiSecret: string;
  /** Where browsers reach the app. */
  appUrl: string;
  /** Where the store itself reaches the app, when that is another address. */
  appUpstream?: string;
  appTitle?: string;
  scopes: readonly string[];
  /** Keeps the state over restarts. */
  stateFile?: string;
  clock?: () => Date;
  bucket?: BucketOptions;
  webhooks?: "manual" | "automatic";
  /** Topics the app subscribes to; what shopify.app.toml declares. */
  topics?: readonly string[];
  /** How long a bulk creation or operation takes by the store's clock; 0 = done when it is next looked at. */
  bulkDelayMs?: number;
  /** How much later than a change a filtered list of discounts knows of it, by the store's clock. */
  searchLagMs?: number;
  /** The Functions that the app has released; without them their discounts are refused at the checkout. */
  functions?: readonly ReleasedFunction[];
  /** 1 = Shopify's own pauses between retries of a webhook. */
  retryScale?: number;
  seed?: number;
}

/** What shopify.app.toml subscribes to (a test compares): an event on any other topic is told to nobody. */
export const DEFAULT_TOPICS = [
  "orders/create",
  "orders/updated",
  "orders/cancelled",
  "refunds/create",
  "customers/create",
  "customers/update",
  "customers/merge",
  "customers/purchasing_summary",
  "collections/update",
  "collections/delete",
  "discounts/update",
  "discounts/delete",
  "app/uninstalled",
  "customers/data_request",
  "customers/redact",
  "shop/redact",
] as const;

export interface LocalStore {
  port: number;
  url: string;
  shops: Map<string, StoreShop>;
  /** The shop of this domain, made when it is first asked for. */
  shop(domain: string): StoreShop;
  /** Pages of other hosts than *.myshopify.com, and of a shop's own host beside the API: asked in order, the first that answers true has answered. */
  routes: Route[];
  /** Writes the state and stops; nothing of the store is left running. */
  close(): Promise<void>;
}

/** Starts a store. Throws when the port is taken or the schema cannot be had. */
export async function startStore(options: StoreOptions): Promise<LocalStore> {
  const clock = options.clock ?? (() => new Date());
  const random = seededRandom(options.seed ?? 1);
  const shops = new Map<string, StoreShop>();
  const snapshot = options.stateFile ? new Snapshot(options.stateFile, () => [...shops.values()].map((shop) => shop.state)) : null;
  const changed = () => snapshot?.changed();
  const shopOptions = {
    app: { apiKey: options.apiKey, apiSecret: options.apiSecret },
    clock,
    bucket: options.bucket ?? STANDARD_BUCKET,
    webhooks: {
      appUrl: options.appUpstream ?? options.appUrl,
      apiSecret: options.apiSecret,
      mode: options.webhooks ?? "manual",
      topics: options.topics ?? DEFAULT_TOPICS,
      retryScale: options.retryScale ?? 1,
      random,
    },
    changed,
    functions: options.functions ?? [],
  };
  const release = (state: ShopState): ShopState => {
    for (const released of shopOptions.functions) releaseFunction(state, released, { apiKey: options.apiKey, title: options.appTitle ?? "Scrip" });
    return state;
  };
  const shop = (domain: string): StoreShop => {
    const known = shops.get(domain);
    if (known) return known;
    const made = new StoreShop(release(newShopState(domain, clock())), shopOptions);
    shops.set(domain, made);
    return made;
  };
  for (const state of options.stateFile ? readSnapshot(options.stateFile) : []) {
    // What an older file does not know yet is as in a new shop.
    shops.set(state.domain, new StoreShop(release({ ...newShopState(state.domain, clock()), ...state }), shopOptions));
  }

  const routes: Route[] = [];
  const listening = await listen(
    {
      app: { ...shopOptions.app, scopes: options.scopes, title: options.appTitle ?? "Scrip" },
      adminApi: makeAdminApi(resolvers),
      bulkDelayMs: options.bulkDelayMs ?? 0,
      searchLagMs: options.searchLagMs ?? 0,
      shop,
      routes,
      changed,
    },
    options.port ?? 0,
  );
  return {
    port: listening.port,
    url: `http://127.0.0.1:${listening.port}`,
    shops,
    shop,
    routes,
    close: async () => {
      for (const one of shops.values()) one.close();
      await listening.close();
      snapshot?.flush();
    },
  };
}
