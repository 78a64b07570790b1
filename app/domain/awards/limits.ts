/** Which limits of use go with which source of codes: what is offered, what is open at a side, what cannot be. Pure. */
import type { AwardDraft, CodeSource, Problem } from "./award";

export const LIMIT_SIDES = ["code", "customer", "award"] as const;
/** What a limit of use bounds: each code, each customer over the award, or the award over all its codes. */
export type LimitSide = (typeof LIMIT_SIDES)[number];

/** The draft's field of each side. */
export const LIMIT_FIELDS = { code: "usesPerCode", customer: "usesPerCustomer", award: "usesTotal" } as const satisfies Record<LimitSide, keyof AwardDraft>;

type Limited = Pick<AwardDraft, "shareable" | "usesPerCode" | "usesPerCustomer" | "usesTotal">;

/** How codes behave as far as limits go: made for one customer or many, one for everybody, brought along, or living elsewhere. */
const FAMILIES = {
  generated: "own",
  pattern: "own",
  pasted: "own",
  uploaded: "own",
  typed: "own",
  single: "common",
  third_party: "elsewhere",
} as const satisfies Record<CodeSource, string>;

const OWNED: readonly LimitSide[][] = [["customer", "award"]];
const SHARED: readonly LimitSide[][] = [["code", "customer"], ["code", "award"], ["code", "customer", "award"], ["code"], ["customer", "award"]];

/** The combinations of limits that leave no side open. Of a code that only its owner uses, the code's limit is the customer's, so it is not offered. */
export function offeredLimits(source: CodeSource, shareable: boolean): readonly LimitSide[][] {
  return FAMILIES[source] === "own" && shareable ? SHARED : OWNED;
}

/** The sides that are limited. The single use that a code of one owner has anyway is no limit that somebody set. */
function limitedSides(draft: Limited, source: CodeSource): LimitSide[] {
  return LIMIT_SIDES.filter((side) => {
    const limit = draft[LIMIT_FIELDS[side]];
    return limit !== null && !(side === "code" && limit === 1 && isOwned(draft, source));
  });
}

const isOwned = ({ shareable }: Limited, source: CodeSource) => FAMILIES[source] === "own" && !shareable;

export interface LimitWarning {
  side: LimitSide;
  message: string;
}

const OPEN: Record<LimitSide, string> = {
  code: "Nothing bounds how often one code is used: whoever learns it can use it again.",
  customer: "Nothing bounds how often one customer redeems.",
  award: "Nothing bounds how often it is redeemed in all.",
};

/** What is open, or unusual, about the draft's limits of use. Empty for every combination that is offered. */
export function limitWarnings(draft: Limited, source: CodeSource): LimitWarning[] {
  const limited = limitedSides(draft, source);
  const isOffered = offeredLimits(source, draft.shareable).some((sides) => sides.length === limited.length && sides.every((side) => limited.includes(side)));
  if (isOffered) return [];
  const sides = FAMILIES[source] === "own" && draft.shareable ? LIMIT_SIDES : (["customer", "award"] as const);
  const warnings: LimitWarning[] = sides.filter((side) => !limited.includes(side)).map((side) => ({ side, message: OPEN[side] }));
  if (limited.includes("code") && !draft.shareable && FAMILIES[source] === "own" && draft.usesPerCode !== draft.usesPerCustomer) {
    warnings.push({ side: "code", message: "Only its owner uses a code: limit redemptions per customer to the same number, or every new coupon brings as many uses again." });
  }
  if (limited.includes("code") && FAMILIES[source] === "common" && draft.usesTotal === null) {
    warnings.push({ side: "code", message: "The limit holds for the code of today: when it is replaced, the next one begins at nought. Limit redemptions in all instead." });
  }
  return warnings;
}

const COUNTED_ELSEWHERE = ["issuesPerCustomer", "issuesTotal", "alertRemaining", "issueGapDays"] as const satisfies (keyof AwardDraft)[];

/** Limits and rules of sharing that the source cannot have. */
export function limitProblems(draft: Limited & Pick<AwardDraft, (typeof COUNTED_ELSEWHERE)[number]>, source: CodeSource): Problem[] {
  if (FAMILIES[source] !== "elsewhere") return [];
  const problems: Problem[] = [];
  if (draft.shareable) problems.push({ field: "shareable", message: "Codes of another system belong to the customer they were given to: they cannot be shared." });
  if (draft.usesPerCode !== null && draft.usesPerCode !== draft.usesPerCustomer) {
    problems.push({ field: "usesPerCode", message: "Codes of another system count by customer: limit redemptions per customer instead." });
  }
  for (const field of COUNTED_ELSEWHERE) {
    if (draft[field] !== null) problems.push({ field, message: "The other system decides how many of its codes are given out: leave this limit off." });
  }
  return problems;
}
