/** Takes everything off Shopify that one parent discount carries in vain: codes taken back, and unused ones whose time is over. */
import { archiveUnused, ARCHIVE_STEP } from "../../domain/codes/archive-unused.server";
import { inTransaction, prisma } from "../../lib/db.server";
import { MAX_PER_CALL } from "../../shopify/operations/redeem-codes";
import type { Push, Worked } from "../work";
import { deleteFrom } from "./delete-codes.server";
import { markWithdrawn } from "./withdraw-code.server";

/** Calls of one turn; after it, what is more needed gets its own. */
const PER_TURN = 20;
const WAIT_FOR_CREATION_MS = 5000;

/** Done when no revoked or archived code of the discount is on Shopify, nor, if it is retired, one that nobody has. */
export async function withdrawCodesOf(push: Push, parentId: bigint): Promise<Worked> {
  const { shopId, clock } = push;
  const parent = await prisma.parentDiscount.findUnique({ where: { shopId_id: { shopId, id: parentId } } });
  if (!parent || parent.state === "local") return { outcome: "done" };
  if (parent.retiredAt) {
    // Their bulk creation first ends: what becomes of them is known only then.
    if (await prisma.codeSubmission.findFirst({ where: { shopId, parentId, state: { not: "done" } } })) return { outcome: "again", afterMs: WAIT_FOR_CREATION_MS };
    const archived = await inTransaction((tx) => archiveUnused(tx, shopId, parentId, clock()));
    if (archived === ARCHIVE_STEP) return { outcome: "again", afterMs: 0 };
  }
  for (let call = 0; call < PER_TURN; call++) {
    const coupons = await prisma.coupon.findMany({
      where: { shopId, parentId, codeState: "live", status: { in: ["revoked", "archived"] } },
      orderBy: { id: "asc" },
      take: MAX_PER_CALL,
      select: { id: true, code: true, redeemCodeGid: true, awardNumber: true },
    });
    if (coupons.length === 0) return { outcome: "done" };
    const fates = await deleteFrom(push, parentId, coupons);
    const gone = coupons.filter(({ id }) => fates.get(id)?.outcome === "done");
    await inTransaction((tx) => markWithdrawn(tx, shopId, gone, clock()));
    const setback = [...fates.values()].find(({ outcome }) => outcome !== "done");
    if (setback) return setback;
  }
  return { outcome: "again", afterMs: 0 };
}
