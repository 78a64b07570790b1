/** An order used codes of ours: a fact, recorded whatever our rules say, and the points it costs. */
import type { Award, Coupon, Issuance, Redemption, Shop } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { awardId, publicId } from "../../lib/ids";
import { addToTallies, lockTally, type TallyChange } from "../awards/tally.server";
import { recordChange } from "../changes/record.server";
import { recordEvent } from "../events/record.server";
import { endHold } from "../points/end-hold.server";
import { lockAccounts } from "../points/lock-accounts.server";
import { postEntry } from "../points/post.server";
import { isOverLimit, outsideOrderId, type RedemptionFacts, type RedemptionFlag } from "./redemption";
import { lockCoupons } from "./take-back.server";
import { codeLimit, expiryOf } from "./use";
import { shutWindows } from "./windows";

/**
 * Records a redemption for every code of ours on the order; a second delivery changes nothing. The hold becomes a spend.
 * An order that comes after the coupon was given back is flagged `late`: it is charged if the customer's spendable points
 * cover it, else the return stands and the merchant sees the flag. Never both, never neither.
 */
export async function redeemOnOrder(tx: Tx, shopId: number, order: RedemptionFacts, now: Date): Promise<void> {
  const amounts = new Map(order.codes.map(({ code, discountMinor }) => [code.toUpperCase(), discountMinor]));
  const found = await tx.coupon.findMany({ where: { shopId, code: { in: [...amounts.keys()] } }, orderBy: { id: "asc" } });
  if (found.length === 0) return;

  const awards = await lockedAwards(tx, shopId, found);
  const issuances = await issuancesOf(tx, shopId, order, found);
  // The buyer's too, who earns after this: locked later it would be out of order.
  const buyer = order.customerId === null ? [] : [order.customerId];
  await lockAccounts(tx, shopId, [...[...issuances.values()].map(({ customerId }) => customerId), ...buyer]);
  const coupons = await lockCoupons(tx, shopId, found.map(({ id }) => id));
  const { timeZone } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { timeZone: true } });

  const changes: TallyChange[] = [];
  for (const coupon of coupons.values()) {
    const award = awards.get(coupon.awardNumber);
    if (!award) throw new Error(`coupon ${coupon.id} has no award`);
    const usedBefore = changes.filter(({ awardNumber }) => awardNumber === award.number).length;
    const use = { coupon, award, issuance: issuances.get(coupon.id) ?? null, discountMinor: amounts.get(coupon.code) ?? 0, usedBefore, timeZone };
    const change = await redeemOne(tx, shopId, order, use, now);
    if (change) changes.push(change);
  }
  await addToTallies(tx, shopId, changes);
  for (const award of awards.values()) await withdrawRestIfFull(tx, shopId, award, now);
}

/** The coupons' awards; those with totals with their tallies locked, so that their uses are counted exactly. */
export async function lockedAwards(tx: Tx, shopId: number, coupons: { awardNumber: number }[]): Promise<Map<number, Award>> {
  const numbers = [...new Set(coupons.map(({ awardNumber }) => awardNumber))];
  const awards = await tx.award.findMany({ where: { shopId, number: { in: numbers } }, orderBy: { number: "asc" } });
  for (const award of awards) await lockTally(tx, shopId, award);
  return new Map(awards.map((award) => [award.number, award]));
}

/** The issuance each coupon's use belongs to: the coupon's last one, or the customer's own of a shared code. */
async function issuancesOf(tx: Tx, shopId: number, { customerId }: RedemptionFacts, coupons: Coupon[]): Promise<Map<bigint, Issuance>> {
  const found = new Map<bigint, Issuance>();
  for (const { id, shared } of coupons) {
    if (shared && customerId === null) continue;
    const where = { shopId, couponId: id, ...(shared && customerId !== null && { customerId }) };
    const issuance =
      (await tx.issuance.findFirst({ where: { ...where, status: { in: ["open", "returning"] } }, orderBy: { id: "asc" } })) ??
      (await tx.issuance.findFirst({ where, orderBy: { id: "desc" } }));
    if (issuance) found.set(id, issuance);
  }
  return found;
}

interface Use extends Pick<Shop, "timeZone"> {
  coupon: Coupon;
  award: Award;
  issuance: Issuance | null;
  discountMinor: number;
  /** Uses of the award that this order made before. */
  usedBefore: number;
}

/** Records one use; null: it was recorded before. */
async function redeemOne(tx: Tx, shopId: number, order: RedemptionFacts, use: Use, now: Date): Promise<TallyChange | null> {
  const { coupon, award, issuance, discountMinor } = use;
  const { orderGid, customerId } = order;
  if (await tx.redemption.findFirst({ where: { shopId, orderGid, couponId: coupon.id } })) return null;

  const charge = issuance ? await chargeIssuance(tx, shopId, order, issuance, now) : "not_issued";
  const flags = [...flagsOf(order, use, charge), ...((await exceedsLimits(tx, shopId, order, use)) ? ["over_limit" as const] : [])];
  const redemption = await tx.redemption.create({
    data: {
      shopId, orderGid, flags, discountMinor, customerId, recordedAt: now,
      awardNumber: award.number, couponId: coupon.id, issuanceId: issuance?.id ?? null,
      orderName: order.orderName, channel: order.channel, currency: order.currency, redeemedAt: order.redeemedAt,
    },
  });
  await tellRedeemed(tx, shopId, redemption, coupon.code, now);

  const limit = codeLimit(coupon, award);
  const left = limit === null ? Infinity : limit - coupon.usesCount - 1;
  const isUsedUp = left <= 0;
  // A shared code stays available to others; one that was given back and not charged stays revoked.
  const isOver = !coupon.shared && charge !== "late" && (isUsedUp || charge === "late_and_charged");
  await tx.coupon.updateMany({ where: { shopId, id: coupon.id }, data: { usesCount: { increment: 1 }, ...(isOver && { status: "redeemed", statusAt: now }) } });
  // Shopify counts its own uses: only where tills used the code too may it have some left there.
  if (isUsedUp && limit !== 1 && coupon.codeState === "live") await recordChange(tx, shopId, { kind: "withdraw_code", subject: coupon.id }, now);
  const locked = await endLocksOf(tx, shopId, { couponId: coupon.id, customerId, orderGid, left }, now);
  return { awardNumber: award.number, used: 1, locked: -locked, issued: charge === "late_and_charged" ? 1 : 0 };
}

function flagsOf({ customerId, redeemedAt }: RedemptionFacts, { coupon, award, issuance, timeZone }: Use, charge: Charge): RedemptionFlag[] {
  const endsAt = expiryOf({ expiresAt: coupon.expiresAt, issuance }) ?? award.endsAt;
  const flags: RedemptionFlag[] = [];
  if (charge === "late" || charge === "late_and_charged") flags.push("late");
  if (charge === "not_issued" && !award.shareable) flags.push("not_issued");
  if (endsAt !== null && endsAt <= redeemedAt) flags.push("expired");
  if (shutWindows({ ...award, timeZone }, redeemedAt).length > 0) flags.push("outside_window");
  if (issuance && issuance.customerId !== customerId && !award.shareable) flags.push("other_customer");
  return flags;
}

async function tellRedeemed(tx: Tx, shopId: number, redemption: Redemption, code: string, now: Date): Promise<void> {
  const { couponId, awardNumber, issuanceId, customerId, id, orderGid, channel, discountMinor, currency, flags, redeemedAt } = redemption;
  const data = {
    couponId: publicId("coupon", couponId), code, awardId: awardId(awardNumber),
    issuanceId: issuanceId === null ? null : publicId("issuance", issuanceId), customerId: customerId === null ? null : publicId("customer", customerId),
    redemptionId: publicId("redemption", id), orderId: outsideOrderId(orderGid), channel, discountMinor: Number(discountMinor), currency, flags,
  };
  await recordEvent(tx, shopId, { kind: "coupon.redeemed", data, occurredAt: redeemedAt }, now);
}

/**
 * The buyer's own lock has become this use. Of the others the newest end that reserve more than the code has left: a fact
 * took it. Answers how many ended.
 */
async function endLocksOf(tx: Tx, shopId: number, { couponId, customerId, orderGid, left }: { couponId: bigint; customerId: bigint | null; orderGid: string; left: number }, now: Date): Promise<number> {
  const held = await tx.couponLock.findMany({ where: { shopId, couponId, status: "held", endsAt: { gt: now } }, orderBy: [{ lockedAt: "asc" }, { reference: "asc" }] });
  const own = customerId === null ? undefined : held.find((lock) => lock.customerId === customerId);
  const surplus = held.filter((lock) => lock !== own).slice(Math.max(0, left));
  let ended = 0;
  for (const { reference } of own ? [own, ...surplus] : surplus) {
    const end = reference === own?.reference ? ({ status: "burned", transactionId: orderGid } as const) : ({ status: "released" } as const);
    const { count } = await tx.couponLock.updateMany({ where: { shopId, reference, couponId, status: "held" }, data: { ...end, endedAt: now } });
    ended += count;
  }
  return ended;
}

async function withdrawRestIfFull(tx: Tx, shopId: number, { number, usesTotal, appliedBy }: Award, now: Date): Promise<void> {
  if (usesTotal === null || appliedBy !== "shopify") return;
  const { used } = await tx.awardTally.findUniqueOrThrow({ where: { shopId_awardNumber: { shopId, awardNumber: number } } });
  if (used >= usesTotal) await recordChange(tx, shopId, { kind: "withdraw_rest", subject: BigInt(number) }, now);
}

type Charge = "charged" | "used_before" | "late" | "late_and_charged" | "not_issued";

async function chargeIssuance(tx: Tx, shopId: number, order: RedemptionFacts, issuance: Issuance, now: Date): Promise<Charge> {
  // As it is under the lock: a reversal may have ended its hold, or hung another code on it, since it was read.
  const [proven] = await tx.issuance.updateManyAndReturn({
    where: { shopId, id: issuance.id, couponId: issuance.couponId, status: { in: ["open", "returning"] } },
    data: { status: "redeemed", endedAt: now },
  });
  if (proven) {
    const { customerId, holdId } = proven;
    // Without a hold it was paid for when it was given.
    if (holdId === null) return "charged";
    if (!(await endHold(tx, shopId, { customerId, holdId, status: "spent" }, now))) throw new Error(`hold ${holdId} ended before its issuance`);
    await spend(tx, shopId, order, issuance, { overdraft: true }, now);
    return "charged";
  }
  // The account is locked: the status cannot change again under us.
  const { status } = await tx.issuance.findFirstOrThrow({ where: { shopId, id: issuance.id } });
  if (status === "redeemed") return "used_before";
  if (await isPaid(tx, shopId, issuance)) return "late";
  if (!(await spend(tx, shopId, order, issuance, { overdraft: false }, now))) return "late";
  const { count } = await tx.issuance.updateMany({ where: { shopId, id: issuance.id, status: { in: ["returned", "revoked"] } }, data: { status: "redeemed", endedAt: now } });
  return count === 1 ? "late_and_charged" : "late";
}

/** Whether its points are spent and were not given back: staff took the coupon and kept them. */
async function isPaid(tx: Tx, shopId: number, { id, points }: Issuance): Promise<boolean> {
  const paid = await tx.pointsEntry.aggregate({ where: { shopId, issuanceId: id, kind: { in: ["spent", "spending_returned"] } }, _sum: { points: true } });
  return points > 0 && -(paid._sum.points ?? 0) >= points;
}

/** The reason of the entry that an order's use of an issuance cost. */
function spendingKey(issuanceId: bigint, orderGid: string): string {
  return `spend:${issuanceId}:${orderGid}`;
}

async function spend(tx: Tx, shopId: number, { orderGid, orderName, redeemedAt }: RedemptionFacts, issuance: Issuance, { overdraft }: { overdraft: boolean }, now: Date): Promise<boolean> {
  if (issuance.points === 0) return true;
  const { outcome } = await postEntry(tx, shopId, {
    customerId: issuance.customerId, kind: "spent", points: -issuance.points, reasonKey: spendingKey(issuance.id, orderGid),
    note: `Coupon used on order ${orderName}`, orderGid, issuanceId: issuance.id, occurredAt: redeemedAt, overdraft,
  }, now);
  return outcome !== "insufficient";
}

/** Uses that were not reversed, this one included. A total is exact: its tally is locked. */
async function exceedsLimits(tx: Tx, shopId: number, { customerId }: RedemptionFacts, { coupon, award, usedBefore }: Use): Promise<boolean> {
  const limits = { usesPerCode: codeLimit(coupon, award), usesPerCustomer: award.usesPerCustomer, usesTotal: award.usesTotal };
  const [counted] = await tx.$queryRaw<{ ofCustomer: number; ofAward: number }[]>`
    SELECT customer_uses(${shopId}::int, ${customerId}::bigint, ${award.number}::int, ${limits.usesPerCustomer ?? 0}::int) AS "ofCustomer",
      (SELECT t."used" FROM "AwardTally" t WHERE t."shopId" = ${shopId} AND t."awardNumber" = ${award.number}) AS "ofAward"`;
  if (!counted) throw new Error("a count answered nothing");
  return isOverLimit({ ofCode: coupon.usesCount + 1, ofCustomer: customerId === null ? 0 : counted.ofCustomer + 1, ofAward: counted.ofAward + usedBefore + 1 }, limits);
}
