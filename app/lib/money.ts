/**
 * Money is integer minor units plus a currency. Shopify's decimal strings are read and written here and nowhere else. A
 * number holds minor units exactly up to 2^53; the database stores facts as bigint, which becomes a number where it is read.
 */
import { remembered } from "./remembered";

/**
 * Currencies that have not two digits after the point, by ISO 4217. Not asked of Intl: that says what is customary in
 * print (no digits for HUF, IDR, COP), changes with its version, and would drop part of an amount that Shopify tells.
 */
const DIGITS: ReadonlyMap<string, number> = new Map([
  ...["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"].map((currency) => [currency, 0] as const),
  ...["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].map((currency) => [currency, 3] as const),
]);

/** Digits after the point in this currency: 2 for EUR, 0 for JPY, 3 for KWD. Throws on a code that is not a currency's. */
export function minorDigits(currency: string): number {
  if (!/^[A-Z]{3}$/.test(currency)) throw new RangeError(`not a currency code: ${JSON.stringify(currency)}`);
  return DIGITS.get(currency) ?? 2;
}

/** "12.5" EUR → 1250. Exact; digits beyond the currency's are rounded half away from zero. Throws on anything but a decimal, or beyond 2^53. */
export function toMinor(decimal: string, currency: string): number {
  const match = /^(-?)(\d{1,16})(?:\.(\d+))?$/.exec(decimal.trim());
  if (!match) throw new Error(`not a decimal amount: ${JSON.stringify(decimal)}`);
  const digits = minorDigits(currency);
  const fraction = (match[3] ?? "").padEnd(digits + 1, "0");
  const kept = Number((match[2] ?? "") + fraction.slice(0, digits));
  const rounded = Number(fraction[digits]) >= 5 ? kept + 1 : kept;
  return exactMinor(match[1] && rounded !== 0 ? -rounded : rounded);
}

/** The same amount with so many more digits after the point, or fewer: rounded half up then. */
export function withDigits(minor: number, more: number): number {
  return more >= 0 ? minor * 10 ** more : Math.round(minor / 10 ** -more);
}

/** A stored or computed amount as a number. Throws where a number would not be exact. */
export function exactMinor(minor: bigint | number): number {
  const exact = Number(minor);
  if (!Number.isSafeInteger(exact)) throw new RangeError(`an amount of ${minor} minor units is too large to be exact`);
  return exact;
}

/** 1250 EUR → "12.50", as the Admin API takes it. */
export function toDecimal(minor: number, currency: string): string {
  const digits = minorDigits(currency);
  const text = String(Math.abs(minor)).padStart(digits + 1, "0");
  const sign = minor < 0 ? "-" : "";
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** A format takes longer to make than a thousand amounts to write. */
const moneyFormat = remembered((key) => {
  const [currency = "", locale] = key.split(" ");
  const digits = minorDigits(currency);
  return new Intl.NumberFormat(locale, { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits });
});

/** 1250 EUR → "€12.50" in the reader's language. */
export function formatMoney(minor: number, currency: string, locale = "en"): string {
  return moneyFormat(`${currency} ${locale}`).format(minor / 10 ** minorDigits(currency));
}
