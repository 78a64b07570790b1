/** The demo shop's six awards: both kinds, four sources of codes, one switched off, one that a till applies. */
import { NO_RULES, type AwardDraft } from "../../app/domain/awards/award";
import type { NewCodeSource } from "../../app/domain/awards/code-source";
import { readCodeFile } from "../../app/domain/codes/file.server";

export interface SeedAward {
  /** The form's submit key: a second run finds the award instead of making another. */
  key: string;
  draft: AwardDraft;
  source: NewCodeSource;
  /** Switched off after it was made. */
  inactive?: boolean;
  /** How many of the shop's regulars have bought one. */
  bought: number;
}

const DAY_MS = 86_400_000;

/** The awards as they are on this day. */
export async function seedAwards(now: Date): Promise<SeedAward[]> {
  const always: Omit<AwardDraft, "name" | "kind" | "value" | "pointsPrice"> = {
    ...NO_RULES,
    minOrderMinor: null,
    startsAt: new Date(now.getTime() - 90 * DAY_MS),
    endsAt: null,
    usesPerCode: null,
    usesPerCustomer: null,
    usesTotal: null,
    issuesPerCustomer: null,
    issuesTotal: null,
    combinesOrder: false,
    combinesProduct: true,
    combinesShipping: true,
  };
  return [
    {
      key: "seed-five-euros",
      draft: { ...always, name: "€5 off your next order", kind: "fixed_amount", value: 500, pointsPrice: 100, minOrderMinor: 2000 },
      source: { source: "generated", prefix: "LINDEN-", length: 8, stockTarget: 200 },
      bought: 8,
    },
    {
      key: "seed-twenty-percent",
      draft: { ...always, name: "20% off for regulars", kind: "percentage", value: 20, pointsPrice: 400, issuesPerCustomer: 3 },
      source: { source: "generated", length: 10, stockTarget: 100 },
      bought: 4,
    },
    {
      key: "seed-winter",
      draft: { ...always, name: "Winter treat, 10% off", kind: "percentage", value: 10, pointsPrice: 150, usesPerCustomer: 1, endsAt: new Date(now.getTime() + 60 * DAY_MS) },
      source: { source: "single", code: "WINTERLINDEN" },
      bought: 3,
    },
    {
      key: "seed-birthday",
      draft: { ...always, name: "€10 birthday coupon", kind: "fixed_amount", value: 1000, pointsPrice: 250, issuesPerCustomer: 1, issuesTotal: 30 },
      source: { source: "pasted", text: listed("BDAY", 30).join("\n") },
      bought: 2,
    },
    {
      key: "seed-neighbours",
      draft: { ...always, name: "Neighbours’ market, €15 off", kind: "fixed_amount", value: 1500, pointsPrice: 300, minOrderMinor: 5000, endsAt: new Date(now.getTime() + 120 * DAY_MS) },
      source: { source: "uploaded", file: await uploaded(["code,note", ...listed("KIEZ", 40).map((code) => `${code},market stall`)].join("\n")) },
      inactive: true,
      bought: 0,
    },
    {
      key: "seed-till",
      draft: { ...always, name: "€3 off at the till", kind: "fixed_amount", value: 300, pointsPrice: 50, appliedBy: "integrator", combinesOrder: true },
      source: { source: "generated", prefix: "TILL-", length: 10, stockTarget: 300 },
      bought: 0,
    },
  ];
}

/** Codes as another system might have made them: the same in every run, far apart from each other. */
function listed(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${((index * 7919 + 104_729) % 1_679_616).toString(36).toUpperCase().padStart(4, "0")}`);
}

async function uploaded(text: string): Promise<Extract<NewCodeSource, { source: "uploaded" }>["file"]> {
  const file = await readCodeFile((async function* () { yield new TextEncoder().encode(text); })());
  if (file.outcome === "refused") throw new Error(`the seed's own file was refused: ${file.message}`);
  return file;
}
