/** Reading on from a cursor in a list that is ordered by id, the newest first. */
import { Prisma } from "../generated/prisma/client";
import type { Position } from "./page";

/** The condition and the order of such a page; a cursor that is no id reads from the beginning. */
export function idsFrom(column: Prisma.Sql, position: Position): { from: Prisma.Sql; order: Prisma.Sql } {
  const backwards = position?.direction === "before";
  const order = backwards ? Prisma.sql`ASC` : Prisma.sql`DESC`;
  const edge = position?.key[0] ?? "";
  if (!/^\d{1,18}$/.test(edge)) return { from: Prisma.empty, order };
  return { from: Prisma.sql`AND ${column} ${backwards ? Prisma.sql`>` : Prisma.sql`<`} ${BigInt(edge)}`, order };
}
