/** Staff decide about a difference between us and Shopify. */
import type { Drift } from "../../generated/prisma/client";
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { parseId } from "../../lib/ids";
import { changeStatus } from "../awards/set-status.server";
import { recordChange } from "../changes/record.server";
import { giveBackUsedUp } from "../coupons/give-back-used-up.server";
import { DRIFT_KINDS, DriftDetails, isDriftKind, type DriftAction } from "./drift";

export type SettleDrift =
  | { outcome: "settled" }
  /** Somebody settled it, or it is over by itself. */
  | { outcome: "already_ended" }
  | { outcome: "not_offered" }
  /** A till has its coupon locked: it waits until that has ended. */
  | { outcome: "locked" }
  | { outcome: "not_found" };

/**
 * Does what staff chose: what Shopify must be told is recorded in the same transaction. A discount that is restored gives out
 * codes again once Shopify has it back.
 */
export async function settleDrift(shopId: number, driftId: bigint, action: DriftAction, now: Date): Promise<SettleDrift> {
  const drift = await prisma.drift.findUnique({ where: { shopId_id: { shopId, id: driftId } } });
  if (!drift) return { outcome: "not_found" };
  if (drift.status !== "queued") return { outcome: "already_ended" };
  const offered: readonly DriftAction[] = isDriftKind(drift.kind) ? DRIFT_KINDS[drift.kind].actions : [];
  if (!offered.includes(action)) return { outcome: "not_offered" };
  const details = DriftDetails.parse(drift.details);
  return inTransaction(async (tx) => {
    // Its award is locked before the difference, as where discounts are compared.
    if (action === "deactivate_award") await tx.$queryRaw`SELECT 1 FROM "Award" WHERE "shopId" = ${shopId} AND "number" = ${details.awardNumber ?? null}::int FOR NO KEY UPDATE`;
    const left = action === "leave";
    const ended = await tx.drift.updateMany({
      where: { shopId, id: driftId, status: "queued" },
      data: { status: left ? "closed" : "healed", endedAt: now, ...(left ? { details: { ...details, left: true } } : {}) },
    });
    // Of two who decide at once, one is too late: nothing of theirs may take effect.
    if (ended.count === 0) return { outcome: "already_ended" };
    const { isLocked } = await act(tx, shopId, { drift, details, action }, now);
    if (!isLocked) return { outcome: "settled" };
    await tx.drift.updateMany({ where: { shopId, id: driftId }, data: { status: "queued", endedAt: null } });
    return { outcome: "locked" };
  });
}

async function act(tx: Tx, shopId: number, { drift, details, action }: { drift: Drift; details: DriftDetails; action: DriftAction }, now: Date): Promise<{ isLocked: boolean }> {
  const done = { isLocked: false };
  switch (action) {
    case "restore":
      if (details.parentId === undefined) throw new Error(`drift ${drift.id} names no discount to restore`);
      await recordChange(tx, shopId, { kind: "put_discount", subject: BigInt(details.parentId) }, now);
      // Codes that could not go while it was off follow it.
      await recordChange(tx, shopId, { kind: "push_codes", subject: BigInt(details.parentId) }, now);
      return done;
    case "remove_code":
      await recordChange(tx, shopId, { kind: "remove_code", subject: drift.id }, now);
      return done;
    case "deactivate_award":
      if (details.awardNumber !== undefined) await changeStatus(tx, shopId, { number: details.awardNumber, status: "inactive" }, now);
      return done;
    case "give_back": {
      const couponId = parseId("coupon", drift.subject);
      if (couponId === null) throw new Error(`drift ${drift.id} names no coupon to give back`);
      return { isLocked: (await giveBackUsedUp(tx, shopId, couponId, now)).outcome === "locked" };
    }
    case "leave":
      return done;
    default:
      return action satisfies never;
  }
}
