/** Compares one discount on Shopify with what its award says: somebody may have edited, switched off or deleted it there. */
import { DISCOUNT_KINDS, discountSubject, type DriftDetails, type DriftKind } from "../../domain/drift/drift";
import { closeDrift, recordDrift } from "../../domain/drift/record.server";
import { recordChange } from "../../domain/changes/record.server";
import type { Award, ParentDiscount } from "../../domain/awards/parents.server";
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { readTerms, type FoundTerms } from "../../shopify/operations/discount-terms";
import { setback, type Push, type Worked } from "../work";
import { isOver, termsOf } from "./put-discount.server";
import { differences, isOff, type Difference } from "./terms-differ";

/**
 * What differs is kept for staff to decide. Only the push changes discounts, one change of a shop at a time: what is read here is neither
 * older nor newer than what we put there; terms that were saved meanwhile have a change of their own, and are compared after it.
 */
export async function checkDiscount(push: Push, parentId: bigint): Promise<Worked> {
  const { shopId, clock } = push;
  const parent = await prisma.parentDiscount.findUnique({ where: { shopId_id: { shopId, id: parentId } } });
  if (!parent?.gid || parent.state === "local") return { outcome: "done" };
  const found = await push.admin.call(readTerms, { id: parent.gid });
  if (found.outcome !== "ok") return setback(found);
  const award = await prisma.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: parent.awardNumber } } });
  const latest = await lastPut(shopId, parentId);
  if (latest?.status === "pending") return { outcome: "done" };
  const refusal = latest?.status === "failed" ? (latest.problem ?? "Shopify gave no reason.") : null;
  const verdict = await verdictOf(shopId, { award, parent, found: found.answer, isBehind: refusal !== null }, clock());
  return inTransaction((tx) => keep(tx, push, { award, parent, verdict, refusal }));
}

/** The last put of the discount if it is still to come or was refused; one that was refused and put since is past. */
async function lastPut(shopId: number, parentId: bigint): Promise<{ status: "pending" | "failed"; problem: string | null } | undefined> {
  const [put] = await prisma.$queryRaw<{ status: "pending" | "failed"; problem: string | null }[]>`
    SELECT h."status", h."problem" FROM "Change" h
    WHERE h."shopId" = ${shopId} AND h."status" IN ('pending', 'failed') AND h."kind" = 'put_discount' AND h."subject" = ${String(parentId)}
      AND NOT EXISTS (SELECT 1 FROM "Change" l WHERE l."shopId" = h."shopId" AND l."id" > h."id" AND l."kind" = h."kind" AND l."subject" = h."subject")`;
  return put;
}

interface Finding {
  award: Award;
  parent: ParentDiscount;
  verdict: Verdict | null;
  /** Why Shopify did not take our last terms: whatever else is found, staff still have to read it. */
  refusal: string | null;
}

async function keep(tx: Tx, { shopId, clock }: Push, { award, parent, verdict, refusal }: Finding): Promise<Worked> {
  const now = clock();
  const same = await tx.$queryRaw<unknown[]>`SELECT 1 FROM "Award" WHERE "shopId" = ${shopId} AND "number" = ${award.number} AND "updatedAt" = ${award.updatedAt}::timestamptz FOR SHARE`;
  // Somebody saved the award in between: it is compared as it is now.
  if (same.length === 0) return { outcome: "again", afterMs: 0 };
  const off = verdict?.isOff ? { offAt: parent.offAt ?? now, problem: [verdict.reason, ...(refusal === null ? [] : [refusal])].join(" ") } : null;
  await tx.parentDiscount.updateMany({ where: { shopId, id: parent.id }, data: off ?? { offAt: null, ...(parent.offAt && { problem: refusal }) } });
  // Codes that waited for it follow.
  if (parent.offAt && !verdict?.isOff) await recordChange(tx, shopId, { kind: "push_codes", subject: parent.id }, now);
  await closeDrift(tx, shopId, { kinds: DISCOUNT_KINDS.filter((kind) => kind !== verdict?.kind), subject: discountSubject(parent.id) }, now);
  if (verdict) {
    const details: DriftDetails = { awardNumber: award.number, parentId: String(parent.id), ...(parent.gid && { discountGid: parent.gid }), ...(verdict.terms.length > 0 && { terms: verdict.terms }) };
    await recordDrift(tx, shopId, [{ kind: verdict.kind, subject: discountSubject(parent.id), reason: verdict.reason, details }], now);
  }
  return { outcome: "done" };
}

interface Verdict {
  kind: DriftKind;
  /** Codes do not work: none is given out. */
  isOff: boolean;
  reason: string;
  terms: Difference[];
}

interface Subject {
  award: Award;
  parent: ParentDiscount;
  found: FoundTerms | null;
  /** Our last terms were refused: that it has older ones is known. */
  isBehind: boolean;
}

async function verdictOf(shopId: number, { award, parent, found, isBehind }: Subject, now: Date): Promise<Verdict | null> {
  const terms = await termsOf(shopId, award, parent);
  const isActive = award.status === "active" && !isOver(terms, now);
  if (!found) return isActive ? { kind: "discount_deleted", isOff: true, reason: `The discount of “${award.name}” was deleted in Shopify.`, terms: [] } : null;
  if (isActive && isOff(found, terms, now)) return { kind: "discount_deactivated", isOff: true, reason: `The discount of “${award.name}” was switched off in Shopify.`, terms: [] };
  if (isBehind) return null;
  const { currency } = await prisma.shop.findUniqueOrThrow({ where: { id: shopId }, select: { currency: true } });
  const differing = differences(found, terms, { isActive, shopCurrency: currency, now });
  if (differing.length === 0) return null;
  const named = differing.map(({ term }) => term.toLowerCase()).join(", ");
  return { kind: "discount_edited", isOff: false, reason: `The discount of “${award.name}” was edited in Shopify: ${named}.`, terms: differing };
}
