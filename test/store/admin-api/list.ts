/** A list of the API: filtered by its query, sorted by its key, one page of it presented. */
import { page, type PageArgs } from "./connection";
import type { Presented } from "./context";
import { notSupported } from "./errors";
import { type SearchFields, termFilter } from "./search-terms";

export interface ListArgs extends PageArgs {
  query?: string | null;
  sortKey?: string | null;
  savedSearchId?: string | null;
}

export interface Listing<T> {
  typename: string;
  /** For the message when something asked for is not modelled. */
  noun: string;
  rows: Iterable<T>;
  fieldsOf: (row: T) => SearchFields;
  /** By sort key; ID and RELEVANCE keep the order of the rows. */
  sortBy?: Readonly<Record<string, (row: T) => string | number>>;
  gidOf: (row: T) => string;
  present: (row: T) => unknown;
}

/** The page the arguments ask for. */
export function listPage<T>(listing: Listing<T>, args: ListArgs): Presented {
  const { query: _query, savedSearchId: _savedSearchId, ...paging } = args;
  return page(listing.typename, listRows(listing, args), paging, listing.gidOf, listing.present, listing.sortBy?.[args.sortKey ?? "ID"]);
}

/** Every row that fits, in order: for counts. */
export function listRows<T>({ rows, fieldsOf, sortBy = {}, noun }: Pick<Listing<T>, "rows" | "fieldsOf" | "sortBy" | "noun">, { query, sortKey, savedSearchId }: ListArgs): T[] {
  if (savedSearchId != null) throw notSupported(`a saved search of ${noun}`);
  const filter = termFilter(query, noun);
  const found = query ? [...rows].filter((row) => filter(fieldsOf(row))) : [...rows];
  const key = sortKey ?? "ID";
  const valueOf = sortBy[key];
  if (!valueOf && key !== "ID" && key !== "RELEVANCE") throw notSupported(`sorting ${noun} by ${key}`);
  if (!valueOf) return found;
  return found.map((row) => ({ row, value: valueOf(row) })).sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0)).map(({ row }) => row);
}
