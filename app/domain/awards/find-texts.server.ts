/** Reads the texts of awards. */
import { prisma } from "../../lib/db.server";
import { AwardText } from "./text";

/** The texts of one award in every language it is written in. */
export async function listAwardTexts(shopId: number, awardNumber: number): Promise<AwardText[]> {
  return (await textsOfAwards(shopId, [awardNumber])).get(awardNumber) ?? [];
}

/** The texts of awards by their numbers; an award without any is left out. */
export async function textsOfAwards(shopId: number, awardNumbers: number[]): Promise<Map<number, AwardText[]>> {
  const found = new Map<number, AwardText[]>();
  if (awardNumbers.length === 0) return found;
  const rows = await prisma.awardText.findMany({ where: { shopId, awardNumber: { in: awardNumbers } }, orderBy: { locale: "asc" } });
  for (const { awardNumber, ...text } of rows) found.set(awardNumber, [...(found.get(awardNumber) ?? []), AwardText.parse(text)]);
  return found;
}
