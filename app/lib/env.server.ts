/** The environment, read and checked once. process.env is used nowhere else. */
import { z } from "zod";

const Env = z.object({
  NODE_ENV: z.enum(["development", "production", "test"]).default("production"),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  SHOPIFY_API_KEY: z.string().min(1),
  SHOPIFY_API_SECRET: z.string().min(1),
  /** Where browsers and Shopify reach the app, without a trailing slash. */
  SHOPIFY_APP_URL: z.url().transform((url) => url.replace(/\/$/, "")),
  /** Not HOST: Shopify's command line sets that to the address of its tunnel. */
  BIND_ADDRESS: z.string().default("0.0.0.0"),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  /** How long a web process that is told to stop still takes requests while /readyz sends new ones elsewhere. */
  STOP_DELAY_SECONDS: z.coerce.number().min(0).max(300).default(0),
  /** Where the worker answers /healthz, /readyz and /metrics. Not set: nowhere. */
  WORKER_PORT: z.coerce.number().int().min(0).max(65535).optional(),
  /** Opens /metrics to whoever sends it as a Bearer token. Not set: to nobody. */
  METRICS_TOKEN: z.string().min(16).optional(),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
  /** Events may be posted to this machine and its network, and by plain http: for development, never in production. */
  WEBHOOKS_TO_PRIVATE_ADDRESSES: z.stringbool().default(false),
  /** Connections of this process to PostgreSQL. */
  DATABASE_POOL: z.coerce.number().int().min(2).max(200).default(10),
  /** The mail server for news to staff: smtp://user:password@host:587. Not set: the news is kept and shown, and nothing is sent. */
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  /** Who mail comes from. */
  MAIL_FROM: z.string().default("Scrip <no-reply@localhost>"),
});

/** Throws at start with the name of every missing or malformed variable. */
function readEnv() {
  const result = Env.safeParse(process.env);
  if (result.success) return result.data;
  const list = result.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`).join("\n");
  throw new Error(`The environment is not complete:\n${list}\nStart everything at once with: npm run demo`);
}

export const env = readEnv();
