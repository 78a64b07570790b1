/** A key pair of an integrator: the key names it, the secret proves it. Pure. */
import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { API_SCOPE_NAMES } from "../../contract/api/scopes";

/** Pairs that a shop may have in use at once. */
export const MAX_KEYS = 50;

export const KeyDraft = z.object({
  name: z.string().trim().min(1, "Give the key a name: who uses it?").max(60, "At most 60 characters."),
  scopes: z.array(z.enum(API_SCOPE_NAMES)).min(1, "Choose at least one permission."),
});
export type KeyDraft = z.infer<typeof KeyDraft>;

/** What is stored of a secret. It is 256 random bits, so one plain hash is beyond guessing. */
export function hashSecret(secret: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(secret).digest());
}

/** Whether this is the secret of that hash; takes equally long wherever they differ. */
export function isSecretOf(secretHash: Uint8Array, secret: string): boolean {
  return timingSafeEqual(secretHash, hashSecret(secret));
}
