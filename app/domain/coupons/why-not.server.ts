/** Why a customer is not given a coupon of an award: everything that stands in the way at once, with what would change it. */
import { z } from "zod";
import type { IssueProblem } from "../../contract/outcomes";
import { Prisma } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { findBalance } from "../points/queries.server";
import { issueObstacles, OfferAward, type IssueRefusal } from "./obstacles";
import { OfferRow, readOffers } from "./offers.server";

export interface IssueReason {
  outcome: IssueRefusal;
  /** not_eligible: what the award asks of its customers, or of the points. */
  problem?: IssueProblem;
  /** insufficient_points */
  missingPoints?: number;
  /** not_started, too_soon: from when it can be had. */
  availableAt?: Date;
}

export interface IssueAsked {
  customerId: bigint;
  awardNumber: number;
  /** A variable award: how many points. */
  points?: number;
  distributed?: boolean;
}

const AskedRow = OfferRow.extend({
  award: OfferAward.extend({ pointsPrice: z.int().nullable(), appliedBy: z.enum(["shopify", "integrator"]), audience: z.enum(["anyone", "listed"]) }),
});
type AskedAward = z.infer<typeof AskedRow>["award"];

/** Looks after an attempt that gave nothing; empty: nothing stands in the way any more, or there is no such award. */
export async function whyNotIssued(shopId: number, asked: IssueAsked, now: Date): Promise<IssueReason[]> {
  const { customerId, awardNumber, distributed = false } = asked;
  const [rows, balance, customer, listed] = await Promise.all([
    readOffers(shopId, customerId, Prisma.sql`AND a."number" = ${awardNumber}`, now),
    findBalance(shopId, customerId, now),
    prisma.customer.findUnique({ where: { shopId_id: { shopId, id: customerId } }, select: { registeredAt: true } }),
    prisma.awardCustomer.count({ where: { shopId, awardNumber, customerId } }),
  ]);
  const [row] = z.array(AskedRow).parse(rows);
  if (!row) return [];
  const { award, ...facts } = row;
  const price = distributed ? 0 : (asked.points ?? award.pointsPrice ?? 0);
  const problems = [
    ...(distributed ? [] : priceProblems(award, asked.points)),
    ...(award.audience === "listed" && listed === 0 ? ["not_listed" as const] : []),
    ...(isRegisteredOutside(award, customer?.registeredAt ?? null) ? ["registered_outside" as const] : []),
  ];
  const found = issueObstacles({ ...facts, award: { ...award, pointsPrice: price } }, { freePoints: balance.balance - balance.held, timeZone: award.timeZone }, now)
    // What a till gives is made when it is asked for, and who may get again what they hold has not had too many: of both the attempt knows.
    .filter(({ outcome }) => !(outcome === "out_of_codes" && award.appliedBy === "integrator") && !(outcome === "customer_max_reached" && isGivenAgain(award)));
  return [
    ...(award.status !== "active" || (award.endsAt !== null && award.endsAt <= now) ? [{ outcome: "award_inactive" as const }] : []),
    ...problems.map((problem) => ({ outcome: "not_eligible" as const, problem })),
    ...found.map(({ outcome, problem, missingPoints, availableAt }) => ({
      outcome, ...(problem && { problem }), ...(missingPoints !== undefined && { missingPoints }), ...(availableAt && { availableAt }),
    })),
  ];
}

const isGivenAgain = ({ matchAgain, codeSource }: AskedAward) => matchAgain === "existing" || codeSource === "single";

function priceProblems({ pointsPrice, minPoints, maxPoints, stepPoints }: AskedAward, points: number | undefined): IssueProblem[] {
  if (pointsPrice === null) return ["not_sold_for_points"];
  if (points === undefined) return [];
  const isOffered = minPoints === null || maxPoints === null || stepPoints === null
    ? points === pointsPrice
    : points >= minPoints && points <= maxPoints && (points - minPoints) % stepPoints === 0;
  return isOffered ? [] : ["points_not_offered"];
}

/** Who may have a code that anybody may use is judged when it is used. */
function isRegisteredOutside({ shareable, registeredFrom, registeredUntil }: AskedAward, registeredAt: Date | null): boolean {
  if (shareable || (registeredFrom === null && registeredUntil === null)) return false;
  return registeredAt === null || (registeredFrom !== null && registeredAt < registeredFrom) || (registeredUntil !== null && registeredAt > registeredUntil);
}
