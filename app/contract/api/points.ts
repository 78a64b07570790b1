/** Calls about points: balance, entries, hold, release, redeem, refund, adjust. */
import { z } from "zod";
import type { ApiErrorReason } from "./errors";
import { CustomerId, Instant, NamedCustomer, OutsideId, PageEnd, PageQuery, text, HappenedAt } from "./fields";
import { operation } from "./operation";

const NONE = z.object({});
const WHO = ["customer_unknown", "customer_ambiguous"] as const satisfies ApiErrorReason[];
const Points = z.int().min(1).max(1_000_000_000);
const TransactionId = z.union([text(90), z.int().min(0)]).transform(String).describe("Your number of the transaction. The same one is done once.");
const TransactionTime = HappenedAt.nullish().describe("Accepted and not needed: an entry is dated when it is made.");
const HoldReference = text(60).describe("As POST /transactions/hold answered it: pth_…");
const Note = text(200).nullish().describe("The customer reads it on the statement; name nobody.");
const Account = { availablePointsBalance: z.int().describe("What can be spent now, after it."), pointsBalance: z.int().describe("With held points.") };
const DatedPoints = z.object({ points: z.int(), at: Instant });
const EntryId = z.string().describe("Our id of the points entry: pte_…");

/** GET /customers/{customerId}/balance */
export const balance = operation({
  method: "GET",
  path: "/customers/{customerId}/balance",
  tag: "Points",
  summary: "See a customer's points",
  description: "What a customer has, and what of it can be spent now.",
  scope: "points:read",
  writes: false,
  params: z.object({ customerId: CustomerId }),
  query: NONE,
  body: null,
  answer: z.object({
    customerId: z.string().describe("Shopify's number of the customer."),
    totalPointsBalance: z.int(),
    availablePointsBalance: z.int().describe("What can be spent now; never below 0."),
    heldPoints: z.int().describe("Set aside for coupons that no order has proven, and for holds."),
    pendingPoints: z.int().describe("Earned by orders and not to be spent before they mature; not in the balance."),
    nextPending: DatedPoints.nullable().describe("Those of the pending points that mature first; null: none are pending."),
    nextExpiry: DatedPoints.nullable().describe("Points that expire first unless they are spent: all of one day; null: none expire."),
    tier: z.object({ name: z.string(), multiplier: z.number().describe("Orders earn so many times as much.") }).nullable().describe("Reached by what was earned in the past 12 months; null: none."),
    nextTier: z.object({ name: z.string(), missingPoints: z.int() }).nullable().describe("The tier above, and how many points are missing for it; null: there is none above."),
    pointsName: z.string().describe("What the shop calls its points."),
    currency: z.string(),
  }),
  errors: WHO,
});

export const ENTRY_KINDS = ["earned", "earning_reversed", "spent", "spending_returned", "adjusted", "imported", "expired", "merged"] as const;

/** GET /transactions */
export const transactions = operation({
  method: "GET",
  path: "/transactions",
  tag: "Points",
  summary: "List a customer's points entries",
  description: "The customer's ledger, newest first. Entries are never changed: what was undone has an entry of its own.",
  scope: "points:read",
  writes: false,
  params: NONE,
  query: PageQuery.extend({ customerId: CustomerId }),
  body: null,
  answer: z.object({
    transactions: z.array(
      z.object({
        entryId: EntryId,
        type: z.enum(ENTRY_KINDS),
        direction: z.enum(["+", "-"]),
        points: z.int().describe("Without its sign."),
        pointsBalanceBefore: z.int(),
        pointsBalanceAfter: z.int(),
        transactionTime: Instant,
        reason: z.string().nullable(),
        orderId: z.string().nullable().describe("Shopify's gid of the order, or your transaction."),
        remainingPoints: z.int().describe("How many of the points that came with this entry are left."),
        expiresAt: Instant.nullable().describe("When those that are left expire; null: never, or none are left."),
      }),
    ),
    ...PageEnd,
  }),
  errors: WHO,
});

/** POST /transactions/hold */
export const hold = operation({
  method: "POST",
  path: "/transactions/hold",
  tag: "Points",
  summary: "Hold points",
  description: "Sets points aside, so that nothing else can spend them until they are redeemed, released, or the time is over.",
  scope: "points:write",
  writes: true,
  params: NONE,
  query: NONE,
  body: z.object({
    ...NamedCustomer,
    pointsToHold: Points,
    holdDuration: z.int().min(1).max(21_600).nullish().describe("Minutes, up to 15 days; left out: the shop's setting for locks."),
    transactionTime: TransactionTime,
    reason: Note,
  }),
  answer: z.object({ customerId: z.string(), holdReference: HoldReference, holdEquivalentPoints: z.int(), dateToExpire: Instant, ...Account }),
  errors: [...WHO, "insufficient_points"],
});

/** GET /transactions/hold/{holdReference} */
export const holdDetails = operation({
  method: "GET",
  path: "/transactions/hold/{holdReference}",
  tag: "Points",
  summary: "See a hold",
  description: "What is held, and what became of it.",
  scope: "points:read",
  writes: false,
  params: z.object({ holdReference: HoldReference }),
  query: NONE,
  body: null,
  answer: z.object({
    customerId: z.string(),
    holdReference: HoldReference,
    holdEquivalentPoints: z.int(),
    state: z.enum(["active", "used", "released", "expired"]),
    dateToExpire: Instant,
  }),
  errors: ["hold_unknown"],
});

/** DELETE /transactions/hold/{holdReference} */
export const releaseHold = operation({
  method: "DELETE",
  path: "/transactions/hold/{holdReference}",
  tag: "Points",
  summary: "Release a hold",
  description: "Gives held points free again. Repeated it answers the same.",
  scope: "points:write",
  writes: true,
  params: z.object({ holdReference: HoldReference }),
  query: NONE,
  body: null,
  answer: z.object({ success: z.literal(true), message: z.string(), ...Account }),
  errors: ["hold_unknown", "hold_over"],
});

/** POST /transactions/redeem */
export const redeem = operation({
  method: "POST",
  path: "/transactions/redeem",
  tag: "Points",
  summary: "Redeem points",
  description: "Spends points at once, or those of a hold. Send exactly one of pointsToRedeem and holdReference. A transaction spends once: asked again, in whatever way, it is answered with what it spent the first time; another hold named then stays as it is.",
  scope: "points:write",
  writes: true,
  params: NONE,
  query: NONE,
  body: z
    .object({ ...NamedCustomer, transactionId: TransactionId, pointsToRedeem: Points.nullish(), holdReference: HoldReference.nullish(), transactionTime: TransactionTime, reason: Note })
    .refine(({ pointsToRedeem, holdReference }) => (pointsToRedeem == null) !== (holdReference == null), { path: ["pointsToRedeem"], message: "Send exactly one of pointsToRedeem and holdReference." }),
  answer: z.object({ customerId: z.string(), transactionId: z.string(), entryId: EntryId, holdReference: z.string().nullable().describe("The hold whose points the transaction spent; null: none."), redeemEquivalentPoints: z.int().describe("What the transaction spent."), ...Account }),
  errors: [...WHO, "insufficient_points", "hold_unknown", "hold_over"],
});

/** POST /transactions/refund */
export const refund = operation({
  method: "POST",
  path: "/transactions/refund",
  tag: "Points",
  summary: "Give redeemed points back",
  description: "Gives points of a redemption back, all or in parts, never more than were redeemed. They return to where they came from, with the expiry they had.",
  scope: "points:write",
  writes: true,
  params: NONE,
  query: NONE,
  body: z.object({
    ...NamedCustomer,
    refundTransactionId: TransactionId,
    reverseTransactionId: OutsideId.describe("What is undone: the transactionId or entryId of the redemption, or the holdReference that it redeemed."),
    refundPoints: Points.nullish().describe("Left out: all that is left of it."),
    transactionTime: TransactionTime,
    reason: Note,
  }),
  answer: z.object({ customerId: z.string(), refundTransactionId: z.string(), entryId: EntryId, refundEquivalentPoints: z.int(), refundable: z.int().describe("What may still be given back."), ...Account }),
  errors: [...WHO, "transaction_unknown", "refund_exceeds"],
});

/** POST /transactions/manual */
export const adjust = operation({
  method: "POST",
  path: "/transactions/manual",
  tag: "Points",
  summary: "Give or take points by hand",
  description: "Adds points (above 0) or takes them (below 0). The same transaction adjusts once.",
  scope: "points:write",
  writes: true,
  params: NONE,
  query: NONE,
  body: z.object({
    ...NamedCustomer,
    transactionId: TransactionId,
    points: z.int().min(-1_000_000_000).max(1_000_000_000).refine((points) => points !== 0, "Send a number other than 0."),
    reason: text(200).describe("The customer reads it on the statement; name nobody."),
    username: text(100).nullish().describe("Accepted and not kept: a statement names nobody."),
    transactionTime: TransactionTime,
  }),
  answer: z.object({ customerId: z.string(), transactionId: z.string(), points: z.int(), ...Account }),
  errors: [...WHO, "insufficient_points", "balance_full"],
});
