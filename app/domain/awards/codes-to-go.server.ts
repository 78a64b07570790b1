/**
 * How many further codes of an award may go to Shopify. It counts uses per code only: what all codes of an award may be used
 * together, only the number of codes can hold there.
 */
import { Prisma } from "../../generated/prisma/client";
import { prisma, type Tx } from "../../lib/db.server";
import { recordChanges } from "../changes/record.server";
import { usesOfOneCode } from "./award";

/** Taken back, yet on Shopify until its withdrawal has gone through, and usable there so long. Most expired codes end with their discount. */
const LEAVING = Prisma.sql`(c."status" IN ('revoked', 'archived') OR c."status" = 'expired' AND c."expiresAt" IS NOT NULL
  AND EXISTS (SELECT 1 FROM "ParentDiscount" d JOIN "Award" a ON a."shopId" = d."shopId" AND a."number" = d."awardNumber"
    WHERE d."shopId" = c."shopId" AND d."id" = c."parentId" AND d."expiresAt" IS NULL AND a."expiryRule" IN ('days', 'month_ends')))`;

/**
 * Never more than uses remain, whatever becomes of those that are there. Infinity: the award's uses are not limited, or one code
 * alone could take them all. "made": codes that are not on their way yet count as if they were.
 */
export async function codesToGo(shopId: number, awardNumber: number, which: "pushed" | "made"): Promise<number> {
  const award = await prisma.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: awardNumber } } });
  const uses = usesOfOneCode(award);
  if (award.usesTotal === null || uses === null || award.codeSource === "single") return Infinity;
  const planned = which === "made" ? Prisma.sql`, 'planned'` : Prisma.empty;
  const [row] = await prisma.$queryRaw<{ used: bigint; open: bigint }[]>`
    SELECT
      coalesce((SELECT "used" FROM "AwardTally" WHERE "shopId" = ${shopId} AND "awardNumber" = ${awardNumber}), 0)::bigint AS used,
      coalesce((SELECT sum(greatest(coalesce(c."usesPerCode", ${uses}) - c."usesCount", 0)) FROM "Coupon" c
        WHERE c."shopId" = ${shopId} AND c."awardNumber" = ${awardNumber} AND (
          c."status" IN ('available', 'issued', 'locked') AND c."codeState" IN ('live', 'submitted'${planned})
          OR c."codeState" IN ('live', 'submitted') AND ${LEAVING})), 0)::bigint AS open`;
  return Math.max(0, Math.floor((award.usesTotal - Number(row?.used ?? 0) - Number(row?.open ?? 0)) / uses));
}

/** Codes of these awards left Shopify unused: others that had to wait for that may follow. */
export async function letOthersFollow(tx: Tx, shopId: number, awardNumbers: number[], now: Date): Promise<void> {
  const waiting = await tx.$queryRaw<{ id: bigint }[]>`
    SELECT d."id" FROM "Award" a JOIN "ParentDiscount" d ON d."shopId" = a."shopId" AND d."awardNumber" = a."number"
    WHERE a."shopId" = ${shopId} AND a."number" = ANY(${awardNumbers}::int[]) AND a."usesTotal" IS NOT NULL AND d."state" <> 'local'
      AND EXISTS (SELECT 1 FROM "Coupon" c WHERE c."shopId" = d."shopId" AND c."parentId" = d."id" AND c."codeState" = 'planned')`;
  await recordChanges(tx, shopId, { kind: "push_codes", subjects: waiting.map(({ id }) => id) }, now);
}
