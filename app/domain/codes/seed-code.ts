/** The code that Shopify demands when a parent discount is created. */
import { createHmac } from "node:crypto";
import { ALPHABETS } from "./pattern";

/**
 * A code with 100 random bits, drawn from the shop's secret: it works at a checkout, so nobody may guess it, and the same
 * parent always gets the same one, so that a discount whose answer was lost is found again by it.
 */
export function seedCode(codeKey: Uint8Array, awardNumber: number, bucket: string): string {
  const digest = createHmac("sha256", codeKey).update(`seed of award ${awardNumber} bucket ${bucket}`).digest();
  return `SEED-${Array.from(digest.subarray(0, 20), (byte) => ALPHABETS.readable[byte % 32]).join("")}`;
}
