/** Claiming uses under locks: many callers share one commit, and each has an answer of its own. */
import type { z } from "zod";
import { pool } from "../../lib/db.server";
import { groupCommit } from "../../lib/group-commit";
import { batchSizesOf } from "../../lib/metrics.server";
import { usableIssuance, codeLimit, type CodeFacts, type UseAward } from "./use";
import { QUEUE_LIMIT } from "./read-uses.server";
import { gapReachesBackTo } from "./windows";

const BATCH_LIMIT = 64;
/** Two batches are at work in the database at once; where both want a row the second waits, as for another process. */
const LANES = 2;
const LANE_FROM = 16;
/** Tries of a batch that met a deadlock. */
const ATTEMPTS = 4;

/** One code of a claim, with the limits that it must leave room for. */
interface WantedUse {
  shopId: number;
  couponId: string;
  awardNumber: number;
  issuanceId: string | null;
  customerId: string | null;
  codeLimit: number | null;
  customerLimit: number | null;
  awardLimit: number | null;
  gapSince: Date | null;
  tallyFirst: boolean;
  discountMinor: number | null;
  currency: string;
  lockedBy: string | null;
  orderGid: string | null;
  at: Date;
}

export interface Claimant {
  shopId: number;
  facts: CodeFacts;
  award: UseAward;
  customerId: bigint | null;
  /** Where the gap between two uses is counted from. */
  usedAt: Date;
  discountMinor: number | null;
  /** The reference whose lock reserved it. */
  lockedBy: string | null;
  orderGid: string | null;
  now: Date;
}

export function wantedUse({ shopId, facts, award, customerId, usedAt, discountMinor, lockedBy, orderGid, now }: Claimant): WantedUse {
  const issuance = usableIssuance(facts);
  const { redeemGapDays, timeZone } = award;
  return {
    shopId,
    couponId: String(facts.couponId),
    awardNumber: award.number,
    issuanceId: issuance && String(issuance.id),
    customerId: customerId === null ? null : String(customerId),
    codeLimit: codeLimit(facts, award),
    customerLimit: customerId === null ? null : award.usesPerCustomer,
    awardLimit: award.usesTotal,
    gapSince: redeemGapDays === null || customerId === null ? null : gapReachesBackTo(usedAt, redeemGapDays, timeZone),
    tallyFirst: award.usesTotal !== null || award.issuesTotal !== null,
    discountMinor,
    currency: award.currency,
    lockedBy,
    orderGid,
    at: now,
  };
}

/** A request of a batch: what its SQL function reads of it, and the uses it wants together. */
export interface Claim<Asked> {
  request: Asked;
  uses: WantedUse[];
}

type Settled<Answer> = { answer: Answer } | { error: unknown };

/**
 * A function that claims through lock_coupons or burn_coupons. What only others of the same batch stood in the way of is
 * claimed again after them; the first of those always goes through, so a batch of n ends after n rounds at most.
 */
export function claimer<Asked extends object, Answer extends { i: number; outcome: string }>(sql: "lock_coupons" | "burn_coupons", schema: z.ZodType<Answer>) {
  const submit = groupCommit<Claim<Asked>, Settled<Answer>>({ commit: claimAll, lanes: LANES, laneFrom: LANE_FROM, batchLimit: BATCH_LIMIT, queueLimit: QUEUE_LIMIT, observe: batchSizesOf("claim_uses") });

  async function claimAll(claims: Claim<Asked>[]): Promise<Settled<Answer>[]> {
    try {
      return (await rounds(claims)).map((answer) => ({ answer }));
    } catch (error) {
      if (claims.length === 1) return [{ error }];
      // One that breaks its batch must not fail the others.
      const alone: Settled<Answer>[] = [];
      for (const claim of claims) alone.push(...(await claimAll([claim])));
      return alone;
    }
  }

  async function rounds(claims: Claim<Asked>[]): Promise<Answer[]> {
    const answers = new Map<number, Answer>();
    let waiting = claims.map((claim, i) => ({ ...claim, i }));
    for (let round = 1; waiting.length > 0; round++) {
      if (round > claims.length) throw new Error(`${waiting.length} claims were still contended after ${round} rounds`);
      for (const answer of await claimOnce(waiting)) if (answer.outcome !== "contended") answers.set(answer.i, answer);
      waiting = waiting.filter(({ i }) => !answers.has(i));
    }
    return claims.map((_, i) => {
      const answer = answers.get(i);
      if (!answer) throw new Error(`${sql} left a claim without an answer`);
      return answer;
    });
  }

  async function claimOnce(claims: (Claim<Asked> & { i: number })[]): Promise<Answer[]> {
    const requests = JSON.stringify(claims.map(({ i, request }) => ({ i, ...request })));
    const uses = JSON.stringify(claims.flatMap((claim) => claim.uses.map((use) => ({ i: claim.i, ...use }))));
    for (let attempt = 1; ; attempt++) {
      try {
        const { rows } = await pool.query({ name: sql, text: `SELECT * FROM ${sql}($1::jsonb, $2::jsonb)`, values: [requests, uses] });
        return rows.map((row) => schema.parse(row));
      } catch (error) {
        if (attempt === ATTEMPTS || !isDeadlock(error)) throw error;
      }
    }
  }

  return async function claim(claim: Claim<Asked>): Promise<Answer> {
    const settled = await submit(claim);
    if ("error" in settled) throw settled.error;
    return settled.answer;
  };
}

function isDeadlock(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "40P01" || error.code === "40001");
}
