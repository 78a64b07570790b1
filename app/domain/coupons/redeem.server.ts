/** Orders used codes of ours: facts, recorded whatever our rules say, and the points they cost. */
import { z } from "zod";
import type { Award, Coupon } from "../../generated/prisma/client";
import { MovedMeanwhile, type Tx } from "../../lib/db.server";
import { addToTallies, lockTally, type TallyChange } from "../awards/tally.server";
import { storedCode } from "../codes/list";
import { openAccounts } from "../points/lock-accounts.server";
import { postEntries, type EntriesDraft } from "../points/post-entries.server";
import { paidFor } from "./give-points-back.server";
import { chargeOf, UsesSoFar, type Charge, type OrderUse, type UsedIssuance, type UseEffect } from "./order-use";
import type { RedemptionFacts } from "./redemption";
import { lockCoupons } from "./take-back.server";

/** What the codes of a batch of orders are decided by, all of it locked. */
export interface LockedUses {
  awards: Map<number, Award>;
  /** Whose accounts are locked. */
  accounts: bigint[];
  timeZone: string;
  byOrder: Map<string, LockedUse[]>;
}

/** A code of ours on an order, and whose points may be spent for it. */
export interface LockedUse {
  couponId: bigint;
  shared: boolean;
  discountMinor: number;
  ownerId: bigint | null;
}

/**
 * Locks everything that the codes of these orders are decided by: tallies of awards with totals, accounts, coupons, each in key
 * order and for all orders at once, so that two batches never wait for each other in a circle. The orders are locked by the caller.
 */
export async function lockUses(tx: Tx, shopId: number, orders: RedemptionFacts[], now: Date): Promise<LockedUses> {
  const codes = [...new Set(orders.flatMap((order) => order.codes.map(({ code }) => storedCode(code))))];
  const coupons = codes.length === 0 ? [] : await tx.$queryRaw<Pick<Coupon, "id" | "code" | "shared" | "awardNumber">[]>`
    SELECT "id", "code", "shared", "awardNumber" FROM "Coupon" WHERE "shopId" = ${shopId} AND "code" = ANY(${codes}::text[]) ORDER BY "id"`;
  const ofCode = new Map(coupons.map((coupon) => [coupon.code, coupon]));
  const byOrder = new Map<string, LockedUse[]>();
  for (const { orderGid, codes } of orders) {
    const amounts = new Map(codes.map(({ code, discountMinor }) => [storedCode(code), discountMinor]));
    const uses = [...amounts].flatMap(([code, discountMinor]) => {
      const coupon = ofCode.get(code);
      return coupon ? [{ couponId: coupon.id, shared: coupon.shared, discountMinor, ownerId: null }] : [];
    });
    byOrder.set(orderGid, uses);
  }

  // The buyers' too, who earn after this: locked later they would be out of order.
  const buyers = orders.flatMap(({ customerId }) => customerId ?? []);
  if (coupons.length === 0) {
    await openAccounts(tx, shopId, buyers);
    return { awards: new Map(), accounts: buyers, timeZone: "UTC", byOrder };
  }
  const awards = await lockedAwards(tx, shopId, coupons);
  for (const { i, couponId, issuance } of await readUses(tx, shopId, orders, byOrder, now)) {
    const use = byOrder.get(orders[i]?.orderGid ?? "")?.find((one) => one.couponId === couponId);
    if (use) use.ownerId = issuance?.customerId ?? null;
  }
  const owners = [...byOrder.values()].flat().flatMap(({ ownerId }) => ownerId ?? []);
  const accounts = [...new Set([...buyers, ...owners])];
  await openAccounts(tx, shopId, accounts);
  await lockCoupons(tx, shopId, coupons.map(({ id }) => id));
  const { timeZone } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { timeZone: true } });
  return { awards, accounts, timeZone, byOrder };
}

/**
 * Records a redemption for every code of ours on these orders; what was recorded before changes nothing. The holds become
 * spends. An order that comes after its coupon was given back is flagged `late`: it is charged if the customer's spendable
 * points cover it, else the return stands and the merchant sees the flag. Never both, never neither. So it is with what came back
 * of a coupon that is used again; what is not covered is flagged `partly_paid`.
 * The orders share no account and no coupon but shared codes, which count their uses in the orders' order. Answers what is
 * still to be added to the tallies of awards without totals, by the last write of the transaction.
 */
export async function redeemOnOrders(tx: Tx, shopId: number, locked: LockedUses, orders: RedemptionFacts[], now: Date): Promise<TallyChange[]> {
  const uses = await usesOf(tx, shopId, locked, orders, now);
  if (uses.length === 0) return [];
  const charges = await charge(tx, shopId, uses, now);
  const soFar = new UsesSoFar();
  const settled = uses.map((use, index) => {
    const charged = charges[index] ?? "late";
    return { use, charged, effect: soFar.add(use, charged) };
  });
  const ended = await endLocks(tx, shopId, settled, now);
  await writeUses(tx, shopId, settled, now);

  const limited = [...locked.awards.values()].filter(isLimited);
  const changes = [...settled.map(({ effect }) => effect.change), ...ended];
  const isOfLimited = ({ awardNumber }: TallyChange) => limited.some(({ number }) => number === awardNumber);
  await addToTallies(tx, shopId, changes.filter(isOfLimited));
  // Once a limited award is used up, every other code of it is withdrawn.
  const used = new Set(changes.map(({ awardNumber }) => awardNumber));
  const full = limited.filter(({ number, usesTotal }) => used.has(number) && usesTotal !== null).map(({ number }) => number);
  if (full.length > 0) await tx.$queryRaw`SELECT 1 FROM unnest(${full}::int[]) AS number, LATERAL withdraw_rest_if_full(${shopId}::int, number, ${now}::timestamptz)`;
  return changes.filter((change) => !isOfLimited(change));
}

const isLimited = ({ issuesTotal, usesTotal }: Pick<Award, "issuesTotal" | "usesTotal">) => issuesTotal !== null || usesTotal !== null;

/** The coupons' awards; those with totals with their tallies locked, so that their uses are counted exactly. */
export async function lockedAwards(tx: Tx, shopId: number, coupons: { awardNumber: number }[]): Promise<Map<number, Award>> {
  const numbers = [...new Set(coupons.map(({ awardNumber }) => awardNumber))];
  const awards = await tx.award.findMany({ where: { shopId, number: { in: numbers } }, orderBy: { number: "asc" } });
  for (const award of awards) await lockTally(tx, shopId, award);
  return new Map(awards.map((award) => [award.number, award]));
}

interface UseRow {
  i: number;
  couponId: bigint;
  code: string;
  awardNumber: number;
  shared: boolean;
  codeState: Coupon["codeState"];
  usesCount: number;
  usesPerCode: number | null;
  expiresAt: Date | null;
  issuance: StoredIssuance | null;
  recorded: boolean;
  ofCustomer: number;
  ofAward: number;
  locks: { reference: string; customerId: bigint | null }[];
}

const BigintText = z.string().transform(BigInt);
const Issuance = z.object({
  id: BigintText,
  customerId: BigintText,
  holdId: BigintText.nullable(),
  points: z.int(),
  status: z.enum(["open", "redeemed", "returning", "returned", "revoked"]),
  expiresAt: z.coerce.date().nullable(),
});
type StoredIssuance = z.infer<typeof Issuance>;
const Locks = z.array(z.object({ reference: z.string(), customerId: BigintText.nullable() }));

/** Every use of these orders, in their order and by coupon. */
async function readUses(tx: Tx, shopId: number, orders: RedemptionFacts[], byOrder: LockedUses["byOrder"], now: Date): Promise<UseRow[]> {
  const asked = orders.flatMap(({ orderGid, customerId }, i) =>
    (byOrder.get(orderGid) ?? []).map(({ couponId }) => ({ i, couponId: String(couponId), orderGid, customerId: customerId === null ? null : String(customerId) })),
  );
  if (asked.length === 0) return [];
  const rows = await tx.$queryRaw<(Omit<UseRow, "issuance" | "locks"> & { issuance: unknown; locks: unknown })[]>`
    SELECT * FROM read_order_uses(${shopId}::int, ${JSON.stringify(asked)}::jsonb, ${now}::timestamptz)`;
  return rows.map((row) => ({ ...row, issuance: row.issuance === null ? null : Issuance.parse(row.issuance), locks: row.locks === null ? [] : Locks.parse(row.locks) }));
}

const wasPaid = ({ points, status }: StoredIssuance) => points > 0 && status !== "open" && status !== "returning";

/** The uses of these orders that were not recorded before, as they stand under the locks. */
async function usesOf(tx: Tx, shopId: number, { byOrder, awards, accounts, timeZone }: LockedUses, orders: RedemptionFacts[], now: Date): Promise<OrderUse[]> {
  const rows = await readUses(tx, shopId, orders, byOrder, now);
  const paid = await paidFor(tx, shopId, rows.flatMap(({ recorded, issuance }) => (!recorded && issuance && wasPaid(issuance) ? [issuance.id] : [])));
  const owing = (issuance: StoredIssuance): UsedIssuance => ({ ...issuance, owedPoints: issuance.points - (paid.get(issuance.id) ?? 0) });
  return rows.flatMap(({ i, couponId, recorded, issuance, ofCustomer, ofAward, locks, ...coupon }) => {
    const [order, award] = [orders[i], awards.get(coupon.awardNumber)];
    if (!order || !award) throw new Error(`coupon ${couponId} has no award`);
    const { discountMinor } = byOrder.get(order.orderGid)?.find((use) => use.couponId === couponId) ?? { discountMinor: 0 };
    // Given, handed on or merged while accounts were waited for: whoever has the coupon now is not locked.
    if (!recorded && issuance && !accounts.includes(issuance.customerId)) throw new MovedMeanwhile(`coupon ${couponId} went over to another customer`);
    return recorded ? [] : [{ order, award, timeZone, issuance: issuance && owing(issuance), discountMinor, ofCustomer, ofAward, locks, coupon: { ...coupon, id: couponId } }];
  });
}

/** Ends the holds and spends the points, use by use; answers what each came to. */
async function charge(tx: Tx, shopId: number, uses: OrderUse[], now: Date): Promise<Charge[]> {
  const again = await usedBefore(tx, shopId, uses);
  const drafts: EntriesDraft[] = [];
  const drafted = new Map<OrderUse, number>();
  for (const use of uses) {
    const { issuance, order } = use;
    const wanted = chargeOf(issuance);
    // Without a hold an open one was paid for when it was given.
    if (!issuance || (typeof wanted === "string" && (wanted !== "charged" || issuance.holdId === null))) continue;
    drafted.set(use, drafts.length);
    drafts.push({
      customerId: issuance.customerId, kind: "spent", points: -(wanted === "charged" ? issuance.points : issuance.owedPoints), reasonKey: spendingKey(issuance.id, order.orderGid, again(use)),
      note: `Coupon used on order ${order.orderName}`, orderGid: order.orderGid, issuanceId: issuance.id, occurredAt: order.redeemedAt,
      ...(wanted === "charged" ? { holdId: issuance.holdId, overdraft: true } : {}),
    });
  }
  const outcomes = await postEntries(tx, shopId, drafts, now);
  return uses.map((use) => {
    const wanted = chargeOf(use.issuance);
    if (typeof wanted === "string") return wanted;
    return outcomes[drafted.get(use) ?? -1] === "insufficient" ? wanted.not : wanted.covered;
  });
}

/** The reason of the entry that an order's use of an issuance cost; `again`: how often that was undone before. */
function spendingKey(issuanceId: bigint, orderGid: string, again: number): string {
  return `spend:${issuanceId}:${orderGid}${again === 0 ? "" : `:${again}`}`;
}

/** How often the order of a use had used the same coupon before, each time undone. Only what was paid for once can be. */
async function usedBefore(tx: Tx, shopId: number, uses: OrderUse[]): Promise<(use: OrderUse) => number> {
  const paid = uses.filter(({ issuance }) => typeof chargeOf(issuance) !== "string");
  if (paid.length === 0) return () => 0;
  const where = { shopId, orderGid: { in: paid.map(({ order }) => order.orderGid) }, couponId: { in: paid.map(({ coupon }) => coupon.id) } };
  const before = await tx.redemption.groupBy({ by: ["orderGid", "couponId"], where, _count: true });
  return ({ order, coupon }) => before.find(({ orderGid, couponId }) => orderGid === order.orderGid && couponId === coupon.id)?._count ?? 0;
}

interface Settled {
  use: OrderUse;
  charged: Charge;
  effect: UseEffect;
}

/** Ends the locks that the uses end; answers what comes off the tallies: a till, or time, may have ended one since it was read. */
async function endLocks(tx: Tx, shopId: number, settled: Settled[], now: Date): Promise<TallyChange[]> {
  const locks = settled.flatMap(({ use, effect }) => effect.locks.map((lock) => ({ ...lock, couponId: String(use.coupon.id) })));
  if (locks.length === 0) return [];
  const ended = await tx.$queryRaw<{ awardNumber: number }[]>`
    UPDATE "CouponLock" l SET "status" = CASE WHEN u."transactionId" IS NULL THEN 'released' ELSE 'burned' END::"LockStatus", "transactionId" = u."transactionId", "endedAt" = ${now}::timestamptz
    FROM (SELECT ${shopId}::int AS "shopId", u.* FROM jsonb_to_recordset(${JSON.stringify(locks)}::jsonb) AS u("couponId" bigint, "reference" text, "transactionId" text) OFFSET 0) u
    WHERE l."shopId" = u."shopId" AND l."reference" = u."reference" AND l."couponId" = u."couponId" AND l."status" = 'held'
    RETURNING l."awardNumber"`;
  return ended.map(({ awardNumber }) => ({ awardNumber, issued: 0, used: 0, locked: -1 }));
}

async function writeUses(tx: Tx, shopId: number, settled: Settled[], now: Date): Promise<void> {
  const uses = settled.map(({ use: { order, coupon, award, issuance, discountMinor }, charged, effect }) => ({
    awardNumber: award.number, couponId: String(coupon.id), issuanceId: issuance === null ? null : String(issuance.id),
    customerId: order.customerId === null ? null : String(order.customerId), orderGid: order.orderGid, orderName: order.orderName, channel: order.channel,
    currency: order.currency, discountMinor, flags: effect.flags, redeemedAt: order.redeemedAt, proves: charged === "charged" || charged === "late_and_charged",
  }));
  const coupons = [...new Set(settled.map(({ use }) => use.coupon.id))].map((id) => couponRow(id, settled));
  await tx.$queryRaw`
    SELECT 1 FROM record_order_uses(${shopId}::int, ${JSON.stringify(uses)}::jsonb, ${JSON.stringify(coupons)}::jsonb, ${now}::timestamptz)`;
}

function couponRow(id: bigint, settled: { use: OrderUse; effect: UseEffect }[]) {
  const effects = settled.filter(({ use }) => use.coupon.id === id).map(({ effect }) => effect);
  return { id: String(id), uses: effects.length, over: effects.some(({ over }) => over), withdraw: effects.some(({ withdraw }) => withdraw) };
}
