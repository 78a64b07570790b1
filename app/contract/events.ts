/**
 * Everything integrators, Shopify Flow and messages may hear of: one closed list, with the exact JSON of each kind's data.
 * It is the same whether a verb records it or a SQL function inserts it into "Event". Data names things by their public ids
 * (app/lib/ids.ts: 'cpn_' || id, 'iss_' || id, 'awd_' || number, 'cus_' || id, 'red_' || id, 'pte_' || id), holds nothing
 * that names a person, and keeps a key whose value is not known, as null. Instants are ISO 8601 in UTC.
 */
import { z } from "zod";

const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[1-9]\\d{0,18}$`));
const couponId = id("cpn");
const issuanceId = id("iss");
const awardId = id("awd");
const customerId = id("cus");
const redemptionId = id("red");
const Minor = z.int();
/** A JSON instant as PostgreSQL's to_json writes it or as Date.toJSON does. */
const Instant = z.iso.datetime({ offset: true });

/** What every event about a coupon says. customerId: whose it is; null: nobody's, or of a shared code nobody's we know. */
const Coupon = z.strictObject({ couponId, code: z.string(), awardId, issuanceId: issuanceId.nullable(), customerId: customerId.nullable() });

/** What is said of one use. orderId: Shopify's gid of the order, or the integrator's transaction id. */
const Redeemed = Coupon.extend({
  redemptionId, orderId: z.string(), channel: z.string(), discountMinor: Minor, currency: z.string().length(3),
  /** Which rules of ours the fact breaks: late, partly_paid, expired, outside_window, over_limit, not_issued, other_customer. Mostly empty. */
  flags: z.array(z.string()),
});

export const EVENT_DATA = {
  /** A customer was given a coupon. points: held (channel checkout) or spent for it; 0: distributed. expiresAt null: with the award. */
  "coupon.issued": Coupon.extend({ issuanceId, customerId, points: z.int().min(0), channel: z.string(), expiresAt: Instant.nullable() }),
  /** An order, or a till's transaction, used a coupon. */
  "coupon.redeemed": Redeemed,
  /** What was learnt of a use later: its flags as they are now. An edit put back a part of the order that had been paid back, and nobody paid for it: partly_paid. */
  "coupon.flagged": Redeemed,
  /** A use was undone. reason: its order was `cancelled` or `refunded`, or the code was `removed` by an edit of the order. */
  "coupon.reversed": Coupon.extend({ redemptionId, orderId: z.string(), reason: z.string() }),
  /** A coupon that was not used was given back (not applied, given up, checkout abandoned) and its held points are free again. */
  "coupon.returned": Coupon.extend({ issuanceId, customerId, points: z.int().min(0) }),
  /** Staff took a coupon back: it cannot be redeemed any more. points: those that were given back. */
  "coupon.revoked": Coupon.extend({ points: z.int().min(0) }),
  /** A coupon that somebody held ended without being used. */
  "coupon.expired": Coupon,
  /** The same code now belongs to another customer; issuanceId is the new one. */
  "coupon.transferred": Coupon.extend({ issuanceId, customerId, previousCustomerId: customerId }),
  /**
   * Somebody asked that the customer be told of the coupon again: who sends the shop's messages sends this one. Nothing about the
   * coupon changed. expiresAt: its own end or its award's, whichever comes first; null: none. channel: where it was asked.
   */
  "coupon.resent": Coupon.extend({
    issuanceId, customerId, expiresAt: Instant.nullable(), channel: z.string(),
    /** Names the request that asked: repeated, it is this event still. */
    requestKey: z.string(),
  }),
  /** One entry of a customer's points ledger: recorded by post_points_entry and by nobody else. balance: after the entry. orderId: as of a use. */
  "points.changed": z.strictObject({
    customerId, entryId: id("pte"),
    kind: z.enum(["earned", "earning_reversed", "spent", "spending_returned", "adjusted", "imported", "expired", "merged"]),
    points: z.int(), balance: z.int(), issuanceId: issuanceId.nullable(), orderId: z.string().nullable(),
  }),
  /** Points lapse soon, at the end of a day of the shop: all of the customer's that do so then. Told once, some days before, as the shop has set. */
  "points.expiring": z.strictObject({ customerId, points: z.int().min(1), expiresAt: Instant }),
} as const;

export type EventKind = keyof typeof EVENT_DATA;
export const EVENT_KINDS = Object.keys(EVENT_DATA) as EventKind[];

/** What is posted to an endpoint (docs/webhooks.md). sequence: counts the shop's events from 1 without a gap. */
export function webhookBody(kind: EventKind) {
  return z.strictObject({ id: id("evt"), sequence: z.int().min(1), kind: z.literal(kind), occurredAt: Instant, shop: z.string(), data: EVENT_DATA[kind] });
}

/** An event before it is recorded. */
export type EventDraft = { [K in EventKind]: { kind: K; data: z.infer<(typeof EVENT_DATA)[K]>; occurredAt: Date } }[EventKind];
