/** What is wrong with an award's discounts in Shopify, for staff to put right. */
import { prisma } from "../../lib/db.server";

export interface DiscountProblem {
  /** failed: it is not in Shopify. off: switched off or deleted there. behind: it is there, with terms from before. */
  kind: "failed" | "off" | "behind";
  /** Null: nobody gave a reason. */
  problem: string | null;
  /** It is about to be put again. */
  isTried: boolean;
}

/** Of the discounts that the award's codes are given out of, the first of each kind that something is wrong with. */
export async function discountProblems(shopId: number, awardNumber: number): Promise<DiscountProblem[]> {
  return prisma.$queryRaw<DiscountProblem[]>`
    SELECT DISTINCT ON (verdict."kind") verdict."kind", coalesce(d."problem", given_up."problem") AS "problem",
      EXISTS (SELECT 1 FROM "Change" t WHERE t."shopId" = ${shopId} AND t."kind" = 'put_discount' AND t."subject" = d."id"::text AND t."status" = 'pending') AS "isTried"
    FROM "ParentDiscount" d
    LEFT JOIN LATERAL (
      -- Given up without a word from Shopify: only the change knows.
      SELECT h."problem" FROM "Change" h
      WHERE h."shopId" = ${shopId} AND h."kind" = 'put_discount' AND h."subject" = d."id"::text AND h."status" = 'failed'
        AND NOT EXISTS (SELECT 1 FROM "Change" l WHERE l."shopId" = h."shopId" AND l."id" > h."id" AND l."kind" = h."kind" AND l."subject" = h."subject")
      ORDER BY h."id" DESC LIMIT 1) given_up ON true
    CROSS JOIN LATERAL (SELECT CASE
      WHEN d."state" = 'failed' OR (d."gid" IS NULL AND given_up."problem" IS NOT NULL) THEN 'failed'
      WHEN d."offAt" IS NOT NULL THEN 'off'
      WHEN d."problem" IS NOT NULL OR given_up."problem" IS NOT NULL THEN 'behind' END AS "kind") verdict
    WHERE d."shopId" = ${shopId} AND d."awardNumber" = ${awardNumber} AND d."retiredAt" IS NULL AND verdict."kind" IS NOT NULL
    ORDER BY verdict."kind", d."id"`;
}
