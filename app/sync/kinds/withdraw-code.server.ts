/** Takes codes off Shopify, 250 a call; what waits for that (points to return) is finished once they are surely gone. */
import { finishReturn } from "../../domain/coupons/finish-return.server";
import { inTransaction, prisma } from "../../lib/db.server";
import { deleteCodes, jobProgress } from "../../shopify/operations/redeem-codes";
import { closeChange } from "../close.server";
import { setback, type Push, type TakenChange, type Worked } from "../work";
import { ownerOf } from "./owner.server";

const POLLS = 10;
const FIRST_POLL_MS = 300;
const POLL_AGAIN_MS = 10_000;
/** A code whose bulk creation is still under way can only be withdrawn after it. */
const WAIT_FOR_CREATION_MS = 5000;

interface Withdrawal {
  change: TakenChange;
  coupon: { id: bigint; code: string; codeState: string; redeemCodeGid: string | null };
  parentGid: string;
}
type Ended = { change: TakenChange; worked: Worked }[];

/** Withdraws a batch of coupons' codes and says how each change ended. */
export async function withdrawCodes(push: Push, changes: TakenChange[]): Promise<Ended> {
  const ended: Ended = [];
  const byParent = new Map<string, Withdrawal[]>();
  for (const change of changes) {
    const found = await look(push, change);
    if ("worked" in found) ended.push(found);
    else byParent.set(found.parentGid, [...(byParent.get(found.parentGid) ?? []), found]);
  }
  for (const [parentGid, withdrawals] of byParent) ended.push(...(await withdrawFrom(push, parentGid, withdrawals)));
  return ended;
}

/** What a change asks for; a code that is not on Shopify needs no call. */
async function look(push: Push, change: TakenChange): Promise<Withdrawal | Ended[number]> {
  const { shopId } = push;
  const coupon = await prisma.coupon.findUnique({
    where: { shopId_id: { shopId, id: BigInt(change.subject) } },
    select: { id: true, code: true, codeState: true, redeemCodeGid: true, parentId: true },
  });
  if (!coupon) return { change, worked: { outcome: "done" } };
  if (coupon.codeState === "submitted") return { change, worked: { outcome: "again", afterMs: WAIT_FOR_CREATION_MS } };
  if (coupon.codeState !== "live") return { change, worked: await finish(push, { change, couponId: coupon.id }) };
  const parent = await prisma.parentDiscount.findUnique({ where: { shopId_id: { shopId, id: coupon.parentId } }, select: { gid: true } });
  if (!parent?.gid) throw new Error(`coupon ${coupon.id} is live under a discount that has no gid`);
  const owner = coupon.redeemCodeGid ? null : await ownerOf(push, coupon.code);
  if (owner && "outcome" in owner) return { change, worked: owner };
  // Not on Shopify any more, or under somebody else's discount: nothing of ours is left to withdraw.
  if (owner && owner.discountGid !== parent.gid) return { change, worked: await finish(push, { change, couponId: coupon.id }) };
  const redeemCodeGid = coupon.redeemCodeGid ?? owner?.codeGid ?? null;
  if (!redeemCodeGid) return { change, worked: { outcome: "stumbled", problem: "Shopify does not name the code's id", afterMs: null } };
  return { change, parentGid: parent.gid, coupon: { ...coupon, redeemCodeGid } };
}

async function withdrawFrom(push: Push, parentGid: string, withdrawals: Withdrawal[]): Promise<Ended> {
  const ids = withdrawals.flatMap(({ coupon }) => (coupon.redeemCodeGid ? [coupon.redeemCodeGid] : []));
  const deleted = await deleteAndFollow(push, parentGid, ids);
  const ended: Ended = [];
  for (const { change, coupon } of withdrawals) {
    // Refused as a whole: one code that is gone already must not keep the others; each is looked at by itself.
    const worked = deleted.outcome === "failed" ? await goneOrNot(push, parentGid, coupon.code, deleted) : deleted;
    ended.push({ change, worked: worked.outcome === "done" ? await finish(push, { change, couponId: coupon.id }) : worked });
  }
  return ended;
}

async function deleteAndFollow({ admin, sleep }: Push, discountId: string, ids: string[]): Promise<Worked> {
  const sent = await admin.call(deleteCodes, { discountId, ids });
  if (sent.outcome !== "ok") return setback(sent);
  let job = sent.answer.job;
  for (let poll = 0; job && !job.done && poll < POLLS; poll++) {
    await sleep(FIRST_POLL_MS * 1.6 ** poll);
    const progress = await admin.call(jobProgress, { id: job.id });
    if (progress.outcome !== "ok") return setback(progress);
    job = progress.answer;
  }
  return job && !job.done ? { outcome: "again", afterMs: POLL_AGAIN_MS } : { outcome: "done" };
}

async function goneOrNot(push: Push, parentGid: string, code: string, refusal: Worked): Promise<Worked> {
  const owner = await ownerOf(push, code);
  if ("outcome" in owner) return owner;
  return owner.discountGid === parentGid ? refusal : { outcome: "done" };
}

/** The code is off Shopify: says so, lets the points return and closes the change, all in one transaction. */
async function finish({ shopId, clock }: Push, { change, couponId }: { change: TakenChange; couponId: bigint }): Promise<Worked> {
  const now = clock();
  return inTransaction(async (tx) => {
    // First the customer's account is locked, then the coupon: the order that everybody else takes them in.
    await finishReturn(tx, shopId, couponId, now);
    await tx.coupon.updateMany({ where: { shopId, id: couponId, codeState: { in: ["planned", "live", "failed"] } }, data: { codeState: "withdrawn" } });
    await closeChange(tx, shopId, change, now);
    return { outcome: "done" };
  });
}
