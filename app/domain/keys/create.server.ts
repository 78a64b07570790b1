/** Staff make a key pair for an integrator. */
import { randomBytes } from "node:crypto";
import { inTransaction } from "../../lib/db.server";
import { hashSecret, MAX_KEYS, type KeyDraft } from "./key.server";

const KEY_BYTES = 24;
const SECRET_BYTES = 32;

export type CreateKey =
  /** The only time the secret is told: its hash is all that stays. */
  | { outcome: "created"; id: bigint; key: string; secret: string }
  /** The shop has MAX_KEYS in use: revoke one first. */
  | { outcome: "too_many" };

/** Creates a key pair with these scopes. */
export async function createKey(shopId: number, { name, scopes }: KeyDraft, now: Date): Promise<CreateKey> {
  const key = `key_${randomBytes(KEY_BYTES).toString("base64url")}`;
  const secret = `secret_${randomBytes(SECRET_BYTES).toString("base64url")}`;
  return inTransaction(async (tx) => {
    // Two at once are counted one after the other.
    await tx.$queryRaw`SELECT 1 FROM "Shop" WHERE "id" = ${shopId} FOR UPDATE`;
    if ((await tx.apiKey.count({ where: { shopId, revokedAt: null } })) >= MAX_KEYS) return { outcome: "too_many" };
    const { id } = await tx.apiKey.create({ data: { shopId, name, key, secretHash: hashSecret(secret), scopes: [...new Set(scopes)], createdAt: now } });
    return { outcome: "created", id, key, secret };
  });
}
