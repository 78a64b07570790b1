/** Part of a discount went back with a part of its order: so much of the coupon's price comes back, and is charged again if an edit puts it back. */
import type { Tx } from "../../lib/db.server";
import { lockAccounts } from "../points/lock-accounts.server";
import { returnSpentUpTo, spendAgain } from "./give-points-back.server";
import type { RedemptionFlag } from "./redemption";
import { lesserShare, NOTHING, shareIn, type Share } from "./share";

/** How much of what this code took off this order went back. */
export type GoneShares = (orderGid: string, code: string) => Share;

export interface PartlyGone {
  orderGid: string;
  /** The order's customer, who loses what it earned in the same transaction. Null: a guest. */
  customerId: bigint | null;
  /** Says why in the reasons of the entries; the same one returns once. */
  key: string;
  note: string;
  /** Instead, of what is charged again. */
  spentNote: string;
  occurredAt: Date;
  /** Reads the shares of these orders; asked under the owners' locks. */
  readShares(orderGids: string[]): Promise<GoneShares>;
  /** What had gone back of each code on this order before it was edited; left out: it was not edited. */
  before?: (code: string) => Share;
}

interface StandingUse {
  issuanceId: bigint;
  points: number;
  orderGid: string;
  code: string;
}

/**
 * Returns the price of the order's coupons in so far as no use of them stands any more: of a coupon that was used on several
 * orders, as much as went back of every one. The buyer's account is locked beside the owners'.
 * What an edit put back on the order is charged again, where the owner's spendable points cover it; else what came back stays theirs,
 * and the use is flagged `partly_paid`.
 * Where the award gives back the coupon itself (onReversal `reuse`), nothing comes back in parts: a coupon cannot be halved, and
 * points beside it would be given twice. It comes back with the whole order, however that was split.
 */
export async function returnShares(tx: Tx, shopId: number, gone: PartlyGone, now: Date): Promise<void> {
  const { orderGid, customerId, key, note, spentNote, occurredAt, before } = gone;
  const owners = await tx.$queryRaw<{ customerId: bigint }[]>`
    SELECT DISTINCT i."customerId" FROM "Redemption" r JOIN "Issuance" i ON i."shopId" = ${shopId} AND i."id" = r."issuanceId"
    WHERE r."shopId" = ${shopId} AND r."orderGid" = ${orderGid} AND i."points" > 0`;
  await lockAccounts(tx, shopId, [...owners.map((owner) => owner.customerId), ...(customerId === null ? [] : [customerId])]);
  if (owners.length === 0) return;

  const uses = await standingUses(tx, shopId, orderGid);
  if (uses.length === 0) return;
  const shares = await gone.readShares([...new Set(uses.map((use) => use.orderGid))]);
  const after = leastShares(uses, shares);
  const former = before && leastShares(uses, (gid, code) => (gid === orderGid ? before(code) : shares(gid, code)));
  for (const [issuanceId, points] of new Map(uses.map((use) => [use.issuanceId, use.points]))) {
    const returned = shareIn(points, after.get(issuanceId) ?? NOTHING);
    const putBack = shareIn(points, former?.get(issuanceId) ?? NOTHING) - returned;
    if (putBack > 0 && !(await spendAgain(tx, shopId, issuanceId, { points, returned, putBack, reasonKey: `spend:${issuanceId}:${key}`, note: spentNote, orderGid, occurredAt }, now))) {
      await flagPartlyPaid(tx, shopId, { orderGid, issuanceId, occurredAt }, now);
    }
    // Also then: a coupon that is used again was charged as a whole.
    await returnSpentUpTo(tx, shopId, issuanceId, { points, returned, reasonKey: `return:${issuanceId}:${key}`, note, orderGid, occurredAt }, now);
  }
}

/** The one thing that may be learnt of a recorded use later, and whoever heard of the use hears of it: it cannot be taken back from what its owner has. */
async function flagPartlyPaid(tx: Tx, shopId: number, { orderGid, issuanceId, occurredAt }: { orderGid: string; issuanceId: bigint; occurredAt: Date }, now: Date): Promise<void> {
  const flag: RedemptionFlag = "partly_paid";
  await tx.$executeRaw`
    WITH flagged AS (
      UPDATE "Redemption" r SET "flags" = r."flags" || ${flag}::text
      WHERE r."shopId" = ${shopId} AND r."orderGid" = ${orderGid} AND r."issuanceId" = ${issuanceId} AND NOT ${flag}::text = ANY (r."flags")
        AND NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = ${shopId} AND v."redemptionId" = r."id")
      RETURNING *)
    INSERT INTO "Event" ("shopId", "kind", "data", "occurredAt", "recordedAt")
    SELECT ${shopId}::int, 'coupon.flagged', redeemed_event(f, c."code"), ${occurredAt}::timestamptz, ${now}::timestamptz
    FROM flagged f CROSS JOIN LATERAL (SELECT c."code" FROM "Coupon" c WHERE c."shopId" = ${shopId} AND c."id" = f."couponId" OFFSET 0) c`;
}

/** Of each issuance, the share that went back of every use of it. */
function leastShares(uses: StandingUse[], shares: GoneShares): Map<bigint, Share> {
  const least = new Map<bigint, Share>();
  for (const { issuanceId, orderGid, code } of uses) {
    const share = shares(orderGid, code);
    least.set(issuanceId, lesserShare(share, least.get(issuanceId) ?? share));
  }
  return least;
}

/** Every use that stands of the coupons this order used and their owners paid for. */
function standingUses(tx: Tx, shopId: number, orderGid: string): Promise<StandingUse[]> {
  return tx.$queryRaw<StandingUse[]>`
    SELECT i."id" AS "issuanceId", i."points", r."orderGid", c."code"
    FROM (SELECT DISTINCT "issuanceId" FROM "Redemption" WHERE "shopId" = ${shopId} AND "orderGid" = ${orderGid} AND "issuanceId" IS NOT NULL) mine
    JOIN "Issuance" i ON i."shopId" = ${shopId} AND i."id" = mine."issuanceId" AND i."status" = 'redeemed' AND i."points" > 0
    JOIN "Award" a ON a."shopId" = ${shopId} AND a."number" = i."awardNumber" AND a."onReversal" = 'return_points'
    JOIN "Coupon" c ON c."shopId" = ${shopId} AND c."id" = i."couponId"
    JOIN "Redemption" r ON r."shopId" = ${shopId} AND r."couponId" = c."id" AND r."issuanceId" = i."id"
    WHERE NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = ${shopId} AND v."redemptionId" = r."id")
    ORDER BY i."id", r."id"`;
}
