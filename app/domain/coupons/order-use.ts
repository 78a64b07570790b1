/** What comes of an order's use of a coupon of ours: a fact, whatever our rules say, with a flag for each rule it breaks. Pure. */
import type { Award, Coupon, IssuanceStatus } from "../../generated/prisma/client";
import type { TallyChange } from "../awards/tally.server";
import { couponEnd } from "./coupon";
import { isOverLimit, type RedemptionFacts, type RedemptionFlag } from "./redemption";
import { codeLimit, expiryOf } from "./use";
import { shutWindows } from "./windows";

/** The issuance that a use belongs to. */
export interface UsedIssuance {
  id: bigint;
  customerId: bigint;
  holdId: bigint | null;
  points: number;
  status: IssuanceStatus;
  expiresAt: Date | null;
  /** What of its price is not paid, or was given back. */
  owedPoints: number;
}

/** A till's reservation of a use. */
interface UseLock {
  reference: string;
  customerId: bigint | null;
}

/** One code of ours on one order, with what is known of it under the locks. */
export interface OrderUse {
  order: RedemptionFacts;
  coupon: Pick<Coupon, "id" | "code" | "shared" | "codeState" | "usesCount" | "usesPerCode" | "expiresAt">;
  award: Award;
  timeZone: string;
  issuance: UsedIssuance | null;
  /** What the code took off. */
  discountMinor: number;
  /** Uses before this one that were not reversed: of the customer (counted no further than the limit) and of the award. */
  ofCustomer: number;
  ofAward: number;
  /** Locks of the coupon that hold, the oldest first. */
  locks: UseLock[];
}

export type Charge = "charged" | "used_before" | "charged_again" | "partly_paid" | "late" | "late_and_charged" | "not_issued";

/** What becomes of a use that is charged if its owner's spendable points cover what is owed, and else is not. */
export interface IfCovered {
  covered: Charge;
  not: Charge;
}

/**
 * Who pays for a use, before its points are spent. One price buys every use of a coupon: what came back of it, with a part of an
 * earlier order or when the coupon was given back, is charged again when it is used once more, else the return stands.
 */
export function chargeOf(issuance: UsedIssuance | null): Charge | IfCovered {
  if (issuance === null) return "not_issued";
  switch (issuance.status) {
    case "open":
    case "returning":
      return "charged";
    case "redeemed":
      return issuance.owedPoints > 0 ? { covered: "charged_again", not: "partly_paid" } : "used_before";
    case "returned":
    case "revoked":
      if (issuance.points === 0) return "late_and_charged";
      // Staff took the coupon and kept its points.
      return issuance.owedPoints > 0 ? { covered: "late_and_charged", not: "late" } : "late";
    default:
      return issuance.status satisfies never;
  }
}

/** What a use does to its coupon, to locks and to the tally. */
export interface UseEffect {
  flags: RedemptionFlag[];
  /** The coupon has no use left, or is its owner's no longer. */
  over: boolean;
  /** Its last use is used up, and Shopify, which counts its own, may still take the code. */
  withdraw: boolean;
  /** To end, in so far as they hold until then; the tally follows what was ended. */
  locks: { reference: string; transactionId: string | null }[];
  change: TallyChange;
}

/** What orders of one set did so far: each sees what those before it did. */
export class UsesSoFar {
  private readonly ofCoupon = new Map<bigint, number>();
  private readonly ofCustomer = new Map<string, number>();
  private readonly ofAward = new Map<number, number>();
  private readonly locksEnded = new Set<string>();

  /** Counts the use and says what comes of it. */
  add(use: OrderUse, charge: Charge): UseEffect {
    const { order, coupon, award } = use;
    const usesCount = coupon.usesCount + next(this.ofCoupon, coupon.id);
    const ofCustomer = order.customerId === null ? 0 : use.ofCustomer + next(this.ofCustomer, `${award.number}:${order.customerId}`);
    const ofAward = use.ofAward + next(this.ofAward, award.number);
    const limit = codeLimit(coupon, award);
    const isOver = isOverLimit({ ofCode: usesCount, ofCustomer, ofAward }, { usesPerCode: limit, usesPerCustomer: award.usesPerCustomer, usesTotal: award.usesTotal });
    const left = limit === null ? Infinity : limit - usesCount;
    const locks = this.endLocks(use, left);
    return {
      flags: [...flagsOf(use, charge), ...(isOver ? ["over_limit" as const] : [])],
      // A shared code stays available to others; one that was given back and not charged stays revoked.
      over: !coupon.shared && charge !== "late" && (left <= 0 || charge === "late_and_charged"),
      withdraw: left <= 0 && limit !== 1 && coupon.codeState === "live",
      locks,
      change: { awardNumber: award.number, used: 1, locked: 0, issued: charge === "late_and_charged" ? 1 : 0 },
    };
  }

  /** The buyer's own lock has become this use. Of the others the newest end that reserve more than the code has left: a fact took it. */
  private endLocks({ order, coupon, locks }: OrderUse, left: number): UseEffect["locks"] {
    const held = locks.filter(({ reference }) => !this.locksEnded.has(`${coupon.id}:${reference}`));
    const own = order.customerId === null ? undefined : held.find(({ customerId }) => customerId === order.customerId);
    const surplus = held.filter((lock) => lock !== own).slice(Math.max(0, left));
    const ended = (own ? [own, ...surplus] : surplus).map((lock) => ({ reference: lock.reference, transactionId: lock === own ? order.orderGid : null }));
    for (const { reference } of ended) this.locksEnded.add(`${coupon.id}:${reference}`);
    return ended;
  }
}

function next<K>(counts: Map<K, number>, key: K): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}

function flagsOf({ order, coupon, award, issuance, timeZone }: OrderUse, charge: Charge): RedemptionFlag[] {
  const endsAt = couponEnd(expiryOf({ expiresAt: coupon.expiresAt, issuance }), award);
  const flags: RedemptionFlag[] = [];
  if (charge === "late" || charge === "late_and_charged") flags.push("late");
  if (charge === "partly_paid") flags.push("partly_paid");
  if (charge === "not_issued" && !award.shareable) flags.push("not_issued");
  if (endsAt !== null && endsAt <= order.redeemedAt) flags.push("expired");
  if (shutWindows({ ...award, timeZone }, order.redeemedAt).length > 0) flags.push("outside_window");
  if (issuance && issuance.customerId !== order.customerId && !award.shareable) flags.push("other_customer");
  return flags;
}
