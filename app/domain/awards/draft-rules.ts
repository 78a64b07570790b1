/** What can be wrong with a draft: fields by themselves, and what they must hold among each other. Each with what a merchant reads then. Pure. */
import { DraftFields, type AwardDraft, type Problem } from "./award";
import { MAX_VALUES } from "./bucket";

const MAX_MONTH_ENDS = 120;
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

interface DraftRule {
  field: keyof AwardDraft;
  message: string;
  broken(draft: AwardDraft): boolean;
}

const isVariable = ({ minPoints, maxPoints, stepPoints, stepMinor }: AwardDraft) => [minPoints, maxPoints, stepPoints, stepMinor].some((value) => value !== null);
const isWorthMoney = ({ kind }: AwardDraft) => kind === "fixed_amount" || kind === "percentage";
const isCounted = ({ expiryRule }: AwardDraft) => expiryRule === "days" || expiryRule === "month_ends";
const isRepeating = (values: readonly unknown[]) => new Set(values).size < values.length;

/** The points and steps of a variable award. Null: they are not all there, or do not fit each other. */
function steps({ kind, minPoints, maxPoints, stepPoints, stepMinor }: AwardDraft) {
  if (kind !== "fixed_amount" || minPoints === null || maxPoints === null || stepPoints === null || stepMinor === null) return null;
  if (minPoints > maxPoints || minPoints % stepPoints !== 0 || maxPoints % stepPoints !== 0) return null;
  return { count: (maxPoints - minPoints) / stepPoints + 1, value: (maxPoints / stepPoints) * stepMinor, price: minPoints };
}

const WORTH: DraftRule[] = [
  { field: "value", message: "Enter a value above 0.", broken: (draft) => isWorthMoney(draft) && draft.value < 1 },
  { field: "value", message: "A percentage is from 1 to 100.", broken: ({ kind, value }) => kind === "percentage" && value > 100 },
  { field: "value", message: "Only an amount or a percentage has a value: leave it at 0.", broken: (draft) => !isWorthMoney(draft) && draft.value !== 0 },
  { field: "currency", message: "There is no such currency.", broken: ({ currency }) => currency !== null && !CURRENCIES.has(currency) },
  { field: "capMinor", message: "Only a percentage can have a maximum amount.", broken: ({ kind, capMinor }) => kind !== "percentage" && capMinor !== null },
  { field: "giftVariantGid", message: "Choose the product that is free.", broken: ({ kind, giftVariantGid }) => kind === "free_product" && giftVariantGid === null },
  { field: "giftVariantGid", message: "Only a free product names the product that is free.", broken: ({ kind, giftVariantGid }) => kind !== "free_product" && giftVariantGid !== null },
];

const VARIABLE: DraftRule[] = [
  { field: "minPoints", message: "Only a fixed amount can be chosen by the customer.", broken: (draft) => isVariable(draft) && draft.kind !== "fixed_amount" },
  ...(["minPoints", "maxPoints", "stepPoints", "stepMinor"] as const).map((field) => ({
    field,
    message: "A variable amount needs its least and most points, its step, and what a step is worth.",
    broken: (draft: AwardDraft) => isVariable(draft) && draft[field] === null,
  })),
  { field: "maxPoints", message: "The most points must not be fewer than the least.", broken: ({ minPoints, maxPoints }) => minPoints !== null && maxPoints !== null && minPoints > maxPoints },
  { field: "minPoints", message: "The least points must be a multiple of the step.", broken: ({ minPoints, stepPoints }) => isNoMultiple(minPoints, stepPoints) },
  { field: "maxPoints", message: "The most points must be a multiple of the step.", broken: ({ maxPoints, stepPoints }) => isNoMultiple(maxPoints, stepPoints) },
  { field: "stepPoints", message: `At most ${MAX_VALUES} different amounts: make the step larger.`, broken: (draft) => (steps(draft)?.count ?? 0) > MAX_VALUES },
  { field: "value", message: "The value of a variable amount is what its most points buy.", broken: (draft) => (steps(draft)?.value ?? draft.value) !== draft.value },
  { field: "pointsPrice", message: "The points price of a variable amount is its least points.", broken: (draft) => (steps(draft)?.price ?? draft.pointsPrice) !== draft.pointsPrice },
];

function isNoMultiple(points: number | null, step: number | null): boolean {
  return points !== null && step !== null && points % step !== 0;
}

const ORDER: DraftRule[] = [
  { field: "maxOrderMinor", message: "The maximum order must not be below the minimum.", broken: ({ minOrderMinor, maxOrderMinor }) => minOrderMinor !== null && maxOrderMinor !== null && maxOrderMinor < minOrderMinor },
  ...(["productGids", "variantGids", "collectionGids"] as const).map((field) => ({ field, message: "Each can be chosen once.", broken: (draft: AwardDraft) => isRepeating(draft[field]) })),
];

const PERIOD: DraftRule[] = [
  { field: "endsAt", message: "The end must be after the start.", broken: ({ startsAt, endsAt }) => endsAt !== null && endsAt <= startsAt },
  { field: "redeemableFrom", message: "Redemption cannot start before the award does.", broken: ({ startsAt, redeemableFrom }) => redeemableFrom !== null && redeemableFrom < startsAt },
  { field: "redeemableFrom", message: "Redemption must start before the award ends.", broken: ({ endsAt, redeemableFrom }) => redeemableFrom !== null && endsAt !== null && redeemableFrom >= endsAt },
  { field: "durationMonths", message: "Say for how many months it lasts.", broken: ({ duration, durationMonths }) => duration === "months" && durationMonths === null },
  { field: "durationMonths", message: "Months count only where the discount lasts a number of months.", broken: ({ duration, durationMonths }) => duration !== "months" && durationMonths !== null },
];

const EXPIRY: DraftRule[] = [
  { field: "expiryCount", message: "Say after how many days or month ends coupons expire; 0 is the day or month of issue.", broken: (draft) => isCounted(draft) && draft.expiryCount === null },
  { field: "expiryCount", message: "A number of days or month ends counts only where coupons expire after it.", broken: (draft) => !isCounted(draft) && draft.expiryCount !== null },
  { field: "expiryCount", message: `At most ${MAX_MONTH_ENDS} months.`, broken: ({ expiryRule, expiryCount }) => expiryRule === "month_ends" && expiryCount !== null && expiryCount > MAX_MONTH_ENDS },
  { field: "expiresOn", message: "Choose the date on which coupons expire.", broken: ({ expiryRule, expiresOn }) => expiryRule === "date" && expiresOn === null },
  { field: "expiresOn", message: "A date counts only where coupons expire on it.", broken: ({ expiryRule, expiresOn }) => expiryRule !== "date" && expiresOn !== null },
  { field: "expiresOn", message: "Coupons must expire after the award starts.", broken: ({ expiresOn, startsAt }) => expiresOn !== null && expiresOn <= startsAt },
  { field: "expiresOn", message: "Coupons must expire after they can first be redeemed.", broken: ({ expiresOn, redeemableFrom }) => expiresOn !== null && redeemableFrom !== null && expiresOn <= redeemableFrom },
  { field: "expiresOn", message: "Coupons cannot outlive their award: choose a date up to its end.", broken: ({ expiresOn, endsAt }) => expiresOn !== null && endsAt !== null && expiresOn > endsAt },
];

const LIMITS: DraftRule[] = [
  { field: "alertRemaining", message: "An alert needs a limit of coupons in all.", broken: ({ alertRemaining, issuesTotal }) => alertRemaining !== null && issuesTotal === null },
  { field: "alertRemaining", message: "The alert must come before the limit: enter fewer than the coupons in all.", broken: ({ alertRemaining, issuesTotal }) => alertRemaining !== null && issuesTotal !== null && alertRemaining >= issuesTotal },
  { field: "issueGapDays", message: "Each customer gets one coupon only: a gap between two means nothing.", broken: ({ issueGapDays, issuesPerCustomer }) => issueGapDays !== null && issuesPerCustomer === 1 },
  { field: "redeemGapDays", message: "Each customer redeems once only: a gap between two means nothing.", broken: ({ redeemGapDays, usesPerCustomer }) => redeemGapDays !== null && usesPerCustomer === 1 },
  { field: "excludedAwards", message: "Each can be chosen once.", broken: ({ excludedAwards }) => isRepeating(excludedAwards) },
];

const WHEN_AND_WHERE: DraftRule[] = [
  { field: "fromMinute", message: "Say from which time of day.", broken: ({ fromMinute, untilMinute }) => fromMinute === null && untilMinute !== null },
  { field: "untilMinute", message: "Say until which time of day.", broken: ({ fromMinute, untilMinute }) => fromMinute !== null && untilMinute === null },
  { field: "untilMinute", message: "The hours must end at another time than they begin.", broken: ({ fromMinute, untilMinute }) => fromMinute !== null && fromMinute === untilMinute },
  { field: "registeredUntil", message: "The last day of registration must not be before the first.", broken: ({ registeredFrom, registeredUntil }) => registeredFrom !== null && registeredUntil !== null && registeredUntil < registeredFrom },
  ...(["weekdays", "monthDays", "channels", "locationIds", "zones", "concepts"] as const).map((field) => ({ field, message: "Each can be chosen once.", broken: (draft: AwardDraft) => isRepeating(draft[field]) })),
];

const DRAFT_RULES = [...WORTH, ...VARIABLE, ...ORDER, ...PERIOD, ...EXPIRY, ...LIMITS, ...WHEN_AND_WHERE];

const Draft = DraftFields.superRefine((draft, context) => {
  for (const { field, message } of DRAFT_RULES.filter(({ broken }) => broken(draft))) context.addIssue({ code: "custom", path: [field], message });
});

/** Everything wrong with a draft, one problem for each field; empty when its terms can be stored. The same schema checks the editor, the API and a seed. */
export function draftProblems(draft: unknown): Problem[] {
  const result = Draft.safeParse(draft);
  if (result.success) return [];
  const found = new Map<string, string>();
  for (const { path, message } of result.error.issues) if (!found.has(path.join("."))) found.set(path.join("."), message);
  return [...found].map(([field, message]) => ({ field, message }));
}

/** What follows from the steps of a variable award: its value, which is what the most points buy, and its price, the least points. */
export function variableTerms(terms: { minPoints: number; maxPoints: number; stepPoints: number; stepMinor: number }): { value: number; pointsPrice: number } {
  return { value: Math.round((terms.maxPoints / terms.stepPoints) * terms.stepMinor), pointsPrice: terms.minPoints };
}
