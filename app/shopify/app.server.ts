/** The Shopify library, set up once: embedded app, token exchange, expiring offline tokens. */
import "@shopify/shopify-app-remix/adapters/node";
import { ApiVersion, AppDistribution, LogSeverity, shopifyApp } from "@shopify/shopify-app-remix/server";
import { ADMIN_API_VERSION, SCOPES } from "../contract/configuration";
import { env } from "../lib/env.server";
import { log } from "../lib/log.server";
import { SessionStorage } from "./session-storage.server";

const apiVersion = Object.values(ApiVersion).find((version) => version === ADMIN_API_VERSION);
if (!apiVersion) throw new Error(`The Shopify library does not know Admin API ${ADMIN_API_VERSION}.`);

/** By itself the library writes to the console, around the log's structure and what it cuts out; what it notes of each request is for developers. */
const LEVELS = { [LogSeverity.Error]: "error", [LogSeverity.Warning]: "warn", [LogSeverity.Info]: "debug", [LogSeverity.Debug]: "trace" } as const;

export const sessions = new SessionStorage();

export const shopify = shopifyApp({
  apiKey: env.SHOPIFY_API_KEY,
  apiSecretKey: env.SHOPIFY_API_SECRET,
  apiVersion,
  scopes: [...SCOPES],
  appUrl: env.SHOPIFY_APP_URL,
  authPathPrefix: "/auth",
  sessionStorage: sessions,
  distribution: AppDistribution.AppStore,
  logger: { level: LogSeverity.Info, log: (severity, message) => log[LEVELS[severity]](message) },
  future: { unstable_newEmbeddedAuthStrategy: true, expiringOfflineAccessTokens: true },
});
