/** What a merchant can choose from when editing an award. */
import { prisma } from "../../lib/db.server";
import { listGroups } from "../locations/queries.server";

const LIMIT = 1_000;

export interface EditorChoices {
  awards: { number: number; name: string }[];
  locations: { id: string; name: string }[];
  zones: string[];
  concepts: string[];
}

/** Other awards, newest first, and the places where coupons are used; each list is cut at 1,000. */
export async function editorChoices(shopId: number, awardNumber: number | null): Promise<EditorChoices> {
  const [awards, locations, groups] = await Promise.all([
    prisma.award.findMany({ where: { shopId, ...(awardNumber === null ? {} : { number: { not: awardNumber } }) }, select: { number: true, name: true }, orderBy: { number: "desc" }, take: LIMIT }),
    prisma.location.findMany({ where: { shopId }, select: { id: true, name: true }, orderBy: [{ name: "asc" }, { id: "asc" }], take: LIMIT }),
    listGroups(shopId),
  ]);
  return { awards, locations, ...groups };
}
