/** Brings one parent discount on Shopify to what its award says: created once, updated, or switched off. */
import { recordChange } from "../../domain/changes/record.server";
import { inTransaction, prisma } from "../../lib/db.server";
import type { AdminResult } from "../../shopify/operation";
import { createDiscount, deactivateDiscount, findByCode, updateDiscount } from "../../shopify/operations/discounts";
import { setback, type Push, type Worked } from "../work";
import { discountInput, type AwardOnShopify } from "./discount-input";

interface Parent {
  id: bigint;
  gid: string | null;
  seedCode: string;
}

/** Puts the discount; safe to repeat after any crash, because a discount whose answer was lost is found by its seed code. */
export async function putDiscount(push: Push, parentId: bigint): Promise<Worked> {
  const { shopId } = push;
  const parent = await prisma.parentDiscount.findUnique({ where: { shopId_id: { shopId, id: parentId } } });
  if (!parent) return { outcome: "done" };
  const award = await prisma.award.findUnique({ where: { shopId_number: { shopId, number: parent.awardNumber } } });
  if (!award) return { outcome: "done" };
  const worked = award.status === "active" ? await putActive(push, parent, award) : await putInactive(push, parent);
  if (worked.outcome === "failed") await markFailed(push, parent, worked.problem);
  return worked;
}

async function putActive(push: Push, parent: Parent, award: AwardOnShopify): Promise<Worked> {
  if (!parent.gid) {
    const created = await createDiscountOnce(push, parent, award);
    if (created.outcome !== "ok") return created;
    await markLive(push, parent, created.gid);
    if (created.fresh) return { outcome: "done" };
    parent = { ...parent, gid: created.gid };
  }
  return parent.gid ? update(push, parent, parent.gid, award) : { outcome: "done" };
}

/** An award that is off: its discount ends now. One that was never created needs none, unless its answer was lost. */
async function putInactive(push: Push, parent: Parent): Promise<Worked> {
  const found: Found<string | null> = parent.gid ? { outcome: "ok", gid: parent.gid, fresh: false } : await findOwn(push, parent);
  if (found.outcome !== "ok") return found;
  if (found.gid === null) return { outcome: "done" };
  const deactivated = await push.admin.call(deactivateDiscount, { id: found.gid });
  if (deactivated.outcome !== "ok") return setback(deactivated);
  await markLive(push, parent, found.gid);
  return { outcome: "done" };
}

async function update(push: Push, parent: Parent, gid: string, award: AwardOnShopify): Promise<Worked> {
  // An update sets both dates, and the status follows from them; discountCodeActivate would clear the end.
  const updated = await push.admin.call(updateDiscount, { id: gid, input: discountInput(award) });
  if (updated.outcome !== "ok") return setback(updated);
  await markLive(push, parent, gid);
  return { outcome: "done" };
}

type Found<T> = { outcome: "ok"; gid: T; fresh: boolean } | Exclude<Worked, { outcome: "done" }>;

/** `fresh`: made just now from these terms; one found again may carry older ones. */
async function createDiscountOnce(push: Push, parent: Parent, award: AwardOnShopify): Promise<Found<string>> {
  const created = await push.admin.call(createDiscount, { input: { ...discountInput(award), code: parent.seedCode } });
  if (created.outcome === "ok" && created.answer.codeDiscountNode) return { outcome: "ok", gid: created.answer.codeDiscountNode.id, fresh: true };
  if (created.outcome === "ok") return { outcome: "stumbled", problem: "Shopify created no discount and named no reason", afterMs: null };
  if (!isTaken(created)) return setback(created);
  // Nobody else can know the seed code: the discount that has it is the one whose answer we never got.
  const found = await findOwn(push, parent);
  if (found.outcome !== "ok") return found;
  return found.gid === null ? { outcome: "stumbled", problem: "the seed code is taken, yet Shopify does not find it", afterMs: null } : { outcome: "ok", gid: found.gid, fresh: false };
}

function isTaken(result: AdminResult<unknown>): boolean {
  return result.outcome === "refused" && result.userErrors.some(({ code }) => code === "TAKEN");
}

async function findOwn(push: Push, { seedCode }: Parent): Promise<Found<string | null>> {
  const found = await push.admin.call(findByCode, { code: seedCode, query: `code:${seedCode}` });
  return found.outcome === "ok" ? { outcome: "ok", gid: found.answer?.id ?? null, fresh: false } : setback(found);
}

/** Remembers the discount; the first time, its codes may follow. */
async function markLive({ shopId, clock }: Push, parent: Parent, gid: string): Promise<void> {
  await inTransaction(async (tx) => {
    await tx.parentDiscount.updateMany({ where: { shopId, id: parent.id }, data: { state: "live", gid, problem: null } });
    if (parent.gid === null) await recordChange(tx, shopId, { kind: "push_codes", subject: parent.id }, clock());
  });
}

async function markFailed({ shopId }: Push, parent: Parent, problem: string): Promise<void> {
  // A discount that is on Shopify stays live with its old terms; the problem says that it is behind.
  await prisma.parentDiscount.updateMany({ where: { shopId, id: parent.id }, data: parent.gid ? { problem } : { state: "failed", problem } });
}
