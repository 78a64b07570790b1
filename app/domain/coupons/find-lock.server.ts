/** What stands under a lock's reference. */
import type { CallRefusal } from "../../contract/refusals";
import { prisma } from "../../lib/db.server";

export interface Lock {
  reference: string;
  /** held · burned (by transactionId) · released · expired: its time ran out. */
  status: "held" | "burned" | "released" | "expired";
  /** issuance: what its customer was promised, if they were given it. */
  codes: { code: string; status: Lock["status"]; issuance: { expiresAt: Date | null; valueMinor: number | null } | null }[];
  customerId: bigint | null;
  merchantId: string | null;
  lockedAt: Date;
  endsAt: Date;
  endedAt: Date | null;
  transactionId: string | null;
}

/** One row of a lock, as far as its state goes. */
export interface LockRow {
  status: "held" | "burned" | "released";
  lockedAt: Date;
  endsAt: Date;
  endedAt: Date | null;
  transactionId: string | null;
}

/** How a lock stands: over once its time has passed, whether or not a sweep has been by. */
export function lockStatus({ status, endsAt, endedAt }: LockRow, now: Date): Lock["status"] {
  switch (status) {
    case "held":
      return endsAt > now ? "held" : "expired";
    case "released":
      return endedAt !== null && endedAt < endsAt ? "released" : "expired";
    case "burned":
      return status;
    default:
      return status satisfies never;
  }
}

/** Whether the lock was made for somebody else than who is named now. */
export function isOfAnother(lock: { customerId: bigint | null }, { customerId }: { customerId: bigint | null }): boolean {
  return lock.customerId !== null && customerId !== null && lock.customerId !== customerId;
}

/** The rows that say how a reference stands: those that hold, else those of its newest lock. */
export function newestLock<Row extends LockRow>(rows: readonly Row[], now: Date): Row[] {
  const held = rows.filter((row) => lockStatus(row, now) === "held");
  if (held.length) return held;
  const newest = Math.max(...rows.map(({ lockedAt }) => lockedAt.getTime()));
  return rows.filter(({ lockedAt }) => lockedAt.getTime() === newest);
}

/** Why a lock that does not hold cannot be burned or released; null: it holds. */
export function lockRefusal(rows: readonly LockRow[], now: Date): CallRefusal | null {
  const [row] = newestLock(rows, now);
  if (!row) return { reason: "lock_unknown" };
  const status = lockStatus(row, now);
  switch (status) {
    case "held":
      return null;
    case "released":
      return { reason: "lock_released", releasedAt: (row.endedAt ?? row.endsAt).toISOString() };
    case "expired":
      return { reason: "lock_expired", expiredAt: row.endsAt.toISOString() };
    case "burned":
      return { reason: "lock_burned", transactionId: row.transactionId ?? "" };
    default:
      return status satisfies never;
  }
}

/** The lock under this reference, held or over; null: there never was one. */
export async function findLock(shopId: number, reference: string, now: Date): Promise<Lock | null> {
  const rows = newestLock(await prisma.couponLock.findMany({ where: { shopId, reference }, orderBy: { couponId: "asc" } }), now);
  const [first] = rows;
  if (!first) return null;
  const coupons = await prisma.coupon.findMany({ where: { shopId, id: { in: rows.map(({ couponId }) => couponId) } }, select: { id: true, code: true } });
  const codeOf = new Map(coupons.map(({ id, code }) => [id, code]));
  const issuances = await prisma.issuance.findMany({ where: { shopId, id: { in: rows.flatMap(({ issuanceId }) => issuanceId ?? []) } }, select: { id: true, expiresAt: true, valueMinor: true } });
  const issuanceOf = new Map(issuances.map(({ id, ...promised }) => [id, promised]));
  const { customerId, merchantId, lockedAt, endsAt, endedAt, transactionId } = first;
  return {
    reference, status: lockStatus(first, now), customerId, merchantId, lockedAt, endsAt, endedAt, transactionId,
    codes: rows.map((row) => ({ code: codeOf.get(row.couponId) ?? "", status: lockStatus(row, now), issuance: (row.issuanceId !== null && issuanceOf.get(row.issuanceId)) || null })),
  };
}
