/** A merchant gives an award more codes. */
import type { Award } from "../../generated/prisma/client";
import { inTransaction, prisma } from "../../lib/db.server";
import { findAddition, finishAddition, isDone, openAddition, type AddedCodes, type CodesToAdd } from "../codes/addition.server";
import { growth } from "../codes/pattern";
import { MAX_STOCK } from "../codes/pool";
import { additionHome } from "./addition-home.server";
import type { Problem } from "./award";
import { prepareListed, type ListedSource } from "./code-source";

export type MoreCodes =
  | ListedSource
  /** So many more, made now, beside what the pool keeps in stock. */
  | { source: "generated"; count: number };

export type AddCodes =
  /** Each code has its fate; those that failed are named. `repeated`: the request was known, and this is its first answer. */
  | { outcome: "added"; repeated: boolean; codes: AddedCodes }
  /** Nothing was added. */
  | { outcome: "refused"; problems: Problem[] }
  | { outcome: "not_found" };

/**
 * Adds codes to an award. `requestKey`: the same request sent again is answered with the first result; one that was cut off
 * goes on where it stopped, given the same codes.
 */
export async function addCodesToAward(shopId: number, awardNumber: number, source: MoreCodes, now: Date, requestKey: string): Promise<AddCodes> {
  const key = `add:${requestKey}`;
  const before = await findAddition(shopId, key);
  if (before && isDone(before)) return { outcome: "added", repeated: true, codes: before.codes };
  const award = await findReceiver(shopId, awardNumber);
  if (!award) return { outcome: "not_found" };
  const refusal = whyNoMoreCodes(award, source.source, now);
  if (refusal) return { outcome: "refused", problems: [refusal] };
  const codes = source.source === "generated" ? madeCodes(award.pool, source.count) : prepareListed(source, award.endsAt, now);
  if (codes.kind === "refused") return { outcome: "refused", problems: codes.problems };

  const home = await inTransaction((tx) => additionHome(tx, shopId, awardNumber, now));
  const addition = await inTransaction((tx) => openAddition(tx, shopId, awardNumber, key, codes, now));
  return { outcome: "added", repeated: before !== null, codes: await finishAddition(shopId, addition, codes, home, now) };
}

async function findReceiver(shopId: number, number: number) {
  const award = await prisma.award.findUnique({ where: { shopId_number: { shopId, number } } });
  const pool = award && (await prisma.codePool.findFirstOrThrow({ where: { shopId, awardNumber: number }, orderBy: { id: "asc" } }));
  return pool && { ...award, pool };
}
type Receiver = NonNullable<Awaited<ReturnType<typeof findReceiver>>>;

/** What stands against adding codes of this source to the award at all. */
export function whyNoMoreCodes(award: Award, source: MoreCodes["source"], now: Date): Problem | null {
  if (award.status === "archived") return { field: "award", message: "The award is archived. Activate it first." };
  if (award.endsAt && award.endsAt <= now) return { field: "award", message: "The award is over: nobody could use the codes." };
  if (award.codeSource === "single") return { field: "source", message: "The award has one code for everybody. Replace it instead." };
  if (award.codeSource === "third_party" && source === "generated") return { field: "source", message: "The award's codes are made by another system. Paste or upload them." };
  const minted = award.codeSource === "generated" || award.codeSource === "pattern";
  const isBucketed = award.minPoints !== null || award.expiryRule === "days" || award.expiryRule === "month_ends";
  if (source !== "generated" && minted && isBucketed && award.appliedBy === "shopify") {
    return { field: "source", message: "On Shopify, each expiry and each value of this award needs codes of its own, which only we can make. Have more made." };
  }
  return null;
}

function madeCodes(pool: Receiver["pool"], count: number): CodesToAdd | { kind: "refused"; problems: Problem[] } {
  if (count > MAX_STOCK) return { kind: "refused", problems: [{ field: "count", message: `At most ${MAX_STOCK.toLocaleString("en")} codes at once.` }] };
  const fit = growth(pool, count, { made: Number(pool.nextSlot), live: 0 });
  return fit.outcome === "fits" ? { kind: "minted", count } : { kind: "refused", problems: fit.problems.map(({ message }) => ({ field: "count", message })) };
}
