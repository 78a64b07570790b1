/** Takes a code off Shopify that stands under our discount though it should not: one of nobody's, or one that we believed gone. */
import { DriftDetails } from "../../domain/drift/drift";
import { prisma } from "../../lib/db.server";
import type { Push, Worked } from "../work";
import { deleteAndFollow } from "./delete-codes.server";
import { ownerOf } from "./owner.server";

/** Deletes the code that a difference is about. Done also where it has gone by itself. */
export async function removeCode(push: Push, driftId: bigint): Promise<Worked> {
  const drift = await prisma.drift.findUnique({ where: { shopId_id: { shopId: push.shopId, id: driftId } }, select: { details: true } });
  const { code, codeGid, discountGid } = DriftDetails.parse(drift?.details ?? {});
  if (code === undefined || codeGid === undefined || discountGid === undefined) return { outcome: "done" };
  const owner = await ownerOf(push, code);
  if ("outcome" in owner) return owner;
  // Deleting is asked for by the code's id: one that was added again since is another code.
  if (owner.discountGid !== discountGid || (owner.codeGid !== null && owner.codeGid !== codeGid)) return { outcome: "done" };
  return deleteAndFollow(push, discountGid, [codeGid]);
}
