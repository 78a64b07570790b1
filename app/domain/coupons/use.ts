/** A use of coupons before it happens: what the caller says of it, and what we know of each code. Pure. */
import { z } from "zod";
import { minorDigits, withDigits } from "../../lib/money";
import { AWARD_KINDS, CODE_SOURCES, usesOfOneCode } from "../awards/award";
import { storedCode } from "../codes/list";

/** Codes in one call. */
export const MAX_CODES = 50;
/** How long a lock may hold, in minutes: up to 15 days. */
export const LOCK_MINUTES = { least: 1, most: 21_600 };

/** A line of the order, as far as scope and amount need it. */
export interface UseLine {
  productGid?: string;
  variantGid?: string;
  collectionGids?: string[];
  /** What the line costs before these coupons, minor units. */
  amountMinor: number;
}

/** What a till or an app tells of the transaction. What it leaves out cannot be judged, and is said to be so. */
export interface Cart {
  /** Null: not known, or a guest. */
  customerId: bigint | null;
  /** Before these coupons, minor units of `currency`. */
  totalMinor?: number | undefined;
  /** Left out: the award's. */
  currency?: string | undefined;
  /** Digits after the point that the amounts are written with, where no currency is named; left out: those of the award's. */
  digits?: number | undefined;
  productGids?: string[] | undefined;
  variantGids?: string[] | undefined;
  collectionGids?: string[] | undefined;
  lines?: UseLine[] | undefined;
  /** The location's id, as the integrator's tills name it. */
  merchantId?: string | undefined;
  channel?: "online" | "pos" | undefined;
}

/** The cart with its amounts in minor units of the currency that they are meant in: the one it names, or else this one. */
export function inOwnUnits(cart: Cart, currency: string): Cart {
  const digits = cart.currency === undefined ? cart.digits : undefined;
  if (digits === undefined) return cart;
  const scaled = (minor: number) => withDigits(minor, minorDigits(currency) - digits);
  return {
    ...cart,
    ...(cart.totalMinor !== undefined && { totalMinor: scaled(cart.totalMinor) }),
    ...(cart.lines && { lines: cart.lines.map((line) => ({ ...line, amountMinor: scaled(line.amountMinor) })) }),
  };
}

export interface Use extends Cart {
  codes: string[];
}

const BigintText = z.string().transform(BigInt);
const Instant = z.coerce.date();
const Texts = z.array(z.string());
const Limit = z.int().nullable();

/** The rules of an award that decide about a use, with what its shop adds to them. */
export const UseAward = z.object({
  shopId: z.int(),
  number: z.int(),
  name: z.string(),
  kind: z.enum(AWARD_KINDS),
  value: z.int(),
  currency: z.string(),
  capMinor: Limit,
  giftVariantGid: z.string().nullable(),
  codeSource: z.enum(CODE_SOURCES),
  status: z.enum(["active", "inactive", "archived"]),
  startsAt: Instant,
  endsAt: Instant.nullable(),
  redeemableFrom: Instant.nullable(),
  usesPerCode: Limit,
  usesPerCustomer: Limit,
  usesTotal: Limit,
  issuesTotal: Limit,
  shareable: z.boolean(),
  minOrderMinor: Limit,
  maxOrderMinor: Limit,
  productGids: Texts,
  variantGids: Texts,
  collectionGids: Texts,
  redeemGapDays: Limit,
  weekdays: z.array(z.int()),
  monthDays: z.array(z.int()),
  fromMinute: Limit,
  untilMinute: Limit,
  registeredFrom: Instant.nullable(),
  registeredUntil: Instant.nullable(),
  maxOrders: Limit,
  firstOrderOnly: z.boolean(),
  channels: z.array(z.enum(["online", "pos"])),
  locationIds: Texts,
  zones: Texts,
  concepts: Texts,
  combinesOrder: z.boolean(),
  combinesProduct: z.boolean(),
  combinesShipping: z.boolean(),
  timeZone: z.string(),
  lockMinutes: z.int(),
});
export type UseAward = z.infer<typeof UseAward>;

/** What is known of one code of ours, the customer it would be used by, and what others have used and locked. */
export const CodeFacts = z.object({
  couponId: BigintText,
  code: z.string(),
  awardNumber: z.int(),
  status: z.enum(["available", "issued", "locked", "redeemed", "expired", "revoked", "archived"]),
  codeState: z.enum(["planned", "submitted", "live", "failed", "withdrawn", "local"]),
  shared: z.boolean(),
  usesCount: z.int(),
  expiresAt: Instant.nullable(),
  valueMinor: Limit,
  usesPerCode: Limit,
  minOrderMinor: Limit,
  boundCustomerId: BigintText.nullable(),
  firstOrderOnly: z.boolean(),
  /** Of a shared code the customer's own, else the coupon's last. */
  issuance: z
    .object({
      id: BigintText,
      customerId: BigintText,
      status: z.enum(["open", "redeemed", "returning", "returned", "revoked"]),
      expiresAt: Instant.nullable(),
      valueMinor: Limit,
    })
    .nullable(),
  issuedToSomebody: z.boolean(),
  /** Locks of others that hold, counted as far as a limit needs it. */
  codeLocks: z.int(),
  lockedUntil: Instant.nullable(),
  customerUses: z.int(),
  customerLocks: z.int(),
  lastUsedAt: Instant.nullable(),
  awardUsed: z.int(),
  awardLocks: z.int(),
  registeredAt: Instant.nullable(),
  /** Null where no rule asks for it, or of a customer we do not know. */
  ordersCount: z.int().nullable(),
  zone: z.string().nullable(),
  concept: z.string().nullable(),
  placeKnown: z.boolean(),
  /** This very transaction has used the code already. */
  redemption: z.object({ id: BigintText, recordedAt: Instant }).nullable(),
  /** The transaction is an order that was cancelled. */
  orderCancelled: z.boolean(),
});
export type CodeFacts = z.infer<typeof CodeFacts>;

/** How often this code may be used by all customers together. Null: no limit. */
export function codeLimit(coupon: Pick<CodeFacts, "usesPerCode">, award: Pick<UseAward, "codeSource" | "shareable" | "usesPerCode">): number | null {
  return coupon.usesPerCode ?? usesOfOneCode(award);
}

/** The issuance that a use counts for; none where it was given back, or where a shared code is used by somebody who holds none. */
export function usableIssuance({ issuance }: Pick<CodeFacts, "issuance">): NonNullable<CodeFacts["issuance"]> | null {
  return issuance && (issuance.status === "open" || issuance.status === "redeemed") ? issuance : null;
}

/** When the coupon ends for this customer. Null: with its award. */
export function expiryOf({ expiresAt, issuance }: { expiresAt: Date | null; issuance: { expiresAt: Date | null } | null }): Date | null {
  const ends = [expiresAt, issuance?.expiresAt ?? null].filter((end) => end !== null);
  return ends.length ? new Date(Math.min(...ends.map((end) => end.getTime()))) : null;
}

/** A lock's duration, from 1 minute to 15 days; throws on another, which a door should have refused. */
export function lockMinutes(minutes: number): number {
  if (!Number.isInteger(minutes) || minutes < LOCK_MINUTES.least || minutes > LOCK_MINUTES.most) throw new RangeError(`a lock cannot hold for ${minutes} minutes`);
  return minutes;
}

/** Codes as they are stored, each once; throws on none or too many, which a door should have refused. */
export function storedCodes(codes: readonly string[]): string[] {
  if (codes.length < 1 || codes.length > MAX_CODES) throw new RangeError(`one call uses 1 to ${MAX_CODES} codes, not ${codes.length}`);
  return [...new Set(codes.map(storedCode))];
}

/** What no code of ours can be: PostgreSQL's text holds no NUL, and half a character is none. */
export function isCodeText(code: string): boolean {
  return code !== "" && code.length <= 255 && !/[\0\p{Surrogate}]/u.test(code);
}
