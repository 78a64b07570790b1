/** An integrator gives held points free again. */
import type { HoldStatus } from "../../generated/prisma/client";
import { inTransaction, MovedMeanwhile } from "../../lib/db.server";
import { endHold } from "./end-hold.server";
import { findHold } from "./queries.server";

export type Release =
  /** Free again, by this call or an earlier one or because its time had come. */
  | { outcome: "released"; balance: number; held: number }
  | { outcome: "already_redeemed" }
  /** No such hold of an integrator. */
  | { outcome: "unknown" };

/** Releases a hold. Repeating it changes nothing. */
export function releaseHold(shopId: number, holdId: bigint, now: Date): Promise<Release> {
  return inTransaction(async (tx): Promise<Release> => {
    const hold = await findHold(tx, shopId, holdId);
    if (!hold) return { outcome: "unknown" };
    const { customerId } = hold;
    await endHold(tx, shopId, { customerId, holdId, status: "returned" }, now);
    // The account is locked: what it says now stays so until we are done.
    const { status } = await tx.pointsHold.findUniqueOrThrow({ where: { shopId_id: { shopId, id: holdId } } });
    const { balance, held } = await tx.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId, customerId } } });
    return released(status, { balance, held });
  });
}

function released(status: HoldStatus, account: { balance: number; held: number }): Release {
  switch (status) {
    case "returned":
      return { outcome: "released", ...account };
    case "spent":
      return { outcome: "already_redeemed" };
    case "held":
      throw new MovedMeanwhile("the hold went over to another customer before it was ended");
    default:
      return status satisfies never;
  }
}
