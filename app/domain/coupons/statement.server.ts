/** A customer's points as a merchant reads them: a line about a coupon names its award. */
import { prisma } from "../../lib/db.server";
import type { Page, Position } from "../../lib/page";
import { listStatement, type StatementLine } from "../points/queries.server";

export type CustomerLine = StatementLine & { award: { number: number; name: string } | null };

/** A page of a customer's statement, newest first. */
export async function listCustomerStatement(shopId: number, customerId: bigint, position: Position): Promise<Page<CustomerLine>> {
  const page = await listStatement(shopId, customerId, position);
  const issuanceIds = page.rows.map(({ issuanceId }) => issuanceId).filter((id) => id !== null);
  const awards = issuanceIds.length === 0 ? [] : await prisma.$queryRaw<{ id: bigint; number: number; name: string }[]>`
    SELECT i."id", a."number", a."name"
    FROM "Issuance" i JOIN "Award" a ON a."shopId" = i."shopId" AND a."number" = i."awardNumber"
    WHERE i."shopId" = ${shopId} AND i."id" = ANY(${issuanceIds}::bigint[])`;
  const byIssuance = new Map(awards.map(({ id, ...award }) => [id, award]));
  return { ...page, rows: page.rows.map((line) => ({ ...line, award: line.issuanceId === null ? null : (byIssuance.get(line.issuanceId) ?? null) })) };
}
