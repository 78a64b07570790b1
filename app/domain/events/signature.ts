/** How a receiver knows that a delivery is ours. Pure. */
import { createHmac } from "node:crypto";

/**
 * The Scrip-Signature header: the second at which it was signed and, for each secret that is valid then, the HMAC-SHA256 of
 * "<second>.<body>" in hex: "t=1763722800,v1=5f2c…". A receiver accepts any v1 that fits its secret and an age of a few minutes.
 */
export function signatureOf(body: string, secrets: readonly string[], now: Date): string {
  const second = Math.floor(now.getTime() / 1000);
  const parts = secrets.map((secret) => `v1=${createHmac("sha256", secret).update(`${second}.${body}`).digest("hex")}`);
  return [`t=${second}`, ...parts].join(",");
}
