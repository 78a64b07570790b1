/** Takes codes off Shopify, 250 a call; what waits for that (points to return) is finished once they are surely gone. */
import { letOthersFollow } from "../../domain/awards/codes-to-go.server";
import { finishReturn } from "../../domain/coupons/finish-return.server";
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { closeChange, closeChanges } from "../close.server";
import type { Push, TakenChange, Worked } from "../work";
import { deleteFrom, type LiveCode } from "./delete-codes.server";

/** A code whose bulk creation is still under way can only be withdrawn after it. */
const WAIT_FOR_CREATION_MS = 5000;

interface Withdrawal {
  change: TakenChange;
  coupon: LiveCode & { codeState: string; parentId: bigint; awardNumber: number };
}
type Ended = { change: TakenChange; worked: Worked }[];

/** Withdraws a batch of coupons' codes and says how each change ended. */
export async function withdrawCodes(push: Push, changes: TakenChange[]): Promise<Ended> {
  const withdrawals = await findWithdrawals(push.shopId, changes);
  const ended: Ended = changes.filter((change) => !withdrawals.some((each) => each.change === change)).map((change) => ({ change, worked: { outcome: "done" } }));
  const gone: Withdrawal[] = [];
  const byParent = new Map<bigint, Withdrawal[]>();
  for (const withdrawal of withdrawals) {
    const { change, coupon } = withdrawal;
    if (coupon.codeState === "submitted") ended.push({ change, worked: { outcome: "again", afterMs: WAIT_FOR_CREATION_MS } });
    else if (coupon.codeState !== "live") gone.push(withdrawal);
    else byParent.set(coupon.parentId, [...(byParent.get(coupon.parentId) ?? []), withdrawal]);
  }
  for (const [parentId, ofParent] of byParent) {
    const fates = await deleteFrom(push, parentId, ofParent.map(({ coupon }) => coupon));
    for (const withdrawal of ofParent) {
      const worked = fates.get(withdrawal.coupon.id);
      if (!worked) throw new Error(`coupon ${withdrawal.coupon.id} has no fate`);
      if (worked.outcome === "done") gone.push(withdrawal);
      else ended.push({ change: withdrawal.change, worked });
    }
  }
  return [...ended, ...(await finish(push, gone))];
}

async function findWithdrawals(shopId: number, changes: TakenChange[]): Promise<Withdrawal[]> {
  const coupons = await prisma.coupon.findMany({
    where: { shopId, id: { in: changes.map(({ subject }) => BigInt(subject)) } },
    select: { id: true, code: true, codeState: true, redeemCodeGid: true, parentId: true, awardNumber: true },
  });
  const byId = new Map(coupons.map((coupon) => [String(coupon.id), coupon]));
  return changes.flatMap((change) => {
    const coupon = byId.get(change.subject);
    return coupon ? [{ change, coupon }] : [];
  });
}

/** The codes are off Shopify: says so, lets points return and closes the changes. */
async function finish({ shopId, clock }: Push, gone: Withdrawal[]): Promise<Ended> {
  const couponIds = gone.map(({ coupon }) => coupon.id);
  const returning = await prisma.issuance.findMany({ where: { shopId, couponId: { in: couponIds }, status: "returning" }, select: { couponId: true } });
  const withReturn = new Set(returning.map(({ couponId }) => couponId));
  const plain = gone.filter(({ coupon }) => !withReturn.has(coupon.id));
  await inTransaction(async (tx) => {
    await markWithdrawn(tx, shopId, plain.map(({ coupon }) => coupon), clock());
    // A return that began since has recorded the change again: it stays open and is met once more.
    await closeChanges(tx, shopId, plain.map(({ change }) => change), clock());
  });
  const ended: Ended = plain.map(({ change }) => ({ change, worked: { outcome: "done" } }));
  for (const withdrawal of gone.filter(({ coupon }) => withReturn.has(coupon.id))) {
    ended.push({ change: withdrawal.change, worked: await inTransaction((tx) => finishWithReturn(tx, shopId, withdrawal, clock())) });
  }
  return ended;
}

async function finishWithReturn(tx: Tx, shopId: number, { change, coupon }: Withdrawal, now: Date): Promise<Worked> {
  // First the customer's account is locked, then the coupon: the order that everybody else takes them in.
  const { more } = await finishReturn(tx, shopId, coupon.id, now);
  await markWithdrawn(tx, shopId, [coupon], now);
  if (more) return { outcome: "again", afterMs: 0 };
  await closeChange(tx, shopId, change, now);
  return { outcome: "done" };
}

/** Codes that are on Shopify no more. */
export async function markWithdrawn(tx: Tx, shopId: number, coupons: { id: bigint; awardNumber: number }[], now: Date): Promise<void> {
  if (coupons.length === 0) return;
  await tx.$executeRaw`
    UPDATE "Coupon" SET "codeState" = 'withdrawn'
    WHERE "shopId" = ${shopId} AND "codeState" IN ('planned', 'live', 'failed') AND "id" IN (
      SELECT "id" FROM "Coupon" WHERE "shopId" = ${shopId} AND "id" = ANY(${coupons.map(({ id }) => id)}::bigint[]) ORDER BY "id" FOR UPDATE)`;
  await letOthersFollow(tx, shopId, [...new Set(coupons.map(({ awardNumber }) => awardNumber))], now);
}
