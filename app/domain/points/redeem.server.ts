/** An integrator spends a customer's points at once, without a hold before. */
import { z } from "zod";
import { inTransaction } from "../../lib/db.server";
import { lockKept } from "./lock-accounts.server";
import { postEntry } from "./post.server";
import { sameReason } from "./same-reason.server";
import { transactionGid } from "./transaction";
import { spendOfTransaction } from "./transaction-spend.server";

export const PointsSpend = z.object({
  customerId: z.bigint(),
  points: z.int().min(1).max(1_000_000_000),
  /** The caller's transaction, at most 100 characters: the same one spends once. */
  requestKey: z.string().min(1).max(100),
  /** Read by the customer on the statement. Names nobody. */
  note: z.string().max(200).nullable(),
});
export type PointsSpend = z.infer<typeof PointsSpend>;

export type Spending =
  /** repeated: an earlier call with this key had spent points: those of the hold `redeemedId`, or of none (null). entryId names the spend, for a refund. */
  | { outcome: "redeemed"; repeated: boolean; redeemedId: bigint | null; entryId: bigint; balance: number; held: number }
  | { outcome: "insufficient"; balance: number; held: number };

/** Spends points, once for each request key, which may have redeemed a hold before. Held points are not touched. */
export async function redeemPoints(shopId: number, { customerId, points, requestKey, note }: PointsSpend, now: Date): Promise<Spending> {
  const { outcome, entryId, balance, held, redeemedId } = await inTransaction(async (tx) => {
    const keptId = await lockKept(tx, shopId, customerId);
    // A till that redeemed a hold and did not hear of it may ask for the points instead.
    const before = await spendOfTransaction(tx, shopId, { customerId: keptId, transactionId: requestKey });
    const reasonKey = before?.reasonKey ?? (await sameReason(tx, shopId, keptId, (id) => `spend:points:${id}:${requestKey}`));
    const posting = await postEntry(tx, shopId, { customerId: keptId, kind: "spent", points: -points, reasonKey, note: note ?? "Points redeemed", orderGid: transactionGid(requestKey), occurredAt: now }, now);
    return { ...posting, redeemedId: before?.holdId ?? null };
  });
  if (entryId === null) return { outcome: "insufficient", balance, held };
  return { outcome: "redeemed", repeated: outcome === "already_posted", redeemedId, entryId, balance, held };
}
