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

/** What a sorted connection stands by, beside the id: part of its cursors. */
export type ValueOf<T> = (row: T) => string | number;

/**
 * One page of `rows`, which stand in the order of the connection; only the rows of the page are presented. A cursor of a sorted
 * connection names the value it stood at: a row that has moved since does not take the place of the page with it.
 */
export function page<T>(typename: string, rows: readonly T[], args: PageArgs, gidOf: (row: T) => string, present: (row: T) => unknown, valueOf?: ValueOf<T>): Presented {
  if ("query" in args && args.query != null) throw notSupported(`a query of ${typename}`);
  if (args.first == null && args.last == null) throw badRequest("you must provide one of first or last");
  const ordered = args.reverse ? [...rows].reverse() : rows;
  const cursorOf = (row: T) => cursor(gidOf(row), valueOf?.(row));
  const at = (text: string, after: boolean) => (valueOf ? indexByValue(ordered, text, gidOf, valueOf, after, args.reverse ?? false) : after ? indexAfter(ordered, text, gidOf) : indexOf(ordered, text, gidOf));
  const from = args.after ? at(args.after, true) : 0;
  const to = args.before ? at(args.before, false) : ordered.length;
  const start = args.first == null ? Math.max(from, to - (args.last ?? 0)) : from;
  const end = args.first == null ? to : Math.min(to, from + args.first);
  const shown = ordered.slice(start, end);
  const nodes = () => shown.map(present);
  const ends = [shown.at(0), shown.at(-1)].map((row) => (row === undefined ? null : cursorOf(row)));
  return {
    __typename: typename,
    nodes,
    edges: () => shown.map((row) => ({ __typename: typename.replace(/Connection$/, "Edge"), cursor: cursorOf(row), node: present(row) })),
    pageInfo: { __typename: "PageInfo", hasNextPage: end < ordered.length, hasPreviousPage: start > 0, startCursor: ends[0], endCursor: ends[1] },
  };
}

/** What a count field answers. */
export function exactCount(count: number): Presented {
  return { __typename: "Count", count, precision: "EXACT" };
}

function cursor(gid: string, value: string | number | undefined): string {
  const id = gidTail(gid);
  return Buffer.from(`{"last_id":${id},"last_value":${JSON.stringify(String(value ?? id))}}`).toString("base64");
}

/** Where the rows beyond the cursor begin, or (not `after`) where those before it end. */
function indexByValue<T>(rows: readonly T[], text: string, gidOf: (row: T) => string, valueOf: ValueOf<T>, after: boolean, reverse: boolean): number {
  const id = Number(idIn(text));
  const held = (JSON.parse(Buffer.from(text, "base64").toString("utf8")) as { last_value: string }).last_value;
  const beyond = (row: T) => {
    const value = valueOf(row);
    const wanted = typeof value === "number" ? Number(held) : held;
    const tail = Number(gidTail(gidOf(row)));
    const order = value < wanted ? -1 : value > wanted ? 1 : Math.sign(tail - id);
    const forward = reverse ? -order : order;
    return after ? forward > 0 : forward >= 0;
  };
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && !beyond(row)) low = middle + 1;
    else high = middle;
  }
  return low;
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
