/** One step of revoking an award's coupons: first the codes nobody has, then what customers hold. */
import { z } from "zod";
import { Prisma } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { recordChanges } from "../changes/record.server";
import type { Job, Stepped } from "../jobs/job";
import { ACTIVE, takeBack } from "./take-back.server";

export const REVOKE_MODES = ["unredeemed", "not_issued", "customers"] as const;

/** Codes nobody has, and issuances, of one step. */
const CODES_STEP = 2000;
const ISSUANCES_STEP = 200;

const Asked = z.object({
  awardNumber: z.int(),
  mode: z.enum(REVOKE_MODES),
  customerIds: z.array(z.string().transform(BigInt)),
  returnPoints: z.boolean(),
});
type Asked = z.infer<typeof Asked>;

/** Where a step begins: after this code, or after this issuance. */
type Place = { phase: "codes"; id: bigint } | { phase: "issuances"; at: Date; id: bigint };

/** What came to be while the job was at work is not part of it: both walks end at what was there when it began. */
export async function stepRevoke(tx: Tx, shopId: number, job: Job, now: Date): Promise<Stepped> {
  const request = Asked.parse(job.request);
  const place = readPlace(job.cursor) ?? beginning(request);
  return place.phase === "codes" ? revokeCodes(tx, shopId, { request, job, place }, now) : revokeIssuances(tx, shopId, { request, job, place }, now);
}

function beginning({ mode }: Asked): Place {
  return mode === "customers" ? { phase: "issuances", at: new Date(0), id: 0n } : { phase: "codes", id: 0n };
}

function readPlace(cursor: string | null): Place | null {
  const [phase, id = "", at = ""] = (cursor ?? "").split(":");
  if (phase === "codes") return { phase, id: BigInt(id) };
  return phase === "issuances" ? { phase, id: BigInt(id), at: new Date(Number(at)) } : null;
}

const writePlace = (place: Place): string => (place.phase === "codes" ? `codes:${place.id}` : `issuances:${place.id}:${place.at.getTime()}`);

async function revokeCodes(tx: Tx, shopId: number, { request, job, place }: { request: Asked; job: Job; place: { id: bigint } }, now: Date): Promise<Stepped> {
  const { awardNumber, mode } = request;
  // A shared code that customers hold is issued, though it stays available to others.
  const notHeld = mode === "not_issued" ? Prisma.sql`AND NOT (c."shared" AND EXISTS (SELECT 1 FROM "Issuance" i WHERE i."shopId" = c."shopId" AND i."couponId" = c."id"))` : Prisma.empty;
  const page = await tx.$queryRaw<{ id: bigint }[]>`
    SELECT c."id" FROM "Coupon" c
    WHERE c."shopId" = ${shopId} AND c."awardNumber" = ${awardNumber} AND c."id" > ${place.id} AND c."createdAt" <= ${job.createdAt}
      AND c."status" = 'available' ${notHeld}
    ORDER BY c."id" LIMIT ${CODES_STEP} FOR UPDATE`;
  const ids = page.map(({ id }) => id);
  // Never on Shopify, so there is nothing to withdraw.
  const revoked = await tx.$queryRaw<{ id: bigint; codeState: string }[]>`
    UPDATE "Coupon" SET "status" = 'revoked', "statusAt" = ${now}, "codeState" = CASE WHEN "codeState" IN ('planned', 'failed') THEN 'withdrawn' ELSE "codeState" END
    WHERE "shopId" = ${shopId} AND "id" = ANY(${ids}::bigint[]) AND "status" = 'available'
    RETURNING "id", "codeState"::text`;
  const onShopify = revoked.filter(({ codeState }) => codeState === "live" || codeState === "submitted");
  await recordChanges(tx, shopId, { kind: "withdraw_code", subjects: onShopify.map(({ id }) => id) }, now);

  const over = ids.length < CODES_STEP;
  const next: Place = over ? { phase: "issuances", at: new Date(0), id: 0n } : { phase: "codes", id: ids.at(-1) ?? 0n };
  const counted = { done: revoked.length, failed: 0, outcomes: { revoked: revoked.length } };
  return { ...counted, cursor: writePlace(next), finished: over && mode === "not_issued" };
}

async function revokeIssuances(tx: Tx, shopId: number, { request, job, place }: { request: Asked; job: Job; place: { id: bigint; at: Date } }, now: Date): Promise<Stepped> {
  const { awardNumber, mode, customerIds, returnPoints } = request;
  const award = await tx.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: awardNumber } }, select: { number: true, issuesTotal: true, usesTotal: true } });
  const theirs = mode === "customers" ? Prisma.sql`AND i."customerId" = ANY(${customerIds}::bigint[])` : Prisma.empty;
  const page = await tx.$queryRaw<{ id: bigint; issuedAt: Date }[]>`
    SELECT i."id", i."issuedAt" FROM "Issuance" i
    WHERE i."shopId" = ${shopId} AND i."awardNumber" = ${awardNumber} AND ${ACTIVE} ${theirs}
      AND (i."issuedAt", i."id") > (${place.at}::timestamptz, ${place.id}) AND i."issuedAt" <= ${job.createdAt}
    ORDER BY i."issuedAt", i."id" LIMIT ${ISSUANCES_STEP}`;
  const fates = await takeBack(tx, shopId, award, { issuanceIds: page.map(({ id }) => id), returnPoints }, now);
  const outcomes = { revoked: 0, locked: 0, already_over: 0 };
  for (const fate of fates.values()) outcomes[fate]++;
  const last = page.at(-1);
  return {
    done: page.length, failed: outcomes.locked, outcomes,
    cursor: writePlace({ phase: "issuances", at: last?.issuedAt ?? place.at, id: last?.id ?? place.id }),
    finished: page.length < ISSUANCES_STEP,
  };
}
