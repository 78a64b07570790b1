/** An order uses a coupon again whose use was undone: the code that its holder was given instead is theirs no more. */
import type { Tx } from "../../lib/db.server";
import { awardId, publicId } from "../../lib/ids";
import { recordChange } from "../changes/record.server";
import { recordEvent } from "../events/record.server";
import { lockAccounts } from "../points/lock-accounts.server";
import { lockedAwards } from "./redeem.server";
import { lockCoupons, lockedAmong } from "./take-back.server";

export interface UsedAgain {
  orderGid: string;
  /** The order's customer, whose account is locked with the owners'. Null: a guest. */
  customerId: bigint | null;
  /** Upper case. */
  codes: string[];
}

/**
 * Of these codes, those whose use on this order was undone and that were replaced: hangs the coupon on its old code again, unless the new
 * one was used, ended, or a till has it locked. Then both are out, and the use is flagged. Before the use is recorded.
 */
export async function undoReplacements(tx: Tx, shopId: number, { orderGid, customerId, codes }: UsedAgain, now: Date): Promise<void> {
  const replaced = await tx.$queryRaw<{ issuanceId: bigint; customerId: bigint; oldId: bigint; newId: bigint; awardNumber: number }[]>`
    SELECT DISTINCT i."id" AS "issuanceId", i."awardNumber", i."customerId", c."id" AS "oldId", i."couponId" AS "newId"
    FROM "Redemption" r JOIN "Coupon" c ON c."shopId" = ${shopId} AND c."id" = r."couponId" AND c."code" = ANY(${codes}::text[])
    JOIN "Issuance" i ON i."shopId" = ${shopId} AND i."id" = r."issuanceId" AND i."couponId" <> r."couponId" AND i."status" = 'open'
    WHERE r."shopId" = ${shopId} AND r."orderGid" = ${orderGid} ORDER BY 1`;
  if (replaced.length === 0) return;
  await lockedAwards(tx, shopId, replaced);
  await lockAccounts(tx, shopId, [...replaced.map((one) => one.customerId), ...(customerId === null ? [] : [customerId])]);
  const coupons = await lockCoupons(tx, shopId, replaced.flatMap(({ oldId, newId }) => [oldId, newId]));
  const isLocked = await lockedAmong(tx, shopId, replaced.map(({ newId }) => newId), now);
  for (const { issuanceId, oldId, newId } of replaced) {
    const fresh = coupons.get(newId);
    const issuance = await tx.issuance.findFirst({ where: { shopId, id: issuanceId, couponId: newId, status: "open" } });
    if (!fresh || !issuance || fresh.status !== "issued" || fresh.usesCount > 0 || isLocked(issuance, fresh)) continue;
    await tx.issuance.updateMany({ where: { shopId, id: issuanceId, couponId: newId, status: "open" }, data: { couponId: oldId } });
    await tx.coupon.updateMany({ where: { shopId, id: newId, status: "issued" }, data: { status: "revoked", statusAt: now } });
    await recordChange(tx, shopId, { kind: "withdraw_code", subject: newId }, now);
    const data = {
      couponId: publicId("coupon", newId), code: fresh.code, awardId: awardId(fresh.awardNumber), issuanceId: publicId("issuance", issuanceId),
      customerId: publicId("customer", issuance.customerId), points: 0,
    };
    await recordEvent(tx, shopId, { kind: "coupon.revoked", data, occurredAt: now }, now);
  }
}
