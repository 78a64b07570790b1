/** The translations an extension finds in its worker, as Shopify's sandbox makes them: synchronous, with a fallback. */
import type { Messages } from "../state";

export interface I18nData {
  /** BCP 47. */
  locale: string;
  currency: string;
  messages: Messages;
  fallback: Messages;
}

type Values = Record<string, string | number>;

export function makeI18n({ locale, currency, messages, fallback }: I18nData) {
  return {
    formatNumber: (value: number | bigint, options?: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options).format(value),
    formatCurrency: (value: number | bigint, options?: Intl.NumberFormatOptions) =>
      new Intl.NumberFormat(locale, { style: "currency", currency, ...options }).format(value),
    formatDate: (value: Date, options?: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options).format(value),
    translate(key: string, values: Values = {}): string {
      const message = find(messages, key, values, locale) ?? find(fallback, key, values, locale);
      if (message === undefined) throw new Error(`missing translation: ${key}`);
      return message.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => String(values[name] ?? ""));
    },
  };
}

/** The message under a dotted key; where it has plural forms, the one for `count`. */
function find(messages: Messages, key: string, values: Values, locale: string): string | undefined {
  let found: string | Messages | undefined = messages;
  for (const part of key.split(".")) found = typeof found === "object" ? found[part] : undefined;
  if (typeof found !== "object") return found;
  const form = typeof values.count === "number" ? new Intl.PluralRules(locale).select(values.count) : "other";
  const plural = found[form] ?? found.other;
  return typeof plural === "string" ? plural : undefined;
}
