/** Parent discounts: made when they are first needed, retired when nothing of them is given out any more. */
import type { Award, ParentDiscount } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { recordChange, recordChanges } from "../changes/record.server";
import { seedCode } from "../codes/seed-code";
import { bucketsDue, nextPeriodAt, restrictedBucket, type Restrictions } from "./bucket";

/** The rows, for those who speak to Shopify about them. */
export type { Award, ParentDiscount };

type ParentWish = Restrictions & { bucket: string };

/**
 * The parents that the award's codes are given out of now and in its next period, those of now first; makes what is missing
 * and retires what is over. Safe to repeat. The stock of an only parent is the caller's matter; several are filled by the worker.
 */
export async function openBuckets(tx: Tx, shopId: number, award: Award, now: Date): Promise<ParentDiscount[]> {
  const { timeZone } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { timeZone: true } });
  const due = bucketsDue(award, timeZone, now);
  const { parents, made } = await makeParents(tx, shopId, award, due, now);
  if (made > 0 && due.length > 1) await recordRefills(tx, shopId, award.number, now);
  await retireOthers(tx, shopId, award.number, parents, now);
  const dueAt = nextPeriodAt(award, timeZone, now);
  // Not through Prisma: it would touch updatedAt, and an editor that stands open would be stale.
  await tx.$executeRaw`UPDATE "Award" SET "bucketsDueAt" = ${dueAt}::timestamptz WHERE "shopId" = ${shopId} AND "number" = ${award.number}`;
  return parents;
}

/** The parent of codes that are restricted in this way; made if there is none. */
export async function parentFor(tx: Tx, shopId: number, award: Award, restrictions: Restrictions, now: Date): Promise<ParentDiscount> {
  // An integrator reads the restrictions off the coupon: nothing of them stands on Shopify.
  const wish = award.appliedBy === "integrator" ? { bucket: "" } : { ...restrictions, bucket: restrictedBucket(restrictions) };
  const { parents: [parent] } = await makeParents(tx, shopId, award, [wish], now);
  if (!parent) throw new Error(`bucket ${JSON.stringify(wish.bucket)} of award ${award.number} was not made`);
  return parent;
}

/** The parents of these buckets, in the same order, and how many were made. A new one is to be put on Shopify, a retired one comes back. */
async function makeParents(tx: Tx, shopId: number, award: Award, asked: ParentWish[], now: Date): Promise<{ parents: ParentDiscount[]; made: number }> {
  const namesakes = await tx.parentDiscount.findMany({ where: { shopId, awardNumber: award.number, bucket: { in: asked.map(({ bucket }) => bucket) } }, select: { bucket: true, expiresAt: true } });
  const wishes = asked.map((wish) => toldApart(wish, namesakes));
  const where = { shopId, awardNumber: award.number, bucket: { in: wishes.map(({ bucket }) => bucket) } };
  await tx.parentDiscount.updateMany({ where: { ...where, retiredAt: { not: null } }, data: { retiredAt: null } });
  const before = await tx.parentDiscount.findMany({ where });
  const missing = wishes.filter(({ bucket }) => !before.some((parent) => parent.bucket === bucket));
  if (missing.length > 0) await insertParents(tx, shopId, award, missing, now);
  const found = missing.length > 0 ? await tx.parentDiscount.findMany({ where }) : before;
  return { parents: wishes.flatMap(({ bucket }) => found.find((parent) => parent.bucket === bucket) ?? []), made: missing.length };
}

/** The same day ends at another instant in another time zone: a bucket from before the shop moved keeps its name, and its end. */
function toldApart(wish: ParentWish, namesakes: Pick<ParentDiscount, "bucket" | "expiresAt">[]): ParentWish {
  const namesake = namesakes.find(({ bucket }) => bucket === wish.bucket);
  if (!wish.expiresAt || !namesake || namesake.expiresAt?.getTime() === wish.expiresAt.getTime()) return wish;
  return { ...wish, bucket: `${wish.bucket}, ${wish.expiresAt.toISOString()}` };
}

async function insertParents(tx: Tx, shopId: number, { number, appliedBy }: Award, wishes: ParentWish[], now: Date): Promise<void> {
  const { codeKey } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { codeKey: true } });
  const state = appliedBy === "integrator" ? "local" : "pending";
  const made = await tx.parentDiscount.createManyAndReturn({
    data: wishes.map((wish) => ({ ...wish, shopId, awardNumber: number, state, seedCode: seedCode(codeKey, number, wish.bucket) }) as const),
    skipDuplicates: true,
    select: { id: true },
  });
  if (state === "pending") await recordChanges(tx, shopId, { kind: "put_discount", subjects: made.map(({ id }) => id) }, now);
}

/** The pools of the award that we fill may have to catch up. */
export async function recordRefills(tx: Tx, shopId: number, awardNumber: number, now: Date): Promise<void> {
  const pools = await tx.codePool.findMany({ where: { shopId, awardNumber, stockTarget: { gt: 0 } }, select: { id: true } });
  await recordChanges(tx, shopId, { kind: "refill_pool", subjects: pools.map(({ id }) => id) }, now);
}

/** Buckets that are neither due nor will be: their unused codes leave Shopify. Restricted ones belong to their codes and stay. */
async function retireOthers(tx: Tx, shopId: number, awardNumber: number, due: ParentDiscount[], now: Date): Promise<void> {
  const current = due[0]?.expiresAt ?? null;
  const others = await tx.parentDiscount.findMany({
    where: {
      shopId, awardNumber, retiredAt: null, state: { not: "local" }, id: { notIn: due.map(({ id }) => id) },
      OR: [{ bucket: "" }, { bucket: { startsWith: "until " } }, { bucket: { startsWith: "worth " } }],
    },
    select: { id: true, expiresAt: true },
  });
  for (const { id } of others.filter(({ expiresAt }) => !(expiresAt && current && expiresAt > current))) {
    const retired = await tx.parentDiscount.updateMany({ where: { shopId, id, retiredAt: null }, data: { retiredAt: now } });
    if (retired.count === 1) await recordChange(tx, shopId, { kind: "withdraw_codes", subject: id }, now);
  }
}
