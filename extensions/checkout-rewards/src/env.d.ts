/** Written into the bundle when it is built, by Shopify's CLI from the app's .env as by scripts/build-extensions.ts. */
declare const process: { env: { SCRIP_APP_URL: string } };
