/** The Shopify library, set up once: embedded app, token exchange, expiring offline tokens. */
import "@shopify/shopify-app-remix/adapters/node";
import { ApiVersion, AppDistribution, shopifyApp } from "@shopify/shopify-app-remix/server";
import { PrismaSessionStorage } from "@shopify/shopify-app-session-storage-prisma";
import { ADMIN_API_VERSION, SCOPES } from "../contract/configuration";
import { prisma } from "../lib/db.server";
import { env } from "../lib/env.server";

const apiVersion = Object.values(ApiVersion).find((version) => version === ADMIN_API_VERSION);
if (!apiVersion) throw new Error(`The Shopify library does not know Admin API ${ADMIN_API_VERSION}.`);

export const shopify = shopifyApp({
  apiKey: env.SHOPIFY_API_KEY,
  apiSecretKey: env.SHOPIFY_API_SECRET,
  apiVersion,
  scopes: [...SCOPES],
  appUrl: env.SHOPIFY_APP_URL,
  authPathPrefix: "/auth",
  // Typed for the client under @prisma/client; ours is generated elsewhere and has the same Session table.
  sessionStorage: new PrismaSessionStorage(prisma as unknown as ConstructorParameters<typeof PrismaSessionStorage>[0]),
  distribution: AppDistribution.AppStore,
  future: { unstable_newEmbeddedAuthStrategy: true, expiringOfflineAccessTokens: true },
});
