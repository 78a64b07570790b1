/** The calls that look at coupons and locks. */
import type * as calls from "../../contract/api/coupons";
import { usesOfOneCode } from "../../domain/awards/award";
import { couponEnd } from "../../domain/coupons/coupon";
import { findLock } from "../../domain/coupons/find-lock.server";
import { outsideOrderId } from "../../domain/coupons/redemption";
import { findCouponDetail, listByCodes, listCustomerCoupons, type CouponWithAward } from "../../domain/coupons/standing.server";
import { expiryOf } from "../../domain/coupons/use";
import { findCustomerById } from "../../domain/customers/queries.server";
import { gidTail } from "../../lib/gid";
import { publicId } from "../../lib/ids";
import { lookUpCustomer } from "./caller-customer.server";
import { ApiRefusal } from "./door.server";
import type { Handler } from "./handler";
import { ID_KEY, pageEnd, positionOf } from "./page";
import { amountOf, couponTerms, startOf } from "./terms";

/** GET /coupons/{code} */
export const couponDetail: Handler<typeof calls.couponDetail> = async ({ params }, { shop, now }) => {
  const found = await findCouponDetail(shop.id, params.code, now);
  if (!found) throw new ApiRefusal("coupon_unknown");
  const { coupon, status, statusAt, isLocked, holderGid, redemptions } = found;
  return {
    ...termsOf(found),
    couponId: publicId("coupon", coupon.id),
    status,
    isActive: isOpen(status),
    isExpired: status === "expired",
    isLocked,
    isReversed: redemptions.some(({ reversal }) => reversal !== null),
    last_status_change_on: statusAt?.toISOString() ?? null,
    usedCount: coupon.usesCount,
    customerId: holderGid && gidTail(holderGid),
    issuedAt: coupon.issuedAt?.toISOString() ?? null,
    redemptions: redemptions.map(({ id, orderGid, channel, locationId, discountMinor, currency, redeemedAt, flags, reversal }) => ({
      redemptionId: publicId("redemption", id), transactionId: outsideOrderId(orderGid), channel, locationId,
      discountAmount: amountOf(discountMinor, currency), currency, redeemedAt: redeemedAt.toISOString(),
      isReversed: reversal !== null, reversedAt: reversal?.reversedAt.toISOString() ?? null, reversalReason: reversal?.reason ?? null, flags,
    })),
  };
};

/** GET /customers/{customerId}/coupons */
export const customerCoupons: Handler<typeof calls.customerCoupons> = async ({ params, query }, { shop, now }) => {
  const customerId = await lookUpCustomer(shop.id, params);
  const { status = null, location = null, zone = null, limit, cursor } = query;
  const page = await listCustomerCoupons(shop.id, { customerId, status, location, zone, position: positionOf(cursor, [ID_KEY]), size: limit }, now);
  return {
    coupons: page.rows.map((row) => {
      const { coupon, award, status: standing } = row;
      return {
        ...termsOf(row),
        couponId: publicId("coupon", coupon.id),
        issuanceId: publicId("issuance", row.issuanceId),
        status: standing,
        isActive: isOpen(standing),
        isExpired: standing === "expired",
        isLocked: row.isLocked,
        isReversed: row.isReversed,
        last_status_change_on: row.statusAt.toISOString(),
        usedCount: coupon.usesCount,
        isAvailableToUse: standing === "issued" && award.status === "active" && startOf(award) <= now,
        customerUsedCount: row.customerUsedCount,
        points: row.points,
        issuedAt: row.issuedAt.toISOString(),
      };
    }),
    ...pageEnd(page),
  };
};

/** GET /locks/{lockReference} */
export const lockDetails: Handler<typeof calls.lockDetails> = async ({ params }, { shop, now }) => {
  const lock = await findLock(shop.id, params.lockReference, now);
  if (!lock) throw new ApiRefusal("lock_unknown");
  const { reference, status, customerId, transactionId } = lock;
  const [lockedAt, endsAt] = [lock.lockedAt.toISOString(), lock.endsAt.toISOString()];
  const customer = customerId === null ? null : await findCustomerById(shop.id, customerId);
  const promised = new Map(lock.codes.map(({ code, issuance }) => [code, issuance]));
  const found = await listByCodes(shop.id, [...promised.keys()]);
  return {
    lockReference: reference,
    customerId: customer && gidTail(customer.gid),
    status,
    isUsed: status === "burned",
    usedAt: status === "burned" ? (lock.endedAt?.toISOString() ?? null) : null,
    isExpired: status === "expired",
    expiredAt: endsAt,
    transactionId,
    lockedCoupons: lock.codes.map(({ code }) => ({ code, lockedAt, expiresAt: endsAt })),
    coupons: found.map((row) => {
      const issuance = promised.get(row.coupon.code) ?? null;
      return termsOf({ ...row, endsAt: couponEnd(expiryOf({ expiresAt: row.coupon.expiresAt, issuance }), row.award), valueMinor: issuance?.valueMinor ?? null });
    }),
  };
};

function termsOf({ coupon, award, endsAt, ...own }: CouponWithAward & { valueMinor?: number | null }) {
  const usageLimit = coupon.usesPerCode ?? usesOfOneCode(award);
  return couponTerms({ code: coupon.code, award, valueMinor: own.valueMinor ?? coupon.valueMinor, minOrderMinor: coupon.minOrderMinor, usageLimit, endsAt });
}

function isOpen(status: (typeof calls.COUPON_STATUSES)[number]): boolean {
  return status === "available" || status === "issued" || status === "locked";
}
