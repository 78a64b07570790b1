/** The `query` argument of lists: terms joined by AND; a field that is not modelled is an error, not an empty answer. */
import { notSupported } from "./errors";

/** What a row offers to the search. */
export interface SearchFields {
  /** Looked through by a bare word. */
  text: readonly string[];
  exact?: Readonly<Record<string, string | null>>;
  many?: Readonly<Record<string, readonly string[]>>;
  contains?: Readonly<Record<string, string>>;
  /** ISO instants, or null for never. */
  instants?: Readonly<Record<string, string | null>>;
  /** Counted only when asked for. */
  numbers?: Readonly<Record<string, () => number>>;
}

interface Term {
  field: string | null;
  value: string;
}

/** A filter for the rows that fit every term of the query. */
export function termFilter(query: string | null | undefined, noun: string): (row: SearchFields) => boolean {
  const terms = parseTerms(query ?? "");
  return (row) => terms.every((term) => fits(row, term, noun));
}

function parseTerms(query: string): Term[] {
  const terms: Term[] = [];
  for (const match of query.matchAll(/(?:([a-z_]+):)?(>=|<=|>|<)?(?:"([^"]*)"|'([^']*)'|(\S+))/gi)) {
    const value = (match[2] ?? "") + (match[3] ?? match[4] ?? match[5] ?? "");
    if (match[1] === undefined && value === "AND") continue;
    if (match[1] === undefined && (value === "OR" || value === "NOT")) throw notSupported(`search with ${value}`);
    terms.push({ field: match[1]?.toLowerCase() ?? null, value });
  }
  return terms;
}

function fits(row: SearchFields, { field, value }: Term, noun: string): boolean {
  const wanted = value.toLowerCase();
  if (field === null) return row.text.some((text) => text.toLowerCase().includes(wanted.replace(/\*$/, "")));
  if (row.exact && Object.hasOwn(row.exact, field)) return wanted.split(",").includes((row.exact[field] ?? "").toLowerCase());
  if (row.many && Object.hasOwn(row.many, field)) return (row.many[field] ?? []).some((one) => one.toLowerCase() === wanted);
  if (row.contains && Object.hasOwn(row.contains, field)) return (row.contains[field] ?? "").toLowerCase().includes(wanted.replace(/\*$/, ""));
  if (row.instants && Object.hasOwn(row.instants, field)) {
    const instant = row.instants[field];
    return instant != null && compares(Date.parse(instant), value, (text) => Date.parse(text));
  }
  if (row.numbers && Object.hasOwn(row.numbers, field)) return compares(row.numbers[field]?.() ?? 0, value, Number);
  throw notSupported(`search of ${noun} by ${field}`);
}

function compares(value: number, text: string, read: (text: string) => number): boolean {
  const [, sign = "", operand = ""] = /^(>=|<=|>|<)?(.*)$/.exec(text) ?? [];
  const wanted = read(operand);
  switch (sign) {
    case ">=":
      return value >= wanted;
    case "<=":
      return value <= wanted;
    case ">":
      return value > wanted;
    case "<":
      return value < wanted;
    default:
      return value === wanted;
  }
}
