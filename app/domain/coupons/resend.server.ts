/** Somebody asks that a customer be told of their coupon again. Who sends the shop's messages hears it as an event; the coupon stays as it is. */
import { z } from "zod";
import { EVENT_DATA } from "../../contract/events";
import type { Award, Coupon, Issuance } from "../../generated/prisma/client";
import { inTransaction, type Tx } from "../../lib/db.server";
import { awardId, publicId } from "../../lib/ids";
import { recordEvent } from "../events/record.server";
import { couponEnd, couponStatus } from "./coupon";
import { lockCoupons } from "./take-back.server";
import { codeLimit, expiryOf } from "./use";

export const Resending = z.object({
  couponId: z.bigint(),
  /** Whom it is sent to, if not simply who holds it: a code that many share says nothing of one of them. */
  customerId: z.bigint().nullable(),
  /** Where it was asked. */
  channel: z.enum(["api"]),
  requestKey: z.string().min(1).max(200),
});
export type Resending = z.infer<typeof Resending>;

export type ResendCoupon =
  | { outcome: "resent"; eventId: bigint; code: string; issuanceId: string; resentAt: Date }
  | { outcome: "coupon_unknown" }
  /** Everybody has this code, and nobody was named. */
  | { outcome: "customer_needed" }
  /** Whoever was named does not hold it. */
  | { outcome: "not_owner" }
  /**
   * Why its holder could not use it: nobody sends what is worth nothing. Of an award that is over it is expired, whatever else the
   * award is: coupons end with it at the latest. One that may be used from a later day on is sent, as it was when it was given.
   */
  | { outcome: "not_issued" | "redeemed" | "expired" | "revoked" | "archived" | "award_inactive" | "not_started" | "customer_limit_reached" | "award_limit_reached" };

type Obstacle = Exclude<ResendCoupon["outcome"], "resent" | "coupon_unknown">;

/** Records one event for one request key, however often that is repeated; another key is another event. */
export async function resendCoupon(shopId: number, resending: Resending, now: Date): Promise<ResendCoupon> {
  const { couponId, customerId, channel, requestKey } = Resending.parse(resending);
  return inTransaction(async (tx): Promise<ResendCoupon> => {
    // Under its lock nobody revokes or uses it meanwhile, and a repetition waits for the first.
    const coupon = (await lockCoupons(tx, shopId, [couponId])).get(couponId);
    if (!coupon) return { outcome: "coupon_unknown" };
    const before = await findResent(tx, shopId, couponId, requestKey);
    if (before) return before;

    const award = await tx.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: coupon.awardNumber } } });
    const issuance = await tx.issuance.findFirst({
      where: { shopId, couponId, status: { in: ["open", "redeemed", "returning"] }, ...(coupon.shared && customerId !== null && { customerId }) },
      orderBy: { id: "desc" },
    });
    const found = holding({ coupon, award, issuance, customerId }, now);
    if (typeof found === "string") return { outcome: found };
    const limit = await limitReached(tx, shopId, award, found.customerId);
    if (limit) return { outcome: limit };

    const issuanceId = publicId("issuance", found.id);
    const data = {
      couponId: publicId("coupon", couponId), code: coupon.code, awardId: awardId(award.number), issuanceId, customerId: publicId("customer", found.customerId),
      expiresAt: endOf(coupon, award, found)?.toISOString() ?? null, channel, requestKey,
    };
    const eventId = await recordEvent(tx, shopId, { kind: "coupon.resent", data, occurredAt: now }, now);
    return { outcome: "resent", eventId, code: coupon.code, issuanceId, resentAt: now };
  });
}

/** What a request of this key recorded before. Found by the index "Event_resent", which knows events of this kind alone. */
async function findResent(tx: Tx, shopId: number, couponId: bigint, requestKey: string): Promise<ResendCoupon | null> {
  const [event] = await tx.$queryRaw<{ id: bigint; data: unknown; occurredAt: Date }[]>`
    SELECT "id", "data", "occurredAt" FROM "Event"
    WHERE "shopId" = ${shopId} AND "kind" = 'coupon.resent' AND "data" ->> 'couponId' = ${publicId("coupon", couponId)} AND "data" ->> 'requestKey' = ${requestKey}`;
  if (!event) return null;
  const { code, issuanceId } = EVENT_DATA["coupon.resent"].parse(event.data);
  return { outcome: "resent", eventId: event.id, code, issuanceId, resentAt: event.occurredAt };
}

interface Held {
  coupon: Coupon;
  award: Award;
  issuance: Issuance | null;
  customerId: bigint | null;
}

/** The issuance by which the customer can use the coupon, or what stands against it. */
function holding({ coupon, award, issuance, customerId }: Held, now: Date): Issuance | Obstacle {
  const status = couponStatus(coupon, award, now);
  switch (status) {
    case "redeemed":
    case "expired":
    case "revoked":
    case "archived":
      return status;
    case "available":
      if (!coupon.shared) return "not_issued";
      break;
    // What a till has locked is still its customer's.
    case "issued":
    case "locked":
      break;
    default:
      return status satisfies never;
  }
  if (coupon.shared && customerId === null) return "customer_needed";
  if (!issuance) return coupon.shared ? "not_owner" : "not_issued";
  if (customerId !== null && issuance.customerId !== customerId) return "not_owner";
  if (issuance.status === "returning") return "revoked";
  const endsAt = endOf(coupon, award, issuance);
  if (endsAt !== null && endsAt <= now) return "expired";
  if (award.status !== "active") return "award_inactive";
  if (award.startsAt > now) return "not_started";
  const limit = codeLimit(coupon, award);
  return limit !== null && coupon.usesCount >= limit ? "redeemed" : issuance;
}

/** From when on this customer cannot use it. Null: never. */
const endOf = (coupon: Coupon, award: Award, issuance: Issuance) => couponEnd(expiryOf({ expiresAt: coupon.expiresAt, issuance }), award);

/** What was used counts, locks do not: a lock may well be the customer's own, of this very coupon. */
async function limitReached(tx: Tx, shopId: number, { number, usesPerCustomer, usesTotal }: Award, customerId: bigint): Promise<"customer_limit_reached" | "award_limit_reached" | null> {
  if (usesPerCustomer === null && usesTotal === null) return null;
  const [used] = await tx.$queryRaw<{ ofCustomer: number | null; ofAward: number }[]>`
    SELECT customer_uses(${shopId}::int, ${customerId}::bigint, ${number}::int, ${usesPerCustomer}::int) AS "ofCustomer", t."used" AS "ofAward"
    FROM "AwardTally" t WHERE t."shopId" = ${shopId} AND t."awardNumber" = ${number}`;
  if (!used) throw new Error(`award ${number} has no tally`);
  if (usesPerCustomer !== null && (used.ofCustomer ?? 0) >= usesPerCustomer) return "customer_limit_reached";
  return usesTotal !== null && used.ofAward >= usesTotal ? "award_limit_reached" : null;
}
