/** Shopify's pages: nodes, edges, cursors that name the last id seen. */
import { gidTail } from "../../../app/lib/gid";
import { badRequest, notSupported } from "./errors";
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
  if ("query" in args && args.query != null) throw notSupported(`a query of ${typename}`);
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
  const id = gidTail(gid);
  return Buffer.from(`{"last_id":${id},"last_value":"${id}"}`).toString("base64");
}

function indexAfter<T>(rows: readonly T[], cursor: string, gidOf: (row: T) => string): number {
  const id = idIn(cursor);
  const exact = rows.findIndex((row) => gidOf(row).endsWith(`/${id}`));
  return exact >= 0 ? exact + 1 : firstAbove(rows, id, gidOf);
}

function indexOf<T>(rows: readonly T[], cursor: string, gidOf: (row: T) => string): number {
  const id = idIn(cursor);
  const exact = rows.findIndex((row) => gidOf(row).endsWith(`/${id}`));
  return exact >= 0 ? exact : firstAbove(rows, id, gidOf);
}

/** A row that has gone since leaves its place to the next younger one: ids grow. */
function firstAbove<T>(rows: readonly T[], id: string, gidOf: (row: T) => string): number {
  const next = rows.findIndex((row) => Number(gidTail(gidOf(row))) > Number(id));
  return next < 0 ? rows.length : next;
}

function idIn(cursor: string): string {
  const id = /^\{"last_id":(\d+),/.exec(Buffer.from(cursor, "base64").toString("utf8"))?.[1];
  if (id === undefined) throw badRequest(`Invalid cursor: ${cursor}`);
  return id;
}
