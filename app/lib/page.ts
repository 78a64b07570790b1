/** Keyset paging: a page begins at a key, never at a count of rows to skip, so the last page is as fast as the first. */

export const PAGE_SIZE = 25;

/** Where a page lies: right after a key, or right before one. Null is the first page. */
export type Position = { direction: "after" | "before"; key: string[] } | null;

export interface Page<T> {
  rows: T[];
  /** Cursors for `?after=` and `?before=`; null where nothing follows. */
  next: string | null;
  previous: string | null;
}

/** The position an address names. A cursor that is not ours is ignored: the reader gets the first page. */
export function readPosition(params: URLSearchParams, keyLength: number): Position {
  for (const direction of ["after", "before"] as const) {
    const key = decodeKey(params.get(direction) ?? "", keyLength);
    if (key) return { direction, key };
  }
  return null;
}

/** Cuts a page out of at most `size + 1` rows that were read from the position on, in the direction of reading. */
export function cutPage<T>(read: T[], position: Position, keyOf: (row: T) => string[], size = PAGE_SIZE): Page<T> {
  const backwards = position?.direction === "before";
  const more = read.length > size;
  const rows = read.slice(0, size);
  if (backwards) rows.reverse();
  const first = rows[0];
  const last = rows.at(-1);
  return {
    rows,
    next: last && (backwards || more) ? encodeKey(keyOf(last)) : null,
    previous: first && (backwards ? more : position) ? encodeKey(keyOf(first)) : null,
  };
}

function encodeKey(key: string[]): string {
  return btoa(encodeURIComponent(JSON.stringify(key))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decodeKey(cursor: string, length: number): string[] | null {
  try {
    const key: unknown = JSON.parse(decodeURIComponent(atob(cursor.replaceAll("-", "+").replaceAll("_", "/"))));
    return Array.isArray(key) && key.length === length && key.every((part) => typeof part === "string") ? key : null;
  } catch {
    return null;
  }
}
