/** What shoppers read about an award beside its terms: a display name and the merchant's conditions, in each language. Pure. */
import { z } from "zod";
import type { Problem } from "./award";

/** Languages that an award's texts can be written in; any other reader gets the award's own name. */
export const TEXT_LOCALES = ["en", "de", "fr", "ar"] as const;
export type TextLocale = (typeof TEXT_LOCALES)[number];

/** As a merchant reads them. */
export const LANGUAGE_NAMES: Record<TextLocale, string> = { en: "English", de: "German", fr: "French", ar: "Arabic" };

export const AwardText = z.object({
  locale: z.enum(TEXT_LOCALES),
  /** Blank or null: the award's name. */
  displayName: z.string().trim().max(120, "At most 120 characters.").nullable().transform((text) => text || null),
  /** Blank or null: none. */
  conditions: z.string().trim().max(5000, "At most 5,000 characters.").nullable().transform((text) => text || null),
});
export type AwardText = z.infer<typeof AwardText>;

/** What is wrong with the texts; the field names the text and its language: displayName_de. */
export function textProblems(texts: AwardText[]): Problem[] {
  return texts.flatMap((text) => (AwardText.safeParse(text).error?.issues ?? []).map(({ path, message }) => ({ field: `${path.join(".")}_${text.locale}`, message })));
}

/** What a reader is shown. */
export interface ShownText {
  name: string;
  conditions: string | null;
}

/** The text in the reader's language, else in English, else the award's own name; name and conditions each by themselves. */
export function shownText(name: string, texts: readonly AwardText[], locale: string): ShownText {
  const inOrder = [locale.split("-")[0]?.toLowerCase(), "en"].map((language) => texts.find((text) => text.locale === language));
  return {
    name: inOrder.find((text) => text?.displayName)?.displayName ?? name,
    conditions: inOrder.find((text) => text?.conditions)?.conditions ?? null,
  };
}
