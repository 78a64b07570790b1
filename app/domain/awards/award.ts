/** What an award is: its draft as a merchant writes it, the sentence that says its terms, and whether it can be bought now. */
import { z } from "zod";
import { formatMoney } from "../../lib/money";

export const AWARD_KINDS = ["fixed_amount", "percentage", "free_shipping", "free_product", "custom"] as const;
export type AwardKind = (typeof AWARD_KINDS)[number];

export const CODE_SOURCES = ["generated", "single", "pasted", "uploaded", "pattern", "third_party", "typed"] as const;
export type CodeSource = (typeof CODE_SOURCES)[number];

export const MAX_MINOR = 2_000_000_000;
export const MAX_POINTS = 1_000_000_000;
/** Products, variants or collections that one award may name; Shopify takes no more in one discount's items. */
const MAX_SCOPE = 100;
const Limit = z.int().min(1, "Enter a whole number from 1, or leave it off.").max(1_000_000_000).nullable();

const Gids = z.array(z.string().min(1)).max(MAX_SCOPE, `At most ${MAX_SCOPE}.`);
const Names = z.array(z.string().trim().min(1).max(100)).max(1000);
const Minor = z.int().min(1).max(MAX_MINOR).nullable();
const Points = z.int("Points are whole numbers.").min(1).max(MAX_POINTS).nullable();
const Days = z.int().min(1).max(3660).nullable();
const MinuteOfDay = z.int().min(0).max(1440).nullable();

/** The rules that most awards do without. */
const AwardRules = z.object({
  /** Null: the shop's currency. */
  currency: z.string().regex(/^[A-Z]{3}$/, "A currency has three letters, like EUR.").nullable(),
  /** percentage: at most so many minor units off. */
  capMinor: Minor,
  /** free_product: the variant that is free. */
  giftVariantGid: z.string().nullable(),
  /** Variable amount: minPoints to maxPoints in steps of stepPoints, each worth stepMinor; all four or none. */
  minPoints: Points,
  maxPoints: Points,
  stepPoints: Points,
  stepMinor: Minor,
  maxOrderMinor: Minor,
  /** Scope: all three empty means all products. */
  productGids: Gids,
  variantGids: Gids,
  collectionGids: Gids,
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

/** Everything a merchant decides about an award. The same schema checks the editor, the API and a seed. */
export const AwardDraft = AwardRules
  .extend({
    name: z.string().trim().min(1, "Give the award a name.").max(120, "At most 120 characters."),
    kind: z.enum(AWARD_KINDS),
    /** fixed_amount: minor units of the currency (variable: at maxPoints); percentage: 1 to 100; other kinds: 0. */
    value: z.int("Enter a whole number.").min(0).max(MAX_MINOR),
    /** Null: not sold for points. */
    pointsPrice: z.int("Points are whole numbers.").min(1, "Points price must be at least 1.").max(MAX_POINTS).nullable(),
    minOrderMinor: z.int().min(1).max(MAX_MINOR).nullable(),
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
  })
  .superRefine((draft, context) => {
    if ((draft.kind === "percentage" || draft.kind === "fixed_amount") && draft.value < 1) {
      context.addIssue({ code: "custom", path: ["value"], message: "Enter a value above 0." });
    }
    if (draft.kind === "percentage" && draft.value > 100) {
      context.addIssue({ code: "custom", path: ["value"], message: "A percentage is from 1 to 100." });
    }
    if (draft.endsAt && draft.endsAt <= draft.startsAt) {
      context.addIssue({ code: "custom", path: ["endsAt"], message: "The end must be after the start." });
    }
  });
export type AwardDraft = z.infer<typeof AwardDraft>;

/** Why a draft is refused: the field and what to do, as a form shows them. */
export interface Problem {
  field: string;
  message: string;
}

/** Everything wrong with a draft; empty when it can be stored. */
export function draftProblems(draft: unknown): Problem[] {
  const result = AwardDraft.safeParse(draft);
  if (result.success) return [];
  return result.error.issues.map((issue) => ({ field: issue.path.join("."), message: issue.message }));
}

/** How often Shopify accepts one code: a code that is handed to one person is single-use unless the merchant says more. */
export function usesOfOneCode(award: { codeSource: CodeSource; usesPerCode: number | null }): number | null {
  return award.codeSource === "single" ? award.usesPerCode : (award.usesPerCode ?? 1);
}

/** What the terms of an award are, wherever they come from (a row or a draft). */
export interface AwardTerms {
  kind: AwardKind;
  value: number;
  currency: string;
  minOrderMinor: number | null;
  usesPerCustomer: number | null;
}

/** "20% off, orders from €30.00, once per customer": the same sentence on every screen and in every message. */
export function describeTerms(terms: AwardTerms, locale = "en"): string {
  const parts = [describeValue(terms, locale)];
  if (terms.minOrderMinor !== null) parts.push(`orders from ${formatMoney(terms.minOrderMinor, terms.currency, locale)}`);
  if (terms.usesPerCustomer === 1) parts.push("once per customer");
  else if (terms.usesPerCustomer !== null) parts.push(`up to ${terms.usesPerCustomer} times per customer`);
  return parts.join(", ");
}

function describeValue({ kind, value, currency }: AwardTerms, locale: string): string {
  switch (kind) {
    case "fixed_amount":
      return `${formatMoney(value, currency, locale)} off`;
    case "percentage":
      return `${value}% off`;
    case "free_shipping":
      return "Free shipping";
    case "free_product":
      return "Free product";
    case "custom":
      return "A reward";
    default:
      return kind satisfies never;
  }
}

export type AwardState = "active" | "inactive" | "archived" | "scheduled" | "expired";

/** The status a merchant sees: scheduled and expired are derived, never stored. */
export function awardState(award: { status: "active" | "inactive" | "archived"; startsAt: Date; endsAt: Date | null }, now: Date): AwardState {
  if (award.status !== "active") return award.status;
  if (award.endsAt && award.endsAt <= now) return "expired";
  return award.startsAt > now ? "scheduled" : "active";
}
