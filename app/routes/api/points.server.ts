/** The calls about points. */
import type * as calls from "../../contract/api/points";
import { outsideOrderId } from "../../domain/coupons/redemption";
import { findCustomerById } from "../../domain/customers/queries.server";
import { adjustPoints } from "../../domain/points/adjust.server";
import { toBalance } from "../../domain/points/balance";
import { findHoldNamed, findSpend, pointsOfEntry } from "../../domain/points/find-entry.server";
import { holdPoints } from "../../domain/points/hold.server";
import { ONE_MILLI } from "../../domain/points/earn-rule";
import { findBalance, findOutlook, listStatement, type DatedPoints } from "../../domain/points/queries.server";
import { redeemHold } from "../../domain/points/redeem-hold.server";
import { redeemPoints } from "../../domain/points/redeem.server";
import { refundPoints } from "../../domain/points/refund.server";
import { releaseHold as release } from "../../domain/points/release-hold.server";
import { gidTail } from "../../lib/gid";
import { readStanding } from "../../domain/points/tiers.server";
import { publicId } from "../../lib/ids";
import { knownCustomer, lookUpCustomer } from "./caller-customer.server";
import { ApiRefusal } from "./door.server";
import type { Handler } from "./handler";
import { NUMBER_KEY, pageEnd, positionOf } from "./page";

/** GET /customers/{customerId}/balance */
export const balance: Handler<typeof calls.balance> = async ({ params }, { shop, now }) => {
  const customerId = await lookUpCustomer(shop.id, params);
  const [points, outlook, standing] = await Promise.all([findBalance(shop.id, customerId, now), findOutlook(shop.id, customerId, now), readStanding(shop.id, customerId, now)]);
  return {
    customerId: await outsideId(shop.id, customerId),
    totalPointsBalance: points.balance,
    availablePointsBalance: points.spendable,
    heldPoints: points.held,
    pendingPoints: outlook.pending,
    nextPending: toJson(outlook.nextPending),
    nextExpiry: toJson(outlook.nextLapse),
    tier: standing?.tier ? { name: standing.tier.name, multiplier: standing.tier.multiplierMilli / ONE_MILLI } : null,
    nextTier: standing?.next ? { name: standing.next.tier.name, missingPoints: standing.next.missingPoints } : null,
    pointsName: shop.pointsName,
    currency: shop.currency,
  };
};

function toJson(dated: DatedPoints | null) {
  return dated && { points: dated.points, at: dated.at.toISOString() };
}

/** GET /transactions */
export const transactions: Handler<typeof calls.transactions> = async ({ query }, { shop }) => {
  const customerId = await lookUpCustomer(shop.id, query);
  const page = await listStatement(shop.id, customerId, positionOf(query.cursor, [NUMBER_KEY]), query.limit);
  return {
    transactions: page.rows.map(({ id, kind, points, balanceAfter, note, orderGid, occurredAt, remaining, expiresAt }) => ({
      entryId: publicId("pointsEntry", id),
      type: kind,
      direction: points < 0 ? ("-" as const) : ("+" as const),
      points: Math.abs(points),
      pointsBalanceBefore: balanceAfter - points,
      pointsBalanceAfter: balanceAfter,
      transactionTime: occurredAt.toISOString(),
      reason: note,
      orderId: orderGid === null ? null : outsideOrderId(orderGid),
      remainingPoints: remaining,
      expiresAt: expiresAt && expiresAt.toISOString(),
    })),
    ...pageEnd(page),
  };
};

/** POST /transactions/hold */
export const hold: Handler<typeof calls.hold> = async ({ body }, { shop, now, requestKey }) => {
  const customerId = await knownCustomer(shop.id, body);
  const minutes = body.holdDuration ?? shop.lockMinutes;
  const holding = await holdPoints(shop.id, { customerId, points: body.pointsToHold, minutes, requestKey, note: body.reason ?? null }, now);
  if (holding.outcome === "insufficient") throw insufficient(body.pointsToHold, holding);
  const { holdId, points, endsAt } = holding;
  return { customerId: await outsideId(shop.id, customerId), holdReference: publicId("pointsHold", holdId), holdEquivalentPoints: points, dateToExpire: endsAt.toISOString(), ...account(holding) };
};

/** GET /transactions/hold/{holdReference} */
export const holdDetails: Handler<typeof calls.holdDetails> = async ({ params }, { shop, now }) => {
  const found = await findHoldNamed(shop.id, params.holdReference, now);
  if (!found) throw new ApiRefusal("hold_unknown");
  return {
    customerId: await outsideId(shop.id, found.customerId),
    holdReference: params.holdReference,
    holdEquivalentPoints: found.points,
    state: found.state,
    dateToExpire: found.endsAt.toISOString(),
  };
};

/** DELETE /transactions/hold/{holdReference} */
export const releaseHold: Handler<typeof calls.releaseHold> = async ({ params }, { shop, now }) => {
  const held = await findHoldNamed(shop.id, params.holdReference, now);
  if (!held) throw new ApiRefusal("hold_unknown");
  const released = await release(shop.id, held.id, now);
  switch (released.outcome) {
    case "released":
      return { success: true, message: "The points are free again.", ...account(released) };
    case "already_redeemed":
      throw new ApiRefusal("hold_over", "The hold was redeemed.");
    case "unknown":
      throw new ApiRefusal("hold_unknown");
    default:
      return released satisfies never;
  }
};

/** POST /transactions/redeem */
export const redeem: Handler<typeof calls.redeem> = async ({ body }, { shop, now }) => {
  const customerId = await knownCustomer(shop.id, body);
  const redeemed = body.holdReference == null ? await spend(shop.id, customerId, body, now) : await spendHold(shop.id, customerId, { reference: body.holdReference, transactionId: body.transactionId }, now);
  const { entryId, points, redeemedId } = redeemed;
  return {
    customerId: await outsideId(shop.id, customerId), transactionId: body.transactionId, entryId: publicId("pointsEntry", entryId),
    holdReference: redeemedId === null ? null : publicId("pointsHold", redeemedId), redeemEquivalentPoints: points, ...account(redeemed),
  };
};

async function spend(shopId: number, customerId: bigint, { pointsToRedeem, transactionId, reason }: { pointsToRedeem?: number | null | undefined; transactionId: string; reason?: string | null | undefined }, now: Date) {
  const points = pointsToRedeem ?? 0;
  const spending = await redeemPoints(shopId, { customerId, points, requestKey: transactionId, note: reason ?? null }, now);
  if (spending.outcome === "insufficient") throw insufficient(points, spending);
  return { ...spending, points: spending.repeated ? -(await pointsOfEntry(shopId, spending.entryId)) : points };
}

async function spendHold(shopId: number, customerId: bigint, { reference, transactionId }: { reference: string; transactionId: string }, now: Date) {
  const held = await findHoldNamed(shopId, reference, now);
  if (held?.customerId !== customerId) throw new ApiRefusal("hold_unknown");
  const redeemed = await redeemHold(shopId, { holdId: held.id, transactionId }, now);
  switch (redeemed.outcome) {
    case "redeemed":
      return redeemed;
    case "redeemed_by_another":
      throw new ApiRefusal("hold_over", "Another transaction redeemed the hold.", {}, { transactionId: redeemed.transactionId });
    case "already_released":
      throw new ApiRefusal("hold_over", "The hold was released.");
    case "hold_expired":
      throw new ApiRefusal("hold_over", "The hold ran out.");
    case "unknown":
      throw new ApiRefusal("hold_unknown");
    default:
      return redeemed satisfies never;
  }
}

/** POST /transactions/refund */
export const refund: Handler<typeof calls.refund> = async ({ body }, { shop, now }) => {
  const customerId = await knownCustomer(shop.id, body);
  const entryId = await findSpend(shop.id, customerId, body.reverseTransactionId);
  if (entryId === null) throw new ApiRefusal("transaction_unknown");
  const refunded = await refundPoints(shop.id, { entryId, points: body.refundPoints ?? null, requestKey: body.refundTransactionId, note: body.reason ?? null }, now);
  switch (refunded.outcome) {
    case "refunded":
      return {
        customerId: await outsideId(shop.id, customerId), refundTransactionId: body.refundTransactionId, entryId: publicId("pointsEntry", refunded.entryId),
        refundEquivalentPoints: refunded.points, refundable: refunded.refundable, ...account(refunded),
      };
    case "exceeds_spend":
      throw new ApiRefusal("refund_exceeds", `At most ${refunded.refundable} points can be given back.`, {}, { refundable: refunded.refundable });
    case "unknown":
      throw new ApiRefusal("transaction_unknown");
    default:
      return refunded satisfies never;
  }
};

/** POST /transactions/manual */
export const adjust: Handler<typeof calls.adjust> = async ({ body }, { shop, now }) => {
  const customerId = await knownCustomer(shop.id, body);
  const posting = await adjustPoints(shop.id, customerId, { points: body.points, reason: body.reason, requestKey: body.transactionId, transactionId: body.transactionId }, now);
  switch (posting.outcome) {
    case "posted":
    case "already_posted": {
      const points = posting.entryId === null ? body.points : await pointsOfEntry(shop.id, posting.entryId);
      return { customerId: await outsideId(shop.id, customerId), transactionId: body.transactionId, points, ...account(posting) };
    }
    case "insufficient":
      throw insufficient(-body.points, posting);
    case "full":
      throw new ApiRefusal("balance_full");
    default:
      return posting.outcome satisfies never;
  }
};

function account({ balance, held }: { balance: number; held: number }) {
  return { availablePointsBalance: toBalance(balance, held).spendable, pointsBalance: balance };
}

function insufficient(points: number, { balance, held }: { balance: number; held: number }): ApiRefusal {
  const missingPoints = points - (balance - held);
  return new ApiRefusal("insufficient_points", `${missingPoints} more points are needed.`, {}, { missingPoints });
}

/** Shopify's number of a customer. */
async function outsideId(shopId: number, customerId: bigint): Promise<string> {
  const customer = await findCustomerById(shopId, customerId);
  return gidTail(customer?.gid ?? "");
}
