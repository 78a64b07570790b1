/** What the address of the redemption records asks for; the page and its export read it alike. Pure. */
import { z } from "zod";
import type { RedemptionQuery } from "../../domain/coupons/queries.server";
import { parseAwardId } from "../../lib/ids";
import { instantOf } from "../../lib/zone";

const Day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/).nullable().catch(null);
const Search = z.object({ q: z.string().max(255).catch(""), award: z.string().catch(""), since: Day, until: Day, reversed: z.enum(["yes", "no"]).nullable().catch(null) });

/** The search of these parameters; days are the shop's, both included. What cannot be read is left out. */
export function readRedemptionSearch(params: URLSearchParams, timeZone: string): Omit<RedemptionQuery, "position" | "size"> {
  const { q, award, since, until, reversed } = Search.parse({ q: params.get("q") ?? "", award: params.get("award") ?? "", since: params.get("since"), until: params.get("until"), reversed: params.get("reversed") });
  return {
    text: q,
    awardNumber: parseAwardId(award),
    since: since === null ? null : startOfDay(since, 0, timeZone),
    until: until === null ? null : startOfDay(until, 1, timeZone),
    reversed: reversed === null ? null : reversed === "yes",
  };
}

/** The first instant of the day so many days after this one; null for a day that no calendar has. */
function startOfDay(day: string, after: number, timeZone: string): Date | null {
  const date = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return null;
  date.setUTCDate(date.getUTCDate() + after);
  return instantOf(`${date.toISOString().slice(0, 10)}T00:00:00`, timeZone);
}
