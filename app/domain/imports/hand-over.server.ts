/** What an import did and another has said too: undoing the one hands it over to the other, whose undoing takes it back. */
import { Prisma, type Award } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { joinOnce } from "../../lib/join-once.server";
import type { ImportToWork } from "./work.server";

type OfAward = ImportToWork & { award: Award };

/** Hands over codes of the award that stand in another of its files; answers the lines of this one that they stand on. */
export async function handOverCodes(tx: Tx, shopId: number, work: OfAward, page: Prisma.Sql): Promise<number[]> {
  const others = await standingImports(tx, shopId, work);
  if (others.length === 0) return [];
  return handOver(tx, shopId, "already_here", Prisma.sql`
    SELECT DISTINCT ON (m."line") m."line" AS "mine", o."importId", o."line"
    FROM "ImportRow" m JOIN ${said(shopId, others, "already_here")} ON o."code" = m."code"
    WHERE m."shopId" = ${shopId} AND m."importId" = ${work.id} AND m."fate" IS NULL AND m."line" IN (${page}) ORDER BY m."line", o."importId"`);
}

/** Hands over places on the award's list: who is named by another file stays. */
export async function handOverPlaces(tx: Tx, shopId: number, work: OfAward, page: Prisma.Sql): Promise<void> {
  const others = await standingImports(tx, shopId, work);
  if (others.length === 0) return;
  await handOver(tx, shopId, "already_listed", Prisma.sql`
    UPDATE "AwardCustomer" c SET "importId" = s."importId" FROM (
      SELECT DISTINCT ON (m."customerId") m."customerId", m."line" AS "mine", o."importId", o."line"
      FROM "ImportRow" m
      JOIN (${said(shopId, others, "already_listed")} JOIN "Customer" k ON k."shopId" = o."shopId" AND k."id" = o."customerId")
        ON coalesce(k."mergedIntoId", k."id") = m."customerId"
      WHERE m."shopId" = ${shopId} AND m."importId" = ${work.id} AND m."fate" IS NULL AND m."line" IN (${page}) ORDER BY m."customerId", o."importId") s
    WHERE c."shopId" = ${shopId} AND c."awardNumber" = ${work.award.number} AND c."customerId" = s."customerId" AND c."importId" = ${work.id}
    RETURNING s."mine", s."importId", s."line"`);
}

/** The other imports of this kind for the award that nobody has undone. Locked: none is undone, or applied further, meanwhile. */
async function standingImports(tx: Tx, shopId: number, { id, kind, award }: OfAward): Promise<bigint[]> {
  const rows = await tx.$queryRaw<{ id: bigint }[]>`
    SELECT "id" FROM "Import"
    WHERE "shopId" = ${shopId} AND "kind" = ${kind} AND "awardNumber" = ${award.number} AND "id" <> ${id} AND "status" IN ('applying', 'applied', 'cancelled')
    ORDER BY "id" FOR UPDATE`;
  return rows.map((row) => row.id);
}

/** Their rows that count: applied, or found done already; of a file that was stopped, as far as it came. */
const said = (shopId: number, imports: bigint[], fate: string) => Prisma.sql`
  (SELECT r."shopId", r."importId", r."line", r."code", r."customerId" FROM "ImportRow" r JOIN "Import" i ON i."shopId" = r."shopId" AND i."id" = r."importId"
   WHERE r."shopId" = ${shopId} AND r."importId" = ANY (${imports}::bigint[]) AND (r."fate" IS NULL OR r."fate" = ${fate})
     AND (r."line" <= i."appliedUntil" OR i."status" = 'applied')) o`;

/** `kept`: a line of ours, and the row of the other import that takes it over: a valid one from now on. */
async function handOver(tx: Tx, shopId: number, fate: string, kept: Prisma.Sql): Promise<number[]> {
  await joinOnce(tx);
  const lines = await tx.$queryRaw<{ mine: number }[]>`
    WITH kept AS (${kept}),
    valid AS (
      UPDATE "ImportRow" r SET "fate" = NULL FROM kept
      WHERE r."shopId" = ${shopId} AND r."importId" = kept."importId" AND r."line" = kept."line" AND r."fate" = ${fate}
      RETURNING r."importId", r."line"),
    counted AS (
      UPDATE "Import" i SET "appliedCount" = i."appliedCount" + v."count", "appliedUntil" = greatest(i."appliedUntil", v."until"),
        "fates" = CASE WHEN (i."fates" ->> ${fate})::int > v."count" THEN jsonb_set(i."fates", ARRAY[${fate}], to_jsonb((i."fates" ->> ${fate})::int - v."count")) ELSE i."fates" - ${fate} END
      FROM (SELECT "importId", count(*)::int AS "count", max("line") AS "until" FROM valid GROUP BY 1) v
      WHERE i."shopId" = ${shopId} AND i."id" = v."importId")
    SELECT "mine" FROM kept`;
  return lines.map(({ mine }) => mine);
}
