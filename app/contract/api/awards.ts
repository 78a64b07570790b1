/** Calls of a back office about awards: their terms, status, codes. */
import { z } from "zod";
import type { ApiErrorReason } from "./errors";
import { Amount, Instant, OutsideId, PageEnd, PageQuery, RuleId, text, When } from "./fields";
import { operation } from "./operation";

const NONE = z.object({});
const Params = z.object({ ruleId: z.coerce.number().int().min(1).max(999_999_999).describe("The award's number.") });
const Limit = z.int().min(1).max(1_000_000_000).nullable();
const Points = z.int().min(1).max(1_000_000_000).nullable();
const Money = Amount.nullable();
const Ids = z.array(OutsideId).max(100);
const Names = z.array(text(100)).max(1000);

/** What is decided about an award. On creating, what is left out is not a rule; on changing, it stays as it is. */
const AwardFields = z
  .object({
    name: text(120),
    kind: z.enum(["fixed_amount", "percentage", "free_shipping", "free_product", "custom"]).describe("custom: you know what it is worth, and your till applies it."),
    value: z.number().min(0).max(1e12).describe("fixed_amount: major units; percentage: 1 to 100; else left out."),
    currency: z.string().regex(/^[A-Z]{3}$/).nullable().describe("Left out: the shop's."),
    capping: Money.describe("percentage: at most so much off."),
    giftVariantId: OutsideId.nullable().describe("free_product: Shopify's number of the variant."),
    pointsPrice: Points.describe("null: not sold for points."),
    minPoints: Points.describe("Variable amount: from minPoints to maxPoints in steps of stepPoints, each worth stepValue; all four or none. value and pointsPrice follow from them."),
    maxPoints: Points,
    stepPoints: Points,
    stepValue: Money,
    minOrderValue: Money,
    maxOrderValue: Money,
    entitledProductIds: Ids.describe("With the next two: what it can be used on; all three empty: everything."),
    entitledVariantIds: Ids,
    entitledCollectionIds: Ids,
    startDate: When.describe("Left out: now."),
    endDate: When.nullable(),
    redeemableFrom: When.nullable().describe("Given before, used only from then on."),
    duration: z.enum(["once", "forever", "months"]).describe("Of a subscription: how many payments it lasts."),
    durationMonths: z.int().min(1).max(120).nullable(),
    appliedBy: z.enum(["shopify", "integrator"]).describe("Who takes the discount off: Shopify's checkout, or your till that asks us."),
    usesPerCode: Limit,
    usesPerCustomer: Limit,
    usesTotal: Limit,
    issuesPerCustomer: Limit,
    issuesTotal: Limit,
    alertRemaining: Limit.describe("Staff are told when so many of issuesTotal are left."),
    audience: z.enum(["anyone", "listed"]),
    excludedAwards: z.array(RuleId).max(100).describe("Who was given one of these in the past 6 months gets none."),
    issueGapDays: z.int().min(1).max(3660).nullable(),
    matchAgain: z.enum(["another", "existing", "none"]).describe("What a customer gets who has one already."),
    expiryRule: z.enum(["with_award", "days", "month_ends", "date"]).describe("with_award: when the award ends, and never where it has no end · days, month_ends: at the end of the shop's day, expiryCount days or month ends after that of issue · date: expiresOn. Never later than the award's end."),
    expiryCount: z.int().min(0).max(3660).nullable(),
    expiresOn: When.nullable(),
    shareable: z.boolean(),
    redeemGapDays: z.int().min(1).max(3660).nullable(),
    weekdays: z.array(z.int().min(1).max(7)).max(7).describe("1 is Monday."),
    monthDays: z.array(z.int().min(1).max(31)).max(31),
    fromMinute: z.int().min(0).max(1440).nullable().describe("Minutes of the shop's day."),
    untilMinute: z.int().min(0).max(1440).nullable(),
    registeredFrom: When.nullable(),
    registeredUntil: When.nullable(),
    maxOrders: z.int().min(0).max(1_000_000).nullable(),
    firstOrderOnly: z.boolean(),
    channels: z.array(z.enum(["online", "pos"])).max(2),
    locationIds: Names,
    zones: Names,
    concepts: Names,
    onReversal: z.enum(["return_points", "reuse"]),
    combinesWith: z.object({ orderDiscounts: z.boolean(), productDiscounts: z.boolean(), shippingDiscounts: z.boolean() }),
  })
  .partial();
export type AwardFields = z.output<typeof AwardFields>;

const Watched = { lowStockAt: z.int().min(1).max(1_000_000).nullish().describe("Staff are told when fewer codes are left.") };
const Stocked = { stockTarget: z.int().min(1).max(1_000_000).describe("Codes kept ready."), selfSizing: z.boolean().nullish().describe("The target follows recent demand.") };
// What is wrong with one code is told of that code, and the others are taken: bounds of its own are not asked here.
const Written = z.string().max(4_000);
const CodeList = z.array(Written).min(1).max(5_000);
const Pasted = z.object({ source: z.literal("pasted"), codes: CodeList, ...Watched });
const Typed = z.object({
  source: z.literal("typed"),
  codes: z
    .array(z.object({ code: Written.nullish().describe("Left out: we make one."), customer: text(255).nullish(), usesPerCode: z.number().nullish(), expiresAt: When.nullish(), minOrderValue: z.number().max(1e12).nullish(), firstOrderOnly: z.boolean().nullish() }))
    .min(1)
    .max(250),
});

/** Where the codes come from. */
const Codes = z.discriminatedUnion("source", [
  z.object({ source: z.literal("generated"), prefix: z.string().max(20).nullish(), length: z.int().min(4).max(32).nullish(), alphabet: z.enum(["readable", "alphanumeric", "numeric"]).nullish(), groupSize: z.int().min(0).max(16).nullish(), ...Stocked, ...Watched }),
  z.object({ source: z.literal("pattern"), sample: text(10), ...Stocked, ...Watched }),
  z.object({ source: z.literal("single"), code: z.string().max(255).nullish(), rotateDays: z.int().min(1).max(366).nullish() }),
  Pasted,
  z.object({ source: z.literal("third_party"), codes: CodeList }),
  Typed,
]);
export type SentCodes = z.output<typeof Codes>;
const MoreCodes = z.discriminatedUnion("source", [Pasted, Typed, z.object({ source: z.literal("generated"), count: z.int().min(1).max(1_000_000) })]);
export type SentMoreCodes = z.output<typeof MoreCodes>;

const AddedCodes = z.object({
  added: z.int(),
  failedCount: z.int(),
  failed: z.array(z.object({ line: z.int(), code: z.string(), reason: z.string(), message: z.string() })).describe("The first 100 of them."),
});

const Award = AwardFields.required().extend({
  ruleId: RuleId,
  id: z.string().describe("Our id of the award: awd_…"),
  currency: z.string(),
  giftVariantId: z.string().nullable(),
  entitledProductIds: z.array(z.string()),
  entitledVariantIds: z.array(z.string()),
  entitledCollectionIds: z.array(z.string()),
  status: z.enum(["active", "inactive", "archived"]),
  state: z.enum(["active", "inactive", "archived", "scheduled", "expired"]).describe("What it is now."),
  terms: z.string().describe("The terms as a sentence, in the language asked for."),
  codeSource: z.enum(["generated", "single", "pasted", "uploaded", "pattern", "third_party", "typed"]),
  enforcement: z
    .array(z.object({ rule: z.string().describe("The field."), by: z.enum(["shopify", "function", "us", "integrator"]) }))
    .describe("Who holds each rule: shopify: its own discount · function: our Function in its checkout · us: when a coupon is given, locked and burned; an order of Shopify's checkout that gets past it is recorded and flagged · integrator: your till."),
  issued: z.int().describe("Coupons given that were not taken back."),
  used: z.int().describe("Uses that were not reversed."),
  predecessor: z.int().nullable(),
  createdAt: Instant,
  updatedAt: Instant.describe("Send it with a change, so that nobody's is overwritten."),
});
export type Award = z.input<typeof Award>;

const Locale = { locale: text(20).default("en").describe("Of the sentence of terms: en, de, fr, ar.") };
const REFUSALS = ["award_refused"] as const satisfies ApiErrorReason[];

export const listAwards = operation({
  method: "GET", path: "/awards", tag: "Awards", summary: "List awards", description: "The shop's awards, newest first.",
  scope: "awards:read", writes: false, params: NONE,
  query: PageQuery.extend({ status: z.enum(["active", "inactive", "archived"]).optional(), sold: z.enum(["true", "false"]).optional().describe("true: only those sold for points."), ...Locale }),
  body: null, answer: z.object({ awards: z.array(Award), ...PageEnd }), errors: [],
});

export const awardDetail = operation({
  method: "GET", path: "/awards/{ruleId}", tag: "Awards", summary: "See an award", description: "Everything decided about an award, and how often it was given and used.",
  scope: "awards:read", writes: false, params: Params, query: z.object(Locale), body: null, answer: Award, errors: ["award_unknown"],
});

export const createAward = operation({
  method: "POST", path: "/awards", tag: "Awards", summary: "Create an award",
  description: "Makes an award and its first codes. It is made even if some codes fail; those are named. A rule that nobody could enforce is refused with the way out, and an unusual combination of limits, or codes that are easily guessed, are warned of.",
  scope: "awards:write", writes: true, params: NONE, query: NONE,
  body: AwardFields.required({ name: true, kind: true }).extend({ codes: Codes }),
  answer: Award.extend({ codes: AddedCodes, warnings: z.array(z.string()) }),
  errors: REFUSALS,
});

export const updateAward = operation({
  method: "PUT", path: "/awards/{ruleId}", tag: "Awards", summary: "Change an award",
  description: "Changes what is sent; the rest stays. Once a coupon was given out, what was bought stays as it is: duplicate the award then.",
  scope: "awards:write", writes: true, params: Params, query: NONE,
  body: AwardFields.extend({ updatedAt: When }),
  answer: Award, errors: ["award_unknown", "award_locked", "award_stale", ...REFUSALS],
});

export const setAwardStatus = operation({
  method: "POST", path: "/awards/{ruleId}/status", tag: "Awards", summary: "Switch an award on or off, or archive it",
  description: "An award that is not active is neither given nor redeemed. Repeated it answers the same.",
  scope: "awards:write", writes: true, params: Params, query: NONE, body: z.object({ status: z.enum(["active", "inactive", "archived"]) }), answer: Award, errors: ["award_unknown"],
});

export const duplicateAward = operation({
  method: "POST", path: "/awards/{ruleId}/duplicate", tag: "Awards", summary: "Duplicate an award with changes",
  description: "Makes a successor with the changes that are sent. Coupons and history stay with the old one.",
  scope: "awards:write", writes: true, params: Params, query: NONE,
  body: AwardFields.extend({ codes: Codes, archive: z.boolean().nullish().describe("true: the old one is archived, and its coupons no longer work.") }),
  answer: Award.extend({ codes: AddedCodes, warnings: z.array(z.string()) }), errors: ["award_unknown", ...REFUSALS],
});

export const addCodes = operation({
  method: "POST", path: "/awards/{ruleId}/codes", tag: "Awards", summary: "Give an award more codes",
  description: "Adds codes of yours, or has more made. Each has its fate; those that fail are named.",
  scope: "awards:write", writes: true, params: Params, query: NONE, body: z.object({ codes: MoreCodes }), answer: AddedCodes, errors: ["award_unknown", ...REFUSALS],
});
