// By ISO 4217, as the app counts. Not asked of Intl: browsers differ, and say what is customary in print.
const NO_DIGITS = /^(BIF|CLP|DJF|GNF|ISK|JPY|KMF|KRW|PYG|RWF|UGX|UYI|VND|VUV|XAF|XOF|XPF)$/;
const THREE_DIGITS = /^(BHD|IQD|JOD|KWD|LYD|OMR|TND)$/;

/** A decimal amount of the checkout's as minor units; null for an amount or currency that is not one. */
export function subtotalMinor(money: { amount: number; currencyCode: string } | undefined): { minor: number; currency: string } | null {
  if (!money || !Number.isFinite(money.amount) || !/^[A-Z]{3}$/.test(money.currencyCode)) return null;
  const { currencyCode: currency } = money;
  return { minor: Math.round(money.amount * 10 ** minorDigits(currency)), currency };
}

/** Minor units as the decimal amount that is written. */
export function decimalAmount(minor: number, currency: string): number {
  return minor / 10 ** minorDigits(currency);
}

function minorDigits(currency: string): number {
  return NO_DIGITS.test(currency) ? 0 : THREE_DIGITS.test(currency) ? 3 : 2;
}
