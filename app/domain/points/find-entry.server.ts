/** Points entries and holds as an integrator names them. */
import type { PointsHold } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { parseId } from "../../lib/ids";
import { onesOf } from "../customers/merge.server";
import { findHold } from "./queries.server";
import { transactionGid } from "./transaction";

/** The entry of a customer's spend named by its own id (pte_7), by the hold it redeemed (pth_7), or by its transaction; null: there is none. */
export async function findSpend(shopId: number, customerId: bigint, name: string): Promise<bigint | null> {
  const [entryId, holdId] = [parseId("pointsEntry", name), parseId("pointsHold", name)];
  // What somebody spent who was merged into this customer is theirs.
  const ids = await onesOf(prisma, shopId, customerId);
  const reasonKeys = [...ids.map((id) => `spend:points:${id}:${name}`), ...(holdId === null ? [] : [`spend:hold:${holdId}`])];
  const spend = await prisma.pointsEntry.findFirst({
    where: {
      shopId, customerId: { in: ids }, kind: "spent",
      OR: [{ reasonKey: { in: reasonKeys } }, { orderGid: transactionGid(name), issuanceId: null }, ...(entryId === null ? [] : [{ id: entryId }])],
    },
    orderBy: { id: "asc" },
    select: { id: true },
  });
  return spend?.id ?? null;
}

/** The signed points of an entry that is surely there. */
export async function pointsOfEntry(shopId: number, id: bigint): Promise<number> {
  const { points } = await prisma.pointsEntry.findUniqueOrThrow({ where: { shopId_id: { shopId, id } }, select: { points: true } });
  return points;
}

/** How a hold stands: over once its time has come, swept or not. */
type HoldState = "active" | "used" | "released" | "expired";

/** The hold of this reference (pth_7); null: there is none, or it belongs to a coupon. */
export async function findHoldNamed(shopId: number, reference: string, now: Date) {
  const holdId = parseId("pointsHold", reference);
  const hold = holdId === null ? null : await findHold(prisma, shopId, holdId);
  return hold && { ...hold, state: stateOf(hold, now) };
}

function stateOf({ status, endsAt, endedAt }: PointsHold, now: Date): HoldState {
  switch (status) {
    case "held":
      return endsAt > now ? "active" : "expired";
    case "spent":
      return "used";
    case "returned":
      return endedAt !== null && endedAt < endsAt ? "released" : "expired";
    default:
      return status satisfies never;
  }
}
