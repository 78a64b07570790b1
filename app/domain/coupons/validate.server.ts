/** Whether codes could be used now, and if not, everything that stands in the way. Changes nothing, and promises nothing. */
import type { CallRefusal, Unjudged, UseRefusal } from "../../contract/refusals";
import { clashes, unjudgedRules, unmetConditions, type KnownCode } from "./conditions";
import { couponEnd } from "./coupon";
import { discountsOf } from "./discount-amount";
import { readUses, type UseReading } from "./read-uses.server";
import { codeLimit, expiryOf, storedCodes, type Cart, type CodeFacts, type Use, type UseAward } from "./use";

/** One code of a call, looked at. */
export interface ValidatedCode {
  code: string;
  /** Every unmet condition; empty: it can be used. */
  refusals: UseRefusal[];
  /** Rules that could not be judged, for what the caller left out. */
  unjudged: Unjudged[];
  /** Null: no code of this shop. */
  coupon: ValidatedCoupon | null;
}

export interface ValidatedCoupon {
  facts: CodeFacts;
  award: UseAward;
  /** When it ends: on its own, or with its award. Null: it does not. */
  endsAt: Date | null;
  /** How often the code may be used by all customers together. Null: no limit. */
  usageLimit: number | null;
  /** What it takes off beside the other codes of the call, minor units of the award's currency. Null: not an amount, or not told of what. */
  discountMinor: number | null;
}

export interface Validation {
  isValid: boolean;
  /** Each code once: ours in the caller's order, then those that are not. */
  codes: ValidatedCode[];
}

/** A refused attempt to lock or burn: the call itself, or codes of it; the others may be fine. */
export interface RefusedUse {
  outcome: "refused";
  call: CallRefusal | null;
  codes: ValidatedCode[];
}

/** Looks at every code of a use, beside each other. */
export async function validateCoupons(shopId: number, use: Use, now: Date): Promise<Validation> {
  const { codes, customerId, merchantId = null } = use;
  const reading = await readUses(shopId, { codes: storedCodes(codes), customerId, merchantId, reference: null, orderGid: null }, now);
  return judge(reading, use, now);
}

/** The pure part: what was read, judged at an instant. */
export function judge({ known, unknown }: UseReading, cart: Cart, at: Date): Validation {
  const amounts = new Map(discountsOf(known, cart).map(({ code, discountMinor }) => [code, discountMinor]));
  const clashing = new Map(clashes(known).map(({ code, refusals }) => [code, refusals]));
  const codes = known.map((found, n) => {
    const before = known.slice(0, n).filter(({ award }) => award.number === found.award.number).length;
    return validated(found, { cart, at, before, clash: clashing.get(found.facts.code) ?? [], discountMinor: amounts.get(found.facts.code) ?? null });
  });
  for (const code of unknown) codes.push({ code, refusals: [{ reason: "coupon_unknown" }], unjudged: [], coupon: null });
  return { isValid: codes.every(({ refusals }) => refusals.length === 0), codes };
}

interface Beside {
  cart: Cart;
  at: Date;
  /** Codes of the same award that the call names before this one: each takes one of its uses. */
  before: number;
  clash: UseRefusal[];
  discountMinor: number | null;
}

function validated(known: KnownCode, { cart, at, before, clash, discountMinor }: Beside): ValidatedCode {
  const { facts, award } = known;
  const counted = { ...facts, customerLocks: facts.customerLocks + before, awardLocks: facts.awardLocks + before };
  return {
    code: facts.code,
    refusals: [...unmetConditions({ facts: counted, award }, cart, at), ...clash],
    unjudged: unjudgedRules(known, cart),
    coupon: { facts, award, endsAt: couponEnd(expiryOf(facts), award), usageLimit: codeLimit(facts, award), discountMinor },
  };
}

/** The answer to who names a lock that is held for somebody else: beside what they do not meet themselves. */
export function refusedToAnother(codes: readonly ValidatedCode[], { endsAt }: { endsAt: Date }): RefusedUse {
  const held: UseRefusal = { reason: "locked_by_another", until: endsAt.toISOString() };
  return { outcome: "refused", call: null, codes: codes.map((code) => ({ ...code, refusals: [...code.refusals, held] })) };
}

/** The answer where more wait than may. */
export const BUSY: RefusedUse = { outcome: "refused", call: { reason: "busy" }, codes: [] };
