/** An award in the words and units of integrators, both ways. Pure. */
import type { Award as ApiAward, AwardFields, SentCodes, SentMoreCodes } from "../../contract/api/awards";
import { awardState, draftOfAward, type AwardDraft, type Problem } from "../../domain/awards/award";
import type { NewCodeSource } from "../../domain/awards/code-source";
import type { MoreCodes } from "../../domain/awards/add-codes.server";
import { enforcement } from "../../domain/awards/enforcement";
import { variableTerms } from "../../domain/awards/draft-rules";
import { describeTerms, type TermsShop } from "../../domain/awards/terms";
import type { WholeAward } from "../../domain/awards/whole.server";
import { gidTail } from "../../lib/gid";
import { awardId } from "../../lib/ids";
import { minorDigits, withDigits } from "../../lib/money";
import { gidOf, minorOf } from "./cart";
import { amountOf, amountOrNull } from "./terms";

/** Fields that have another name here than in the domain: `domain name: name here`. */
const NAMES: Partial<Record<keyof AwardDraft, string>> = {
  capMinor: "capping", giftVariantGid: "giftVariantId", stepMinor: "stepValue", minOrderMinor: "minOrderValue", maxOrderMinor: "maxOrderValue",
  productGids: "entitledProductIds", variantGids: "entitledVariantIds", collectionGids: "entitledCollectionIds", startsAt: "startDate", endsAt: "endDate",
  combinesOrder: "combinesWith.orderDiscounts", combinesProduct: "combinesWith.productDiscounts", combinesShipping: "combinesWith.shippingDiscounts",
};

/** A problem with the field's name here. */
export function apiProblem({ field, message }: Problem): Problem {
  return { field: apiName(field), message };
}

function apiName(field: string): string {
  const [head = "", ...rest] = field.split(".");
  return [NAMES[head as keyof AwardDraft] ?? head, ...rest].join(".");
}

/** What was sent, as changes to a draft of this kind and currency. */
export function changesOf(sent: AwardFields, { kind, currency }: { kind: AwardDraft["kind"]; currency: string }): Partial<AwardDraft> {
  const { value, capping, giftVariantId, stepValue, minOrderValue, maxOrderValue, entitledProductIds, entitledVariantIds, entitledCollectionIds, combinesWith, ...rest } = sent;
  const { startDate, endDate, redeemableFrom, expiresOn, registeredFrom, registeredUntil, ...plain } = rest;
  const minor = (amount: number | null) => (amount === null ? null : minorOf(amount, currency));
  return withoutMissing({
    ...plain,
    value: value === undefined ? undefined : kind === "fixed_amount" ? minorOf(value, currency) : value,
    capMinor: mapped(capping, minor),
    stepMinor: mapped(stepValue, minor),
    minOrderMinor: mapped(minOrderValue, minor),
    maxOrderMinor: mapped(maxOrderValue, minor),
    giftVariantGid: mapped(giftVariantId, (id) => (id === null ? null : gidOf("ProductVariant", id))),
    productGids: mapped(entitledProductIds, (ids) => ids.map((id) => gidOf("Product", id))),
    variantGids: mapped(entitledVariantIds, (ids) => ids.map((id) => gidOf("ProductVariant", id))),
    collectionGids: mapped(entitledCollectionIds, (ids) => ids.map((id) => gidOf("Collection", id))),
    startsAt: mapped(startDate, (text) => new Date(text)),
    endsAt: mapped(endDate, dateOrNull),
    redeemableFrom: mapped(redeemableFrom, dateOrNull),
    expiresOn: mapped(expiresOn, dateOrNull),
    registeredFrom: mapped(registeredFrom, dateOrNull),
    registeredUntil: mapped(registeredUntil, dateOrNull),
    combinesOrder: combinesWith?.orderDiscounts,
    combinesProduct: combinesWith?.productDiscounts,
    combinesShipping: combinesWith?.shippingDiscounts,
  });
}

/**
 * The award's terms as a draft of this kind in this currency: amounts stay what they are in major units. A number of another kind
 * means something else, so it does not stay: ten off is not ten percent.
 */
export function draftIn({ kind, currency }: Pick<AwardDraft, "kind"> & { currency: string }, award: WholeAward): AwardDraft {
  const draft = draftOfAward(award);
  const minor = (amount: number) => withDigits(amount, minorDigits(currency) - minorDigits(award.currency));
  const orNull = (amount: number | null) => (amount === null ? null : minor(amount));
  return {
    ...draft,
    value: kind !== draft.kind ? 0 : kind === "fixed_amount" ? minor(draft.value) : draft.value,
    capMinor: kind === draft.kind ? orNull(draft.capMinor) : null, stepMinor: orNull(draft.stepMinor), minOrderMinor: orNull(draft.minOrderMinor), maxOrderMinor: orNull(draft.maxOrderMinor),
  };
}

/** Of a variable amount, value and price follow from its steps. */
export function settled(draft: AwardDraft): AwardDraft {
  const { minPoints, maxPoints, stepPoints, stepMinor } = draft;
  if (minPoints === null || maxPoints === null || stepPoints === null || stepMinor === null) return draft;
  return { ...draft, ...variableTerms({ minPoints, maxPoints, stepPoints, stepMinor }) };
}

function mapped<A, B>(value: A | undefined, map: (value: A) => B): B | undefined {
  return value === undefined ? undefined : map(value);
}

const dateOrNull = (text: string | null) => (text === null ? null : new Date(text));

function withoutMissing(fields: { [K in keyof AwardDraft]?: AwardDraft[K] | undefined }): Partial<AwardDraft> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<AwardDraft>;
}

/** An award as an answer has it; `locale` is the language of its sentence. */
export function apiAward(award: WholeAward, { shop, locale, now }: { shop: TermsShop & { currency: string }; locale: string; now: Date }): ApiAward {
  const { currency } = award;
  const { rules } = enforcement(draftOfAward(award), award.codeSource, shop.currency);
  const instant = (date: Date | null) => date?.toISOString() ?? null;
  return {
    ruleId: award.number, id: awardId(award.number), name: award.name, kind: award.kind,
    value: award.kind === "fixed_amount" ? amountOf(award.value, currency) : award.value,
    currency, capping: amountOrNull(award.capMinor, currency), giftVariantId: award.giftVariantGid && gidTail(award.giftVariantGid),
    pointsPrice: award.pointsPrice, minPoints: award.minPoints, maxPoints: award.maxPoints, stepPoints: award.stepPoints, stepValue: amountOrNull(award.stepMinor, currency),
    minOrderValue: amountOrNull(award.minOrderMinor, currency), maxOrderValue: amountOrNull(award.maxOrderMinor, currency),
    entitledProductIds: award.productGids.map(gidTail), entitledVariantIds: award.variantGids.map(gidTail), entitledCollectionIds: award.collectionGids.map(gidTail),
    startDate: award.startsAt.toISOString(), endDate: instant(award.endsAt), redeemableFrom: instant(award.redeemableFrom),
    duration: award.duration, durationMonths: award.durationMonths, appliedBy: award.appliedBy,
    usesPerCode: award.usesPerCode, usesPerCustomer: award.usesPerCustomer, usesTotal: award.usesTotal,
    issuesPerCustomer: award.issuesPerCustomer, issuesTotal: award.issuesTotal, alertRemaining: award.alertRemaining,
    audience: award.audience, excludedAwards: award.excludedAwards, issueGapDays: award.issueGapDays, matchAgain: award.matchAgain,
    expiryRule: award.expiryRule, expiryCount: award.expiryCount, expiresOn: instant(award.expiresOn),
    shareable: award.shareable, redeemGapDays: award.redeemGapDays, weekdays: award.weekdays, monthDays: award.monthDays,
    fromMinute: award.fromMinute, untilMinute: award.untilMinute, registeredFrom: instant(award.registeredFrom), registeredUntil: instant(award.registeredUntil),
    maxOrders: award.maxOrders, firstOrderOnly: award.firstOrderOnly, channels: award.channels,
    locationIds: award.locationIds, zones: award.zones, concepts: award.concepts, onReversal: award.onReversal,
    combinesWith: { orderDiscounts: award.combinesOrder, productDiscounts: award.combinesProduct, shippingDiscounts: award.combinesShipping },
    status: award.status, state: awardState(award, now), terms: describeTerms(award, locale, shop), codeSource: award.codeSource,
    enforcement: rules.map(({ field, by }) => ({ rule: apiName(field).split(".")[0] ?? field, by })),
    issued: award.issued, used: award.used, predecessor: award.predecessor,
    createdAt: award.createdAt.toISOString(), updatedAt: award.updatedAt.toISOString(),
  };
}

/** Where the codes of a new award come from. */
export function codeSourceOf(sent: SentCodes, currency: string): NewCodeSource {
  switch (sent.source) {
    case "generated":
      return {
        source: sent.source, stockTarget: sent.stockTarget, selfSizing: sent.selfSizing ?? false, lowStockAt: sent.lowStockAt ?? null,
        ...(sent.prefix != null && { prefix: sent.prefix }), ...(sent.length != null && { length: sent.length }),
        ...(sent.alphabet != null && { alphabet: sent.alphabet }), ...(sent.groupSize != null && { groupSize: sent.groupSize }),
      };
    case "pattern":
      return { source: sent.source, sample: sent.sample, stockTarget: sent.stockTarget, selfSizing: sent.selfSizing ?? false, lowStockAt: sent.lowStockAt ?? null };
    case "single":
      return { source: sent.source, ...(sent.code != null && { code: sent.code }), rotateDays: sent.rotateDays ?? null };
    case "third_party":
      return { source: sent.source, text: sent.codes.join("\n") };
    case "pasted":
    case "typed":
      return listedOf(sent, currency);
    default:
      return sent satisfies never;
  }
}

/** More codes for an award. */
export function moreCodesOf(sent: SentMoreCodes, currency: string): MoreCodes {
  return sent.source === "generated" ? sent : listedOf(sent, currency);
}

function listedOf(sent: Extract<SentMoreCodes, { source: "pasted" | "typed" }>, currency: string) {
  if (sent.source === "pasted") return { source: sent.source, text: sent.codes.join("\n"), lowStockAt: sent.lowStockAt ?? null };
  const codes = sent.codes.map(({ code, customer, usesPerCode, expiresAt, minOrderValue, firstOrderOnly }) => ({
    ...(code != null && { code }),
    customer: customer ?? null,
    usesPerCode: usesPerCode ?? null,
    expiresAt: expiresAt ? new Date(expiresAt) : null,
    minOrderMinor: minOrderValue == null ? null : minorOf(minOrderValue, currency),
    firstOrderOnly: firstOrderOnly ?? false,
  }));
  return { source: sent.source, codes };
}
