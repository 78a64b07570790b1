/** A customer who signed up is given points. */
import type { Tx } from "../../lib/db.server";
import { postEntry } from "./post.server";
import { sameReason } from "./same-reason.server";

/** Gives what the shop gives now, once for each customer; a shop that gives nothing leaves no trace, and gives nothing later. */
export async function giveSignup(tx: Tx, shopId: number, customerId: bigint, now: Date): Promise<{ outcome: "given" | "given_before" | "nothing_to_give" }> {
  const { signupPoints } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { signupPoints: true } });
  if (signupPoints === 0) return { outcome: "nothing_to_give" };
  const reasonKey = await sameReason(tx, shopId, customerId, (id) => `signup:${id}`);
  const posting = await postEntry(tx, shopId, { customerId, kind: "earned", points: signupPoints, reasonKey, note: "Signed up", occurredAt: now }, now);
  return { outcome: posting.outcome === "already_posted" ? "given_before" : "given" };
}
