/** The signed tokens Shopify gives to pages and extensions, as JWT (HS256 with the app's secret). */
import { createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { z } from "zod";

export interface AppIdentity {
  apiKey: string;
  apiSecret: string;
}

/** Anything a test wants to be different: an expired, a foreign, a wrongly signed token. undefined leaves a claim out. */
export interface TokenOverrides {
  iss?: string;
  dest?: string;
  aud?: string;
  sub?: string | undefined;
  /** Seconds since the epoch. */
  exp?: number;
  nbf?: number;
  iat?: number;
  /** Signs with this instead of the app's secret. */
  secret?: string;
}

const ID_TOKEN_SECONDS = 60;
const CHECKOUT_TOKEN_SECONDS = 300;
const CLOCK_SKEW_SECONDS = 10;

/** The token App Bridge hands to the embedded admin page; lives a minute. */
export function idToken(app: AppIdentity, domain: string, now: Date, overrides: TokenOverrides = {}): string {
  const seconds = Math.floor(now.getTime() / 1000);
  const { secret, ...claims } = overrides;
  const payload = {
    iss: `https://${domain}/admin`,
    dest: `https://${domain}`,
    aud: app.apiKey,
    sub: "42",
    exp: seconds + ID_TOKEN_SECONDS,
    nbf: seconds,
    iat: seconds,
    jti: randomUUID(),
    sid: randomUUID(),
    sig: randomBytes(32).toString("hex"),
  };
  return sign({ ...payload, ...claims }, secret ?? app.apiSecret);
}

/** The token of a checkout or account extension; lives five minutes. `sub` is there only for a customer who is logged in. */
export function checkoutToken(
  app: AppIdentity,
  domain: string,
  now: Date,
  { customerGid, secret, ...claims }: TokenOverrides & { customerGid: string | null },
): string {
  const seconds = Math.floor(now.getTime() / 1000);
  const payload = {
    dest: domain,
    aud: app.apiKey,
    exp: seconds + CHECKOUT_TOKEN_SECONDS,
    nbf: seconds,
    iat: seconds,
    jti: randomUUID(),
    ...(customerGid ? { sub: customerGid } : {}),
  };
  return sign({ ...payload, ...claims }, secret ?? app.apiSecret);
}

const IdTokenClaims = z.object({ dest: z.string(), aud: z.string(), exp: z.number(), nbf: z.number().optional() });

/** Whether this is an ID token of the app for the shop, in its time. */
export function isIdTokenOf(app: AppIdentity, domain: string, now: Date, token: string): boolean {
  const [header, payload, signature] = token.split(".");
  if (!header || !payload || !signature) return false;
  const expected = createHmac("sha256", app.apiSecret).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
  const claims = IdTokenClaims.safeParse(parseJson(Buffer.from(payload, "base64url").toString("utf8")));
  if (!claims.success) return false;
  const seconds = now.getTime() / 1000;
  const { dest, aud, exp, nbf = 0 } = claims.data;
  return dest === `https://${domain}` && aud === app.apiKey && exp > seconds - CLOCK_SKEW_SECONDS && nbf < seconds + CLOCK_SKEW_SECONDS;
}

function sign(payload: Record<string, unknown>, secret: string): string {
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(payload)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
