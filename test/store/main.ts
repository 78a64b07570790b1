/** `npm run store`: the local store as a program of its own, set up by its environment. */
import { z } from "zod";
import { SCOPES } from "../../app/contract/configuration";
import { startStore } from "./store";

const Environment = z.object({
  STORE_PORT: z.coerce.number().int().min(0).max(65535).default(4400),
  SHOPIFY_API_KEY: z.string().min(1),
  SHOPIFY_API_SECRET: z.string().min(1),
  SHOPIFY_APP_URL: z.url(),
  /** Where the app listens, when browsers reach it through the store. */
  APP_UPSTREAM: z.url().optional(),
  STORE_STATE: z.string().optional(),
});

async function main(): Promise<void> {
  const parsed = Environment.safeParse(process.env);
  if (!parsed.success) {
    const list = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`).join("\n");
    throw new Error(`The local store's environment is not complete:\n${list}\nStart everything at once with: npm run demo`);
  }
  const env = parsed.data;
  const store = await startStore({
    port: env.STORE_PORT,
    apiKey: env.SHOPIFY_API_KEY,
    apiSecret: env.SHOPIFY_API_SECRET,
    appUrl: env.SHOPIFY_APP_URL.replace(/\/$/, ""),
    scopes: SCOPES,
    webhooks: "automatic",
    bulkDelayMs: 400,
    // A person at the demo sees the retries within a minute instead of four hours.
    retryScale: 0.02,
    ...(env.APP_UPSTREAM ? { appUpstream: env.APP_UPSTREAM.replace(/\/$/, "") } : {}),
    ...(env.STORE_STATE ? { stateFile: env.STORE_STATE } : {}),
  });
  console.log(`local store listening on ${store.url}`);
  const stop = () => {
    void store.close().then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
