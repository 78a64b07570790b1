/** A transaction uses coupons: by their codes, or by the reference they were locked under. */
import { z } from "zod";
import type { CallRefusal } from "../../contract/refusals";
import { gidTail, isGid, type Gid } from "../../lib/gid";
import { GroupCommitFull } from "../../lib/group-commit";
import { transactionGid } from "../points/transaction";
import { claimer, wantedUse } from "./claim-uses.server";
import type { KnownCode } from "./conditions";
import { discountsOf } from "./discount-amount";
import { isOfAnother, lockRefusal, lockStatus } from "./find-lock.server";
import { readUses, type StandingLock, type UseReading } from "./read-uses.server";
import { storedCodes, type Cart } from "./use";
import { BUSY, judge, refusedToAnother, type RefusedUse, type ValidatedCode } from "./validate.server";

const LOOKS = 5;

export interface BurnRequest extends Cart {
  /** Exactly one of the two. */
  what: { codes: string[] } | { reference: string };
  /** The order's gid, or the integrator's own name for the transaction. */
  transactionId: string;
  /** When it happened; rules about time are judged at it, limits now. Null, or to come: now. */
  transactionTime: Date | null;
}

export interface Burned {
  outcome: "burned";
  /** This transaction had burned them before: the first answer again. */
  repeated: boolean;
  burnedAt: Date;
  codes: string[];
}

export type Burning = Burned | RefusedUse;

interface BurnRow {
  shopId: number;
  reference: string | null;
  transactionId: string;
  orderGid: string;
  orderName: string;
  channel: string;
  locationId: string | null;
  redeemedAt: Date;
  at: Date;
}

const BurnAnswer = z.object({ i: z.int(), outcome: z.enum(["claimed", "refused", "contended"]), burnedAt: z.date().nullable() });
const claim = claimer<BurnRow, z.infer<typeof BurnAnswer>>("burn_coupons", BurnAnswer);

/** How a transaction is named where orders are: an order of Shopify's is itself, so that its webhook finds what it used. */
export function orderGidOf(transactionId: string): Gid<"Order"> | `transaction:${string}` {
  return isGid("Order", transactionId) ? transactionId : transactionGid(transactionId);
}

/**
 * Burns all or none. By codes every condition must hold, and none may be locked; who uses them is their owner if nobody is
 * named. By reference the lock decides: what it reserved is used, whatever the clock says since, by whom it was reserved for. What
 * came back of the price of a coupon that is used again is charged with it; what is not covered is flagged `partly_paid`.
 * Refusals: the codes' unmet conditions; lock_unknown, lock_released, lock_expired, lock_burned; order_cancelled; busy.
 */
export async function burnCoupons(shopId: number, request: BurnRequest, now: Date): Promise<Burning> {
  try {
    for (let look = 1; look <= LOOKS; look++) {
      const burning = "codes" in request.what ? await burnCodes(shopId, request, request.what.codes, now) : await burnLocked(shopId, request, request.what.reference, now);
      if (burning !== "changed_meanwhile") return burning;
    }
    return BUSY;
  } catch (error) {
    if (error instanceof GroupCommitFull) return BUSY;
    throw error;
  }
}

type Attempt = Burning | "changed_meanwhile";

async function burnCodes(shopId: number, request: BurnRequest, wanted: string[], now: Date): Promise<Attempt> {
  const { merchantId = null, transactionId } = request;
  const codes = storedCodes(wanted);
  const read = (customerId: bigint | null) => readUses(shopId, { codes, customerId, merchantId, reference: null, orderGid: orderGidOf(transactionId) }, now);
  let reading = await read(request.customerId);
  let { customerId } = request;
  if (customerId === null) {
    customerId = onlyOwner(reading.known);
    if (customerId !== null) reading = await read(customerId);
  }
  const repeated = burnedBefore(reading, codes);
  if (repeated) return repeated;
  if (isOfCancelledOrder(reading)) return refused({ reason: "order_cancelled" });

  // What this transaction has burned already is not judged again; the rest is, beside each other.
  const fresh = { ...reading, known: reading.known.filter(({ facts }) => facts.redemption === null) };
  const cart = { ...request, customerId };
  const validation = judge(fresh, cart, momentOf(request, now));
  if (!validation.isValid) return { outcome: "refused", call: null, codes: validation.codes };
  return claimBurn(shopId, { request, cart, known: reading.known, reference: null }, now);
}

/** Whose coupons these are, if all are one person's and nobody else may use them. */
function onlyOwner(known: readonly KnownCode[]): bigint | null {
  const owners = new Set(known.map(({ facts, award }) => (facts.shared || award.shareable ? null : (facts.issuance?.customerId ?? null))));
  const [owner = null] = owners;
  return owners.size === 1 ? owner : null;
}

function burnedBefore({ known, unknown }: UseReading, codes: string[]): Burned | null {
  const times = known.flatMap(({ facts: { redemption } }) => (redemption ? [redemption.recordedAt.getTime()] : []));
  if (unknown.length > 0 || times.length === 0 || times.length < known.length) return null;
  return { outcome: "burned", repeated: true, burnedAt: new Date(Math.max(...times)), codes };
}

async function burnLocked(shopId: number, request: BurnRequest, reference: string, now: Date): Promise<Attempt> {
  const { transactionId, merchantId = null } = request;
  const reading = await readUses(shopId, { codes: null, customerId: request.customerId, merchantId, reference, orderGid: orderGidOf(transactionId) }, now);
  const held = reading.locks.filter((lock) => lockStatus(lock, now) === "held");
  const [first] = held;
  // Beside how the lock ended: what became of its codes, which an order may have used.
  if (!first) {
    const burned = burnedByThis(reading.locks, transactionId);
    if (burned) return burned;
    return refused(lockRefusal(reading.locks, now), judge(reading, request, momentOf(request, now)).codes);
  }

  if (isOfCancelledOrder(reading)) return refused({ reason: "order_cancelled" });
  const known = reading.known.filter(({ facts }) => held.some(({ couponId }) => couponId === facts.couponId));
  if (isOfAnother(first, request)) return refusedToAnother(judge({ ...reading, known }, request, momentOf(request, now)).codes, first);
  // A lock that nobody was named for, because no rule asks who, is used by who is named now.
  const cart = { ...request, customerId: first.customerId ?? request.customerId, merchantId: request.merchantId ?? first.merchantId ?? undefined };
  const burning = await claimBurn(shopId, { request, cart, known, reference }, now);
  if (burning !== "changed_meanwhile") return burning;
  // The lock holds, and still it cannot be used: an order used the code meanwhile, or staff took it back.
  const again = judge(reading, cart, momentOf(request, now));
  return again.isValid ? "changed_meanwhile" : { outcome: "refused", call: null, codes: again.codes };
}

const isOfCancelledOrder = ({ known }: UseReading) => known.some(({ facts }) => facts.orderCancelled);

function burnedByThis(locks: readonly StandingLock[], transactionId: string): Burned | null {
  const mine = locks.filter((lock) => lock.status === "burned" && lock.transactionId === transactionId);
  const [first] = mine;
  if (!first?.endedAt) return null;
  return { outcome: "burned", repeated: true, burnedAt: first.endedAt, codes: mine.map(({ code }) => code) };
}

function refused(call: CallRefusal | null, codes: ValidatedCode[] = []): RefusedUse {
  return { outcome: "refused", call: call ?? { reason: "lock_unknown" }, codes };
}

function momentOf({ transactionTime }: BurnRequest, now: Date): Date {
  return transactionTime === null || transactionTime > now ? now : transactionTime;
}

interface Burn {
  request: BurnRequest;
  cart: Cart;
  known: KnownCode[];
  reference: string | null;
}

async function claimBurn(shopId: number, { request, cart, known, reference }: Burn, now: Date): Promise<Attempt> {
  const { transactionId, channel = "api" } = request;
  const orderGid = orderGidOf(transactionId);
  const redeemedAt = momentOf(request, now);
  const amounts = discountsOf(known, cart);
  const answer = await claim({
    request: {
      shopId, reference, transactionId, orderGid, orderName: isGid("Order", transactionId) ? gidTail(transactionId) : transactionId,
      channel, locationId: cart.merchantId ?? null, redeemedAt, at: now,
    },
    uses: known.map(({ facts, award }, n) =>
      wantedUse({ shopId, facts, award, customerId: cart.customerId, usedAt: redeemedAt, discountMinor: amounts[n]?.discountMinor ?? null, lockedBy: reference, orderGid, now })),
  });
  if (answer.outcome !== "claimed" || answer.burnedAt === null) return "changed_meanwhile";
  return { outcome: "burned", repeated: answer.burnedAt.getTime() !== now.getTime(), burnedAt: answer.burnedAt, codes: known.map(({ facts }) => facts.code) };
}
