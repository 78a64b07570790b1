/** Staff take issuances back: what is theirs alone stops working, and the points go where staff said. */
import { Prisma, type Coupon, type Issuance } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { awardId, publicId } from "../../lib/ids";
import { lockTally, uncountIssued, type Counted } from "../awards/tally.server";
import { recordChanges } from "../changes/record.server";
import { lockAccounts } from "../points/lock-accounts.server";
import { givePointsBack, keepPoints } from "./give-points-back.server";

export type TakenBack =
  | "revoked"
  /** A till has it locked for a transaction: it is left alone, and can be revoked once that has ended. */
  | "locked"
  /** It was used, given back or taken back before. */
  | "already_over";

/** An issuance `i` whose coupon can still be used: not used yet, or a code of its owner's that has uses left. */
export const ACTIVE = Prisma.sql`(i."status" = 'open' OR i."status" = 'redeemed' AND EXISTS (
  SELECT 1 FROM "Coupon" c WHERE c."shopId" = i."shopId" AND c."id" = i."couponId" AND NOT c."shared" AND c."status" = 'issued'))`;

/**
 * Takes back issuances of one award, at most a few hundred, and answers what became of each. A code of the customer's own is
 * withdrawn from Shopify, and its points go back only after that (finishReturn); everything else goes back at once. A code
 * that others share stays theirs.
 */
export async function takeBack(tx: Tx, shopId: number, award: Counted, { issuanceIds, returnPoints }: { issuanceIds: bigint[]; returnPoints: boolean }, now: Date): Promise<Map<bigint, TakenBack>> {
  const wanted = await tx.issuance.findMany({ where: { shopId, id: { in: issuanceIds } }, select: { customerId: true } });
  await lockTally(tx, shopId, award);
  await lockAccounts(tx, shopId, wanted.map(({ customerId }) => customerId));
  // A reversal may have hung another code on an issuance until here; under its owner's lock none does.
  const hanging = await tx.issuance.findMany({ where: { shopId, id: { in: issuanceIds } }, select: { couponId: true } });
  const coupons = await lockCoupons(tx, shopId, hanging.map(({ couponId }) => couponId));
  // Under the locks nothing about them changes any more.
  const issuances = await tx.issuance.findMany({ where: { shopId, id: { in: issuanceIds } }, orderBy: { id: "asc" } });
  const locked = await lockedAmong(tx, shopId, [...coupons.keys()], now);

  const fates = new Map<bigint, TakenBack>();
  const revoked: Taken[] = [];
  for (const issuance of issuances) {
    const coupon = coupons.get(issuance.couponId);
    if (!coupon) throw new Error(`issuance ${issuance.id} has no coupon`);
    const fate = fateOf(issuance, coupon, locked);
    fates.set(issuance.id, fate);
    if (fate === "revoked") revoked.push({ issuance, coupon });
  }
  await revoke(tx, shopId, award, { revoked, returnPoints }, now);
  return fates;
}

interface Taken {
  issuance: Issuance;
  coupon: Coupon;
}

function fateOf(issuance: Issuance, coupon: Coupon, locked: (issuance: Issuance, coupon: Coupon) => boolean): TakenBack {
  const isOut = coupon.status === "issued" || coupon.status === "locked" || coupon.status === "archived";
  if (coupon.shared ? issuance.status !== "open" : !isOut || !(issuance.status === "open" || issuance.status === "redeemed")) return "already_over";
  return locked(issuance, coupon) ? "locked" : "revoked";
}

async function revoke(tx: Tx, shopId: number, award: Counted, { revoked, returnPoints }: { revoked: Taken[]; returnPoints: boolean }, now: Date): Promise<void> {
  if (revoked.length === 0) return;
  const own = revoked.filter(({ coupon }) => !coupon.shared).map(({ coupon }) => coupon.id);
  await tx.coupon.updateMany({ where: { shopId, id: { in: own } }, data: { status: "revoked", statusAt: now } });
  // Never on Shopify, so there is nothing to withdraw.
  await tx.coupon.updateMany({ where: { shopId, id: { in: own }, codeState: { in: ["planned", "failed"] } }, data: { codeState: "withdrawn" } });

  // Of a code with uses left only the code is taken: what was used was paid for.
  const unused = revoked.filter(({ issuance }) => issuance.status === "open");
  const waiting = unused.filter(({ coupon, issuance }) => returnPoints && issuance.points > 0 && leavesShopify(coupon));
  const over = unused.filter((taken) => !waiting.includes(taken));
  await tx.issuance.updateMany({ where: { shopId, id: { in: waiting.map(idOf) } }, data: { status: "returning" } });
  await tx.issuance.updateMany({ where: { shopId, id: { in: over.map(idOf) } }, data: { status: "revoked", endedAt: now } });
  for (const { issuance } of over) {
    if (returnPoints) await givePointsBack(tx, shopId, issuance, now);
    else await keepPoints(tx, shopId, issuance, now);
  }
  const withdrawn = new Set(revoked.flatMap(({ coupon }) => (leavesShopify(coupon) ? [coupon.id] : [])));
  await recordChanges(tx, shopId, { kind: "withdraw_code", subjects: [...withdrawn] }, now);
  await tx.event.createMany({ data: revoked.map((taken) => revokedEvent(shopId, taken, returnPoints, now)) });
  await uncountIssued(tx, shopId, award.number, over.length);
}

const idOf = ({ issuance }: Taken) => issuance.id;

/** Whether the code is on Shopify and has to go: its own customer's, or one that is taken back from everybody. */
function leavesShopify({ shared, status, codeState }: Coupon): boolean {
  return (codeState === "live" || codeState === "submitted") && (!shared || status === "revoked");
}

function revokedEvent(shopId: number, { issuance, coupon }: Taken, returnPoints: boolean, now: Date) {
  const data = {
    couponId: publicId("coupon", coupon.id), code: coupon.code, awardId: awardId(coupon.awardNumber),
    issuanceId: publicId("issuance", issuance.id), customerId: publicId("customer", issuance.customerId), points: returnPoints && issuance.status === "open" ? issuance.points : 0,
  };
  return { shopId, kind: "coupon.revoked", data, occurredAt: now, recordedAt: now };
}

/** Locks these coupons in key order and reads them as they then are. */
export async function lockCoupons(tx: Tx, shopId: number, couponIds: bigint[]): Promise<Map<bigint, Coupon>> {
  await tx.$queryRaw`SELECT 1 FROM "Coupon" WHERE "shopId" = ${shopId} AND "id" = ANY(${couponIds}::bigint[]) ORDER BY "id" FOR UPDATE`;
  const coupons = await tx.coupon.findMany({ where: { shopId, id: { in: couponIds } } });
  return new Map(coupons.map((coupon) => [coupon.id, coupon]));
}

/** Which of these coupons a till holds locked at this instant; of a shared code, for whom. */
export async function lockedAmong(tx: Tx, shopId: number, couponIds: bigint[], now: Date): Promise<(issuance: Issuance, coupon: Coupon) => boolean> {
  const locks = await tx.couponLock.findMany({ where: { shopId, couponId: { in: couponIds }, status: "held", endsAt: { gt: now } }, select: { couponId: true, customerId: true, issuanceId: true } });
  return (issuance, coupon) =>
    locks.some((lock) => lock.couponId === coupon.id && (!coupon.shared || lock.issuanceId === issuance.id || lock.customerId === issuance.customerId));
}
