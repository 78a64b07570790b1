/** Everything that keeps a draft from being stored as an award of this shop. */
import { prisma } from "../../lib/db.server";
import { unknownPlaces } from "../locations/queries.server";
import type { AwardDraft, CodeSource, Problem } from "./award";
import { draftProblems } from "./draft-rules";
import { enforcement } from "./enforcement";
import { limitProblems } from "./limits";

/** Terms that do not fit each other or the codes, rules that the chosen way cannot hold, and things that are not there, by name. One problem for each field. */
export async function awardProblems(shopId: number, draft: AwardDraft, source: CodeSource): Promise<Problem[]> {
  const own = draftProblems(draft);
  const { currency } = await prisma.shop.findUniqueOrThrow({ where: { id: shopId }, select: { currency: true } });
  const others = [...limitProblems(draft, source), ...enforcement(draft, source, currency).refused, ...(await missingThings(shopId, draft))];
  const found = new Map<string, Problem>();
  for (const problem of [...own, ...others]) if (!found.has(problem.field)) found.set(problem.field, problem);
  return [...found.values()];
}

async function missingThings(shopId: number, draft: AwardDraft): Promise<Problem[]> {
  const [awards, places] = await Promise.all([missingAwards(shopId, draft.excludedAwards), unknownPlaces(shopId, draft)]);
  const missing = { excludedAwards: awards.map(String), ...places };
  const things = { excludedAwards: "award", locationIds: "location", zones: "zone", concepts: "concept" };
  return Object.entries(things).flatMap(([field, thing]) => {
    const names = missing[field as keyof typeof missing];
    return names.length ? [{ field, message: `There is no ${thing} ${named(names)}.` }] : [];
  });
}

const NAMED = 20;

function named(names: string[]): string {
  const quoted = names.slice(0, NAMED).map((name) => `“${name}”`).join(", ");
  return names.length > NAMED ? `${quoted} and ${names.length - NAMED} more` : quoted;
}

async function missingAwards(shopId: number, numbers: number[]): Promise<number[]> {
  if (numbers.length === 0) return [];
  const found = await prisma.award.findMany({ where: { shopId, number: { in: numbers } }, select: { number: true } });
  return numbers.filter((number) => !found.some((award) => award.number === number));
}
