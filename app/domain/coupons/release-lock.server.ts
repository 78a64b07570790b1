/** A session lets go of the coupons it had locked. */
import type { CallRefusal } from "../../contract/refusals";
import { inTransaction } from "../../lib/db.server";
import { lockRefusal, newestLock } from "./find-lock.server";

export type Releasing =
  /** releasedAt: the first time, however often it is asked. */
  | { outcome: "released"; reference: string; releasedAt: Date; codes: string[] }
  | { outcome: "refused"; call: CallRefusal };

/** Releases what is locked under the reference. Refusals: lock_unknown, lock_expired, lock_burned. */
export function releaseLock(shopId: number, reference: string, now: Date): Promise<Releasing> {
  return inTransaction(async (tx) => {
    await tx.$queryRaw`SELECT release_lock(${shopId}::int, ${reference}::text, ${now}::timestamptz)`;
    const rows = newestLock(await tx.couponLock.findMany({ where: { shopId, reference }, orderBy: { couponId: "asc" } }), now);
    const refusal = lockRefusal(rows, now) ?? { reason: "lock_unknown" };
    if (refusal.reason !== "lock_released") return { outcome: "refused", call: refusal };
    const coupons = await tx.coupon.findMany({ where: { shopId, id: { in: rows.map(({ couponId }) => couponId) } }, select: { code: true }, orderBy: { id: "asc" } });
    return { outcome: "released", reference, releasedAt: new Date(refusal.releasedAt), codes: coupons.map(({ code }) => code) };
  });
}
