/** Two customers of Shopify become one: what the one who goes had is the other's from now on. */
import type { prisma, Tx } from "../../lib/db.server";
import type { Gid } from "../../lib/gid";

export interface Merge {
  keptGid: Gid<"Customer">;
  deletedGid: Gid<"Customer">;
}

export interface Merging {
  /** already_merged: told before; what came to the deleted one since has moved. same: they are one already, told the other way round. */
  outcome: "merged" | "already_merged" | "same";
  /** Whoever has everything now: of a merge of merges the last who stayed. */
  keptId: bigint;
  deletedId: bigint;
  /** How many points moved; negative: debt did. */
  points: number;
}

/**
 * Moves points with their lots and ends, holds, coupons, uses, orders and places on lists to the customer who stays; limits count both
 * pasts. Whatever names the deleted one leads to the kept from now on. Either may be unknown until now. Twice is the same as once.
 */
export async function mergeCustomers(tx: Tx, shopId: number, { keptGid, deletedGid }: Merge, now: Date): Promise<Merging> {
  const [row] = await tx.$queryRaw<Merging[]>`SELECT * FROM merge_customers(${shopId}::int, ${keptGid}::text, ${deletedGid}::text, ${now}::timestamptz)`;
  if (!row) throw new Error("merge_customers answered nothing");
  return row;
}

/** The customer who has everything of this one: themselves, unless they were merged. */
export async function keptOf(db: Tx | typeof prisma, shopId: number, customerId: bigint): Promise<bigint> {
  const customer = await db.customer.findUnique({ where: { shopId_id: { shopId, id: customerId } }, select: { mergedIntoId: true } });
  return customer?.mergedIntoId ?? customerId;
}

/** The customer and everybody who was merged into them. */
export async function onesOf(db: Tx | typeof prisma, shopId: number, customerId: bigint): Promise<bigint[]> {
  const merged = await db.customer.findMany({ where: { shopId, mergedIntoId: customerId }, select: { id: true } });
  return [customerId, ...merged.map(({ id }) => id)];
}
