/** The calls of a back office about coupons that are out. */
import type * as calls from "../../contract/api/life";
import { archiveCoupon as archive, unarchiveCoupon as unarchive } from "../../domain/coupons/archive.server";
import { resendCoupon as resend } from "../../domain/coupons/resend.server";
import { revokeCoupons as revoke } from "../../domain/coupons/revoke.server";
import { listByCodes } from "../../domain/coupons/standing.server";
import { transferCoupon as transfer } from "../../domain/coupons/transfer.server";
import type { JobProgress } from "../../domain/jobs/job";
import { findJob } from "../../domain/jobs/queries.server";
import { parseId, publicId } from "../../lib/ids";
import { isNamed, knownCustomer, lookUpCustomer } from "./caller-customer.server";
import { ApiRefusal } from "./door.server";
import type { Handler } from "./handler";

/** POST /coupons/revoke */
export const revokeCoupons: Handler<typeof calls.revokeCoupons> = async ({ body }, { shop, now, requestKey }) => {
  const customerIds: bigint[] = [];
  for (const customerId of body.customerIds ?? []) customerIds.push(await lookUpCustomer(shop.id, { customerId }));
  const revocation = { awardNumber: body.ruleId, mode: body.mode, customerIds, understood: body.understood, returnPoints: body.returnPoints ?? false, requestKey };
  const revoked = await revoke(shop.id, revocation, now);
  switch (revoked.outcome) {
    case "started":
      return jobOf(revoked.job);
    case "not_understood":
    case "award_unknown":
      throw new ApiRefusal(revoked.outcome);
    default:
      return revoked satisfies never;
  }
};

/** GET /jobs/{jobId} */
export const jobDetail: Handler<typeof calls.jobDetail> = async ({ params }, { shop }) => {
  const id = parseId("job", params.jobId);
  const job = id === null ? null : await findJob(shop.id, id);
  if (!job) throw new ApiRefusal("job_unknown");
  return jobOf(job);
};

function jobOf({ id, ...job }: JobProgress) {
  return { jobId: publicId("job", id), ...job };
}

/** POST /coupons/{code}/transfer */
export const transferCoupon: Handler<typeof calls.transferCoupon> = async ({ params, body }, { shop, now, requestKey }) => {
  const couponId = await couponIdOf(shop.id, params.code);
  const toCustomerId = await knownCustomer(shop.id, body);
  const transferred = await transfer(shop.id, { couponId, toCustomerId, requestKey }, now);
  switch (transferred.outcome) {
    case "transferred":
      return { success: true, code: transferred.code, issuanceId: publicId("issuance", transferred.issuanceId), transferredAt: now.toISOString() };
    case "shared":
    case "redeemed":
    case "expired":
    case "revoked":
    case "archived":
    case "locked":
    case "bound":
      throw new ApiRefusal(`coupon_${transferred.outcome}`);
    case "coupon_unknown":
    case "customer_unknown":
    case "not_issued":
    case "points_held":
    case "already_theirs":
    case "award_inactive":
    case "not_eligible":
    case "customer_max_reached":
    case "too_soon":
      throw new ApiRefusal(transferred.outcome);
    default:
      return transferred satisfies never;
  }
};

/** POST /coupons/{code}/archive */
export const archiveCoupon: Handler<typeof calls.archiveCoupon> = async ({ params, body }, { shop, now }) => {
  const couponId = await couponIdOf(shop.id, params.code);
  const { outcome } = body.archived ? await archive(shop.id, couponId, now) : await unarchive(shop.id, couponId, now);
  switch (outcome) {
    case "archived":
    case "already_archived":
    case "unarchived":
    case "not_archived":
      return { success: true, code: params.code.trim().toUpperCase(), archived: body.archived };
    case "coupon_unknown":
      throw new ApiRefusal(outcome);
    case "locked":
    case "over":
    case "withdrawing":
    case "expired":
      throw new ApiRefusal(`coupon_${outcome}`);
    default:
      return outcome satisfies never;
  }
};

/** POST /coupons/{code}/resend */
export const resendCoupon: Handler<typeof calls.resendCoupon> = async ({ params, body }, { shop, now, requestKey }) => {
  const couponId = await couponIdOf(shop.id, params.code);
  const customerId = isNamed(body) ? await knownCustomer(shop.id, body) : null;
  const resent = await resend(shop.id, { couponId, customerId, channel: "api", requestKey }, now);
  switch (resent.outcome) {
    case "resent":
      return { success: true, code: resent.code, issuanceId: resent.issuanceId, eventId: publicId("event", resent.eventId), resentAt: resent.resentAt.toISOString() };
    case "redeemed":
    case "expired":
    case "revoked":
    case "archived":
      throw new ApiRefusal(`coupon_${resent.outcome}`);
    case "coupon_unknown":
    case "not_issued":
    case "award_inactive":
    case "not_started":
    case "customer_limit_reached":
    case "award_limit_reached":
    case "not_owner":
    case "customer_needed":
      throw new ApiRefusal(resent.outcome);
    default:
      return resent satisfies never;
  }
};

async function couponIdOf(shopId: number, code: string): Promise<bigint> {
  const [found] = await listByCodes(shopId, [code.trim().toUpperCase()]);
  if (!found) throw new ApiRefusal("coupon_unknown");
  return found.coupon.id;
}
