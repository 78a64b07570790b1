/** Brings one parent discount on Shopify to what its award says: created once, updated, replaced, or switched off. */
import { FUNCTION_METAFIELD } from "../../contract/function-configuration";
import { recordChange } from "../../domain/changes/record.server";
import { DISCOUNT_KINDS, discountSubject } from "../../domain/drift/drift";
import { closeDrift } from "../../domain/drift/record.server";
import type { Award, ParentDiscount } from "../../domain/awards/parents.server";
import { inTransaction, prisma } from "../../lib/db.server";
import type { AdminResult } from "../../shopify/operation";
import * as discounts from "../../shopify/operations/discounts";
import type { Standing } from "../../shopify/operations/discounts";
import { setback, type Push, type Worked } from "../work";
import { configurationOf } from "./configuration";
import { basicInput, freeShippingInput, functionInput, NOTHING_NAMED, type Named } from "./discount-input";
import { discountForm, discountTerms, MAX_CUSTOMERS, type DiscountForm, type DiscountTerms } from "./discount-terms";

/** Codes that one statement sets back when their discount is made anew, and how many statements at most. */
const RESET_BATCH = 20_000;
const RESETS = 5000;

type Setback = Exclude<Worked, { outcome: "done" }>;

/** Puts the discount; safe to repeat after any crash, because a discount whose answer was lost is found by its seed code. */
export async function putDiscount(push: Push, parentId: bigint): Promise<Worked> {
  const { shopId } = push;
  const parent = await prisma.parentDiscount.findUnique({ where: { shopId_id: { shopId, id: parentId } } });
  if (!parent || parent.state === "local") return { outcome: "done" };
  const award = await prisma.award.findUnique({ where: { shopId_number: { shopId, number: parent.awardNumber } } });
  if (!award) return { outcome: "done" };
  const terms = await termsOf(shopId, award, parent);
  const worked = award.status === "active" && !isOver(terms, push.clock()) ? await putActive(push, parent, terms) : await putInactive(push, parent);
  if (worked.outcome === "failed") await markFailed(push, parent, worked.problem);
  return worked;
}

/** What the discount of this award and bucket is to say. */
export async function termsOf(shopId: number, award: Award, parent: ParentDiscount): Promise<DiscountTerms> {
  const { currency } = await prisma.shop.findUniqueOrThrow({ where: { id: shopId }, select: { currency: true } });
  return discountTerms(award, parent, { shopCurrency: currency, listed: award.audience === "listed" ? await listedCustomers(shopId, award.number) : null });
}

/** The customers of the award, or null if they are more than Shopify binds: then only who is given a coupon is up to us. */
async function listedCustomers(shopId: number, awardNumber: number): Promise<string[] | null> {
  const rows = await prisma.$queryRaw<{ gid: string }[]>`
    SELECT c."gid" FROM "AwardCustomer" l JOIN "Customer" c ON c."shopId" = l."shopId" AND c."id" = l."customerId"
    WHERE l."shopId" = ${shopId} AND l."awardNumber" = ${awardNumber} ORDER BY l."customerId" LIMIT ${MAX_CUSTOMERS + 1}`;
  return rows.length > MAX_CUSTOMERS || rows.length === 0 ? null : rows.map(({ gid }) => gid);
}

/** Past its end, or ending before it begins, which Shopify does not take. */
export function isOver({ startsAt, endsAt }: DiscountTerms, now: Date): boolean {
  return endsAt !== null && (endsAt <= now || endsAt <= startsAt);
}

async function putActive(push: Push, parent: ParentDiscount, terms: DiscountTerms): Promise<Worked> {
  if (parent.gid) return putExisting(push, parent, parent.gid, terms);
  const created = await createOnce(push, parent, terms);
  if (created.outcome !== "ok") return created;
  await markLive(push, parent, created.gid);
  return created.fresh ? { outcome: "done" } : putExisting(push, { ...parent, gid: created.gid }, created.gid, terms);
}

/** An award that is off: its discount ends now. One that was never created needs none, unless its answer was lost. */
async function putInactive(push: Push, parent: ParentDiscount): Promise<Worked> {
  const found: Found<string | null> = parent.gid ? { outcome: "ok", gid: parent.gid, fresh: false } : await findOwn(push, parent);
  if (found.outcome !== "ok") return found;
  if (found.gid === null) return { outcome: "done" };
  const deactivated = await push.admin.call(discounts.deactivateDiscount, { id: found.gid });
  if (deactivated.outcome === "refused") return isGone(push, parent, found.gid, setback(deactivated));
  if (deactivated.outcome !== "ok") return setback(deactivated);
  await markLive(push, parent, found.gid);
  return { outcome: "done" };
}

/** Somebody deleted it in Shopify's admin: a discount that is to be off is off then. */
async function isGone(push: Push, parent: ParentDiscount, gid: string, refusal: Setback): Promise<Worked> {
  const read = await push.admin.call(discounts.readDiscount, { id: gid });
  if (read.outcome !== "ok") return setback(read);
  if (read.answer) return refusal;
  await forgetDiscount(push, parent);
  await inTransaction((tx) => closeDrift(tx, push.shopId, { kinds: DISCOUNT_KINDS, subject: discountSubject(parent.id) }, push.clock()));
  return { outcome: "done" };
}

const FORMS: Record<string, DiscountForm> = { DiscountCodeBasic: "basic", DiscountCodeFreeShipping: "free_shipping", DiscountCodeApp: "function" };

/**
 * Updates the discount, or replaces one that cannot become what it must be: Shopify never turns one form into another, and
 * a merchant may have deleted it there.
 */
async function putExisting(push: Push, parent: ParentDiscount, gid: string, terms: DiscountTerms): Promise<Worked> {
  const read = await push.admin.call(discounts.readDiscount, { id: gid });
  if (read.outcome !== "ok") return setback(read);
  const standing = read.answer;
  if (standing && FORMS[standing.__typename] === discountForm(terms)) return update(push, parent, gid, terms, namedBy(standing));
  if (standing) {
    const deleted = await push.admin.call(discounts.deleteDiscount, { id: gid });
    if (deleted.outcome !== "ok") return setback(deleted);
  }
  await forgetDiscount(push, parent);
  return putActive(push, { ...parent, gid: null, state: "pending" }, terms);
}

function namedBy({ __typename, context, customerGets, appliesOnSubscription, recurringCycleLimit }: Standing): Named {
  return {
    customerGids: context?.customers?.map(({ id }) => id) ?? [],
    productGids: customerGets?.items.products ?? [],
    variantGids: customerGets?.items.productVariants ?? [],
    collectionGids: customerGets?.items.collections ?? [],
    recurs: FORMS[__typename] === "function" ? recurringCycleLimit !== 1 : (customerGets?.appliesOnSubscription ?? appliesOnSubscription ?? false),
  };
}

async function update(push: Push, parent: ParentDiscount, gid: string, terms: DiscountTerms, named: Named): Promise<Worked> {
  // An update sets both dates, and the status follows from them; discountCodeActivate would clear the end.
  const updated = await sendUpdate(push, gid, terms, named);
  if (updated.outcome !== "ok") return setback(updated);
  await markLive(push, parent, gid);
  return { outcome: "done" };
}

function sendUpdate({ admin }: Push, id: string, terms: DiscountTerms, named: Named) {
  const form = discountForm(terms);
  switch (form) {
    case "basic":
      return admin.call(discounts.updateBasic, { id, input: basicInput(terms, named) });
    case "free_shipping":
      return admin.call(discounts.updateFreeShipping, { id, input: freeShippingInput(terms, named) });
    case "function":
      return admin.call(discounts.updateFunction, { id, input: functionInput(terms, named), metafields: [{ ...configurationField(terms), ownerId: id }] });
    default:
      return form satisfies never;
  }
}

function sendCreate({ admin }: Push, code: string, terms: DiscountTerms) {
  const form = discountForm(terms);
  switch (form) {
    case "basic":
      return admin.call(discounts.createBasic, { input: { ...basicInput(terms, NOTHING_NAMED), code } });
    case "free_shipping":
      return admin.call(discounts.createFreeShipping, { input: { ...freeShippingInput(terms, NOTHING_NAMED), code } });
    case "function":
      return admin.call(discounts.createFunction, { input: { ...functionInput(terms, NOTHING_NAMED), code, metafields: [configurationField(terms)] } });
    default:
      return form satisfies never;
  }
}

function configurationField(terms: DiscountTerms): discounts.MetafieldInput {
  return { ...FUNCTION_METAFIELD, type: "json", value: JSON.stringify(configurationOf(terms)) };
}

type Found<T> = { outcome: "ok"; gid: T; fresh: boolean } | Setback;

/** `fresh`: made just now from these terms; one found again may carry older ones. */
async function createOnce(push: Push, parent: ParentDiscount, terms: DiscountTerms): Promise<Found<string>> {
  const created = await sendCreate(push, parent.seedCode, terms);
  if (created.outcome === "ok" && created.answer.gid) return { outcome: "ok", gid: created.answer.gid, fresh: true };
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

async function findOwn(push: Push, { seedCode }: ParentDiscount): Promise<Found<string | null>> {
  const found = await push.admin.call(discounts.findByCode, { code: seedCode, query: `code:${seedCode}` });
  return found.outcome === "ok" ? { outcome: "ok", gid: found.answer?.id ?? null, fresh: false } : setback(found);
}

/** Remembers the discount; the first time, its codes may follow. */
async function markLive({ shopId, clock }: Push, parent: ParentDiscount, gid: string): Promise<void> {
  await inTransaction(async (tx) => {
    await tx.parentDiscount.updateMany({ where: { shopId, id: parent.id }, data: { state: "live", gid, problem: null, offAt: null } });
    await closeDrift(tx, shopId, { kinds: DISCOUNT_KINDS, subject: discountSubject(parent.id) }, clock());
    if (parent.gid === null) await recordChange(tx, shopId, { kind: "push_codes", subject: parent.id }, clock());
  });
}

/**
 * The discount is gone, and its codes with it: those that somebody may still use are planned anew. Its gid is forgotten last, so that a crash in between
 * begins this again. No push of the shop runs beside this one.
 */
async function forgetDiscount({ shopId, clock }: Push, { id }: ParentDiscount): Promise<void> {
  await prisma.codeSubmission.updateMany({ where: { shopId, parentId: id, state: { not: "done" } }, data: { state: "done", doneAt: clock() } });
  for (let round = 0; round < RESETS; round++) {
    const reset = await prisma.$executeRaw`
      UPDATE "Coupon" SET "codeState" = CASE WHEN "status" IN ('redeemed', 'revoked', 'archived') THEN 'withdrawn' ELSE 'planned' END::"CodeState", "redeemCodeGid" = NULL, "submissionId" = NULL
      WHERE "shopId" = ${shopId} AND "id" IN (
        SELECT "id" FROM "Coupon" WHERE "shopId" = ${shopId} AND "parentId" = ${id} AND "codeState" IN ('live', 'submitted') ORDER BY "id" LIMIT ${RESET_BATCH} FOR UPDATE)`;
    if (reset < RESET_BATCH) break;
  }
  await prisma.parentDiscount.updateMany({ where: { shopId, id }, data: { gid: null, state: "pending", offAt: null, problem: null } });
}

async function markFailed({ shopId }: Push, { id }: ParentDiscount, problem: string): Promise<void> {
  // A discount that is on Shopify stays live with its old terms; the problem says that it is behind.
  const parent = await prisma.parentDiscount.findUniqueOrThrow({ where: { shopId_id: { shopId, id } }, select: { gid: true } });
  await prisma.parentDiscount.updateMany({ where: { shopId, id }, data: parent.gid ? { problem } : { state: "failed", problem } });
}
