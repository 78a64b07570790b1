/** What an award is: its draft as a merchant writes it, the sentence that says its terms, and whether it can be bought now. */
import { z } from "zod";
import { formatMoney } from "../../lib/money";

export const AWARD_KINDS = ["fixed_amount", "percentage"] as const;
export type AwardKind = (typeof AWARD_KINDS)[number];

export const CODE_SOURCES = ["generated", "single", "pasted", "uploaded"] as const;
export type CodeSource = (typeof CODE_SOURCES)[number];

export const MAX_MINOR = 2_000_000_000;
export const MAX_POINTS = 1_000_000_000;
const Limit = z.int().min(1, "Enter a whole number from 1, or leave it off.").max(1_000_000_000).nullable();

/** Everything a merchant decides about an award. The same schema checks the editor, the API and a seed. */
export const AwardDraft = z
  .object({
    name: z.string().trim().min(1, "Give the award a name.").max(120, "At most 120 characters."),
    kind: z.enum(AWARD_KINDS),
    /** fixed_amount: minor units of the shop's currency; percentage: 1 to 100. */
    value: z.int("Enter a whole number.").min(1, "Enter a value above 0.").max(MAX_MINOR),
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
