/** "1,234": the same on server and browser. */
export function formatCount(count: number): string {
  return new Intl.NumberFormat("en").format(count);
}

/** A count that was read up to a bound: "1,000+" says that there are more than were counted. */
export function formatBounded(count: number, bound: number): string {
  return count > bound ? `${formatCount(bound)}+` : formatCount(count);
}

/** "100"; "100–1,000" where the customer chooses. */
export function formatPrice(price: number, most: number | null): string {
  return most === null ? formatCount(price) : `${formatCount(price)}–${formatCount(most)}`;
}

/** "1 code", "2 codes". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
