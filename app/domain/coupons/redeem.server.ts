/** An order used codes of ours: a fact, recorded whatever our rules say, and the points it costs. */
import { Prisma, type Award, type Coupon, type Issuance } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { usesOfOneCode } from "../awards/award";
import { endHold } from "../points/end-hold.server";
import { lockAccounts } from "../points/lock-accounts.server";
import { postEntry } from "../points/post.server";
import { isOverLimit, type RedemptionFacts, type RedemptionFlag } from "./redemption";

/**
 * Records a redemption for every code of ours on the order; a second delivery changes nothing. The hold becomes a spend.
 * An order that comes after the coupon was given back is flagged `late`: it is charged if the customer's spendable points
 * cover it, else the return stands and the merchant sees the flag. Never both, never neither.
 */
export async function redeemOnOrder(tx: Tx, shopId: number, order: RedemptionFacts, now: Date): Promise<void> {
  const amounts = new Map(order.codes.map(({ code, discountMinor }) => [code.toUpperCase(), discountMinor]));
  const coupons = await tx.coupon.findMany({ where: { shopId, code: { in: [...amounts.keys()] } }, orderBy: { id: "asc" } });
  if (coupons.length === 0) return;

  const awards = await lockAwards(tx, shopId, coupons);
  const issuances = await issuancesOf(tx, shopId, order, coupons);
  // The buyer's too, who earns after this: locked later it would be out of order.
  const buyer = order.customerId === null ? [] : [order.customerId];
  await lockAccounts(tx, shopId, [...[...issuances.values()].map(({ customerId }) => customerId), ...buyer]);
  for (const coupon of coupons) {
    const award = awards.get(coupon.awardNumber);
    if (!award) throw new Error(`coupon ${coupon.id} has no award`);
    const use = { coupon, award, issuance: issuances.get(coupon.id) ?? null, discountMinor: amounts.get(coupon.code) ?? 0 };
    await redeemOne(tx, shopId, order, use, now);
  }
}

/** In the order in which issuing locks: awards, then accounts. Under an award's lock its uses are counted exactly. */
async function lockAwards(tx: Tx, shopId: number, coupons: Coupon[]): Promise<Map<number, Award>> {
  const numbers = [...new Set(coupons.map(({ awardNumber }) => awardNumber))];
  await tx.$queryRaw`
    SELECT 1 FROM "Award" WHERE "shopId" = ${shopId} AND "number" IN (${Prisma.join(numbers)})
    ORDER BY "number" FOR NO KEY UPDATE`;
  const awards = await tx.award.findMany({ where: { shopId, number: { in: numbers } } });
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

interface Use {
  coupon: Coupon;
  award: Award;
  issuance: Issuance | null;
  discountMinor: number;
}

async function redeemOne(tx: Tx, shopId: number, order: RedemptionFacts, { coupon, award, issuance, discountMinor }: Use, now: Date): Promise<void> {
  const { orderGid, customerId } = order;
  if (await tx.redemption.findFirst({ where: { shopId, orderGid, couponId: coupon.id } })) return;

  const flags: RedemptionFlag[] = [];
  const charge = issuance ? await chargeIssuance(tx, shopId, order, issuance, now) : "not_issued";
  if (charge === "late" || charge === "late_and_charged") flags.push("late");
  if (charge === "not_issued") flags.push("not_issued");
  if (issuance && issuance.customerId !== customerId) flags.push("other_customer");
  if (await exceedsLimits(tx, shopId, order, coupon, award)) flags.push("over_limit");

  await tx.redemption.create({
    data: {
      shopId, orderGid, flags, discountMinor, customerId, recordedAt: now,
      awardNumber: award.number, couponId: coupon.id, issuanceId: issuance?.id ?? null,
      orderName: order.orderName, channel: order.channel, currency: order.currency, redeemedAt: order.redeemedAt,
    },
  });
  // A shared code stays available to others; one that was given back and not charged stays revoked.
  const used = !coupon.shared && charge !== "late";
  await tx.coupon.updateMany({ where: { shopId, id: coupon.id }, data: { usesCount: { increment: 1 }, ...(used && { status: "redeemed" }) } });
}

type Charge = "charged" | "used_before" | "late" | "late_and_charged" | "not_issued";

async function chargeIssuance(tx: Tx, shopId: number, order: RedemptionFacts, issuance: Issuance, now: Date): Promise<Charge> {
  const proven = await tx.issuance.updateMany({
    where: { shopId, id: issuance.id, status: { in: ["open", "returning"] } },
    data: { status: "redeemed", endedAt: now },
  });
  if (proven.count === 1) {
    const { customerId, holdId } = issuance;
    if (holdId !== null && !(await endHold(tx, shopId, { customerId, holdId, status: "spent" }, now))) throw new Error(`hold ${holdId} ended before its issuance`);
    await spend(tx, shopId, order, issuance, { overdraft: true }, now);
    return "charged";
  }
  // The account is locked: the status cannot change again under us.
  const { status } = await tx.issuance.findFirstOrThrow({ where: { shopId, id: issuance.id } });
  if (status === "redeemed") return "used_before";
  if (!(await spend(tx, shopId, order, issuance, { overdraft: false }, now))) return "late";
  await tx.issuance.updateMany({ where: { shopId, id: issuance.id, status: "returned" }, data: { status: "redeemed", endedAt: now } });
  return "late_and_charged";
}

/** The reason of the entry that an order's use of an issuance cost. */
export function spendingKey(issuanceId: bigint, orderGid: string): string {
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

/** Uses that were not reversed, this one included. Counted only as far as the limit: the award's lock is held meanwhile. */
async function exceedsLimits(tx: Tx, shopId: number, { customerId }: RedemptionFacts, coupon: Coupon, award: Award): Promise<boolean> {
  const limits = { usesPerCode: usesOfOneCode(award), usesPerCustomer: award.usesPerCustomer, usesTotal: award.usesTotal };
  const counted = (narrowed: Prisma.Sql, limit: number | null) => Prisma.sql`(
    SELECT count(*)::int FROM (
      SELECT 1 FROM "Redemption" r
      WHERE r."shopId" = ${shopId} AND ${narrowed}
        AND NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = r."shopId" AND v."redemptionId" = r."id")
      LIMIT ${limit ?? 0}) counted)`;
  const [before] = await tx.$queryRaw<{ ofCode: number; ofCustomer: number; ofAward: number }[]>`
    SELECT
      ${counted(Prisma.sql`r."couponId" = ${coupon.id}`, limits.usesPerCode)} AS "ofCode",
      ${counted(Prisma.sql`r."customerId" = ${customerId}::bigint AND r."awardNumber" = ${award.number}`, limits.usesPerCustomer)} AS "ofCustomer",
      ${counted(Prisma.sql`r."awardNumber" = ${award.number}`, limits.usesTotal)} AS "ofAward"`;
  if (!before) throw new Error("a count answered nothing");
  return isOverLimit({ ofCode: before.ofCode + 1, ofCustomer: customerId === null ? 0 : before.ofCustomer + 1, ofAward: before.ofAward + 1 }, limits);
}
