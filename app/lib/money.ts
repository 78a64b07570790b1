/** Money is integer minor units plus a currency. Shopify's decimal strings are read and written here and nowhere else. */

/** Digits after the point in this currency: 2 for EUR, 0 for JPY, 3 for KWD. Throws on a code that is not a currency. */
export function minorDigits(currency: string): number {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** "12.5" EUR → 1250. Exact; digits beyond the currency's are rounded half away from zero. Throws on anything but a decimal. */
export function toMinor(decimal: string, currency: string): number {
  const match = /^(-?)(\d{1,13})(?:\.(\d+))?$/.exec(decimal.trim());
  if (!match) throw new Error(`not a decimal amount: ${JSON.stringify(decimal)}`);
  const digits = minorDigits(currency);
  const fraction = (match[3] ?? "").padEnd(digits + 1, "0");
  const kept = Number((match[2] ?? "") + fraction.slice(0, digits));
  const rounded = Number(fraction[digits]) >= 5 ? kept + 1 : kept;
  return match[1] && rounded !== 0 ? -rounded : rounded;
}

/** 1250 EUR → "12.50", as the Admin API takes it. */
export function toDecimal(minor: number, currency: string): string {
  const digits = minorDigits(currency);
  const text = String(Math.abs(minor)).padStart(digits + 1, "0");
  const sign = minor < 0 ? "-" : "";
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** 1250 EUR → "€12.50" in the reader's language. */
export function formatMoney(minor: number, currency: string, locale = "en"): string {
  return new Intl.NumberFormat(locale, { style: "currency", currency }).format(minor / 10 ** minorDigits(currency));
}
