/** A merchant writes an award's display name and conditions. */
import { inTransaction, prisma } from "../../lib/db.server";
import type { Problem } from "./award";
import { AwardText, textProblems } from "./text";

export type SetAwardTexts = { outcome: "set" } | { outcome: "not_found" } | { outcome: "refused"; problems: Problem[] };

/** Replaces the award's texts in the languages given; a language with neither name nor conditions is taken away. Texts stay editable for ever. */
export async function setAwardTexts(shopId: number, awardNumber: number, texts: AwardText[]): Promise<SetAwardTexts> {
  const problems = textProblems(texts);
  if (problems.length) return { outcome: "refused", problems };
  const award = await prisma.award.findUnique({ where: { shopId_number: { shopId, number: awardNumber } }, select: { number: true } });
  if (!award) return { outcome: "not_found" };

  await inTransaction(async (tx) => {
    for (const { locale, displayName, conditions } of texts.map((text) => AwardText.parse(text))) {
      const where = { shopId_awardNumber_locale: { shopId, awardNumber, locale } };
      if (displayName === null && conditions === null) await tx.awardText.deleteMany({ where: { shopId, awardNumber, locale } });
      else await tx.awardText.upsert({ where, create: { shopId, awardNumber, locale, displayName, conditions }, update: { displayName, conditions } });
    }
  });
  return { outcome: "set" };
}
