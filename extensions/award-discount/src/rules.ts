/** What a cart must be for an award to apply, and what of it counts. */
import type { FunctionConfiguration } from "../../../app/contract/function-configuration";
import type { CartLine, Input } from "./input";

export interface Eligible {
  configuration: FunctionConfiguration;
  /** The lines that count: those of the scope, or all. */
  lines: CartLine[];
  /** What they cost together, and what one unit of the configuration's currency is in the cart's. */
  base: number;
  rate: number;
}

/** The cart as the award sees it, or null: one of its rules does not hold, and there is no discount. */
export function eligible(input: Input): Eligible | null {
  const configuration = input.discount.metafield?.jsonValue;
  if (!configuration) return null;
  const rate = rateFor(configuration, input);
  if (rate === null || !isTime(configuration, input) || !isBuyer(configuration, input) || !isPlace(configuration, input)) return null;
  const { lines, base } = counted(configuration, input);
  if (lines.length === 0) return null;
  if (configuration.minimum !== null && base < Number(configuration.minimum) * rate) return null;
  if (configuration.maximum !== null && base > Number(configuration.maximum) * rate) return null;
  return { configuration, lines, base, rate };
}

function rateFor({ currency }: FunctionConfiguration, { cart, presentmentCurrencyRate }: Input): number | null {
  if (cart.cost.subtotalAmount.currencyCode === currency.code) return 1;
  return currency.only ? null : Number(presentmentCurrencyRate);
}

function isTime({ weekdays, monthDays, hours }: FunctionConfiguration, { shop }: Input): boolean {
  const { date, inFirst, inSecond } = shop.localTime;
  if (hours && !inFirst && !inSecond) return false;
  if (weekdays.length > 0 && !weekdays.includes(weekdayOf(date))) return false;
  return monthDays.length === 0 || monthDays.includes(Number(date.slice(8, 10)));
}

/** A guest has no count of orders, and is nobody in particular: rules about the customer do not hold for one. */
function isBuyer({ maxOrders, customerId }: FunctionConfiguration, { cart }: Input): boolean {
  const customer = cart.buyerIdentity?.customer;
  if (customerId !== null && customer?.id !== customerId) return false;
  return maxOrders === null || (customer != null && customer.numberOfOrders <= maxOrders);
}

function isPlace({ channels }: FunctionConfiguration, { cart }: Input): boolean {
  return channels.length === 0 || channels.includes(cart.retailLocation ? "pos" : "online");
}

/** One pass over the lines, and ids cut only where ids are asked for: this is where a large cart's instructions go. */
function counted({ scoped, productIds, variantIds }: FunctionConfiguration, { cart }: Input): Pick<Eligible, "lines" | "base"> {
  if (!scoped) return { lines: cart.lines, base: Number(cart.cost.subtotalAmount.amount) };
  const products = productIds.length > 0 ? new Set(productIds) : null;
  const variants = variantIds.length > 0 ? new Set(variantIds) : null;
  const lines: CartLine[] = [];
  let base = 0;
  for (const line of cart.lines) {
    const { id, product } = line.merchandise;
    if (!id || !product) continue;
    if (!product.inAnyCollection && !products?.has(tail(product.id)) && !variants?.has(tail(id))) continue;
    lines.push(line);
    base += Number(line.cost.subtotalAmount.amount);
  }
  return { lines, base };
}

/** The number at the end of a gid. */
export function tail(gid: string): string {
  return gid.slice(gid.lastIndexOf("/") + 1);
}

/** 1 = Monday to 7. By Sakamoto's method: a Function knows no Date. */
export function weekdayOf(date: string): number {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  const shifted = month < 3 ? year - 1 : year;
  const sunday = (shifted + Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400) + ([0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month - 1] ?? 0) + day) % 7;
  return sunday === 0 ? 7 : sunday;
}
