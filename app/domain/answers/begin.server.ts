/** A write with an idempotency key arrives: is it the first of its key, or is its answer known? */
import { prisma } from "../../lib/db.server";

/** How long an answer is kept. */
export const KEPT_MS = 24 * 3_600_000;
/** One who has been at work for longer is dead: the next of the same key does the work, which is safe to repeat. */
const ABANDONED_MS = 60_000;

export type BeginAnswer =
  /** The caller does the work and says how it ended, with this token. */
  | { outcome: "first"; token: Date }
  | { outcome: "answered"; status: number; body: string }
  | { outcome: "in_progress" }
  /** The key stands for another request. */
  | { outcome: "other_request" };

/** Claims a key for a request of this hash. One of any number at once is the first. */
export async function beginAnswer(shopId: number, { key, requestHash }: { key: string; requestHash: Uint8Array<ArrayBuffer> }, now: Date): Promise<BeginAnswer> {
  const claimed = await prisma.apiAnswer.createMany({ data: { shopId, key, requestHash, createdAt: now }, skipDuplicates: true });
  if (claimed.count === 1) return { outcome: "first", token: now };

  const before = await prisma.apiAnswer.findUnique({ where: { shopId_key: { shopId, key } } });
  if (!before) return { outcome: "in_progress" };
  const ageMs = now.getTime() - before.createdAt.getTime();
  if (ageMs >= KEPT_MS) return takeOver(shopId, { key, requestHash, createdAt: before.createdAt }, now);
  if (!Buffer.from(before.requestHash).equals(requestHash)) return { outcome: "other_request" };
  if (before.status !== 0) return { outcome: "answered", status: before.status, body: before.body };
  return ageMs >= ABANDONED_MS ? takeOver(shopId, { key, requestHash, createdAt: before.createdAt }, now) : { outcome: "in_progress" };
}

/** Of several who find the same old claim, one takes it. */
async function takeOver(shopId: number, { key, requestHash, createdAt }: { key: string; requestHash: Uint8Array<ArrayBuffer>; createdAt: Date }, now: Date): Promise<BeginAnswer> {
  const taken = await prisma.apiAnswer.updateMany({ where: { shopId, key, createdAt }, data: { requestHash, status: 0, body: "", createdAt: now } });
  return taken.count === 1 ? { outcome: "first", token: now } : { outcome: "in_progress" };
}
