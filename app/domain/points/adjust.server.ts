/** Staff give or take points by hand, with a reason. */
import { z } from "zod";
import { inTransaction } from "../../lib/db.server";
import { lockKept } from "./lock-accounts.server";
import { postEntry, type Posting } from "./post.server";
import { sameReason } from "./same-reason.server";
import { transactionGid } from "./transaction";

export const Adjustment = z.object({
  points: z.int("Points are whole numbers.").min(-1_000_000_000).max(1_000_000_000).refine((points) => points !== 0, "Enter a number other than 0."),
  /** Shown on the customer's statement. */
  reason: z.string().trim().min(1, "Say why: the customer can read it.").max(200, "At most 200 characters."),
  /** Made once per form: sending it twice adjusts once. */
  requestKey: z.string().min(8).max(100),
  /** An integrator's own name of it. */
  transactionId: z.string().max(100).optional(),
});
export type Adjustment = z.infer<typeof Adjustment>;

/** Adjusts a customer's points. insufficient: more would be taken than is spendable; full: more than a balance can count. Neither changes anything. */
export function adjustPoints(shopId: number, customerId: bigint, adjustment: Adjustment, now: Date): Promise<Posting> {
  const { points, reason, requestKey, transactionId } = adjustment;
  return inTransaction(async (tx) => {
    const keptId = await lockKept(tx, shopId, customerId);
    const reasonKey = await sameReason(tx, shopId, keptId, (id) => `adjust:${id}:${requestKey}`);
    const entry = { customerId: keptId, kind: "adjusted" as const, points, reasonKey, note: reason, occurredAt: now };
    return postEntry(tx, shopId, { ...entry, ...(transactionId !== undefined && { orderGid: transactionGid(transactionId) }) }, now);
  });
}
