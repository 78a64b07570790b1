/** Staff hand a customer's coupon to another: taken back from the one and given to the other, with the same code, at once. */
import { z } from "zod";
import type { Award, Coupon, Issuance } from "../../generated/prisma/client";
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { awardId, publicId } from "../../lib/ids";
import { recordEvent } from "../events/record.server";
import { lockAccounts } from "../points/lock-accounts.server";
import { couponEnd } from "./coupon";
import { lockCoupons, lockedAmong } from "./take-back.server";

export const Transfer = z.object({
  couponId: z.bigint(),
  toCustomerId: z.bigint(),
  requestKey: z.string().min(1).max(200),
});
export type Transfer = z.infer<typeof Transfer>;

export type TransferCoupon =
  | { outcome: "transferred"; issuanceId: bigint; code: string }
  /** No such coupon, or no such customer. */
  | { outcome: "coupon_unknown" | "customer_unknown" }
  /** Why the coupon cannot change hands: nobody has it, everybody does, it is used or over, a till or a checkout is at work with it. */
  | { outcome: "not_issued" | "shared" | "redeemed" | "expired" | "revoked" | "archived" | "locked" | "points_held" | "already_theirs" }
  /** Shopify's discount lets only its present owner use the code: revoke it, and give the other customer one of their own. */
  | { outcome: "bound" }
  /** Why the other customer may not have it. */
  | { outcome: "award_inactive" | "not_eligible" | "customer_max_reached" | "too_soon" };

/**
 * Transfers a coupon. No points move: what it cost stays with whom it cost, and the new issuance costs nothing. Both
 * issuances stay on record. The same request key is answered with the same issuance.
 */
export async function transferCoupon(shopId: number, transfer: Transfer, now: Date): Promise<TransferCoupon> {
  const { couponId, toCustomerId, requestKey } = Transfer.parse(transfer);
  const key = `transfer:${couponId}:${requestKey}`;
  const coupon = await prisma.coupon.findUnique({ where: { shopId_id: { shopId, id: couponId } }, select: { customerId: true } });
  if (!coupon) return { outcome: "coupon_unknown" };
  if (!(await prisma.customer.findUnique({ where: { shopId_id: { shopId, id: toCustomerId } }, select: { id: true } }))) return { outcome: "customer_unknown" };

  return inTransaction(async (tx) => {
    // Where nobody has had points there is no account, and nothing to wait on.
    await tx.pointsAccount.createMany({ data: { shopId, customerId: toCustomerId }, skipDuplicates: true });
    await lockAccounts(tx, shopId, [toCustomerId, ...(coupon.customerId === null ? [] : [coupon.customerId])]);
    const locked = (await lockCoupons(tx, shopId, [couponId])).get(couponId);
    if (!locked) return { outcome: "coupon_unknown" };
    const before = await tx.issuance.findUnique({ where: { shopId_requestKey: { shopId, requestKey: key } } });
    if (before) return { outcome: "transferred", issuanceId: before.id, code: locked.code };
    const award = await tx.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: locked.awardNumber } } });
    const issuance = await tx.issuance.findFirst({ where: { shopId, couponId, status: { in: ["open", "returning"] } }, orderBy: { id: "desc" } });

    const obstacle = whyNotFrom(locked, award, issuance, toCustomerId, now) ?? (await whyNotNow(tx, shopId, locked, issuance, now)) ?? (await whyNotTo(tx, shopId, award, toCustomerId, now));
    if (obstacle) return { outcome: obstacle };
    if (!issuance) throw new Error(`coupon ${couponId} is issued without an issuance`);
    return handOver(tx, shopId, { coupon: locked, issuance, toCustomerId, key }, now);
  });
}

type Obstacle = Exclude<TransferCoupon["outcome"], "transferred" | "coupon_unknown" | "customer_unknown">;

/** What stands against it on the coupon's side. */
function whyNotFrom(coupon: Coupon, award: Award, issuance: Issuance | null, toCustomerId: bigint, now: Date): Obstacle | null {
  if (coupon.shared) return "shared";
  const endsAt = couponEnd(coupon.expiresAt, award);
  if (award.status !== "active") return "award_inactive";
  switch (coupon.status) {
    case "available":
      return "not_issued";
    case "redeemed":
    case "expired":
    case "revoked":
    case "archived":
      return coupon.status;
    case "issued":
    case "locked":
      if (endsAt !== null && endsAt <= now) return "expired";
      if (issuance?.status === "returning") return "revoked";
      // A checkout has not proven its discount yet: the points would return to somebody who no longer has the coupon.
      if (issuance !== null && issuance.holdId !== null) return "points_held";
      return coupon.customerId === toCustomerId ? "already_theirs" : coupon.usesCount > 0 ? "redeemed" : null;
    default:
      return coupon.status satisfies never;
  }
}

async function whyNotNow(tx: Tx, shopId: number, coupon: Coupon, issuance: Issuance | null, now: Date): Promise<"locked" | "bound" | null> {
  const isLocked = await lockedAmong(tx, shopId, [coupon.id], now);
  if (issuance !== null && isLocked(issuance, coupon)) return "locked";
  const parent = await tx.parentDiscount.findUniqueOrThrow({ where: { shopId_id: { shopId, id: coupon.parentId } }, select: { customerGid: true } });
  return parent.customerGid === null ? null : "bound";
}

/** The award's rules for one customer, as issuing has them. */
async function whyNotTo(tx: Tx, shopId: number, award: Award, customerId: bigint, now: Date): Promise<"not_eligible" | "customer_max_reached" | "too_soon" | null> {
  if (award.audience === "listed") {
    const listed = await tx.awardCustomer.findUnique({ where: { shopId_awardNumber_customerId: { shopId, awardNumber: award.number, customerId } } });
    if (!listed) return "not_eligible";
  }
  if (!award.shareable && (await isRegisteredOutside(tx, shopId, award, customerId))) return "not_eligible";
  if (award.excludedAwards.length > 0 && (await hadAnyOf(tx, shopId, award.excludedAwards, customerId, now))) return "not_eligible";
  const [held] = await tx.$queryRaw<{ count: number; daysSince: number | null }[]>`
    SELECT count(*)::int AS "count",
      (SELECT (${now}::timestamptz AT TIME ZONE s."timeZone")::date - (max(i."issuedAt") AT TIME ZONE s."timeZone")::date FROM "Shop" s WHERE s."id" = ${shopId}) AS "daysSince"
    FROM "Issuance" i
    WHERE i."shopId" = ${shopId} AND i."customerId" = ${customerId} AND i."awardNumber" = ${award.number} AND i."status" NOT IN ('returned', 'revoked')`;
  if (!held) throw new Error("a count answered nothing");
  if (award.matchAgain !== "another" && held.count > 0) return "customer_max_reached";
  // How many one customer may have of another system's codes is that system's to say.
  if (award.codeSource === "third_party") return null;
  const limits = [award.issuesPerCustomer, award.usesPerCustomer].filter((limit) => limit !== null);
  if (limits.some((limit) => held.count >= limit)) return "customer_max_reached";
  return award.issueGapDays !== null && held.daysSince !== null && held.daysSince < award.issueGapDays ? "too_soon" : null;
}

/** Whether the award is for customers who registered at another time, or nobody knows when this one did. */
async function isRegisteredOutside(tx: Tx, shopId: number, { registeredFrom, registeredUntil }: Award, customerId: bigint): Promise<boolean> {
  if (registeredFrom === null && registeredUntil === null) return false;
  const { registeredAt } = await tx.customer.findUniqueOrThrow({ where: { shopId_id: { shopId, id: customerId } }, select: { registeredAt: true } });
  return registeredAt === null || (registeredFrom !== null && registeredAt < registeredFrom) || (registeredUntil !== null && registeredAt > registeredUntil);
}

/** Whether the customer received any of these awards in the past 6 months. */
async function hadAnyOf(tx: Tx, shopId: number, awardNumbers: number[], customerId: bigint, now: Date): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ had: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM "Issuance" i JOIN "Shop" s ON s."id" = ${shopId}
      WHERE i."shopId" = ${shopId} AND i."customerId" = ${customerId} AND i."awardNumber" = ANY(${awardNumbers}::int[]) AND i."status" <> 'returned'
        AND i."issuedAt" > ((${now}::timestamptz AT TIME ZONE s."timeZone") - interval '6 months') AT TIME ZONE s."timeZone") AS had`;
  return row?.had ?? false;
}

interface HandOver {
  coupon: Coupon;
  issuance: Issuance;
  toCustomerId: bigint;
  key: string;
}

/** One issuance ends, one begins: the award's tally stays what it is. */
async function handOver(tx: Tx, shopId: number, { coupon, issuance, toCustomerId, key }: HandOver, now: Date): Promise<TransferCoupon> {
  await tx.issuance.updateMany({ where: { shopId, id: issuance.id, status: "open" }, data: { status: "revoked", endedAt: now } });
  const { id } = await tx.issuance.create({
    data: {
      shopId, awardNumber: coupon.awardNumber, couponId: coupon.id, customerId: toCustomerId, points: 0,
      expiresAt: issuance.expiresAt, valueMinor: issuance.valueMinor, requestKey: key, channel: "admin", issuedAt: now,
    },
  });
  const bound = coupon.boundCustomerId === null ? {} : { boundCustomerId: toCustomerId };
  await tx.coupon.updateMany({ where: { shopId, id: coupon.id }, data: { customerId: toCustomerId, issuedAt: now, status: "issued", ...bound } });
  const data = {
    couponId: publicId("coupon", coupon.id), code: coupon.code, awardId: awardId(coupon.awardNumber), issuanceId: publicId("issuance", id),
    customerId: publicId("customer", toCustomerId), previousCustomerId: publicId("customer", issuance.customerId),
  };
  await recordEvent(tx, shopId, { kind: "coupon.transferred", data, occurredAt: now }, now);
  return { outcome: "transferred", issuanceId: id, code: coupon.code };
}
