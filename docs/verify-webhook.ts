/** How a receiver checks that a webhook is from Scrip. Copy it; it needs nothing but Node. */
import { createHmac, timingSafeEqual } from "node:crypto";

const TOLERANCE_SECONDS = 300;

/**
 * Whether a webhook is genuine and recent. `body`: the bytes as they came, before anything parses them; `header`:
 * Scrip-Signature; `secret`: the endpoint's ("whsec_…").
 */
export function isGenuine(body: string | Buffer, header: string, secret: string, now = new Date()): boolean {
  const parts = header.split(",").map((part) => part.split("=", 2));
  const second = Number(parts.find(([name]) => name === "t")?.[1]);
  if (!(Math.abs(now.getTime() / 1000 - second) <= TOLERANCE_SECONDS)) return false;
  const expected = createHmac("sha256", secret).update(`${second}.`).update(body).digest();
  // While a secret is being replaced there are two signatures: one that fits is enough.
  return parts.some(([name, hex = ""]) => name === "v1" && /^[0-9a-f]{64}$/.test(hex) && timingSafeEqual(Buffer.from(hex, "hex"), expected));
}
