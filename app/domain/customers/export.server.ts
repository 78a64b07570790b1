/** Everything we hold about a customer, put together for the merchant who must answer them. */
import type { Prisma } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import type { Gid } from "../../lib/gid";
import { exactMinor } from "../../lib/money";

/** Rows of one kind in an export at most. */
const ROWS_LIMIT = 10_000;

/** Stores the export as a compliance request, once for each webhook. A person we do not know gets an empty one. */
export async function exportCustomer(tx: Tx, shopId: number, { gid, webhookId }: { gid: Gid<"Customer">; webhookId: string }, now: Date): Promise<void> {
  const customer = await tx.customer.findUnique({ where: { shopId_gid: { shopId, gid } } });
  const held = customer ? { customer, ...(await heldAbout(tx, shopId, customer.id)) } : { customer: null };
  await tx.complianceRequest.createMany({
    data: { shopId, topic: "customers/data_request", customerGid: gid, webhookId, export: toJson(held), handledAt: now },
    skipDuplicates: true,
  });
}

async function heldAbout(tx: Tx, shopId: number, customerId: bigint) {
  const mine = { where: { shopId, customerId }, take: ROWS_LIMIT };
  const issuances = await tx.issuance.findMany({ ...mine, orderBy: { id: "asc" } });
  return {
    points: await tx.pointsAccount.findUnique({ where: { shopId_customerId: { shopId, customerId } }, select: { balance: true, held: true } }),
    entries: await tx.pointsEntry.findMany({ ...mine, orderBy: { seq: "asc" }, omit: { hash: true } }),
    coupons: await tx.coupon.findMany({ where: { shopId, id: { in: issuances.map(({ couponId }) => couponId) } }, select: { id: true, code: true, status: true, awardNumber: true } }),
    issuances,
    redemptions: await tx.redemption.findMany({ ...mine, orderBy: { id: "asc" } }),
    orders: await tx.order.findMany({ ...mine, orderBy: { processedAt: "asc" } }),
  };
}

/** JSON has no bigint: ids become text, amounts numbers. */
function toJson(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(value, (key, part: unknown) => (typeof part === "bigint" ? fromBigint(key, part) : part))) as Prisma.InputJsonValue;
}

function fromBigint(key: string, value: bigint): string | number {
  return key.endsWith("Minor") ? exactMinor(value) : String(value);
}
