/** Shopify's pages: nodes, edges, cursors that name the last id seen. */
import { badRequest } from "./errors";
import type { Presented } from "./context";

export interface PageArgs {
  first?: number | null;
  last?: number | null;
  after?: string | null;
  before?: string | null;
  reverse?: boolean | null;
}

/** One page of `rows`, which stand in the order of the connection; only the rows of the page are presented. */
export function page<T>(typename: string, rows: readonly T[], args: PageArgs, gidOf: (row: T) => string, present: (row: T) => unknown): Presented {
  if (args.first == null && args.last == null) throw badRequest("you must provide one of first or last");
  const ordered = args.reverse ? [...rows].reverse() : rows;
  const from = args.after ? indexAfter(ordered, args.after, gidOf) : 0;
  const to = args.before ? indexOf(ordered, args.before, gidOf) : ordered.length;
  const start = args.first == null ? Math.max(from, to - (args.last ?? 0)) : from;
  const end = args.first == null ? to : Math.min(to, from + args.first);
  const shown = ordered.slice(start, end);
  const nodes = () => shown.map(present);
  const ends = [shown.at(0), shown.at(-1)].map((row) => (row === undefined ? null : cursorOf(gidOf(row))));
  return {
    __typename: typename,
    nodes,
    edges: () => shown.map((row) => ({ __typename: typename.replace(/Connection$/, "Edge"), cursor: cursorOf(gidOf(row)), node: present(row) })),
    pageInfo: { __typename: "PageInfo", hasNextPage: end < ordered.length, hasPreviousPage: start > 0, startCursor: ends[0], endCursor: ends[1] },
  };
}

/** What a count field answers. */
export function exactCount(count: number): Presented {
  return { __typename: "Count", count, precision: "EXACT" };
}

function cursorOf(gid: string): string {
  const id = gid.slice(gid.lastIndexOf("/") + 1);
  return Buffer.from(`{"last_id":${id},"last_value":"${id}"}`).toString("base64");
}

function indexAfter<T>(rows: readonly T[], cursor: string, gidOf: (row: T) => string): number {
  return indexOf(rows, cursor, gidOf) + 1;
}

/** Where the cursor's row stands. A row that has gone since leaves its place: ids grow, so the last smaller one is it. */
function indexOf<T>(rows: readonly T[], cursor: string, gidOf: (row: T) => string): number {
  const exact = rows.findIndex((row) => cursorOf(gidOf(row)) === cursor);
  if (exact >= 0) return exact;
  const id = /^\{"last_id":(\d+),/.exec(Buffer.from(cursor, "base64").toString("utf8"))?.[1];
  if (id === undefined) throw badRequest(`Invalid cursor: ${cursor}`);
  const numeric = (row: T) => Number(gidOf(row).slice(gidOf(row).lastIndexOf("/") + 1));
  const next = rows.findIndex((row) => numeric(row) > Number(id));
  return (next < 0 ? rows.length : next) - 1;
}
