/** What Shopify asked for in customers' names, and what was put together for them. */
import { Prisma } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { idsFrom } from "../../lib/ids-from.server";
import { cutPage, PAGE_SIZE, type Page, type Position } from "../../lib/page";

export interface PrivacyRow {
  id: bigint;
  topic: string;
  /** Null: a request to forget them, or forgotten since. */
  customerGid: string | null;
  handledAt: Date;
  /** Whether its data can be downloaded. */
  exported: boolean;
}

/** One page of requests, the newest first. */
export async function listPrivacyRequests(shopId: number, position: Position): Promise<Page<PrivacyRow>> {
  const { from, order } = idsFrom(Prisma.sql`"id"`, position);
  const rows = await prisma.$queryRaw<PrivacyRow[]>`
    SELECT "id", "topic", "customerGid", "handledAt", "export" IS NOT NULL AS "exported" FROM "ComplianceRequest"
    WHERE "shopId" = ${shopId} ${from} ORDER BY "id" ${order} LIMIT ${PAGE_SIZE + 1}`;
  return cutPage(rows, position, ({ id }) => [String(id)]);
}

/** What was put together for the request, as JSON text; null: no such request, or its data is gone. */
export async function readExport(shopId: number, requestId: bigint): Promise<string | null> {
  const [row] = await prisma.$queryRaw<{ text: string | null }[]>`
    SELECT jsonb_pretty("export") AS text FROM "ComplianceRequest" WHERE "shopId" = ${shopId} AND "id" = ${requestId}`;
  return row?.text ?? null;
}
