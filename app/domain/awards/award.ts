/** What an award is: its draft as a merchant writes it, and whether it runs now. `draft-rules` says what can be wrong with a draft. */
import { z } from "zod";

export const AWARD_KINDS = ["fixed_amount", "percentage", "free_shipping", "free_product", "custom"] as const;
export type AwardKind = (typeof AWARD_KINDS)[number];

export const CODE_SOURCES = ["generated", "single", "pasted", "uploaded", "pattern", "third_party", "typed"] as const;
export type CodeSource = (typeof CODE_SOURCES)[number];

export const MAX_MINOR = 2_000_000_000;
export const MAX_POINTS = 1_000_000_000;
/** Products, variants or collections that one award may name; Shopify takes no more in one discount's items. */
const MAX_SCOPE = 100;
const Limit = z.int().min(1, "Enter a whole number from 1, or leave it off.").max(1_000_000_000).nullable();

/** Shopify's ids of one type of thing. */
const Gid = (type: "Product" | "ProductVariant" | "Collection") => z.string().regex(new RegExp(`^gid://shopify/${type}/\\d+$`), `Choose it from the list: this is no ${type} of Shopify.`);
const Gids = (type: Parameters<typeof Gid>[0]) => z.array(Gid(type)).max(MAX_SCOPE, `At most ${MAX_SCOPE}.`);
const Names = z.array(z.string().trim().min(1).max(100)).max(1000);
const Minor = z.int("Enter an amount.").min(1, "Enter an amount above 0.").max(MAX_MINOR, "This amount is too large.").nullable();
const Points = z.int("Points are whole numbers.").min(1, "Enter points from 1.").max(MAX_POINTS, "These are too many points.").nullable();
const Days = z.int("Days are whole numbers.").min(1, "Enter a number of days from 1, or leave it off.").max(3660, "At most 3,660 days.").nullable();
const Instant = z.coerce.date().nullable();
const MinuteOfDay = z.int().min(0).max(1440).nullable();

/** The rules that most awards do without. */
const AwardRules = z.object({
  /** Null: the shop's currency. */
  currency: z.string().regex(/^[A-Z]{3}$/, "A currency has three letters, like EUR.").nullable(),
  /** percentage: at most so many minor units off. */
  capMinor: Minor,
  /** free_product: the variant that is free. */
  giftVariantGid: Gid("ProductVariant").nullable(),
  /** Variable amount: minPoints to maxPoints in steps of stepPoints, each worth stepMinor; all four or none. */
  minPoints: Points,
  maxPoints: Points,
  stepPoints: Points,
  stepMinor: Minor,
  maxOrderMinor: Minor,
  /** Scope: all three empty means all products. */
  productGids: Gids("Product"),
  variantGids: Gids("ProductVariant"),
  collectionGids: Gids("Collection"),
  /** Before this nothing is redeemed. Null: from startsAt. */
  redeemableFrom: z.date().nullable(),
  duration: z.enum(["once", "forever", "months"]),
  durationMonths: z.int().min(1).max(120).nullable(),
  appliedBy: z.enum(["shopify", "integrator"]),
  alertRemaining: Limit,
  audience: z.enum(["anyone", "listed"]),
  /** Numbers of awards whose recipients of the past 6 months get nothing. */
  excludedAwards: z.array(z.int().min(1)).max(100),
  /** Calendar days of the shop between two issuances to one customer. */
  issueGapDays: Days,
  matchAgain: z.enum(["another", "existing", "none"]),
  expiryRule: z.enum(["with_award", "days", "month_ends", "date"]),
  /** Of days and month_ends; 0: the day or month of issue itself. */
  expiryCount: z.int().min(0).max(3660).nullable(),
  expiresOn: z.date().nullable(),
  shareable: z.boolean(),
  redeemGapDays: Days,
  /** 1 = Monday to 7. */
  weekdays: z.array(z.int().min(1).max(7)).max(7),
  monthDays: z.array(z.int().min(1).max(31)).max(31),
  /** Minutes of the shop's day, from inclusive, until exclusive; until before from runs over midnight. Both or neither. */
  fromMinute: MinuteOfDay,
  untilMinute: MinuteOfDay,
  registeredFrom: z.date().nullable(),
  registeredUntil: z.date().nullable(),
  maxOrders: z.int().min(0).max(1_000_000).nullable(),
  firstOrderOnly: z.boolean(),
  channels: z.array(z.enum(["online", "pos"])).max(2),
  locationIds: Names,
  zones: Names,
  concepts: Names,
  onReversal: z.enum(["return_points", "reuse"]),
});
type AwardRules = z.infer<typeof AwardRules>;

/** No rule at all: what a plain award starts from. */
export const NO_RULES: AwardRules = {
  currency: null, capMinor: null, giftVariantGid: null, minPoints: null, maxPoints: null, stepPoints: null, stepMinor: null,
  maxOrderMinor: null, productGids: [], variantGids: [], collectionGids: [], redeemableFrom: null, duration: "once", durationMonths: null,
  appliedBy: "shopify", alertRemaining: null, audience: "anyone", excludedAwards: [], issueGapDays: null, matchAgain: "another",
  expiryRule: "with_award", expiryCount: null, expiresOn: null, shareable: false, redeemGapDays: null, weekdays: [], monthDays: [],
  fromMinute: null, untilMinute: null, registeredFrom: null, registeredUntil: null, maxOrders: null, firstOrderOnly: false,
  channels: [], locationIds: [], zones: [], concepts: [], onReversal: "return_points",
};

/** Everything a merchant decides about an award, field by field. */
export const DraftFields = AwardRules.extend({
  name: z.string().trim().min(1, "Give the award a name.").max(120, "At most 120 characters."),
  kind: z.enum(AWARD_KINDS),
  /** fixed_amount: minor units of the currency (variable: at maxPoints); percentage: 1 to 100; other kinds: 0. */
  value: z.int("Enter a whole number.").min(0, "Enter a value above 0.").max(MAX_MINOR, "This value is too large."),
  /** Null: not sold for points. Of a variable amount: its least points. */
  pointsPrice: z.int("Points are whole numbers.").min(1, "Points price must be at least 1.").max(MAX_POINTS, "These are too many points.").nullable(),
  minOrderMinor: Minor,
  startsAt: z.date(),
  endsAt: z.date().nullable(),
  usesPerCode: Limit,
  usesPerCustomer: Limit,
  usesTotal: Limit,
  issuesPerCustomer: Limit,
  issuesTotal: Limit,
  combinesOrder: z.boolean(),
  combinesProduct: z.boolean(),
  combinesShipping: z.boolean(),
});
export type AwardDraft = z.infer<typeof DraftFields>;

/** The fields that an award's sentence of terms is made of, as PostgreSQL writes a row in JSON. */
export const TermsJson = DraftFields.pick({
  kind: true, value: true, capMinor: true, minPoints: true, maxPoints: true, stepPoints: true, stepMinor: true, minOrderMinor: true, maxOrderMinor: true,
  productGids: true, variantGids: true, collectionGids: true, duration: true, durationMonths: true, usesPerCustomer: true, redeemGapDays: true,
  expiryRule: true, expiryCount: true, weekdays: true, monthDays: true, fromMinute: true, untilMinute: true, maxOrders: true, firstOrderOnly: true,
  channels: true, locationIds: true, zones: true, concepts: true,
}).extend({ currency: z.string(), redeemableFrom: Instant, expiresOn: Instant, registeredFrom: Instant, registeredUntil: Instant });

/** The draft of an award that exists. */
export function draftOfAward(award: AwardDraft): AwardDraft {
  const fields = Object.keys(DraftFields.shape).map((name) => [name, award[name as keyof AwardDraft]]);
  return Object.fromEntries(fields) as AwardDraft;
}

/** Why a draft is refused: the field and what to do, as a form shows them. */
export interface Problem {
  field: string;
  message: string;
}

/** How often one code is accepted: one that belongs to one person is single-use unless the merchant says more. Null: no limit. */
export function usesOfOneCode(award: { codeSource: CodeSource; shareable: boolean; usesPerCode: number | null }): number | null {
  return award.codeSource === "single" || award.shareable ? award.usesPerCode : (award.usesPerCode ?? 1);
}

/** Who takes the discount off: what only an integrator knows, or whose codes live elsewhere, Shopify cannot. */
export function applierOf(draft: { kind: AwardKind; appliedBy: "shopify" | "integrator" }, source: CodeSource): "shopify" | "integrator" {
  return draft.kind === "custom" || source === "third_party" ? "integrator" : draft.appliedBy;
}

export type AwardState = "active" | "inactive" | "archived" | "scheduled" | "expired";

/** The status a merchant sees: scheduled and expired are derived, never stored. */
export function awardState(award: { status: "active" | "inactive" | "archived"; startsAt: Date; endsAt: Date | null }, now: Date): AwardState {
  if (award.status !== "active") return award.status;
  if (award.endsAt && award.endsAt <= now) return "expired";
  return award.startsAt > now ? "scheduled" : "active";
}
