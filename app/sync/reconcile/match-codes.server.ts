/**
 * What we have beside what Shopify showed, a page of coupons at a time. The pages only raise suspicion: what is read takes time, and codes
 * come and go meanwhile. Each suspicion is looked at again at Shopify, and once more here under the lock, before anything is done.
 */
import { prisma } from "../../lib/db.server";

/** Coupons of one page. */
const PAGE = 20_000;
/** Suspicions of one page; a page with more ends at the last of them. */
export const SUSPECTS = 500;

export interface Suspect {
  couponId: bigint;
  code: string;
  awardNumber: number;
  parentId: bigint;
  discountGid: string;
  suspicion: "missing" | "left" | "count";
  /** Of a code that Shopify showed. */
  codeGid: string | null;
  theirUses: number;
  ourUses: number;
}

/**
 * The suspects among the coupons that follow `after`, and the last coupon that was looked at; `last` null: there are no more. Coupons that
 * something is being done about are left alone, and so are those that came to Shopify after the pass began.
 */
export async function findSuspects(shopId: number, passId: bigint, after: bigint, startedAt: Date): Promise<{ suspects: Suspect[]; last: bigint | null }> {
  const [page] = await prisma.$queryRaw<{ last: bigint | null }[]>`
    SELECT max("id") AS last FROM (SELECT "id" FROM "Coupon" WHERE "shopId" = ${shopId} AND "id" > ${after} ORDER BY "id" LIMIT ${PAGE}) c`;
  if (!page?.last) return { suspects: [], last: null };
  // Look-ups by a key, one coupon after the other: a join would be planned for the few codes that statistics know of this pass.
  const suspects = await prisma.$queryRaw<Suspect[]>`
    SELECT c."id" AS "couponId", c."code", c."awardNumber", c."parentId", d."gid" AS "discountGid", s."gid" AS "codeGid",
      coalesce(s."uses", 0) AS "theirUses", coalesce(used."count", 0)::int AS "ourUses",
      CASE WHEN gone THEN 'missing' WHEN stayed THEN 'left' ELSE 'count' END AS "suspicion"
    FROM "Coupon" c
    CROSS JOIN LATERAL (SELECT d."gid" FROM "ParentDiscount" d WHERE d."shopId" = ${shopId} AND d."id" = c."parentId" OFFSET 0) d
    -- A discount that was not read says nothing about its codes.
    CROSS JOIN LATERAL (SELECT FROM "SeenCode" p WHERE p."shopId" = ${shopId} AND p."reconciliationId" = ${passId} AND p."code" = d."gid" OFFSET 0) p
    LEFT JOIN LATERAL (
      SELECT s."code", s."gid", s."uses" FROM "SeenCode" s
      WHERE s."shopId" = ${shopId} AND s."reconciliationId" = ${passId} AND s."code" = c."code" AND s."parentGid" = d."gid" OFFSET 0) s ON true
    LEFT JOIN LATERAL (SELECT m."doneAt" FROM "CodeSubmission" m WHERE m."shopId" = ${shopId} AND m."id" = c."submissionId" OFFSET 0) m ON true
    LEFT JOIN LATERAL (
      -- What an order uses again after its use was undone, Shopify counts once.
      SELECT count(*) FILTER (WHERE r."orderGid" LIKE 'gid://shopify/Order/%' AND r."again" = 0) FROM "Redemption" r
      WHERE (c."usesCount" > 0 OR s."uses" > 0) AND r."shopId" = ${shopId} AND r."couponId" = c."id") used ON true
    CROSS JOIN LATERAL (SELECT
      s."code" IS NULL AND c."codeState" = 'live' AND c."status" IN ('available', 'issued', 'locked') AS gone,
      s."code" IS NOT NULL AND (c."codeState" = 'withdrawn' OR c."codeState" = 'live' AND c."status" IN ('revoked', 'archived')) AS stayed,
      s."code" IS NOT NULL AND s."uses" <> used."count" AS miscounted) verdict
    WHERE c."shopId" = ${shopId} AND c."id" > ${after} AND c."id" <= ${page.last} AND (gone OR stayed OR miscounted)
      AND (m."doneAt" IS NULL OR m."doneAt" < ${startedAt}::timestamptz)
    ORDER BY c."id" LIMIT ${SUSPECTS}`;
  const cut = suspects.length === SUSPECTS ? suspects.at(-1) : undefined;
  return { suspects: await withoutBusy(shopId, suspects), last: cut?.couponId ?? page.last };
}

/** Those of the suspects that nothing is being done about. */
async function withoutBusy(shopId: number, suspects: Suspect[]): Promise<Suspect[]> {
  if (suspects.length === 0) return [];
  const subjects = [...new Set(suspects.flatMap(({ couponId, parentId, awardNumber }) => [String(couponId), String(parentId), String(awardNumber)]))];
  const changes = await prisma.$queryRaw<{ change: string }[]>`
    SELECT DISTINCT h."kind" || ' ' || h."subject" AS "change" FROM "Change" h
    WHERE h."shopId" = ${shopId} AND h."status" = 'pending' AND h."kind" IN ('withdraw_code', 'withdraw_codes', 'withdraw_rest', 'put_discount') AND h."subject" = ANY(${subjects}::text[])`;
  const busy = new Set(changes.map(({ change }) => change));
  return suspects.filter(({ couponId, parentId, awardNumber }) =>
    ![`withdraw_code ${couponId}`, `withdraw_codes ${parentId}`, `withdraw_rest ${awardNumber}`, `put_discount ${parentId}`].some((change) => busy.has(change)));
}

export interface UnknownCode {
  code: string;
  codeGid: string;
  discountGid: string;
  parentId: bigint;
  awardNumber: number;
}

/** Codes under our discounts that are nobody's here, among those that follow `after`; `last` null: there are no more. */
export async function findUnknown(shopId: number, passId: bigint, after: string): Promise<{ unknown: UnknownCode[]; last: string | null }> {
  const [page] = await prisma.$queryRaw<{ last: string | null }[]>`
    SELECT max("code") AS last FROM (SELECT "code" FROM "SeenCode" WHERE "shopId" = ${shopId} AND "reconciliationId" = ${passId} AND "code" > ${after} ORDER BY "code" LIMIT ${PAGE}) s`;
  if (!page?.last) return { unknown: [], last: null };
  const unknown = await prisma.$queryRaw<UnknownCode[]>`
    SELECT s."code", s."gid" AS "codeGid", s."parentGid" AS "discountGid", d."id" AS "parentId", d."awardNumber"
    FROM "SeenCode" s
    JOIN "ParentDiscount" d ON d."shopId" = s."shopId" AND d."gid" = s."parentGid"
    WHERE s."shopId" = ${shopId} AND s."reconciliationId" = ${passId} AND s."code" > ${after} AND s."code" <= ${page.last} AND s."code" <> s."parentGid"
      AND NOT EXISTS (SELECT 1 FROM "Coupon" c WHERE c."shopId" = ${shopId} AND c."code" = s."code" OFFSET 0)
      AND NOT EXISTS (SELECT 1 FROM "ParentDiscount" seed WHERE seed."shopId" = ${shopId} AND seed."seedCode" = s."code" OFFSET 0)
    ORDER BY s."code" LIMIT ${SUSPECTS}`;
  const cut = unknown.length === SUSPECTS ? unknown.at(-1) : undefined;
  return { unknown, last: cut?.code ?? page.last };
}

export interface RecordedUse {
  id: bigint;
  orderGid: string;
  orderName: string;
  awardNumber: number;
  couponId: bigint;
}

/** Orders of Shopify's that one step asks for. */
const ORDERS = 250;

/** Redemptions that were recorded since an instant, after `after`: each is looked at once, on the day after. Orders from before `shown` Shopify does not show: they are not gone. */
export function findUses(shopId: number, after: bigint, { since, until, shown }: { since: Date; until: Date; shown: Date }): Promise<RecordedUse[]> {
  return prisma.$queryRaw<RecordedUse[]>`
    SELECT "id", "orderGid", "orderName", "awardNumber", "couponId" FROM "Redemption"
    WHERE "shopId" = ${shopId} AND "id" > ${after} AND "recordedAt" >= ${since}::timestamptz AND "recordedAt" < ${until}::timestamptz AND "redeemedAt" > ${shown}::timestamptz
      AND "orderGid" LIKE 'gid://shopify/Order/%' ORDER BY "id" LIMIT ${ORDERS}`;
}
