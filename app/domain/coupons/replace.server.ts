/** Another code for a coupon whose use Shopify would not give back. */
import type { Coupon, Issuance } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { awardId, publicId } from "../../lib/ids";
import { recordChange } from "../changes/record.server";
import { recordEvent } from "../events/record.server";

/**
 * Hangs a fresh code of the same discount on the issuance and takes the old one off Shopify; false: none is ready, and
 * nothing was changed.
 */
export async function replaceCoupon(tx: Tx, shopId: number, { coupon, issuance }: { coupon: Coupon; issuance: Issuance }, now: Date): Promise<boolean> {
  const { id: issuanceId, customerId, channel } = issuance;
  const [fresh] = await tx.$queryRaw<{ id: bigint; code: string }[]>`
    UPDATE "Coupon" SET "status" = 'issued', "statusAt" = ${now}, "customerId" = ${customerId}, "issuedAt" = ${now},
      "expiresAt" = ${coupon.expiresAt}::timestamptz, "valueMinor" = ${coupon.valueMinor}::int
    WHERE "shopId" = ${shopId} AND "id" = (
      SELECT "id" FROM "Coupon" WHERE "shopId" = ${shopId} AND "parentId" = ${coupon.parentId} AND "status" = 'available' AND "codeState" = 'live'
        AND NOT "shared" AND "boundCustomerId" IS NULL AND NOT "firstOrderOnly" AND "usesPerCode" IS NULL AND "minOrderMinor" IS NULL AND NOT discount_is_off("shopId", "parentId")
      ORDER BY hashint8("id" >> 6), "id" LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING "id", "code"`;
  if (!fresh) return false;

  await tx.issuance.updateMany({ where: { shopId, id: issuanceId }, data: { couponId: fresh.id } });
  await tx.coupon.updateMany({ where: { shopId, id: coupon.id, status: "redeemed" }, data: { status: "revoked", statusAt: now } });
  await recordChange(tx, shopId, { kind: "withdraw_code", subject: coupon.id }, now);
  const data = {
    couponId: publicId("coupon", fresh.id), code: fresh.code, awardId: awardId(coupon.awardNumber), issuanceId: publicId("issuance", issuanceId),
    customerId: publicId("customer", customerId), points: 0, channel, expiresAt: (coupon.expiresAt ?? issuance.expiresAt)?.toISOString() ?? null,
  };
  await recordEvent(tx, shopId, { kind: "coupon.issued", data, occurredAt: now }, now);
  return true;
}
