/** Pages of the integration API: an opaque cursor for the next one. Pure. */
import { readPosition, type Page, type Position } from "../../lib/page";
import { ApiRefusal } from "./door.server";

/** Where a page begins. `keys`: what each part of the cursor's key looks like. Throws ApiRefusal on a cursor that is not ours. */
export function positionOf(cursor: string | undefined, keys: RegExp[]): Position {
  if (cursor === undefined) return null;
  const position = readPosition(new URLSearchParams({ after: cursor }), keys.length);
  if (!position || position.key.some((part, index) => !keys[index]?.test(part))) throw new ApiRefusal("argument_invalid", "cursor: Send the nextCursor of a page of this list.");
  return position;
}

/** What every page says of itself. */
export function pageEnd({ rows, next }: Page<unknown>) {
  return { count: rows.length, hasMore: next !== null, nextCursor: next };
}

/** A number that fits the database's integers. */
export const NUMBER_KEY = /^\d{1,9}$/;
/** An id that fits its big ones. */
export const ID_KEY = /^\d{1,18}$/;
/** Text that the database can compare. */
export const TEXT_KEY = /^[^\0\p{Surrogate}]{0,255}$/u;
