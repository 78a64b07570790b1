/** Where everything of the demo lives. */
import path from "node:path";

export const DEMO_SHOP = "scrip-demo.myshopify.com";
export const APP_HANDLE = "scrip";
/** Tests keep a demo of their own beside the person's. */
export const DATA = path.resolve(process.env.SCRIP_DATA ?? ".data");
export const LOGS = path.join(DATA, "log");
export const STORE_STATE = path.join(DATA, "store.json");

export interface DemoPorts {
  store: number;
  appProxy: number;
  app: number;
}

export interface DemoAddresses {
  admin: string;
  storefront: string;
  /** Where browsers reach the app: through the proxy that stands in for Shopify's addresses. */
  app: string;
}

export function portsFrom(first: number): DemoPorts {
  return { store: first, appProxy: first + 1, app: first + 2 };
}

export function addressesOf(ports: DemoPorts): DemoAddresses {
  const store = `http://localhost:${ports.store}`;
  return { admin: `${store}/store/${DEMO_SHOP.replace(".myshopify.com", "")}/apps/${APP_HANDLE}`, storefront: `${store}/`, app: `http://localhost:${ports.appProxy}` };
}

/** The environment of the app, its worker and everything that speaks for them. */
export function appEnvironment(ports: DemoPorts, databaseUrl: string): Record<string, string> {
  return {
    NODE_ENV: "production",
    DATABASE_URL: databaseUrl,
    SHOPIFY_API_KEY: "scrip-local-key",
    SHOPIFY_API_SECRET: "scrip-local-secret",
    SHOPIFY_APP_URL: addressesOf(ports).app,
    PORT: String(ports.app),
    HOST: "127.0.0.1",
    // A receiver that somebody tries out stands on the same machine.
    WEBHOOKS_TO_PRIVATE_ADDRESSES: "true",
    LOCAL_STORE_PORT: String(ports.store),
  };
}
