import { inTransaction, MovedMeanwhile, prisma, type Tx } from "../../lib/db.server";
import { lockAccounts } from "../points/lock-accounts.server";
import { postEntry } from "../points/post.server";
import { spendingKey } from "./redeem.server";

interface Owing {
  issuanceId: bigint;
  customerId: bigint;
  owedPoints: number;
  orderName: string;
  redeemedAt: Date;
}

/** Charges what is owed for the uses of this transaction that stand, once, where their owners' spendable points cover it. */
export async function chargeAgain(shopId: number, orderGid: string, now: Date): Promise<void> {
  // Mostly nothing is: no transaction for that.
  if ((await owingFor(prisma, shopId, orderGid)).length === 0) return;
  await inTransaction(async (tx) => {
    const seen = await owingFor(tx, shopId, orderGid);
    await lockAccounts(tx, shopId, seen.map(({ customerId }) => customerId));
    for (const { issuanceId, customerId, owedPoints, orderName, redeemedAt } of await owingFor(tx, shopId, orderGid)) {
      if (!seen.some((before) => before.customerId === customerId)) throw new MovedMeanwhile(`issuance ${issuanceId} went over to another customer`);
      const note = `Coupon used again on order ${orderName}`;
      await postEntry(tx, shopId, { customerId, kind: "spent", points: -owedPoints, reasonKey: spendingKey(issuanceId, orderGid), note, orderGid, issuanceId, occurredAt: redeemedAt }, now);
    }
  });
}

function owingFor(db: Tx | typeof prisma, shopId: number, orderGid: string): Promise<Owing[]> {
  return db.$queryRaw<Owing[]>`
    SELECT i."id" AS "issuanceId", i."customerId", i."points" - paid.points AS "owedPoints", r."orderName", r."redeemedAt"
    FROM "Redemption" r JOIN "Issuance" i ON i."shopId" = ${shopId} AND i."id" = r."issuanceId" AND i."status" = 'redeemed' AND i."points" > 0
    CROSS JOIN LATERAL (SELECT -coalesce(sum(e."points"), 0)::int AS points FROM "PointsEntry" e
      WHERE e."shopId" = ${shopId} AND e."issuanceId" = i."id" AND (e."kind" = 'spent' OR e."kind" = 'spending_returned'
        -- With a part of this order it came back for good, and the till may ask again after that.
        AND (e."recordedAt" < r."recordedAt" OR NOT EXISTS (
          SELECT 1 FROM "Refund" f WHERE f."shopId" = ${shopId} AND f."orderGid" = ${orderGid} AND f."appliedAt" IS NOT NULL)))) paid
    WHERE r."shopId" = ${shopId} AND r."orderGid" = ${orderGid} AND paid.points < i."points"
      AND NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = ${shopId} AND v."redemptionId" = r."id")
    ORDER BY i."id"`;
}
