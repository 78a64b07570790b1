/** A decimal amount of the checkout's as minor units; null for an amount or currency that is not one. */
export function subtotalMinor(money: { amount: number; currencyCode: string } | undefined): { minor: number; currency: string } | null {
  if (!money || !Number.isFinite(money.amount) || !/^[A-Z]{3}$/.test(money.currencyCode)) return null;
  const { currencyCode: currency } = money;
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  return { minor: Math.round(money.amount * 10 ** digits), currency };
}
