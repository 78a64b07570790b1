/** Staff revoke an award's coupons: a job in steps, the first of which are worked at once. */
import { z } from "zod";
import { inTransaction, prisma } from "../../lib/db.server";
import type { JobProgress } from "../jobs/job";
import { getJob } from "../jobs/queries.server";
import { startJob } from "../jobs/start.server";
import { stepAtOnce } from "../jobs/step.server";
import { REVOKE_MODES, stepRevoke } from "./revoke-step.server";

const MAX_CUSTOMERS = 1000;

export const Revocation = z.object({
  awardNumber: z.int().min(1),
  /** unredeemed: given out or not. not_issued: only codes nobody has. customers: every active coupon of the award that these hold. */
  mode: z.enum(REVOKE_MODES),
  customerIds: z.array(z.bigint()).max(MAX_CUSTOMERS, `At most ${MAX_CUSTOMERS} customers at once; import a file of more.`).default([]),
  /** The tick at "I understand that revoking coupons will make them unredeemable". */
  understood: z.boolean(),
  returnPoints: z.boolean(),
  requestKey: z.string().min(1).max(200),
});
export type Revocation = z.input<typeof Revocation>;

export type RevokeCoupons =
  /** The job may have ended already; its outcomes say how many coupons were revoked, locked by a till, or over before. */
  | { outcome: "started"; job: JobProgress }
  /** The tick is missing. */
  | { outcome: "not_understood" }
  | { outcome: "award_unknown" };

/**
 * Revokes coupons of one award. Redeemed ones are untouched; one that a till has locked is left alone and counted as `locked`.
 * Codes are withdrawn from Shopify, and points go back, if they are to, only after that. The same request key is the same job.
 */
export async function revokeCoupons(shopId: number, revocation: Revocation, now: Date): Promise<RevokeCoupons> {
  const { requestKey, understood, awardNumber, mode, customerIds, returnPoints } = Revocation.parse(revocation);
  if (!understood) return { outcome: "not_understood" };
  if (!(await prisma.award.findUnique({ where: { shopId_number: { shopId, number: awardNumber } }, select: { number: true } }))) return { outcome: "award_unknown" };

  const request = { awardNumber, mode, customerIds: customerIds.map(String), returnPoints };
  const { jobId } = await inTransaction((tx) => startJob(tx, shopId, { kind: "revoke", request, requestKey: `revoke:${requestKey}` }, now));
  await stepAtOnce(shopId, jobId, { revoke: stepRevoke }, now);
  return { outcome: "started", job: await getJob(shopId, jobId) };
}
