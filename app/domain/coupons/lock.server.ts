/** Coupons reserved for one transaction until they are burned, released, or time is up. */
import { z } from "zod";
import { GroupCommitFull } from "../../lib/group-commit";
import { claimer, wantedUse } from "./claim-uses.server";
import { isOfAnother } from "./find-lock.server";
import { readUses, type StandingLock, type UseReading } from "./read-uses.server";
import { lockMinutes, storedCodes, type Use } from "./use";
import { BUSY, judge, refusedToAnother, type RefusedUse, type ValidatedCode } from "./validate.server";

const MINUTE_MS = 60_000;
/** Looks at codes whose state changed between look and claim, before the caller is asked to try again. */
const LOOKS = 5;

export interface LockRequest extends Use {
  /** The caller's name for the session, unique in the shop. */
  reference: string;
  /** How long the lock holds. Null: as the shop says. */
  minutes: number | null;
}

export type Locking =
  /** repeated: the same codes stood under this reference already, for the same customer; the first answer again, nothing is extended. */
  | { outcome: "locked"; repeated: boolean; reference: string; lockedAt: Date; endsAt: Date; codes: ValidatedCode[] }
  /** None was locked. */
  | RefusedUse;

interface LockRow {
  shopId: number;
  reference: string;
  merchantId: string | null;
  at: Date;
  endsAt: Date;
}

const LockAnswer = z.object({
  i: z.int(),
  outcome: z.enum(["claimed", "repeated", "reference_in_use", "refused", "contended"]),
  lockedAt: z.date(),
  endsAt: z.date(),
});
const claim = claimer<LockRow, z.infer<typeof LockAnswer>>("lock_coupons", LockAnswer);

/**
 * Locks all codes under one reference, or none. A lock that is over makes room by itself, and its reference may be used
 * again. Refusals: the codes' unmet conditions; reference_in_use; busy.
 */
export async function lockCoupons(shopId: number, request: LockRequest, now: Date): Promise<Locking> {
  try {
    for (let look = 1; look <= LOOKS; look++) {
      const locking = await lookAndLock(shopId, request, now);
      if (locking !== "changed_meanwhile") return locking;
    }
    return BUSY;
  } catch (error) {
    if (error instanceof GroupCommitFull) return BUSY;
    throw error;
  }
}

async function lookAndLock(shopId: number, request: LockRequest, now: Date): Promise<Locking | "changed_meanwhile"> {
  const { reference, customerId, merchantId = null } = request;
  const codes = storedCodes(request.codes);
  const reading = await readUses(shopId, { codes, customerId, merchantId, reference, orderGid: null }, now);
  const validation = judge(reading, request, now);
  const standing = reading.locks.filter((lock) => isStanding(lock, now));
  const [first] = standing;
  if (first) {
    const isSame = standing.every(({ status, code }) => status === "held" && codes.includes(code)) && standing.length === codes.length;
    if (!isSame) return { outcome: "refused", call: { reason: "reference_in_use" }, codes: validation.codes };
    if (isOfAnother(first, request)) return refusedToAnother(validation.codes, first);
    return { outcome: "locked", repeated: true, reference, lockedAt: first.lockedAt, endsAt: first.endsAt, codes: validation.codes };
  }
  if (!validation.isValid) return { outcome: "refused", call: null, codes: validation.codes };

  const answer = await claim(toClaim(shopId, request, reading, now));
  switch (answer.outcome) {
    case "claimed":
      return { outcome: "locked", repeated: false, reference, lockedAt: answer.lockedAt, endsAt: answer.endsAt, codes: validation.codes };
    case "reference_in_use":
      return { outcome: "refused", call: { reason: "reference_in_use" }, codes: validation.codes };
    case "repeated":
    case "refused":
    case "contended":
      return "changed_meanwhile";
    default:
      return answer.outcome satisfies never;
  }
}

/** What forbids another lock under the same reference: one that holds, or one that was burned. */
function isStanding({ status, endsAt }: StandingLock, now: Date): boolean {
  return status === "burned" || (status === "held" && endsAt > now);
}

function toClaim(shopId: number, { reference, minutes, customerId, merchantId }: LockRequest, { known }: UseReading, now: Date) {
  const holdsFor = minutes ?? known[0]?.award.lockMinutes;
  if (holdsFor === undefined) throw new Error("a lock of no codes");
  const request = { shopId, reference, merchantId: merchantId ?? null, at: now, endsAt: new Date(now.getTime() + lockMinutes(holdsFor) * MINUTE_MS) };
  const uses = known.map(({ facts, award }) => wantedUse({ shopId, facts, award, customerId, usedAt: now, discountMinor: null, lockedBy: null, orderGid: null, now }));
  return { request, uses };
}
