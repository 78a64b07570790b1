/** Reads about customers, shaped for the merchant's screens. */
import { Prisma } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import type { Gid } from "../../lib/gid";
import { idsFrom } from "../../lib/ids-from.server";
import { cutPage, PAGE_SIZE, type Page, type Position } from "../../lib/page";
import { collected, customersNamed, isOneOf } from "./named.server";

export interface CustomerRow {
  id: bigint;
  gid: string;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  erasedAt: Date | null;
  balance: number;
  held: number;
}

/** One page of the shop's customers, newest first; those who were merged into others are not among them. `text`: what `customersNamed` finds them by. */
export async function listCustomers(shopId: number, { text, position }: { text: string; position: Position }): Promise<Page<CustomerRow>> {
  const { from, order } = idsFrom(Prisma.sql`k."id"`, position);
  const wanted = text.trim();
  const named = wanted ? await customersNamed(shopId, wanted) : null;
  const found = !named ? Prisma.empty : named.areMany
    ? Prisma.sql`AND ${isOneOf(named)}`
    : Prisma.sql`AND k."id" = ANY (ARRAY(SELECT k."id" FROM (${collected(shopId, named)}) k WHERE k."mergedIntoId" IS NULL ${from} ORDER BY k."id" ${order} LIMIT ${PAGE_SIZE + 1}))`;
  const rows = await prisma.$queryRaw<CustomerRow[]>`
    -- The page first: points are looked up for its rows only.
    WITH page AS MATERIALIZED (
      SELECT * FROM "Customer" k WHERE k."shopId" = ${shopId} AND k."mergedIntoId" IS NULL ${found} ${from} ORDER BY k."id" ${order} LIMIT ${PAGE_SIZE + 1})
    SELECT k."id", k."gid", k."firstName", k."lastName", k."email", k."erasedAt", coalesce(p."balance", 0) AS "balance", coalesce(p."held", 0) AS "held"
    FROM page k LEFT JOIN LATERAL (SELECT p."balance", p."held" FROM "PointsAccount" p WHERE p."shopId" = ${shopId} AND p."customerId" = k."id" OFFSET 0) p ON true
    ORDER BY k."id" ${order}`;
  return cutPage(rows, position, (row) => [String(row.id)]);
}

/** A customer of the shop, or null. */
export function findCustomerById(shopId: number, id: bigint) {
  return prisma.customer.findUnique({ where: { shopId_id: { shopId, id } } });
}

/** The customer whom Shopify calls so, or the one they were merged into; null: we have not met them. */
export async function findCustomerByGid(shopId: number, gid: Gid<"Customer">) {
  const customer = await prisma.customer.findUnique({ where: { shopId_gid: { shopId, gid } } });
  return customer?.mergedIntoId ? findCustomerById(shopId, customer.mergedIntoId) : customer;
}

const MERGED_SHOWN = 20;

/** Who was merged into this customer, the last first. */
export async function listMergedInto(shopId: number, id: bigint): Promise<bigint[]> {
  const merged = await prisma.customer.findMany({ where: { shopId, mergedIntoId: id }, orderBy: { mergedAt: "desc" }, take: MERGED_SHOWN, select: { id: true } });
  return merged.map((customer) => customer.id);
}
