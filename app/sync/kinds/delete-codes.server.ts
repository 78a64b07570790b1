/** Deletes codes from one discount on Shopify and makes sure that they are gone. */
import { prisma } from "../../lib/db.server";
import { deleteCodes, jobProgress } from "../../shopify/operations/redeem-codes";
import { setback, type Push, type Worked } from "../work";
import { ownerOf } from "./owner.server";

const POLLS = 10;
const FIRST_POLL_MS = 300;
const POLL_AGAIN_MS = 10_000;

export interface LiveCode {
  id: bigint;
  code: string;
  redeemCodeGid: string | null;
}

/** Deletes up to 250 codes that are live under a parent; by coupon, whether each is gone or why not yet. */
export async function deleteFrom(push: Push, parentId: bigint, coupons: LiveCode[]): Promise<Map<bigint, Worked>> {
  const parent = await prisma.parentDiscount.findUnique({ where: { shopId_id: { shopId: push.shopId, id: parentId } }, select: { gid: true } });
  const parentGid = parent?.gid;
  if (!parentGid) throw new Error(`coupons are live under discount ${parentId}, which has no gid`);
  const fates = new Map<bigint, Worked>();
  const named: { coupon: LiveCode; gid: string }[] = [];
  for (const coupon of coupons) {
    const gid = coupon.redeemCodeGid ?? (await gidOf(push, parentGid, coupon));
    if (typeof gid === "string") named.push({ coupon, gid });
    else fates.set(coupon.id, gid);
  }
  if (named.length === 0) return fates;
  const deleted = await deleteAndFollow(push, parentGid, named.map(({ gid }) => gid));
  for (const { coupon } of named) {
    // Refused as a whole: one code that is gone already must not keep the others; each is looked at by itself.
    fates.set(coupon.id, deleted.outcome === "failed" ? await goneOrNot(push, parentGid, coupon.code, deleted) : deleted);
  }
  return fates;
}

/** The code's gid where a lost answer left it unknown; "done" if it is not under our discount any more: nothing of ours is left there. */
async function gidOf(push: Push, parentGid: string, { code }: LiveCode): Promise<string | Worked> {
  const owner = await ownerOf(push, code);
  if ("outcome" in owner) return owner;
  if (owner.discountGid !== parentGid) return { outcome: "done" };
  return owner.codeGid ?? { outcome: "stumbled", problem: "Shopify does not name the code's id", afterMs: null };
}

/** Deletes codes by their gids and waits until Shopify has. */
export async function deleteAndFollow({ admin, sleep }: Push, discountId: string, ids: string[]): Promise<Worked> {
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
