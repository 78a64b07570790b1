/** The token by which Shopify says which shop and which customer a checkout belongs to. Pure. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { isGid, type Gid } from "../../lib/gid";

/** Clocks differ a little. */
const SKEW_SECONDS = 10;

const Header = z.object({ alg: z.literal("HS256") });
const Claims = z.object({
  /** With or without https://, Shopify sends both. */
  dest: z.string().transform((dest) => dest.replace(/^https:\/\//, "").replace(/\/$/, "").toLowerCase()),
  aud: z.string(),
  exp: z.number(),
  nbf: z.number().optional(),
  /** Only of a customer who is logged in. */
  sub: z.string().optional(),
});

export type SessionToken =
  | { outcome: "verified"; shopDomain: string; customerGid: Gid<"Customer"> | null }
  | { outcome: "token_malformed" }
  | { outcome: "token_not_signed_by_shopify" }
  | { outcome: "token_expired" }
  | { outcome: "token_not_yet_valid" }
  /** Signed for another app: Shopify's own library does not look, so we must. */
  | { outcome: "token_for_another_app" };

/** Verifies a session token of a checkout. The signature comes first: nothing in an unsigned token is looked at. */
export function verifySessionToken(token: string, { apiKey, secret }: { apiKey: string; secret: string }, now: Date): SessionToken {
  const [header, payload, signature, ...rest] = token.split(".");
  if (!header || !payload || !signature || rest.length > 0) return { outcome: "token_malformed" };
  if (!Header.safeParse(decode(header)).success) return { outcome: "token_malformed" };
  const expected = createHmac("sha256", secret).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { outcome: "token_not_signed_by_shopify" };

  const claims = Claims.safeParse(decode(payload));
  if (!claims.success) return { outcome: "token_malformed" };
  const { aud, dest, exp, nbf, sub } = claims.data;
  const seconds = now.getTime() / 1000;
  if (aud !== apiKey) return { outcome: "token_for_another_app" };
  if (exp + SKEW_SECONDS <= seconds) return { outcome: "token_expired" };
  if (nbf !== undefined && nbf - SKEW_SECONDS > seconds) return { outcome: "token_not_yet_valid" };
  if (sub !== undefined && !isGid("Customer", sub)) return { outcome: "token_malformed" };
  return { outcome: "verified", shopDomain: dest, customerGid: sub ?? null };
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}
