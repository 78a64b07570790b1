/** `npm run store`: the local store as a program of its own, set up by its environment. */
import { z } from "zod";
import { SCOPES } from "../../app/contract/configuration";
import { checkoutRoutes } from "./checkout/routes";
import { releasedFunction } from "./functions/released";
import { startAppProxy } from "./pages/app-proxy";
import { pageRoutes } from "./pages/routes";
import { startStore } from "./store";

const Environment = z.object({
  STORE_PORT: z.coerce.number().int().min(0).max(65535).default(4400),
  SHOPIFY_API_KEY: z.string().min(1),
  SHOPIFY_API_SECRET: z.string().min(1),
  SHOPIFY_APP_URL: z.url(),
  /** Where the app listens, when browsers reach it through the store. */
  APP_UPSTREAM: z.url().optional(),
  /** The port of the proxy that stands between browsers and APP_UPSTREAM. */
  APP_PROXY_PORT: z.coerce.number().int().min(1).max(65535).optional(),
  /** The shop whose storefront stands at /. */
  STOREFRONT_SHOP: z.string().endsWith(".myshopify.com").default("scrip-demo.myshopify.com"),
  STORE_STATE: z.string().optional(),
});

async function main(): Promise<void> {
  const parsed = Environment.safeParse(process.env);
  if (!parsed.success) {
    const list = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`).join("\n");
    throw new Error(`The local store's environment is not complete:\n${list}\nStart everything at once with: npm run demo`);
  }
  const env = parsed.data;
  const appUrl = env.SHOPIFY_APP_URL.replace(/\/$/, "");
  const store = await startStore({
    port: env.STORE_PORT,
    apiKey: env.SHOPIFY_API_KEY,
    apiSecret: env.SHOPIFY_API_SECRET,
    appUrl,
    scopes: SCOPES,
    webhooks: "automatic",
    functions: [await releasedFunction()],
    bulkDelayMs: 400,
    searchLagMs: 1500,
    // A person at the demo sees the retries within a minute instead of four hours.
    retryScale: 0.02,
    ...(env.APP_UPSTREAM ? { appUpstream: env.APP_UPSTREAM.replace(/\/$/, "") } : {}),
    ...(env.STORE_STATE ? { stateFile: env.STORE_STATE } : {}),
  });
  const app = { handle: "scrip", name: "Scrip" };
  store.routes.push(checkoutRoutes(store, { appUrl }), pageRoutes(store, { appUrl, apiSecret: env.SHOPIFY_API_SECRET, scopes: SCOPES, app, storefrontShop: env.STOREFRONT_SHOP }));
  const proxy =
    env.APP_UPSTREAM && env.APP_PROXY_PORT
      ? await startAppProxy({ port: env.APP_PROXY_PORT, upstream: env.APP_UPSTREAM, storeUrl: `http://localhost:${store.port}` })
      : null;
  console.log(`local store listening on ${store.url}`);
  const stop = () => {
    proxy?.close();
    proxy?.closeAllConnections();
    void store.close().then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
